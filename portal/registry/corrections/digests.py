"""Making digests anew under the newest index key, so that an old one can be dropped.

Look-ups ask under every key, so that the portal runs meanwhile. A batch is one
transaction; begun again, rows that are done are passed over.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from portal.common import crypto, scope
from portal.registry import national_id
from portal.registry.corrections.ledger import writing

BATCH: Final = 2_000
# Notes nothing for the quality rules and for matching: the number is the same.
WRITER: Final = "digests"

_READ: Final = """
SELECT id, person_id, number_sealed, number_digest FROM {table}
WHERE id > %s ORDER BY id LIMIT %s
"""
_WRITE: Final = """
UPDATE {table} r SET number_digest = u.digest
FROM unnest(%s::bigint[], %s::bytea[]) u (id, digest)
WHERE r.id = u.id AND NOT EXISTS (
  SELECT FROM {table} o WHERE o.person_id = r.person_id AND o.number_digest = u.digest)
"""


@dataclass
class Rotated:
    """How far a table is: rows looked at, made anew, and what stayed.

    ``unknown``: the digest is of no key that is known, or of another text.
    ``twice``: the person has the number, or the matter an open report, under the new
    key already.
    """

    table: str
    rows: int = 0
    changed: int = 0
    unknown: int = 0
    twice: int = 0


def numbers(
    *, wanted: frozenset[bytes] = frozenset(), met: dict[bytes, bytes] | None = None
) -> Iterator[Rotated]:
    """Make the digests of identity numbers anew; yield after each batch.

    What is ``wanted`` and met on the way is noted in ``met`` (see ``note``).
    """
    yield from _rotate(
        "registry_identitydocument", "national_id", _canonical, wanted, met
    )


def telephones(
    *, wanted: frozenset[bytes] = frozenset(), met: dict[bytes, bytes] | None = None
) -> Iterator[Rotated]:
    """Make the digests of telephones anew; yield after each batch; see ``numbers``."""
    yield from _rotate("registry_telephone", "phone", str, wanted, met)


def note(
    purpose: str, text: str, *, wanted: frozenset[bytes], met: dict[bytes, bytes]
) -> None:
    """Note under which digest a wanted one is found from now on, where it is of text.

    ``wanted``: digests that stand elsewhere without their text.
    """
    if not wanted:
        return
    under_all = crypto.digests(purpose, text)
    met.update({one: under_all[0] for one in under_all if one in wanted})


def renewed(purpose: str, text: str, digest: bytes) -> bytes | None:
    """Return the digest under the newest key; None where it is not of this text."""
    newest, *older = crypto.digests(purpose, text)
    if bytes(digest) == newest:
        return newest
    return newest if bytes(digest) in older else None


def _rotate(
    table: str,
    purpose: str,
    text_of: Callable[[str], str],
    wanted: frozenset[bytes],
    met: dict[bytes, bytes] | None,
) -> Iterator[Rotated]:
    told = Rotated(table)
    met = {} if met is None else met
    after = 0
    while True:
        with (
            scope.system(),
            writing(WRITER),
            connection.cursor() as cursor,
        ):
            cursor.execute(_READ.format(table=table), [after, BATCH])
            rows = cursor.fetchall()
            texts = _texts(rows, text_of)
            for text in texts:
                note(purpose, text, wanted=wanted, met=met)
            _write(cursor, table, _stale(rows, texts, purpose, told), told)
        if not rows:
            return
        after = rows[-1][0]
        told.rows += len(rows)
        yield told


_Row = tuple[int, int, bytes, bytes]


def _texts(rows: Sequence[_Row], text_of: Callable[[str], str]) -> list[str]:
    return [
        text_of(crypto.unseal(sealed, bound_to=f"person:{person}"))
        for _pk, person, sealed, _digest in rows
    ]


def _stale(
    rows: Sequence[_Row], texts: Sequence[str], purpose: str, told: Rotated
) -> list[tuple[int, bytes]]:
    found = []
    for (pk, _person, _sealed, digest), text in zip(rows, texts, strict=True):
        fresh = renewed(purpose, text, digest)
        if fresh is None:
            told.unknown += 1
        elif fresh != bytes(digest):
            found.append((pk, fresh))
    return found


def _write(
    cursor: Any, table: str, stale: list[tuple[int, bytes]], told: Rotated
) -> None:
    if not stale:
        return
    keys, digests = zip(*stale, strict=True)
    cursor.execute(_WRITE.format(table=table), [list(keys), list(digests)])
    told.changed += cursor.rowcount
    told.twice += len(stale) - cursor.rowcount


def _canonical(number: str) -> str:
    return national_id.read(number).canonical or number
