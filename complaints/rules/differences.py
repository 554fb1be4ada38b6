"""Where two texts differ: what is recorded and what is claimed, cut into parts."""

from difflib import SequenceMatcher

from complaints.choices import Field
from portal.common import names

Part = tuple[str, bool]


def marked_parts(
    name: str, recorded: str, claimed: str
) -> tuple[list[Part], list[Part]]:
    """Return both texts cut into parts that are marked where they differ.

    Names by syllable (a tone is a whole syllable to the eye), numbers by letter.
    Empty lists where marking parts would not help.
    """
    if not recorded or not claimed or recorded == claimed:
        return [], []
    if name == Field.FULL_NAME:
        pairs = names.compare(recorded, claimed)
        marked = [pair.difference != "same" for pair in pairs]
        return (
            _syllables([p.recorded for p in pairs], marked),
            _syllables([p.claimed for p in pairs], marked),
        )
    if name not in (
        Field.LOT,
        Field.NATIONAL_ID,
        Field.PHONE,
        Field.BORN_ON,
        Field.GIVEN_ON,
    ):
        return [], []
    if name in (Field.BORN_ON, Field.GIVEN_ON):
        return _dates(recorded.split("/"), claimed.split("/"))
    left: list[Part] = []
    right: list[Part] = []
    blocks = SequenceMatcher(None, recorded, claimed, autojunk=False).get_opcodes()
    for kind, i, j, k, n in blocks:
        left.append((recorded[i:j], kind != "equal"))
        right.append((claimed[k:n], kind != "equal"))
    return [part for part in left if part[0]], [part for part in right if part[0]]


def _dates(recorded: list[str], claimed: list[str]) -> tuple[list[Part], list[Part]]:
    """Mark day, month and year where they differ; nothing where one is less exact."""
    if len(recorded) != len(claimed):
        return [], []
    marked = [one != other for one, other in zip(recorded, claimed, strict=True)]
    left, right = (
        [
            part
            for number, (text, differs) in enumerate(zip(words, marked, strict=True))
            for part in (("/", False), (text, differs))[number == 0 :]
        ]
        for words in (recorded, claimed)
    )
    return left, right


def _syllables(words: list[str], marked: list[bool]) -> list[Part]:
    parts: list[Part] = []
    for word, is_marked in zip(words, marked, strict=True):
        if not word:
            continue
        if parts:
            parts.append((" ", False))
        parts.append((word, is_marked))
    return parts
