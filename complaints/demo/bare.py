"""Tables without indexes and references while they are filled for the first time.

A row that goes into seven indexes and is checked against four tables costs five times
the row itself; an index made over finished rows, and a reference checked over all of
them, cost a few per cent. Everything happens in the caller's transaction: if it fails,
nothing was ever taken off. The empty tables are truncated in it, too, so that rows may
be copied as frozen ones, and need not be logged ahead by a server that keeps no log for
others (``wal_level=minimal``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection
from psycopg import sql

from portal.registry.quality import changes

# Those with a row or more per person.
TABLES: Final = (
    "registry_person",
    "registry_identitydocument",
    "registry_telephone",
    "registry_populationentry",
    "registry_dose",
)
# Their few rows keep their indexes (the chain of events reads one) and lose only the
# references, of which a complaint with its events has thirty.
POINTING: Final = (
    "registry_lotallocation",
    "registry_correction",
    "complaints_submission",
    "complaints_complaint",
    "complaints_claim",
    "complaints_event",
    "complaints_referral",
)
_MEMORY: Final = "256MB"
# Notes each row for the quality rules; a full run is asked for instead.
_NOTING: Final = "quality_insert"

# Pairs of statements: what takes it off, what puts it back.
_CONSTRAINTS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::regclass, k.conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', k.conrelid::regclass, k.conname,
              pg_get_constraintdef(k.oid))
FROM pg_constraint k"""
_KEYS = f"""{_CONSTRAINTS}
WHERE k.conrelid = ANY (%s::regclass[]) AND k.contype IN ('p', 'u')
UNION ALL
SELECT format('DROP INDEX %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
FROM pg_index i
WHERE i.indrelid = ANY (%s::regclass[])
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""
# Those of other tables too, as nothing can point at a table without its key.
_REFERENCES = f"""{_CONSTRAINTS}
WHERE k.contype = 'f'
  AND (k.conrelid = ANY (%s::regclass[]) OR k.confrelid = ANY (%s::regclass[]))"""
_NOTES = """
SELECT format('ALTER TABLE %%s DISABLE TRIGGER %%I', t.tgrelid::regclass, t.tgname),
       format('ALTER TABLE %%s ENABLE TRIGGER %%I', t.tgrelid::regclass, t.tgname)
FROM pg_trigger t WHERE t.tgrelid = ANY (%s::regclass[]) AND t.tgname = %s"""


class NotEmpty(Exception):
    """Somebody was recorded in the moment before the tables were locked."""


def can_be_bared() -> bool:
    """Tell whether we own the tables and nobody is recorded yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(pg_has_role(current_user, relowner, 'USAGE'))"
            " FROM pg_class WHERE oid = ANY (%s::regclass[])",
            [[*TABLES, *POINTING]],
        )
        return cursor.fetchone()[0] and _are_empty(cursor)


def _are_empty(cursor: Any) -> bool:
    for table in TABLES:
        cursor.execute(
            sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(table))
        )
        if cursor.fetchone()[0]:
            return False
    return True


@contextmanager
def bared() -> Iterator[None]:
    """Take indexes and references off the tables, and put all back, checked.

    Must run inside a transaction; nobody else can read the tables until it ends. Raise
    NotEmpty where they hold rows, IntegrityError where the rows written break a
    constraint. The quality rules are asked to look at everything.
    """
    assert connection.in_atomic_block
    tables = list(TABLES)
    with connection.cursor() as cursor:
        # Checks that wait for the end of the transaction forbid changing a table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(_REFERENCES, [[*TABLES, *POINTING], tables])
        parts = cursor.fetchall()
        cursor.execute(_KEYS, [tables, tables])
        # An index first, or else checking a reference would have none to use.
        parts = [*cursor.fetchall(), *parts]
        cursor.execute(_NOTES, [tables, _NOTING])
        parts += cursor.fetchall()
        for take_off, _ in reversed(parts):
            cursor.execute(take_off)
        # Nobody can add a row any more.
        if not _are_empty(cursor):
            raise NotEmpty
        cursor.execute(f"TRUNCATE {', '.join(tables)}")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL maintenance_work_mem = '{_MEMORY}'")
        for _, put_back in parts:
            cursor.execute(put_back)
        changes.mark_all(cursor)
