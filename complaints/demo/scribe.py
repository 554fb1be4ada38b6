"""Records turned into rows of text, complaints among them as chance has it.

Runs once per person, so that lines are put together from ready pieces.
"""

from datetime import date
from functools import lru_cache
from itertools import islice
from random import Random

from complaints.demo import people
from complaints.demo.copying import Rows, new_ref, text
from complaints.demo.doses import Dose, moment
from complaints.demo.filing import Office, complain
from complaints.demo.records import Record
from complaints.demo.world import World
from portal.common import crypto

# Who settled what is said of a record; nobody had to be asked about the rest.
_SOURCES = {"matched": "simulator", "mismatched": "simulator", "not_sent": ""}


class Scribe:
    """Turns records into rows; complaints among them as chance has it."""

    def __init__(
        self, rows: Rows, chance: Random, world: World, *, serial: int
    ) -> None:
        self.rows, self.chance, self.world = rows, chance, world
        self._serial = serial
        self._compared_at = text(world.at)
        self._seal = crypto.sealer()
        self._of_number = crypto.digester("national_id")
        self._in_population = crypto.digester("population")
        # Families share a telephone, and come one after the other.
        self._of_phone = lru_cache(16)(crypto.digester("phone"))
        self._office = Office(rows, chance, world, seal=self._seal)
        self._person_keys = rows.keys["registry_person"]
        self._dose_keys = rows.keys["registry_dose"]
        self._people = rows.lines("registry_person").append
        self._documents = rows.lines("registry_identitydocument").append
        self._telephones = rows.lines("registry_telephone").append
        self._doses = rows.lines("registry_dose").append
        self._entries = rows.lines("registry_populationentry").append

    def write(
        self,
        record: Record,
        *,
        ref: str,
        is_second: bool = False,
        may_complain: bool = True,
    ) -> int:
        """Add a person with numbers, telephones and doses; return the key.

        ``is_second``: another record of somebody who is in the population already.
        """
        person = next(self._person_keys)
        keys = list(islice(self._dose_keys, len(record.doses)))
        complaint = complain(self.chance, record, self.world) if may_complain else None
        if complaint:
            begins, matters = complaint
            dose_ids = {
                id(dose): key for dose, key in zip(record.doses, keys, strict=True)
            }
            self._office.file(record, person, dose_ids, begins, matters, self._serial)
            self._serial += 1
            keys = [dose_ids[id(dose)] for dose in record.doses]
        self._person(record, person, ref)
        for dose, key in zip(record.doses, keys, strict=True):
            self.dose(dose, key, None if dose.is_orphan else person)
        if not is_second:
            human = record.human
            self._entries(
                f"\\\\x{self._in_population(human.number).hex()}"
                f"\t{people.spell(human.full_name).key}\t{_iso(human.born_on)}"
                f"\t{human.sex}\n"
            )
        return person

    def _person(self, record: Record, person: int, ref: str) -> None:
        bound = f"person:{person}"
        compared = "\\N" if record.population == "not_sent" else self._compared_at
        self._people(
            f"{person}\t{ref}\t{people.columns(record.full_name)}\t"
            f"{_iso(record.born_on)}\t{record.precision}\t{record.sex}\t"
            f"{record.commune.unit}\t{record.population}\t{compared}\t"
            f"{_SOURCES.get(record.population, 'record')}\t"
            f"{_wrong(record)}\tf\t{record.version}\n"
        )
        for number in record.numbers:
            self._documents(
                f"{person}\t{number.kind}\t\\\\x{self._seal(number.text, bound).hex()}"
                f"\t\\\\x{self._of_number(number.text).hex()}\t{number.source}\t"
                f"{'t' if number.is_current else 'f'}\n"
            )
        for phone in record.phones:
            self._telephones(
                f"{person}\t\\\\x{self._seal(phone, bound).hex()}"
                f"\t\\\\x{self._of_phone(phone).hex()}\tt\n"
            )

    def dose(self, dose: Dose, pk: int, person: int | None) -> None:
        """Add a dose of somebody, or one whose owner is unknown."""
        owner = "\\N" if person is None else person
        lot = "\\N" if dose.lot is None else dose.lot
        self._doses(
            f"{pk}\t{new_ref(self.chance)}\t{owner}\t{_iso(dose.given_on)}\t"
            f"{self.world.products[dose.product]}\t{dose.lot_number}\t{lot}\t"
            f"{dose.site}\t{dose.number}\t{dose.status}\t{dose.source}\t{dose.name}\t"
            f"{moment(dose.typed_in)}\t{dose.version}\n"
        )


# The same few days over and over.
_iso = lru_cache(1 << 16)(date.isoformat)


def _wrong(record: Record) -> str:
    """Return the fields that the population database calls wrong."""
    human = record.human
    if record.population != "mismatched":
        return ""
    if all(number.text != human.number for number in record.numbers):
        return "national_id"
    spelled = people.spell(record.full_name).key, people.spell(human.full_name).key
    sides = {
        "full_name": spelled,
        "born_on": (record.born_on, human.born_on),
        "sex": (record.sex, human.sex),
    }
    return ",".join(
        name for name, (recorded, true) in sides.items() if recorded != true
    )
