"""Vietnamese names: folded forms, keys, order and the letter-level difference.

Everything here is pure and works a word at a time; the words of a country's names
are few, so each is worked out once and then remembered.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

Difference = Literal["same", "tone", "accent", "different"]

# Letters that look like Đ and come out of foreign keyboards and old fonts.
LOOK_ALIKES = str.maketrans({0xD0: "Đ", 0x189: "Đ", 0xF0: "đ", 0x256: "đ"})
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))

# Vietnamese dictionaries and the CLDR collation `vi` order the tones so:
# level, huyền, hỏi, ngã, sắc, nặng.
TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
MARKS_OF_TONES = {digit: mark for mark, digit in TONES.items()}
LEVEL = "0"

# The commonest family names, folded (usual counts; registry/reference/name_shares.csv).
COMMONEST_FAMILIES = frozenset(
    ("nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang")
    + ("bui", "do", "ho", "ngo", "duong", "ly", "dinh", "truong")
)
FAMILIES = COMMONEST_FAMILIES | frozenset(
    ("trinh", "dao", "doan", "mai", "lam", "luong", "trieu", "thai", "cao", "chau")
    + ("ta", "ha", "to", "quach")
)
# With its accent such a word is nobody's name. Without, it may be a family name (Chu,
# Châu, Bạc, Cù), as may Ông; those count only before a family name, Chu and Châu never.
TITLES = frozenset(
    ("bà", "chị", "cô", "chú", "bác", "cụ", "bé", "cháu", "ô", "sư", "mr", "mrs", "ms")
    + ("em", "bs", "ths", "ts", "pgs", "gs", "ds", "ks", "ys", "đd", "dr")
)
TITLES_OF_FAMILIES = frozenset(
    ("ông", "ong", "ba", "anh", "chi", "co", "bac", "cu", "be")
)

# One Vietnamese syllable without its tone: onset, vowels, coda.
_SYLLABLE = re.compile(
    r"(?P<onset>qu|gi(?=[aăâeêioôơuưy])|ngh|ng|nh|gh|kh|ph|th|tr|ch"
    r"|[bcdđghklmnpqrstvxfjwz])?"
    r"(?P<vowels>[aăâeêioôơuưy]{1,3})"
    r"(?P<coda>ngh|ng|nh|ch|[cmnpt])?",
    re.IGNORECASE,
)

# A letter that follows its plain sister in the alphabet takes one or two tildes:
# the tilde is the last printable ASCII character, so "ab" < "az" < "a~" < "a~~" < "b".
_SORTED_LETTERS = str.maketrans(
    {"ă": "a~", "â": "a~~", "đ": "d~", "ê": "e~", "ô": "o~", "ơ": "o~~", "ư": "u~"}
)
# Between words stands "!", between levels of comparison " ", which is before it.
_WORD_GAP, _LEVEL_GAP = "!", " "

_LONGEST_REMEMBERED = 24
_REMEMBERED = 1 << 16


class SyllablePair(NamedTuple):
    """A recorded syllable beside the claimed one; "" where one side has none."""

    recorded: str
    claimed: str
    difference: Difference


def fold(text: str) -> str:
    """Return the text in small plain letters and digits, one space between words.

    For searching and for finding candidates only: Tùng and Tứng fold alike.
    """
    return " ".join(_each(text, _fold_word, _folded))


def tone_key(text: str) -> str:
    """Return a key that is equal for two spellings of the same name.

    Case, spacing, punctuation, the composition of letters and the place of the tone
    mark do not matter (Hòa = Hoà, Thúy = Thuý); the tone itself and ă â đ ê ô ơ ư do.
    """
    return " ".join(_each(text, _tone_word, _toned))


def spelt(key: str) -> str:
    """Return the word, in small letters, of which this is the tone key."""
    letters, tone = key[:-1].rstrip("."), key[-1:]
    return tidy(letters + MARKS_OF_TONES.get(tone, ""))


def tidy(text: str, *, strip_titles: bool = False) -> str:
    """Return the name as it should be stored: a spelling changes, never the name.

    Letters are composed (NFC), spaces collapsed, look-alikes of Đ and of the
    apostrophe replaced, invisible characters dropped, and the tone mark put where the
    official names of provinces have it (Khánh Hòa, not Khánh Hoà). Words that are not
    Vietnamese syllables keep their marks. The tone key stays what it was, unless
    titles are stripped: a leading "ông", "bà", "bé" goes (``begins_with_title``).
    """
    words = list(_each(text, _tidy_word, _tidied))
    while strip_titles and begins_with_title(words):
        del words[0]
    return " ".join(words)


def begins_with_title(words: Sequence[str]) -> bool:
    """Tell whether the first word of a tidy name is a title, with two words behind it.

    What may be a family name itself is one only before another, and before a rarer
    one only where more follows: Ông Lê Lợi is a title, Ông Cao Thắng a name.
    """
    if len(words) < 3:
        return False
    first = words[0].strip(".").lower()
    if all(part in TITLES for part in first.split(".")):
        return True
    if first not in TITLES_OF_FAMILIES:
        return False
    family = fold(words[1])
    return family in COMMONEST_FAMILIES or (family in FAMILIES and len(words) > 3)


def compose(text: str) -> str:
    """Return the name as it was typed, in composed letters with single spaces.

    Case and the places of tone marks stay; look-alikes of Đ and of the apostrophe and
    invisible characters go.
    """
    words = (_visible(word) for word in text.split())
    plain = " ".join(word for word in words if word)
    return unicodedata.normalize(
        "NFC", plain.translate(LOOK_ALIKES).translate(APOSTROPHES)
    )


def initials(full_name: str) -> str:
    """Return a name for a list that is paged through: the first word, then letters.

    A name of one word stays, as nothing would be left of it.
    """
    first, *others = compose(full_name).split() or [""]
    return " ".join([first, *(f"{word[0].upper()}." for word in others)])


def sort_key(text: str) -> str:
    """Return an ASCII string whose byte order is the order of the Vietnamese alphabet.

    Tones decide only between texts of the same letters, from the first word on.
    """
    words = tone_key(text).split()
    letters = _WORD_GAP.join(_sorted_letters(word.rstrip("012345")) for word in words)
    tones = "".join(word[len(word.rstrip("012345")) :] for word in words)
    return f"{letters}{_LEVEL_GAP}{tones}"


def person_sort_key(full_name: str) -> str:
    """Return the sort key of a person: the given name first, then the rest in order.

    The given name is the last word, as in Vietnamese lists of people.
    """
    *others, given = tidy(full_name).split() or [""]
    return f"{sort_key(given)}{_LEVEL_GAP}{sort_key(' '.join(others))}"


def compare(recorded: str, claimed: str) -> list[SyllablePair]:
    """Align two names by syllable and say how each pair differs.

    "same" ignores case and the place of the tone mark, "tone" is another tone on the
    same letters, "accent" the same letters without any mark.
    """
    left, right = tidy(recorded).split(), tidy(claimed).split()
    costs = _alignment_costs(left, right)
    pairs: list[SyllablePair] = []
    i, j = len(left), len(right)
    while i or j:
        here = costs[i][j]
        if i and j and here == costs[i - 1][j - 1] + _cost(left[i - 1], right[j - 1]):
            i, j = i - 1, j - 1
            pairs.append(SyllablePair(left[i], right[j], difference(left[i], right[j])))
        elif i and here == costs[i - 1][j] + _GAP:
            i -= 1
            pairs.append(SyllablePair(left[i], "", "different"))
        else:
            j -= 1
            pairs.append(SyllablePair("", right[j], "different"))
    return pairs[::-1]


def difference(recorded: str, claimed: str) -> Difference:
    """Return how two syllables differ."""
    one, other = tone_key(recorded), tone_key(claimed)
    if one == other:
        return "same"
    if _without_tones(one) == _without_tones(other):
        return "tone"
    return "accent" if fold(recorded) == fold(claimed) else "different"


def _each(
    text: str, compute: Callable[[str], str], remembered: Callable[[str], str]
) -> Iterable[str]:
    """Yield the result for each word that leaves one; long words are not remembered."""
    return filter(
        None,
        [
            remembered(word) if len(word) <= _LONGEST_REMEMBERED else compute(word)
            for word in text.split()
        ],
    )


def _visible(text: str) -> str:
    """Drop what cannot be seen: zero-width, direction marks, control characters."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc"))


def _fold_word(word: str) -> str:
    plain = _visible(word).translate(LOOK_ALIKES)
    # Twice, because making small letters can give marks again (İ).
    for _ in range(2):
        plain = unicodedata.normalize("NFKD", plain).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = plain.translate(LOOK_ALIKES).replace("đ", "d").replace("Đ", "d")
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def _tone_word(word: str) -> str:
    text = _visible(word).translate(LOOK_ALIKES)
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    pieces = "".join(
        c if c.isalnum() or unicodedata.combining(c) else " " for c in text
    )
    keys = []
    for piece in pieces.split():
        letters = "".join(c for c in piece if c not in TONES)
        tones = "".join(TONES[c] for c in piece if c in TONES)
        letters = unicodedata.normalize("NFC", letters)
        if letters:
            keys.append(letters + _mark(letters, tones or LEVEL))
    return " ".join(keys)


def _mark(letters: str, tones: str) -> str:
    # A number ("Phường 5") has no tone; a point keeps digits and tone apart.
    return f".{tones}" if letters[-1].isdigit() else tones


def _without_tones(key: str) -> str:
    return " ".join(word.rstrip("012345") for word in key.split())


def _tidy_word(word: str) -> str:
    text = _visible(word).translate(LOOK_ALIKES).translate(APOSTROPHES)
    decomposed = unicodedata.normalize("NFD", text)
    tones = [c for c in decomposed if c in TONES]
    plain = unicodedata.normalize(
        "NFC", "".join(c for c in decomposed if c not in TONES)
    )
    syllable = _SYLLABLE.fullmatch(plain)
    if len(tones) != 1 or not syllable:
        return unicodedata.normalize("NFC", text)
    at = syllable.start("vowels") + _toned_vowel(
        syllable["vowels"].lower(), closed=bool(syllable["coda"])
    )
    marked = plain[: at + 1] + tones[0] + plain[at + 1 :]
    return unicodedata.normalize("NFC", marked)


def _toned_vowel(vowels: str, *, closed: bool) -> int:
    """Return which vowel bears the tone in the old style (Hòa, Thúy)."""
    with_accent = [n for n, vowel in enumerate(vowels) if vowel in "ăâêôơư"]
    if with_accent:
        return with_accent[-1]
    if closed:
        return len(vowels) - 1
    return 1 if len(vowels) == 3 else 0


def _sorted_letters(word: str) -> str:
    letters = word.rstrip(".").translate(_SORTED_LETTERS)
    if letters.isascii():
        return letters
    plain = unicodedata.normalize("NFD", letters)
    return "".join(
        c if c.isascii() else f"z~~{ord(c):06x}"
        for c in plain
        if not unicodedata.combining(c)
    )


# What a pairing costs: another syllable costs as much as leaving both out, a near one
# less, so that a missing middle name does not shift the others.
_GAP = 6
_COSTS: dict[Difference, int] = {"same": 0, "tone": 2, "accent": 4, "different": 12}
_NEAR = 8


def _cost(recorded: str, claimed: str) -> int:
    kind = difference(recorded, claimed)
    if kind == "different" and _one_letter_apart(fold(recorded), fold(claimed)):
        return _NEAR
    return _COSTS[kind]


def _alignment_costs(left: list[str], right: list[str]) -> list[list[int]]:
    costs = [
        [_GAP * (i + j) for j in range(len(right) + 1)] for i in range(len(left) + 1)
    ]
    for i, recorded in enumerate(left, 1):
        for j, claimed in enumerate(right, 1):
            costs[i][j] = min(
                costs[i - 1][j - 1] + _cost(recorded, claimed),
                costs[i - 1][j] + _GAP,
                costs[i][j - 1] + _GAP,
            )
    return costs


def _one_letter_apart(one: str, other: str) -> bool:
    """Tell whether one letter was added, dropped or replaced."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    return one[start + (len(one) == len(other)) :] == other[start + 1 :]


_folded = lru_cache(_REMEMBERED)(_fold_word)
_toned = lru_cache(_REMEMBERED)(_tone_word)
_tidied = lru_cache(_REMEMBERED)(_tidy_word)
