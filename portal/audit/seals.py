"""Daily digests that make a cut-off tail or a rewritten row show.

Each day has a head: a digest over the head before and the rows since. Whoever owns the
database could rewrite rows and heads together; heads that somebody outside has kept
(``heads``) tell that, too. Beside each head stand the first bytes of each row's own
digest, so that the very row is named, by the ones kept here or those kept outside.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TextIO

from django.db import connection, transaction
from django.utils import timezone

from portal.audit.models import Leaves, Seal

# What is sealed: name -> (table, what a row contributes, which were written before an
# instant). Columns are named, so that a new one does not break the seals of old rows.
# What fell due is dated back, so it does not tell what was written when: numbers below
# its own may still be uncommitted. It is sealed with the next row that does.
SEALED: Final = {
    "entry": (
        "audit_entry",
        "sha256(convert_to(ROW(t.id, t.at, t.verb, t.actor, t.actor_id,"
        " t.organization, t.person, t.subject, t.subject_id, t.detail)::text,"
        " 'UTF8'))",
        "at < %s",
    ),
    "event": ("complaints_event", "hash", "at < %s AND move <> 'overdue'"),
}
# A transaction that began before midnight may commit a little after it.
GRACE: Final = timedelta(minutes=10)
# Bytes of each row's digest that are kept: one wrong row in four billion goes unnamed,
# never unnoticed, as the head holds the whole digests.
LEAF: Final = 4
# Rows whose leaves are kept as one.
BLOCK: Final = 1_000
COLUMNS: Final = ("of", "day", "last_id", "head", "rows")


class BadHeads(Exception):
    """A file of heads that cannot be read; the text says where."""


@dataclass(frozen=True)
class Broken:
    """A day whose head does not agree with what the table holds now.

    ``row`` is the first row that is not as it was, where that can be told, and ``what``
    became of it: changed, put in, taken out (``row`` is the one before it).
    ``outside``: by a head that somebody outside kept.
    """

    of: str
    day: date
    what: str = "day"
    row: int | None = None
    outside: bool = False


@dataclass(frozen=True)
class Head:
    """The head of a day, as it is given away; ``leaves`` are given on demand."""

    of: str
    day: date
    last_id: int
    digest: bytes
    leaves: bytes = b""


def seal_day(*, of: str, at: datetime) -> Seal | None:
    """Seal all that was written before today; None where that is done or too early."""
    today = timezone.localtime(at)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    if today - midnight < GRACE:
        return None
    day = (midnight - timedelta(days=1)).date()
    before = Seal.objects.filter(of=of).order_by("-day").first()
    if before is not None and before.day >= day:
        return None
    table, _, was_written = SEALED[of]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(max(id), 0) FROM {table} WHERE {was_written} AND id > 0",
            [midnight],
        )
        last = max(cursor.fetchone()[0], before.last_id if before else 0)
    first = before.last_id if before else 0
    prior = bytes(before.digest) if before else b""
    with transaction.atomic():
        seal, is_new = Seal.objects.get_or_create(
            of=of,
            day=day,
            defaults={
                "last_id": last,
                "digest": _digest(of, prior, first, last),
                "sealed_at": at,
            },
        )
        if is_new:
            _keep_leaves(of, day, first, last)
    return seal


def verify(
    *, of: str, kept: Mapping[date, Head] | None = None
) -> tuple[int, list[Broken]]:
    """Recompute every head; return how many were checked and which are broken.

    ``kept``: heads that somebody outside has kept. Each is compared with what the rows
    give now, from the kept head before it on, whatever the database says of itself.
    """
    outside = dict(kept or {})
    broken: list[Broken] = []
    digest, last, count = b"", 0, 0
    for seal in Seal.objects.filter(of=of).order_by("day"):
        count += 1
        here = Head(of, seal.day, seal.last_id, bytes(seal.digest))
        there = outside.pop(seal.day, None)
        head = there or here
        if _digest(of, digest, last, head.last_id) != head.digest:
            broken.append(_named(head, last, outside=there is not None))
        elif (here.last_id, here.digest) != (head.last_id, head.digest):
            broken.append(Broken(of, seal.day, "seal changed", outside=True))
        # On from what was sealed, so that one broken day does not break the next ones.
        digest, last = head.digest, head.last_id
    broken += [
        Broken(of, day, what="seal taken out", outside=True) for day in sorted(outside)
    ]
    return count, broken


def heads(*, since: date | None = None, rows: bool = False) -> Iterator[Head]:
    """Yield the heads of all days, or from one on, oldest first; perhaps with leaves.

    With these, four bytes a row, whoever keeps them can name a row that was changed.
    """
    seals = Seal.objects.order_by("day", "of")
    if since is not None:
        seals = seals.filter(day__gte=since)
    for seal in seals.iterator():
        leaves = _leaves(seal.of, seal.day) if rows else b""
        yield Head(seal.of, seal.day, seal.last_id, bytes(seal.digest), leaves)


def write(rows: Iterable[Head], into: TextIO) -> None:
    """Write heads as CSV with a line of names; digests in hexadecimal."""
    into.write(",".join(COLUMNS) + "\n")
    for head in rows:
        into.write(
            f"{head.of},{head.day.isoformat()},{head.last_id},{head.digest.hex()},"
            f"{head.leaves.hex()}\n"
        )


def read(lines: Iterable[str]) -> dict[str, dict[date, Head]]:
    """Return kept heads by what is sealed and day.

    Raise BadHeads for a line that is none, or for two that say different things.
    """
    found: dict[str, dict[date, Head]] = {of: {} for of in SEALED}
    table = iter(lines)
    if next(table, "").strip() != ",".join(COLUMNS):
        raise BadHeads(f"the first line is not {','.join(COLUMNS)}")
    for number, line in enumerate(table, start=2):
        try:
            head = _head(line)
            known = found[head.of].setdefault(head.day, head)
        except (KeyError, ValueError) as error:
            raise BadHeads(f"line {number} is no head") from error
        if known != head:
            raise BadHeads(f"line {number} says something else of {head.day}")
    return found


def _head(line: str) -> Head:
    """Read a line; no value holds a comma, and a day's bytes are longer than csv takes.

    Raise ValueError for one that is no head.
    """
    of, day, last_id, digest, leaves = line.strip().split(",")
    head = Head(
        of,
        date.fromisoformat(day),
        int(last_id),
        bytes.fromhex(digest),
        bytes.fromhex(leaves),
    )
    if len(head.digest) != 32 or len(head.leaves) % LEAF:
        raise ValueError("a digest has 32 bytes, a leaf four")
    return head


def _digest(of: str, before: bytes, first: int, last: int) -> bytes:
    """Return the digest of the head before and the rows after ``first`` to ``last``."""
    table, row, _ = SEALED[of]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sha256(%s || coalesce(string_agg({row}, ''::bytea ORDER BY id),"
            f" ''::bytea)) FROM {table} t WHERE id > %s AND id <= %s",
            [before, first, last],
        )
        return bytes(cursor.fetchone()[0])


def _keep_leaves(of: str, day: date, first: int, last: int) -> None:
    table, row, _ = SEALED[of]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO audit_leaves ("of", day, last_id, leaves)
            SELECT %s, %s, max(id),
              string_agg(substring(leaf FROM 1 FOR {LEAF}), ''::bytea ORDER BY id)
            FROM (
              SELECT id, {row} AS leaf,
                (row_number() OVER (ORDER BY id) - 1) / {BLOCK} AS block
              FROM {table} t WHERE id > %s AND id <= %s
            ) numbered GROUP BY block ORDER BY block""",
            [of, day, first, last],
        )


def _named(head: Head, first: int, *, outside: bool) -> Broken:
    """Name the first row of a day that is not as its leaf says.

    By leaves from outside, else by those kept here. Where there are none, or all agree
    (whoever changed a row saw to them as well), only the day is known.
    """
    kept = head.leaves or _leaves(head.of, head.day)
    rows = _now(head.of, first, head.last_id)
    found = _first_difference(kept, rows) if kept else None
    if found is None:
        return Broken(head.of, head.day, outside=outside)
    what, row = found
    return Broken(head.of, head.day, what, row or first, outside)


def _leaves(of: str, day: date) -> bytes:
    parts = Leaves.objects.filter(of=of, day=day).order_by("last_id")
    return b"".join(bytes(part) for part in parts.values_list("leaves", flat=True))


def _first_difference(
    kept: bytes, now: Iterable[tuple[int, bytes]]
) -> tuple[str, int] | None:
    """Return what happened to which row, None where all rows are as their leaves say.

    Of a row that was taken out only the key of the one before it is known.
    """
    rows, before = iter(now), 0
    for place in range(0, len(kept), LEAF):
        row = next(rows, None)
        if row is None:
            return "taken out", before
        key, leaf = row
        if leaf != kept[place : place + LEAF]:
            following = next(rows, (0, b""))
            if following[1] == kept[place : place + LEAF]:
                return "put in", key
            if leaf == kept[place + LEAF : place + 2 * LEAF]:
                return "taken out", before
            return "changed", key
        before = key
    extra = next(rows, None)
    return None if extra is None else ("put in", extra[0])


def _now(of: str, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    """Yield key and leaf of the rows after ``first`` to ``last``, some at a time."""
    table, row, _ = SEALED[of]
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, substring({row} FROM 1 FOR {LEAF}) FROM {table} t"
                " WHERE id > %s AND id <= %s ORDER BY id LIMIT %s",
                [first, last, BLOCK],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        yield from ((key, bytes(leaf)) for key, leaf in rows)
        first = rows[-1][0]
