"""A row that is to be judged, and what judging finds."""

from dataclasses import dataclass

from portal.registry.imports.owners import Owner
from portal.registry.imports.rows import Reason, Values


@dataclass(frozen=True, slots=True)
class Entry:
    """A row to be judged; ``person`` and ``is_chosen`` are what staff chose for it.

    ``line`` is what people call the row, its number in the spreadsheet; ``others`` are
    further identity numbers that it names; ``told`` are codes of what the reader said;
    ``taken`` is what staff chose to do with it (``StagedRow.Taken``).
    """

    key: int
    line: int
    values: Values
    others: tuple[str, ...] = ()
    said: str = ""
    is_excluded: bool = False
    is_chosen: bool = False
    person: int | None = None
    told: tuple[str, ...] = ()
    taken: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its reasons, whose the row is, and the dose that it meets.

    The dose that a new row meets stands on nobody's record, and is the row's.

    ``newcomer`` stands for somebody of whom nothing is recorded, ``dose_key`` for the
    dose itself: equal ones within a list are one and the same.
    """

    verdict: str
    reasons: tuple[Reason, ...] = ()
    person: int | None = None
    dose: int | None = None
    candidates: tuple[Owner, ...] = ()
    newcomer: bytes | None = None
    dose_key: bytes | None = None
