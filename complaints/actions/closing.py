"""What waits at a unit that closes goes to its successor, in one transaction.

Cases by a single statement, however many: holder, event, notice and what they were
before. The citizen is told once, some minutes later, so that a slip can be taken back.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions import closed_staff, moving
from complaints.actions.standing_in import DECIDING
from complaints.choices import OPEN, Actor, Move
from complaints.models import (
    Complaint,
    Incident,
    Lease,
    Message,
    Prepared,
    Referral,
    StandIn,
    UnitChange,
    UnitChangeCase,
)
from complaints.rules import succession
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.common import outbox
from portal.registry.models import Organization, OrganizationSuccession, Proposal

# Nobody is told before: as long a closing can be taken back without anybody noticing.
TELL_AFTER: Final = timedelta(minutes=10)
# Whoever was just routing to the unit has written by then.
LATE_AFTER: Final = timedelta(minutes=2)
_WAITING: Final = ("open", "signing")


def require(change: UnitChange, *, at: datetime) -> None:
    """Raise Refused with words where a closing would leave something to nobody."""
    unit, successor = change.organization, change.successor
    today = timezone.localdate(at)
    if unit.closed_on is not None:
        raise Refused(_("This unit is closed already."))
    if change.day <= unit.opened_on:
        raise Refused(_("On that day the unit was not open yet."))
    below = Organization.objects.filter(parent=unit, closed_on=None)
    if below.exists():
        raise Refused(
            _("Units below are still open: %(names)s. Close them first.")
            % {
                "names": ", ".join(
                    below.order_by("pk").values_list("name", flat=True)[:3]
                )
            }
        )
    waiting = _what_waits(unit, at=at)
    if successor is None:
        if waiting:
            raise Refused(
                _("Cases, people or work are left at this unit. Name a successor.")
            )
        return
    if successor.pk == unit.pk or successor.path.startswith(unit.path):
        raise Refused(_("The successor has to be another unit, not one below it."))
    if not successor.is_open_on(max(change.day, today)):
        raise Refused(_("The successor is not open on that day. Choose another one."))
    closes = successor.changes.filter(
        kind=UnitChange.Kind.CLOSED, state__in=UnitChange.WAITING
    )
    if closes.exists():
        raise Refused(_("The successor is about to close itself. Choose another one."))
    if waiting and not _somebody_decides(change, at=at):
        raise Refused(
            _(
                "Nobody at the successor decides cases. Let the people go along,"
                " or post somebody there first."
            )
        )


def _what_waits(unit: Organization, *, at: datetime) -> bool:
    """Tell whether a unit has cases, people or other work that needs a receiver."""
    return (
        Complaint.objects.filter(
            Q(holder=unit) | Q(co_holder=unit), status__in=OPEN
        ).exists()
        or unit.postings.not_over(at=at).exists()
        or any(rows.exists() for rows in _other_work(unit).values())
    )


def _other_work(unit: Organization) -> dict[str, QuerySet[Any]]:
    """Return what else waits for the people of a unit: incidents, pairs, repairs."""
    return {
        "incidents": Incident.objects.filter(holder=unit, state__in=Incident.RUNNING),
        "referrals": Referral.objects.filter(
            authority=unit, state=Referral.State.WAITING
        ),
        "proposals": Proposal.objects.filter(organization=unit, state__in=_WAITING),
        "prepared": Prepared.objects.filter(organization=unit, state__in=_WAITING),
    }


def _give(name: str, keys: Iterable[int], *, to: Organization) -> None:
    if name == "incidents":
        Incident.objects.filter(pk__in=keys).update(holder=to)
        return
    if name == "referrals":
        Referral.objects.filter(pk__in=keys).update(authority=to)
        return
    model: type[Proposal | Prepared] = Proposal if name == "proposals" else Prepared
    model.objects.filter(pk__in=keys).update(organization=to, path=to.path)


def _somebody_decides(change: UnitChange, *, at: datetime) -> bool:
    successor = change.successor
    assert successor is not None
    there = Q(organization=successor)
    if change.staff == UnitChange.Staff.MOVE:
        there |= Q(organization=change.organization)
    return (
        Posting.objects.current(at=at)
        .filter(there, role__in=DECIDING, user__is_active=True)
        .exists()
    )


def close_now(change: UnitChange, *, at: datetime) -> None:
    """Close a locked unit and hand on what waits there; raise Refused (``require``)."""
    require(change, at=at)
    unit, successor = change.organization, change.successor
    unit.closed_on, unit.is_own = change.day, True
    unit.save(update_fields=["closed_on", "is_own"])
    outbox.add("unit_late", [change.pk], at=at, delay=LATE_AFTER)
    # What was lent to the level above stays there.
    lent = StandIn.objects.filter(organization=unit, until=None)
    change.facts["stand_ins"] = list(lent.values_list("pk", flat=True))
    lent.update(until=at)
    if successor is None:
        return
    OrganizationSuccession.objects.update_or_create(
        old=unit,
        new=successor,
        defaults={"valid_from": change.day, "reason": change.reason},
    )
    change.cases += move_cases(change, at=at)
    for name, rows in _other_work(unit).items():
        was = dict(rows.order_by("pk").values_list("pk", "state"))
        change.facts[name] = list(was.items())
        _give(name, was, to=successor)
    change.facts["postings"] = closed_staff.hand_on(change, at=at)


_MOVE: Final = """
WITH chosen AS (
  SELECT id, status, assignee_id, co_holder_id, routed_at FROM complaints_complaint
  WHERE holder_id = %(old)s AND status = ANY(%(open)s) ORDER BY id FOR UPDATE
), moved AS (
  UPDATE complaints_complaint c
  SET holder_id = %(new)s, routed_at = %(at)s, version = c.version + 1,
    status = %(after)s::jsonb ->> c.status,
    assignee_id = CASE WHEN c.status = ANY(%(kept)s) THEN c.assignee_id END,
    co_holder_id = nullif(c.co_holder_id, %(new)s)
  FROM chosen WHERE c.id = chosen.id
  RETURNING c.id, c.status, c.round
), told AS (
  INSERT INTO complaints_event
    (complaint_id, seq, move, at, actor, by_id, status, round, holder_id, data, note,
     note_salt)
  SELECT id, 0, %(move)s, %(at)s, %(actor)s, %(by)s, status, round, %(new)s,
    %(data)s::jsonb, %(note)s, gen_random_uuid()
  FROM moved ORDER BY id
  RETURNING id, complaint_id
), owed AS (
  INSERT INTO common_outbox (kind, subject, next_at, attempts, last_error)
  SELECT 'event', id, %(tell_at)s, 0, '' FROM told
), kept AS (
  INSERT INTO complaints_unitchangecase (change_id, complaint_id, event_id, before)
  SELECT %(change)s, told.complaint_id, told.id, jsonb_build_object(
    'status', chosen.status, 'assignee', chosen.assignee_id,
    'co_holder', chosen.co_holder_id, 'routed_at', chosen.routed_at)
  FROM told JOIN chosen ON chosen.id = told.complaint_id
)
SELECT complaint_id FROM told"""


def move_cases(change: UnitChange, *, at: datetime) -> int:
    """Hand all open cases of a unit to its successor; return how many. Repeatable.

    Where nobody succeeds (late ones only) to whoever answers above. A hand-over as of
    staff, save that it is no hop between equals, and that what waits for an answer or
    a second signature goes on waiting (``rules.succession``).
    """
    unit = change.organization
    if change.successor is None:
        successor = moving.above(unit, at=at)
    else:
        successor = moving.answering(change.successor, at=at)
    change.facts.setdefault("helped", []).extend(_pass_help_on(unit, successor))
    data = {"from": unit.name, "to": successor.name, "unit_change": str(change.ref)}
    facts: dict[str, Any] = {
        "old": unit.pk,
        "new": successor.pk,
        "open": list(OPEN),
        "after": json.dumps({s: succession.status_after(s) for s in OPEN}),
        "kept": [s for s in OPEN if succession.keeps_assignee(s)],
        "at": at,
        "tell_at": at + TELL_AFTER,
        "move": Move.HAND_OVER,
        "actor": Actor.STAFF,
        "by": change.by_id,
        "data": json.dumps(data, ensure_ascii=False),
        "note": change.reason,
        "change": change.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, facts)
        moved = [row[0] for row in cursor.fetchall()]
    Lease.objects.filter(complaint__in=moved).delete()
    return len(moved)


def move_work(change: UnitChange, *, at: datetime) -> None:
    """Hand on what else reached a unit as it closed, as ``move_cases`` does cases."""
    unit = change.organization
    if change.successor is None:
        to = moving.above(unit, at=at)
    else:
        to = moving.answering(change.successor, at=at)
    for name, rows in _other_work(unit).items():
        was = list(rows.order_by("pk").values_list("pk", "state"))
        change.facts[name] = [*change.facts.get(name, []), *was]
        _give(name, [pk for pk, _state in was], to=to)


def _pass_help_on(
    unit: Organization, to: Organization
) -> list[tuple[int, int | None, int]]:
    """Let another unit answer as well where this one did; return what is so now.

    Key, who answers as well, version. Nobody does where the other has the case itself.
    """
    helped = Complaint.objects.filter(co_holder=unit, status__in=OPEN).order_by("pk")
    kept = [
        (pk, None if holder == to.pk else to.pk, version)
        for pk, holder, version in helped.select_for_update(of=("self",)).values_list(
            "pk", "holder", "version"
        )
    ]
    for other in (None, to.pk):
        keys = [pk for pk, now, _version in kept if now == other]
        Complaint.objects.filter(pk__in=keys).update(co_holder=other)
    return kept


_BACK: Final = """
WITH chosen AS (
  SELECT k.complaint_id, k.before, e.seq FROM complaints_unitchangecase k
  JOIN complaints_event e ON e.id = k.event_id WHERE k.change_id = %(change)s
), back AS (
  UPDATE complaints_complaint c
  SET holder_id = %(old)s, version = c.version + 1, status = before ->> 'status',
    assignee_id = (before ->> 'assignee')::bigint,
    co_holder_id = (before ->> 'co_holder')::bigint,
    routed_at = (before ->> 'routed_at')::timestamptz
  FROM chosen WHERE c.id = chosen.complaint_id
  RETURNING c.id, c.status, c.round, chosen.seq
)
INSERT INTO complaints_event
  (complaint_id, seq, move, at, actor, by_id, status, round, holder_id, data, note,
   note_salt)
SELECT id, 0, %(move)s, %(at)s, %(actor)s, %(by)s, status, round, %(old)s,
  jsonb_build_object('move', %(undone)s::text, 'seq', seq), '', gen_random_uuid()
FROM back ORDER BY id"""

_WORKED_ON: Final = """
SELECT count(DISTINCT k.complaint_id) FROM complaints_unitchangecase k
JOIN complaints_event own ON own.id = k.event_id
JOIN complaints_event later ON later.complaint_id = k.complaint_id
  AND later.seq > own.seq
WHERE k.change_id = %s"""


def take_back(
    change: UnitChange, *, by: User, postings: Sequence[Posting], at: datetime
) -> None:
    """Put everything back as it was before a unit closed.

    Other work that the successor finished, changed or passed on stays as it is. Raise
    Refused where a citizen was told, or a case was worked on since.
    """
    unit, successor = change.organization, change.successor
    unit.closed_on = None
    unit.save(update_fields=["closed_on"])
    _take_cases_back(change, by=by, at=at)
    _take_help_back(change)
    _stand_in_again(change)
    if successor is None:
        return
    OrganizationSuccession.objects.filter(old=unit, new=successor).delete()
    for name, rows in _other_work(successor).items():
        was = dict(change.facts.get(name, []))
        now = rows.filter(pk__in=was).select_for_update(of=("self",))
        now = now.order_by("pk").values_list("pk", "state")
        _give(name, [pk for pk, state in now if state == was[pk]], to=unit)
    closed_staff.take_back(change, by=by, postings=postings, at=at)


def _take_help_back(change: UnitChange) -> None:
    """Let a unit answer as well again where nobody changed that since."""
    for pk, now, version in change.facts.get("helped", []):
        rows = Complaint.objects.filter(pk=pk, status__in=OPEN, co_holder=now)
        if now is None:
            # That nobody answers as well says nothing about who changed it.
            rows = rows.filter(version=version)
        rows.exclude(holder=change.organization).update(co_holder=change.organization)


def _stand_in_again(change: UnitChange) -> None:
    """Let the level above stand in as before; whoever was told it is over hears it."""
    unit = change.organization
    ended = StandIn.objects.filter(pk__in=change.facts.get("stand_ins", []))
    if StandIn.objects.filter(organization=unit, until=None).exists():
        return
    ended.exclude(told_back_at=None).update(told_at=None, told_back_at=None)
    ended.update(until=None)


def _take_cases_back(change: UnitChange, *, by: User, at: datetime) -> None:
    events = list(
        UnitChangeCase.objects.filter(change=change).values_list("event", flat=True)
    )
    Complaint.objects.select_for_update().filter(
        pk__in=UnitChangeCase.objects.filter(change=change).values("complaint")
    ).order_by("pk").values_list("pk").last()
    with connection.cursor() as cursor:
        cursor.execute(_WORKED_ON, [change.pk])
        worked_on = cursor.fetchone()[0]
    if worked_on:
        raise Refused(
            _("%(n)s of its cases were worked on since, so it stays closed.")
            % {"n": worked_on}
        )
    told = Message.objects.filter(event__in=events)
    if not outbox.withdraw("event", events) or told.exists():
        raise Refused(_("Citizens were told already, so it stays closed."))
    with connection.cursor() as cursor:
        cursor.execute(
            _BACK,
            {
                "change": change.pk,
                "old": change.organization_id,
                "move": Move.UNDO,
                "undone": Move.HAND_OVER,
                "at": at,
                "actor": Actor.STAFF,
                "by": by.pk,
            },
        )
