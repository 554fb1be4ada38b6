"""Codes of submissions: ten digits that can be read out over a telephone.

Nine digits are random, the tenth is a Damm check digit (H. Michael Damm, 2004): it
finds every single wrong digit and every swap of two neighbours.
"""

import re
import secrets
import unicodedata

LENGTH = 10

# The totally anti-symmetric quasigroup of order 10 from Damm's thesis.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
_CODE = re.compile(r"[1-9][0-9]{9}")
_AFTER_LINK = re.compile(r"^.*/(?:t|theo-doi)/", re.I)
# What people take a digit for, or type in its place.
_LOOKALIKES = str.maketrans("OoQDIilL|ZzSsBbGq", "00001111122558869")


def new_code() -> str:
    """Return a fresh code; it never starts with 0, which spreadsheets would eat."""
    body = str(secrets.randbelow(9 * 10**8) + 10**8)
    return body + check_digit(body)


def check_digit(digits: str) -> str:
    """Return the Damm digit that completes these digits."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def is_valid(code: str) -> bool:
    """Tell whether the cleaned text is a code that could have been given out."""
    return bool(_CODE.fullmatch(code)) and check_digit(code) == "0"


def clean(text: str) -> str:
    """Return the text without spaces, dots and hyphens, digits as plain digits."""
    return re.sub(r"[\s.\-\u2010-\u2015\u200b\u2060\ufeff]", "", _narrow(text))


def read(text: str) -> str:
    """Return the code in what somebody typed, spoke or pasted; 10 digits if it has so.

    An address of the status page, the number of a matter behind the code (``-1``) and
    letters that look like digits are understood.
    """
    plain = clean(_AFTER_LINK.sub("", _narrow(text).strip()))
    return plain.translate(_LOOKALIKES).strip("/")[:LENGTH]


def pretty(code: str) -> str:
    """Return the code in groups of 4, 4 and 2 digits."""
    return f"{code[:4]} {code[4:8]} {code[8:]}".strip()


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
