"""The draft that an address means: whose it is, which matter, and its other steps."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from complaints.actions import drafts, intake
from complaints.models import Draft, Submission


def load(request: HttpRequest, key: uuid.UUID) -> tuple[Draft, dict[str, Any]]:
    """Return a draft of this session and its answers; 404 for any other."""
    if str(key) not in request.session.get("drafts", []):
        _remember(request, key)
        raise Http404
    row = Draft.objects.filter(key=key, expires_at__gt=timezone.now()).first()
    if row is None:
        raise Http404
    answers = row.answers
    # One that was gone on with by its telephone shows its own facts, not the record.
    is_resumed = str(key) in request.session.get("resumed", [])
    if not is_resumed and answers["person"] not in (
        None,
        request.session.get("person"),
    ):
        _remember(request, key)
        raise Http404
    return row, answers


def _remember(request: HttpRequest, key: uuid.UUID) -> None:
    """Note that a draft that lives was asked for, when the session had ended perhaps.

    The page that nothing is here then says how to go on; the draft itself opens only
    for who proves its telephone.
    """
    if drafts.is_live(key, at=timezone.now()):
        request.session["left_draft"] = str(key)


def left(request: HttpRequest, telephone: str) -> Draft | None:
    """Return the draft that was left when the session ended, if this proves it."""
    key = request.session.get("left_draft")
    if not key or not telephone:
        return None
    kept = drafts.kept_under(telephone, at=timezone.now())
    return next((row for row in kept if str(row.key) == key), None)


def submission_of(answers: dict[str, Any]) -> Submission | None:
    """Return what the draft became; None while it is a draft."""
    return Submission.objects.filter(key=answers["key"]).first()


def place(
    request: HttpRequest, answers: dict[str, Any], *, may_add: bool = False
) -> int:
    """Return which matter the address means; the last one where it names none."""
    last = len(answers["matters"]) - 1
    text = request.GET.get("muc", str(max(last, 0)))
    most = last + 1 if may_add and last + 1 < intake.MOST_MATTERS else last
    if not text.isdecimal() or not 0 <= int(text) <= most:
        raise Http404
    return int(text)


def step(draft: uuid.UUID, step: str, place: int | None = None) -> str:
    """Return the address of a step of the draft, about one matter of it."""
    address = reverse(f"citizen:report_{step}", args=[draft])
    return address if place is None else f"{address}?muc={place}"
