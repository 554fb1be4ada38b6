"""How often a second person decides the same: by unit, by outcome, by rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q

from complaints.choices import Outcome
from complaints.models import Recheck, SelfCorrection
from complaints.rules.selfcorrection.bounds import wilson

# What is counted; older checks say little of how a unit decides today.
SPAN: Final = timedelta(days=365)
Finding = SelfCorrection.Finding


@dataclass(frozen=True)
class Rate:
    """How many of those checked agreed, with the bounds of the share at 95 %."""

    name: str
    checked: int
    agreed: int

    @property
    def share(self) -> float | None:
        """Return the share of agreement; None where nothing was checked."""
        return self.agreed / self.checked if self.checked else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the bounds of the share (Wilson, 95 %)."""
        return wilson(self.agreed, self.checked)


def by_unit(*, at: datetime, most: int) -> list[Rate]:
    """Return the units in sight, those first whose share is surely low.

    Sorted by the upper bound: a unit with one check that disagreed is not the worst.
    """
    rows = _counted(at).values_list("organization__name", "checked", "agreed")
    found = [Rate(*row) for row in rows.order_by("organization")]
    return sorted(found, key=lambda rate: rate.bounds[1])[:most]


def by_outcome(*, at: datetime) -> list[Rate]:
    """Return the rates by what had been decided."""
    rows = _of(at).values("stratum").annotate(**_COUNTS)
    found = {row["stratum"]: (row["checked"], row["agreed"]) for row in rows}
    return [
        Rate(str(outcome.label), *found.get(outcome.value, (0, 0)))
        for outcome in Outcome
    ]


def by_rule(codes: Iterable[str]) -> list[Rate]:
    """Return the rates of automatic rules, from their own samples, in one statement.

    What halts a rule is counted by ``actions.switches`` from the same findings.
    """
    rows = (
        SelfCorrection.objects.filter(is_sampled=True)
        .exclude(finding="")
        .values("rule")
        .annotate(
            checked=Count("whole", distinct=True),
            agreed=Count("whole", Q(finding=Finding.RIGHT), distinct=True),
        )
    )
    found = {row["rule"]: (row["checked"], row["agreed"]) for row in rows}
    return [Rate(code, *found.get(code, (0, 0))) for code in codes]


_COUNTS: Final[dict[str, Any]] = {
    "checked": Count("pk"),
    "agreed": Count("pk", Q(verdict=Recheck.Verdict.AGREE)),
}


def _of(at: datetime) -> Any:
    return Recheck.objects.filter(checked_at__gt=at - SPAN).exclude(verdict="")


def _counted(at: datetime) -> Any:
    return _of(at).values("organization").annotate(**_COUNTS)
