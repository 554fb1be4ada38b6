"""Q21 to Q27: the lot number, and the lot's way to the site."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from portal.registry.quality.rule import (
    YES,
    Case,
    Detail,
    Owner,
    Severity,
    Sql,
    Subject,
    rule,
)

_LOOK_ALIKES: Final = str.maketrans("OI", "01")
_ELSEWHERE: Final = ("foreign", "trial")
_RECORDED: Final = ("service", "late_entry", "upload")


def clean(number: str) -> str:
    """Return a lot number in capitals without blanks."""
    return "".join(number.split()).upper()


def match(number: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Return how a typed lot number fits a known lot, and that lot's number.

    ``known`` maps ``alike()`` of each known lot to its number. "exact" means equal but
    for blanks and case; "alike": O and 0, I and 1 are taken for each other, or the
    suffix of a box is too much; "none".
    """
    cleaned = clean(number)
    found = known.get(alike(cleaned), "")
    if found:
        return ("exact" if found == cleaned else "alike"), found
    for mark in "-/(":
        stem = cleaned.rpartition(mark)[0]
        if stem and (found := known.get(alike(stem), "")):
            return "alike", found
    return "none", ""


def alike(number: str) -> str:
    """Return the number with letters that look like digits as digits."""
    return number.translate(_LOOK_ALIKES)


def is_same(one: str, other: str) -> bool:
    """Tell whether two are one number to a reader: blanks, case, O and I aside."""
    return alike(clean(one)) == alike(clean(other))


def nearest(number: str, known: Iterable[str], *, most: int = 5) -> list[str]:
    """Return known lots that one sign more, less or other makes of the number."""
    return sorted(set(_edits(clean(number))).intersection(known))[:most]


def _edits(number: str) -> Iterator[str]:
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
    for n in range(len(number) + 1):
        head, tail = number[:n], number[n:]
        if tail:
            yield head + tail[1:]
            yield from (head + sign + tail[1:] for sign in signs)
        yield from (head + sign + tail for sign in signs)


def _must_have_a_lot(case: Case) -> bool:
    after = case.limits.day("Q21.refused_after", on=case.today)
    return case.dose.source == "service" and case.dose.given_on > after


@rule(
    "Q21",
    Severity.ERROR,
    owner=Owner.SITE,
    message=_("The lot number is empty"),
    repair=_("Choose among the lots that the site had open on that day."),
    severity_of=lambda case: (
        Severity.ERROR if _must_have_a_lot(case) else Severity.WARNING
    ),
    sql=Sql(
        "d.lot_number = '' AND d.source IN ('service', 'late_entry', 'upload')",
        severity="CASE WHEN d.source = 'service' AND d.given_on > %(refused_after)s"
        " THEN 'E' ELSE 'W' END",
    ),
)
def lot_is_empty(case: Case) -> Detail | None:
    is_empty = not case.dose.lot_number and case.dose.source in _RECORDED
    return YES if is_empty else None


@rule(
    "Q22",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The lot number is not known"),
    repair=_("Compare with the nearest known lots and with the slip."),
    sql=Sql("d.lot_match = 'none' AND d.source NOT IN ('foreign', 'trial')"),
)
def lot_is_unknown(case: Case) -> Detail | None:
    dose = case.dose
    is_unknown = dose.lot_number and dose.lot and dose.lot.match == "none"
    # The ledger holds the lots that were delivered here.
    return YES if is_unknown and dose.source not in _ELSEWHERE else None


@rule(
    "Q23",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The lot is of another vaccine"),
    repair=_("Vaccine or lot: the slip or the stock book decides."),
    sql=Sql(
        "d.lot_product <> d.product",
        detail="jsonb_build_object('lot_product', d.lot_product)",
    ),
)
def lot_of_another_product(case: Case) -> Detail | None:
    lot = case.dose.lot
    if lot is None or lot.product in ("", case.dose.product.code):
        return None
    return {"lot_product": lot.product}


@rule(
    "Q24",
    Severity.WARNING,
    owner=Owner.PROVINCE,
    message=_("The lot was never delivered to the site"),
    repair=_("The site compares its stock book; the provincial stock officer decides."),
    sql=Sql("d.lot_match <> 'none' AND d.has_stock_book AND d.arrived_on IS NULL"),
)
def lot_never_delivered(case: Case) -> Detail | None:
    lot = case.dose.lot
    if lot is None or lot.match == "none" or not lot.has_stock_book:
        return None
    return YES if lot.arrived_on is None else None


@rule(
    "Q25",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The dose lies before the lot came, or after its extended expiry"),
    repair=_(
        "Check day and lot. Expiry dates were extended: never call a dose expired by "
        "the first one alone."
    ),
    sql=Sql(
        "d.given_on < d.arrived_on OR d.given_on > d.expires_on + extension.number",
        detail="jsonb_build_object('what', CASE WHEN d.given_on < d.arrived_on THEN"
        " 'arrival' ELSE 'expiry' END)",
        limits={"extension": "Q25.extension"},
    ),
)
def lot_not_there_or_expired(case: Case) -> Detail | None:
    dose, lot = case.dose, case.dose.lot
    if lot is None:
        return None
    if lot.arrived_on and dose.given_on < lot.arrived_on:
        return {"what": "arrival"}
    longer = timedelta(days=case.limit("Q25.extension"))
    is_late = lot.expires_on and dose.given_on > lot.expires_on + longer
    return {"what": "expiry"} if is_late else None


@rule(
    "Q26",
    Severity.WARNING,
    subject=Subject.SITE,
    owner=Owner.PROVINCE,
    message=_("More doses of a lot are recorded at the site than it was sent"),
    repair=_("Reconcile the stock book with the doses recorded."),
    sql=Sql(
        select="SELECT g.site_id AS subject_id, g.lot AS part,"
        " jsonb_build_object('given', g.given, 'delivered', k.delivered) AS detail"
        " FROM (SELECT site_id, lot_id, lot, sum(doses)::int AS given"
        "       FROM q_session WHERE lot_id IS NOT NULL"
        "       GROUP BY site_id, lot_id, lot) g"
        " JOIN q_stock k ON k.site_id = g.site_id AND k.lot_id = g.lot_id"
        " JOIN q_site s ON s.id = g.site_id"
        " JOIN q_limit most ON most.key = 'Q26.percent' AND most.product_id = 0"
        "  AND most.province_id = s.province_key AND most.age_from = -1"
        "  AND %(today)s >= most.first AND %(today)s < most.until"
        " WHERE k.delivered > 0 AND g.given * 100 > k.delivered * most.number",
    ),
)
def more_than_delivered(case: Case) -> Detail | None:
    for dose in case.record.doses:
        lot = dose.lot
        if lot is None or not lot.delivered or lot.given is None:
            continue
        most = case.limits.number(
            "Q26.percent", on=case.today, province=dose.site.province
        )
        if lot.given * 100 > lot.delivered * most:
            return {"given": lot.given, "delivered": lot.delivered}
    return None


@rule(
    "Q27",
    Severity.INFORMATION,
    owner=Owner.PORTAL,
    message=_("The lot number has blanks, small letters, or O for 0 and I for 1"),
    repair=_("Nothing to do: the portal compares the cleaned number, keeps the raw."),
    sql=Sql("d.lot_number <> d.lot_clean OR d.lot_match = 'alike'"),
)
def lot_is_untidy(case: Case) -> Detail | None:
    dose = case.dose
    is_alike = dose.lot is not None and dose.lot.match == "alike"
    return YES if is_alike or dose.lot_number != clean(dose.lot_number) else None
