"""Writing down who looked and who changed, in the transaction that shows or changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from portal.audit.models import Entry

# Every look at a record pays for this row, and nobody asks for its key.
_INSERT: Final = """
INSERT INTO audit_entry (at, verb, actor, actor_id, organization, person, subject,
                         subject_id, detail)
VALUES (%(at)s, %(verb)s, %(actor)s, %(actor_id)s, %(organization)s, %(person)s,
        %(subject)s, %(subject_id)s, %(detail)s)
"""


def look_up(
    *,
    at: datetime,
    actor: str,
    actor_id: int | None,
    person_id: int | None,
    subject: str,
    subject_id: int | None = None,
    organization: int | None = None,
    detail: str = "",
) -> None:
    """Note that somebody saw a person's record, or a case about it."""
    _write(
        Entry.Verb.LOOK_UP,
        at=at,
        actor=actor,
        actor_id=actor_id,
        person=person_id,
        organization=organization,
        subject=subject,
        subject_id=subject_id,
        detail=detail,
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """Whom one entry of many is about; see ``looks``."""

    person_id: int
    subject_id: int


def looks(
    rows: Iterable[Seen],
    *,
    at: datetime,
    actor: str,
    actor_id: int | None,
    subject: str,
    organization: int | None,
) -> None:
    """Note that somebody saw many people in one list, an entry each, as ``look_up``."""
    Entry.objects.bulk_create(
        [
            Entry(
                verb=Entry.Verb.LOOK_UP,
                at=at,
                actor=actor,
                actor_id=actor_id,
                person=row.person_id,
                organization=organization,
                subject=subject,
                subject_id=row.subject_id,
            )
            for row in rows
        ]
    )


def change(
    *,
    at: datetime,
    actor: str,
    actor_id: int | None,
    person_id: int | None,
    subject: str,
    subject_id: int | None,
    detail: str = "",
) -> None:
    """Note that something was changed; ``detail`` names fields, never values."""
    _write(
        Entry.Verb.CHANGE,
        at=at,
        actor=actor,
        actor_id=actor_id,
        person=person_id,
        organization=None,
        subject=subject,
        subject_id=subject_id,
        detail=detail,
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """What one entry of many says; see ``changes``."""

    person_id: int | None
    subject: str
    subject_id: int
    detail: str


def changes(
    rows: Iterable[Changed], *, at: datetime, actor: str, actor_id: int | None
) -> None:
    """Note many changes of one actor at once, an entry each, as ``change`` would."""
    Entry.objects.bulk_create(
        [
            Entry(
                verb=Entry.Verb.CHANGE,
                at=at,
                actor=actor,
                actor_id=actor_id,
                person=row.person_id,
                subject=row.subject,
                subject_id=row.subject_id,
                detail=row.detail,
            )
            for row in rows
        ]
    )


def sign_in(*, at: datetime, user_id: int | None, detail: str) -> None:
    """Note that somebody signed in, out, or failed to."""
    _write(
        Entry.Verb.SIGN_IN,
        at=at,
        actor=Entry.Actor.STAFF,
        actor_id=user_id,
        person=None,
        organization=None,
        subject="accounts.user",
        subject_id=user_id,
        detail=detail,
    )


def _write(verb: Entry.Verb, **facts: datetime | str | int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, facts | {"verb": verb.value})
