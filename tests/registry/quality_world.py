"""The examples of the quality rules, made twice: as facts, and as rows on record.

A small world of its own: sites A to E and N of two provinces, a few lots with what
was delivered of them. Both ways read the same tables below, each in its own manner.
"""

import csv
import shlex
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from complaints.models import Complaint
from portal.common import crypto, names
from portal.registry import corrections, national_id
from portal.registry.management.commands.load_reference import load
from portal.registry.models import (
    Certificate,
    Correction,
    Dose,
    IdentityDocument,
    Lot,
    LotAllocation,
    Person,
    Product,
    Telephone,
    UnitSuccession,
)
from portal.registry.quality import facts
from portal.registry.quality.rules import RULES, lots
from portal.registry.reference.tables import all_tables
from tests.factories import (
    NOON,
    make_organization,
    make_staff,
    make_unit,
    missing_dose,
    sender_for,
    submit,
)

EXAMPLES = Path(__file__).with_name("quality_examples.csv")
TODAY = date(2026, 11, 2)
# Lot: vaccine, expiry as printed.
LOTS = {
    "AZ100": ("vaxzevria", date(2021, 12, 31)),
    "AZ200": ("vaxzevria", date(2022, 12, 31)),
    "PF100": ("comirnaty", date(2021, 10, 31)),
    "MO100": ("spikevax", date(2022, 12, 31)),
}
# (lot, where): when it came, how many doses. TTYT is the centre above site A.
DELIVERED = {
    ("AZ100", "A"): (date(2021, 3, 10), 100),
    ("PF100", "A"): (date(2021, 7, 1), 100),
    ("MO100", "TTYT"): (date(2021, 7, 1), 100),
}
SITES = {
    "A": {},
    "B": {},
    "C": {"opened_on": date(2021, 6, 1), "closed_on": date(2021, 12, 31)},
    "D": {},
    "E": {"province": "N92", "commune": "O31117"},
    "N": {"commune": "N26740"},
    "G": {"commune": "N25741"},
}
REFORM = date(2025, 7, 1)
COMMUNES = {
    "O26740": (date(2008, 1, 1), REFORM),
    "N26740": (REFORM, None),
    "O25741": (date(2008, 1, 1), REFORM),
    "O31117": (date(2008, 1, 1), REFORM),
    "N25741": (REFORM, None),
}
# Province of before the reform: today's, and its communes of then.
BEFORE = {
    "79": ("N79", ["O26740"]),
    "74": ("N79", ["O25741"]),
    "92": ("N92", ["O31117"]),
}
_USUAL_SITE = {
    "province": "N79",
    "commune": "O26740",
    "opened_on": date(2000, 1, 1),
    "closed_on": None,
}


@dataclass(frozen=True)
class Example:
    """A row of the table; ``fires`` is "no", "yes", or the places of doses."""

    rule: str
    example: str
    fires: str
    person: dict
    doses: list
    around: dict

    @property
    def has_form_at_rest(self) -> bool:
        """Tell whether the rule is asked at rest and the example can be on record."""
        rule = RULES[self.rule]
        elsewhere = ("Q49", "Q50", "Q53", "Q54")
        is_asked = rule.sql is not None or self.rule in elsewhere
        return is_asked and "record" not in self.around


def read() -> list[Example]:
    """Return all examples of the table."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return [
            Example(
                row["rule"],
                row["example"],
                row["fires"],
                _person(row["person"]),
                [_dose(text) for text in row["doses"].split(" / ") if text],
                _words(row["around"]),
            )
            for row in csv.DictReader(file)
        ]


def _words(text: str) -> dict:
    found = {}
    for word in shlex.split(text.replace("''", "\u2019")):
        name, _, value = word.partition("=")
        found.setdefault(name, []).append(value.replace("\u2019", "'"))
    return {
        name: values if name == "number" else values[0]
        for name, values in found.items()
    }


def _person(text: str) -> dict:
    usual = {"name": "Nguyễn Thị Thử", "born": "1958-03-08", "sex": "F"}
    return {**usual, "number": [], "phone": "", "population": "", **_words(text)}


def _dose(text: str) -> dict:
    day, product, *rest = text.split(" ", 2)
    return {"day": date.fromisoformat(day), "product": product, **_words("".join(rest))}


def born(text: str) -> tuple[date, str]:
    """Return a birth date and how far it is known."""
    precision = {4: "year", 7: "month", 10: "day"}[len(text)]
    return date.fromisoformat(f"{text}-01-01"[:10]), precision


def recorded_at(dose: dict) -> datetime:
    """Return when a dose was typed in: at noon of its day unless said otherwise."""
    day = date.fromisoformat(dose.get("recorded", dose["day"].isoformat()))
    hour = int(dose.get("hour", 12))
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
        hours=hour - 7
    )


# Read once: the units and sites beside them are ten thousand rows each.
OF_PRODUCTS = [
    table
    for table in all_tables()
    if table.name in ("registry_product", "registry_productalias", "registry_threshold")
]


def products() -> dict[str, dict]:
    """Return the vaccines of the reference data by code."""
    table = next(t for t in OF_PRODUCTS if t.name == "registry_product")
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return {row["code"]: row for row in rows}


PRODUCTS = products()


# As facts.


def record(example: Example) -> facts.Record:
    """Return the example as the facts of a single record."""
    person, around = example.person, example.around
    born_on, precision = born(person["born"])
    made = facts.Record(
        person=facts.Person(
            full_name=person["name"],
            born_on=born_on,
            born_precision=precision,
            sex=person["sex"],
            numbers=tuple(person["number"]),
            number_shared_by=int(around.get("number_shared", 1)),
            phone=person["phone"],
            phone_shared_by=int(around.get("phone_shared", 1)),
            population=person["population"],
            died_on=_day(person.get("died")),
        ),
        doses=tuple(_facts_of(dose, around) for dose in example.doses),
        fits=int(around["fits"]) if "fits" in around else None,
    )
    if "site_people" in around:
        births = facts.Births(
            people=int(around["site_people"]), on_round_days=int(around["round"])
        )
        made = replace(made, births=births)
    if "claimed" in around:
        matter = facts.Matter(
            claimed_on=_day(around["claimed"]), alike=int(around.get("alike", 1))
        )
        made = replace(made, matter=matter)
    return made


def _facts_of(dose: dict, around: dict) -> facts.Dose:
    product = PRODUCTS[dose["product"]]
    site = SITES[dose.get("site", "A")]
    about = {**_USUAL_SITE, **site}
    unit_from, unit_to = COMMUNES[about["commune"]]
    number = dose.get("lot", "")
    arrivals = [
        day
        for (lot, _), (day, _) in DELIVERED.items()
        if LOTS[lot][0] == dose["product"] and about["province"] == "N79"
    ]
    session = None
    if "session" in around:
        size = int(around["session"])
        births = int(around.get("births", size))
        session = facts.Session(
            doses=size,
            on_lot=size,
            births=births,
            people=size,
            numbers=int(around.get("numbers", size)),
            lots=1,
            products=int(around.get("products", 1)),
            drawn=int(around["drawn"]) if "drawn" in around else None,
        )
    return facts.Dose(
        given_on=dose["day"],
        product=facts.Product(
            code=dose["product"],
            primary_doses=product["primary_doses"],
            approved_on=_day(product["approved_on"]),
        ),
        lot_number=number,
        lot=_lot(number, dose.get("site", "A"), around) if number else None,
        site=facts.Site(
            code=dose.get("site", "A"),
            province=about["province"],
            province_before=_province_before(about),
            province_from=REFORM,
            opened_on=about["opened_on"],
            closed_on=about["closed_on"],
            unit_from=unit_from,
            unit_to=unit_to,
            session_held=False if dose.get("session") == "no" else None,
        ),
        number=int(dose["no"]) if "no" in dose else None,
        kind=dose.get("kind", ""),
        source=dose.get("source", "service"),
        recorded_at=recorded_at(dose),
        entries_in_hour=int(dose["entries"]) if "entries" in dose else None,
        first_arrival_on=min(arrivals, default=None),
        session=session,
        is_signed=dose.get("signed") == "yes",
        version=int(dose.get("version", 1)),
        certified_version=int(dose["certified"]) if "certified" in dose else None,
    )


def _province_before(about: dict) -> str:
    """Return the province in which a site lay before the reform."""
    then = about["commune"].replace("N", "O")
    return next(code for code, (_, communes) in BEFORE.items() if then in communes)


def _lot(number: str, site: str, around: dict) -> facts.Lot:
    match, found = lots.match(number, {lots.alike(lot): lot for lot in LOTS})
    product, expires_on = LOTS.get(found, ("", None))
    above = (site, "TTYT") if site == "A" else (site,)
    came = [DELIVERED[found, place] for place in above if (found, place) in DELIVERED]
    return facts.Lot(
        match=match,
        product=product,
        expires_on=expires_on,
        has_stock_book=any(place in above for _, place in DELIVERED),
        arrived_on=min((day for day, _ in came), default=None),
        given=int(around["lot_given"]) if "lot_given" in around else None,
        delivered=came[0][1] if came else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# As rows.


def _succeed(old, new) -> None:
    UnitSuccession.objects.create(old=old, new=new, is_default=True, valid_from=REFORM)


class Place:
    """The world's sites, lots and limits on record."""

    def __init__(self) -> None:
        self.provinces = {
            code: make_unit(code, name=f"Tỉnh {code}", valid_from=REFORM)
            for code in ("N79", "N92")
        }
        before = {
            code: make_unit(
                code,
                name=f"Tỉnh {code}",
                epoch="old",
                valid_from=date(2008, 1, 1),
                valid_to=REFORM,
            )
            for code in BEFORE
        }
        for code, (today, _) in BEFORE.items():
            _succeed(before[code], self.provinces[today])
        for table in OF_PRODUCTS:
            load(table)
        communes = {
            code: make_unit(
                code,
                name=f"Phường {code}",
                parent=self.provinces["N79"]
                if code.startswith("N")
                else next(before[b] for b, (_, then) in BEFORE.items() if code in then),
                epoch="new" if code.startswith("N") else "old",
                valid_from=begins,
                valid_to=ends,
            )
            for code, (begins, ends) in COMMUNES.items()
        }
        for code in ("26740", "25741"):
            _succeed(communes[f"O{code}"], communes[f"N{code}"])
        department = make_organization(
            "SYT", kind="health_department", province=self.provinces["N79"]
        )
        centre = make_organization(
            "TTYT",
            kind="district_centre",
            parent=department,
            province=self.provinces["N79"],
        )
        self.sites = {"TTYT": centre}
        for code, about in SITES.items():
            about = {**_USUAL_SITE, **about}
            self.sites[code] = make_organization(
                code,
                parent=centre if code == "A" else department,
                province=self.provinces[about.pop("province")],
                commune=communes[about.pop("commune")],
                **about,
            )
        self.products = {p.code: p for p in Product.objects.all()}
        self.lots = {
            number: Lot.objects.create(
                number=number, product=self.products[product], expires_on=expires_on
            )
            for number, (product, expires_on) in LOTS.items()
        }
        for (lot, site), (day, doses) in DELIVERED.items():
            LotAllocation.objects.create(
                lot=self.lots[lot],
                organization=self.sites[site],
                received_on=day,
                doses=doses,
            )

    def put(self, example: Example) -> tuple[Person, list[Dose], Complaint | None]:
        """Put an example on record."""
        person = self.person(example.person)
        with corrections.writing("imports"):
            doses = [self.dose(person, dose) for dose in example.doses]
        around = example.around
        self._share(example)
        if "lot_given" in around:
            self._crowd(example, int(around["lot_given"]), births=0, spread=1)
        if "session" in around:
            self._crowd(
                example,
                int(around["session"]),
                births=int(around.get("births", 0)),
                numbers=int(around.get("numbers", 0)),
                products=int(around.get("products", 1)),
            )
        if "site_people" in around:
            self._visitors(example)
        return person, doses, self._complaints(example, person)

    def person(self, about: dict) -> Person:
        """Put somebody on record as a careless import would."""
        born_on, precision = born(about["born"])
        with corrections.writing("imports"):
            person = Person.objects.create(
                full_name=about["name"],
                name_key=names.tone_key(about["name"]),
                name_folded=names.fold(about["name"]),
                sort_key=names.person_sort_key(about["name"]),
                born_on=born_on,
                born_precision=precision,
                sex=about["sex"],
                population=about.get("population") or Person.Population.NOT_SENT,
            )
            for number in about["number"]:
                self.number(person, number)
            if about["phone"]:
                self.phone(person, about["phone"])
        return person

    def number(self, person: Person, number: str) -> None:
        """Give somebody an identity number."""
        canonical = national_id.read(number).canonical or number
        IdentityDocument.objects.create(
            person=person,
            kind=national_id.read(number).kind,
            number_sealed=crypto.seal(number, bound_to=f"person:{person.pk}"),
            number_digest=crypto.digest("national_id", canonical),
            source="import",
        )

    def phone(self, person: Person, phone: str) -> None:
        """Give somebody a telephone."""
        Telephone.objects.create(
            person=person,
            number_sealed=crypto.seal(phone, bound_to=f"person:{person.pk}"),
            number_digest=crypto.digest("phone", phone),
        )

    def dose(self, person: Person | None, about: dict) -> Dose:
        """Put a dose on record, as an import would."""
        number = about.get("lot", "")
        dose = Dose.objects.create(
            person=person,
            given_on=about["day"],
            product=self.products[about["product"]],
            lot_number=number,
            lot=self.lots.get(number),
            site=self.sites[about.get("site", "A")],
            dose_number=int(about["no"]) if "no" in about else None,
            source=about.get("source", "service"),
            recorded_at=recorded_at(about),
        )
        if "entries" in about:
            self._enter(dose, int(about["entries"]))
        if "signed" in about or "certified" in about:
            self._certify(dose, about)
        return dose

    def _certify(self, dose: Dose, about: dict) -> None:
        """Let a certificate tell of a dose, in doubt since the person was changed.

        It was issued at noon of some day; each version of the dose is a correction, an
        hour later each, and the certificate is younger than those it knows of.
        """
        known = int(about.get("certified", about.get("version", 1)))
        hour = timedelta(hours=1)
        sealed = crypto.seal("{}", bound_to="nothing")
        for version in range(1, int(about.get("version", 1))):
            Correction.objects.create(
                target="dose",
                target_id=dose.pk,
                version_before=version,
                operation="change",
                before_sealed=sealed,
                after_sealed=sealed,
                reason="complaint",
                reason_ref="test",
                applied_at=NOON + version * hour,
            )
        assert dose.person is not None
        ref = uuid.uuid4()
        Certificate.objects.create(
            ref=ref,
            person=dose.person,
            dose=dose,
            identifier=f"URN:UVCI:01:VN:{ref.hex.upper()}",
            revocation=b"x" * 16,
            text_sealed=sealed,
            issued_at=NOON + (known - 1) * hour + timedelta(minutes=1),
            expires_at=NOON + timedelta(days=365),
            doubted=True,
        )

    def _enter(self, dose: Dose, entries: int) -> None:
        """Let an account of its own have entered so many doses, this one the last."""
        account = make_staff(self.sites["A"])
        sealed = crypto.seal("{}", bound_to="nothing")
        first = 10**12 + dose.pk * 1_000
        Correction.objects.bulk_create(
            Correction(
                target="dose",
                target_id=dose.pk if n == entries else first + n,
                version_before=0,
                operation="add",
                before_sealed=sealed,
                after_sealed=sealed,
                reason="complaint",
                reason_ref="test",
                proposed_by=account,
                applied_at=dose.recorded_at,
            )
            for n in range(1, entries + 1)
        )

    def _share(self, example: Example) -> None:
        plain = {"name": "Trần Văn Khác", "born": "1990-05-06", "sex": "M"}
        for _ in range(int(example.around.get("number_shared", 1)) - 1):
            self.person({**plain, "number": example.person["number"], "phone": ""})
        for _ in range(int(example.around.get("phone_shared", 1)) - 1):
            self.person({**plain, "number": [], "phone": example.person["phone"]})

    def _crowd(
        self,
        example: Example,
        size: int,
        *,
        births: int,
        numbers=0,
        products=1,
        spread=0,
    ) -> None:
        """Add doses like the example's until there are so many.

        ``births`` and ``numbers``: how many different ones their people share; without
        births they are orphans. ``spread``: put them on the days after.
        """
        about = example.doses[0]
        people = [
            self.person(
                {
                    "name": f"Trần Văn {'Khác' * (1 + n % 3)}",
                    "born": self._birth(example, n % births),
                    "sex": "M",
                    "number": [f"07905800000{n % numbers}"] if numbers else [],
                    "phone": "",
                }
            )
            if births
            else None
            for n in range(1, size)
        ]
        with corrections.writing("imports"):
            for n, person in enumerate(people, start=1):
                product = "comirnaty" if products > 1 and n % 2 else about["product"]
                day = about["day"] + timedelta(days=n % 50 * spread)
                self.dose(person, {**about, "product": product, "day": day})
            if numbers:
                first = Dose.objects.order_by("pk").first().person
                self.number(first, "079058000000")

    def _birth(self, example: Example, n: int) -> str:
        first = date.fromisoformat(example.person["born"])
        return (first + timedelta(days=40 * n)).isoformat()

    def _visitors(self, example: Example) -> None:
        about = example.doses[0]
        people, on_round_days = (
            int(example.around[name]) for name in ("site_people", "round")
        )
        for n in range(people - 1):
            born_on = "1980-01-01" if n < on_round_days else "1980-02-03"
            person = self.person(
                {"name": "Trần Văn Khác", "born": born_on, "sex": "M", "number": []}
                | {"phone": ""}
            )
            with corrections.writing("imports"):
                self.dose(person, {**about, "day": about["day"] + timedelta(days=n)})

    def _complaints(self, example: Example, person: Person) -> Complaint | None:
        if "claimed" not in example.around:
            return None
        found = None
        for n in range(int(example.around.get("alike", 1))):
            sender = sender_for(person) if n == 0 else sender_for(full_name=f"Ai {n}")
            submitted = submit(
                missing_dose(
                    self.sites["A"],
                    given_on=example.around["claimed"],
                    product="vaxzevria",
                ),
                sender=sender,
                key=uuid.uuid4(),
                at=NOON,
            )
            found = found or submitted.submission.complaints.get()
        return found
