"""What keeps a command from its work and is no fault of the code, in words."""

import errno
from collections.abc import Iterator

import psycopg

from portal.common import database

_FULL = (
    "the disk is full ({}).\nMake room and start again; or begin on another disk: "
    "make run DATA_DIR=/path/to/folder"
)
_AWAY = (
    "the database is away ({}).\nIts log says why: log/postgres.log in DATA_DIR where "
    "it is the portal's own. What was committed is kept."
)


def in_words(error: BaseException) -> str | None:
    """Return what is the matter and what to do; None where the code is at fault."""
    causes = list(_causes(error))
    for words, is_it in ((_FULL, _is_full), (_AWAY, database.is_away)):
        for cause in filter(is_it, causes):
            return words.format(_first_line(cause))
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, psycopg.Error):
        return isinstance(error, psycopg.errors.DiskFull)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _first_line(error: BaseException) -> str:
    """Return an error's own words without the hints that follow."""
    return next(iter(str(error).splitlines()), type(error).__name__)
