"""One case of many that cannot be worked on: said and logged, the rest goes on."""

import logging
from typing import Final

from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.utils.translation import gettext as _

# The database is away, or gave way to somebody else: that is no fault of the case,
# and the whole slice is tried again.
AWAY: Final = (OperationalError, InterfaceError)


def words(error: Exception, logger: logging.Logger) -> str:
    """Log what kind of error kept a case from being moved; return it in words.

    Called where the case's own transaction is rolled back. Raise the error where the
    database is away: then no case is at fault.
    """
    if isinstance(error, AWAY):
        raise error
    logger.error("case.broken", extra={"reason": type(error).__name__})
    if isinstance(error, (DataError, IntegrityError)):
        return _("The database did not take it. Open the case to see why.")
    return _("Something in this case is broken. Open it; the rest went on.")
