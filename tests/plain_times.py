"""Figures by a plain count of events: a stop-watch, a list and a sort.

What the portal measures, keeps and adds up is compared with this. It shares no code
with it: one complaint after another, one event after another.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil

from django.db import connection
from django.utils import timezone

from complaints.models import OfficeHours, Policy
from tests.plain_office import reached, seconds

ENDED = ("resolved", "withdrawn", "lapsed")
ANSWERS = ("ask", "resolve", "countersign")
COUNTS = (
    "resolved",
    "on_time",
    "open",
    "open_overdue",
    "lapsed",
    "withdrawn",
    "left_late",
    "answered",
    "unanswered",
    "answered_in_time",
    "answer_overdue",
    "untouched",
    "reopened",
    "corrected",
    "partly_corrected",
    "kept",
    "already_correct",
    "asked",
    "questions",
    "handed",
    "hand_overs",
    "disagreed",
    "reversed",
    "self_corrected",
    "kept_unseen",
    "refiled",
    "rated",
    "good",
    "poor",
)
LEDGER = {
    "received": "waited",
    "in_review": "checked",
    "waiting_citizen": "paused",
    "waiting_authority": "elsewhere",
    "awaiting_second": "seconded",
}
GIVEN = ("route", "disagree", "reopen", "put_back")
KEPT = ("kept", "already_correct")
UPHELD = ("corrected", "partly_corrected")
REVERSING = ("revert", "reopen", "put_back")
NO_LOOK = ("submit", "assign", "join", "reopen", "put_back")


def rows(statement: str, *parameters: object) -> list[dict]:
    """Return what a statement finds, by the names of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def lives() -> list[dict]:
    """Return each complaint with its events; needs the system's scope."""
    events: dict[int, list[dict]] = defaultdict(list)
    for event in rows(
        "SELECT e.complaint_id, e.move, e.actor, e.status, e.round, e.at, e.data,"
        " o.code, o.name, o.path, o.kind FROM complaints_event e"
        " JOIN registry_organization o ON o.id = e.holder_id"
        " ORDER BY e.complaint_id, e.seq"
    ):
        events[event["complaint_id"]].append(
            event | {"data": json.loads(event["data"])}
        )
    complaints = rows(
        "SELECT c.id, c.kind, c.number, s.code, c.subject_key, s.channel"
        " FROM complaints_complaint c"
        " JOIN complaints_submission s ON s.id = c.submission_id"
    )
    words = {}
    for said in rows("SELECT complaint_id, word FROM complaints_rating ORDER BY round"):
        words[said["complaint_id"]] = said["word"]
    return [
        one | {"events": events[one["id"]], "word": words.get(one["id"])}
        for one in complaints
    ]


def counted(life: dict, *, at: datetime, others: Iterable[dict] = ()) -> dict:
    """Follow one complaint event by event; ``others``: among whom it may be again."""
    events = life["events"]
    stood = standing(events)
    sent = next(e["at"] for e in events if e["move"] == "submit")
    spans, ended, ledger = _spans(events, stood, at=at)
    rounds = [
        _round(life["kind"], [e for e in events if e["round"] == number], spans, at=at)
        for number in range(1, events[-1]["round"] + 1)
    ]
    last = events[-1]
    resolved = last["status"] == "resolved"
    lapsed = last["status"] == "lapsed"
    is_open = last["status"] not in ENDED
    too_long = len(rounds) > 1 and sum(Fraction(r["share"]) for r in rounds) > 1
    late = any(r["late"] for r in rounds) or too_long
    spent = sum(r["wall"] for r in rounds)
    answered = next(
        (e["at"] for e in stood if e["move"] in ANSWERS and e["actor"] == "staff"), None
    )
    return {
        "holder": last["code"],
        "path": last["path"],
        "kind": life["kind"],
        "channel": life["channel"],
        "rated": life["word"] is not None,
        "good": life["word"] == "good",
        "poor": life["word"] == "poor",
        "sent": sent,
        "ended": ended,
        "resolved": resolved,
        "on_time": resolved and not late,
        "open": is_open,
        "open_overdue": is_open and rounds[-1]["late"],
        "lapsed": lapsed,
        "withdrawn": last["status"] == "withdrawn",
        "left_late": late and not (is_open or resolved),
        "answered": answered is not None,
        "unanswered": is_open and answered is None,
        "answered_in_time": answered is not None and answered <= rounds[0]["answer"],
        "answer_overdue": is_open and answered is None and rounds[0]["answer"] < at,
        "untouched": is_open and not _looked_at(stood),
        "reopened": last["round"] > 1,
        "asked": any(e["move"] == "ask" for e in stood),
        "questions": sum(e["move"] == "ask" for e in stood if _is_own(e)),
        "handed": any(
            e["move"] in ("hand_over", "escalate") for e in stood if _is_own(e)
        ),
        "hand_overs": sum(
            e["move"] in ("hand_over", "escalate") for e in stood if _is_own(e)
        ),
        "disagreed": any(e["move"] == "disagree" for e in stood),
        "reversed": _is_reversed(stood),
        "seconds": round(spent) if resolved else None,
        "spent": spent,
        "first": round((answered - sent).total_seconds()) if answered else None,
        "ledger": dict.fromkeys(ledger, 0) if is_open else ledger,
        "refiled": ended is not None and _is_again(life, ended, others),
        "deeds": _deeds(events, stood),
        **_last_decision(stood, resolved),
    }


def _is_own(event: dict) -> bool:
    return "unit_change" not in event["data"]


def _spans(
    events: Sequence[dict], stood: Sequence[dict], *, at: datetime
) -> tuple[list[dict], datetime | None, dict[str, float]]:
    """Cut a life into stretches in which its clock runs or waits for the citizen."""
    spans, ended = [], None
    ledger = dict.fromkeys(LEDGER.values(), 0.0)
    begins = events[0]["at"]
    for place, event in enumerate(events):
        begins = max(begins, event["at"])
        is_last = place + 1 == len(events)
        ends = max(at if is_last else events[place + 1]["at"], begins)
        if event["status"] not in ENDED and not is_last:
            ledger[LEDGER[event["status"]]] += (ends - begins).total_seconds()
        if event["status"] in ENDED and event in stood:
            ended = ended or event["at"]
            continue
        ended = None
        waits = event["status"] == "waiting_citizen"
        spans.append(
            {"round": event["round"], "begins": begins, "ends": ends, "waits": waits}
        )
    return spans, ended, ledger


def _round(
    kind: str, events: Sequence[dict], spans: Sequence[dict], *, at: datetime
) -> dict:
    """Hold a stop-watch on one round: wall time, share of what it may take, late."""
    own = [span for span in spans if span["round"] == events[0]["round"]]
    given = next((e for e in events if e["move"] in GIVEN), None)
    begins = events[0]["at"]
    row = policy(kind, begins, given)
    hours = office_hours(given, begins) if row.in_office else None
    wall = spent = paused = 0.0
    late, may_wait = False, timedelta(days=row.pause_days)
    for span in own:
        since, until = span["begins"], span["ends"]
        if row.in_office and span["waits"]:
            late = late or since > reached(hours, begins, row.repair_hours, paused)
        if span["waits"]:
            rest = min(until, since + may_wait)
            paused += seconds(hours, since, rest)
            may_wait -= rest - since
            since = rest
        wall += (until - since).total_seconds()
        spent += seconds(hours, since, until)
    if own and row.in_office:
        is_resting = own[-1]["waits"] and since == until == at
        end = own[-1]["ends"]
        late = late or (
            not is_resting and end > reached(hours, begins, row.repair_hours, paused)
        )
    if not row.in_office:
        late = spent > row.repair_hours * 3600
    answer = begins + timedelta(hours=row.first_answer_hours)
    if row.in_office:
        answer = reached(hours, begins, row.first_answer_hours, 0)
    return {
        "wall": wall,
        "answer": answer,
        "late": late,
        "share": Fraction(spent) / (row.repair_hours * 3600),
    }


def _deeds(events: Sequence[dict], stood: Sequence[dict]) -> set[tuple[str, str]]:
    """Return who handed it away, and whose decision was disputed or reversed."""
    deeds = set()
    for place, event in enumerate(stood):
        before = stood[place - 1]["code"] if place else None
        if (
            event["move"] in ("hand_over", "escalate")
            and event["actor"] == "staff"
            and "unit_change" not in event["data"]
            and stood[place - 1]["move"] != "submit"
            and before != event["code"]
        ):
            deeds.add(("passed_on", before))
        if event["move"] not in ("resolve", "countersign") or event["actor"] != "staff":
            continue
        follows = [e for e in stood[place + 1 :] if e["round"] > event["round"]]
        if follows and follows[0]["move"] == "disagree":
            deeds.add(("disputed", event["code"]))
        mine = event["data"]["outcome"] in UPHELD
        others = {e["data"]["outcome"] in UPHELD for e in _decisions(follows)}
        if follows and (follows[0]["move"] in REVERSING or (not mine) in others):
            deeds.add(("reversed", event["code"]))
    return deeds


def _looked_at(stood: Sequence[dict]) -> list[dict]:
    by_staff = [
        e for e in stood if e["actor"] == "staff" and "unit_change" not in e["data"]
    ]
    looks = [e for e in by_staff if e["move"] not in NO_LOOK]
    return [e for e in looks if e["move"] != "accept" or "bulk" not in e["data"]]


def _decisions(stood: Sequence[dict]) -> list[dict]:
    return [e for e in stood if e["move"] in ("resolve", "countersign")]


def _is_reversed(stood: Sequence[dict]) -> bool:
    said = {e["data"].get("outcome") for e in _decisions(stood)} - {None}
    both_ways = bool(said & set(UPHELD)) and bool(said - set(UPHELD))
    return both_ways or any(e["move"] in REVERSING for e in stood)


def _last_decision(stood: Sequence[dict], resolved: bool) -> dict:
    decisions = _decisions(stood)
    outcomes = ("corrected", "partly_corrected", "kept", "already_correct")
    if not resolved or not decisions:
        return dict.fromkeys(("self_corrected", "kept_unseen", *outcomes), False)
    last = decisions[-1]
    return {
        **{name: last["data"].get("outcome") == name for name in outcomes},
        "self_corrected": last["actor"] == "system",
        "kept_unseen": last["data"].get("outcome") in KEPT
        and _looked_at(stood) == [last],
    }


def _is_again(life: dict, ended: datetime, others: Iterable[dict]) -> bool:
    return any(
        other["subject_key"] == life["subject_key"]
        and ended < other["events"][0]["at"] <= ended + timedelta(days=30)
        for other in others
    )


def standing(events: Sequence[dict]) -> list[dict]:
    """Return the events without those that were taken back, and the taking back."""
    moves = [event["move"] for event in events] + [""]
    return [
        event
        for place, event in enumerate(events)
        if "undo" not in (moves[place], moves[place + 1])
    ]


def policy(kind: str, begins: datetime, given: dict | None) -> Policy:
    """Return the row for whoever got a round first (None: nobody) when it began."""
    day = timezone.localdate(begins)
    fitting = [
        (
            len(row.organization.path) if row.organization else 0,
            row.level,
            row.kind,
            row,
        )
        for row in Policy.objects.select_related("organization")
        if row.kind in (kind, "")
        and row.valid_from <= day
        and (row.valid_to is None or day < row.valid_to)
        and row.level in ("", given and given["kind"])
        and (
            row.organization is None
            or (given and given["path"].startswith(row.organization.path))
        )
    ]
    return max(
        fitting, key=lambda one: (one[0], bool(one[1]), bool(one[2]), one[3].valid_from)
    )[3]


def office_hours(given: dict | None, begins: datetime) -> OfficeHours:
    """Return the hours of whoever got a round first: its own, else the country's."""
    day, path = timezone.localdate(begins), given["path"] if given else ""
    rows = [
        row
        for row in OfficeHours.objects.select_related("organization")
        if row.valid_from <= day
        and (row.valid_to is None or day < row.valid_to)
        and (row.organization is None or path.startswith(row.organization.path))
    ]
    return max(
        rows, key=lambda row: len(row.organization.path if row.organization else "")
    )


def month_of(at: datetime) -> date:
    """Return the first day of an instant's month in Vietnam."""
    return (at + timedelta(hours=7)).date().replace(day=1)


def summed(members: Sequence[dict]) -> dict:
    """Return the figures of a group of complaints that were counted one by one."""
    times = sorted(m["seconds"] for m in members if m["seconds"] is not None)
    firsts = sorted(m["first"] for m in members if m["answered"])
    heard = firsts + [None for m in members if m["unanswered"]]
    return {name: sum(m[name] for m in members) for name in COUNTS} | {
        "received": len(members),
        "median": percentile(times, 0.5),
        "p75": percentile(times, 0.75),
        "p90": percentile(times, 0.9),
        "first_answer_median": percentile(heard, 0.5),
    }


def percentile(values: Sequence[int | None], share: float) -> int | None:
    """Return the smallest of rising values with that share at or below it."""
    return values[max(ceil(share * len(values)), 1) - 1] if values else None
