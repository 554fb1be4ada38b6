"""Whether what was typed can be: date, vaccine, lot and age against each other. Pure.

What comes out are doubts, never refusals: ledgers have gaps, and the citizen may be
right. The limits are those of the registry's quality rules (domain paper, d).
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from complaints.choices import Check, Field
from portal.common.forms import PartialDate
from portal.registry.quality.limits import Limits, NoLimit
from portal.registry.quality.rules import lots

MOST_OFFERS: Final = 3


@dataclass(frozen=True)
class Vaccine:
    """A product as the rule needs it."""

    code: str
    approved_on: date | None


@dataclass(frozen=True)
class Batch:
    """A lot of the ledger; ``arrived_on``: its first delivery anywhere."""

    number: str
    product: str
    expires_on: date | None = None
    arrived_on: date | None = None


@dataclass(frozen=True)
class Given:
    """A dose as claimed, as far as it is known."""

    on: PartialDate | None = None
    product: str = ""
    lot: str = ""
    born: PartialDate | None = None


@dataclass(frozen=True)
class Ledger:
    """What claims are held against."""

    vaccines: Mapping[str, Vaccine]
    batches: Mapping[str, Batch]
    limits: Limits


@dataclass(frozen=True)
class Doubt:
    """Something to ask about: at which field, with which facts for the words.

    ``offers`` are values that would settle it, as (field, value). ``said`` is what
    another source says, such as the paper.
    """

    check: Check
    field: str
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    offers: tuple[tuple[str, str], ...] = ()
    said: str = ""


def doubts(given: Given, ledger: Ledger, *, today: date) -> list[Doubt]:
    """Return what cannot be, or hardly, about a dose as claimed."""
    found: list[Doubt] = []
    batch = batch_of(given.lot, ledger.batches) if given.lot else None
    if given.on is not None:
        found += _of_the_day(given, given.on, ledger, batch, today=today)
    if given.lot and batch is None and ledger.batches:
        near = lots.nearest(given.lot, ledger.batches, most=20)
        near.sort(key=lambda lot: ledger.batches[lot].product != given.product)
        found.append(
            Doubt(
                Check.LOT_UNKNOWN,
                Field.LOT,
                {"lot": given.lot},
                tuple((Field.LOT.value, lot) for lot in near[:MOST_OFFERS]),
            )
        )
    elif batch and given.product and batch.product != given.product:
        found.append(
            Doubt(
                Check.LOT_OTHER_PRODUCT,
                Field.PRODUCT,
                {"lot": batch.number, "product": batch.product},
                ((Field.PRODUCT.value, batch.product),),
            )
        )
    return found


def batch_of(lot: str, batches: Mapping[str, Batch]) -> Batch | None:
    """Return the lot of the ledger that was typed, O and 0, I and 1 taken for alike."""
    cleaned = lots.clean(lot)
    if cleaned in batches:
        return batches[cleaned]
    known = {lots.alike(number): number for number in batches}
    _match, number = lots.match(cleaned, known)
    return batches.get(number)


def _of_the_day(
    given: Given,
    on: PartialDate,
    ledger: Ledger,
    batch: Batch | None,
    *,
    today: date,
) -> list[Doubt]:
    found: list[Doubt] = []
    vaccine = ledger.vaccines.get(given.product)
    begins = _begins(ledger.limits, today=today)
    if begins and on.last() < begins:
        found.append(Doubt(Check.BEFORE_CAMPAIGN, Field.GIVEN_ON, _day(begins)))
    elif vaccine and vaccine.approved_on and on.last() < vaccine.approved_on:
        facts = {"product": vaccine.code} | _day(vaccine.approved_on)
        found.append(Doubt(Check.BEFORE_APPROVAL, Field.GIVEN_ON, facts))
    elif batch and batch.arrived_on and on.last() < batch.arrived_on:
        facts = {"lot": batch.number} | _day(batch.arrived_on)
        found.append(Doubt(Check.LOT_NOT_YET, Field.GIVEN_ON, facts))
    elif batch and batch.expires_on:
        longer = _number(ledger.limits, "Q25.extension", on=today, of=batch.product)
        last = batch.expires_on + timedelta(days=longer or 0)
        if on.first() > last:
            facts = {"lot": batch.number} | _day(last)
            found.append(Doubt(Check.LOT_OVER, Field.GIVEN_ON, facts))
    if given.born is not None:
        found += _of_the_age(given, on, given.born, ledger)
    return found


def _of_the_age(
    given: Given, on: PartialDate, born: PartialDate, ledger: Ledger
) -> list[Doubt]:
    """Compare with the oldest that somebody can have been, where dates are partial."""
    last, first = on.last(), born.first()
    if last < first:
        return [Doubt(Check.BEFORE_BIRTH, Field.BORN_ON)]
    if not given.product:
        return []
    age = last.year - first.year - ((last.month, last.day) < (first.month, first.day))
    least = _number(ledger.limits, "Q08.min_age", on=last, of=given.product, age=age)
    if least is None or age >= least:
        return []
    facts = {"age": str(age), "least": str(least), "product": given.product}
    return [Doubt(Check.TOO_YOUNG, Field.BORN_ON, facts)]


def _begins(limits: Limits, *, today: date) -> date | None:
    """Return the first day of the campaign; None where the table does not say it."""
    try:
        return limits.day("Q04.campaign_start", on=today)
    except NoLimit:
        return None


def _number(
    limits: Limits, key: str, *, on: date, of: str, age: int | None = None
) -> int | None:
    """Return a limit of a product; None where the table has none: nothing to doubt."""
    try:
        return limits.number(key, on=on, product=of, age=age)
    except NoLimit:
        return None


def _day(day: date) -> dict[str, str]:
    return {"day": f"{day:%d/%m/%Y}"}
