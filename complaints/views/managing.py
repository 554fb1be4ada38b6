"""One page that leads to all others for who manages."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from complaints.views import menu
from portal.accounts import access
from portal.accounts.access import StaffRequest


@require_safe
@access.staff(*menu.MANAGE.roles)
def manage(request: StaffRequest) -> HttpResponse:
    """Show the pages that somebody with these roles may open, and what each is for."""
    pages = menu.managing(request.roles)
    return render(request, "oversight/manage.html", {"pages": pages})
