"""The feed of corrections for the national platform: read on, then confirm."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from complaints.actions import upstream
from portal.accounts import access
from portal.audit import record as audit
from portal.registry.corrections import feed

PAGE = 200


@require_safe
@never_cache
@access.machine("FEED_TOKEN")
def corrections(request: HttpRequest) -> JsonResponse:
    """Answer with the corrections behind a cursor (``after``), oldest first."""
    after = _number(request.GET.get("after", "0"), least=0)
    limit = _number(request.GET.get("limit", str(PAGE)), least=1)
    if after is None or limit is None:
        return _refused("after and limit are whole numbers; limit is 1 or more")
    page = feed.read(after=after, limit=limit)
    if page.corrections:
        audit.look_up(
            at=timezone.now(),
            actor="system",
            actor_id=None,
            person_id=None,
            subject="registry.feed",
            detail=f"{after + 1}-{page.after}",
        )
    return JsonResponse({"corrections": page.corrections, "after": page.after})


@require_POST
@never_cache
@access.machine("FEED_TOKEN")
def confirmed(request: HttpRequest) -> JsonResponse:
    """Take note that the national platform holds all up to a position (``up_to``)."""
    up_to = _number(request.POST.get("up_to", ""), least=1)
    if up_to is None:
        return _refused("up_to is the position of a correction")
    done = upstream.confirm(up_to=up_to, at=timezone.now())
    return JsonResponse({"complaints": done})


def _number(text: str, *, least: int) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return int(text) if int(text) >= least else None


def _refused(error: str) -> JsonResponse:
    return JsonResponse({"error": error}, status=422)
