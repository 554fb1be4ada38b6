"""Identity numbers: what kind a text is, what its digits say, which zeros it lost.

The 12 digits of a personal number (Circular 59/2021/TT-BCA, article 4) are three for
the place of birth registration, one for century and sex, two for the year of birth and
six random ones. There is no check digit. A number that contradicts birth year or sex
is no proof of an error: such numbers were issued. So nothing here refuses a person.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["pin12", "cmnd9", "passport", "other"]
Problem = Literal["empty", "rounded", "length", "letters", "structure", "dummy"]

_PROVINCES: Final = frozenset(
    f"{code:03}"
    for code in (
        *(1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31),
        *(33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60),
        *(62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91),
        *(92, 93, 94, 95, 96),
    )
)
# People born abroad bear the code of the country; the list is not shipped, only its
# range (annex of the same circular).
_COUNTRIES: Final = range(101, 400)

# The card of nine digits went to people of 14 and older and ended in early 2021.
_LAST_YEAR_WITH_CMND9: Final = 2007

_SCIENTIFIC: Final = re.compile(r"([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})")
_PASSPORT: Final = re.compile(r"(?=(?:.*[0-9]){5})[A-Z]{1,2}[0-9A-Z]{5,9}")
_BLANKS: Final = re.compile(
    r"[\s.'`\-\u2010-\u2015\u2019\u200b-\u200f\u202a-\u202e\ufeff]"
)


@dataclass(frozen=True)
class Number:
    """An identity number as read: its kind, its stored form, what is odd about it."""

    kind: Kind
    canonical: str
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Structure:
    """What the digits of a personal number say; `century` 20 holds 1900 to 1999."""

    province_code: str
    sex: Literal["M", "F"]
    century: int
    birth_year: int


def read(text: str) -> Number:
    """Tell what kind of number a text is; nothing is repaired, problems are named."""
    whole = _whole(unicodedata.normalize("NFKC", text).strip())
    if whole is None:
        return Number("other", "", ["rounded"])
    canonical = _BLANKS.sub("", whole).upper()
    if not canonical:
        return Number("other", "", ["empty"])
    if not _is_digits(canonical):
        if _PASSPORT.fullmatch(canonical):
            return Number("passport", canonical)
        return Number("other", canonical, ["letters"])
    problems: list[Problem] = ["dummy"] if _is_dummy(canonical) else []
    if len(canonical) == 12:
        if structure(canonical) is None:
            problems.append("structure")
        return Number("pin12", canonical, problems)
    if len(canonical) == 9:
        return Number("cmnd9", canonical, problems)
    return Number("other", canonical, ["length", *problems])


def structure(pin12: str) -> Structure | None:
    """Return what a personal number says; None when it cannot be one.

    Only births of 1900 to 2099 are taken: the later centuries have no people yet.
    """
    if len(pin12) != 12 or not _is_digits(pin12):
        return None
    place, century_and_sex = pin12[:3], int(pin12[3])
    if place not in _PROVINCES and int(place) not in _COUNTRIES:
        return None
    if century_and_sex > 3:
        return None
    century = 20 + century_and_sex // 2
    return Structure(
        province_code=place,
        sex="F" if century_and_sex % 2 else "M",
        century=century,
        birth_year=(century - 1) * 100 + int(pin12[4:6]),
    )


def restore_zeros(
    text: str, *, born_year: int | None, sex: Literal["M", "F"] | str | None
) -> str | None:
    """Return the number with the zeros that a spreadsheet ate; None when in doubt.

    Eleven digits become twelve, ten too (the codes 001 to 008), eight become an old
    card's nine. The result must be well formed and agree with the birth year and the
    sex, as far as these are given. Digits lost to scientific notation never come back.
    """
    digits = read(text).canonical
    # A spreadsheet eats all leading zeros, so one that is left says otherwise.
    if not _is_digits(digits) or digits.startswith("0") or _is_dummy(digits):
        return None
    if len(digits) == 8:
        too_young = born_year is not None and born_year > _LAST_YEAR_WITH_CMND9
        return None if too_young else digits.zfill(9)
    if len(digits) not in (10, 11):
        return None
    restored = digits.zfill(12)
    said = structure(restored)
    if said is None:
        return None
    if born_year is not None and said.birth_year != born_year:
        return None
    if sex and said.sex != sex:
        return None
    return restored


def mask(number: str) -> str:
    """Return a number that its owner knows again: the first and last three stay."""
    if len(number) < 8:
        return "•" * len(number)
    return number[:3] + "•" * (len(number) - 6) + number[-3:]


def _whole(text: str) -> str | None:
    """Return the text with a spreadsheet's number form undone; None if digits lack."""
    text = re.sub(r"^([0-9]+)[.,]0$", r"\1", text)
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific is None:
        return text
    digits = scientific[1] + (scientific[2] or "")
    return digits if len(digits) == int(scientific[3]) + 1 else None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_dummy(digits: str) -> bool:
    """Tell whether somebody only filled the box: 000000000, 123456789."""
    rising = "01234567890123456789"
    return len(set(digits)) == 1 or (len(digits) > 7 and digits in rising)
