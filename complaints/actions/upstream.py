"""What the national platform has taken over, noted with the complaints it came of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from complaints.choices import Outcome
from complaints.models import CampaignBatch, Complaint
from portal.accounts.models import User
from portal.common import scope
from portal.registry.corrections import feed

# The portal's own measure: the platform takes corrections over within a day.
WITHIN: Final = timedelta(hours=24)

# What ended with a change of the record.
CHANGED: Final = (Outcome.CORRECTED, Outcome.PARTLY_CORRECTED)

_CONFIRM = """
UPDATE complaints_complaint c SET confirmed_upstream_at = %(at)s
FROM unnest(%(codes)s::text[], %(numbers)s::int[]) AS told (code, number)
JOIN complaints_submission s ON s.code = told.code
WHERE c.submission_id = s.id AND c.number = told.number
  AND c.confirmed_upstream_at IS NULL AND c.outcome = ANY (%(changed)s)
  AND NOT EXISTS (
    SELECT FROM registry_correction k JOIN registry_feedentry f
      ON f.correction_id = k.id AND f.confirmed_upstream_at IS NULL
    WHERE k.reason = 'complaint' AND k.reason_ref = told.code || '-' || told.number)
  AND NOT EXISTS (
    SELECT FROM complaints_selfcorrection m JOIN registry_feedentry f
      ON f.correction_id = m.correction_id AND f.confirmed_upstream_at IS NULL
    WHERE m.complaint_id = c.id)
"""

# Corrections that no report asked for: those of campaigns by batch, others by reason.
# Of those that wait the first ones are enough to say what waits, and since when.
_ALONE = """
SELECT c.reason, substring(c.reason_ref FROM 'batch-([0-9]+)$')::bigint, count(*),
  min(c.applied_at)
FROM (
  SELECT correction_id FROM registry_feedentry WHERE confirmed_upstream_at IS NULL
  ORDER BY correction_id LIMIT %(most)s) waiting
JOIN registry_correction c ON c.id = waiting.correction_id
WHERE c.applied_at < %(before)s AND c.reason <> 'complaint'
  AND (c.reason <> 'rule' OR c.reason_ref ~ 'batch-[0-9]+$')
GROUP BY 1, 2 ORDER BY 4, 1, 2
"""
# So many waiting corrections are looked at; see ``_ALONE``.
MOST_READ: Final = 10_000


def confirm(*, up_to: int, at: datetime) -> int:
    """Note what is held upstream up to a position; return how many complaints are.

    A complaint is once all its corrections are, by whichever rule or person, and while
    it stands as corrected. Harmless to repeat.
    """
    with scope.system(), connection.cursor() as cursor:
        references = sorted(feed.confirm(up_to=up_to, at=at))
        cursor.execute(
            _CONFIRM,
            {
                "at": at,
                "codes": [reference.partition("-")[0] for reference in references],
                "numbers": [int(ref.partition("-")[2]) for ref in references],
                "changed": [str(outcome) for outcome in CHANGED],
            },
        )
        return cursor.rowcount


@dataclass(frozen=True)
class Standing:
    """How many corrected complaints the platform does not hold, and since when."""

    waiting: int
    late: int
    since: datetime | None


def waiting_for(user: User, *, at: datetime) -> QuerySet[Complaint]:
    """Return corrected complaints in a user's reach that are not confirmed yet."""
    return Complaint.objects.visible_to(user, at=at).filter(
        outcome__in=CHANGED, confirmed_upstream_at=None
    )


def standing(user: User, *, at: datetime) -> Standing:
    """Return how far the platform follows, for what a user may see; one statement."""
    facts = waiting_for(user, at=at).aggregate(
        waiting=Count("pk"),
        late=Count("pk", filter=Q(ended_at__lt=at - WITHIN)),
        since=Min("ended_at"),
    )
    return Standing(**facts)


@dataclass(frozen=True)
class Alone:
    """Corrections of one origin without a report that are not confirmed in time.

    ``reason`` as ``Correction.reason``; ``batch`` of a campaign, else None. ``since``:
    when the first of them was made.
    """

    reason: str
    batch: CampaignBatch | None
    late: int
    since: datetime


def late_alone(*, at: datetime) -> list[Alone]:
    """Return by origin what no report asked for and the platform lacks too long.

    Nationwide, in counts, the longest waiting first; at most ``MOST_READ`` corrections
    that wait are looked at.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, {"before": at - WITHIN, "most": MOST_READ})
        rows = cursor.fetchall()
    batches = CampaignBatch.objects.select_related("campaign").in_bulk(
        {batch for _reason, batch, _n, _since in rows if batch is not None}
    )
    return [
        Alone(reason, batches.get(batch), late, since)
        for reason, batch, late, since in rows
    ]


def late(user: User, *, at: datetime, most: int) -> list[Complaint]:
    """Return what is not confirmed in time, the longest waiting first."""
    rows = waiting_for(user, at=at).filter(ended_at__lt=at - WITHIN)
    return list(
        rows.select_related("submission", "holder").order_by("ended_at", "pk")[:most]
    )
