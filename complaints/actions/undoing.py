"""Taking a move back within 30 seconds, before anybody was told of it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Exists, OuterRef
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from complaints import notifications
from complaints.actions import moving
from complaints.actions.preparing import open_again
from complaints.choices import UNDOABLE, Move
from complaints.models import Complaint, Event, TakeBack
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, Warrant
from portal.registry.models import Correction

_KEYS: Final = (
    "holder_id",
    "assignee_id",
    "dose_id",
    "co_holder_id",
)
_TIMES: Final = ("routed_at", "touched_at", "escalated_at")
# What only an extension changes; of other moves the clock itself moves the due time.
_EXTENDED: Final = ("due_at", "extended_at")
_WORDS: Final = ("status", "outcome")


def facts_of(case: Complaint) -> dict[str, Any]:
    """Return what a move can change of a case, to be kept beside the move."""
    names = (*_KEYS, *_TIMES, *_EXTENDED, *_WORDS)
    facts = {name: getattr(case, name) for name in names}
    facts["person_id"] = case.submission.person_id
    facts["claims"] = list(case.claims.values_list("pk", flat=True))
    return facts


def keep(event: Event, before: dict[str, Any]) -> TakeBack | None:
    """Keep what is needed to take a move back; None for one that cannot be."""
    if Move(event.move) not in UNDOABLE:
        return None
    return TakeBack.objects.create(event=event, before=before)


def latest(complaint_id: int, *, by: User, at: datetime) -> TakeBack | None:
    """Return the move just made that this person may take back now, or None.

    Only while nothing happened to the case after it, as nothing can be taken back then.
    Also where the case is out of their sight by now, as they handed it over.
    """
    later = Event.objects.filter(
        complaint=OuterRef("event__complaint"), seq__gt=OuterRef("event__seq")
    )
    with scope.system():
        found: TakeBack | None = (
            TakeBack.objects.filter(
                ~Exists(later),
                event__complaint=complaint_id,
                event__by=by,
                event__at__gt=at - UNDO,
                undone_at=None,
            )
            .select_related("event")
            .order_by("-event__seq")
            .first()
        )
    return found


def undo(*, ref: UUID, by: User, at: datetime) -> Complaint:
    """Put a case, and the record, back to what they were before one's own last move.

    Nobody is told of the move then; the move and its taking back stay in the history.
    Raise TakeBack.DoesNotExist for somebody else's move; Refused after 30 seconds, when
    the citizen was told, or when anything happened to the case or the record since.
    """
    try:
        with scope.system():
            return _undo(ref, by=by, at=at)
    except IntegrityError as error:
        raise Refused(
            _("The same matter was reported again meanwhile. Decide that one.")
        ) from error


def _undo(ref: UUID, *, by: User, at: datetime) -> Complaint:
    kept = TakeBack.objects.select_related("event").get(ref=ref, event__by=by)
    event = kept.event
    case = moving.lock(event.complaint_id)
    if not event.at <= at < event.at + UNDO:
        raise Refused(_("The 30 seconds are over: the citizen is told by now."))
    newest = case.events.latest("seq")
    if newest.pk != event.pk:
        raise Refused(_("Something happened to this case since, so it stays."))
    if not notifications.withdraw(event):
        raise Refused(_("The citizen was told already, so it stays."))
    warrant = Warrant(Correction.Reason.UNDO, case.reference, proposed_by=by.pk)
    try:
        put_record_back(case, event, warrant=warrant, at=at)
    except CannotCorrect as error:
        raise Refused(
            _("The record was changed again since. Report what is wrong there.")
        ) from error
    _put_claims_back(case, event, kept.before["claims"])
    open_again(case.prepared.filter(decided_at=event.at))
    put_person_back(case, kept)
    facts = {name: kept.before.get(name) for name in (*_KEYS, *_WORDS)}
    times = (*_TIMES, *_EXTENDED) if event.move == Move.EXTEND else _TIMES
    facts |= {name: _time(kept.before[name]) for name in times}
    moving.put_back(case, event, by=by, at=at, **facts)
    kept.undone_at = at
    kept.save(update_fields=["undone_at"])
    return case


def put_record_back(
    case: Complaint, event: Event, *, warrant: Warrant, at: datetime
) -> int:
    """Take back, newest first, what a decision changed in the registry.

    Return how many corrections that were. Raise CannotCorrect where the record was
    changed again since.
    """
    made = Correction.objects.filter(
        reason=Correction.Reason.COMPLAINT,
        reason_ref=case.reference,
        applied_at=event.at,
        part_of=None,
    )
    entries = list(made.order_by("-pk"))
    for correction in entries:
        corrections.undo(correction, warrant=warrant, at=at)
    return len(entries)


def put_person_back(case: Complaint, kept: TakeBack) -> None:
    """Let a report be of whom it was before the decision found, or made, a record."""
    sender = case.submission
    if sender.person_id != kept.before["person_id"]:
        sender.person_id = kept.before["person_id"]
        sender.save(update_fields=["person"])


def _put_claims_back(case: Complaint, event: Event, before: list[int]) -> None:
    """Take the verdicts off that the move gave, and the facts that staff added."""
    if event.move == Move.COUNTERSIGN:
        case.claims.update(correction=None)
    elif event.move in (Move.RESOLVE, Move.PROPOSE):
        case.claims.exclude(pk__in=before).delete()
        case.claims.update(verdict="", ground="", decided_sealed=None, correction=None)


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_datetime(text)
