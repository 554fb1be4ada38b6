"""What the headings of lists mean, by the table of words ``headings.csv``.

The table is read from the top and the first line whose words fit the folded heading
whole decides. A line without a role names what lists tell and nobody asks for, such as
the day an identity card was issued.
"""

import csv
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from portal.common import names

# Roles beside the values of ``rows.Values``: parts that are put together, columns that
# only tell something else, and marks ("x" under Nam, Mũi 1 or AstraZeneca).
PARTS: Final = (
    *("ordinal", "family_name", "given_name", "sex_male", "sex_female"),
    *("born_male", "born_female", "born_day", "born_month", "born_year"),
    *("id_old", "id_new", "dose", "product_mark", "address", "site", "note", "time"),
    *("postponed", "agreed", "done", "other_name", "complaint"),
)
VALUES: Final = (
    *("full_name", "sex", "born_on", "id_number", "phones", "given_on", "product"),
    *("lot", "dose_number"),
)
ROLES: Final = frozenset((*VALUES, *PARTS))


class Meaning(NamedTuple):
    """A role with how sure it is (0 to 1); `group` is N under a heading "Mũi N"."""

    role: str
    confidence: float
    group: int = 0


NONE: Final = Meaning("", 0.0)
# Known, and nobody asks for it.
NOBODYS: Final = Meaning("", 1.0)

# Short forms of the table: the many spellings of a vaccine and of an identity paper.
_SHORT: Final = {
    "VACCINE": r"(?:vac xin|vacxin|vaccine?|vac cin|vx|thuoc)",
    "PAPER": (
        r"(?:cmnd|cmtnd|cmt|cccd|can cuoc|chung minh|dinh danh|ddcn|ho chieu|passport"
        r"|giay to)"
    ),
}
_DOSE_GROUP: Final = re.compile(
    r"(?:mui|lan|lieu|dose)(?: (?:tiem|thu|so))? ?(\d|i{1,3}|iv|nhat|hai|ba)\b"
    r"|\bm(\d)\b"
)
_NUMBERS: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "nhat": 1, "hai": 2, "ba": 3}
_YEAR: Final = re.compile(r"\bnăm\b", re.IGNORECASE)
_LONGEST: Final = 90
_INSIDE: Final = re.compile(r"\(([^)]*)\)")
# Whose a heading in brackets or above others says the cells are: not the person's own.
_OF_CARER: Final = re.compile(
    r"(?:thong tin |phan |ve |cua )*(?:(?:nguoi )?(?:me|cha|bo|cha me|bo me|me cha"
    r"|giam ho)|phu huynh|nguoi (?:nha|than|cham soc))(?: (?:tre|be|chau|hoc sinh|em))?"
)
# "0: Nam, 1: Nữ", "Nam = 1; Nữ = 0", "nam ghi 1, nữ ghi 2".
_SEX_CODES: Final = (
    re.compile(r"\b(?P<code>[a-z]|\d)\s*(?:[:=.)\-–]|la)\s*(?P<sex>nam|nu)\b"),
    re.compile(r"\b(?P<sex>nam|nu)\s*(?:[:=\-–]|la|ghi)\s*(?P<code>[a-z]|\d)\b"),
)
_FORMAT: Final = re.compile(
    r"\b(?:(?P<mdy>mm?|thang)\s*[/.\-]\s*(?:dd?|ngay)"
    r"|(?P<dmy>dd?|ngay)\s*[/.\-]\s*(?:mm?|thang))\s*[/.\-]\s*(?:y{1,4}|nam)\b"
)


def _table() -> tuple[tuple[str, float, re.Pattern[str]], ...]:
    """Read the table of headings; a role that is none of ours stops the start."""
    path = Path(__file__).with_name("headings.csv")
    rows = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words = row["words"]
            for short, long in _SHORT.items():
                words = words.replace(short, long)
            if row["role"] not in ROLES | {""}:
                raise ValueError(f"headings.csv: {row['role']}")
            rows.append((row["role"], float(row["confidence"]), re.compile(words)))
    return tuple(rows)


_TABLE: Final = _table()


@lru_cache(1 << 12)
def of(heading: str) -> Meaning:
    """Return what one heading means by its words alone."""
    if not heading or len(heading) > _LONGEST:
        return NONE
    folded = _folded(heading)
    if not folded:
        return NONE
    if any(_is_of_carer(inside) for inside in _INSIDE.findall(heading)):
        return NOBODYS
    grouped = _DOSE_GROUP.search(folded)
    if grouped:
        number = grouped[1] or grouped[2]
        group = int(number) if number.isdigit() else _NUMBERS[number]
        bare = " ".join(_DOSE_GROUP.sub(" ", folded).split())
        inner = _plain(bare.removesuffix(" cua"))
        if inner.role in ("given_on", "product", "lot", "site"):
            return Meaning(inner.role, inner.confidence * 0.95, group)
        if not bare or bare in ("ngay", "tiem", "ngay tiem", "vac xin", "da tiem"):
            return Meaning("given_on" if "ngay" in bare else "dose", 0.9, group)
    return _plain(folded)


@lru_cache(1 << 12)
def within(heading: str, parent: str) -> Meaning:
    """Return what a heading means below another: "Nữ" below "Ngày sinh"."""
    if not parent:
        return of(heading)
    if _is_of_carer(parent):
        return NOBODYS
    above, folded = of(parent), _folded(heading)
    male, female = folded == "nam" and not _YEAR.search(heading), folded == "nu"
    if above.role == "born_on":
        if male or female:
            return Meaning("born_male" if male else "born_female", 1.0)
        part = {"ngay": "born_day", "thang": "born_month", "nam": "born_year"}
        if folded in part:
            return Meaning(part[folded], 0.95)
    if above.role == "sex" and (male or female):
        return Meaning("sex_male" if male else "sex_female", 1.0)
    if above.role == "full_name":
        part = {"ho": "family_name", "ten": "given_name"}
        inner = of(heading)
        if inner.role in ("family_name", "given_name"):
            return inner
        if folded in part:
            return Meaning(part[folded], 0.95)
    if above.role == "dose" and above.group:
        if folded == "ngay":
            return Meaning("given_on", 0.95, above.group)
        inner = of(heading)
        return Meaning(inner.role, inner.confidence, above.group)
    if above.role == "id_number" and folded in ("so", "so the"):
        return above
    if above.role == "id_number" and folded in ("ngay", "noi"):
        return NONE
    if above.role == "dose_number" and folded in ("1", "2", "3", "i", "ii", "iii"):
        number = int(folded) if folded.isdigit() else _NUMBERS[folded]
        return Meaning("dose", 0.95, number)
    inner = of(heading)
    if inner.role or inner.confidence:
        return inner
    whole = of(f"{parent} {heading}")
    return Meaning(whole.role, whole.confidence * 0.9, whole.group)


def key_of(heading: str, parent: str = "") -> str:
    """Return the form under which a site saves what a heading means."""
    return " ".join(filter(None, (_folded(parent), _folded(heading))))


@lru_cache(1 << 12)
def is_known(heading: str) -> bool:
    """Tell whether the words are those of a heading at all."""
    meaning = of(heading)
    return bool(meaning.role) or meaning.confidence > 0


@lru_cache(1 << 10)
def is_part(heading: str) -> bool:
    """Tell whether the words stand in the second line of a header: Nam, Mũi 1, Ngày."""
    return _folded(heading) in (
        *("nam", "nu", "ngay", "thang", "ho", "ten", "so", "noi", "1", "2", "3", "i"),
        *("ii", "iii", "lan 1", "lan 2", "ho dem", "ho lot", "dd", "mm", "yyyy"),
    ) or bool(is_known(heading) or day_order(heading) or sex_codes(heading))


@lru_cache(1 << 10)
def sex_codes(heading: str) -> tuple[tuple[str, str], ...]:
    """Return what a heading says that its cells stand for: (("0", "M"), ("1", "F")).

    () where it does not name a sign for each sex.
    """
    text = _lowered(heading)
    for pattern in _SEX_CODES:
        said = {
            found["code"]: "M" if found["sex"] == "nam" else "F"
            for found in pattern.finditer(text)
        }
        if set(said.values()) == {"M", "F"}:
            return tuple(sorted(said.items()))
    return ()


@lru_cache(1 << 10)
def day_order(heading: str) -> Literal["dmy", "mdy"] | None:
    """Return how a heading says that days are written, "(mm/dd/yyyy)"; None if not."""
    found = _FORMAT.search(_lowered(heading))
    if found is None:
        return None
    return "mdy" if found["mdy"] else "dmy"


def _lowered(text: str) -> str:
    """Return small letters without marks; signs between them stay."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(c for c in plain if not unicodedata.combining(c))


def _is_of_carer(text: str) -> bool:
    return _OF_CARER.fullmatch(names.fold(text)) is not None


def _plain(folded: str) -> Meaning:
    for role, confidence, pattern in _TABLE:
        if pattern.fullmatch(folded):
            return Meaning(role, confidence)
    return NONE


def _folded(heading: str) -> str:
    """Fold a heading, without what it explains in brackets unless that is all."""
    bare = re.sub(r"\([^)]*\)", " ", heading)
    return names.fold(bare) or names.fold(heading)
