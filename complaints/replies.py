"""Figures without the cases that were accepted as counted wrongly, beside the others.

The kept figures are never touched: they equal a plain recount with or without replies.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from complaints.figures import month_after
from complaints.models import FigureReview
from complaints.rollups import Times, reading
from complaints.rollups.counting import DAY, FIGURES, INSTANTS, SUMS, of_row
from portal.common import scope
from portal.registry.models import Organization

State = FigureReview.State
# What a version keeps of a unit's figures.
KEPT: Final = ("received", "resolved", "on_time", "open", "open_overdue", "median")


@dataclass(frozen=True)
class Reply:
    """What is told beside figures: how many wait, how many were accepted, and without.

    ``moved``: accepted ones that count for somebody else now. They counted wrongly for
    the unit that said so, and are left out of nobody's figures. ``without``: figures
    without the other accepted ones; its percentiles are None where they come from
    sketches, as these cannot be taken apart exactly.
    """

    waiting: int
    accepted: int
    moved: int
    without: Times | None


_FLAGGED: Final = """
SELECT r.complaint_id, r.state, m.holder_id = r.holder_id
FROM complaints_figurereview r
JOIN complaints_measure m ON m.complaint_id = r.complaint_id
JOIN registry_organization o ON o.id = r.holder_id
WHERE r.state IN ('waiting', 'accepted')
  AND o.path::text ~>=~ %s::text AND o.path::text ~<~ %s::text
  AND m.{day} >= %s::date AND m.{day} < %s::date
  AND (%s::text = '' OR m.kind = %s::text)
  AND (%s::text = '' OR m.channel = %s::text)"""


def beside(
    chosen: Organization,
    total: Times,
    *,
    first: date,
    last: date,
    at: datetime,
    is_whole: bool,
    kind: str = "",
    channel: str = "",
    cohort: str = "opened",
) -> Reply | None:
    """Return what replies say of figures; None where nobody replied.

    One statement where that is so, two or three otherwise. Counts are exact.
    """
    day, end = DAY[cohort], month_after(last, 1)
    after = f"{chosen.path.removesuffix('/')}0"
    with reading.figures() as (cursor, _at):
        sliced: list[Any] = [first, end, kind, kind, channel, channel]
        cursor.execute(_FLAGGED.format(day=day), [chosen.path, after, *sliced])
        rows = cursor.fetchall()
        agreed = [(pk, here) for pk, state, here in rows if state == State.ACCEPTED]
        accepted = [pk for pk, is_here in agreed if is_here]
        if not rows:
            return None
        without = None
        if accepted and is_whole:
            without = less(total, _count("m.complaint_id = ANY(%s)", [accepted], at))
        elif accepted:
            where = (
                "m.holder_id = ANY(%s)"
                f" AND m.{day} >= %s::date AND m.{day} < %s::date"
                " AND (%s::text = '' OR m.kind = %s::text)"
                " AND (%s::text = '' OR m.channel = %s::text)"
                " AND m.complaint_id <> ALL(%s)"
            )
            below = Organization.objects.filter(path__below=chosen.path)
            reach = list(below.values_list("pk", flat=True))
            facts = [reach, *sliced, accepted]
            without = _count(where, facts, at)
    moved = len(agreed) - len(accepted)
    return Reply(len(rows) - len(agreed), len(agreed), moved, without)


def of_unit(
    holder: Organization, month: date, *, but: Sequence[int], at: datetime
) -> dict[str, Any]:
    """Return a unit's own figures of what was sent in a month, some cases left out."""
    where = (
        "m.holder_id = %s AND m.sent_on >= %s::date AND m.sent_on < %s::date"
        " AND m.complaint_id <> ALL(%s)"
    )
    facts = [holder.pk, month, month_after(month, 1), list(but)]
    with scope.system():
        times = asdict(_count(where, facts, at))
    return {name: times[name] for name in KEPT}


def less(total: Times, part: Times) -> Times:
    """Return counts with a part of them taken out; percentiles are left out.

    The part is counted now, the total was a little before: what fell due meanwhile is
    in the part only.
    """
    counts = {name: max(getattr(total, name) - getattr(part, name), 0) for name in SUMS}
    return Times(**counts)


def _count(where: str, facts: list[Any], at: datetime) -> Times:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT{FIGURES} FROM complaints_measure m WHERE {where}",
            [*[at] * INSTANTS, *facts],
        )
        return of_row(cursor.fetchone())
