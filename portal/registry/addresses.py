"""Read addresses: which units the words of a text mention, and how well they agree.

For ``places``, which says what is certain. An address is cut at its commas; in each
part every run of words that is a unit's name counts as a mention, with more weight
when its type stands before it ("xã", "P.", "Q"). The mentions around a unit's (its
district, its province) speak for it, those of others against it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from portal.common.names import fold, tone_key
from portal.registry.unit_names import TYPES, Index, Level, Name, loose, split, type_at

# A name after one of these is a street, hamlet or school, not a unit.
NOT_A_UNIT = frozenset(
    ("duong", "pho", "d", "hem", "ngo", "ngach", "kiet", "thon", "ap", "to", "ban")
    + ("buon", "khu", "kp", "so", "xom", "truong", "lo")
)
# In a part of the address that begins with one of these a bare name is its own, unless
# a province bears it: hospitals and schools are called like communes far away.
INSTITUTIONS = (
    ("benh", "vien"),
    ("bv",),
    ("bvdk",),
    ("truong",),
    ("cong", "ty"),
    ("cty",),
    ("nha", "may"),
    ("xi", "nghiep"),
    ("sieu", "thi"),
    ("nha", "thi", "dau"),
    ("san", "van", "dong"),
    ("nha", "van", "hoa"),
    ("phong", "kham"),
    ("chua",),
    ("nha", "tho"),
)
# Words beside a unit's name that leave nothing of the address unread.
SAYS_NO_PLACE = frozenset(
    ("tram", "y", "te", "tyt", "trung", "tam", "ttyt", "benh", "vien", "bv", "da")
    + ("khoa", "khu", "vuc", "so", "cdc", "kiem", "soat", "tat", "viet", "nam", "vn")
)
LONGEST_NAME = 7
# An address is shorter; more of it would only cost time.
LONGEST_TEXT, MOST_WORDS = 300, 30

# How much a mention says: type and name, name with another type of the level (a xã
# became a phường), name alone; an alias says a little less.
TYPED, OTHER_TYPE, BARE = 4.0, 3.0, 2.5
MISSPELT = -0.3
OTHER_PROVINCE, OTHER_DISTRICT = -6.0, -5.0
SEGMENTS = re.compile(r"[,;()/\n]")


class Mention(NamedTuple):
    span: range
    unit: int
    level: str
    weight: float
    toned: str
    is_typed: bool


class Words:
    """The words of a text and the units that they mention."""

    def __init__(self, text: str, index: Index) -> None:
        self.index = index
        self.tokens: list[str] = []
        self.bounds: list[range] = []
        self.segments: list[str] = []
        for segment in SEGMENTS.split(text[:LONGEST_TEXT]):
            start = len(self.tokens)
            room = MOST_WORDS - start
            self.tokens += split(fold(segment))[:room]
            self.bounds.append(range(start, len(self.tokens)))
            self.segments.append(segment)
        typed = list(self._typed())
        self.covered = {at for mention in typed for at in mention.span}
        bare = list(self._bare())
        spans = {mention.span for mention in typed + bare}
        bare = [mention for mention in bare if not _inside(mention.span, spans)]
        # "xã Hòa Bình thành phố Hạ Long" holds "xã Hòa Bình Thạnh": a name goes for a
        # longer one around it unless the next name begins where it ends.
        spans = {mention.span for mention in typed}
        begins = {span.start for span in spans}
        self.mentions = bare + [
            mention
            for mention in typed
            if mention.span.stop in begins or not _inside(mention.span, spans)
        ]
        self.around = [m for m in self.mentions if m.level != Level.COMMUNE]

    def scores(self) -> Iterator[tuple[Mention, float]]:
        """Yield each mention with what it and the mentions around it say for it."""
        for mention in self.mentions:
            others = [m for m in self.around if not overlap(m.span, mention.span)]
            yield mention, mention.weight + self._context(mention, others)

    def explains(self, kept: Iterable[tuple[Mention, float]]) -> bool:
        """Tell whether the text is accounted for well enough to be sure.

        A bare name without its district or province may be a street; and an address
        of which only the district or province is known may hold more.
        """
        for mention, score in kept:
            alone = score <= mention.weight
            if not mention.is_typed and alone and mention.level != Level.PROVINCE:
                return False
            if mention.level != Level.COMMUNE and self._leaves_words():
                return False
            if self._names_another_province(mention):
                return False
        return True

    def _names_another_province(self, mention: Mention) -> bool:
        """Tell whether the text names a province, and not the one of this unit."""
        if mention.level == Level.PROVINCE:
            return False
        speaking = [
            (other, self.index.relation(mention.unit, other.unit))
            for other in self.around
            if not overlap(other.span, mention.span)
        ]
        agreeing = [other.span for other, share in speaking if share]
        provinces = [pair for pair in speaking if pair[0].level == Level.PROVINCE]
        return any(
            not share and not any(overlap(other.span, span) for span in agreeing)
            for other, share in provinces
        ) and not any(share for _, share in provinces)

    def most_specific(
        self, kept: dict[int, tuple[Mention, float]]
    ) -> dict[int, tuple[Mention, float]]:
        """Leave out what another candidate explains.

        That is a district or province which is only the address of another, and a
        neighbour of another type (thị trấn Thạnh An, where the text says xã Thạnh An
        and the district has both).
        """
        mentions = [mention for mention, _ in kept.values()]
        return {
            unit: pair
            for unit, pair in kept.items()
            if not any(
                self._is_address_of(other, pair[0]) or self._is_meant(other, pair[0])
                for other in mentions
            )
        }

    def as_accented(
        self, kept: dict[int, tuple[Mention, float]]
    ) -> dict[int, tuple[Mention, float]]:
        """Leave out what is written with other accents (Sa Pả, where Sa Pa is meant).

        Only where the part of the text bears accents at all and one fits exactly.
        """
        exact: dict[int, tuple[Mention, float]] = {}
        other: dict[int, tuple[Mention, float]] = {}
        for unit, (mention, score) in kept.items():
            segment = self._segment(mention.span)
            fits = not mention.toned or f" {mention.toned} " in f" {tone_key(segment)} "
            (exact if fits else other)[unit] = (mention, score)
        if any(not _accented(self._segment(m.span)) for m, _ in other.values()):
            return kept
        return exact if any(m.toned for m, _ in exact.values()) else kept

    def _typed(self) -> Iterator[Mention]:
        for bounds in self.bounds:
            for at in bounds:
                start, kinds = type_at(self.tokens, at)
                if not kinds or start > bounds.stop:
                    continue
                for span, key in self._keys(start, bounds.stop):
                    for name in self.index.names.get(loose(key), ()):
                        if name.level in kinds:
                            same = name.type in ("", kinds[name.level])
                            weight = TYPED if same else OTHER_TYPE
                            yield _mention(
                                range(at, span.stop), name, key, weight, True
                            )

    def _bare(self) -> Iterator[Mention]:
        for bounds in self.bounds:
            is_named = self._is_institution(bounds)
            for at in bounds:
                if self._is_no_unit(at, bounds):
                    continue
                for span, key in self._keys(at, bounds.stop):
                    words = self.tokens[span.start : span.stop]
                    if (
                        key.isdigit()
                        or (key,) in TYPES
                        or SAYS_NO_PLACE.issuperset(words)
                    ):
                        continue
                    for name in self.index.names.get(loose(key), ()):
                        if not is_named or name.level == Level.PROVINCE:
                            yield _mention(span, name, key, BARE, False)

    def _is_institution(self, bounds: range) -> bool:
        first = self.tokens[bounds.start : bounds.stop]
        return any(tuple(first[: len(words)]) == words for words in INSTITUTIONS)

    def _keys(self, start: int, stop: int) -> Iterator[tuple[range, str]]:
        for end in range(start + 1, min(start + LONGEST_NAME, stop) + 1):
            yield range(start, end), "".join(self.tokens[start:end])

    def _is_no_unit(self, at: int, bounds: range) -> bool:
        """Tell whether what stands before makes a bare name a street or another level.

        A house number counts only where something else follows.
        """
        if at == bounds.start:
            return False
        if any(
            before >= bounds.start and type_at(self.tokens, before)[0] == at
            for before in (at - 1, at - 2)
        ):
            return True
        before = self.tokens[at - 1]
        if at - 1 in self.covered:
            return False
        if before.isdigit():
            return bounds.stop < len(self.tokens) or bounds.stop - at > 3
        return before in NOT_A_UNIT

    def _context(self, mention: Mention, others: list[Mention]) -> float:
        around: dict[str, list[tuple[range, float]]]
        around = {Level.PROVINCE: [], Level.DISTRICT: []}
        for other in others:
            if other.level in around and mention.level != other.level:
                share = self.index.relation(mention.unit, other.unit)
                around[Level(other.level)].append((other.span, share * other.weight))
        if mention.level == Level.PROVINCE:
            return 0.0
        nothing = (range(0), 0.0)
        best = nothing, nothing
        for pair in product(
            [*around[Level.DISTRICT], nothing], [*around[Level.PROVINCE], nothing]
        ):
            if _total(pair) > _total(best) and not overlap(pair[0][0], pair[1][0]):
                best = pair
        district, province = best
        said = _total(best)
        # The name of another province is a contradiction only when nothing agrees
        # ("Xa lộ Hà Nội, phường Thảo Điền, TP.HCM").
        if not said and around[Level.PROVINCE]:
            said += OTHER_PROVINCE
        if mention.level == Level.COMMUNE and not district[1]:
            said += OTHER_DISTRICT * any(
                other.level == Level.DISTRICT
                and other.is_typed
                and not overlap(other.span, province[0])
                for other in others
            )
        return said

    def _is_address_of(self, other: Mention, mention: Mention) -> bool:
        return (
            other.level != mention.level
            and not overlap(other.span, mention.span)
            and self.index.relation(other.unit, mention.unit) > 0
        )

    def _is_meant(self, other: Mention, mention: Mention) -> bool:
        parent = self.index.units[mention.unit].parent_id
        return (
            other.weight == TYPED > OTHER_TYPE >= mention.weight
            and other.span == mention.span
            and parent is not None
            and self.index.units[other.unit].parent_id == parent
        )

    def _leaves_words(self) -> bool:
        read = {at for mention in self.mentions for at in mention.span}
        return any(
            token not in SAYS_NO_PLACE
            for at, token in enumerate(self.tokens)
            if at not in read
        )

    def _segment(self, span: range) -> str:
        return next(
            segment
            for segment, bounds in zip(self.segments, self.bounds, strict=True)
            if span.start in bounds
        )


def _mention(
    span: range, name: Name, key: str, weight: float, is_typed: bool
) -> Mention:
    weight += name.weight + (MISSPELT if key != name.strict else 0.0)
    return Mention(span, name.unit, name.level, weight, name.toned, is_typed)


def _total(said: Iterable[tuple[range, float]]) -> float:
    return sum(share for _, share in said)


def _accented(text: str) -> bool:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "đ" in decomposed or any(map(unicodedata.combining, decomposed))


def overlap(one: range, other: range) -> bool:
    return max(one.start, other.start) < min(one.stop, other.stop)


def _inside(span: range, others: Iterable[range]) -> bool:
    return any(
        other.start <= span.start and span.stop <= other.stop and other != span
        for other in others
    )
