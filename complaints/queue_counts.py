"""How many cases each view of the queue holds: all views in one statement.

A count stops one above the most that is shown, so a long queue costs no more.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection

from complaints import worklist
from complaints.models.complaint import ComplaintQuerySet
from portal.accounts.models import User


class Count(NamedTuple):
    """A scalar SELECT that counts, and its parameters."""

    sql: str
    params: Sequence[Any]


def of(cases: ComplaintQuerySet, *, most: int) -> Count:
    """Return the count of these cases, up to one more than ``most``."""
    try:
        limited = cases.order_by().values("pk")[: most + 1].query
        sql, params = limited.sql_with_params()
    except EmptyResultSet:
        return Count("0", ())
    return Count(f"(SELECT count(*) FROM ({sql}) counted)", params)


def of_view(
    view: str, *, paths: Sequence[str], user: User, at: datetime, most: int
) -> Count:
    """Return the count of one of ``worklist.VIEWS`` at and below these paths.

    The same as ``of(worklist.narrow(...))``. Every page counts these seven, and to
    build them anew each time took a quarter of it: so they are built once with
    stand-ins, in whose places the true values are put.
    """

    def filled(value: Any) -> Any:
        if isinstance(value, datetime):
            return at + (value - _AT)
        if value == _USER.pk:
            return user.pk
        if isinstance(value, str) and value.startswith(_PATH):
            # The first sign that is past a path takes the place of its last one.
            return paths[int(value[len(_PATH) : -1])][:-1] + value[-1]
        return value

    sql, params = _built(view, len(paths), most)
    return Count(sql, [filled(value) for value in params])


def ask(counts: Sequence[Count]) -> list[int]:
    """Return the answers, in one statement."""
    if not counts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(one.sql for one in counts)}",
            [value for one in counts for value in one.params],
        )
        return list(cursor.fetchone())


# Stand-ins that nothing else in a query can be mistaken for.
_AT: Final = datetime(1000, 1, 1, tzinfo=UTC)
_USER: Final = User(pk=-1_000_000_007)
_PATH: Final = "/stand-in/"


@cache
def _built(view: str, paths: int, most: int) -> Count:
    mine = worklist.at_and_below(f"{_PATH}{n}/" for n in range(paths))
    return of(worklist.narrow(mine, view, user=_USER, at=_AT), most=most)
