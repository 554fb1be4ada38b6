"""Read addresses: which units the words of a text mention, and how well they agree.

For ``places``, which says what is certain. An address is cut at its commas; in each
part every run of words that is a unit's name counts as a mention, with more weight
when its type stands before it ("xã", "P.", "Q"). The mentions around a unit's (its
district, its province) speak for it, those of others against it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from portal.common.names import fold, tone_key
from portal.registry.models.unit import AdministrativeUnit, UnitAlias, UnitSuccession

Level = AdministrativeUnit.Level

# What stands before a name, long or short, and what it says about the unit.
TYPES: dict[tuple[str, ...], dict[str, str]] = {
    ("tinh",): {Level.PROVINCE: "tinh"},
    ("t",): {Level.PROVINCE: "tinh"},
    ("thanh", "pho"): {Level.PROVINCE: "thanh pho", Level.DISTRICT: "thanh pho"},
    ("tp",): {Level.PROVINCE: "thanh pho", Level.DISTRICT: "thanh pho"},
    ("quan",): {Level.DISTRICT: "quan"},
    ("q",): {Level.DISTRICT: "quan"},
    ("huyen",): {Level.DISTRICT: "huyen"},
    ("h",): {Level.DISTRICT: "huyen"},
    ("thi", "xa"): {Level.DISTRICT: "thi xa"},
    ("tx",): {Level.DISTRICT: "thi xa"},
    ("phuong",): {Level.COMMUNE: "phuong"},
    ("p",): {Level.COMMUNE: "phuong"},
    ("f",): {Level.COMMUNE: "phuong"},
    ("xa",): {Level.COMMUNE: "xa"},
    ("x",): {Level.COMMUNE: "xa"},
    ("thi", "tran"): {Level.COMMUNE: "thi tran"},
    ("tt",): {Level.COMMUNE: "thi tran"},
    ("dac", "khu"): {Level.COMMUNE: "dac khu"},
    ("dk",): {Level.COMMUNE: "dac khu"},
}
# A name after one of these is a street, hamlet or school, not a unit.
NOT_A_UNIT = frozenset(
    ("duong", "pho", "d", "hem", "ngo", "ngach", "kiet", "thon", "ap", "to", "ban")
    + ("buon", "khu", "kp", "so", "xom", "truong", "lo")
)
# In a part of the address that begins with one of these a bare name is its own, not
# the commune's: many hospitals and schools bear the name of a commune far away.
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
AS_ALIAS, MISSPELT = -0.5, -0.3
FORMER_ALIAS = -2.0  # a district that gave some communes to this one
# A unit of the other epoch around a place speaks for it, but less than its own.
RELATED = {Level.PROVINCE: 0.75, Level.DISTRICT: 0.5}
OTHER_PROVINCE, OTHER_DISTRICT = -6.0, -5.0
SEGMENTS = re.compile(r"[,;()/\n]")
TOKENS = re.compile(r"[a-z]+|\d+")


class _Name(NamedTuple):
    unit: int
    level: str
    type: str
    strict: str  # the name's key, before y and i are taken for one
    toned: str  # tone key of the name without its type; "" for an alias
    weight: float


class Mention(NamedTuple):
    span: range
    unit: int
    level: str
    weight: float
    toned: str
    is_typed: bool


class Index:
    """Units, their successors and their names, as dictionaries."""

    def __init__(self) -> None:
        # Rows, not instances: there is one index in every process.
        self.fields = [f.attname for f in AdministrativeUnit._meta.concrete_fields]
        rows = AdministrativeUnit.objects.values_list(*self.fields, named=True)
        self.units = {row.id: row for row in rows.iterator()}
        self.successors: dict[int, list[int]] = defaultdict(list)
        self.predecessors: dict[int, list[int]] = defaultdict(list)
        after = UnitSuccession.objects.order_by("-is_default", "new_id")
        for old, new in after.values_list("old_id", "new_id"):
            self.successors[old].append(new)
            self.predecessors[new].append(old)
        self.around = {pk: self._ancestors(pk) for pk in self.units}
        self.names: dict[str, list[_Name]] = defaultdict(list)
        self._add_names()

    def instance(self, pk: int) -> AdministrativeUnit:
        """Return the unit as the database gave it, without asking again."""
        return AdministrativeUnit.from_db("default", self.fields, self.units[pk])

    def today(self, pk: int) -> list[int]:
        return self.successors.get(pk) or [pk]

    def relation(self, unit: int, other: int) -> float:
        """Return how far the other one speaks for the unit by lying around it."""
        if other in self.around[unit]:
            return 1.0
        kin = self.successors.get(unit, []) + self.predecessors.get(unit, [])
        if any(other in self.around[one] for one in kin):
            return RELATED.get(Level(self.units[other].level), 0.0)
        return 0.0

    def _ancestors(self, pk: int) -> tuple[int, ...]:
        found, parent = [], self.units[pk].parent_id
        while parent:
            found.append(parent)
            parent = self.units[parent].parent_id
        return tuple(found)

    def _add_names(self) -> None:
        districts = set()
        for unit in self.units.values():
            self._add(unit.id, unit.level, unit.folded, unit.name, 0.0)
            districts.add((unit.parent_id, unit.folded))
        for alias in UnitAlias.objects.order_by("pk"):
            unit = self.units[alias.unit_id]
            former = unit.level == Level.DISTRICT and (
                (unit.parent_id, alias.folded) in districts
            )
            weight = FORMER_ALIAS if former else AS_ALIAS
            self._add(unit.id, unit.level, alias.folded, "", weight)

    def _add(self, pk: int, level: str, folded: str, name: str, weight: float) -> None:
        tokens = split(folded)
        start, kinds = _type_at(tokens, 0)
        if level not in kinds:
            start, kinds = 0, {}
        strict = "".join(tokens[start:])
        toned = " ".join(tone_key(name).split()[start:]) if name else ""
        self.names[_loose(strict)].append(
            _Name(pk, level, kinds.get(level, ""), strict, toned, weight)
        )


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
                start, kinds = _type_at(self.tokens, at)
                if not kinds or start > bounds.stop:
                    continue
                for span, key in self._keys(start, bounds.stop):
                    for name in self.index.names.get(_loose(key), ()):
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
                    for name in self.index.names.get(_loose(key), ()):
                        if not (is_named and name.level == Level.COMMUNE):
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
            before >= bounds.start and _type_at(self.tokens, before)[0] == at
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
    span: range, name: _Name, key: str, weight: float, is_typed: bool
) -> Mention:
    weight += name.weight + (MISSPELT if key != name.strict else 0.0)
    return Mention(span, name.unit, name.level, weight, name.toned, is_typed)


def split(folded: str) -> list[str]:
    """Split into words and numbers: "p07q3" is p, 7, q, 3."""
    return [
        token.lstrip("0") or "0" if token.isdigit() else token
        for token in TOKENS.findall(folded)
    ]


def _type_at(tokens: list[str], at: int) -> tuple[int, dict[str, str]]:
    """Return where the name begins after a type word here, and the type by level."""
    for length in (2, 1):
        kinds = TYPES.get(tuple(tokens[at : at + length]))
        if kinds:
            return at + length, kinds
    return at, {}


def _total(said: Iterable[tuple[range, float]]) -> float:
    return sum(share for _, share in said)


def _loose(key: str) -> str:
    # Quý and Quí, Mỹ and Mĩ are written for each other in names of places.
    return key.replace("y", "i")


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
