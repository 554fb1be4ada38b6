"""Work that raises, hangs or kills is parked after five tries; its neighbours are done.

The instants are given, so nothing waits for a lease to end.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from portal.common import outbox
from portal.common.models import Outbox, Tally
from portal.env import BASE_DIR
from tests.factories import NOON
from tests.faults.probes import HANGS, KILLS, RAISES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

GOOD = list(range(1, 51))
# Longer than the longest pause between two tries, and than the lease.
LATER = timedelta(minutes=6)


@pytest.fixture(autouse=True)
def _probes(settings):
    settings.OUTBOX = settings.OUTBOX | {"probe": ("probe", "tests.faults.probes.work")}


def owe(*subjects):
    outbox.add("probe", list(subjects), at=NOON, delay=timedelta(seconds=1))


def start_drain(at):
    """Drain in another process, which may be killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.drain_once", "probe", at.isoformat()],
        cwd=BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FAULTS_DATABASE": connection.settings_dict["NAME"],
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def times_done():
    return {
        int(key.partition(":")[2]): count
        for key, count in Tally.objects.filter(key__startswith="probe:").values_list(
            "key", "count"
        )
    }


def assert_only_the_poison_is_parked(poison):
    parked = Outbox.objects.get(done_at=None)
    assert (parked.subject, parked.attempts) == (poison, outbox.ATTEMPTS)
    assert parked.dead_at is not None
    # Once each: what a killed or failed try wrote was rolled back with it.
    assert times_done() == dict.fromkeys(GOOD, 1)


def test_work_that_raises_is_parked_and_its_neighbours_are_done_at_once():
    owe(*GOOD, RAISES)

    outbox.drain(queue="probe", at=NOON + LATER)

    assert Outbox.objects.filter(done_at=None).get().subject == RAISES
    for attempt in range(2, 8):
        outbox.drain(queue="probe", at=NOON + attempt * LATER)
    assert_only_the_poison_is_parked(RAISES)


def test_the_reason_kept_for_operators_holds_nothing_that_was_typed():
    owe(RAISES)
    outbox.drain(queue="probe", at=NOON + LATER)
    assert Outbox.objects.get().last_error == "ValueError"


def test_tries_are_spaced_out():
    owe(RAISES)
    outbox.drain(queue="probe", at=NOON + LATER)
    first = Outbox.objects.get().next_at

    assert outbox.drain(queue="probe", at=first - timedelta(seconds=1)) == 0
    assert Outbox.objects.get().attempts == 1
    outbox.drain(queue="probe", at=first)
    assert Outbox.objects.get().attempts == 2
    assert Outbox.objects.get().next_at - first > first - (NOON + LATER)


def test_work_that_kills_its_process_is_parked_and_its_neighbours_are_done():
    owe(*GOOD, KILLS)

    kills, attempt = 0, 0
    while Outbox.objects.filter(done_at=None, dead_at=None).exists():
        attempt += 1
        assert attempt < 9, "neither done nor parked"
        with start_drain(NOON + attempt * LATER) as process:
            kills += process.wait(60) == -signal.SIGKILL

    assert kills == outbox.ATTEMPTS
    assert_only_the_poison_is_parked(KILLS)


def test_work_that_hangs_holds_up_nobody_else_and_is_taken_over_when_it_is_ended():
    owe(*GOOD[:25])
    # Due a little later, so that it comes last when they are tried one by one.
    outbox.add("probe", [HANGS], at=NOON, delay=timedelta(seconds=2))
    with start_drain(NOON + LATER) as process:
        assert process.stdout.readline() == "hanging\n"
        owe(*GOOD[25:])
        # A second drain passes by what is held, whatever the lease says by now.
        assert outbox.drain(queue="probe", at=NOON + 2 * LATER) == 25
        process.kill()

    with start_drain(NOON + 3 * LATER) as process:
        assert process.stdout.readline() == "hanging\n"
        process.kill()

    left = Outbox.objects.get(done_at=None)
    assert (left.subject, left.attempts) == (HANGS, 2)
    assert times_done() == dict.fromkeys(GOOD, 1)


def test_a_lease_keeps_others_off_until_it_ends():
    owe(1)
    at = NOON + LATER
    claims = outbox._claim(["probe"], at=at, limit=10)
    assert [claim.subjects for claim in claims] == [[1]]

    assert outbox.drain(queue="probe", at=at + outbox.LEASE) == 0
    after = at + outbox.LEASE + timedelta(seconds=1)
    assert outbox.drain(queue="probe", at=after) == 1
    # Who comes back from a long sleep finds that it is no longer theirs.
    assert outbox._work(claims[0]) == 0
    assert times_done() == {1: 1}
