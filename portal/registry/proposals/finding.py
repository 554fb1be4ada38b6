"""Keeping the proposals up to date: what changed is matched anew, a part at a time.

Triggers note which people and doses a statement changed (``MatchChange``). A run takes
some, asks ``registry.matching`` about them and settles what stands: a proposal that is
found no more goes, one that staff refused stays refused.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from portal.common import names, outbox, scope
from portal.registry import spans
from portal.registry.matching import grading, rarity, weights
from portal.registry.matching.blocks import Candidate
from portal.registry.matching.doubles import doubled_doses, split_people
from portal.registry.matching.orphans import owners_of
from portal.registry.models import Dose, MatchChange, Proposal
from portal.registry.proposals.holders import Holders, Key
from portal.registry.quality.rule import local_day

Kind, State = Proposal.Kind, Proposal.State
# Two runs at once would propose the same pair twice; the number is ours alone.
_LOCK: Final = 54_2022
# Keys in one transaction: each person takes some milliseconds of comparing.
_PART: Final = 500
# Owners proposed for one orphan; further ones fit so badly that nobody would look.
_MOST_OWNERS: Final = 3
_ORPHANS_PER_NAME: Final = 2_000


@dataclass(slots=True)
class Report:
    """What a run looked at and changed. ``is_done`` is False when time ran out."""

    people: int = 0
    orphans: int = 0
    found: int = 0
    gone: int = 0
    seconds: float = 0.0
    is_done: bool = True


@dataclass(frozen=True)
class Found:
    """A pair that matching proposes now, and how surely."""

    grade: str
    score: float = 0.0
    evidence: Mapping[str, Any] | None = None
    is_leading: bool = True


def run(*, at: datetime, is_full: bool = False, seconds: float | None = None) -> Report:
    """Match what changed since the last run, or everything; return what was done.

    Stops after so many ``seconds`` when they are given; the next run goes on from
    there; each part is a transaction of its own. Raise LookupError where no weights
    are in force yet.
    """
    begun = time.monotonic()
    report = Report()
    in_force, shares = weights.in_force(local_day(at)), rarity.current()
    if is_full:
        with scope.system(), connection.cursor() as cursor:
            _mark_all(cursor)
    while True:
        if seconds is not None and time.monotonic() - begun > seconds:
            report.is_done = False
            break
        with scope.system(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            # What one person changed comes before a load of a million.
            taken = spans.take(
                cursor,
                "registry_matchchange",
                kinds=MatchChange.Kind.values,
                most=_PART,
                order="last - first, id",
            )
            if not taken:
                break
            people, visited, orphans = _touched(cursor, taken)
            held = _lock(people | visited, orphans)
            _settle_people(people, held, in_force, shares, report, at=at)
            _settle_doses(people | visited, held, report, at=at)
            _settle_owners(orphans, held, in_force, shares, report, at=at)
            report.people += len(people | visited)
            report.orphans += len(orphans)
    report.seconds = time.monotonic() - begun
    return report


def _mark_all(cursor: Any) -> None:
    cursor.execute(
        "INSERT INTO registry_matchchange (kind, first, last)"
        " SELECT 'person', min(id), max(id) FROM registry_person HAVING count(*) > 0"
        " UNION ALL"
        " SELECT 'dose', id, id FROM registry_dose"
        " WHERE person_id IS NULL AND status = 'completed'"
    )


def _touched(
    cursor: Any, taken: Sequence[spans.Span]
) -> tuple[set[int], set[int], set[int]]:
    """Return the people to compare, those with a changed dose only, and the orphans.

    Whoever bears the name of an orphan may be its owner by now, or no longer.
    """
    cursor.execute(
        "CREATE TEMP TABLE m_taken (kind text, first bigint, last bigint)"
        " ON COMMIT DROP"
    )
    with cursor.copy("COPY m_taken FROM STDIN") as rows:
        for span in taken:
            rows.write_row((span.kind, span.first, span.last))
    people = _keys(
        cursor,
        "SELECT p.id FROM m_taken t JOIN registry_person p"
        " ON p.id BETWEEN t.first AND t.last WHERE t.kind = 'person'",
    )
    visited = _keys(
        cursor,
        "SELECT d.person_id FROM m_taken t JOIN registry_dose d"
        " ON d.id BETWEEN t.first AND t.last"
        " WHERE t.kind = 'dose' AND d.person_id IS NOT NULL",
    )
    orphans = _keys(
        cursor,
        "SELECT d.id FROM m_taken t JOIN registry_dose d"
        " ON d.id BETWEEN t.first AND t.last"
        " WHERE t.kind = 'dose' AND d.person_id IS NULL"
        " UNION SELECT p.dose_id FROM m_taken t JOIN registry_proposal p"
        " ON p.dose_id BETWEEN t.first AND t.last"
        " WHERE t.kind = 'dose' AND p.kind = 'owner'",
    )
    cursor.execute("DROP TABLE m_taken")
    cursor.execute(
        "SELECT DISTINCT x.dose_id FROM (SELECT DISTINCT name_folded FROM"
        " registry_person WHERE id = ANY(%s)) n,"
        " LATERAL (SELECT p.dose_id FROM registry_proposal p"
        "  WHERE p.kind = 'owner' AND p.state IN ('open', 'signing')"
        "  AND p.name_folded = n.name_folded LIMIT %s) x",
        [list(people | visited), _ORPHANS_PER_NAME],
    )
    return people, visited, orphans | {pk for (pk,) in cursor.fetchall()}


def _keys(cursor: Any, statement: str) -> set[int]:
    cursor.execute(statement)
    return {pk for (pk,) in cursor.fetchall()}


def _lock(people: set[int], orphans: set[int]) -> dict[str, dict[Key, Proposal]]:
    """Return what stands of these people and doses, by kind, locked.

    So nobody decides on a pair while it is matched anew from what was read before.
    """
    about = Q(kind=Kind.OWNER, dose__in=orphans)
    about |= Q(kind__in=(Kind.PEOPLE, Kind.DOSES), person__in=people)
    about |= Q(kind=Kind.PEOPLE, other_person__in=people)
    rows = Proposal.objects.select_for_update().filter(about).order_by("pk")
    held: dict[str, dict[Key, Proposal]] = {kind: {} for kind in Kind.values}
    for row in rows:
        held[row.kind][
            row.person_id, row.other_person_id, row.dose_id, row.other_dose_id
        ] = row
    return held


def _settle_people(
    people: set[int],
    held: Mapping[str, Mapping[Key, Proposal]],
    in_force: weights.Weights,
    shares: rarity.Shares,
    report: Report,
    *,
    at: datetime,
) -> None:
    found: dict[Key, Found] = {}
    for pair in split_people(sorted(people), weights=in_force, shares=shares):
        first, second = sorted((pair.person_id, pair.other_id))
        found[first, second, None, None] = _judged(pair.judgement)
    standing = {
        key: row for key, row in held[Kind.PEOPLE].items() if {key[0], key[1]} & people
    }
    _settle(Kind.PEOPLE, found, standing, report, at=at)


def _settle_doses(
    people: set[int],
    held: Mapping[str, Mapping[Key, Proposal]],
    report: Report,
    *,
    at: datetime,
) -> None:
    found: dict[Key, Found] = {
        (pair.person_id, None, pair.dose_id, pair.other_id): Found(
            pair.grade, evidence={"level": pair.level}
        )
        for pair in doubled_doses(sorted(people))
    }
    _settle(Kind.DOSES, found, held[Kind.DOSES], report, at=at)


def _settle_owners(
    orphans: set[int],
    held: Mapping[str, Mapping[Key, Proposal]],
    in_force: weights.Weights,
    shares: rarity.Shares,
    report: Report,
    *,
    at: datetime,
) -> None:
    doses = Dose.objects.filter(
        pk__in=orphans, person=None, status=Dose.Status.COMPLETED
    ).in_bulk()
    refused = {
        (row.dose_id, row.person_id)
        for row in held[Kind.OWNER].values()
        if row.state == State.REFUSED
    }
    owners = owners_of(sorted(doses), weights=in_force, shares=shares)
    found: dict[Key, Found] = {}
    for dose in doses:
        likely: list[Candidate] = [
            one for one in owners.get(dose, []) if (dose, one.person_id) not in refused
        ][:_MOST_OWNERS]
        for rank, one in enumerate(likely):
            found[one.person_id, None, dose, None] = _judged(
                one.judgement, is_leading=rank == 0
            )
        if not likely:
            found[None, None, dose, None] = Found("none")
    _settle(Kind.OWNER, found, held[Kind.OWNER], report, at=at, doses=doses)
    # Somebody may have reported the dose missing before it came.
    known = {
        row.dose_id
        for row in held[Kind.OWNER].values()
        if row.state not in (State.GONE, State.MADE)
    }
    outbox.add("orphan", sorted(doses.keys() - known), at=at)


def _judged(judgement: grading.Judgement, *, is_leading: bool = True) -> Found:
    return Found(
        judgement.grade,
        judgement.score,
        {"levels": dict(judgement.levels), "doubts": list(judgement.doubts)},
        is_leading,
    )


def _settle(
    kind: Proposal.Kind,
    found: Mapping[Key, Found],
    held: Mapping[Key, Proposal],
    report: Report,
    *,
    at: datetime,
    doses: Mapping[int, Dose] | None = None,
) -> None:
    """Bring the rows of one kind in line with what is found now."""
    holders = Holders.of(kind, found, on=local_day(at))
    fresh, changed = [], []
    for key, one in found.items():
        organization = holders.of_pair(key)
        facts = {
            "strength": grading.GRADES.index(one.grade) + 1,
            "score": one.score,
            "evidence": dict(one.evidence or {}),
            "is_leading": one.is_leading,
            "organization_id": organization.pk,
            "path": organization.path,
        }
        row = held.get(key)
        if row is None:
            fresh.append(_new(kind, key, facts, doses or {}, at=at))
        elif row.state in (State.GONE, State.MADE) or (
            row.state == State.OPEN and _differs(row, facts)
        ):
            # Made, but found again: it was taken back by another way.
            report.found += row.state != State.OPEN
            changed.append(_renewed(row, facts, at=at))
    gone = [r for key, r in held.items() if r.state == State.OPEN and key not in found]
    for row in gone:
        row.state = State.GONE
        row.version += 1
    Proposal.objects.bulk_create(fresh)
    Proposal.objects.bulk_update([*changed, *gone], _RENEWED)
    report.found += len(fresh)
    report.gone += len(gone)


_RENEWED: Final = (
    *("state", "strength", "score", "evidence", "is_leading", "organization", "path"),
    *("found_at", "version", "choice", "concerns_oneself", "proposed_by"),
    *("decided_by", "decided_at", "correction", "undo_by"),
)


def _new(
    kind: Proposal.Kind,
    key: Key,
    facts: Mapping[str, Any],
    doses: Mapping[int, Dose],
    *,
    at: datetime,
) -> Proposal:
    person, other_person, dose, other_dose = key
    name = doses[dose].name_recorded if dose is not None and dose in doses else ""
    return Proposal(
        kind=kind,
        person_id=person,
        other_person_id=other_person,
        dose_id=dose,
        other_dose_id=other_dose,
        name_folded=names.fold(name)[:120],
        found_at=at,
        **facts,
    )


def _differs(row: Proposal, facts: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in facts.items())


def _renewed(row: Proposal, facts: Mapping[str, Any], *, at: datetime) -> Proposal:
    """Return a row open again with what is known now; whoever saw it has to look."""
    if row.state != State.OPEN:
        row.found_at = at
        reopened(row)
    for name, value in facts.items():
        setattr(row, name, value)
    row.version += 1
    return row


def reopened(row: Proposal) -> None:
    """Set a row to open, with nothing decided; the ledger keeps what was."""
    row.state = State.OPEN
    row.choice, row.concerns_oneself = "", False
    row.proposed_by = row.decided_by = row.undo_by = None
    row.decided_at = row.correction = None
