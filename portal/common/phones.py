"""Vietnamese mobile numbers: one stored form (E.164), many typed ones."""

import re
import unicodedata
from typing import Final

# In September 2018 numbers of 11 digits lost one: the old network code and the new
# (decision 798/QĐ-BTTTT of the Ministry of Information and Communications, 2018).
_CONVERTED: Final = {
    "120": "70",
    "121": "79",
    "122": "77",
    "126": "76",
    "128": "78",
    "123": "83",
    "124": "84",
    "125": "85",
    "127": "81",
    "129": "82",
    "186": "56",
    "188": "58",
    "199": "59",
} | {f"16{n}": f"3{n}" for n in range(2, 10)}

_MOBILE: Final = re.compile(r"[35789][0-9]{8}")
_HARD_BREAK: Final = re.compile(r"[/,;|\n]|\bhoặc\b|\bvà\b|\bor\b", re.IGNORECASE)
_ROUNDED: Final = re.compile(r"[0-9][.,]?[0-9]*e\+?[0-9]+", re.IGNORECASE)
_LONGEST: Final = 200


class NotAPhone(ValueError):
    """The text is no Vietnamese mobile number.

    `reason` is one of "empty", "rounded" (a spreadsheet lost digits), "letters",
    "short", "long", "not_mobile".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def normalise(text: str) -> str:
    """Return a typed mobile number as "+84" and nine digits. Raises NotAPhone.

    Accepts 0…, 84…, +84…, 0084…, nine digits without the 0, and the numbers of 11
    digits from before September 2018.
    """
    text = unicodedata.normalize("NFKC", text).strip().lstrip("'")
    if _ROUNDED.fullmatch(text):
        raise NotAPhone("rounded")
    # A spreadsheet that took the number for an amount.
    text = re.sub(r"^([0-9]{9,11})\.0$", r"\1", text)
    digits = re.sub(r"[\s.()\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\ufeff]", "", text)
    if not digits:
        raise NotAPhone("empty")
    if not re.fullmatch(r"\+?[0-9]+", digits):
        raise NotAPhone("letters")
    local = _without_prefix(digits)
    if len(local) == 10 and local[:3] in _CONVERTED:
        local = _CONVERTED[local[:3]] + local[3:]
    if len(local) < 9:
        raise NotAPhone("short")
    if len(local) > 10:
        raise NotAPhone("long")
    if not _MOBILE.fullmatch(local):
        raise NotAPhone("not_mobile")
    return f"+84{local}"


def all_in(text: str) -> list[str]:
    """Return every mobile number of a cell, in order, each once.

    Cells often hold two numbers, parted by / , ; - or only by a space. What is no
    number is left out.
    """
    found: dict[str, None] = {}
    for part in _HARD_BREAK.split(text[:_LONGEST]):
        pieces = re.split(r"[\s\-\u2010-\u2015]+", part.strip())
        while pieces:
            taken = _longest_number(pieces)
            if taken:
                found[normalise(" ".join(pieces[:taken]))] = None
            del pieces[: taken or 1]
    return list(found)


def pretty(phone: str) -> str:
    """Return a stored number as people write it: 0791 123 345."""
    local = _national(phone)
    return f"{local[:4]} {local[4:7]} {local[7:]}"


def mask(phone: str) -> str:
    """Return a stored number that its owner knows and a stranger cannot call.

    None stays none: ''.
    """
    if not phone:
        return ""
    local = _national(phone)
    return f"{local[:4]} ••• {local[-3:]}"


def mask_end(phone: str) -> str:
    """Return a number by its beginning alone, for pages that also show a code.

    Its last four digits open the status page together with the code. None stays none.
    """
    return f"{_national(phone)[:4]} ••• •••" if phone else ""


def last4(phone: str) -> str:
    """Return the last four digits, which open a status page together with a code."""
    return phone[-4:]


def _national(phone: str) -> str:
    return "0" + phone.removeprefix("+84")


def _without_prefix(digits: str) -> str:
    """Return the digits after the country code and the trunk 0."""
    plus = digits.startswith("+")
    digits = digits.lstrip("+")
    if digits.startswith("0084"):
        digits = digits[4:]
    # Nine digits that start with 84 are a number without its 0, not a country code.
    elif plus or len(digits) > 10:
        if plus and not digits.startswith("84"):
            raise NotAPhone("not_mobile")
        digits = digits.removeprefix("84")
    return digits.removeprefix("0")


def _longest_number(pieces: list[str]) -> int:
    """Return how many of the first pieces make one number; 0 means none."""
    for count in range(min(len(pieces), 6), 0, -1):
        try:
            normalise(" ".join(pieces[:count]))
        except NotAPhone:
            continue
        return count
    return 0
