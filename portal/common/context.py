"""What every page shows round its content."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils import timezone, translation


def site(request: HttpRequest) -> dict[str, object]:
    """Return the help line, the switch to the other language, the demo mark, now."""
    other = "en" if translation.get_language() == "vi" else "vi"
    return {
        "help_line": settings.HELP_LINE,
        "demo": settings.DEMO,
        "other_language": other,
        "other_language_url": translate_url(request.path, other),
        "at": timezone.now(),
    }
