"""The steps before the portal runs: ended with it, whatever ends it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from portal.env import BASE_DIR, without_settings
from portal.stack import folder
from portal.stack.addresses import free_port

LONG_STEP = """
import os, sys
from pathlib import Path
from portal.stack.steps import Steps
from portal.stack.supervisor import Supervisor
steps = Steps(Path(sys.argv[1]), os.environ, "", Supervisor())
sys.exit(steps._run([sys.executable, "-c", "import time; time.sleep(600)"]))
"""


def wait_until(look):
    """Look until another process has done its part."""
    ends = time.monotonic() + 60
    while not (seen := look()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return seen


def step_of(data_dir):
    """Return the process of the step that a stack has noted."""
    try:
        rows = json.loads((data_dir / "children.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return psutil.Process(rows[-1][0]) if rows else None


def test_a_step_that_outlives_a_killed_stack_is_ended_by_the_next(
    tmp_path: Path,
) -> None:
    stack = subprocess.Popen([sys.executable, "-c", LONG_STEP, tmp_path], cwd=BASE_DIR)
    step = wait_until(lambda: step_of(tmp_path))
    stack.kill()
    stack.wait(10)
    assert step.is_running()

    folder.end_leftovers(tmp_path)

    # Whoever adopted it may not have buried it yet.
    assert not step.is_running() or step.status() == psutil.STATUS_ZOMBIE


def test_who_is_told_to_go_before_all_is_up_does_not_say_that_all_went_well(
    data_dir: Path,
) -> None:
    environment = without_settings(os.environ)
    # Without the demo, as one word is to be enough for that.
    environment |= {"DATA_DIR": str(data_dir), "PORT": str(free_port()), "DEMO": "0"}
    log = data_dir.with_suffix(".log")
    with log.open("wb") as out:
        stack = subprocess.Popen(
            [sys.executable, "-m", "portal.stack", "up"],
            cwd=BASE_DIR,
            env=environment,
            stdout=out,
            stderr=out,
        )
    wait_until(lambda: "... migrate" in log.read_text("utf-8"))

    stack.send_signal(signal.SIGHUP)

    assert stack.wait(60) == 128 + signal.SIGHUP
    assert "SIGHUP: stopping" in log.read_text("utf-8")
