"""How long the quality rules take: everything at first, everything again, a change.

``python -m bench --only quality --people 410000`` measures it over a million doses.
"""

import os
import time
from pathlib import Path
from typing import Final

import psycopg
from django.db import connection
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
    before = _processor()
    first = quality.check_all(at=timezone.now())
    between = _processor()
    again = quality.check_all(at=timezone.now())
    after = _processor()
    begun = time.monotonic()
    _change(sizes.changed)
    changing = time.monotonic() - begun
    changed = quality.check_changed(at=timezone.now())
    must = f"{_MUST * doses / _MILLION:.0f}"
    return [
        _line("quality rules, first time", first, doses, between - before, must=must),
        _line("quality rules, again", again, doses, after - between, must=must),
        Line(
            f"quality rules after {sizes.changed} changed doses",
            "s",
            changed.seconds,
            more={"doses": changed.doses, "changing": changing},
        ),
    ]


def _line(
    name: str, report: Report, doses: int, processor: float, *, must: str
) -> Line:
    return Line(
        name,
        "s",
        report.seconds,
        must=must,
        more={
            "doses": doses,
            "processor_s": processor,
            "opened": report.opened,
        },
    )


def _processor() -> float:
    """Return the processor seconds of this process and of its server process.

    On a machine that others use as well, they tell more than the clock. Linux only;
    elsewhere the server's part is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    ticks = 0
    if stat.exists():
        ticks = sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13]))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _change(count: int) -> None:
    """Give so many doses, spread over the table, another number."""
    keys = list(Dose.objects.order_by("ref").values_list("pk", flat=True)[:count])
    with corrections.writing("imports"):
        Dose.objects.filter(pk__in=keys).update(dose_number=9)
