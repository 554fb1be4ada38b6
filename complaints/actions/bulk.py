"""One move for many cases: chosen as a set, then made case by case by workers.

Each case is one transaction of its own, through the same action as a case alone: its
move, its event and the mark that it was done. So a kill loses nothing and repeats
nothing, and to stop is to begin no further case.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from complaints import presence
from complaints.actions import assigning, broken, bulk_words, casework, undoing
from complaints.choices import ADDING, Move, Verdict
from complaints.models import Bulk, BulkItem, BulkRun, Complaint, Event
from complaints.models.complaint import ComplaintQuerySet
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused, Stale
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import outbox, scope
from portal.common.slices import Slice
from portal.registry.models import Organization

logger = logging.getLogger("complaints.bulk")

KIND: Final = "bulk"
# As many are counted exactly on a page, so as many can be meant by "all".
MOST: Final = 1000
# Well below the worker's time limit and the outbox's lease, so that neither ends it.
SLICE_SECONDS: Final = 20.0
# What was chosen and never begun is kept as long; what was done, as long as lists are.
CHOSEN_FOR: Final = timedelta(days=1)
DONE_FOR: Final = timedelta(days=90)
# Nobody is decided unread: these take that every case was opened as it is now.
DECIDES: Final = frozenset({Move.RESOLVE, Move.DECLINE})

State, Item = Bulk.State, BulkItem.State


def choose(cases: ComplaintQuerySet, *, by: User, at: datetime, language: str) -> Bulk:
    """Freeze which cases are meant, due first, the first ``MOST`` of them.

    The set says whether more would have fitted. Reads them in the scope of whoever
    asks. Raise Refused where there are none.
    """
    in_order = cases.open().order_by("queue_at", "pk")
    fit = list(in_order.values_list("pk", "version")[: MOST + 1])
    chosen = fit[:MOST]
    if not chosen:
        raise Refused(_("Choose at least one open case."))
    with scope.system():
        bulk = Bulk.objects.create(
            by=by,
            language=language,
            chosen_at=at,
            total=len(chosen),
            is_part=len(fit) > len(chosen),
        )
        BulkItem.objects.bulk_create(
            BulkItem(bulk=bulk, place=place, complaint_id=pk, version=version)
            for place, (pk, version) in enumerate(chosen, start=1)
        )
    return bulk


def start(
    ref: UUID, *, move: Move, facts: Mapping[str, Any], by: User, at: datetime
) -> Bulk:
    """Owe the move to workers; ``facts``: what ``ACTS`` hands to the move's action.

    Raise Refused where it was begun already, Bulk.DoesNotExist for somebody else's.
    """
    if move not in ACTS:
        raise Refused(_("This step is not possible for many at once."))
    with scope.system():
        bulk = _lock(ref, by=by)
        if bulk.state != State.CHOSEN:
            raise Refused(_("It was begun already."))
        bulk.move, bulk.facts = move, dict(facts)
        bulk.state, bulk.started_at, bulk.progress_at = State.RUNNING, at, at
        bulk.save()
        _owe(bulk, by=by, at=at)
        _note(bulk, f"begin {move} {bulk.total}", by=by, at=at)
    return bulk


def stop(ref: UUID, *, by: User, at: datetime) -> Bulk:
    """Begin no further case; what was done stays. Raise Refused where it is over."""
    with scope.system():
        bulk = _lock(ref, by=by)
        if bulk.state != State.RUNNING:
            raise Refused(_("It does not run any more."))
        bulk.state, bulk.ended_at = State.STOPPED, at
        bulk.save(update_fields=["state", "ended_at"])
        _note(bulk, "stop", by=by, at=at)
    return bulk


def go_on(ref: UUID, *, by: User, at: datetime) -> Bulk:
    """Go on with what is left, after a stop or where its worker gave up.

    Harmless where it did not: workers take turns and find what is left.
    """
    with scope.system():
        bulk = _lock(ref, by=by)
        if bulk.state not in (State.STOPPED, State.RUNNING, State.UNDOING):
            raise Refused(_("Nothing is left of it to be done."))
        if bulk.state == State.STOPPED:
            bulk.state, bulk.ended_at = State.RUNNING, None
        bulk.progress_at = at
        bulk.save(update_fields=["state", "ended_at", "progress_at"])
        _owe(bulk, by=by, at=at)
        _note(bulk, "go on", by=by, at=at)
    return bulk


def take_back(ref: UUID, *, by: User, at: datetime) -> Bulk:
    """Take back what can be of what was done: moves of the last 30 seconds.

    Workers do it case by case, the newest first, as a move alone is taken back. What
    was told, or changed since, stays and says why; what was not begun is not begun.
    Raise Refused where nothing can be taken back.
    """
    with scope.system():
        bulk = _lock(ref, by=by)
        if bulk.state == State.CHOSEN or not can_be_taken_back(bulk, at=at):
            raise Refused(_("The 30 seconds are over: the citizens are told by now."))
        bulk.state, bulk.ended_at, bulk.progress_at = State.UNDOING, None, at
        bulk.save(update_fields=["state", "ended_at", "progress_at"])
        _owe(bulk, by=by, at=at)
        _note(bulk, "take back", by=by, at=at)
    return bulk


def can_be_taken_back(bulk: Bulk, *, at: datetime) -> int:
    """Return of how many cases of a set the move can still be taken back."""
    with scope.system():
        return _fresh(bulk, at=at).count()


def of(ref: UUID, *, by: User) -> Bulk:
    """Return one's own set. Raise Bulk.DoesNotExist for somebody else's."""
    with scope.system():
        bulk: Bulk = Bulk.objects.get(ref=ref, by=by)
    return bulk


def latest(*, by: User, limit: int) -> list[Bulk]:
    """Return the sets that one chose, begun or not, newest first."""
    with scope.system():
        return list(Bulk.objects.filter(by=by).order_by("-pk")[:limit])


def counts(bulk: Bulk) -> dict[str, int]:
    """Return how many cases of a set are in each state, all states named."""
    with scope.system():
        found = bulk.items.values_list("state").annotate(n=Count("pk"))
        return dict.fromkeys(Item.values, 0) | dict(found.order_by())


def items(bulk: Bulk, *, state: str, after: int, limit: int) -> list[BulkItem]:
    """Return a page of a set, in its order; also cases that are out of sight by now."""
    with scope.system():
        rows = bulk.items.select_related("complaint__submission", "event")
        rows = rows.filter(place__gt=after, **({"state": state} if state else {}))
        return list(rows.order_by("place")[:limit])


def count_read(bulk: Bulk) -> int:
    """Return how many cases whoever chose them has opened as they were chosen."""
    with scope.system():
        return bulk.items.filter(
            complaint__presences__user=bulk.by_id,
            complaint__presences__version=F("version"),
        ).count()


@outbox.outside_transaction
def work(subjects: Sequence[int], *, at: datetime) -> None:
    """Do a slice of each of these runs; what is left is owed again. The handler."""
    slice_ = Slice(at, SLICE_SECONDS)
    for run_id in subjects:
        with scope.system():
            run = BulkRun.objects.filter(pk=run_id, done_at=None).first()
        if run is None:
            continue
        is_over = False
        while not is_over and not slice_.is_over:
            is_over = not _make_next(run.bulk_id, at=slice_.now)
        _close(run_id, is_over=is_over, at=at)


def forget_old(*, at: datetime) -> int:
    """Delete sets never begun and those long done; return how many rows.

    The moves and their events stay with the cases.
    """
    idle = Q(state=State.CHOSEN, chosen_at__lte=at - CHOSEN_FOR)
    done = Q(ended_at__lte=at - DONE_FOR)
    with scope.system():
        deleted, _rows = Bulk.objects.filter(idle | done).delete()
    return deleted


def _make_next(bulk_id: int, *, at: datetime) -> bool:
    """Make the move on the next case, or take one back; False where none is left."""
    with scope.system():
        # Held while the case is moved: whoever stops it waits for this one case.
        bulk = (
            Bulk.objects.select_for_update(of=("self",))
            .select_related("by")
            .get(pk=bulk_id)
        )
        if bulk.state == State.UNDOING:
            return _take_next_back(bulk, at=at)
        if bulk.state != State.RUNNING:
            return False
        item = bulk.items.filter(state=Item.WAITING).order_by("place").first()
        if item is None:
            bulk.state, bulk.ended_at, bulk.progress_at = State.FINISHED, at, at
            bulk.save(update_fields=["state", "ended_at", "progress_at"])
            return False
        with translation.override(bulk.language):
            _make(bulk, item, at=at)
        item.save(update_fields=["state", "words", "event"])
        bulk.progress_at = at
        bulk.save(update_fields=["progress_at"])
    return True


def _take_next_back(bulk: Bulk, *, at: datetime) -> bool:
    """Take the newest move of a locked set back that still can be; False at the end."""
    item = _fresh(bulk, at=at).select_related("event__take_back").last()
    if item is None or item.event is None:
        is_left = bulk.items.filter(state=Item.WAITING).exists()
        bulk.state = State.STOPPED if is_left else State.FINISHED
        bulk.ended_at = bulk.progress_at = at
        bulk.save(update_fields=["state", "ended_at", "progress_at"])
        return False
    with translation.override(bulk.language):
        try:
            with transaction.atomic():
                undoing.undo(ref=item.event.take_back.ref, by=bulk.by, at=at)
        except Refused as refused:
            item.words = str(refused)[:300]
        except Exception as error:
            item.words = broken.words(error, logger)
        else:
            item.state = Item.UNDONE
    item.save(update_fields=["state", "words"])
    bulk.progress_at = at
    bulk.save(update_fields=["progress_at"])
    return True


def _fresh(bulk: Bulk, *, at: datetime) -> QuerySet[BulkItem]:
    """Return the items whose move can be taken back and was not tried, in order."""
    return bulk.items.filter(
        state=Item.DONE,
        words="",
        event__at__gt=at - UNDO,
        event__take_back__undone_at=None,
        event__take_back__isnull=False,
    ).order_by("place")


def _make(bulk: Bulk, item: BulkItem, *, at: datetime) -> None:
    """Make the move on one case and note on the item what became of it."""
    try:
        with transaction.atomic():
            item.event = _move(bulk, item, at=at)
    except Stale:
        item.state = Item.CHANGED
    except Refused as refused:
        item.state, item.words = Item.REFUSED, str(refused)[:300]
    except Exception as error:
        item.event = None
        item.state, item.words = Item.REFUSED, broken.words(error, logger)
    else:
        item.state = Item.DONE


def _move(bulk: Bulk, item: BulkItem, *, at: datetime) -> Event:
    move = Move(bulk.move)
    case_id = item.complaint_id
    if move in DECIDES:
        as_chosen = Complaint(pk=case_id, version=item.version)
        if not presence.has_read(as_chosen, by=bulk.by):
            raise Refused(
                _("You have not opened this case as it is now. Nothing is decided.")
            )
    case = ACTS[move](
        bulk_words.facts_for(bulk, case_id),
        complaint_id=case_id,
        version=item.version,
        part_of={"bulk": str(bulk.ref)},
        by=bulk.by,
        at=at,
    )
    made: Event = case.events.latest("seq")
    return made


def _accept(facts: Mapping[str, Any], **case: Any) -> Complaint:
    return casework.accept(**case)


def _ask(facts: Mapping[str, Any], **case: Any) -> Complaint:
    return casework.ask(reasons=facts["reasons"], note=facts["note"], **case)


def _hand_over(facts: Mapping[str, Any], **case: Any) -> Complaint:
    to = Organization.objects.get(code=facts["to"])
    return casework.hand_over(to=to, note=facts["note"], **case)


def _assign(facts: Mapping[str, Any], **case: Any) -> Complaint:
    to = User.objects.get(ref=facts["to"]) if facts["to"] else None
    return assigning.assign(to=to, **case)


def _add_note(facts: Mapping[str, Any], **case: Any) -> Complaint:
    return casework.note(note=facts["note"], **case)


def _decline(facts: Mapping[str, Any], **case: Any) -> Complaint:
    return casework.decline(note=facts["note"], **case)


def _resolve(facts: Mapping[str, Any], **case: Any) -> Complaint:
    """Give every claim the same verdict; a proof is of doses to be added."""
    verdict = (facts["verdict"], facts["ground"])
    row = Complaint.objects.get(pk=case["complaint_id"])
    rests = facts["verdict"] == Verdict.UPHELD and row.kind in ADDING
    return casework.resolve(
        verdicts=dict.fromkeys(row.claims.values_list("pk", flat=True), verdict),
        note=facts["note"],
        considered=facts.get("considered", ()),
        proof=facts["proof"] if rests else "",
        **case,
    )


# What can be made on many at once, each by the action of a case alone.
ACTS: Final[dict[Move, Callable[..., Complaint]]] = {
    Move.ACCEPT: _accept,
    Move.RESOLVE: _resolve,
    Move.DECLINE: _decline,
    Move.ASK: _ask,
    Move.HAND_OVER: _hand_over,
    Move.ASSIGN: _assign,
    Move.NOTE: _add_note,
}


def _lock(ref: UUID, *, by: User) -> Bulk:
    bulk: Bulk = Bulk.objects.select_for_update(of=("self",)).get(ref=ref, by=by)
    return bulk


def _owe(bulk: Bulk, *, by: User, at: datetime) -> None:
    run = BulkRun.objects.create(bulk=bulk, by=by, asked_at=at)
    outbox.add(KIND, [run.pk], at=at)


def _close(run_id: int, *, is_over: bool, at: datetime) -> None:
    """Mark a run as done; owe another one, once, where its time was over first."""
    with scope.system():
        run = BulkRun.objects.select_for_update().get(pk=run_id)
        if run.done_at is not None:
            return
        run.done_at = at
        run.save(update_fields=["done_at"])
        if not is_over:
            _owe(run.bulk, by=run.by, at=at)


def _note(bulk: Bulk, detail: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="complaints.bulk",
        subject_id=bulk.pk,
        detail=detail,
    )
