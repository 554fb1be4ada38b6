"""The menu in the head of each page of staff."""

from django import template
from django.http import HttpRequest

from complaints.views import menu
from complaints.views.menu import Page

register = template.Library()


@register.simple_tag
def staff_menu(request: HttpRequest) -> list[tuple[Page, bool]]:
    """Return the pages for who is logged in, and whether each is the one shown."""
    roles = getattr(request, "roles", ())
    return [(page, page.holds(request.resolver_match)) for page in menu.head(roles)]
