"""What was reported about a person, and all that hangs on it, as plain values."""

from datetime import date, datetime
from typing import Any

from complaints.choices import CHANGING, Actor, Field, Move
from complaints.models import (
    Caveat,
    Claim,
    Complaint,
    Event,
    Evidence,
    Joining,
    MailAddress,
    Message,
    Rating,
    Submission,
)
from portal.registry.models import Telephone

Facts = dict[str, Any]


def of(people: list[int]) -> list[Facts]:
    """Return the reports about these records. All rows must be open.

    Where somebody else reported for them, with a telephone that is not theirs, that
    telephone, the addresses for e-mails and the messages are that person's own.
    """
    own = {
        row.number for row in Telephone.objects.filter(person__in=people, is_void=False)
    }
    rows = Submission.objects.filter(person__in=people).prefetch_related(
        "complaints__holder"
    )
    return [_report(row, is_own=row.phone in own) for row in rows.order_by("pk")]


def _report(row: Submission, *, is_own: bool) -> Facts:
    joinings = Joining.objects.filter(submission=row).select_related("complaint")
    return {
        "code": row.code,
        "sent_at": row.submitted_at.isoformat(),
        "channel": row.channel,
        "relation": row.relation,
        "language": row.language,
        "full_name": row.full_name,
        "born_on": _iso(row.born_on),
        "sex": row.sex,
        "national_id": row.national_id,
        "e_id": row.vouched,
        "telephone": row.phone if is_own else "",
        "e_mail": _addresses(row) if is_own else [],
        "photos": [
            {
                "kind": photo.media_type,
                "sent_at": photo.uploaded_at.isoformat(),
                "pages": photo.pages,
                "state": photo.state,
            }
            for photo in Evidence.objects.filter(submission=row).order_by("pk")
        ],
        "matters": [
            _matter(matter, tells_messages=is_own)
            for matter in sorted(row.complaints.all(), key=lambda one: one.number)
        ],
        "added_to_earlier": [
            {"at": one.at.isoformat(), "said": one.said}
            for one in joinings.order_by("pk")
        ],
    }


def _decided(claim: Claim, row: Complaint) -> str:
    """Return what was put on record; '' where nothing was, or whose it is elsewhere."""
    is_whose = claim.field in (Field.DOSE, Field.RECORD)
    if row.is_open or is_whose or claim.verdict not in CHANGING:
        return ""
    return claim.decided


def _addresses(row: Submission) -> list[Facts]:
    rows = MailAddress.objects.filter(submission=row).order_by("pk")
    return [
        {
            "address": one.address,
            "asked_at": one.asked_at.isoformat(),
            "confirmed_at": _iso(one.verified_at),
            "stopped_at": _iso(one.stopped_at),
            "came_back_at": _iso(one.bounced_at),
        }
        for one in rows
    ]


def _matter(row: Complaint, *, tells_messages: bool) -> Facts:
    events = Event.objects.filter(complaint=row).select_related("holder")
    messages = Message.objects.filter(event__complaint=row, recipient="citizen")
    return {
        "number": row.number,
        "kind": row.kind,
        "status": row.status,
        "outcome": row.outcome,
        "held_by": row.holder.name,
        "story": row.story,
        "place": row.site_text,
        "urgent": {"on": _iso(row.urgent_on), "reason": row.urgent_reason},
        "claims": [
            {
                "field": claim.field,
                "recorded": claim.recorded,
                "claimed": claim.claimed,
                "decided": _decided(claim, row),
                "verdict": claim.verdict,
                "ground": claim.ground,
            }
            for claim in Claim.objects.filter(complaint=row).order_by("pk")
            # A proposal of staff is nobody's fact yet.
            if claim.claimed or not row.is_open
        ],
        "asked_before_sending": [
            {"about": one.check_name, "said": one.said, "reason": one.reason}
            for one in Caveat.objects.filter(complaint=row).order_by("pk")
        ],
        "events": [
            {
                "at": event.at.isoformat(),
                "move": event.move,
                "by": event.actor,
                "at_body": event.holder.name,
                "note": "" if _is_among_staff(event) else event.note,
            }
            for event in events.order_by("seq")
        ],
        "messages": [
            {
                "channel": one.channel,
                "state": one.state,
                "sent_at": _iso(one.sent_at),
                "delivered_at": _iso(one.delivered_at),
            }
            for one in messages.order_by("pk")
            if tells_messages
        ],
        "ratings": [
            {"at": one.at.isoformat(), "word": one.word, "note": one.note}
            for one in Rating.objects.filter(complaint=row).order_by("pk")
        ],
    }


def _is_among_staff(event: Event) -> bool:
    # The note of an assignment is the name of the colleague who was given the case.
    return event.move in (Move.NOTE, Move.ASSIGN) and event.actor == Actor.STAFF


def _iso(value: datetime | date | None) -> str:
    return value.isoformat() if value else ""
