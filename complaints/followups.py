"""What follows an event: one table, each step safe to run twice."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from complaints import notifications
from complaints.actions import campaigns, prepared, preparing, routing, selfservice
from complaints.choices import Move
from complaints.models import Event

Step = Callable[..., None]


def run(subjects: Sequence[int], *, at: datetime) -> None:
    """Do what each of these events calls for, set by set. The outbox's handler."""
    by_move: dict[str, list[Event]] = defaultdict(list)
    for event in (
        Event.objects.filter(pk__in=subjects)
        .select_related("complaint__submission", "holder")
        .order_by("pk")
    ):
        by_move[event.move].append(event)
    for move, events in by_move.items():
        for step in STEPS.get(Move(move), (notifications.notify,)):
            step(events, at=at)


def settle_or_route(events: Sequence[Event], *, at: datetime) -> None:
    """Correct what can be proved at once; give the rest to who answers for it."""
    left = selfservice.settle([event.complaint_id for event in events], at=at)
    _to_a_person(left, at=at)


def give_to_a_person(events: Sequence[Event], *, at: datetime) -> None:
    """Route what was settled by itself and taken back."""
    routing.route([event.complaint_id for event in events], at=at)


def after_inquiry(subjects: Sequence[int], *, at: datetime) -> None:
    """Go on with what waited for the population database, answered or not.

    The outbox's handler.
    """
    _to_a_person(selfservice.conclude(subjects, at=at), at=at)
    preparing.go_on(subjects, at=at)
    campaigns.go_on(subjects, at=at)


def _to_a_person(ids: Sequence[int], *, at: datetime) -> None:
    """Give reports to who answers for them, with what rules prepare for a click."""
    routing.route(ids, at=at)
    preparing.owe(ids, at=at)


# A move without a row is followed by its notice alone, if it has one.
STEPS: Final[dict[Move, tuple[Step, ...]]] = {
    Move.SUBMIT: (notifications.notify, settle_or_route),
    Move.REVERT: (notifications.notify, give_to_a_person),
    Move.RESOLVE: (notifications.notify, prepared.follow),
    Move.COUNTERSIGN: (notifications.notify, prepared.follow),
    Move.DECLINE: (notifications.notify, prepared.follow),
}
