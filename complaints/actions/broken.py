"""One case of many that cannot be worked on: said and logged, the rest goes on."""

import logging
from typing import Final

import psycopg
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DataError, Error, IntegrityError
from django.utils.translation import gettext as _

from portal.common import database

# It gave way to somebody else: 40 serialization and deadlock, 55P03 a lock not got.
_GAVE_WAY: Final = ("40", "55P03")


def words(error: Exception, logger: logging.Logger) -> str:
    """Log what kind of error kept a case from being moved; return it in words.

    Called where the case's own transaction is rolled back. Raise the error where no
    case is at fault and the whole slice is to be tried again: the database is away, it
    gave way to somebody else, or the worker's own time is over.
    """
    if isinstance(error, SoftTimeLimitExceeded) or _is_passing(error):
        raise error
    logger.error("case.broken", extra={"reason": type(error).__name__})
    if isinstance(error, (DataError, IntegrityError)):
        return _("The database did not take it. Open the case to see why.")
    return _("Something in this case is broken. Open it; the rest went on.")


def _is_passing(error: Exception) -> bool:
    """Tell whether the database would take the same later; what it refuses it says."""
    if database.is_away(error):
        return True
    cause = error.__cause__ if isinstance(error, Error) else None
    code = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return (code or "").startswith(_GAVE_WAY)
