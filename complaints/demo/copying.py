"""Writing many rows: text for COPY, keys taken from the tables' own sequences.

COPY cannot write into tables with row policies, so their rows go through temporary
tables. The order of tables is that of their foreign keys.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from random import Random
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from psycopg import sql

COLUMNS: Final = {
    "registry_person": (
        "id ref full_name name_key name_folded sort_key born_on born_precision sex "
        "residence_id population population_at population_source population_wrong "
        "is_restricted version"
    ),
    "registry_identitydocument": (
        "person_id kind number_sealed number_digest source is_current"
    ),
    "registry_telephone": "person_id number_sealed number_digest is_contact",
    "registry_populationentry": "number_digest name_key born_on sex",
    "registry_dose": (
        "id ref person_id given_on product_id lot_number lot_id site_id dose_number "
        "status source name_recorded recorded_at version"
    ),
    "registry_correction": (
        "id ref target target_id version_before operation before_sealed after_sealed "
        "reason reason_ref needs_second proposed_by_id approved_by_id applied_at "
        "reverses_id"
    ),
    "complaints_submission": (
        "id key body_digest code person_id channel relation language full_name "
        "name_folded born_on sex national_id_sealed national_id_digest phone_sealed "
        "phone_digest last4_digest submitted_at"
    ),
    "complaints_complaint": (
        "id submission_id number kind status outcome round dose_id subject_key "
        "given_on site_id site_text lot story holder_id holder_path assignee_id "
        "submitted_at routed_at touched_at round_started_at due_at "
        "extended_at paused_at ended_at overdue_at escalated_at urgent_on confirmed_at "
        "confirmed_upstream_at reported_again version"
    ),
    "complaints_claim": (
        "id complaint_id field recorded_sealed claimed_sealed verdict ground "
        "correction_id"
    ),
    "complaints_event": (
        "id complaint_id seq move at actor by_id status round holder_id data note "
        "note_salt"
    ),
    "complaints_referral": (
        "id number event_id complaint_id authority_id authority_name points "
        "expected_at state ended_at reply answered_at answered_by_id"
    ),
    "registry_lotallocation": "lot_id organization_id received_on doses",
}
WITH_POLICIES: Final = frozenset(
    {
        *("complaints_complaint", "complaints_claim", "complaints_event"),
        "complaints_referral",
    }
)
_MANY = frozenset({"registry_person", "registry_dose"})
_AT_ONCE = 5000
_FEW_AT_ONCE = 500
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Packed(NamedTuple):
    """Rows of one table as COPY reads them."""

    table: str
    rows: int
    content: bytes


class Keys(dict[str, Iterator[int]]):
    """The next keys of each table, without end, from its sequence.

    Drawn some thousands at a time: one for all that a process makes.
    """

    def __missing__(self, table: str) -> Iterator[int]:
        """Begin with a table that was not asked for yet."""
        self[table] = _endless(table)
        return self[table]


class Rows:
    """Rows waiting to be written, and keys for them."""

    def __init__(self, keys: Keys | None = None) -> None:
        self._lines: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self.keys = Keys() if keys is None else keys

    def new_id(self, table: str) -> int:
        """Return the next key of a table."""
        return next(self.keys[table])

    def lines(self, table: str) -> list[str]:
        """Return the lines of a table, to add finished ones to."""
        return self._lines[table]

    def add(self, table: str, *values: Any) -> None:
        """Add a row; values in the order of ``COLUMNS``."""
        self._lines[table].append("\t".join(map(text, values)) + "\n")

    def packed(self) -> list[Packed]:
        """Return all rows as they go to the database, those others point to first."""
        return [
            Packed(table, len(lines), "".join(lines).encode())
            for table, lines in self._lines.items()
            if lines
        ]


def new_ref(chance: Random) -> str:
    """Return a random UUID (version 4) as 32 hex digits; an object costs thrice."""
    drawn = chance.randbytes(16).hex()
    return f"{drawn[:12]}4{drawn[13:16]}b{drawn[17:]}"


def text(value: Any) -> str:
    """Return a value as COPY reads it."""
    as_text = _TEXTS.get(type(value))
    if as_text is not None:
        return as_text(value)
    # Members of enumerations are texts, too.
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    raise TypeError(f"cannot copy {type(value).__name__}")


# One encoder for all, as json.dumps makes one each time.
_json: Final = json.JSONEncoder(ensure_ascii=False).encode
_TEXTS: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda value: "\\N",
    str: lambda value: value.translate(_ESCAPES),
    int: str,
    bool: lambda value: "t" if value else "f",
    bytes: lambda value: f"\\\\x{value.hex()}",
    UUID: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    dict: lambda value: _json(value).translate(_ESCAPES) if value else "{}",
    list: lambda value: _json(value).translate(_ESCAPES),
}


def write(rows: Rows) -> None:
    """Write rows in this transaction."""
    with copier() as out:
        out.write(rows.packed())


def _endless(table: str) -> Iterator[int]:
    count = _AT_ONCE if table in _MANY else _FEW_AT_ONCE
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_RESERVE, [table, count])
            runs = cursor.fetchall()
        for first, last in runs:
            yield from range(first, last + 1)


# The name is looked up once, as the inner SELECT is not merged (OFFSET). Runs of
# neighbouring keys, or else reading so many rows would cost more than drawing them.
_RESERVE: Final = """
SELECT min(key), max(key) FROM (
  SELECT key, key - row_number() OVER () AS run FROM (
    SELECT nextval(sequence) AS key FROM (
      SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0
    ) known, generate_series(1, %s)
  ) drawn
) counted GROUP BY run ORDER BY 1"""


class Copier:
    """Writes packed rows; made by ``copier``."""

    def __init__(self, frozen: Collection[str]) -> None:
        self._staged: list[str] = []
        self._frozen = frozen

    def write(self, rows: Iterable[Packed]) -> None:
        """Copy rows into their tables, or beside them where a policy is in the way."""
        with connection.cursor() as cursor:
            for table, _, content in rows:
                names = _names(table)
                if table in WITH_POLICIES and table not in self._staged:
                    self._staged.append(table)
                    cursor.execute(
                        sql.SQL(
                            "CREATE TEMP TABLE {staged} AS"
                            " SELECT {columns} FROM {target} LIMIT 0"
                        ).format(**names)
                    )
                into = "{staged}" if table in WITH_POLICIES else "{target}"
                how = "(FREEZE)" if table in self._frozen else ""
                statement = sql.SQL(f"COPY {into} ({{columns}}) FROM STDIN {how}")
                with cursor.copy(statement.format(**names)) as out:
                    out.write(content)

    def finish(self) -> None:
        """Move what was copied beside tables with row policies into them."""
        with connection.cursor() as cursor:
            for table in COLUMNS:
                if table not in self._staged:
                    continue
                names = _names(table)
                cursor.execute(
                    sql.SQL(
                        "INSERT INTO {target} ({columns})"
                        " SELECT {columns} FROM {staged} ORDER BY id"
                    ).format(**names)
                )
                cursor.execute(sql.SQL("DROP TABLE {staged}").format(**names))
            self._staged.clear()


@contextmanager
def copier(*, frozen: Collection[str] = ()) -> Iterator[Copier]:
    """Give what writes rows in this transaction; all are in place at the end.

    ``frozen``: tables truncated in this transaction, whose rows are written as old ones
    that nobody has to look at again.
    """
    copier = Copier(frozen)
    yield copier
    copier.finish()


def _names(table: str) -> dict[str, sql.Composable]:
    return {
        "target": sql.Identifier(table),
        "staged": sql.Identifier(f"demo_{table}"),
        "columns": sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table].split())),
    }
