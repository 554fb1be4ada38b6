"""The menu in the head of each page of staff."""

from datetime import datetime

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise

from complaints.views import menu
from complaints.views.case_keys import MAP
from complaints.views.menu import Page
from portal.accounts import access

register = template.Library()


@register.simple_tag
def case_keys() -> tuple[tuple[str, str | Promise], ...]:
    """Return the letters of list and case with what each does."""
    return MAP


@register.simple_tag
def session_times(request: HttpRequest, at: datetime) -> dict[str, int]:
    """Return in how many seconds the session ends: untouched, and however busy.

    A minute early: so much later than what was last written may the last touch be.
    """
    return {
        "rest": (settings.STAFF_REST_MINUTES - 1) * 60,
        "day": round(access.seconds_of_day_left(request, at=at)),
    }


@register.simple_tag
def staff_menu(request: HttpRequest) -> list[tuple[Page, bool]]:
    """Return the pages for who is logged in, and whether each is the one shown."""
    roles = getattr(request, "roles", ())
    return [(page, page.holds(request.resolver_match)) for page in menu.head(roles)]
