"""A run of all rules over what changed, or over everything, a transaction at a time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count

from portal.registry.models import QualityFinding, QualityRun
from portal.registry.quality import (
    certified,
    changes,
    counts,
    findings,
    readings,
    staging,
    thresholds,
)
from portal.registry.quality.findings import SetRule
from portal.registry.quality.limits import Limits
from portal.registry.quality.rule import local_day
from portal.registry.quality.rules import RULES

# Two runs at once would open the same finding twice; the number is ours alone.
_LOCK: Final = 54_2021


@dataclass(slots=True)
class Report:
    """What a run looked at and changed. ``is_done`` is False when time ran out."""

    people: int = 0
    doses: int = 0
    opened: int = 0
    resolved: int = 0
    seconds: float = 0.0
    is_done: bool = True


def run(
    *,
    at: datetime,
    is_full: bool = False,
    sets: Sequence[SetRule] = (),
    seconds: float | None = None,
) -> Report:
    """Check what changed since the last run, or everything; return what was done.

    Stops after so many ``seconds`` when they are given; the next run goes on from
    there. Needs the scope of the system. Raises NoLimit when the table of limits is
    empty.
    """
    begun = time.monotonic()
    report = Report()
    limits = thresholds.load()
    params = _params(limits, local_day(at))
    if is_full:
        with transaction.atomic(), connection.cursor() as cursor:
            changes.mark_all(cursor)
    while True:
        if seconds is not None and time.monotonic() - begun > seconds:
            report.is_done = False
            break
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            spans = changes.take(cursor)
            if not spans:
                break
            _check(cursor, spans, limits, params, report, at=at)
    _check_sets((*certified.SETS, *sets), params, report, at=at)
    report.seconds = time.monotonic() - begun
    if is_full or report.people or report.doses or report.opened or report.resolved:
        QualityRun.objects.create(
            at=at,
            is_full=is_full,
            people=report.people,
            doses=report.doses,
            opened=report.opened,
            resolved=report.resolved,
            seconds=report.seconds,
        )
    return report


def open_findings() -> dict[str, int | None]:
    """Return how many findings are open by rule; None for a rule not asked at rest."""
    found = dict(
        QualityFinding.objects.filter(resolved_at=None)
        .values_list("rule")
        .annotate(rows=Count("pk"))
    )
    return {code: found.get(code, 0) if code in AT_REST else None for code in RULES}


def _check(
    cursor: Any,
    spans: Sequence[changes.Span],
    limits: Limits,
    params: Mapping[str, Any],
    report: Report,
    *,
    at: datetime,
) -> None:
    if spans[0].kind == changes.Kind.COUNT:
        counts.rebuild(cursor, today=params["today"])
        return
    staging.scope(cursor, spans)
    readings.make(cursor)
    staging.stage(cursor, limits, params)
    findings.ask(cursor, limits, params)
    _settle(cursor, *findings.settle(cursor, at=at), report, params["today"])
    cursor.execute(
        "SELECT (SELECT count(*) FROM q_scope_person),"
        " (SELECT count(*) FROM q_scope_dose)"
    )
    people, doses = cursor.fetchone()
    report.people += people
    report.doses += doses
    _drop(cursor)


def _check_sets(
    sets: Sequence[SetRule], params: Mapping[str, Any], report: Report, *, at: datetime
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        findings.ask_sets(cursor, sets, params)
        settled = findings.settle_sets(cursor, sets, at=at)
        _settle(cursor, *settled, report, params["today"])
        _drop(cursor)


def _settle(
    cursor: Any, opened: int, resolved: int, report: Report, today: date
) -> None:
    counts.add(cursor, today=today)
    report.opened += opened
    report.resolved += resolved


def _drop(cursor: Any) -> None:
    """Drop the temporary tables now: inside a longer transaction they would stay."""
    cursor.execute(
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = pg_my_temp_schema() AND relname LIKE 'q\\_%'"
        " AND relkind = 'r'"
    )
    tables = [name for (name,) in cursor.fetchall()]
    if tables:
        cursor.execute(f"DROP TABLE {', '.join(tables)}")


def _params(limits: Limits, today: date) -> dict[str, Any]:
    return {
        "today": today,
        "campaign_start": limits.day("Q04.campaign_start", on=today),
        "refused_after": limits.day("Q21.refused_after", on=today),
        "counted_by": limits.day("Q16.by", on=today),
        "claim_least": limits.number("Q10.interval", on=today)
        - limits.number("Q10.grace", on=today),
        "alike_least": limits.number("Q54.complaints", on=today),
    }


# Rules that are asked at rest: those with a form of their own, those of certificates,
# and those of lists and complaints.
AT_REST: Final = (
    frozenset(code for code, rule in RULES.items() if rule.sql)
    | certified.CODES
    | {"Q52", "Q53", "Q54"}
)
