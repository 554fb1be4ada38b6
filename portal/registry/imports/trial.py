"""A list judged as it would be now, a chunk at a time: nothing is kept or written.

Its last row may contradict its first and may say whose list it is, so that all rows are
read before the first is judged. Meanwhile they are held packed: a hundred thousand take
some ten megabytes, and whatever opened the file is gone when they are judged.
"""

import pickle
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from portal.registry.imports import judging, reading, repeats
from portal.registry.imports.findings import Entry, Finding
from portal.registry.imports.rows import Aside, ListRow, Values, Vocabulary
from portal.registry.imports.staging import CHUNK
from portal.registry.models import StagedRow


@dataclass
class Whole:
    """What only the whole list tells: later rows that contradict one, by its place.

    ``sites`` are the sites that rows name, as they name them.
    """

    against: dict[tuple[int, str], ListRow] = field(default_factory=dict)
    sites: set[str] = field(default_factory=set)
    _packed: list[bytes] = field(default_factory=list)

    def note(self, rows: list[ListRow]) -> None:
        """Take in the next rows."""
        self._packed.append(zlib.compress(pickle.dumps(rows), 1))
        for row in rows:
            self._look_at(row)

    def _look_at(self, row: ListRow) -> None:
        if row.aside.site:
            self.sites.add(row.aside.site)
        if repeats.contradicts(row):
            code = next(r.code for r in row.reasons if r.code in repeats.BOTH)
            # Where it stands is all that is told of it.
            bare = replace(row, values=Values(), cells=(), aside=Aside())
            self.against.setdefault((row.against, code), bare)

    def rows(self) -> Iterator[ListRow]:
        """Yield the rows, with those that a later one contradicts as errors."""
        read = (row for part in self._packed for row in _unpacked(part))
        for place, row in enumerate(read, start=1):
            found = row
            for code in repeats.BOTH:
                if (place, code) in self.against:
                    found = repeats.contradicted(found, self.against[place, code])
            yield found


def look_through(
    content: bytes,
    *,
    vocabulary: Vocabulary,
    columns: Mapping[str, str] | None,
    on: date,
) -> Whole:
    """Read a list once for what only the whole of it tells; raises CannotRead."""
    whole = Whole()
    read = reading.read(content, vocabulary=vocabulary, columns=columns, on=on)
    while chunk := list(islice(read, CHUNK)):
        whole.note(chunk)
    return whole


def _unpacked(part: bytes) -> list[ListRow]:
    rows: list[ListRow] = pickle.loads(zlib.decompress(part))
    return rows


class _Claims:
    """What the rows of earlier chunks have claimed; see ``judging.Others``."""

    def __init__(self) -> None:
        self._lines: dict[bytes, int] = {}

    def doses(self, keys: Collection[bytes]) -> dict[bytes, int]:
        """Return which of these doses an earlier row stands for, and its line."""
        return {key: self._lines[key] for key in keys if key in self._lines}

    def people(self, keys: Collection[bytes]) -> dict[bytes, int]:
        """Return nothing: nobody was added."""
        return {}

    def added(self, people: Collection[int]) -> tuple[int, ...]:
        """Return nothing: nobody was added."""
        return ()

    def note(self, entry: Entry, found: Finding) -> None:
        """Keep what a row claims."""
        if found.verdict == StagedRow.Verdict.NEW and found.dose_key:
            self._lines[found.dose_key] = entry.line


def judged(
    rows: Iterable[ListRow], *, site: int | None, on: date
) -> Iterator[tuple[ListRow, Finding]]:
    """Yield rows with what they would mean for the registry now."""
    claims = _Claims()
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        entries = [
            Entry(
                place,
                row.row,
                row.values,
                row.aside.others,
                said=row.verdict,
                told=tuple(reason.code for reason in row.reasons),
            )
            for place, row in enumerate(chunk)
        ]
        findings = judging.judge(entries, site=site, on=on, others=claims)
        for entry, row in zip(entries, chunk, strict=True):
            claims.note(entry, findings[entry.key])
            yield row, findings[entry.key]
