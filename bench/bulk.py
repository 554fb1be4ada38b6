"""One move on 1,000 cases at once, by one worker, beside the same moves made alone."""

import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.utils import timezone

from bench import volume
from bench.rounds import Line, in_turn, line
from bench.sizes import Sizes
from complaints.actions import bulk, casework
from complaints.choices import Move
from complaints.models import Complaint
from complaints.models.complaint import ComplaintQuerySet
from portal.accounts.models import Posting, User
from portal.common import outbox, scope
from portal.registry.models import Organization

CASES = 1_000


def measure(sizes: Sizes, owner: psycopg.Connection, _folder: Path) -> list[Line]:
    """Take cases on, half of them as sets and half one by one; one connection."""
    volume.held(owner, count=2 * CASES * sizes.rounds, holders=1)
    volume.tidy(owner)
    nurse = _nurse()
    chosen: list[float] = []

    def as_set(_round: int) -> float:
        at = timezone.now()
        begun = time.perf_counter()
        with scope.system():
            one = bulk.choose(_received(), by=nurse, at=at, language="vi")
        chosen.append((time.perf_counter() - begun) * 1e3)
        bulk.start(one.ref, move=Move.ACCEPT, facts={}, by=nurse, at=at)
        begun = time.perf_counter()
        while bulk.counts(one)["waiting"]:
            if not outbox.drain(queue="import"):
                raise RuntimeError("the set stands still")
        return time.perf_counter() - begun

    def alone(_round: int) -> float:
        at = timezone.now()
        with scope.system():
            ids = list(_received().values_list("pk", flat=True)[:CASES])
        begun = time.perf_counter()
        for pk in ids:
            casework.accept(complaint_id=pk, by=nurse, at=at)
        return time.perf_counter() - begun

    figures = in_turn({"set": as_set, "alone": alone}, rounds=sizes.rounds)
    return [
        line(
            f"{CASES:,} cases taken on as a set, by one worker",
            "s",
            figures["set"],
            figures["alone"],
            floor_name="the same action, case by case",
            is_time=True,
            more={"ms to choose them": sorted(chosen)[len(chosen) // 2]},
        )
    ]


def _received() -> ComplaintQuerySet:
    return Complaint.objects.filter(status="received", routed_at__isnull=False)


def _nurse() -> User:
    """Return somebody who may decide every case of the country."""
    nurse = User.objects.create_user("bench-bulk", password=None, full_name="Bench")
    Posting.objects.create(
        user=nurse,
        organization=Organization.objects.get(parent=None),
        role=Posting.Role.LEAD,
        valid_from=datetime(2021, 1, 1, tzinfo=UTC),
    )
    return nurse
