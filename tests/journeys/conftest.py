"""The whole portal, started as its user starts it, for journeys over HTTP."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from portal.env import BASE_DIR, without_settings
from portal.stack.addresses import free_port
from tests.machine import lacking

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOW = "no Chromium here: apt-get install chromium fonts-noto-core"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Running:
    """A portal that runs: its address and what the demo says of itself."""

    base: str
    data_dir: Path
    demo: dict
    pid: int
    used: list = field(default_factory=list)

    def citizen(self, label: str) -> dict:
        """Return a person of the demo by the story's label."""
        return next(c for c in self.demo["citizens"] if label in c["label"])

    def staff(self, organization: str, role: str, *, number: int = 0) -> dict:
        """Return a member of staff of an organization."""
        return [
            s
            for s in self.demo["staff"]
            if s["organization"] == organization and s["role"] == role
        ][number]


def clean_environment() -> dict[str, str]:
    """Return the environment without the servers and keys of the suite itself."""
    return {
        name: value
        for name, value in without_settings(os.environ).items()
        if not name.startswith("PYTEST_")
    }


@pytest.fixture(scope="package")
def portal():
    """Start everything in a fresh folder, as `make run` does; stop it after the last
    journey, as an idle portal takes time from the tests that follow."""
    with started(people=600) as running:
        yield running


@contextmanager
def started(*, people: int, data_dir: Path | None = None) -> Iterator[Running]:
    """Hold a whole portal with a demo of so many people, in a folder of its own.

    ``data_dir``: a folder that is there, and stays, so that another start goes on.
    """
    folder = data_dir or Path(tempfile.mkdtemp(prefix="dumui-journey-"))
    port = free_port()
    kept = clean_environment()
    kept |= {
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "DEMO": "1",
        "DEMO_PEOPLE": str(people),
    }
    log = (folder / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.stack", "up"],
        cwd=BASE_DIR,
        env=kept,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    base = f"http://localhost:{port}"
    try:
        wait_until_ready(base, process, folder)
        demo = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
        yield Running(base, folder, demo, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        log.close()
        if data_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def beside(portal: Running, *words: str) -> subprocess.CompletedProcess:
    """Run a Python program in the surroundings of a running portal."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=BASE_DIR,
        env=clean_environment()
        | {
            "DATA_DIR": str(portal.data_dir),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def wait_until_ready(base: str, process: subprocess.Popen, folder: Path) -> None:
    """Wait until the portal answers; fail with what it said if it ends before."""
    ends = time.monotonic() + 300
    while time.monotonic() < ends:
        assert process.poll() is None, (folder / "up.log").read_text()
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)  # another process is starting
    raise AssertionError((folder / "up.log").read_text())


@pytest.fixture(scope="module")
def chromium():
    """Return a running Chromium; skip where there is none, saying how to get it.

    It ends with its module: as long as it runs, Django takes this thread for one of an
    event loop and refuses the database.
    """
    if CHROMIUM is None:
        lacking("BROWSER", HOW)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- only if present

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
