"""Sessions in the database, read and rewritten by one plain statement each.

Django's own engine builds a query, a model and a savepoint for what is one row by its
key; that was a seventh of the processor time of the record page. Creating, ending and
clearing stay Django's.
"""

from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.utils import timezone

_LOAD: Final = """
SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s
"""
_UPDATE: Final = """
UPDATE django_session SET session_data = %s, expire_date = %s WHERE session_key = %s
"""


class SessionStore(db.SessionStore):
    """The session of one visitor, as Django's database engine keeps it."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; an unknown or ended one is empty."""
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    def save(self, must_create: bool = False) -> None:
        """Keep what the session holds. Raise UpdateError if it was ended meanwhile."""
        if must_create or self.session_key is None:
            super().save(must_create=must_create)
            return
        data = self.encode(dict(self.items()))
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [data, self.get_expiry_date(), self.session_key])
            if cursor.rowcount == 0:
                raise UpdateError
