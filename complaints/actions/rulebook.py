"""Changing rules that are data, and texts: one proposes, another one confirms.

What is in force is never edited: a new row holds from a day that has not come yet, and
each round counts by what was in force on the day it began. Days off are days, no rules:
what is open and due after them is counted anew.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import recounting
from complaints.models import (
    Delegation,
    Ladder,
    OfficeHours,
    Policy,
    RuleDraft,
    Rung,
    Wording,
)
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit
from portal.registry.models import Holiday, Organization

Subject = RuleDraft.Subject


def propose(
    subject: str,
    content: Mapping[str, Any],
    *,
    valid_from: date,
    source: str,
    by: User,
    at: datetime,
) -> RuleDraft:
    """Propose a row; nothing is in force by it. Raise Refused for a day of the past."""
    _require_coming(valid_from, at=at)
    with transaction.atomic():
        draft = RuleDraft.objects.create(
            subject=subject,
            content=dict(content),
            valid_from=valid_from,
            source=source.strip(),
            proposed_by=by,
            proposed_at=at,
        )
        _note(draft, "proposed", by=by, at=at)
    return draft


def confirm(ref: UUID, *, by: User, at: datetime) -> RuleDraft:
    """Let a proposal become a row. Raise Refused for whoever proposed it, and late.

    Raise RuleDraft.DoesNotExist where there is none.
    """
    try:
        with transaction.atomic():
            draft = _lock(ref)
            if draft.proposed_by_id == by.pk:
                raise Refused(_("A second person has to confirm what you proposed."))
            permissions.require_two(draft.proposed_by_id, by, at=at)
            _require_coming(draft.valid_from, at=at)
            _publish(draft, at=at)
            draft.confirmed_by, draft.confirmed_at = by, at
            draft.save(update_fields=["confirmed_by", "confirmed_at"])
            _note(draft, "confirmed", by=by, at=at)
    except IntegrityError as error:
        raise Refused(
            _("There is a rule for the same cases from that day already.")
        ) from error
    return draft


def drop(ref: UUID, *, by: User, at: datetime) -> RuleDraft:
    """Put a proposal aside; whoever may propose or confirm may do it."""
    with transaction.atomic():
        draft = _lock(ref)
        draft.dropped_by, draft.dropped_at = by, at
        draft.save(update_fields=["dropped_by", "dropped_at"])
        _note(draft, "dropped", by=by, at=at)
    return draft


def as_policy(draft: RuleDraft) -> Policy:
    """Return the policy that a draft would make; not saved."""
    facts = dict(draft.content)
    code = facts.pop("organization")
    body = Organization.objects.get(code=code) if code else None
    return Policy(
        **facts,
        organization=body,
        valid_from=draft.valid_from,
        source=draft.source,
    )


def as_wording(draft: RuleDraft) -> Wording:
    """Return the words that a draft would bring in; not saved."""
    facts = dict(draft.content)
    return Wording(
        key=facts.pop("key"),
        content=facts,
        valid_from=draft.valid_from,
        source=draft.source,
    )


def as_delegation(draft: RuleDraft) -> Delegation:
    """Return the row of routing that a draft would make; not saved."""
    facts = draft.content
    codes = [facts["organization"], facts["to"]]
    known = {body.code: body for body in Organization.objects.filter(code__in=codes)}
    return Delegation(
        kind=facts["kind"],
        organization=known[facts["organization"]],
        with_below=facts["with_below"],
        to=known[facts["to"]],
        valid_from=draft.valid_from,
        source=draft.source,
    )


def as_ladder(draft: RuleDraft) -> tuple[Ladder, list[Rung]]:
    """Return the ladder that a draft would make, with its rungs; not saved."""
    ladder = Ladder(
        idle_days=draft.content["idle_days"],
        capacity=draft.content["capacity"],
        valid_from=draft.valid_from,
        source=draft.source,
    )
    rungs = [
        Rung(clock=clock, share=share, levels=levels, hands_up=hands_up)
        for clock, share, levels, hands_up in draft.content["rungs"]
    ]
    return ladder, rungs


def as_office(draft: RuleDraft) -> OfficeHours:
    """Return the office hours that a draft would make; not saved."""
    facts = draft.content
    code = facts["organization"]
    times = {
        name: time.fromisoformat(facts[name]) if facts[name] else None
        for name in ("break_begins", "break_ends")
    }
    return OfficeHours(
        organization=Organization.objects.get(code=code) if code else None,
        weekdays=facts["weekdays"],
        begins=time.fromisoformat(facts["begins"]),
        ends=time.fromisoformat(facts["ends"]),
        valid_from=draft.valid_from,
        source=draft.source,
        **times,
    )


def as_days(draft: RuleDraft) -> list[Holiday]:
    """Return the days off, or worked, that a draft would make; not saved."""
    facts = draft.content
    last = date.fromisoformat(facts["last_day"])
    return [
        Holiday(
            day=draft.valid_from + timedelta(days=n),
            name=facts["name"],
            is_workday=facts["is_workday"],
            source=draft.source,
            is_own=True,
        )
        for n in range((last - draft.valid_from).days + 1)
    ]


_OF_A_DAY: Final = ("name", "is_workday", "source", "is_own")


def _publish(draft: RuleDraft, *, at: datetime) -> None:
    if draft.subject == Subject.POLICY:
        as_policy(draft).save()
        return
    if draft.subject == Subject.OFFICE:
        as_office(draft).save()
        return
    if draft.subject == Subject.DAYS:
        for day in as_days(draft):
            facts = {name: getattr(day, name) for name in _OF_A_DAY}
            Holiday.objects.update_or_create(day=day.day, defaults=facts)
        recounting.recount(since=draft.valid_from, at=at)
        return
    if draft.subject == Subject.TEXT:
        as_wording(draft).save()
        return
    if draft.subject == Subject.ROUTE:
        as_delegation(draft).save()
        return
    ladder, rungs = as_ladder(draft)
    ladder.save()
    for rung in rungs:
        rung.ladder = ladder
    Rung.objects.bulk_create(rungs)


def _lock(ref: UUID) -> RuleDraft:
    draft = RuleDraft.objects.select_for_update(of=("self",)).get(ref=ref)
    if not draft.is_waiting:
        raise Refused(_("This proposal was decided already."))
    return draft


def _require_coming(day: date, *, at: datetime) -> None:
    """Refuse a day that has begun: what was sent on it counts by the rules of it."""
    if day <= timezone.localdate(at):
        raise Refused(_("A rule can begin tomorrow at the earliest."))


def _note(draft: RuleDraft, what: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="complaints.ruledraft",
        subject_id=draft.pk,
        detail=f"{draft.subject} {what}",
    )
