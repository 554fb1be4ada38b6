"""The table of limits, read for the rules."""

from functools import lru_cache

from portal.registry.models import Threshold
from portal.registry.quality.limits import Limit, Limits


def load() -> Limits:
    """Return all limits of the table: one statement."""
    rows = Threshold.objects.values_list(
        "rule",
        "name",
        "number",
        "day",
        "product__code",
        "previous__code",
        "province__code",
        "age_from",
        "age_to",
        "valid_from",
        "valid_to",
    ).order_by("pk")
    return _limits(tuple(rows))


@lru_cache(maxsize=4)
def _limits(rows: tuple[tuple, ...]) -> Limits:
    """Return the limits of these rows: they rarely change and are slow to flatten."""
    return Limits(
        Limit(
            rule=rule,
            name=name,
            number=number,
            day=day,
            product=product or "",
            previous=previous or "",
            province=province or "",
            age_from=age_from,
            age_to=age_to,
            valid_from=valid_from,
            valid_to=valid_to,
        )
        for rule, name, number, day, product, previous, province, age_from, age_to,
        valid_from, valid_to in rows
    )  # fmt: skip
