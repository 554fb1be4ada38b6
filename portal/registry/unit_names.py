"""Units, their successors and all their names, as dictionaries held in the process."""

import re
from collections import defaultdict
from typing import NamedTuple

from portal.common.names import tone_key
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
# An alias says a little less than a name; that of a district that gave some communes to
# this one much less.
AS_ALIAS, FORMER_ALIAS = -0.5, -2.0
# A unit of the other epoch around a place speaks for it, but less than its own.
RELATED = {Level.PROVINCE: 0.75, Level.DISTRICT: 0.5}
TOKENS = re.compile(r"[a-z]+|\d+")


class Name(NamedTuple):
    unit: int
    level: str
    type: str
    strict: str  # the name's key, before y and i are taken for one
    toned: str  # tone key of the name without its type; "" for an alias
    weight: float


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
        self.names: dict[str, list[Name]] = defaultdict(list)
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
        start, kinds = type_at(tokens, 0)
        if level not in kinds:
            start, kinds = 0, {}
        strict = "".join(tokens[start:])
        toned = " ".join(tone_key(name).split()[start:]) if name else ""
        self.names[loose(strict)].append(
            Name(pk, level, kinds.get(level, ""), strict, toned, weight)
        )


def split(folded: str) -> list[str]:
    """Split into words and numbers: "p07q3" is p, 7, q, 3."""
    return [
        token.lstrip("0") or "0" if token.isdigit() else token
        for token in TOKENS.findall(folded)
    ]


def type_at(tokens: list[str], at: int) -> tuple[int, dict[str, str]]:
    """Return where the name begins after a type word here, and the type by level."""
    for length in (2, 1):
        kinds = TYPES.get(tuple(tokens[at : at + length]))
        if kinds:
            return at + length, kinds
    return at, {}


def loose(key: str) -> str:
    # Quý and Quí, Mỹ and Mĩ are written for each other in names of places.
    return key.replace("y", "i")
