"""Finding one cause behind many reports: same site, day, and vaccine or lot.

Runs on news only, set by set, and may run twice or at once: what stands already is
left as it is, and the database allows one open incident a session.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import F
from django.utils.dateparse import parse_date

from complaints.choices import OPEN, Field, Kind
from complaints.models import Claim, Clue, Complaint, Watermark
from portal.common import scope
from portal.registry.models import Lot, Product

WATERMARK: Final = "incidents"
# An event's number may become visible after a later one's: so long is looked back.
OVERLAP: Final = timedelta(minutes=10)
# So many reports within such a time make an incident, wherever in the queue they are.
FEWEST: Final = 3
WINDOW: Final = timedelta(days=30)
# News in one statement, and statements in one go; the rest waits for the next time.
PART: Final = 5000
MOST_PARTS: Final = 40


class Found(NamedTuple):
    """What one look made: reports read, incidents formed, reports that joined one."""

    read: int
    formed: int
    joined: int


def run(*, at: datetime) -> Found:
    """Read what is new and group it; end incidents of which no report is open."""
    read: list[int] = []
    with scope.system(), connection.cursor() as cursor:
        # One at a time: two that read a report each would both see one too few.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [WATERMARK])
        mark, _ = Watermark.objects.get_or_create(name=WATERMARK)
        seen = settled = mark.event
        for _part in range(MOST_PARTS):
            cursor.execute(_NEWS, [seen, PART, at - OVERLAP])
            last, certain, news = cursor.fetchone()
            if last is None:
                break
            seen, settled = last, certain or settled
            read += _read(news)
        values: dict[str, Any] = {
            "read": read,
            "open": list(OPEN),
            "at": at,
            "fewest": FEWEST - 1,
            "window": WINDOW,
        }
        formed = joined = 0
        if read:
            cursor.execute(_FORM, values)
            formed = cursor.rowcount
            cursor.execute(_JOIN, values)
            joined = cursor.rowcount
            cursor.execute(_HAND_ON, values)
        cursor.execute(_DISSOLVE, values)
        Watermark.objects.filter(pk=mark.pk).update(event=settled)
    return Found(len(read), formed, joined)


def _read(ids: list[int]) -> list[int]:
    """Keep which session each of these reports means; return those that say it.

    Their claims are sealed, so this part is done here; what was read is not read again.
    """
    cases = {
        case.pk: case
        for case in Complaint.objects.open()
        .filter(pk__in=ids, kind=Kind.MISSING_DOSE, site__isnull=False)
        .exclude(clue__version=F("version"))
        .only("version", "site_id", "given_on", "submitted_at")
    }
    claims: dict[int, dict[str, str]] = {pk: {} for pk in cases}
    wanted = (Field.GIVEN_ON, Field.PRODUCT, Field.LOT)
    for claim in Claim.objects.filter(complaint__in=cases, field__in=wanted):
        claims[claim.complaint_id][claim.field] = claim.claimed
    lots = {_lot(said) for said in claims.values()}
    known = dict(Lot.objects.filter(number__in=lots).values_list("number", "product"))
    products = dict(Product.objects.values_list("code", "pk"))
    clues = []
    for pk, said in claims.items():
        case = cases[pk]
        day = _day(said.get(Field.GIVEN_ON, "")) or case.given_on
        lot = _lot(said)
        product = products.get(said.get(Field.PRODUCT, "")) or known.get(lot)
        if case.site_id is None or day is None or not (product or lot):
            continue
        clues.append(
            Clue(
                complaint=case,
                version=case.version,
                site_id=case.site_id,
                given_on=day,
                product_id=product,
                lot=lot,
                filed_at=case.submitted_at,
            )
        )
    fields = ["version", "site_id", "given_on", "product_id", "lot", "filed_at"]
    Clue.objects.bulk_create(
        clues,
        update_conflicts=True,
        unique_fields=["complaint"],
        update_fields=[name.removesuffix("_id") for name in fields],
    )
    return [clue.complaint_id for clue in clues]


def _lot(said: dict[str, str]) -> str:
    """Return the lot as the ledger writes it; '' where none is claimed."""
    return "".join(said.get(Field.LOT, "").upper().split())[:30]


def _day(text: str) -> date | None:
    """Return a whole day, or None for a month, a year or nothing."""
    return parse_date(text) if len(text) == len("2021-09-14") else None


# Events in the order of their numbers, the reports they are about, and how far all is
# certain to have been seen. What is overdue is dated back, so it does not tell that.
_NEWS: Final = """
WITH news AS (
  SELECT id, complaint_id, at, move FROM complaints_event
  WHERE id > %s::bigint ORDER BY id LIMIT %s
)
SELECT max(id),
       max(id) FILTER (WHERE at <= %s::timestamptz AND move <> 'overdue'),
       array_agg(DISTINCT complaint_id) FROM news"""

# The sessions that the reports just read mean, with all open reports of each; three in
# a row within the window make an incident. Whoever has most of them answers for it.
_FORM: Final = """
WITH sessions AS (
  SELECT DISTINCT site_id, given_on, product_id,
         CASE WHEN product_id IS NULL THEN lot ELSE '' END AS lot
  FROM complaints_clue WHERE complaint_id = ANY(%(read)s)
), reports AS (
  SELECT s.*, c.holder_id, k.filed_at,
         lag(k.filed_at, %(fewest)s) OVER (
           PARTITION BY s.site_id, s.given_on, s.product_id, s.lot
           ORDER BY k.filed_at, k.complaint_id) AS earlier
  FROM sessions s
  JOIN complaints_clue k ON k.site_id = s.site_id AND k.given_on = s.given_on
   AND k.product_id IS NOT DISTINCT FROM s.product_id
   AND (s.product_id IS NOT NULL OR k.lot = s.lot)
  JOIN complaints_complaint c ON c.id = k.complaint_id AND c.status = ANY(%(open)s)
)
INSERT INTO complaints_incident
  (ref, site_id, given_on, product_id, lot, holder_id, state, formed_at, told)
SELECT gen_random_uuid(), site_id, given_on, product_id, lot,
       mode() WITHIN GROUP (ORDER BY holder_id), 'open', %(at)s, 0
FROM reports
GROUP BY site_id, given_on, product_id, lot
HAVING bool_or(filed_at - earlier <= %(window)s)
ON CONFLICT DO NOTHING"""

_JOIN: Final = """
INSERT INTO complaints_incidentmember
  (incident_id, complaint_id, joined_at, state, words)
SELECT i.id, k.complaint_id, %(at)s, 'waiting', ''
FROM complaints_incident i
JOIN complaints_clue k ON k.site_id = i.site_id AND k.given_on = i.given_on
 AND k.product_id IS NOT DISTINCT FROM i.product_id
 AND (i.product_id IS NOT NULL OR k.lot = i.lot)
JOIN complaints_complaint c ON c.id = k.complaint_id AND c.status = ANY(%(open)s)
WHERE i.state IN ('open', 'proposed')
  AND (k.complaint_id = ANY(%(read)s) OR i.formed_at = %(at)s)
ORDER BY k.filed_at, k.complaint_id
ON CONFLICT DO NOTHING"""

# An incident goes along with its reports to whoever holds most of them by now.
_HAND_ON: Final = """
UPDATE complaints_incident i SET holder_id = held.holder_id
FROM (
  SELECT m.incident_id, mode() WITHIN GROUP (ORDER BY c.holder_id) AS holder_id
  FROM complaints_incidentmember m
  JOIN complaints_complaint c ON c.id = m.complaint_id AND c.status = ANY(%(open)s)
  WHERE m.incident_id IN (
    SELECT incident_id FROM complaints_incidentmember
    WHERE complaint_id = ANY(%(read)s))
  GROUP BY m.incident_id
) held
WHERE i.id = held.incident_id AND i.holder_id <> held.holder_id
  AND i.state IN ('open', 'proposed', 'settling')"""

# One that was given back with some reports settled still has a list to write.
_DISSOLVE: Final = """
UPDATE complaints_incident i SET state = 'dissolved'
WHERE i.state = 'open' AND NOT EXISTS (
  SELECT 1 FROM complaints_incidentmember m
  JOIN complaints_complaint c ON c.id = m.complaint_id
  WHERE m.incident_id = i.id
    AND (c.status = ANY(%(open)s) OR m.state = 'settled'))"""
