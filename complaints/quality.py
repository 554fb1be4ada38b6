"""Running the quality rules, with those about lists and complaints: Q52 to Q54.

These look at every list that waits and every open complaint, few beside the doses.
"""

from datetime import datetime
from typing import Final

from django.db import connection

from complaints.choices import OPEN, Kind
from portal.common import scope
from portal.registry.quality import changes, runs
from portal.registry.quality.findings import SetRule

# A worker's task is stopped after 50 s; one part of a run takes a few.
_SECONDS: Final = 25.0
_OPEN: Final = ", ".join(f"'{status}'" for status in OPEN)

SETS: Final = (
    # Whom a row may name is sealed, so that the rows which wait are counted by list.
    SetRule(
        "Q52",
        "SELECT l.id AS subject_id, '' AS part, NULL::bigint AS person_id, l.site_id,"
        " jsonb_build_object('rows', count(*)::int) AS detail"
        " FROM registry_sessionlist l"
        " JOIN registry_stagedrow r ON r.session_list_id = l.id"
        " AND r.verdict = 'ambiguous' AND r.done_at IS NULL"
        # What waited when the list was written waits on.
        " WHERE l.state IN ('checked', 'committed') AND l.forgotten_at IS NULL"
        " GROUP BY l.id, l.site_id",
    ),
    # The claimed vaccine is sealed, so that the shortest gap of all counts.
    SetRule(
        "Q53",
        "SELECT c.id AS subject_id, '' AS part, s.person_id, c.holder_id AS site_id,"
        " jsonb_build_object('days', min(abs(d.given_on - c.given_on))) AS detail"
        " FROM complaints_complaint c"
        " JOIN complaints_submission s ON s.id = c.submission_id"
        " JOIN registry_dose d ON d.person_id = s.person_id AND d.status = 'completed'"
        f" WHERE c.status IN ({_OPEN}) AND c.kind = '{Kind.MISSING_DOSE}'"
        " AND abs(d.given_on - c.given_on) < %(claim_least)s"
        " GROUP BY c.id, s.person_id, c.holder_id",
    ),
    SetRule(
        "Q54",
        "SELECT x.site_id AS subject_id, to_char(x.given_on, 'YYYY-MM-DD ') || x.lot"
        " AS part, NULL::bigint AS person_id, x.site_id,"
        " jsonb_build_object('complaints', count(*)::int) AS detail FROM ("
        "  SELECT coalesce(c.site_id, d.site_id) AS site_id,"
        "   coalesce(c.given_on, d.given_on) AS given_on,"
        "   coalesce(d.lot_number, '') AS lot"
        "  FROM complaints_complaint c LEFT JOIN registry_dose d ON d.id = c.dose_id"
        f"  WHERE c.status IN ({_OPEN})) x"
        " WHERE x.site_id IS NOT NULL AND x.given_on IS NOT NULL"
        " GROUP BY x.site_id, x.given_on, x.lot HAVING count(*) >= %(alike_least)s",
    ),
)


def check_changed(*, at: datetime) -> runs.Report:
    """Check what changed since the last run, for as long as a worker may take."""
    with scope.system():
        return runs.run(at=at, sets=SETS, seconds=_SECONDS)


def check_all(*, at: datetime) -> runs.Report:
    """Check everything that is on record, to the end."""
    with scope.system():
        return runs.run(at=at, sets=SETS, is_full=True)


def ask_for_all() -> None:
    """Let the next runs check everything, a part each time."""
    with connection.cursor() as cursor:
        changes.mark_all(cursor)
