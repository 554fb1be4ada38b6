"""Single cells of a list: numbers, telephones, names, sex, product, lot, dose.

Each function gives a value and codes of what was odd; ``words.py`` says which of them
are errors. What a spreadsheet lost is never guessed.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from portal.common import names, phones
from portal.registry import national_id

Cell = str | int | float | date
Odd = tuple[str, ...]

_AS_ABOVE: Final = frozenset(
    ("nt", "n t", "nhu tren", "nhu tr", "nhtren", "tuong tu", "ditto", "as above")
)
_DITTO_MARKS: Final = frozenset("'\"\u2018\u2019\u201c\u201d\u2032\u2033\u3003`,\u00b4")
_LONGEST_DITTO: Final = 12
_NOTHING: Final = frozenset(
    ("", "khong", "khong co", "chua co", "ko", "k", "ko co", "chua", "0", "x", "trong")
    + ("none", "null", "na", "n a", "nan", "k co", "that lac", "mat")
)
_NO: Final = frozenset(("khong", "ko", "k", "no", "n", "0", "tu choi", "khong dong y"))
# Excel keeps 15 digits; what is longer came back with zeros for the rest.
_MOST_EXACT: Final = 10**15
_LOST: Final = re.compile(r"0{5,}$")
_MALE: Final = frozenset(("nam", "m", "male", "trai", "1", "ong", "anh"))
_FEMALE: Final = frozenset(
    ("nu", "f", "female", "gai", "0", "2", "ba", "chi", "phu nu")
)
_MARKS: Final = frozenset(
    ("x", "v", "1", "co", "yes", "\u2713", "\u2714", "\u2611", "+")
)
_ROMAN: Final = {
    **{"i": 1, "ii": 2, "iii": 3, "iv": 4, "l": 1, "ll": 2, "lll": 3},
    **{"mot": 1, "nhat": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4},
}
_DOSE: Final = re.compile(
    r"(?:mui|m|lan|lieu|dose|so|tiem|thu|vac xin|\s|covid|19)*"
    r"0?(?P<number>[1-6]|i{1,3}|iv|l{1,3}|mot|nhat|hai|ba|bon|tu)(?:\s*(?:0|st|nd|rd|th))?"
)
_BRACKETS: Final = re.compile(r"\([^()]*\)")
_ISSUED: Final = re.compile(r"[,;.(]?\s*(?:ngày|nơi)?\s*cấp\b.*", re.I | re.S)
_OF_SERIES: Final = re.compile(r"\s*/\s*[2-4]\s*$")
# Thousands parted by commas, as an English spreadsheet shows a number.
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3}){2,}(?:\.0+)?")
_MOBILE: Final = re.compile(r"0[35789][0-9]{8}")


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity number as read; `others` are further numbers of the same cell."""

    kind: str | None = None
    number: str = ""
    restored: bool = False
    odd: Odd = ()
    others: tuple[str, ...] = ()


def as_text(cell: Cell) -> str:
    """Return a cell as a reader sees it: whole numbers without a point, days d/m/y."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        return f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _MOST_EXACT:
        return str(int(cell))
    return repr(cell) if isinstance(cell, float) else str(cell)


def is_as_above(text: str) -> bool:
    """Tell whether a cell only says "as above": nt, n.t, '', -nt-, như trên."""
    return len(text) <= _LONGEST_DITTO and _is_as_above(text)


@lru_cache(1 << 12)
def _is_as_above(text: str) -> bool:
    stripped = text.strip()
    if stripped and all(c in _DITTO_MARKS or c.isspace() for c in stripped):
        return True
    if stripped in ("//", "///"):
        return True
    return names.fold(stripped) in _AS_ABOVE


def is_no(cell: Cell) -> bool:
    """Tell whether a cell says no: Không, K, no, 0, từ chối."""
    return names.fold(as_text(cell)) in _NO


def is_nothing(text: str) -> bool:
    """Tell whether a cell is filled only to say that there is nothing."""
    return not text or (len(text) < 12 and names.fold(text) in _NOTHING)


def is_mark(cell: Cell) -> bool:
    """Tell whether a cell is ticked."""
    text = as_text(cell).strip().casefold()
    return text in _MARKS


def identity(cell: Cell, *, born_year: int | None, sex: str | None) -> Identity:
    """Return the identity number of a cell.

    Zeros eaten by a spreadsheet come back only where the result is well formed and
    agrees with birth year and sex as far as these are given (``restored``). Codes:
    id_rounded, id_length, id_letters, id_dummy, id_structure, id_sex, id_born,
    id_restored, id_several.
    """
    text = as_text(cell)
    if isinstance(cell, float) and (not cell.is_integer() or cell >= _MOST_EXACT):
        return Identity(odd=("id_rounded",))
    parts = [text] if text.isdigit() else _numbers_in(text)
    if not parts:
        return Identity()
    read = [_one_identity(part, born_year=born_year, sex=sex) for part in parts]
    # A cell with an old and a new number: the new one counts, the other is kept.
    read.sort(key=lambda one: (one.kind != "pin12", not one.number))
    first, *rest = read
    if not rest:
        return first
    return Identity(
        first.kind,
        first.number,
        first.restored,
        (*first.odd, "id_several"),
        tuple(one.number for one in rest if one.number),
    )


def _numbers_in(text: str) -> list[str]:
    if is_nothing(text):
        return []
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(
        r"\b(?:số|so|cccd|cmnd|cmtnd|cmt|cc|đdcn|hộ chiếu|passport|hc|gplx)\b\.?:?",
        " ",
        text,
        flags=re.IGNORECASE,
    )
    text = without_thousands(_ISSUED.sub("", text).strip())
    parts = [part.strip(" .:()'\"") for part in re.split(r"[/;,|\n()]", text)]
    if re.fullmatch(r"\s*\d[.,]\d+[eE]\+?\d+\s*", text):
        return [text.strip()]
    # Blanks part two numbers only where each half is whole by itself.
    split: list[str] = []
    for part in parts:
        words = part.split()
        whole = len(words) > 1 and all(
            word.isdigit() and len(word) in (9, 12) for word in words
        )
        split += words if whole else [part]
    return [part for part in split if not is_nothing(part)]


def _one_identity(text: str, *, born_year: int | None, sex: str | None) -> Identity:
    number = national_id.read(text)
    canonical, problems = number.canonical, number.problems
    if "rounded" in problems:
        return Identity(odd=("id_rounded",))
    if "empty" in problems:
        return Identity()
    if "dummy" in problems:
        return Identity(None, "", odd=("id_dummy",))
    if "letters" in problems:
        repaired = canonical.replace("O", "0")
        if repaired.isdigit() and len(repaired) in (9, 12) and "O" in canonical:
            again = _one_identity(repaired, born_year=born_year, sex=sex)
            if again.kind in ("pin12", "cmnd9") and not again.odd:
                return Identity(again.kind, again.number, True, ("id_restored",))
        return Identity("other", canonical, odd=("id_letters",))
    if "length" in problems:
        # Ten and eleven digits with many zeros at the end were rounded on the way.
        if _LOST.search(canonical) and not canonical.startswith("0"):
            return Identity(odd=("id_rounded",))
        back = national_id.restore_zeros(canonical, born_year=born_year, sex=sex)
        if back is None:
            return Identity("other", canonical, odd=("id_length",))
        kind = "pin12" if len(back) == 12 else "cmnd9"
        return Identity(kind, back, True, ("id_restored",))
    if number.kind != "pin12":
        return Identity(number.kind, canonical)
    said = national_id.structure(canonical)
    if said is None:
        return Identity("pin12", canonical, odd=("id_structure",))
    odd: list[str] = []
    if sex and said.sex != sex:
        odd.append("id_sex")
    if born_year and said.birth_year != born_year:
        odd.append("id_born")
    return Identity("pin12", canonical, odd=tuple(odd))


def telephones(cell: Cell) -> tuple[tuple[str, ...], Odd]:
    """Return the mobile numbers of a cell in E.164.

    Codes: phone_rounded, phone_landline, phone_unread.
    """
    text = as_text(cell).strip()
    if len(text) == 10 and _MOBILE.fullmatch(text):
        return (f"+84{text[1:]}",), ()
    if is_nothing(text):
        return (), ()
    if isinstance(cell, float) and not cell.is_integer():
        return (), ("phone_rounded",)
    whole = _scientific(without_thousands(text))
    if whole is None:
        return (), ("phone_rounded",)
    clean = re.sub(r"(?<=\d)[oO](?=\d)|^[oO](?=\d)", "0", whole)
    clean = re.sub(r"[^\W\d_]+\.?:?|[()\[\]:]", " ", clean)
    found = phones.all_in(clean)
    if found:
        return tuple(found), ()
    digits = re.sub(r"\D", "", clean)
    if re.fullmatch(r"0?2\d{9}", digits):
        return (), ("phone_landline",)
    return (), ("phone_unread",)


def without_thousands(text: str) -> str:
    """Return 79185002018 for "79,185,002,018"; any other text as it is."""
    if _THOUSANDS.fullmatch(text) is None:
        return text
    return text.partition(".")[0].replace(",", "")


def _scientific(text: str) -> str | None:
    """Return the digits of a number in scientific notation; None if some are lost."""
    found = re.fullmatch(r"(\d)[.,](\d+)[eE]\+?(\d{1,2})", text)
    if found is None:
        return text
    digits = found[1] + found[2]
    return digits if len(digits) == int(found[3]) + 1 else None


@lru_cache(1 << 10)
def sex(text: str) -> str | None:
    """Return M or F for what a column of sexes says; None when it says neither."""
    folded = names.fold(text)
    if folded.endswith(" 0") and folded[:-2].isdigit():
        folded = folded[:-2]
    if folded in _MALE:
        return "M"
    return "F" if folded in _FEMALE else None


@lru_cache(1 << 12)
def dose_number(text: str) -> int | None:
    """Return the number of a dose: 2, II, "Mũi 2", "M2", "2.0"; None for no number."""
    found = _DOSE.fullmatch(names.fold(_OF_SERIES.sub("", _BRACKETS.sub(" ", text))))
    if found is None:
        return None
    written = found["number"]
    return int(written) if written.isdigit() else _ROMAN[written]


class Products:
    """The products by any alias; texts already read are remembered."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = dict(aliases)
        self._tight = {alias.replace(" ", ""): code for alias, code in aliases.items()}
        self._words = sorted(self._aliases, key=len, reverse=True)
        self._read: dict[str, tuple[str | None, Odd]] = {}

    def read(self, text: str) -> tuple[str | None, Odd]:
        """Return the code of a product; codes product_unknown, _several, _typo."""
        known = self._read.get(text)
        if known is None:
            known = self._find(text)
            if len(self._read) < 10_000:
                self._read[text] = known
        return known

    def all_in(self, text: str) -> set[str]:
        """Return the codes of all products that a line names."""
        padded = f" {names.fold(text)} "
        found: set[str] = set()
        for alias in self._words:
            if len(alias) > 1 and f" {alias} " in padded:
                found.add(self._aliases[alias])
                padded = padded.replace(f" {alias} ", "  ")
        return found

    def _find(self, text: str) -> tuple[str | None, Odd]:
        folded = names.fold(text)
        tight = folded.replace(" ", "")
        code = self._aliases.get(folded) or self._tight.get(tight)
        if code:
            return code, ()
        bare = re.sub(
            r"vac xin|vaccine|vacxin|vx|covid 19|covid|ngua|phong", " ", folded
        )
        bare = " ".join(bare.split())
        code = self._aliases.get(bare) or self._tight.get(bare.replace(" ", ""))
        if code:
            return code, ()
        inside = self.all_in(text)
        if len(inside) == 1:
            return inside.pop(), ()
        if inside:
            return None, ("product_several",)
        tight = bare.replace(" ", "")
        # The beginning of a name ("Vero"), or a name with a letter wrong.
        near = {
            self._tight[alias]
            for alias in self._tight
            if len(tight) >= 4 and alias.startswith(tight)
        } or {
            self._tight[alias]
            for alias in self._tight
            if len(alias) >= 5 and _is_near(alias, tight)
        }
        if len(near) == 1:
            return near.pop(), ("product_typo",)
        return None, ("product_unknown",)


def _is_near(alias: str, text: str) -> bool:
    """Tell whether one letter (of nine or more: two) was missed, added or replaced."""
    most = 1 if len(alias) < 9 else 2
    if abs(len(alias) - len(text)) > most:
        return False
    row = list(range(len(text) + 1))
    for i, one in enumerate(alias, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(text, 1):
            before, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, before + (one != other)),
            )
    return row[-1] <= most


_EXPIRES: Final = re.compile(r"[,;-]?\s*(?:hsd|hd|hạn dùng|hạn|exp)\b.*", re.I | re.S)
_LOT_LIKE: Final = re.compile(r"(?=.*\d)[A-Za-z0-9-]{4,}")


class Lots:
    """Lot numbers: upper case, no blanks, O for 0 undone where digits surround it."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._read: dict[str, tuple[str, Odd]] = {}

    def read(self, text: str) -> tuple[str, Odd]:
        """Return the lot.

        Codes lot_letters (O read as 0, I as 1), lot_rounded, lot_several.
        """
        found = self._read.get(text)
        if found is None:
            found = self._find(text)
            if len(self._read) < 10_000:
                self._read[text] = found
        return found

    def product_of(self, lot: str) -> str | None:
        """Return the code of the product that the lot is of, None when not known."""
        return self._known.get(lot)

    def _find(self, text: str) -> tuple[str, Odd]:
        text = unicodedata.normalize("NFKC", text).strip(" '`\"")
        if re.fullmatch(r"\d[.,]\d+[eE]\+\d{1,2}", text):
            whole = _scientific(text)
            return (whole, ()) if whole else ("", ("lot_rounded",))
        text = _EXPIRES.sub("", _BRACKETS.sub(" ", text))
        several = [
            part for part in re.split(r"[/,;+&\n]|\s+và\s+", text) if part.strip()
        ]
        if len(several) > 1 and all(_LOT_LIKE.fullmatch(p.strip()) for p in several):
            return "", ("lot_several",)
        text = re.sub(
            r"^(?:số lô|so lo|lô|lo|lot)(?=[\s:.#])[\s:.#]*", "", text, flags=re.I
        )
        lot = re.sub(r"[\s\u200b-\u200f]+", "", text.upper()).strip(".,;:-")
        if lot in self._known or not lot:
            return lot, ()
        digits = re.sub(
            r"(?<=\d)O+(?=\d|$)|^O(?=\d)", lambda found: "0" * len(found[0]), lot
        )
        digits = re.sub(r"(?<=\d)[IL](?=\d)", "1", digits)
        for form in (digits, lot.replace("O", "0"), lot.replace("0", "O")):
            if form != lot and form in self._known:
                return form, ("lot_letters",)
        # Without knowing the lot only an O among digits alone is surely a zero.
        return (digits, ("lot_letters",)) if digits != lot else (lot, ())
