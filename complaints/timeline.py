"""What happened to a complaint: written once, in the transaction of the move."""

from datetime import datetime, timedelta
from typing import Any

from complaints.choices import Actor, Move
from complaints.models import Complaint, Event
from complaints.rules.clock import Moment
from portal.accounts.models import User
from portal.common import outbox


def record(
    complaint: Complaint,
    move: Move,
    *,
    actor: Actor,
    at: datetime,
    by: User | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Write the event of a move just made and owe its follow-up.

    The database fills sequence and hash. ``data`` must hold nothing personal; what a
    person wrote goes into ``note``, which can be erased.
    """
    event = Event.objects.create(
        complaint=complaint,
        move=move,
        at=at,
        actor=actor,
        by=by,
        status=complaint.status,
        round=complaint.round,
        holder_id=complaint.holder_id,
        data=data or {},
        note=note,
    )
    outbox.add("event", [event.pk], at=at)
    return event


def record_many(events: list[Event], *, at: datetime) -> None:
    """Write the events of a set of complaints in one statement."""
    created = Event.objects.bulk_create(events)
    outbox.add("event", [event.pk for event in created], at=at)


def read(complaint: Complaint) -> list[Event]:
    """Return the events in order, with who made them and who held it then."""
    return list(complaint.events.select_related("by", "holder").order_by("seq"))


def moments(events: list[Event]) -> list[Moment]:
    """Return the events as the clock sees them."""
    return [
        Moment(
            e.move,
            e.status,
            e.at,
            e.round,
            e.holder_id,
            extra=timedelta(hours=e.data.get("hours", 0)),
            seq=e.seq,
        )
        for e in events
    ]
