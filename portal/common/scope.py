"""The database's own net: which rows a transaction may see (row policies).

Every transaction starts blind. An access decorator, a worker or a command opens the
scope it is entitled to; the policies in the migrations read it. See
docs/adr/0003-row-policies.md.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def system() -> Iterator[None]:
    """Open all rows, in a transaction: for workers, commands and trusted actions."""
    with _opened("system", ""):
        yield


@contextmanager
def staff(paths: Iterable[str]) -> Iterator[None]:
    """Open the complaints held at or below these organization paths."""
    with _opened("staff", ",".join(paths)):
        yield


@contextmanager
def citizen(submissions: Iterable[int]) -> Iterator[None]:
    """Open the complaints of these submissions, proved in the citizen's session."""
    with _opened("citizen", ",".join(map(str, submissions))):
        yield


@contextmanager
def _opened(role: str, reach: str) -> Iterator[None]:
    """Set the scope for this transaction; inside another one put the old one back.

    A setting made in a savepoint outlives it, hence the second statement, which only
    nested use (tests, actions that widen the scope) pays for.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        before = _write(role, reach)
        yield
        if not outermost:
            _write(*before)


def _write(role: str, reach: str) -> tuple[str, str]:
    """Set the scope and return the one before, in one statement."""
    with connection.cursor() as cursor:
        # A list of results is reckoned from left to right: read first, then set.
        cursor.execute(
            "SELECT coalesce(current_setting('app.scope', true), ''),"
            " coalesce(current_setting('app.reach', true), ''),"
            " set_config('app.scope', %s, true), set_config('app.reach', %s, true)",
            [role, reach],
        )
        return cursor.fetchone()[:2]
