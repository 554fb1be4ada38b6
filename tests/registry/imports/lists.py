"""Plain makers of lists: rows as the reader yields them, staged without a file."""

from datetime import UTC, date, datetime

from portal.common import scope
from portal.registry.imports import jobs, staging
from portal.registry.imports.rows import ListRow, Values
from portal.registry.models import ListJob

# Noon of a day on which the weights of matching are in force.
NOON = datetime(2026, 12, 1, 5, tzinfo=UTC)

Work = ListJob.Work
USUAL = Values(
    full_name="Nguyễn Thị Thử",
    sex="F",
    born_on="1958-03-08",
    id_kind="pin12",
    id_number="079158012345",
    phones=("+84900000215",),
    given_on=date(2021, 8, 14),
    product="AZ",
    lot="ABX6318",
    dose_number=1,
)


def make_row(number=1, *, verdict="", reasons=(), **values):
    """Return a row of a list; only what is named differs from the usual."""
    usual = {name: getattr(USUAL, name) for name in USUAL.__slots__}
    return ListRow(
        sheet="DS",
        row=number,
        verdict=verdict,
        reasons=tuple(reasons),
        values=Values(**usual | values),
        cells=(str(number), values.get("full_name", USUAL.full_name), "=1+1"),
    )


def make_list(site, rows, *, by=None, at=NOON, judged=True, content=b"a list"):
    """Take a list in whose rows are given, and judge it unless told not to."""
    one, _ = staging.take(
        content=content, name="ds.xlsx", site=site, by=by, at=at, queued=False
    )
    with scope.system():
        staging.stage(one.pk, list(rows), after=0, at=at)
    staging.close_reading(one.pk, at=at)
    if judged:
        jobs.finish(one.pk, (Work.JUDGE,), by=by, at=at)
    with scope.system():
        one.refresh_from_db()
    return one


def verdicts(one):
    """Return the verdict of each row, in order."""
    return list(one.staged.order_by("place").values_list("verdict", flat=True))
