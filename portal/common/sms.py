"""What a text message is made of: its alphabet, its segments, its letters made plain.

Figures of 3GPP TS 23.038 and 23.040: 160 signs of the seven-bit alphabet in one
segment, 153 in each of several, some signs taking two places; with any other letter 70
and 67 units of UTF-16.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_PLAIN: Final = str.maketrans(
    {"đ": "d", "Đ": "D", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "…": "..."}
)


@dataclass(frozen=True)
class Size:
    """How long a text is: units (septets or UTF-16 units) and segments paid for."""

    is_gsm: bool
    units: int
    segments: int


def size(text: str) -> Size:
    """Return what a text takes on its way to a telephone."""
    if all(sign in _BASIC or sign in _EXTENDED for sign in text):
        widths = [2 if sign in _EXTENDED else 1 for sign in text]
        return _cut(widths, alone=160, joined=153, is_gsm=True)
    widths = [len(sign.encode("utf-16-le")) // 2 for sign in text]
    return _cut(widths, alone=70, joined=67, is_gsm=False)


def plain(text: str) -> str:
    """Return Vietnamese without marks, as every telephone shows it.

    What the seven-bit alphabet lacks besides becomes a question mark.
    """
    bare = unicodedata.normalize("NFD", text.translate(_PLAIN))
    letters = (c for c in bare if not unicodedata.combining(c))
    return "".join(c if c in _BASIC or c in _EXTENDED else "?" for c in letters)


def _cut(widths: list[int], *, alone: int, joined: int, is_gsm: bool) -> Size:
    units = sum(widths)
    if units <= alone:
        return Size(is_gsm, units, 1)
    segments, room = 1, joined
    for width in widths:
        # A sign of two places is never cut in half.
        if width > room:
            segments, room = segments + 1, joined
        room -= width
    return Size(is_gsm, units, segments)
