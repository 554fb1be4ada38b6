"""Complaints routed a second, in bulk: the rule alone, the whole way, and bare SQL."""

import time
from pathlib import Path

import psycopg
from django.utils import timezone

from bench import volume
from bench.floor import schema
from bench.rounds import Line, in_turn, line
from bench.sizes import Sizes
from complaints.actions import routing
from complaints.models import Complaint
from portal.common import outbox, scope

CHUNK = 1_000


def measure(sizes: Sizes, owner: psycopg.Connection, _folder: Path) -> list[Line]:
    """Measure with one connection each; half of what waits goes each of our ways."""
    volume.waiting(owner, count=sizes.waiting)
    schema.wait(owner, complaints=sizes.waiting, people=sizes.people)
    share = sizes.waiting // sizes.rounds // 2 // CHUNK * CHUNK or CHUNK

    def by_rule(_round: int) -> float:
        # The newest, as the whole way begins with what is due first.
        with scope.system():
            ids = list(
                Complaint.objects.filter(routed_at=None, status="received")
                .order_by("submitted_at")
                .values_list("pk", flat=True)
                .reverse()[:share]
            )
        at = timezone.now()
        begun = time.perf_counter()
        done = sum(
            routing.route(ids[start : start + CHUNK], at=at)
            for start in range(0, len(ids), CHUNK)
        )
        return done / (time.perf_counter() - begun)

    def whole_way(_round: int) -> float:
        begun = time.perf_counter()
        done = outbox.drain(queue="route", limit=CHUNK, rounds=share // CHUNK)
        return done / (time.perf_counter() - begun)

    def bare(_round: int) -> float:
        return schema.route(owner, complaints=share)

    figures = in_turn(
        {"rule": by_rule, "whole": whole_way, "bare": bare}, rounds=sizes.rounds
    )
    return [
        line(
            "routing a set of 1,000",
            "complaints/s",
            figures["rule"],
            figures["bare"],
            floor_name="bare SQL",
            must="0.4x",
        ),
        line(
            "outbox to holder, citizen told",
            "complaints/s",
            figures["whole"],
            figures["bare"],
            floor_name="bare SQL",
        ),
    ]
