"""Reading figures: nothing is written meanwhile, and nobody waits for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from psycopg.errors import QueryCanceled

from portal.common import scope

# What a person waits for a page at most; speed.md 5 and 6 name ten seconds.
LIMIT_SECONDS: Final = 10


class TooLong(Exception):
    """A statement took longer than a reader is made to wait; nothing was changed."""


# Plans are made anew, see counting.PLAN_ANEW. Read-only ends with the savepoint; the
# limit holds until the transaction ends.
_SETTINGS: Final = """
SELECT (SELECT at FROM complaints_watermark WHERE name = 'figures'),
  set_config('plan_cache_mode', 'force_custom_plan', true),
  set_config('statement_timeout', %s, true),
  set_config('transaction_read_only', 'on', true)"""


@contextmanager
def figures() -> Iterator[tuple[CursorWrapper, datetime | None]]:
    """Hold a cursor that reads all rows, and when the figures were counted.

    Raise TooLong where a statement takes longer than the limit.
    """
    try:
        with scope.system(), connection.cursor() as cursor:
            cursor.execute(_SETTINGS, [f"{round(LIMIT_SECONDS * 1000)}ms"])
            yield cursor, cursor.fetchone()[0]
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooLong from error
        raise
