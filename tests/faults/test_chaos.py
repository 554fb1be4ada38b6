"""Nothing acknowledged is lost whatever is killed; without the outbox it is."""

import json
import os
import subprocess
import sys

import pytest

from portal.env import BASE_DIR
from portal.stack.redis import find_server

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        find_server() is None, reason="install redis-server to run chaos"
    ),
]

SECONDS = os.environ.get("CHAOS_SECONDS", "60")
# Long enough to lose something where nothing is kept.
NAIVE_SECONDS = "30"
LOST = {"routed_exactly_once", "one_message_sent_per_event_that_tells"}
SEED = os.environ.get("CHAOS_SEED", "7")


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


def test_the_same_faults_break_the_design_without_an_outbox():
    code, report = suffer("--seconds", NAIVE_SECONDS, "--design", "naive")

    assert code == 1
    # Told "we have it", and nobody ever got it; or nobody was ever told of it.
    assert LOST & report["findings"].keys()
