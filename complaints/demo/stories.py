"""The few people with a name: whoever tries the demo can be one of them.

Their troubles are those that newspapers told in 2021 and 2022; names, numbers and
telephones are invented.
"""

from collections.abc import Callable
from datetime import date
from random import Random
from typing import NamedTuple

from django.db import transaction

from complaints.demo import copying, people
from complaints.demo import doses as campaign
from complaints.demo.copying import Rows, new_ref
from complaints.demo.doses import Dose
from complaints.demo.people import Human
from complaints.demo.records import Number, Record
from complaints.demo.scribe import Scribe
from complaints.demo.world import FIRST_DAY, Commune, Point, World, month_of
from portal.common import scope
from portal.common.names import fold
from portal.registry import corrections
from portal.registry.models import Person

OTHERS_OF_THAT_DAY = 213
# Serials past all that the chunks use, so that no number is given twice.
_FIRST_SERIAL = 999_000


class Citizen(NamedTuple):
    """Somebody to be in the demo: what to type, and what is wrong.

    ``born_on`` is the recorded birth date where it is not the true one, as that one
    opens the record.
    """

    label: str
    human: Human
    national_id: str
    wrong: str
    born_on: date | None = None


class Story(NamedTuple):
    """A citizen, and the records that the registry holds."""

    citizen: Citizen
    records: list[Record]
    orphans: list[Dose] = []


def citizens(world: World) -> list[Citizen]:
    """Return the people of the stories as the demo's file names them."""
    return [story.citizen for story in _stories(world)]


def write(world: World) -> None:
    """Write the people of the stories, all or nothing; safe to repeat."""
    chance = _chance(world)
    ref = new_ref(chance)
    with transaction.atomic():
        if Person.objects.filter(ref=ref).exists():
            return
        with scope.system(), corrections.writing("imports"):
            rows = Rows()
            scribe = Scribe(rows, chance, world, serial=0)
            for story in _stories(world):
                known: set[str] = set()
                for record in story.records:
                    scribe.write(
                        record,
                        ref=ref,
                        is_second=record.human.number in known,
                        may_complain=False,
                    )
                    known.add(record.human.number)
                    ref = new_ref(chance)
                for dose in story.orphans:
                    scribe.dose(dose, rows.new_id("registry_dose"), None)
            copying.write(rows)


def _chance(world: World) -> Random:
    return Random(f"{world.seed}:{world.people}:stories")


def _stories(world: World) -> list[Story]:
    tellers: list[Callable[[_Teller], Story]] = [
        _bao_and_buu,
        _moderna_not_astrazeneca,
        _both_doses_missing,
        _one_phone_for_six,
        _eaten_zero,
        _two_eaten_zeros,
        _all_right,
    ]
    return [tell(_Teller(world, number)) for number, tell in enumerate(tellers)]


class _Teller:
    """Makes the humans, records and doses of one story."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.chance = Random(f"{world.seed}:story:{number}")
        self._made = 0

    def commune(self, province: int, nth: int = 0) -> int:
        """Return the number of a commune of a province, the nth by code."""
        communes = self.world.by_province.get(province) or [0]
        return communes[nth % len(communes)]

    def point(self, province: int) -> tuple[int, Point | None]:
        """Return a commune of the province with a mobile point, and that point."""
        communes = self.world.by_province.get(province) or [0]
        for number in communes:
            if points := self.world.communes[number].points:
                return number, points[0]
        return communes[0], None

    def human(
        self, name: str, sex: str, born: date, commune: int, phone: str = ""
    ) -> Human:
        """Return somebody with the next number of the story and a telephone."""
        serial = _FIRST_SERIAL + self.number * 20 + self._made
        self._made += 1
        province = self.world.communes[commune].province
        number = people.new_number(province, sex, born, serial)
        phone = phone or f"+84900{self.number:02}{self._made:04}"
        return Human(name, born, sex, number, phone, commune, born.year > 2009)

    def record(self, human: Human, *given: Dose) -> Record:
        """Return a record in which all is right so far."""
        commune = self.world.communes[human.commune]
        for number, dose in enumerate(given, 1):
            dose.number, dose.name = number, human.full_name
        return Record(
            human,
            commune,
            human.full_name,
            human.born_on,
            human.sex,
            numbers=[Number("pin12", human.number)],
            doses=list(given),
            phones=[human.phone],
        )

    def dose(self, day: date, product: str, commune: int, site: int = 0) -> Dose:
        """Return a dose of that day at the commune's station, or at another site."""
        at: Commune = self.world.communes[commune]
        lot, lot_number = self.world.lots[at.district, product, month_of(day)]
        midnight = (day - FIRST_DAY).days * campaign.DAY
        return Dose(
            day,
            product,
            lot,
            lot_number,
            site or at.station,
            1,
            typed_in=midnight + campaign.after_noon(self.chance),
        )


def _bao_and_buu(teller: _Teller) -> Story:
    home = teller.commune(79)
    elsewhere = teller.commune(79, 12)
    human = teller.human("Trần Thị Bảo Lộc", "F", date(1987, 4, 19), home)
    first = teller.dose(date(2021, 8, 11), "vaxzevria", elsewhere)
    second = teller.dose(date(2021, 10, 20), "vaxzevria", home)
    right = teller.record(human, second)
    second.number = 2
    split = teller.record(human, first)
    split.full_name = first.name = "Trần Thị Bửu Lộc"
    split.numbers = [Number("cmnd9", "024618357")]
    split.population = "mismatched"
    wrong = (
        "The first dose stands on a second record under a misspelt name (Bửu for Bảo) "
        "with the old identity card's number."
    )
    return Story(Citizen("Bảo and Bửu", human, human.number, wrong), [right, split])


def _moderna_not_astrazeneca(teller: _Teller) -> Story:
    home = teller.commune(79, 1)
    human = teller.human("Lê Thị Thanh Mai", "F", date(1990, 3, 8), home)
    dose = teller.dose(date(2021, 8, 20), "spikevax", home)
    record = teller.record(human, dose)
    dose.product = "vaxzevria"
    record.born_on, record.population = date(1990, 8, 3), "mismatched"
    wrong = (
        "Recorded as AstraZeneca although the lot is Moderna's; day and month of birth "
        "are swapped: born on 8 March 1990, the record opens with 3 August 1990."
    )
    label = "Moderna, not AstraZeneca"
    citizen = Citizen(label, human, human.number, wrong, record.born_on)
    return Story(citizen, [record])


def _both_doses_missing(teller: _Teller) -> Story:
    home, point = teller.point(30)
    site = point.id if point else 0
    days = (date(2021, 9, 12), date(2021, 10, 10))
    human = teller.human("Nguyễn Văn Khánh", "M", date(1979, 11, 2), home)
    orphans = []
    for number, day in enumerate(days, 1):
        lost = teller.dose(day, "vero-cell", home, site)
        lost.is_orphan, lost.name = True, fold(human.full_name).upper()
        lost.number, lost.source = number, "upload"
        orphans.append(lost)
    while len(orphans) < len(days) + OTHERS_OF_THAT_DAY:
        sex = teller.chance.choice("MF")
        name = people.name(teller.chance, sex, people.surname(teller.chance, 30))
        if fold(name) == fold(human.full_name):
            continue
        other = teller.dose(days[0], "vero-cell", home, site)
        other.is_orphan, other.name, other.source = True, fold(name).upper(), "upload"
        orphans.append(other)
    place = teller.world.names.get(site) or teller.world.codes.get(site, "")
    wrong = (
        f"Both doses are missing: given on 12 September and 10 October 2021 ({place}), "
        "by a mobile team that no longer exists, Vero Cell (Sinopharm)."
    )
    citizen = Citizen("Both doses missing", human, human.number, wrong)
    return Story(citizen, [teller.record(human)], orphans)


def _one_phone_for_six(teller: _Teller) -> Story:
    home = teller.commune(79, 2)
    phone = "+84900039999"
    family = (
        ("Phạm Thị Hồng Nhung", "F", date(1992, 6, 1)),
        ("Phạm Văn Lâm", "M", date(1961, 2, 14)),
        ("Võ Thị Sáu Em", "F", date(1964, 9, 30)),
        ("Huỳnh Minh Trí", "M", date(1990, 12, 5)),
        ("Huỳnh Bảo Ngọc", "F", date(2012, 7, 22)),
        ("Huỳnh Gia Khiêm", "M", date(2015, 1, 9)),
    )
    humans = [teller.human(*who, home, phone) for who in family]
    records = []
    for human in humans:
        is_small = human.born_on.year > 2009
        first = date(2022, 4, 25) if is_small else date(2021, 9, 3)
        second = date(2022, 5, 23) if is_small else date(2021, 10, 1)
        records.append(
            teller.record(
                human,
                teller.dose(first, "comirnaty", home),
                teller.dose(second, "comirnaty", home),
            )
        )
    wrong = "Nothing is wrong, but six people of the family share this telephone."
    return Story(
        Citizen("One phone for six", humans[0], humans[0].number, wrong), records
    )


def _eaten_zero(teller: _Teller) -> Story:
    human = teller.human(
        "Đỗ Thị Kim Oanh", "F", date(1984, 10, 27), teller.commune(79, 3)
    )
    return _eaten(teller, human, "The number lost its leading zero and has 11 digits.")


def _two_eaten_zeros(teller: _Teller) -> Story:
    human = teller.human("Vũ Đức Thắng", "M", date(1975, 5, 16), teller.commune(1))
    return _eaten(teller, human, "The number lost two leading zeros and has 10 digits.")


def _eaten(teller: _Teller, human: Human, wrong: str) -> Story:
    record = teller.record(
        human,
        teller.dose(date(2021, 9, 8), "vaxzevria", human.commune),
        teller.dose(date(2021, 11, 10), "vaxzevria", human.commune),
    )
    record.numbers = [Number("other", human.number.lstrip("0"))]
    record.population = "bad_format"
    zeros = 12 - len(record.numbers[0].text)
    label = "The zero that a spreadsheet ate" if zeros == 1 else "Two zeros eaten"
    return Story(Citizen(label, human, human.number, wrong), [record])


def _all_right(teller: _Teller) -> Story:
    home = teller.commune(1, 1)
    human = teller.human("Hoàng Thị Lan Chi", "F", date(1995, 12, 24), home)
    record = teller.record(
        human,
        teller.dose(date(2021, 9, 11), "comirnaty", home),
        teller.dose(date(2021, 10, 9), "comirnaty", home),
        teller.dose(date(2022, 2, 19), "comirnaty", home),
    )
    citizen = Citizen("All is right", human, human.number, "Nothing is wrong.")
    return Story(citizen, [record])
