"""Last month's reports routed once more under a draft: what would go elsewhere.

Read-only, a part at a time, each within a time limit; how far it is stands in a row, so
that a page can show it and a worker that died can go on. Nothing is moved by it.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import QueryCanceled

from complaints.actions import atlas as atlases
from complaints.actions import delegating, routing, rulebook
from complaints.models import Complaint, Replay, RuleDraft
from complaints.models.complaint import ComplaintQuerySet
from complaints.rules.responsibility import Body, Delegated, responsible_for
from portal.common import outbox, scope

KIND: Final = "replay"
LAST: Final = timedelta(days=30)
# As many are routed again while somebody waits for the page: well below two seconds.
AT_ONCE: Final = 2_000
CHUNK: Final = 20_000
SLICE_SECONDS: Final = 20.0
# One part that takes longer would keep others waiting; it is given up and said so.
PART_SECONDS: Final = 15
EXAMPLES: Final = 10

State = Replay.State


def start(draft: RuleDraft, *, at: datetime) -> Replay:
    """Route last month's reports again: few at once, many by a worker."""
    with scope.system():
        total = _recent(at=at).count()
        row = Replay.objects.create(draft=draft, asked_at=at, total=total)
        if total > AT_ONCE:
            outbox.add(KIND, [row.pk], at=at)
    if total <= AT_ONCE:
        _go_on(row.pk, until=time.monotonic() + SLICE_SECONDS, at=at)
        row.refresh_from_db()
    return row


def newest(draft: RuleDraft) -> Replay | None:
    """Return the latest replay of a draft; None where nobody asked for one."""
    return draft.replays.order_by("-pk").first()


@outbox.outside_transaction
def work(subjects: Sequence[int], *, at: datetime) -> None:
    """Go on with these replays for some seconds; what is left is owed again."""
    until = time.monotonic() + SLICE_SECONDS
    for pk in subjects:
        if not _go_on(pk, until=until, at=at):
            outbox.postpone(KIND, [pk], at=at, delay=timedelta(seconds=1))


def _go_on(pk: int, *, until: float, at: datetime) -> bool:
    """Look at part after part; return whether it is over: done, or stopped."""
    while time.monotonic() < until:
        row = Replay.objects.select_related("draft").get(pk=pk)
        if row.state != State.RUNNING:
            return True
        begun = time.monotonic()
        try:
            part = _read_part(row)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            Replay.objects.filter(pk=pk).update(state=State.STOPPED, done_at=at)
            return True
        if part is None:
            Replay.objects.filter(pk=pk).update(state=State.DONE, done_at=at)
            return True
        looked, last, elsewhere = part
        row.looked, row.after = row.looked + looked, last
        row.pairs = _added(row.pairs, elsewhere)
        _keep_examples(row, elsewhere)
        row.seconds += time.monotonic() - begun
        row.save()
    return False


Elsewhere = list[tuple[int, Body, Body]]


def _read_part(row: Replay) -> tuple[int, int, Elsewhere] | None:
    """Route the next reports again; return how many, the last key, who would move."""
    with scope.system():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(f"SET LOCAL statement_timeout = '{PART_SECONDS}s'")
        cases = _recent(at=row.asked_at).filter(pk__gt=row.after).order_by("pk")
        waiting = routing.read(cases[:CHUNK])
        if not waiting:
            return None
        draft = delegating.as_delegated(rulebook.as_delegation(row.draft))
        elsewhere = compare(waiting, draft, at=row.asked_at)
    return len(waiting), waiting[-1].pk, elsewhere


def compare(
    cases: Sequence[routing.Waiting], draft: Delegated, *, at: datetime
) -> Elsewhere:
    """Return the cases that a draft would send elsewhere: key, from whom, to whom.

    By today's tables on both sides, whoever they were sent to then; writes nothing.
    """
    day = timezone.localdate(at)
    facts = routing.facts_for(cases)
    distinct = set(facts.values())
    atlas = atlases.read(distinct, day=day, more=[draft])
    same = (draft.body, draft.kind)
    others = [row for row in atlas.delegations if (row.body, row.kind) != same]
    under = replace(atlas, delegations=[*others, draft])
    moved = {}
    for fact in distinct:
        now = responsible_for(fact, atlas=atlas, day=day).body
        then = responsible_for(fact, atlas=under, day=day).body
        if now != then:
            moved[fact] = (atlas.bodies[now], atlas.bodies[then])
    return [(case.pk, *moved[facts[case]]) for case in cases if facts[case] in moved]


def _recent(*, at: datetime) -> ComplaintQuerySet:
    """Return what was sent in the last 30 days and went to somebody."""
    return Complaint.objects.filter(
        submitted_at__gt=at - LAST, submitted_at__lte=at, routed_at__isnull=False
    )


def _added(pairs: list[dict[str, Any]], elsewhere: Elsewhere) -> list[dict[str, Any]]:
    """Return the counts by pair of units, most first, with a part's added."""
    counts: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    for pair in pairs:
        counts[pair["from"], pair["to"]] = pair["n"]
        names |= {pair["from"]: pair["from_name"], pair["to"]: pair["to_name"]}
    for _pk, one, other in elsewhere:
        counts[one.code, other.code] += 1
        names |= {one.code: one.name, other.code: other.name}
    return [
        {"from": a, "from_name": names[a], "to": b, "to_name": names[b], "n": n}
        for (a, b), n in counts.most_common()
    ]


def _keep_examples(row: Replay, elsewhere: Elsewhere) -> None:
    wanted = elsewhere[: EXAMPLES - len(row.examples)]
    if not wanted:
        return
    with scope.system():
        keys = [pk for pk, _one, _other in wanted]
        cases = Complaint.objects.select_related("submission").in_bulk(keys)
        row.examples = row.examples + [
            {"case": cases[pk].reference, "from": one.name, "to": other.name}
            for pk, one, other in wanted
        ]


def find(ref: UUID) -> Replay:
    """Return a replay. Raise Replay.DoesNotExist."""
    return Replay.objects.select_related("draft").get(ref=ref)
