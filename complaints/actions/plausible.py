"""Reading what the checks before sending need: products, lots, limits, usual names."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from django.db.models import Min

from complaints.rules.plausibility import (
    Batch,
    Doubt,
    Given,
    Ledger,
    Vaccine,
    batch_of,
    doubts,
)
from portal.registry import spelling
from portal.registry.matching import rarity
from portal.registry.models import Lot, LotAllocation, Product
from portal.registry.quality import thresholds


def of_dose(given: Given, *, today: date) -> list[Doubt]:
    """Return the doubts about a dose as claimed; at most four statements."""
    return doubts(given, _ledger(given.lot), today=today)


def _ledger(lot: str) -> Ledger:
    vaccines = Product.objects.values_list("code", "approved_on")
    return Ledger(
        vaccines={code: Vaccine(code, day) for code, day in vaccines},
        batches=_batches(lot) if lot else {},
        limits=thresholds.load(),
    )


def _batches(lot: str) -> dict[str, Batch]:
    """Return all lots, as a typed one may be near any; deliveries only of its own."""
    rows = Lot.objects.values_list("number", "product__code", "expires_on")
    batches = {
        number: Batch(number, product, expires_on)
        for number, product, expires_on in rows
    }
    typed = batch_of(lot, batches)
    if typed:
        first = LotAllocation.objects.filter(lot__number=typed.number).aggregate(
            day=Min("received_on")
        )["day"]
        batches[typed.number] = replace(typed, arrived_on=first)
    return batches


def spelling_of(full_name: str, *, others: Iterable[str] = ()) -> str:
    """Return the name with its probable accents; "" where it may stay as it is."""
    if not spelling.is_plain(full_name):
        return ""
    return spelling.suggest(full_name, rarity.current(), others=others)
