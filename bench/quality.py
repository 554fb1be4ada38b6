"""How long the quality rules take: everything at first, everything again, a change.

``python -m bench --only quality --people 410000`` measures it over a million doses.
"""

import time
from pathlib import Path
from typing import Final

import psycopg
from django.utils import timezone

from bench.rounds import Line
from bench.sizes import Sizes
from complaints import quality
from portal.registry import corrections
from portal.registry.models import Dose
from portal.registry.quality.runs import Report

# A full run over a million doses on two cores.
_MUST: Final = 120
_MILLION: Final = 1_000_000


def measure(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Return the seconds of the three runs; the first also reads sealed numbers."""
    doses = Dose.objects.count()
    first = quality.check_all(at=timezone.now())
    again = quality.check_all(at=timezone.now())
    begun = time.monotonic()
    _change(sizes.changed)
    changing = time.monotonic() - begun
    changed = quality.check_changed(at=timezone.now())
    must = f"{_MUST * doses / _MILLION:.0f}"
    return [
        _line("quality rules over everything, first time", first, doses, must=must),
        _line("quality rules over everything, again", again, doses, must=must),
        Line(
            f"quality rules after {sizes.changed} changed doses",
            "s",
            changed.seconds,
            more={"doses": changed.doses, "changing": changing},
        ),
    ]


def _line(name: str, report: Report, doses: int, *, must: str) -> Line:
    return Line(
        name,
        "s",
        report.seconds,
        must=must,
        more={
            "doses": doses,
            "doses_per_second": doses / report.seconds,
            "opened": report.opened,
        },
    )


def _change(count: int) -> None:
    """Give so many doses, spread over the table, another number."""
    keys = list(Dose.objects.order_by("ref").values_list("pk", flat=True)[:count])
    with corrections.writing("imports"):
        Dose.objects.filter(pk__in=keys).update(dose_number=9)
