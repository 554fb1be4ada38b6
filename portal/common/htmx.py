"""One view for the whole page and for the part of it that htmx swaps."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that passed the middleware of django-htmx; for annotation only."""

    htmx: HtmxDetails


def page_or_fragment(
    request: HtmxRequest,
    page: str,
    fragment: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render the fragment for htmx, the page for everybody else.

    Boosted links, restored history and requests that htmx 4 marks as "full" replace
    the whole body, so these get the page as well.
    """
    htmx = request.htmx
    wants_page = (
        not htmx
        or htmx.boosted
        or htmx.history_restore_request
        or htmx.request_type == "full"
    )
    response = render(request, page if wants_page else fragment, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
