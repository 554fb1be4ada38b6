"""Asking the quality rules about rows that would become doses.

What a rule of severity E finds stops the row; what one of severity W finds stands
beside it. Asked are the rules about one person and their doses; those about a whole
session, a register of stock or an account need what a row does not know.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from portal.registry.imports.owners import partial_date
from portal.registry.imports.rows import Reason, Values
from portal.registry.models import (
    AdministrativeUnit,
    Dose,
    Lot,
    Organization,
    Person,
    Product,
)
from portal.registry.quality import facts, thresholds
from portal.registry.quality.check import check
from portal.registry.quality.limits import Limits
from portal.registry.quality.rule import Severity
from portal.registry.quality.rules import lots

Epoch = AdministrativeUnit.Epoch
# Left out: Q01 and Q02, which judging says in its own words before; Q45, as every list
# is late; Q30 to Q36, Q41 and Q42, which the reader says with the cell; Q17 and Q52,
# which are verdicts of their own.
OF_DOSES: Final = (
    *("Q04", "Q05", "Q07", "Q08", "Q09", "Q10", "Q12", "Q13", "Q14", "Q16", "Q18"),
    *("Q19", "Q20", "Q21", "Q22", "Q23", "Q24", "Q25", "Q43", "Q44"),
)
OF_NEWCOMERS: Final = ("Q29", "Q38", "Q40")
# What the reader or judging said of a row already.
SAID: Final = {"lot_of_other": "Q23", "number_repeats": "Q14"}
# Deliveries to the site or to who hands them on to it, as the rules at rest see them.
_ARRIVALS: Final = """
WITH RECURSIVE above (id, step) AS (
  SELECT %(site)s::bigint, 0
  UNION ALL
  SELECT o.parent_id, a.step + 1 FROM above a
  JOIN registry_organization o ON o.id = a.id
  JOIN registry_organization p ON p.id = o.parent_id
  WHERE p.kind IN ('district_centre', 'hospital', 'health_station') AND a.step < 8
)
SELECT t.number, min(l.received_on) FROM above a
JOIN registry_lotallocation l ON l.organization_id = a.id
JOIN registry_lot t ON t.id = l.lot_id GROUP BY t.number
"""


@dataclass(frozen=True)
class Known:
    """What the registry knows that rules compare a row with; read once for many."""

    limits: Limits
    products: dict[str, facts.Product]
    lots: dict[str, tuple[str, date | None]]
    by_look: dict[str, str]
    site: facts.Site
    arrivals: dict[str, date]

    @classmethod
    def read(cls, site: int | None) -> "Known":
        """Read limits, products, lots, and the site with its deliveries."""
        known = {
            number: (product, expires_on)
            for number, product, expires_on in Lot.objects.values_list(
                "number", "product__code", "expires_on"
            )
        }
        return cls(
            limits=thresholds.load(),
            products={
                code: facts.Product(
                    code=code, primary_doses=primary, approved_on=approved
                )
                for code, primary, approved in Product.objects.values_list(
                    "code", "primary_doses", "approved_on"
                )
            },
            lots=known,
            by_look={lots.alike(number): number for number in known},
            site=_site(site),
            arrivals=_arrivals(site),
        )

    def faults(
        self,
        values: Values,
        recorded: Sequence[Dose],
        *,
        is_newcomer: bool,
        said: Collection[str],
        on: date,
    ) -> tuple[tuple[Reason, ...], bool]:
        """Return what the rules find because of a row, and whether it stops the row.

        ``recorded``: the doses of the row's owner. ``said``: codes of what the reader
        said of the row. Nothing where no limits are loaded. Raise NoLimit where the
        table has a hole.
        """
        if self.limits.is_empty:
            return (), False
        known = {SAID[code] for code in said if code in SAID}
        rules = [code for code in OF_DOSES if code not in known]
        before = tuple(self._recorded(dose) for dose in recorded)
        person = _person(values)
        record = facts.Record(person=person, doses=(*before, self._row(values)))
        found = check(record, limits=self.limits, today=on, rules=rules)
        if before:
            # What was wrong on the record is no fault of the row.
            old = facts.Record(person=person, doses=before)
            standing = {
                (fault.rule, fault.dose)
                for fault in check(old, limits=self.limits, today=on, rules=rules)
            }
            found = [f for f in found if (f.rule, f.dose) not in standing]
        if is_newcomer:
            found += check(record, limits=self.limits, today=on, rules=OF_NEWCOMERS)
        told = [fault for fault in found if fault.severity != Severity.INFORMATION]
        reasons = (Reason(f.rule, detail=_detail(f.detail)) for f in told)
        return (
            tuple(dict.fromkeys(reasons)),
            any(fault.severity == Severity.ERROR for fault in told),
        )

    def _row(self, values: Values) -> facts.Dose:
        assert values.given_on is not None  # judging asks about whole rows only
        return facts.Dose(
            given_on=values.given_on,
            product=self.products[values.product or ""],
            lot_number=values.lot,
            lot=self._lot(values.lot) if values.lot else None,
            site=self.site,
            number=values.dose_number,
            source=Dose.Source.UPLOAD.value,
        )

    def _recorded(self, dose: Dose) -> facts.Dose:
        return facts.Dose(
            given_on=dose.given_on,
            product=self.products[dose.product.code],
            lot_number=dose.lot_number,
            number=dose.dose_number,
            source=dose.source,
            recorded_at=dose.recorded_at,
        )

    def dose(self, dose: Dose) -> facts.Dose:
        """Return a dose on record as the rules read it, with its lot and site."""
        return replace(
            self._recorded(dose),
            lot=self._lot(dose.lot_number) if dose.lot_number else None,
            site=self.site,
        )

    def _lot(self, number: str) -> facts.Lot:
        match, found = lots.match(number, self.by_look)
        product, expires_on = self.lots.get(found, ("", None))
        return facts.Lot(
            match=match,
            product=product,
            expires_on=expires_on,
            has_stock_book=bool(self.arrivals) if self.site.code else None,
            arrived_on=self.arrivals.get(found),
        )


def on_record(person_id: int, *, on: date) -> set[tuple[str, int]]:
    """Return what the rules find on somebody's record: rule, and the dose's key.

    Told is what is an error or a warning. Nothing where no limits are loaded.
    """
    known = Known.read(None)
    if known.limits.is_empty:
        return set()
    person = Person.objects.get(pk=person_id)
    doses = list(
        person.doses.filter(status=Dose.Status.COMPLETED)
        .select_related("product")
        .order_by("recorded_at", "pk")
    )
    at_site = {
        pk: replace(known, site=_site(pk), arrivals=_arrivals(pk))
        for pk in {dose.site_id for dose in doses}
    }
    record = facts.Record(
        person=facts.Person(
            full_name=person.full_name,
            born_on=person.born_on,
            born_precision=person.born_precision,
            sex=person.sex,
        ),
        doses=tuple(at_site[dose.site_id].dose(dose) for dose in doses),
    )
    rules = ("Q01", "Q02", "Q17", *OF_DOSES)
    return {
        (fault.rule, doses[fault.dose].pk if fault.dose is not None else 0)
        for fault in check(record, limits=known.limits, today=on, rules=rules)
        if fault.severity != Severity.INFORMATION
    }


def _site(pk: int | None) -> facts.Site:
    if pk is None:
        return facts.Site()
    site = Organization.objects.select_related("commune", "province").get(pk=pk)
    is_new = site.province is not None and site.province.epoch == Epoch.NEW
    return facts.Site(
        code=site.code,
        province=site.province.code if site.province else "",
        province_before=_province_before(site),
        province_from=site.province.valid_from if site.province and is_new else None,
        opened_on=site.opened_on,
        closed_on=site.closed_on,
        unit_from=site.commune.valid_from if site.commune else None,
        unit_to=site.commune.valid_to if site.commune else None,
    )


def _province_before(site: Organization) -> str:
    """Return the province of before the last reform, where its communes lay in one."""
    old = AdministrativeUnit.objects.filter(epoch=Epoch.OLD)
    units = old.filter(
        Q(pk__in=[site.commune_id])
        | Q(successions__new__in=[site.commune_id or site.province_id])
    )
    codes = {path.split("/")[1] for path in units.values_list("path", flat=True)}
    return codes.pop() if len(codes) == 1 else ""


def _arrivals(site: int | None) -> dict[str, date]:
    if site is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, {"site": site})
        return dict(cursor.fetchall())


def _person(values: Values) -> facts.Person:
    born = partial_date(values.born_on)
    return facts.Person(
        full_name=values.full_name,
        born_on=born.first() if born else None,
        born_precision=born.precision if born else "day",
        sex=values.sex or "",
        # Passports and cards of other countries have no form of ours.
        numbers=(values.id_number,) if values.id_kind in ("pin12", "cmnd9") else (),
        phone=next(iter(values.phones), ""),
    )


def _detail(detail: Any) -> str:
    """Return the figures of a finding, for the contract: "days=12 least=21"."""
    return " ".join(f"{name}={value}" for name, value in detail.items())


def codes(reasons: Iterable[Reason]) -> frozenset[str]:
    """Return the codes of reasons."""
    return frozenset(reason.code for reason in reasons)
