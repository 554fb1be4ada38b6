"""Names of people as lists write them: capitals, titles, brackets, abbreviations."""

import re
from typing import Final

from portal.common import names

_BRACKETS: Final = re.compile(r"[(\[{].*?(?:[)\]}]|$)")
_NUMBERING: Final = re.compile(r"^\s*(?:\d+\s*[.)/-]+|[-*•+]+)\s*")
_OF_MOTHER: Final = re.compile(
    r"^(?:con|cb|bé)\s+(?:của\s+)?(?:bà|chị|ông|anh)\b", re.I
)
# Words of two that begins_with_title does not know, before a given name alone too.
_OFFICES: Final = re.compile(
    r"^(?:cô giáo|thầy giáo|thầy|bác sĩ|bác sỹ|y sĩ|y sỹ|y tá|điều dưỡng|giáo viên"
    r"|dược sĩ|dược sỹ|nữ hộ sinh)\s+(?=\S)",
    re.I,
)
# Blanks that somebody wrote as points, dashes or lines.
_POINT: Final = re.compile(r"(?P<before>[^\W\d_]+)\.(?=[^\W\d_])")
_JOINED: Final = re.compile(r"[^\W\d_]+(?:[-\u2013_][^\W\d_]+){2,}")
_DASHED: Final = re.compile(
    r"(?:\s+[-\u2013]\s*|\s*[-\u2013]\s+|[-\u2013](?=[^-\u2013]*\d))(?P<rest>\S.*)$"
)
_AND: Final = re.compile(r"\s*[+&]\s*|\s+và\s+")
_APART: Final = re.compile(r"[,;/\n]")
_DEGREES: Final = re.compile(r"^(?:(?:bs|ths|ts|pgs|gs|ds|ks|ys|đd|dr)\.\s*)+", re.I)
# What follows a comma and is no given name: whose child it is, and where they live.
_NOT_GIVEN: Final = frozenset(
    ("con", "me", "bo", "ba", "ong", "vo", "chong", "chau", "em", "chi", "anh", "co")
    + ("to", "kp", "ap", "khu", "thon", "xom", "xa", "phuong", "quan", "huyen", "tinh")
    + ("tp", "so", "nha", "duong", "cong", "truong", "lop", "giao", "bac", "y")
)
_MOST_GIVEN: Final = 3
_ABBREVIATED: Final = frozenset(("ng", "nguy", "ngx", "tr", "ph", "hg", "huy"))
_PLAIN: Final = re.compile(r"[A-Za-z' .-]+")


def read(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the name as it should be stored, and codes of what was odd.

    Letters are composed, blanks collapsed, capitals made small, titles and what stands
    in brackets or after a comma dropped. Abbreviations stay as they are: what they
    stand for is not known. "SMITH, John" is one name, the family's first. Codes:
    name_note, name_comma, name_title, name_digits, name_abbreviated, name_unaccented,
    name_single, name_of_carer, two_people (the name is the first one's).
    """
    odd: list[str] = []
    text = _NUMBERING.sub("", text)
    bare = _BRACKETS.sub(" ", text) if "(" in text or "[" in text else text
    is_noted = bare != text
    if " và " in bare or not bare.replace(" ", "").isalpha():
        if first := _first_of_two(bare):
            odd.append("two_people")
            bare = first
        spaced = _with_blanks(bare)
        bare = _without_place(spaced)
        is_noted = is_noted or bare != spaced
    family, comma, given = bare.partition(",")
    is_name = bool(comma) and _is_given(family, given)
    bare = f"{_small(family)} {_small(given)}" if is_name else family
    if is_name:
        odd.append("name_comma")
    elif is_noted or comma:
        odd.append("name_note")
    without = _OFFICES.sub("", _DEGREES.sub("", bare.lstrip()))
    has_degree, bare = without != bare.lstrip(), without
    name = names.tidy(bare).strip(' .,;:-_*"\u201c\u201d')
    if not name:
        return "", tuple(odd)
    if name.isupper() or name.islower():
        name = name.title()
    if _OF_MOTHER.match(name):
        return name, (*odd, "name_of_carer")
    words = name.split()
    if has_degree or names.begins_with_title(words):
        while names.begins_with_title(words):
            del words[0]
        odd.append("name_title")
        name = " ".join(words)
    if any(c.isdigit() for c in name):
        odd.append("name_digits")
    if len(words) == 1:
        odd.append("name_single")
    elif any(_is_abbreviated(word, first=not n) for n, word in enumerate(words)):
        odd.append("name_abbreviated")
    if len(words) > 1 and _PLAIN.fullmatch(name):
        odd.append("name_unaccented")
    return name, tuple(odd)


def _is_given(family: str, given: str) -> bool:
    """Tell whether a comma parts a family name from given names: "SMITH, John"."""
    words = given.split()
    if len(family.split()) != 1 or not 0 < len(words) <= _MOST_GIVEN:
        return False
    spelled = all(
        word[0].isupper() and re.sub(r"['’.-]", "", word).isalpha()
        for word in [family.strip(), *words]
    )
    return spelled and names.fold(words[0]) not in _NOT_GIVEN


def _first_of_two(text: str) -> str:
    """Return the first name of a cell that holds two; "" where it holds one.

    Two stand there where something joins them, or where what follows a comma or a line
    break is a whole name: more than "Hà My", which may be the rest of the one above.
    """
    parts = _AND.split(text)
    if len(parts) > 1 and all(part.strip() for part in parts[:2]):
        return parts[0]
    first, *others = _APART.split(text)
    words = len(first.split())
    for other in others:
        known = names.tidy(other, strip_titles=True).split()
        if (
            words > 1
            and len(known) > 1
            and words + len(known) > 4
            and all(word.isalpha() and word[0].isupper() for word in known)
            and names.fold(known[0]) in names.FAMILIES
            and names.fold(other.split()[0]) not in _NOT_GIVEN
        ):
            return first
    return ""


def _with_blanks(text: str) -> str:
    """Return a name with blanks for points and dashes: "Ng.Văn.An", "Lê-Văn-Tám"."""
    if _JOINED.fullmatch(text.strip()):
        parted = re.sub(r"[-\u2013_]", " ", text)
        if names.fold(parted.split()[0]) in names.FAMILIES:
            return parted

    def blank(found: re.Match[str]) -> str:
        before = found["before"]
        is_short = len(before) < 3 or before.lower() in _ABBREVIATED
        is_degree = _DEGREES.match(f"{before}.") is not None
        return f"{before}. " if is_short or is_degree else f"{before} "

    return _POINT.sub(blank, text)


def _without_place(text: str) -> str:
    """Return a name without what follows a dash and is none: "Nguyễn Văn An - Tổ 3"."""
    found = _DASHED.search(text)
    if found is None:
        return text
    rest = names.fold(found["rest"]).split()
    is_place = any(map(str.isdigit, found["rest"])) or rest[:1] == ["hoan"]
    # What follows may be signs alone.
    is_said = bool(rest) and rest[0] in _NOT_GIVEN
    return text[: found.start()] if is_place or is_said else text


def _small(text: str) -> str:
    """Return a part of a name without its capitals, where it is all capitals."""
    text = text.strip()
    return text.title() if text.isupper() else text


def _is_abbreviated(word: str, *, first: bool) -> bool:
    letters = word.rstrip(".").lower()
    if word.endswith("."):
        return len(letters) <= 3
    # "Y" and "H" begin names of the Central Highlands; other single letters do not.
    if first:
        return letters in _ABBREVIATED - {"huy"}
    return len(letters) == 1 and letters not in "yàáéíóúýơưêôâăoaeiu"
