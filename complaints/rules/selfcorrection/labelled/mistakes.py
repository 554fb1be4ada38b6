"""What goes wrong in writing somebody down, and what people then say of it.

Each mistake has a share of people, our own guesses: nobody counted the classes.
Identity is wrong far more often than doses (43 million against 14 million never
entered, domain paper 0). ``REPAIRABLE`` are mistakes that the rules could prove; the
others are there to lead them astray.
"""

import unicodedata
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Final

from complaints.rules.selfcorrection.facts import Missing, Orphan
from complaints.rules.selfcorrection.labelled import traps
from complaints.rules.selfcorrection.labelled.world import World, station_of
from complaints.rules.selfcorrection.labelled.written import (
    ACCENT_SLIPS,
    Mistake,
    Written,
    change,
)
from portal.common import names
from portal.registry.matching.labelled.families import Human


def write(
    world: World,
    place: int,
    chance: Random,
    mistakes: "tuple[Mistake, ...] | None" = None,
) -> Written:
    """Return how somebody was written down: mostly right, unless told otherwise."""
    human, given = world.humans[place], world.given[place]
    record = Written(
        human,
        given,
        names.tidy(human.full_name),
        human.born_on.isoformat(),
        human.sex,
        human.number,
        human.phone,
        [replace(dose, name=_listed(human, chance)) for dose in given],
    )
    for mistake in MISTAKES if mistakes is None else mistakes:
        is_made = chance.random() * 1000 < mistake.per_mille
        before = {dose.key: dose for dose in record.doses}
        if is_made and mistake.make(record, world, chance):
            after = {dose.key: dose for dose in record.doses}
            record.mistakes.add(mistake.name)
            record.touched[mistake.name] = {
                key
                for key in before.keys() | after.keys()
                if before.get(key) != after.get(key)
            }
    return record


def _listed(human: Human, chance: Random) -> str:
    """Return the name as the list of a dose has it: right, bare, or with a slip."""
    draw = chance.random()
    if draw < 0.70:
        return human.full_name
    if draw < 0.95:
        return names.fold(human.full_name).upper()
    *words, last = human.full_name.split()
    return " ".join([*words, ACCENT_SLIPS.get(last, last)])


def _spelling(record: Written, _world: World, chance: Random) -> bool:
    how = chance.randrange(3)
    before = record.full_name
    if how == 0:
        record.full_name = unicodedata.normalize("NFD", before)
    elif how == 1:
        record.full_name = before.replace(" ", "  ", 1)
    else:
        for old, new in (("òa", "oà"), ("úy", "uý"), ("ùy", "uỳ"), ("Đ", "Ð")):
            record.full_name = record.full_name.replace(old, new)
    return record.full_name != before


def _accents(record: Written, _world: World, chance: Random) -> bool:
    before = record.full_name
    record.full_name = names.fold(before).title()
    if chance.random() < 0.5:
        record.claims["full_name"] = record.human.full_name
    return names.tone_key(before) != names.tone_key(record.full_name)


def _zeros(record: Written, _world: World, chance: Random) -> bool:
    before = record.national_id
    record.national_id = before.lstrip("0")
    if chance.random() < 0.5 and record.national_id != before:
        record.claims["national_id"] = before
    return record.national_id != before


def _old_card(record: Written, _world: World, chance: Random) -> bool:
    if record.national_id != record.human.number or not record.human.old_number:
        return False
    record.national_id = record.human.old_number
    if chance.random() < 0.5:
        record.claims["national_id"] = record.human.number
        record.names_both = chance.random() < 0.5
    return True


def _order(record: Written, _world: World, chance: Random) -> bool:
    if len(record.doses) < 2:
        return False
    if chance.random() < 0.5:
        record.doses[1] = replace(record.doses[1], number=1)
    else:
        one, other, *rest = record.doses
        record.doses = [replace(one, number=2), replace(other, number=1), *rest]
    return True


def _clone(record: Written, _world: World, chance: Random) -> bool:
    dose = chance.choice(record.doses)
    record.doses.append(replace(dose, key=-dose.key, entry="load:again"))
    return True


def _contact(record: Written, _world: World, chance: Random) -> bool:
    if chance.random() < 0.5:
        return False
    record.new_phone = f"+8490{chance.randrange(10**7):07}"
    record.claims["phone"] = record.new_phone
    record.proved_phones = frozenset({record.new_phone, record.phone})
    return True


def _product(record: Written, world: World, chance: Random) -> bool:
    place = chance.randrange(len(record.given))
    others = {"vaxzevria", "vero-cell", "comirnaty", "spikevax"}
    others -= {record.doses[place].product}
    change(record, place, product=chance.choice(sorted(others)))
    return True


def _lot(record: Written, world: World, chance: Random) -> bool:
    place = chance.randrange(len(record.given))
    lot = record.doses[place].lot
    wrong = "" if chance.random() < 0.6 else _mistyped(lot)
    if wrong in world.lots:
        return False
    change(record, place, lot=wrong)
    return True


def _mistyped(lot: str) -> str:
    return f"{lot[:-1]}{(int(lot[-1]) + 3) % 10}"


def _day(record: Written, world: World, chance: Random) -> bool:
    place = chance.randrange(len(record.given))
    day = record.doses[place].given_on
    wrong = day + timedelta(days=chance.choice((-60, -30, -1, 1, 10, 30)))
    if wrong in world.stations[station_of(record.human)].days:
        return False
    change(record, place, given_on=wrong)
    return True


def _birth(record: Written, _world: World, chance: Random) -> bool:
    year, month, day = record.born_on.split("-")
    if int(day) > 12 or day == month:
        return False
    if chance.random() < 0.5:
        record.claims["born_on"] = record.born_on
    record.born_on = f"{year}-{day}-{month}"
    return True


def _orphan(record: Written, _world: World, chance: Random) -> bool:
    if record.claims or len(record.doses) != len(record.given):
        return False
    dose = record.doses.pop(chance.randrange(len(record.doses)))
    record.missing = Missing(
        given_on=dose.given_on, product=dose.product, site=dose.site
    )
    record.orphans = (
        Orphan(
            key=dose.key,
            given_on=dose.given_on,
            product=dose.product,
            lot=dose.lot,
            site=dose.site,
            name=dose.name,
        ),
    )
    return True


def _doubled(record: Written, world: World, chance: Random) -> bool:
    if not record.doses or (dose := chance.choice(record.doses)).key < 0:
        return False
    lot = _mistyped(dose.lot) if dose.lot else "AA1111"
    record.doses.append(replace(dose, key=-10_000_000 - dose.key, lot=lot))
    return True


MISTAKES: Final = (
    Mistake("accents lost", 60, "A2", _accents),
    Mistake("spelling", 80, "A1", _spelling),
    Mistake("zeros lost", 50, "A3", _zeros),
    Mistake("old card", 30, "A4", _old_card),
    Mistake("order of doses", 15, "A5", _order),
    Mistake("imported twice", 15, "A6", _clone),
    Mistake("new telephone", 25, "A7", _contact),
    Mistake("vaccine", 8, "B1", _product),
    Mistake("lot", 12, "B2", _lot),
    Mistake("day", 10, "B3", _day),
    Mistake("birth swapped", 25, "B4", _birth),
    Mistake("orphan", 15, "B5", _orphan),
    Mistake("entered twice", 8, "B6", _doubled),
    Mistake("another name", 8, "", traps.another_name),
    Mistake("relative's number", 8, "", traps.relatives_number),
    Mistake("claims another's number", 5, "", traps.claims_anothers_number),
    Mistake("claims a wrong accent", 5, "", traps.claims_a_wrong_accent),
    Mistake("known lot, but wrong", 6, "", traps.wrong_but_known_lot),
    Mistake("never entered", 15, "", traps.never_entered),
    Mistake("day of another session", 6, "", traps.day_of_another_session),
    Mistake("day copied down", 6, "", traps.day_copied_down),
    Mistake("number not recorded", 20, "", traps.number_not_recorded),
    Mistake("namesake's number", 8, "", traps.namesakes_number),
    Mistake("claims a namesake's number", 50, "", traps.claims_a_namesakes_number),
    Mistake("former details", 2, "", traps.former_details),
)
REPAIRABLE: Final = {m.name: m.rule for m in MISTAKES if m.rule}
