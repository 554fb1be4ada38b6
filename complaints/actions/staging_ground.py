"""Invented people and what surrounds their doses, put on the real registry for a while.

What the measurement holds in memory (``rules.selfcorrection.labelled``) stands here in
rows: sites, lots that came there, what others had on the same days. The caller's
transaction is rolled back.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from complaints.rules.selfcorrection.facts import Dose as Told
from complaints.rules.selfcorrection.labelled.measurement import Sessions
from complaints.rules.selfcorrection.labelled.world import World
from complaints.rules.selfcorrection.labelled.written import Written
from portal.common import names
from portal.registry import corrections
from portal.registry.corrections import Warrant
from portal.registry.models import (
    Dose,
    Lot,
    LotAllocation,
    Organization,
    Person,
    Product,
)

_WARRANT = Warrant("import", "rehearsal")
# Others of a day and lot that are put on record: the rules count to nineteen for one.
_MOST_OTHERS = 40


@dataclass
class Placed:
    """Somebody on record; ``keys``: the key of a dose in the world -> on record."""

    person: Person
    keys: dict[int, int] = field(default_factory=dict)

    @property
    def told(self) -> dict[int, int]:
        """Return the way back: the key on record -> in the world."""
        return {ours: theirs for theirs, ours in self.keys.items()}


class Ground:
    """Sites and lots of a world, written down as they are needed."""

    def __init__(self, world: World, records: list[Written]) -> None:
        self._world = world
        self._sessions = Sessions(records)
        self._sites: dict[str, Organization] = {}
        self._lots: dict[str, Lot] = {}
        self._sent: set[tuple[str, str]] = set()
        self._held: Counter[tuple[str, date, str, str]] = Counter()

    def put(self, record: Written, *, at: datetime) -> Placed:
        """Put somebody on record with all doses, and what others had beside them.

        Raise ``corrections.CannotCorrect`` where a number cannot be recorded.
        """
        facts = {
            "full_name": record.full_name,
            "born_on": record.born_on,
            "sex": record.sex,
            "national_id": record.national_id,
        }
        if record.new_phone:
            facts["phone"] = record.phone
        person, _added = corrections.add_person(facts, warrant=_WARRANT, at=at)
        placed = Placed(person)
        with corrections.writing("imports"):
            # As old loads left it: what is typed in today is tidied at once.
            Person.objects.filter(pk=person.pk).update(full_name=record.full_name)
            person.full_name = record.full_name
            begun = at - timedelta(days=len(record.doses))
            for n, dose in enumerate(record.doses):
                placed.keys[dose.key] = self._dose(
                    dose, person, begun + timedelta(days=n)
                ).pk
            for orphan in record.orphans:
                placed.keys[orphan.key] = Dose.objects.create(
                    given_on=orphan.given_on,
                    product=self._product(orphan.product),
                    lot_number=orphan.lot,
                    site=self.site(orphan.site),
                    name_recorded=orphan.name,
                    recorded_at=begun,
                ).pk
            self._others(record, begun)
        return placed

    def site(self, code: str) -> Organization:
        """Return the site of the world, opened under the root where it is not there."""
        if code not in self._sites:
            root = Organization.objects.get(parent=None)
            name = f"Trạm Y tế {code}"
            self._sites[code] = Organization.objects.create(
                code=f"X-{code}",
                kind=Organization.Kind.HEALTH_STATION,
                name=name,
                folded=names.fold(name),
                sort_key=names.sort_key(name),
                parent=root,
                path=f"{root.path}x-{code.lower()}/",
                gives_doses=True,
                opened_on=date(2000, 1, 1),
            )
        return self._sites[code]

    def _dose(self, dose: Told, person: Person, at: datetime) -> Dose:
        is_by_hand = dose.entry == "service"
        return Dose.objects.create(
            person=person,
            given_on=dose.given_on,
            product=self._product(dose.product),
            lot_number=dose.lot,
            lot=self._lot(dose.lot),
            site=self.site(dose.site),
            dose_number=dose.number,
            source=Dose.Source.SERVICE if is_by_hand else Dose.Source.UPLOAD,
            name_recorded=dose.name,
            recorded_at=at,
        )

    def _others(self, record: Written, at: datetime) -> None:
        """Put on record what others had on these days, or of these lots, there."""
        wanted: dict[tuple[str, date, str, str], int] = {}
        for dose in record.doses:
            held = self._sessions.others(dose.site, dose.given_on, record)
            for (lot, product), n in held.items():
                wanted[dose.site, dose.given_on, lot, product] = n
            if held or dose.lot not in self._world.lots:
                continue
            product = self._world.lots[dose.lot].product
            for day, n in self._sessions.days(dose.site, dose.lot, record).items():
                wanted[dose.site, day, dose.lot, product] = n
        # Those who were put there for somebody before are there still.
        Dose.objects.bulk_create(
            Dose(
                given_on=day,
                product=self._product(product),
                lot_number=lot,
                lot=self._lot(lot),
                site=self.site(site),
                name_recorded=f"NGUOI KHAC {nth}",
                recorded_at=at,
            )
            for (site, day, lot, product), n in wanted.items()
            for nth in range(self._held[site, day, lot, product], min(n, _MOST_OTHERS))
        )
        for key, n in wanted.items():
            self._held[key] = max(self._held[key], min(n, _MOST_OTHERS))
        self._deliver({(site, lot) for site, _day, lot, _product in wanted})

    def _deliver(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Let lots have come to sites as the world's ledger says."""
        for site, lot in pairs:
            stock = self._world.lots.get(lot)
            if stock is None or site not in stock.sites or (site, lot) in self._sent:
                continue
            row = self._lot(lot)
            assert row is not None
            LotAllocation.objects.create(
                lot=row,
                organization=self.site(site),
                received_on=stock.sites[site],
                doses=1_000,
            )
            self._sent.add((site, lot))

    def _product(self, code: str) -> Product:
        made, _created = Product.objects.get_or_create(
            code=code, defaults={"name": code.title(), "maker": "X"}
        )
        return made

    def _lot(self, number: str) -> Lot | None:
        stock = self._world.lots.get(number)
        if stock is None:
            return None
        if number not in self._lots:
            self._lots[number], _created = Lot.objects.get_or_create(
                number=number, defaults={"product": self._product(stock.product)}
            )
        return self._lots[number]
