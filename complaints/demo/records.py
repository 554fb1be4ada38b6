"""What the registry holds of somebody, with the mistakes of the true registry.

Of 76.6 million people sent to the population database 51.5 million matched, 19.0 were
wrong, 2.6 not yet compared and 3.5 without a usable number (March 2022). How the wrong
ones divide among number, name, birth date and sex is our own guess.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from complaints.choices import Kind
from complaints.demo import doses as campaign
from complaints.demo.doses import Dose
from complaints.demo.people import Human, new_cmnd, slip
from complaints.demo.world import Commune, World

MISMATCHED, NOT_SENT, NO_NUMBER = 19.0 / 76.6, 2.6 / 76.6, 3.5 / 76.6
SPLIT = 0.01
_WRONG = (("number", 38), ("name", 30), ("born", 27), ("sex", 5))


class Number(NamedTuple):
    """An identity number as recorded, and what kind it is."""

    kind: str
    text: str
    is_current: bool = True
    source: str = "service"


class Flaw(NamedTuple):
    """Something that is wrong, as a complaint would say it.

    ``facts``: field -> (recorded, claimed) as canonical text. ``dose`` is the recorded
    one, ``given`` what was truly given where nothing is recorded.
    """

    kind: str
    facts: dict[str, tuple[str, str]]
    dose: Dose | None = None
    given: Dose | None = None


@dataclass(slots=True)
class Record:
    """A row of the registry to be: a person with numbers, telephone and doses."""

    human: Human
    commune: Commune
    full_name: str
    born_on: date
    sex: str
    precision: str = "day"
    numbers: list[Number] = field(default_factory=list)
    population: str = "matched"
    version: int = 1
    doses: list[Dose] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)


def write_down(chance: Random, human: Human, world: World) -> list[Record]:
    """Return the record of somebody, or the two records into which it was split."""
    commune = world.communes[human.commune]
    record = Record(
        human, commune, human.full_name, human.born_on, human.sex, phones=[human.phone]
    )
    _identify(chance, record)
    for given in campaign.given(chance, human, commune, world):
        _write_dose(chance, record, given, world)
    if len(record.doses) > 1 and chance.random() < SPLIT:
        return [record, _split(chance, record)]
    return [record]


def _write_dose(chance: Random, record: Record, given: Dose, world: World) -> None:
    given.name = record.full_name
    given.typed_in += campaign.after_noon(chance)
    draw = chance.random()
    if draw >= campaign.SPOILED:
        record.doses.append(given)
        return
    truth = (given.given_on, given.product, given.lot_number, given.site)
    fate, written = campaign.spoil(chance, draw, given, record.commune, world)
    record.doses += written
    if fate in ("never_entered", "orphan"):
        facts = {
            "given_on": ("", given.given_on.isoformat()),
            "product": ("", given.product),
            "site": ("", world.codes[given.site]),
            "dose_number": ("", str(given.number)),
        }
        record.flaws.append(Flaw(Kind.MISSING_DOSE, facts, given=given.copy()))
    elif fate == "doubled":
        facts = {"dose": ("", "void")}
        record.flaws.append(Flaw(Kind.DOUBLED_DOSE, facts, dose=written[1]))
    elif fate:
        record.flaws.append(_wrong_dose(given, truth, world))


def _wrong_dose(dose: Dose, truth: tuple[date, str, str, int], world: World) -> Flaw:
    given_on, product, lot, site = truth
    facts = {
        "given_on": (dose.given_on.isoformat(), given_on.isoformat()),
        "product": (dose.product, product),
        "lot": (dose.lot_number, lot),
        "site": (world.codes[dose.site], world.codes[site]),
    }
    facts = {name: sides for name, sides in facts.items() if sides[0] != sides[1]}
    return Flaw(Kind.WRONG_DOSE, facts, dose=dose)


def _identify(chance: Random, record: Record) -> None:
    """Write down number, name, birth date and sex, right or wrong."""
    draw = chance.random()
    human = record.human
    right = Number("pin12", human.number)
    record.numbers = [right]
    if draw < MISMATCHED:
        record.population = "mismatched"
        left = chance.random() * 100
        what = next(
            w for w, share in _WRONG if (left := left - share) < 0 or w == "sex"
        )
        _SPOILERS[what](chance, record)
    elif draw < MISMATCHED + NOT_SENT:
        record.population = "not_sent"
    elif draw < MISMATCHED + NOT_SENT + NO_NUMBER:
        _lose_number(chance, record)


def _wrong_number(chance: Random, record: Record) -> None:
    right = record.human.number
    if chance.random() < 0.4:
        wrong = Number("cmnd9", new_cmnd(chance))
    else:
        at = 6 + int(chance.random() * 6)
        other = str((int(right[at]) + 1 + int(chance.random() * 9)) % 10)
        wrong = Number("pin12", f"{right[:at]}{other}{right[at + 1 :]}")
    if wrong.text == right:
        wrong = Number("cmnd9", new_cmnd(chance))
    record.numbers = [wrong]
    _claim(record, "national_id", wrong.text, right)


def _wrong_name(chance: Random, record: Record) -> None:
    record.full_name = slip(chance, record.human.full_name)
    _claim(record, "full_name", record.full_name, record.human.full_name)


def _wrong_birth(chance: Random, record: Record) -> None:
    born = record.human.born_on
    draw = chance.random()
    if draw < 0.4 and born.day <= 12 and born.day != born.month:
        record.born_on = date(born.year, born.day, born.month)
    elif draw < 0.75 and (born.month, born.day) != (1, 1):
        record.born_on = date(born.year, 1, 1)
        record.precision = "year" if draw < 0.55 else "day"
    else:
        record.born_on = born + timedelta(days=10 if born.day < 15 else -10)
    recorded = record.born_on.isoformat()
    if record.precision == "year":
        recorded = recorded[:4]
        # Compared as far as it is known, and so far it is right.
        record.population = "matched"
    _claim(record, "born_on", recorded, born.isoformat())


def _wrong_sex(chance: Random, record: Record) -> None:
    record.sex = "F" if record.human.sex == "M" else "M"
    _claim(record, "sex", record.sex, record.human.sex)


_SPOILERS = {
    "number": _wrong_number,
    "name": _wrong_name,
    "born": _wrong_birth,
    "sex": _wrong_sex,
}


def _lose_number(chance: Random, record: Record) -> None:
    """Take the number away, or let a spreadsheet eat its leading zeros."""
    right = record.human.number
    if chance.random() < 0.4:
        record.population, record.numbers = "no_number", []
        _claim(record, "national_id", "", right)
        return
    record.population = "bad_format"
    eaten = right.lstrip("0")
    record.numbers = [Number("other", eaten if eaten != right else right[:11])]
    _claim(record, "national_id", record.numbers[0].text, right)


def _claim(record: Record, name: str, recorded: str, claimed: str) -> None:
    record.flaws.append(Flaw(Kind.WRONG_PERSON, {name: (recorded, claimed)}))


def _split(chance: Random, record: Record) -> Record:
    """Return the second record: one dose under a misspelt name and the old number."""
    dose = record.doses.pop(0)
    record.flaws = [flaw for flaw in record.flaws if flaw.dose is not dose]
    dose.name = slip(chance, record.human.full_name)
    return Record(
        record.human,
        record.commune,
        dose.name,
        record.human.born_on,
        record.human.sex,
        numbers=[Number("cmnd9", new_cmnd(chance))],
        population="mismatched",
        doses=[dose],
        phones=list(record.phones),
    )
