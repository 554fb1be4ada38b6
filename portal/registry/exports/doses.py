"""The doses of an organization and of all below it, as a table with their people."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import IO, Final, cast

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.audit import record as audit
from portal.common import crypto, phones
from portal.registry.corrections import born_text
from portal.registry.exports import sheets
from portal.registry.exports.sheets import Cell, Row
from portal.registry.models import Dose, IdentityDocument, Organization, Telephone

CSV, XLSX = "csv", "xlsx"
MEDIA_TYPES: Final = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TOLD_EVERY: Final = 2000
# Measured on invented people.
BYTES_A_ROW: Final = {CSV: 230, XLSX: 125}

HEADER: Final[tuple[Promise, ...]] = (
    _("Dose reference"), _("Full name"), _("Date of birth"), _("Sex"),
    _("Identity number"), _("Telephone"), _("Date of dose"), _("Vaccine"), _("Lot"),
    _("Dose number"), _("Site code"), _("Site"), _("Status of dose"), _("Source"),
)  # fmt: skip


def doses_of(
    organization: Organization, *, first: date, last: date
) -> QuerySet[Dose, Dose]:
    """Return the doses given there and below that may be given out, both days included.

    Those of people who restricted the use of their record are in no file.
    """
    given = Dose.objects.filter(
        site__path__startswith=organization.path, given_on__range=(first, last)
    )
    return given.exclude(person__is_restricted=True)


def table(doses: QuerySet[Dose, Dose]) -> Iterator[Row]:
    """Yield a row a dose in order of days, numbers in clear, read as it goes."""
    number = IdentityDocument.objects.filter(person=OuterRef("person"), is_current=True)
    phone = Telephone.objects.filter(person=OuterRef("person"), is_contact=True)
    rows = (
        doses.order_by("given_on", "pk")
        .annotate(
            number_sealed=Subquery(number.order_by("-pk").values("number_sealed")[:1]),
            phone_sealed=Subquery(phone.values("number_sealed")[:1]),
        )
        .values_list(
            "ref", "name_recorded", "person_id", "person__full_name",
            "person__born_on", "person__born_precision", "person__sex",
            "number_sealed", "phone_sealed", "given_on", "product__name", "lot_number",
            "dose_number", "site__code", "site__name", "status", "source",
        )
    )  # fmt: skip
    for (
        ref, recorded, person, full_name, born_on, precision, sex, number_sealed,
        phone_sealed, *facts,
    ) in rows.iterator(chunk_size=2000):  # fmt: skip
        bound = f"person:{person}"
        yield (
            str(ref),
            full_name or recorded,
            born_text(born_on, precision) if born_on else "",
            sex or "",
            crypto.unseal(number_sealed, bound_to=bound) if number_sealed else "",
            phones.pretty(crypto.unseal(phone_sealed, bound_to=bound))
            if phone_sealed
            else "",
            *cast(list[Cell], facts),
        )


def write(
    into: IO[bytes],
    *,
    organization: Organization,
    first: date,
    last: date,
    form: str,
    by: int | None,
    at: datetime,
    told: Callable[[int], None] | None = None,
) -> int:
    """Write the table as CSV or XLSX and note it in the audit; return how many rows.

    ``told`` is called with the rows so far, every few thousand.
    """
    doses = doses_of(organization, first=first, last=last)
    header = [str(word) for word in HEADER]
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in table(doses):
            count += 1
            yield row
            if told and count % _TOLD_EVERY == 0:
                told(count)

    if form == XLSX:
        sheets.write_xlsx(into, title=organization.code, header=header, rows=counted())
    else:
        for part in sheets.as_csv(header, counted()):
            into.write(part)
    audit.look_up(
        at=at,
        actor="staff" if by else "system",
        actor_id=by,
        person_id=None,
        organization=organization.pk,
        subject="registry.export",
        detail=f"{form} {first}..{last} doses={count}",
    )
    return count


def filename(organization: Organization, *, first: date, last: date, form: str) -> str:
    """Return a name for the file; it names no person."""
    return f"mui-tiem-{organization.code.lower()}-{first}-{last}.{form}"
