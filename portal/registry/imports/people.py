"""Names of people as lists write them: capitals, titles, brackets, abbreviations."""

import re
from typing import Final

from portal.common import names

_BRACKETS: Final = re.compile(r"[(\[{].*?(?:[)\]}]|$)")
_NUMBERING: Final = re.compile(r"^\s*(?:\d+\s*[.)/-]+|[-*•+]+)\s*")
_OF_MOTHER: Final = re.compile(
    r"^(?:con|cb|bé)\s+(?:của\s+)?(?:bà|chị|ông|anh)\b", re.I
)
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
    name_single, name_of_carer.
    """
    odd: list[str] = []
    text = _NUMBERING.sub("", text)
    bare = _BRACKETS.sub(" ", text) if "(" in text or "[" in text else text
    family, comma, given = bare.partition(",")
    is_name = bool(comma) and _is_given(family, given)
    bare = f"{_small(family)} {_small(given)}" if is_name else family
    if is_name:
        odd.append("name_comma")
    elif bare != text:
        odd.append("name_note")
    without = _DEGREES.sub("", bare.lstrip())
    has_degree, bare = without != bare.lstrip(), without
    name = names.tidy(bare).strip(" .,;:-_*")
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
