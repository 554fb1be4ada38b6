"""Sessions in the database, read and rewritten by one plain statement each.

Django's own engine builds a query, a model and a savepoint for what is one row by its
key; that was a seventh of the processor time of the record page. Creating, ending and
clearing stay Django's.
"""

from datetime import datetime
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import connection
from django.utils import timezone

_LOAD: Final = """
SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s
"""
_KEEP: Final = """
INSERT INTO django_session (session_key, session_data, expire_date)
VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
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


def renew(session: SessionBase, *, old_ends: datetime) -> None:
    """Give a session a new key; the old one leads to what it holds now, for a while.

    A button that is tapped again before the answer came sends the old one. Nothing
    that is proved from now on stands there.
    """
    before, held = session.session_key, session.encode(dict(session.items()))
    session.cycle_key()
    if before is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [before, held, old_ends])
