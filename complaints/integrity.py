"""What must always hold, recounted in SQL; and the little that may be put back.

One promise asks the clock instead: what it says takes more than a statement.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from complaints import policies, rollups
from complaints.choices import OPEN, Move
from complaints.models import Complaint, Event, Message
from complaints.notifications import sending
from portal.audit import seals
from portal.common import outbox, scope
from portal.registry.models import PopulationInquiry
from portal.registry.population import runs

logger = logging.getLogger("complaints.integrity")

# Work older than this that nobody did is a finding, not a delay.
PATIENCE: Final = timedelta(seconds=60)

# Figures are brought up to date every twenty seconds, after a large load in parts.
FIGURES_PATIENCE: Final = timedelta(minutes=5)

# How far back lost follow-ups are looked for: a day's standstill is found after it.
LATELY: Final = timedelta(days=7)
# Moves that something follows on: a notice, or a step of `followups`.
FOLLOWED: Final = {*sending.TELLING, Move.SUBMIT, Move.REVERT, Move.DECLINE}

# Kept due times change by a case's own events alone, so those of the newest events are
# asked about: far more than five minutes make.
DUE: Final = "due_time_is_what_the_clock_says"
MOVED_LAST: Final = 1000
# So many of the newest events are of cases that are looked through every five minutes:
# 33 a second, three times what the busiest day had.
MOVED_EVENTS: Final = 10_000

# Nobody took the move of an event back.
_STANDS: Final = """NOT EXISTS (
            SELECT 1 FROM complaints_event undone
            WHERE undone.complaint_id = e.complaint_id AND undone.seq > e.seq
              AND undone.move = 'undo' AND undone.data ->> 'seq' = e.seq::text)"""
# An event of ours whose waiting work is gone, though nobody took the move back. Cases
# that were loaded from elsewhere never owed anything: only what came after an event
# that did owe its follow-up counts.
_NOT_FOLLOWED_UP: Final = (
    """
        SELECT e.id FROM complaints_event e
        WHERE e.at > %(at)s - %(lately)s::interval AND e.move = ANY(%(followed)s)
          AND NOT EXISTS (SELECT 1 FROM common_outbox o
                          WHERE o.kind = 'event' AND o.subject = e.id)
          AND EXISTS (
            SELECT 1 FROM complaints_event before
            JOIN common_outbox o ON o.kind = 'event' AND o.subject = before.id
            WHERE before.complaint_id = e.complaint_id AND before.seq < e.seq)
          AND """
    + _STANDS
)

# Each statement returns the complaints (or rows) that break a promise.
INVARIANTS: Final[dict[str, str]] = {
    "every_complaint_was_sent_once": """
        SELECT c.id FROM complaints_complaint c
        LEFT JOIN complaints_event e ON e.complaint_id = c.id AND e.move = 'submit'
        GROUP BY c.id HAVING count(e.id) <> 1""",
    "routed_once_a_round": """
        SELECT complaint_id FROM complaints_event WHERE move = 'route'
        GROUP BY complaint_id, round HAVING count(*) > 1""",
    "nothing_waits_unrouted": """
        SELECT id FROM complaints_complaint
        WHERE status = 'received' AND routed_at IS NULL
          AND submitted_at < %(at)s - %(patience)s::interval""",
    "status_is_that_of_the_last_event": """
        SELECT c.id FROM complaints_complaint c
        JOIN LATERAL (
          SELECT status, holder_id, round FROM complaints_event e
          WHERE e.complaint_id = c.id ORDER BY seq DESC LIMIT 1) last ON true
        WHERE (last.status, last.holder_id, last.round)
              IS DISTINCT FROM (c.status, c.holder_id, c.round::int)""",
    "events_are_numbered_without_gaps": """
        SELECT complaint_id FROM complaints_event
        GROUP BY complaint_id HAVING max(seq) <> count(*) OR min(seq) <> 1""",
    "corrected_iff_a_correction_was_applied": """
        SELECT c.id FROM complaints_complaint c
        WHERE (c.outcome IN ('corrected', 'partly_corrected')) <> EXISTS (
          SELECT 1 FROM complaints_claim k
          JOIN registry_correction r ON r.id = k.correction_id
          WHERE k.complaint_id = c.id)""",
    "claims_are_decided_iff_resolved": """
        SELECT c.id FROM complaints_complaint c
        JOIN complaints_claim k ON k.complaint_id = c.id
        WHERE c.status IN ('resolved') AND k.verdict = ''
           OR c.status NOT IN ('resolved', 'awaiting_second') AND k.verdict <> ''""",
    "open_complaints_have_an_open_holder": """
        SELECT c.id FROM complaints_complaint c
        JOIN registry_organization o ON o.id = c.holder_id
        WHERE c.status IN ('received', 'in_review', 'waiting_citizen',
                           'waiting_authority', 'awaiting_second')
          AND o.closed_on <= %(today)s""",
    "waits_for_another_body_iff_one_is_asked": """
        SELECT c.id FROM complaints_complaint c
        WHERE (c.status = 'waiting_authority') <> EXISTS (
          SELECT 1 FROM complaints_referral r
          WHERE r.complaint_id = c.id AND r.state = 'waiting')""",
    "holder_path_is_the_holders": """
        SELECT c.id FROM complaints_complaint c
        JOIN registry_organization o ON o.id = c.holder_id
        WHERE o.path <> c.holder_path""",
    "every_message_is_sent_or_owed": """
        SELECT m.id FROM complaints_message m
        LEFT JOIN common_outbox o ON o.kind = 'message' AND o.subject = m.id
        WHERE m.state = 'waiting' AND (o.id IS NULL OR o.done_at IS NOT NULL)""",
    "every_event_that_calls_for_something_is_followed_up": _NOT_FOLLOWED_UP,
    "who_was_to_be_told_has_a_message": """
        SELECT e.id FROM complaints_event e
        JOIN complaints_complaint c ON c.id = e.complaint_id
        JOIN complaints_submission s ON s.id = c.submission_id
        JOIN common_outbox o ON o.kind = 'event' AND o.subject = e.id
        WHERE e.at > %(at)s - %(lately)s::interval
          AND o.done_at IS NOT NULL AND o.attempts > 0 AND s.phone_sealed IS NOT NULL
          AND (e.move = ANY(%(telling)s)
               OR e.move = ANY(%(decisions)s)
                  AND e.data ->> 'outcome' = ANY(%(told)s))
          AND NOT EXISTS (
            SELECT 1 FROM complaints_message m WHERE m.event_id = e.id)
          AND """
    + _STANDS,
    "no_work_is_left_lying": """
        SELECT id FROM common_outbox
        WHERE done_at IS NULL AND dead_at IS NULL
          AND next_at < %(at)s - %(patience)s::interval
          AND (lease_until IS NULL OR lease_until < %(at)s)""",
    "no_work_is_parked": "SELECT id FROM common_outbox WHERE dead_at IS NOT NULL",
    "the_chain_of_events_is_whole": """
        SELECT complaint_id FROM (
          SELECT e.complaint_id, e.hash = complaints_event_hash(e, lag(e.hash)
              OVER (PARTITION BY e.complaint_id ORDER BY e.seq)) AS whole
          FROM complaints_event e) links
        WHERE whole IS NOT TRUE""",
    "a_joined_record_leads_to_a_living_one": """
        SELECT p.id FROM registry_person p
        JOIN registry_person s ON s.id = p.merged_into_id
        WHERE s.status <> 'active'""",
    "a_record_that_stands_for_nobody_has_no_doses": """
        SELECT d.id FROM registry_person p JOIN registry_dose d ON d.person_id = p.id
        WHERE p.status <> 'active' AND (p.status = 'merged' OR d.status = 'completed')
        """,
    "every_version_has_its_correction": """
        SELECT last.target_id FROM (
          SELECT target, target_id, max(version_before) + 1 AS version
          FROM registry_correction GROUP BY target, target_id) last
        LEFT JOIN registry_person p ON last.target = 'person' AND p.id = last.target_id
        LEFT JOIN registry_dose d ON last.target = 'dose' AND d.id = last.target_id
        WHERE last.version IS DISTINCT FROM coalesce(p.version, d.version)""",
    "every_correction_has_its_place_in_the_feed": """
        SELECT c.id FROM registry_correction c
        LEFT JOIN registry_feedentry f ON f.correction_id = c.id
        WHERE f.correction_id IS NULL""",
    "the_feed_is_numbered_without_gaps": """
        SELECT max(position) FROM registry_feedentry
        HAVING max(position) <> count(position)""",
    "notes_are_as_they_were_written": """
        SELECT complaint_id FROM complaints_event e
        WHERE note <> '' AND note_digest
              <> sha256(convert_to(note_salt::text || note, 'UTF8'))""",
}


# These read every case with its events, or the whole registry: minutes among millions.
# All of it is read at night; of cases, those that moved last every five minutes.
OF_CASES: Final = frozenset(
    {
        "every_complaint_was_sent_once",
        "routed_once_a_round",
        "status_is_that_of_the_last_event",
        "events_are_numbered_without_gaps",
        "corrected_iff_a_correction_was_applied",
        "claims_are_decided_iff_resolved",
        "waits_for_another_body_iff_one_is_asked",
        "holder_path_is_the_holders",
        "the_chain_of_events_is_whole",
        "notes_are_as_they_were_written",
    }
)
AT_NIGHT: Final = frozenset(
    {
        "a_joined_record_leads_to_a_living_one",
        "a_record_that_stands_for_nobody_has_no_doses",
        "every_version_has_its_correction",
        "every_correction_has_its_place_in_the_feed",
        "the_feed_is_numbered_without_gaps",
    }
)
# Put before a statement, it sees these cases and their events, and no others.
_OF_MOVED: Final = """
WITH moved AS MATERIALIZED (
  SELECT DISTINCT complaint_id FROM (
    SELECT complaint_id FROM public.complaints_event ORDER BY id DESC LIMIT %(newest)s
  ) newest
), complaints_complaint AS (
  SELECT c.* FROM public.complaints_complaint c JOIN moved ON moved.complaint_id = c.id
), complaints_event AS (
  SELECT e.* FROM public.complaints_event e JOIN moved USING (complaint_id)
)"""


def check(*, at: datetime, newest: int | None = None) -> dict[str, list[int]]:
    """Return what breaks each invariant, up to 100 rows each; all empty is well.

    ``newest``: only the cases of so many newest events, and nothing of ``AT_NIGHT``.
    """
    found = {}
    facts = _facts(at) | {"newest": newest}
    for name, sql in INVARIANTS.items():
        if newest and name in AT_NIGHT:
            continue
        before = _OF_MOVED if newest and name in OF_CASES else ""
        # A transaction each: none holds old rows back while the others are looked for.
        with scope.system(), connection.cursor() as cursor:
            cursor.execute(f"{before}{sql} LIMIT 100", facts)
            found[name] = [row[0] for row in cursor.fetchall()]
    with scope.system():
        found[DUE] = _due_otherwise(at=at)
    return found


def _due_otherwise(*, at: datetime) -> list[int]:
    """Return the open cases moved last whose due time is not what the clock says.

    While the citizen is asked it is kept as it was before, so these are left out.
    """
    newest = Event.objects.order_by("-pk").values_list("complaint", flat=True)
    cases = list(
        Complaint.objects.filter(
            pk__in=set(newest[:MOVED_LAST]), status__in=OPEN, paused_at=None
        ).select_related("policy__organization")
    )
    reckoned = policies.reckon_all(cases, at=at)
    return [case.pk for case in cases if reckoned[case.pk].due_at != case.due_at][:100]


def _facts(at: datetime) -> dict[str, Any]:
    decisions = {move.value for move in sending.DECISIONS}
    return {
        "at": at,
        "today": timezone.localdate(at),
        "patience": PATIENCE,
        "lately": LATELY,
        "followed": sorted(FOLLOWED),
        "telling": sorted(set(sending.TELLING) - {Move.JOIN, *decisions}),
        "decisions": sorted(decisions),
        "told": sorted(sending.WORDS),
    }


def first_broken(complaint_id: int) -> int | None:
    """Return the number of a case's first event that does not follow from those before.

    None where all do. Where one was taken out, it is the one after.
    """
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(_FIRST_BROKEN, [complaint_id])
        return cursor.fetchone()[0]


_FIRST_BROKEN: Final = """
SELECT min(seq) FROM (
  SELECT seq, seq = row_number() OVER links
    AND hash = complaints_event_hash(e, lag(hash) OVER links) AS whole
  FROM complaints_event e WHERE complaint_id = %s WINDOW links AS (ORDER BY seq)
) events WHERE whole IS NOT TRUE"""


def reconcile(*, at: datetime, newest: int | None = MOVED_EVENTS) -> int:
    """Owe again what the outbox lost; log what else is found; return the latter.

    Figures that stand still are logged, too: they are told as of when they were whole.
    ``newest`` as ``check`` has it; with None everything is read.
    """
    _owe_again(at=at)
    found = check(at=at, newest=newest)
    wanting = {name: rows for name, rows in found.items() if rows}
    for name, rows in wanting.items():
        logger.error("invariant.broken", extra={"kind": name, "rows": len(rows)})
    old = rollups.age(at=at) or _waiting(at=at)
    if old > FIGURES_PATIENCE:
        logger.error("figures.old", extra={"seconds": round(old.total_seconds())})
    return len(wanting)


def _waiting(*, at: datetime) -> timedelta:
    """Return for how long the first complaint has been there; nothing without one."""
    with scope.system():
        first = Complaint.objects.order_by("pk").first()
    return timedelta(0) if first is None else at - first.submitted_at


def _owe_again(*, at: datetime) -> None:
    with scope.system():
        lost = Event.objects.raw(
            """SELECT e.id FROM complaints_complaint c
               JOIN complaints_event e ON e.complaint_id = c.id AND e.move = 'submit'
               LEFT JOIN common_outbox o ON o.kind = 'event' AND o.subject = e.id
               WHERE c.status = 'received' AND c.routed_at IS NULL AND o.id IS NULL"""
        )
        outbox.add("event", [event.pk for event in lost], at=at)
        unfollowed = Event.objects.raw(_NOT_FOLLOWED_UP, _facts(at))
        outbox.add("event", [event.pk for event in unfollowed], at=at)
        unsent = Message.objects.raw(
            """SELECT m.id FROM complaints_message m
               LEFT JOIN common_outbox o ON o.kind = 'message' AND o.subject = m.id
               WHERE m.state = 'waiting' AND o.id IS NULL"""
        )
        outbox.add("message", [message.pk for message in unsent], at=at)
        waiting = PopulationInquiry.objects.raw(
            """SELECT i.id FROM complaints_complaint c
               JOIN registry_populationinquiry i
                 ON i.about = c.id AND i.purpose = 'complaint'
               LEFT JOIN common_outbox o ON o.kind = 'inquiry_due' AND o.subject = i.id
               WHERE c.status = 'received' AND c.routed_at IS NULL AND o.id IS NULL"""
        )
        outbox.add("inquiry_due", [inquiry.pk for inquiry in waiting], at=at)
        runs.owe_again(at=at)


def seal_days(*, at: datetime) -> None:
    """Seal yesterday's entries and events."""
    with scope.system():
        for of in seals.SEALED:
            seals.seal_day(of=of, at=at)
