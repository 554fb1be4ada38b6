"""Telling a published month anew: one proposes and says why, another one confirms."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from complaints import open_figures, permissions
from complaints.actions import publishing
from complaints.models import MonthCorrection, PublishedMonth
from complaints.open_figures import Month, Row
from complaints.rollups import suppression
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.audit import record as audit

LONGEST: Final = MonthCorrection._meta.get_field("reason").max_length


def propose(month: date, *, reason: str, by: User, at: datetime) -> MonthCorrection:
    """Propose to tell a month anew; nothing is told by it. Raise Refused."""
    _require_runs(by, at=at)
    if not reason.strip():
        raise Refused(_("Say why the month is told anew."))
    newest = _editions(month)[-1]
    try:
        with transaction.atomic():
            row = MonthCorrection.objects.create(
                month=month,
                edition=newest.edition + 1,
                reason=reason.strip()[:LONGEST],
                proposed_by=by,
                proposed_at=at,
            )
            _note(row, "proposed", by=by, at=at)
    except IntegrityError as error:
        raise Refused(_("A correction of this month waits already.")) from error
    return row


def confirm(ref: UUID, *, by: User, at: datetime) -> PublishedMonth:
    """Tell the month anew, as a whole, as its figures are now; editions before stay.

    See ``planned`` for what is told. Raise Refused for whoever proposed it, and where
    nothing differs; MonthCorrection.DoesNotExist where there is none.
    """
    with transaction.atomic():
        publishing.take_turn()
        row = _lock(ref)
        _require_runs(by, at=at)
        if row.proposed_by_id == by.pk:
            raise Refused(_("A second person has to confirm what you proposed."))
        permissions.require_two(row.proposed_by_id, by, at=at)
        plan = planned(row.month, at=at)
        if not plan.differs:
            raise Refused(_("No row differs enough to be told anew."))
        told = publishing.keep(
            plan.after,
            edition=row.edition,
            reason=row.reason,
            by=row.proposed_by,
            confirmed_by=by,
            at=at,
        )
        row.confirmed_by, row.confirmed_at = by, at
        row.save(update_fields=["confirmed_by", "confirmed_at"])
        _note(row, "confirmed", by=by, at=at)
    return told


def drop(ref: UUID, *, by: User, at: datetime) -> MonthCorrection:
    """Put a proposal aside; whoever may propose or confirm may do it."""
    with transaction.atomic():
        row = _lock(ref)
        _require_runs(by, at=at)
        row.dropped_by, row.dropped_at = by, at
        row.save(update_fields=["dropped_by", "dropped_at"])
        _note(row, "dropped", by=by, at=at)
    return row


@dataclass(frozen=True)
class Plan:
    """What was told last, and what a new edition would tell."""

    before: Month
    after: Month

    @property
    def differs(self) -> bool:
        """Tell whether any row would be told otherwise."""
        return self.before.rows != self.after.rows


def planned(month: date, *, at: datetime) -> Plan:
    """Return what a new edition would tell now, beside the newest one.

    A row of which any count, or what its share on time says of one, differs by fewer
    than five from an edition before stays as it was told last, and so does one that
    told less in one; the country's counts are then left out, and also where a row
    tells less now, or they differ so little themselves: else both editions together
    would tell a small count. Raise Refused where the month was never published, and
    while its figures are still being counted.
    """
    editions = [open_figures.of(row) for row in _editions(month)]
    counted = open_figures.count(month, at=at)
    if not publishing.is_counted(counted):
        raise Refused(_("The figures are still being counted. Try again later."))
    rows, is_kept_back = [], False
    for row in counted.rows:
        before = [(old, same) for old in editions if (same := _same(old, row))]
        if any(_leads_back(same, row, by=old.country) for old, same in before):
            row, is_kept_back = before[-1][1], True
        is_kept_back |= any(_hides(row, told_by=same) for _old, same in before)
        rows.append(row)
    is_kept_back |= any(
        suppression.is_trace(_counts(old.country), _counts(counted.country))
        for old in editions
    )
    country = open_figures.NOTHING if is_kept_back else counted.country
    return Plan(editions[-1], replace(counted, rows=rows, country=country))


def _same(edition: Month, row: Row) -> Row | None:
    """Return what an edition told of the same province."""
    key = (row.code, row.name)
    return next((old for old in edition.rows if (old.code, old.name) == key), None)


def _leads_back(before: Row, after: Row, *, by: Row) -> bool:
    """Tell whether two tellings of a row tell a small count that one of them hid.

    ``by``: the country then, whose sums tell what was hidden once the others are known.
    """
    if suppression.is_trace(_counts(before), _counts(after)):
        return True
    is_summed = all(getattr(by, name) is not None for name in open_figures.COUNTS)
    return is_summed and _hides(before, told_by=after)


def _hides(row: Row, *, told_by: Row) -> bool:
    """Tell whether a row hides a count that the other one tells."""
    return any(
        getattr(row, name) is None and getattr(told_by, name) is not None
        for name in open_figures.COUNTS
    )


def _editions(month: date) -> list[PublishedMonth]:
    """Return the editions of a month, the oldest first; raise Refused for none."""
    editions = list(PublishedMonth.objects.filter(month=month).order_by("edition"))
    if not editions:
        raise Refused(_("This month was not published yet."))
    return editions


def _counts(row: Row) -> tuple[int | None, ...]:
    """Return what a row tells of counts: also, by the share, of in time and late."""
    told = tuple(getattr(row, name) for name in open_figures.COUNTS)
    if row.on_time is None or row.resolved is None:
        return (*told, None, None)
    in_time = round(row.on_time * row.resolved)
    return (*told, in_time, row.resolved - in_time)


def _require_runs(by: User, *, at: datetime) -> None:
    runs = by.current_postings(at=at).filter(
        role=Posting.Role.ADMINISTRATOR, organization__parent=None
    )
    if not runs.exists():
        raise Refused(_("Only who runs the portal for the country publishes anew."))


def _lock(ref: UUID) -> MonthCorrection:
    row = MonthCorrection.objects.select_for_update(of=("self",)).get(ref=ref)
    if not row.is_waiting:
        raise Refused(_("This proposal was decided already."))
    return row


def _note(row: MonthCorrection, what: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="month_correction",
        subject_id=row.pk,
        detail=f"{row.month:%Y-%m} edition {row.edition} {what}",
    )
