"""Days as lists write them: text in several orders, serials, a year alone."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

Order = Literal["dmy", "mdy"]

# Day 0 of spreadsheets, such that serials after February 1900 come out right.
_EPOCH: Final = date(1899, 12, 30)
# 1 January 1910 to the end of 2099; below it a number is an age, a count or a year.
_SERIALS: Final = range(3_654, 73_051)
_YEARS: Final = range(1880, 2100)
# Nobody under five was vaccinated, and from twelve on everybody (domain paper b); the
# ages between are as rare in lists of 2021 as those of people a hundred years older.
_YOUNGEST: Final = 5
_USUAL: Final = 12

_SPLIT: Final = re.compile(
    r"(\d{1,4})\s*[/.,\-\u2013 \\]+\s*(\d{1,2})\s*[/.,\-\u2013 \\]+\s*(\d{2,4})"
)
_MONTH_YEAR: Final = re.compile(r"(?:0{1,2}\s*[/.\-]\s*)?(\d{1,2})\s*[/.\-]\s*(\d{4})")
_NO_DAY: Final = re.compile(
    r"(?:0{1,2}|[_\-.?x]*)[/.\- ]+(?:0{1,2}|[_\-.?x]*)[/.\- ]+(\d{4})"
)
_WORDS: Final = re.compile(
    r"(\d{1,2})\s*(?:thang|thg|th)\s*(\d{1,2})\s*(?:nam)?\s*(\d{2,4})"
)
_ABOUT: Final = re.compile(r"(?:khoang|chung|~|khg)\s*(\d{4})|(\d{4})\s*\?")
_MONTH_YEAR_WORDS: Final = re.compile(
    r"(?:thang|thg|th|t)[\s.]*(\d{1,2})[\s/.,\-]*(?:nam)?\s*(\d{4})"
)
_ENGLISH: Final = re.compile(
    r"(\d{1,2})[\s\-/]*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s\-/,]*(\d{2,4})"
)
_MONTH_NAMES: Final = "janfebmaraprmayjunjulaugsepoctnovdec"
_LEAD: Final = re.compile(
    r"^(?:ngay sinh|ngay tiem|ngay|sinh nam|sinh|sn|nam)\b[\s:.]*"
)
_CLOCK: Final = re.compile(
    r"[t ]+\d{1,2}[:h]\d{0,2}(?::\d{2}(?:\.\d+)?)?\s*(?:am|pm|z)?$"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or a year alone (month and day 0), and what was odd in its writing.

    `odd` holds codes: "order" (month before day), "serial", "year_as_date",
    "month_only", "about", "two_digits", "century" (either century is possible).
    """

    year: int
    month: int = 0
    day: int = 0
    odd: tuple[str, ...] = ()

    @property
    def exact(self) -> date | None:
        """The day, None when only the year is known.

        Two digits of a year stand for one of 19xx, and for 2000 on 29 February, which
        1900 had not.
        """
        if not self.day:
            return None
        leaps = self.month == 2 and self.day == 29 and self.year == 1900
        return date(2000 if leaps else self.year, self.month, self.day)

    @property
    def of_campaign(self) -> date | None:
        """The day as one of an injection: two digits of a year are of this century."""
        if self.day and "two_digits" in self.odd:
            return date(self.year + 100, self.month, self.day)
        return self.exact

    @property
    def iso(self) -> str:
        """YYYY-MM-DD or YYYY."""
        if not self.day:
            return f"{self.year:04}"
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


def read(cell: str | int | float | date, *, order: Order = "dmy") -> Day | None:
    """Return what day a cell means; None when it means none.

    Text is read day first; month first only where the column as a whole is written so
    (`order`) or the number cannot be a month (domain paper e).
    """
    if isinstance(cell, date):
        return _of_spreadsheet(cell)
    if isinstance(cell, int | float):
        return _of_number(float(cell))
    return _of_text(cell, order)


def is_day_first(text: str) -> bool | None:
    """Return whether a text puts the day first; None when it does not tell."""
    found = _SPLIT.fullmatch(text.strip())
    if found is None or len(found[1]) > 2:
        return None
    first, second = int(found[1]), int(found[2])
    if first > 12 >= second > 0:
        return True
    return False if second > 12 >= first > 0 else None


def with_century(day: Day, *, at: int, hint: int | None) -> Day:
    """Settle a two-digit year of birth by the year of the dose, or by a hint.

    The hint is the birth year that a well-formed personal number says. Where both
    centuries remain "century" is added to what is odd.
    """
    if "two_digits" not in day.odd:
        return day
    late, early = 2000 + day.year % 100, 1900 + day.year % 100
    if hint in (late, early):
        year = late if hint == late else early
    elif late > at - _YOUNGEST:
        year = early
    elif late <= at - _USUAL:
        year = late
    else:
        return Day(late, day.month, day.day, (*day.odd, "century"))
    if day.day and not _is_day(year, day.month, day.day):
        return Day(year, 0, 0, (*day.odd, "month_only"))
    return Day(year, day.month, day.day, day.odd)


def _of_spreadsheet(day: date) -> Day | None:
    serial = (date(day.year, day.month, day.day) - _EPOCH).days
    # A year typed into a cell with a date's form shows as a day of 1905.
    if 1900 <= serial <= 2030:
        return Day(serial, odd=("year_as_date",))
    if serial < _SERIALS.start:
        return None
    return Day(day.year, day.month, day.day)


def _of_number(number: float) -> Day | None:
    if not math.isfinite(number):
        return None
    whole = int(number)
    if whole == number and whole in _YEARS:
        return Day(whole)
    if whole in _SERIALS:
        day = _EPOCH + timedelta(days=whole)
        return Day(day.year, day.month, day.day, ("serial",))
    if whole != number:
        return _of_text(f"{number:g}", "dmy") if number < 13_000 else None
    if whole >= 1_000_000:
        return _of_digits(f"{whole:08}", "dmy")
    return None


@lru_cache(1 << 14)
def _of_text(text: str, order: Order) -> Day | None:
    text = _plain(text)
    if not text:
        return None
    if text.isdecimal():
        return _of_digits(text, order)
    found = _SPLIT.fullmatch(text)
    day = _of_three(found[1], found[2], found[3], order) if found else None
    return day or _of_words(text)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = text.replace("đ", "d").strip(" '`\u2019\"")
    text = re.sub(r"(?<=\d)o|o(?=\d)", "0", text)
    text = _LEAD.sub("", text)
    text = _CLOCK.sub("", text)
    text = re.sub(r"\s*\([^()]*\)$|\.0$", "", text)
    return text.strip(" .,;:")


def _of_digits(text: str, order: Order) -> Day | None:
    if len(text) == 4:
        return Day(int(text)) if int(text) in _YEARS else None
    if len(text) == 5:
        return _of_number(float(text)) if int(text) in _SERIALS else None
    if len(text) == 7:
        text = f"0{text}"
    if len(text) == 8:
        return _of_three(text[:2], text[2:4], text[4:], order) or _of_three(
            text[:4], text[4:6], text[6:], order
        )
    if len(text) == 6:
        return _of_three(text[:2], text[2:4], text[4:], order)
    return None


def _of_three(first: str, second: str, third: str, order: Order) -> Day | None:
    if len(first) == 4:
        if len(third) > 2:
            return None
        return _made(int(first), int(second), int(third)) or _made(
            int(first), int(third), int(second), "order"
        )
    if len(first) > 2 or len(third) == 3:
        return None
    odd = ("two_digits",) if len(third) == 2 else ()
    year = int(third) if len(third) == 4 else 1900 + int(third)
    one, two = int(first), int(second)
    if order == "mdy":
        return _made(year, one, two, "order", *odd) or _made(year, two, one, *odd)
    return _made(year, two, one, *odd) or _made(year, one, two, "order", *odd)


def _of_words(text: str) -> Day | None:
    if found := _WORDS.search(text):
        return _of_three(found[1], found[2], found[3], "dmy")
    if (found := _ABOUT.fullmatch(text)) and int(found[1] or found[2]) in _YEARS:
        return Day(int(found[1] or found[2]), odd=("about",))
    if found := _ENGLISH.fullmatch(text):
        return _of_three(
            found[1], str(_MONTH_NAMES.index(found[2]) // 3 + 1), found[3], "dmy"
        )
    if found := _NO_DAY.fullmatch(text):
        return Day(int(found[1])) if int(found[1]) in _YEARS else None
    found = _MONTH_YEAR.fullmatch(text) or _MONTH_YEAR_WORDS.fullmatch(text)
    if found and int(found[1]) <= 12 and int(found[2]) in _YEARS:
        return Day(int(found[2]), odd=("month_only",))
    # One day among words without any other figure: "Sáng 28/8/2021".
    within = list(_SPLIT.finditer(text))
    if len(within) == 1 and not re.search(r"\d", text.replace(within[0][0], "", 1)):
        return _of_three(within[0][1], within[0][2], within[0][3], "dmy")
    return None


def _made(year: int, month: int, day: int, *odd: str) -> Day | None:
    # The leap day of a century that is not settled yet may be one of the next.
    open_century = "two_digits" in odd and _is_day(year + 100, month, day)
    if open_century or _is_day(year, month, day):
        return Day(year, month, day, odd)
    return None


def _is_day(year: int, month: int, day: int) -> bool:
    if year not in _YEARS:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
