"""Figures by a plain count of events: a stop-watch, a list and a sort.

What the portal measures, keeps and adds up is compared with this. It shares no code
with it: one complaint after another, one event after another.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from math import ceil

from django.db import connection
from django.utils import timezone

from complaints.models import Policy

ENDED = ("resolved", "withdrawn", "lapsed")
ANSWERS = ("ask", "resolve", "countersign")
COUNTS = (
    "resolved",
    "on_time",
    "open",
    "open_overdue",
    "untouched",
    "reopened",
    "asked",
    "handed",
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
UPHELD = ("corrected", "partly_corrected")


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
        " o.code, o.name, o.path FROM complaints_event e"
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
    repair, pause = terms(life["kind"], sent)
    spent, this_round, ended = 0.0, 0.0, None
    ledger = dict.fromkeys(LEDGER.values(), 0.0)
    begins = events[0]["at"]
    for place, event in enumerate(events):
        begins = max(begins, event["at"])
        is_last = place + 1 == len(events)
        after = at if is_last else events[place + 1]["at"]
        seconds = max((after - begins).total_seconds(), 0.0)
        if event["status"] not in ENDED and not is_last:
            ledger[LEDGER[event["status"]]] += seconds
        if event["status"] in ENDED and event in stood:
            ended, seconds = ended or event["at"], 0.0
        else:
            ended = None
        if event["status"] == "waiting_citizen":
            seconds = max(seconds - pause, 0.0)
        spent += seconds
        this_round += seconds if event["round"] == events[-1]["round"] else 0
    answered = next((e["at"] for e in stood if e["move"] in ANSWERS), None)
    last = events[-1]
    resolved = last["status"] == "resolved"
    is_open = last["status"] not in ENDED
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
        "on_time": resolved and spent <= repair,
        "open": is_open,
        "open_overdue": is_open and this_round > repair,
        "untouched": is_open and not _looked_at(stood),
        "reopened": last["round"] > 1,
        "asked": any(e["move"] == "ask" for e in stood),
        "handed": any(
            e["move"] in ("hand_over", "escalate") and "unit_change" not in e["data"]
            for e in stood
        ),
        "disagreed": any(e["move"] == "disagree" for e in stood),
        "reversed": _is_reversed(stood),
        "seconds": round(spent) if resolved else None,
        "spent": spent,
        "first": round((answered - sent).total_seconds()) if answered else None,
        "ledger": dict.fromkeys(ledger, 0) if is_open else ledger,
        "refiled": ended is not None and _is_again(life, ended, others),
        **_last_decision(stood, resolved),
    }


def _looked_at(stood: Sequence[dict]) -> list[dict]:
    by_staff = [
        e for e in stood if e["actor"] == "staff" and "unit_change" not in e["data"]
    ]
    return [e for e in by_staff if e["move"] not in ("submit", "join", "reopen")]


def _decisions(stood: Sequence[dict]) -> list[dict]:
    return [e for e in stood if e["move"] in ("resolve", "countersign")]


def _is_reversed(stood: Sequence[dict]) -> bool:
    said = {e["data"].get("outcome") for e in _decisions(stood)} - {None}
    both_ways = bool(said & set(UPHELD)) and bool(said - set(UPHELD))
    return both_ways or any(e["move"] in ("revert", "reopen") for e in stood)


def _last_decision(stood: Sequence[dict], resolved: bool) -> dict:
    decisions = _decisions(stood)
    if not resolved or not decisions:
        return {"self_corrected": False, "kept_unseen": False}
    last = decisions[-1]
    return {
        "self_corrected": last["actor"] == "system",
        "kept_unseen": last["data"].get("outcome") == "kept"
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


def terms(kind: str, sent: datetime) -> tuple[float, float]:
    """Return the seconds for repair and the longest pause that held on that day."""
    day = timezone.localdate(sent)
    fitting = [
        policy
        for policy in Policy.objects.filter(level="", organization=None)
        if policy.kind in (kind, "")
        and policy.valid_from <= day
        and (policy.valid_to is None or day < policy.valid_to)
    ]
    chosen = max(fitting, key=lambda policy: (policy.kind, policy.valid_from))
    return chosen.repair_hours * 3600, chosen.pause_days * 86400


def month_of(at: datetime) -> date:
    """Return the first day of an instant's month in Vietnam."""
    return (at + timedelta(hours=7)).date().replace(day=1)


def summed(members: Sequence[dict]) -> dict:
    """Return the figures of a group of complaints that were counted one by one."""
    times = sorted(m["seconds"] for m in members if m["seconds"] is not None)
    firsts = sorted(m["first"] for m in members if m["first"] is not None)
    return {name: sum(m[name] for m in members) for name in COUNTS} | {
        "received": len(members),
        "median": percentile(times, 0.5),
        "p75": percentile(times, 0.75),
        "p90": percentile(times, 0.9),
        "first_answer_median": percentile(firsts, 0.5),
    }


def percentile(values: Sequence[int], share: float) -> int | None:
    """Return the smallest of rising values with that share at or below it."""
    return values[max(ceil(share * len(values)), 1) - 1] if values else None
