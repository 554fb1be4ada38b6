"""Rows that let another unit answer: which are in force."""

from datetime import date

from django.db.models import Q

from complaints.models import Delegation
from complaints.rules.responsibility import Delegated


def in_force(*, day: date) -> list[Delegated]:
    """Return the rows in force on a day; of several for the same the newest one."""
    rows = Delegation.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day
    ).order_by("valid_from", "pk")
    newest = {(row.organization_id, row.kind): as_delegated(row) for row in rows}
    return list(newest.values())


def as_delegated(row: Delegation) -> Delegated:
    """Return a row as the rule takes it."""
    return Delegated(row.organization_id, row.to_id, row.kind, row.with_below)
