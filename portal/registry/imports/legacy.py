"""Letters of the fonts from before Unicode: TCVN3 (.VnTime) and VNI (VNI-Times).

Both put Vietnamese letters where Western code pages have others, so that a list of
then reads "NguyÔn V¨n" or "Nguyeãn Vaên". Which of them it is shows by what its words
become: Vietnamese syllables by one reading, nonsense by the others.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from portal.common import names

Encoding = Literal["tcvn3", "vni"]

# Bytes from A1 on, in order, by TCVN 5712:1993 (VN3). Letters with tones are small
# ones only; a font of capitals (.VnTimeH) shows them large.
_TCVN3_RUNS: Final = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_TCVN3: Final[Mapping[int, str]] = MappingProxyType(
    {
        start + n: letter
        for start, run in _TCVN3_RUNS.items()
        for n, letter in enumerate(run)
    }
)
# VNI writes the letter, then its marks as one Western letter: those of the tones alone,
# with a circumflex, with a breve. Horned letters are Western ones themselves.
_TONE_MARKS: Final = "ùøûõï"
_ROOF_MARKS: Final = "âáàåãä"
_BREVE_MARKS: Final = "êéèúüë"
_VNI: Final[dict[str, str]] = {
    **{
        base + mark: letter
        for base, row in (
            ("a", "áàảãạ"),
            ("e", "éèẻẽẹ"),
            ("o", "óòỏõọ"),
            ("u", "úùủũụ"),
            ("y", "ýỳỷỹ"),
            ("ô", "ớờởỡợ"),
            ("ö", "ứừửữự"),
        )
        for mark, letter in zip(_TONE_MARKS, row, strict=False)
    },
    **{
        base + mark: letter
        for base, row in (("a", "âấầẩẫậ"), ("e", "êếềểễệ"), ("o", "ôốồổỗộ"))
        for mark, letter in zip(_ROOF_MARKS, row, strict=True)
    },
    **dict(
        zip((f"a{mark}" for mark in _BREVE_MARKS), "ăắằẳẵặ", strict=True),
    ),
    **dict(zip("íìæóòîôöñ", "íìỉĩịỵơưđ", strict=True)),
}
_VNI_ALL: Final = {
    **_VNI,
    **{pair.upper(): letter.upper() for pair, letter in _VNI.items()},
    # Typed with the capital locked off for the mark.
    **{
        pair[0].upper() + pair[1:]: letter.upper()
        for pair, letter in _VNI.items()
        if len(pair) > 1
    },
}
_VNI_PIECES: Final = re.compile(
    "|".join(sorted(map(re.escape, _VNI_ALL), key=len, reverse=True))
)

# Words before conversion: letters of both fonts are signs in Western code pages.
_OLD_WORD: Final = re.compile(r"[A-Za-z\u00a1-\u00ff]+")
_SYLLABLE: Final = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
    r"(?:oai|oay|oeo|uây|uôi|uya|uyê|uyu|ươi|ươu|iêu|yêu|uao"
    r"|ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|oa|oă|oe|oi|oo|ôi|ơi|ua|uâ|uê|ui|uô|uơ|uy"
    r"|ưa|ưi|ươ|ưu|yê|[aăâeêioôơuưy])"
    r"(?:ng|nh|ch|[cmnpt])?"
)
_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
# So many different words have to speak before a list is read by them.
_ENOUGH: Final = 3
_CLEAR, _DOUBTFUL = 0.9, 0.6


def convert(text: str, encoding: Encoding) -> str:
    """Return a text of an old font in composed Unicode letters.

    ``text`` holds its bytes as Windows-1252 or Latin-1 shows them. What is no letter
    of the font stays. Words of a font of capitals become capitals.
    """
    if text.isascii():
        return text
    if encoding == "vni":
        return _VNI_PIECES.sub(lambda found: _VNI_ALL[found[0]], text)
    read = text.translate(_TCVN3)
    return read.upper() if _is_of_capitals(text) else read


def detect(texts: Iterable[str]) -> Encoding | None | Literal["unclear"]:
    """Return which old font texts are written in: None for neither, or "unclear".

    Unclear: they are not Vietnamese as they stand, show signs of an old font, and no
    reading makes Vietnamese of nearly all words.
    """
    words = {word for text in texts for word in _old_words(text)}
    if len(words) < _ENOUGH:
        return "unclear" if any(map(_is_strange, words)) else None
    as_is = _share(words)
    found = {
        "tcvn3": _share(convert(word, "tcvn3") for word in words),
        "vni": _share(convert(word, "vni") for word in words),
    }
    best = max(found, key=lambda name: found[name])
    others = [as_is, *(share for name, share in found.items() if name != best)]
    if found[best] >= _CLEAR and max(others) <= _DOUBTFUL:
        return "tcvn3" if best == "tcvn3" else "vni"
    strange = sum(map(_is_strange, words))
    return "unclear" if as_is < _DOUBTFUL and strange * 5 >= len(words) else None


def _old_words(text: str) -> list[str]:
    """Return the words that hold more than ASCII, and nothing beyond Latin-1."""
    if text.isascii():
        return []
    return [
        word for word in _OLD_WORD.findall(text) if not word.isascii() and len(word) > 1
    ]


def _is_strange(word: str) -> bool:
    """Tell whether a word holds signs that no language has inside its words."""
    return any(c in "\u00a1¢£¤¥¦§¨©«¬\u00ad®¶¸¹»¼½¾" for c in word)


def _share(words: Iterable[str]) -> float:
    """Return which share of the words are Vietnamese syllables."""
    told = [is_syllable(word) for word in words]
    return sum(told) / len(told) if told else 0.0


def is_syllable(word: str) -> bool:
    """Tell whether a word could be one Vietnamese syllable, by its letters and tone."""
    letters = unicodedata.normalize("NFD", word.lower().translate(names.LOOK_ALIKES))
    tones = [c for c in letters if c in _TONES]
    bare = unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES))
    return len(tones) <= 1 and _SYLLABLE.fullmatch(bare) is not None


def _is_of_capitals(text: str) -> bool:
    """Tell whether a TCVN3 text was shown in a font of capitals.

    Its plain letters are capitals all, and some word has two of them: "Hµ" is Hà.
    """
    plain = [c for c in text if c.isascii() and c.isalpha()]
    return all(c.isupper() for c in plain) and any(
        sum(c.isascii() and c.isupper() for c in word) > 1
        for word in _OLD_WORD.findall(text)
    )
