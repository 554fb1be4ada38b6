"""What a column's cells look like, whatever its heading says."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from portal.common import names
from portal.registry.imports import cells, dates

_NAME: Final = re.compile(r"[^\W\d_]+(?:[ '.\-]+[^\W\d_]+){1,6}\.?")
_ID: Final = re.compile(r"\d{9,12}")
_LOT: Final = re.compile(r"(?=.*\d)[A-Za-z0-9]{5,15}")
# Enough to judge by; fewer cells say nothing.
_FEW: Final = 3


@dataclass(slots=True)
class Profile:
    """Shares (0 to 1) of what the cells of a column could be; `count` not blank ones.

    `order` is how text puts day and month (`is_said`: as the heading says),
    `is_day_first` and `is_month_first` that some of it proves so; `swapped` tells that
    a spreadsheet seems to have read days as months: its own dates all have a day up to
    12, and text only days above. `variety` is the share of different ones among them.
    """

    count: int = 0
    variety: float = 0.0
    shares: dict[str, float] = field(default_factory=dict)
    order: dates.Order = "dmy"
    is_said: bool = False
    is_day_first: bool = False
    is_month_first: bool = False
    swapped: bool = False
    earliest: date | None = None

    def share(self, kind: str) -> float:
        """Return how many of the cells are of a kind."""
        return self.shares.get(kind, 0.0)

    @property
    def tells(self) -> bool:
        """Tell whether there are cells enough to judge by."""
        return self.count >= _FEW


def of(column: Sequence[cells.Cell], products: cells.Products) -> Profile:
    """Return the profile of a column's sample."""
    filled = [
        cell
        for cell in column
        if cell != "" and not (isinstance(cell, str) and cells.is_as_above(cell))
    ]
    if not filled:
        return Profile()
    counts: dict[str, int] = {}
    for cell in filled:
        for kind in _kinds(cell, products):
            counts[kind] = counts.get(kind, 0) + 1
    shares = {kind: count / len(filled) for kind, count in counts.items()}
    variety = len(set(map(cells.as_text, filled))) / len(filled)
    profile = Profile(len(filled), variety, shares)
    if profile.share("day") >= 0.5:
        _look_at_days(profile, filled)
    return profile


def _kinds(cell: cells.Cell, products: cells.Products) -> set[str]:
    text = unicodedata.normalize("NFC", cells.as_text(cell).strip())
    found = set()
    if isinstance(cell, date) or (len(text) < 40 and dates.read(cell) is not None):
        found.add("day")
    if isinstance(cell, date):
        return found
    # Eight digits that are a day are one: 14082021.
    if _LOT.fullmatch(text) and not (len(text) == 8 and "day" in found):
        found.add("lot")
    digits = re.sub(r"[\s.\-]", "", cells.without_thousands(text))
    if _ID.fullmatch(digits):
        found.add("id")
        # A number of nine or ten digits may be either; telephones begin otherwise.
        if cells.telephones(cell)[0]:
            found.add("phone")
    elif cells.telephones(cell)[0]:
        found.add("phone")
    if cells.sex(text):
        found.add("sex")
    if cells.is_mark(cell):
        found.add("mark")
    if cells.dose_number(text):
        found.add("dose")
    if isinstance(cell, str):
        if text.isalpha():
            found.add("word")
        if _NAME.fullmatch(text) and len(text) < 60:
            found.add("name")
            if names.fold(text.split()[0]) in names.FAMILIES:
                found.add("family")
        code, odd = products.read(text)
        if code and not odd and not text.isdigit():
            found.add("product")
    return found


def _look_at_days(profile: Profile, filled: Sequence[cells.Cell]) -> None:
    written = [c for c in filled if isinstance(c, str)]
    told = [dates.is_day_first(text) for text in written]
    if told.count(False) >= _FEW and not told.count(True):
        profile.order = "mdy"
    profile.is_day_first, profile.is_month_first = True in told, False in told
    native = [c for c in filled if isinstance(c, date)]
    few_days = bool(native) and all(day.day <= 12 for day in native)
    if few_days and len(native) >= _FEW and told.count(True) >= _FEW:
        profile.swapped = told.count(True) == len(written)
    days = (dates.read(c, order=profile.order) for c in filled)
    profile.earliest = min(
        (d.exact or date(d.year, 1, 1) for d in days if d), default=None
    )
