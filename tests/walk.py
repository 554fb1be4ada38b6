"""Walk a running demo page by page, look for what bars people, keep the pictures.

`make walk` needs the demo to run (`make run`) and Chromium. It opens every page of
citizens, staff and overseers at 360 and 1280 px in both languages, runs axe-core,
looks for sideways scroll, console errors and missing headings, and writes a picture of
each into DATA_DIR/walk. Exit 1 where something was found.
"""

import argparse
import json
import os
import random
import sys
from datetime import date, timedelta
from pathlib import Path

import django
from django.urls import resolve
from playwright.sync_api import Page, sync_playwright

from portal.env import path as data_path
from tests.journeys import states
from tests.journeys.conftest import CHROMIUM, FLAGS, HOW

WIDTHS = {360: 740, 1280: 800}


class Walk:
    """One width and language: opens pages, notes what is wrong with them."""

    def __init__(self, page: Page, base: str, where: str, into: Path) -> None:
        self.page, self.base, self.where, self.into = page, base, where, into
        self.found: list[str] = []
        self.count = 0
        page.on("console", self._console)

    def _console(self, message) -> None:
        # A form with errors, or a page that is not there, is told by its status too.
        if message.type == "error" and "the server responded" not in message.text:
            self.found.append(f"{self.where} {self.page.url}: {message.text}")

    def look(self, name: str) -> None:
        """Check the page that is open and keep its picture."""
        self.count += 1
        page = self.page
        page.screenshot(path=self.into / f"{name}-{self.where}.png", full_page=True)
        for fault in states.faults(page, axe=True):
            self._note(name, fault)

    def _note(self, name: str, words: str) -> None:
        self.found.append(f"{self.where} {name}: {words}")

    def open(self, path: str, name: str) -> None:
        """Open a page and look at it."""
        self.page.goto(f"{self.base}{path}")
        self.look(name)


def staff(walk: Walk, prefix: str, member: dict) -> None:
    """Walk every page of the member's menu, and the first page below each."""
    page, role = walk.page, member["role"]
    page.context.clear_cookies()
    page.goto(f"{walk.base}{prefix}/dang-nhap/")
    page.fill("[name=username]", member["username"])
    page.fill("[name=password]", member["password"])
    page.locator("main form button").first.click()
    seen: set[str] = set()
    for path in _links(walk, "header nav a"):
        _walk_below(walk, path, role, seen)


def _walk_below(walk: Walk, path: str, role: str, seen: set[str]) -> None:
    """Look at a page and at one of each shape that its lists lead to."""
    seen.add(_shape(path))
    walk.open(path, f"{role}-{_shape(path)}")
    for below in _links(walk, "main :is(th, td, .doors, .views, .msgs) a"):
        if _shape(below) not in seen and "." not in below:
            _walk_below(walk, below, role, seen)


def _links(walk: Walk, where: str) -> list[str]:
    """Return the addresses of links on the page that lead to pages of staff."""
    found = walk.page.locator(where).evaluate_all(
        "all => all.map(one => one.pathname + one.search)"
    )
    return [path for path in found if "/lam-viec/" in path or "/quan-tri/" in path]


def _shape(path: str) -> str:
    """Return the name of an address: one case stands for all cases."""
    name = resolve(path.removeprefix("/en").partition("?")[0]).view_name
    return name.replace(":", "-")


def main() -> int:
    """Walk, say what was found, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk")
    parser.add_argument("--folder", type=Path, default=data_path("DATA_DIR", "var"))
    folder = parser.parse_args().folder
    if CHROMIUM is None:
        sys.stderr.write(HOW + "\n")
        return 2
    # Plain names of static files: these settings have not collected any.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    demo = json.loads((folder / "demo.json").read_text("utf-8"))
    into = folder / "walk"
    into.mkdir(exist_ok=True)
    found, count = [], 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width, height in WIDTHS.items():
            for language, prefix in states.PREFIXES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    bypass_csp=True,
                    service_workers="block",
                )
                walk = Walk(
                    context.new_page(), demo["base_url"], f"{language}-{width}", into
                )
                stage = states.Stage(walk.page, demo, prefix, walk.look)
                # A dose that hardly anybody reported yet.
                day = date(2021, 9, 1) + timedelta(days=random.randrange(120))
                states.walk(stage, day=day.isoformat())
                busy = _busiest(demo)
                for member in demo["staff"]:
                    if member in busy:
                        staff(walk, prefix, member)
                found += walk.found
                count += walk.count
                context.close()
        browser.close()
    for line in found:
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"{count} pages looked at, {len(found)} findings; see {into}\n")
    return 1 if found else 0


def _busiest(demo: dict) -> list[dict]:
    """Return a member of staff of each role to walk as."""
    roles = ("staff", "lead", "overseer", "administrator")
    return [next(m for m in demo["staff"] if m["role"] == role) for role in roles]


if __name__ == "__main__":
    sys.exit(main())
