"""Nothing acknowledged is lost whatever is killed; without the outbox it is."""

import json
import os
import subprocess
import sys

import pytest

from portal.env import BASE_DIR
from tests.machine import need_redis

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("_redis")]

SECONDS = os.environ.get("CHAOS_SECONDS", "60")
# Long enough to lose something where nothing is kept, and before it to show that
# nothing is lost without a fault.
NAIVE_SECONDS, CALM_SECONDS = "30", "8"
LOST = {"routed_exactly_once", "one_message_sent_per_event_that_tells"}
SEED = os.environ.get("CHAOS_SEED", "7")


@pytest.fixture(scope="module")
def _redis():
    need_redis()


def suffer(*words):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.chaos", "--seed", SEED, *words],
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=False,
    )
    return ended.returncode, json.loads(ended.stdout)


def test_nothing_acknowledged_is_lost_or_done_twice_whatever_is_killed():
    code, report = suffer("--seconds", SECONDS)

    assert report["findings"] == {}
    assert code == 0
    assert report["acknowledged"] >= 25
    assert len(report["faults"]) >= 4
    # The registry was under fire, too, by one person and by two.
    assert report["done"].get("upheld", 0) >= 3
    assert report["done"].get("signed", 0) >= 1


def test_the_same_faults_break_the_design_without_an_outbox():
    code, report = suffer(
        *("--seconds", NAIVE_SECONDS, "--calm", CALM_SECONDS, "--design", "naive"),
        # As many of them hit something as without poller and beat, who lose nothing.
        *("--only", "web|worker|redis|postgres|sessions"),
    )

    # It does its work: without a fault nothing is wanting.
    assert report["calm"] == {}
    assert code == 1
    # Told "we have it", and nobody ever got it; or nobody was ever told of it.
    assert LOST & report["findings"].keys()
