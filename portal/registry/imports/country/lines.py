"""What a line of the file says, or why it is refused. Pure, a hundred thousand a time.

Texts repeat (names, days, sites), so what is worked out once is remembered.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from django.utils import timezone

from portal.common import names, phones
from portal.registry import national_id
from portal.registry.imports.exceptions import CannotRead

REQUIRED: Final = ("full_name", "born_on", "given_on", "product", "site")
OPTIONAL: Final = (
    "sex", "id_number", "phone", "residence", "lot", "dose_number", "recorded_at",
)  # fmt: skip
# The first doses against COVID-19 outside a trial, anywhere: nothing is older.
FIRST_DAY: Final = date(2020, 12, 8)
OLDEST: Final = date(1900, 1, 1)
_DOSE_NUMBERS: Final = frozenset("123456789")
_SEXES: Final = {"": "", "M": "M", "F": "F"}
_LOT: Final = re.compile(r"[0-9A-Z][0-9A-Z./_-]{0,29}")
_EASY_PHONE: Final = re.compile(r"0[35789][0-9]{8}")
_BORN: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PRECISION: Final = {4: "year", 7: "month", 10: "day"}
_REMEMBERED: Final = 1 << 16


class Refusal(Exception):
    """A line that cannot be taken; ``column`` as in the header, ``reason`` a code."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column, self.reason = column, reason


class Name(NamedTuple):
    """The four columns that follow from a name."""

    full_name: str
    key: str
    folded: str
    sort_key: str


class Line(NamedTuple):
    """A dose and its person as the registry would write them.

    ``born_on`` is a day even where less is known; ``lot`` is a known lot's key.
    """

    name: Name
    born_on: str
    precision: str
    sex: str
    id_kind: str
    id_number: str
    phone: str
    residence: int | None
    given_on: str
    product: int
    lot_number: str
    lot: int | None
    site: int
    dose_number: int | None
    recorded_at: str
    # The number with the zeros that a spreadsheet ate; never stored unconfirmed.
    restored: str = ""
    # What of the line was not taken, or not as it stands: column and reason.
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Known:
    """What the registry knows by code: keys of its rows.

    ``products`` by code and by folded name or alias.
    """

    products: Mapping[str, int]
    sites: Mapping[str, int]
    units: Mapping[str, int]
    lots: Mapping[str, int]


class Header(NamedTuple):
    """The columns in the file's order, what parts them, where the header ends."""

    columns: tuple[str, ...]
    delimiter: str
    ends: int


def read_header(first: bytes) -> Header:
    """Read the first line. Raise CannotRead for columns that are not ours.

    UTF-8 with or without a byte order mark; parted by comma, semicolon or tab.
    """
    line, newline, _ = first.partition(b"\n")
    if not newline:
        raise CannotRead("empty")
    try:
        text = line.decode("utf-8-sig").strip("\r")
    except UnicodeDecodeError as error:
        raise CannotRead("encoding") from error
    delimiter = max(",;\t", key=text.count)
    columns = tuple(cell.strip().strip('"').lower() for cell in text.split(delimiter))
    missing = [name for name in REQUIRED if name not in columns]
    strange = [name for name in columns if name not in REQUIRED + OPTIONAL]
    if missing:
        raise CannotRead("load_columns", ", ".join(missing))
    if strange or len(set(columns)) != len(columns):
        raise CannotRead("load_columns", ", ".join(strange) or "twice")
    return Header(columns, delimiter, len(line) + 1)


def reader(header: Header, known: Known, *, at: datetime) -> Callable[[str], Line]:
    """Return what reads a line; it raises Refusal.

    ``at``: days after it lie in the future; it is also when a dose counts as recorded
    where the file does not say.
    """
    place = {name: n for n, name in enumerate(header.columns)}
    order = [place.get(name, len(place)) for name in REQUIRED + OPTIONAL]
    width, delimiter = len(header.columns), header.delimiter
    today, now = timezone.localdate(at).isoformat(), at.isoformat()

    def read(text: str) -> Line:
        cells = text.split(delimiter) if '"' not in text else _quoted(text, delimiter)
        if len(cells) != width:
            raise Refusal("", "cells")
        cells.append("")
        (
            full_name, born_on, given_on, product, site,
            sex, id_number, phone, residence, lot, number, recorded,
        ) = [cells[n].strip() for n in order]  # fmt: skip
        name = spell(full_name)
        born, precision = read_born(born_on)
        given = read_day(given_on, "given_on")
        if given > today or born > today:
            raise Refusal("given_on" if given > today else "born_on", "future")
        # Rule Q02 of the domain paper; of a year alone the first day is meant.
        if born > given:
            raise Refusal("born_on", "after_dose")
        if sex not in _SEXES:
            raise Refusal("sex", "unknown")
        kind = canonical = restored = ""
        said: list[tuple[str, str]] = []
        if id_number:
            kind, canonical, restored = _number(id_number, born, sex, said)
        lot_number = read_lot(lot) if lot else ""
        return Line(
            name,
            born,
            precision,
            sex,
            kind,
            canonical,
            _phone(phone, said) if phone else "",
            _key(known.units, residence, "residence") if residence else None,
            given,
            _product(known.products, product),
            lot_number,
            known.lots.get(lot_number),
            _key(known.sites, site, "site"),
            _dose_number(number) if number else None,
            _moment(recorded, now) if recorded else now,
            restored,
            tuple(said),
        )

    return read


def _quoted(text: str, delimiter: str) -> list[str]:
    try:
        (cells,) = csv.reader([text], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        raise Refusal("", "quotes") from error
    return cells


@lru_cache(_REMEMBERED)
def spell(text: str) -> Name:
    """Return the columns of a name. Raise Refusal for what cannot be one."""
    full_name = names.tidy(text)
    if not full_name:
        raise Refusal("full_name", "empty")
    if len(full_name) > 120:
        raise Refusal("full_name", "too_long")
    if any("\ud800" <= sign <= "\udfff" for sign in full_name):
        raise Refusal("full_name", "encoding")
    folded = names.fold(full_name)
    if not any(sign.isalpha() for sign in folded):
        raise Refusal("full_name", "letters")
    return Name(
        full_name, names.tone_key(full_name), folded, names.person_sort_key(full_name)
    )


@lru_cache(_REMEMBERED)
def read_born(text: str) -> tuple[str, str]:
    """Return the first possible day of a birth, and what of it is known."""
    if not text:
        raise Refusal("born_on", "empty")
    if not _BORN.fullmatch(text):
        raise Refusal("born_on", "format")
    day = f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"[:10]
    try:
        if date.fromisoformat(day) < OLDEST:
            raise Refusal("born_on", "too_early")
    except ValueError as error:
        raise Refusal("born_on", "no_such_day") from error
    return day, _PRECISION[len(text)]


@lru_cache(_REMEMBERED)
def read_day(text: str, column: str) -> str:
    """Return a day of the campaign as it was written. Raise Refusal."""
    if not text:
        raise Refusal(column, "empty")
    if not _DAY.fullmatch(text):
        raise Refusal(column, "format")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(column, "no_such_day") from error
    if day < FIRST_DAY:
        raise Refusal(column, "too_early")
    return text


def read_number(text: str) -> tuple[str, str]:
    """Return kind and stored form of an identity number. Raise Refusal."""
    read = national_id.read(text)
    # What the digits say of place and year is no proof (domain paper e).
    problems = [problem for problem in read.problems if problem != "structure"]
    if problems:
        raise Refusal("id_number", problems[0])
    if len(read.canonical) > 30:
        raise Refusal("id_number", "too_long")
    return read.kind, read.canonical


def _number(
    text: str, born: str, sex: str, said: list[tuple[str, str]]
) -> tuple[str, str, str]:
    """Return kind, stored form, and the form with its zeros put back.

    A box that was only filled is no number, and no reason to leave the dose out; nor is
    one of eleven or ten digits that is well formed with its zeros and agrees with birth
    year and sex: it is kept as it stands until somebody confirms it (domain paper c).
    Raise Refusal for what else is no number: whose dose it is would be a guess.
    """
    try:
        return (*read_number(text), "")
    except Refusal as refusal:
        if refusal.reason == "dummy":
            said.append(("id_number", "dummy"))
            return "", "", ""
        restored = national_id.restore_zeros(text, born_year=int(born[:4]), sex=sex)
        if refusal.reason != "length" or restored is None:
            raise
        said.append(("id_number", "zeros_eaten"))
        read = national_id.read(text)
        return read.kind, read.canonical, restored


def _phone(text: str, said: list[tuple[str, str]]) -> str:
    """Return the first mobile number of a cell; what is none does not stop a dose."""
    try:
        return read_phone(text)
    except Refusal as refusal:
        found = phones.all_in(text)
        said.append(("phone", "several" if len(found) > 1 else refusal.reason))
        return found[0] if found else ""


def read_phone(text: str) -> str:
    """Return a telephone in E.164. Raise Refusal."""
    if _EASY_PHONE.fullmatch(text):
        return f"+84{text[1:]}"
    try:
        return phones.normalise(text)
    except phones.NotAPhone as error:
        raise Refusal("phone", error.reason) from error


def _product(products: Mapping[str, int], text: str) -> int:
    key = products.get(text)
    if key is None:
        key = products.get(names.fold(text))
    if key is None:
        raise Refusal("product", "unknown" if text else "empty")
    return key


def _key(keys: Mapping[str, int], text: str, column: str) -> int:
    key = keys.get(text)
    if key is None:
        raise Refusal(column, "unknown" if text else "empty")
    return key


@lru_cache(_REMEMBERED)
def read_lot(text: str) -> str:
    """Return a lot's number in capitals without blanks. Raise Refusal."""
    number = "".join(text.split()).upper()
    if not _LOT.fullmatch(number):
        raise Refusal("lot", "letters")
    return number


def _dose_number(text: str) -> int:
    if text not in _DOSE_NUMBERS:
        raise Refusal("dose_number", "unknown")
    return int(text)


def _moment(text: str, now: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal("recorded_at", "format") from error
    if moment.tzinfo is None:
        raise Refusal("recorded_at", "zone")
    if moment > datetime.fromisoformat(now):
        raise Refusal("recorded_at", "future")
    return moment.isoformat()
