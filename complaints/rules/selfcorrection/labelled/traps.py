"""Mistakes that lead rules astray: nothing here can be proved by a machine."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from complaints.rules.selfcorrection.facts import Missing
from complaints.rules.selfcorrection.labelled.world import (
    World,
    namesakes_of,
    station_of,
)
from complaints.rules.selfcorrection.labelled.written import (
    ACCENT_SLIPS,
    Written,
    change,
)
from portal.common import names
from portal.registry.matching.labelled.families import Human


def another_name(record: Written, _world: World, chance: Random) -> bool:
    """Write another given name than the true one."""
    *words, last = record.full_name.split()
    record.full_name = " ".join([*words, "Sáu" if last != "Sáu" else "Tư"])
    if chance.random() < 0.5:
        record.claims["full_name"] = record.human.full_name
    return True


def relatives_number(record: Written, world: World, chance: Random) -> bool:
    """Write the number of somebody of the same house, its zeros eaten half the time."""
    house = [
        human
        for human in world.houses[record.human.house]
        if human.number != record.human.number
    ]
    if not house:
        return False
    number = chance.choice(house).number
    record.national_id = number.lstrip("0") if chance.random() < 0.5 else number
    record.claims.pop("national_id", None)
    return True


def namesakes_number(record: Written, world: World, chance: Random) -> bool:
    """Write the number of a namesake born that day; half the time it lost its zeros."""
    others = namesakes_of(world, record.human)
    if not others:
        return False
    number = chance.choice(others).number
    record.national_id = number.lstrip("0") if chance.random() < 0.5 else number
    record.claims.pop("national_id", None)
    return True


def claims_a_namesakes_number(record: Written, world: World, chance: Random) -> bool:
    """Claim the number of a namesake of one birth date."""
    others = namesakes_of(world, record.human)
    if not others:
        return False
    if record.human.old_number and chance.random() < 0.5:
        record.national_id = record.human.old_number
    record.claims["national_id"] = chance.choice(others).number
    record.names_both = False
    return True


def former_details(record: Written, _world: World, chance: Random) -> bool:
    """Write what was once right: a former name, number or birth date (``former``)."""
    before = former(record.human)
    bare = chance.random() < 0.5
    if before.number != record.human.number:
        record.national_id = before.number.lstrip("0") if bare else before.number
        record.claims.pop("national_id", None)
    elif before.born_on != record.human.born_on:
        record.born_on = before.born_on.isoformat()
        record.claims.pop("born_on", None)
    else:
        name = before.full_name
        record.full_name = names.fold(name).title() if bare else names.tidy(name)
        record.doses = [replace(d, name=before.full_name) for d in record.doses]
        if chance.random() < 0.5:
            record.claims["full_name"] = record.human.full_name
        else:
            record.claims.pop("full_name", None)
    return True


def former(human: Human) -> Human:
    """Return somebody as they were before a change: of name, number or birth date.

    The same each time; a register that is late still knows them so.
    """
    chance = Random(human.number)
    if (what := chance.randrange(3)) == 0:
        digits = f"{chance.randrange(10**6):06}"
        return replace(human, number=human.number[:6] + digits)
    born = human.born_on
    if what == 1:
        # Mostly another year or day; day and month had changed places in one of ten.
        if chance.random() < 0.1 and born.day <= 12:
            return replace(human, born_on=born.replace(month=born.day, day=born.month))
        days = chance.choice((-365, 365, -1, 1, 30))
        return replace(human, born_on=born + timedelta(days=days))
    *words, last = human.full_name.split()
    other = ACCENT_SLIPS.get(last) or ("Sáu" if last != "Sáu" else "Tư")
    return replace(human, full_name=" ".join([*words, other]))


def claims_anothers_number(record: Written, world: World, chance: Random) -> bool:
    """Claim the number of somebody at random."""
    record.claims["national_id"] = chance.choice(world.humans).number
    return record.claims["national_id"] != record.human.number


def claims_a_wrong_accent(record: Written, _world: World, _chance: Random) -> bool:
    """Lose the accents, and claim a wrong one."""
    *words, last = record.human.full_name.split()
    slipped = ACCENT_SLIPS.get(last)
    if slipped is None:
        return False
    record.full_name = names.fold(record.human.full_name).title()
    record.claims["full_name"] = " ".join([*words, slipped])
    return True


def wrong_but_known_lot(record: Written, world: World, chance: Random) -> bool:
    """Write a lot of the site that the dose is not of."""
    place = chance.randrange(len(record.given))
    if place >= len(record.doses):
        return False
    station = world.stations[station_of(record.human)]
    known = {
        lot
        for offered in station.open_lots.values()
        for lots in offered.values()
        for lot in lots
    } - {record.doses[place].lot}
    change(record, place, lot=chance.choice(sorted(known)))
    return True


def never_entered(record: Written, _world: World, chance: Random) -> bool:
    """Leave a dose out; half of its owners miss it."""
    if record.missing is not None or not record.doses:
        return False
    dose = record.doses.pop(chance.randrange(len(record.doses)))
    if chance.random() < 0.5:
        record.missing = Missing(
            given_on=dose.given_on, product=dose.product, site=dose.site
        )
    return True


def number_not_recorded(record: Written, _world: World, chance: Random) -> bool:
    """Leave the number of a dose out."""
    if not record.doses:
        return False
    change(record, chance.randrange(len(record.doses)), number=None)
    return True


def day_copied_down(record: Written, _world: World, chance: Random) -> bool:
    """Give a dose the day that stands above it: that of the one before."""
    if len(record.doses) < 2:
        return False
    place = chance.randrange(1, len(record.doses))
    day = record.doses[place - 1].given_on
    is_other = record.doses[place].given_on != day
    change(record, place, given_on=day)
    return is_other


def day_of_another_session(record: Written, world: World, chance: Random) -> bool:
    """Write the day of another session of the site."""
    place = chance.randrange(len(record.given))
    if place >= len(record.doses):
        return False
    wrong = chance.choice(world.stations[station_of(record.human)].days)
    is_other = wrong != record.doses[place].given_on
    change(record, place, given_on=wrong)
    return is_other
