"""The draft that an address means: whose it is, which matter, and its other steps."""

import base64
import json
import uuid
from datetime import timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from complaints.actions import drafts, intake, left_drafts
from complaints.forms import drafted
from complaints.models import Draft, Submission
from complaints.views import limits
from portal.common import crypto
from portal.common.http import see_other

# Steps whose form is kept when it is sent after the session ended.
_TYPED_IN: Final = ("report_facts", "report_contact", "report_paper")
# More than anybody types into a step; a longer one is not kept.
_MOST_TYPED: Final = 20_000


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


def sees_record(request: HttpRequest, answers: dict[str, Any]) -> bool:
    """Tell whether the record that a draft is about is open in this session.

    Not where it was gone on with by the telephone that it was put aside under.
    """
    person_id: int | None = answers["person"]
    return person_id is not None and person_id == request.session.get("person")


def _remember(request: HttpRequest, key: uuid.UUID) -> None:
    """Note that a draft that lives was asked for, when the session had ended perhaps.

    The page that nothing is here then says how to go on. The draft itself opens only
    for who proves its telephone, or opens its record. One that has neither yet is known
    again in the browser where it was begun, once any telephone is proved there. What
    was just sent is kept for then; files are not.
    """
    row = left_drafts.live(str(key), at=timezone.now())
    way = _way_back(request, row) if row else ""
    if row is None or not way:
        return
    request.session["left_draft"], request.session["left_way"] = str(key), way
    match = request.resolver_match
    step = (match.url_name or "") if match else ""
    if request.method != "POST" or step not in _TYPED_IN:
        return
    typed = drafted.typed_in(request.POST)
    if len(json.dumps(typed)) > _MOST_TYPED:
        return
    sealed = crypto.seal_json(typed, bound_to=f"left:{key}")
    request.session["left_typed"] = {
        "draft": str(key),
        "at": [step, place_of(request, step, row.answers)],
        "sealed": base64.b64encode(sealed).decode(),
    }
    # The draft is kept as long. Rest ends a session that proved something before.
    _expire(request, drafts.LIFETIME)


def _expire(request: HttpRequest, after: timedelta | None) -> None:
    """Say when a citizen's session ends; that of staff who help has its own end."""
    if "_auth_user_id" not in request.session:
        request.session.set_expiry(after)


def _way_back(request: HttpRequest, row: Draft) -> str:
    """Return what opens a draft again: telephone, record or browser; '' for nothing."""
    if row.phone_digest is not None:
        return "telephone"
    answers = row.answers
    if answers["person"] is not None:
        return "record"
    is_here = left_drafts.was_begun_in(answers, limits.browser(request))
    return "browser" if is_here else ""


def left(request: HttpRequest, telephone: str) -> Draft | None:
    """Return the draft that was left when the session ended, if this session may.

    ``telephone``: the one that it proved, '' for none.
    """
    key = request.session.get("left_draft")
    row = left_drafts.live(key, at=timezone.now()) if key else None
    way = _way_back(request, row) if row else ""
    if row is None or not way:
        return None
    if way == "record":
        is_theirs = row.answers["person"] == request.session.get("person")
    elif way == "telephone":
        kept = crypto.digests("phone", telephone) if telephone else []
        is_theirs = row.phone_digest is not None and bytes(row.phone_digest) in kept
    else:
        is_theirs = bool(telephone)
    return row if is_theirs else None


def take_typed(request: HttpRequest, row: Draft) -> bool:
    """Put into a draft what was sent for it after the session had ended, if anything.

    Return whether something was.
    """
    kept = request.session.get("left_typed")
    if kept is None or kept["draft"] != str(row.key):
        return False
    del request.session["left_typed"]
    _expire(request, None)
    sealed = base64.b64decode(kept["sealed"])
    typed = crypto.unseal_json(sealed, bound_to=f"left:{row.key}")
    step, place = kept["at"]
    drafts.keep_typed(row, typed, step=step, place=place)
    return True


def where_left(row: Draft) -> str:
    """Return the address at which a draft was left, else its last page."""
    step, place = row.answers.get("left_at") or ["report_check", ""]
    address = reverse(f"citizen:{step}", args=[row.key])
    return f"{address}?muc={place}" if place else address


def submission_of(answers: dict[str, Any]) -> Submission | None:
    """Return what the draft became; None while it is a draft."""
    return Submission.objects.filter(key=answers["key"]).first()


def to_receipt(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Lead from a step of a report that was sent to its receipt.

    What is sent to a step after that reaches nobody, and the receipt says so.
    """
    address = step(draft, "sent")
    return see_other(address + ("?differs=1" if request.method == "POST" else ""))


def place(
    request: HttpRequest, answers: dict[str, Any], *, may_add: bool = False
) -> int:
    """Return which matter the address means; the last one where it names none."""
    last = len(answers["matters"]) - 1
    text = request.GET.get("muc") or str(max(last, 0))
    most = last + 1 if may_add and last + 1 < intake.MOST_MATTERS else last
    if not text.isdecimal() or not 0 <= int(text) <= most:
        raise Http404
    return int(text)


def place_of(request: HttpRequest, step: str, answers: dict[str, Any]) -> str:
    """Return which matter a step is about, as text; '' for a step about all of them."""
    return str(place(request, answers)) if step == "report_facts" else ""


def step(draft: uuid.UUID, step: str, place: int | None = None) -> str:
    """Return the address of a step of the draft, about one matter of it."""
    address = reverse(f"citizen:report_{step}", args=[draft])
    return address if place is None else f"{address}?muc={place}"
