"""Ending a dated row that two people put in force: one is enough to go back."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import Delegation, Ladder, OfficeHours, Policy, Wording
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import dated

Row = TypeVar("Row", Delegation, Wording)
Rule = Policy | Ladder | OfficeHours
_SUBJECTS: Final[dict[type[Rule], str]] = {
    Policy: "complaints.policy",
    Ladder: "complaints.ladder",
    OfficeHours: "complaints.hours",
}
# What tells that a row is for everybody: one such row has to stay.
GENERAL: Final[dict[type[Rule], dict[str, str | None]]] = {
    Policy: {"kind": "", "level": "", "organization_id": None},
    Ladder: {},
    OfficeHours: {"organization_id": None},
}


def roll_back(
    model: type[Row], pk: int, *, subject: str, by: User, at: datetime
) -> Row:
    """End a row at once, or before it begins; what was done under it stays.

    ``subject`` names it in the audit. Raise Refused where it is over, DoesNotExist of
    the model where there is none.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        row = model.objects.select_for_update(of=("self",)).get(pk=pk)
        is_over = row.valid_to is not None and row.valid_to <= today
        if is_over or row.ended_at is not None:
            raise Refused(_("It is not in force any more."))
        row.valid_to = max(today, row.valid_from)
        row.ended_by, row.ended_at = by, at
        row.save(update_fields=["valid_to", "ended_by", "ended_at"])
        _note(row.pk, subject, "rolled back", by=by, at=at)
    return row


def can_end(row: Rule, rows: Iterable[Rule], *, today: date) -> bool:
    """Tell whether a rule is in force or to come; ``rows``: itself and others.

    One that a newer one followed is over: the newer one may yet give way to it.
    """
    if row.ended_at is not None:
        return False
    names = GENERAL[type(row)]
    same = [
        one
        for one in rows
        if all(getattr(one, name) == getattr(row, name) for name in names)
    ]
    return row.valid_from > today or dated.in_force(same, day=today) == row


def end_rule(model: type[Rule], pk: int, *, by: User, at: datetime) -> Rule:
    """End a rule from tomorrow on, or withdraw it before its first day.

    What began under it keeps it. Raise Refused where it is over or followed, and where
    no rule would be left for everybody; DoesNotExist of the model where there is none.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        # All of them, so that no two people end the last two at once.
        rows: dict[int, Rule] = {
            row.pk: row
            for row in model.objects.select_for_update(of=("self",)).order_by("pk")
        }
        if pk not in rows:
            raise model.DoesNotExist
        row = rows.pop(pk)
        if not can_end(row, [row, *rows.values()], today=today):
            raise Refused(_("It is not in force any more."))
        row.valid_to = max(today + timedelta(days=1), row.valid_from)
        if _is_general(row) and not any(
            _is_general(other)
            and other.valid_from <= row.valid_to
            and other.valid_to is None
            for other in rows.values()
        ):
            raise Refused(
                _(
                    "Without it there would be no rule for everybody. Propose the one"
                    " that is to follow; it takes the place of this one by itself."
                )
            )
        row.ended_by, row.ended_at = by, at
        row.save(update_fields=["valid_to", "ended_by", "ended_at"])
        is_withdrawn = row.valid_to == row.valid_from
        what = "withdrawn" if is_withdrawn else "ended"
        _note(row.pk, _SUBJECTS[model], what, by=by, at=at)
    return row


def _is_general(row: Rule) -> bool:
    return all(
        getattr(row, name) == value for name, value in GENERAL[type(row)].items()
    )


def _note(pk: int, subject: str, what: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject=subject,
        subject_id=pk,
        detail=what,
    )
