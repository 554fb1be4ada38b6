"""Walk a running demo page by page, look for what bars people, keep the pictures.

`make walk` needs the demo to run (`make run`) and Chromium. It opens every page of
citizens, staff and overseers at 360 and 1280 px in both languages, runs axe-core,
looks for sideways scroll, console errors and missing headings, and writes a picture of
each into DATA_DIR/walk. Exit 1 where something was found.
"""

import argparse
import json
import re
import sys
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from portal.env import path as data_path
from tests.journeys.conftest import CHROMIUM, FLAGS, HOW
from tests.journeys.visitor import last_code_at, newest_code

WIDTHS = {360: 740, 1280: 800}
PREFIXES = {"vi": "", "en": "/en"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PUBLIC = (
    "/",
    "/tra-cuu/",
    "/tra-cuu/dien-thoai/",
    "/bao-sai/",
    "/theo-doi/",
    "/tro-giup/",
    "/bao-mat/",
    "/tiep-can/",
    "/dang-nhap/",
    "/khong-co-trang-nay/",
)
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


class Walk:
    """One width and language: opens pages, notes what is wrong with them."""

    def __init__(self, page: Page, base: str, where: str, into: Path) -> None:
        self.page, self.base, self.where, self.into = page, base, where, into
        self.found: list[str] = []
        self.count = 0
        page.on("console", self._console)

    def _console(self, message) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.found.append(f"{self.where} {self.page.url}: {message.text}")

    def look(self, name: str) -> None:
        """Check the page that is open and keep its picture."""
        self.count += 1
        page = self.page
        page.screenshot(path=self.into / f"{name}-{self.where}.png", full_page=True)
        if page.locator("h1").count() != 1:
            self._note(name, "not exactly one h1")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            self._note(name, f"scrolls sideways by {wide} px")
        page.evaluate(AXE)
        result = page.evaluate(
            "tags => axe.run({runOnly: {type: 'tag', values: tags}})", RULES
        )
        for violation in result["violations"]:
            node = violation["nodes"][0]["html"][:120]
            self._note(name, f"{violation['id']}: {violation['help']} ({node})")

    def _note(self, name: str, words: str) -> None:
        self.found.append(f"{self.where} {name}: {words}")

    def open(self, path: str, name: str) -> None:
        """Open a page and look at it."""
        self.page.goto(f"{self.base}{path}")
        self.look(name)


def citizen(walk: Walk, prefix: str, person: dict) -> None:
    """Walk the look-up, the record, the four steps and the status page."""
    page, phone = walk.page, person["phone"]
    before = last_code_at(walk.base, phone)
    page.goto(f"{walk.base}{prefix}/tra-cuu/")
    page.fill("[name=national_id]", person["national_id"])
    year, month, day = person["born_on"].split("-")
    for field, value in zip(("0", "1", "2"), (day, month, year), strict=True):
        page.fill(f"[name=born_on_{field}]", value)
    page.locator("main form button").first.click()
    walk.look("verify")
    page.fill("[name=code]", newest_code(walk.base, phone, after=before))
    page.locator("main form button").first.click()
    walk.look("record")
    page.locator("a[href*=missing]").first.click()
    walk.look("facts")
    page.locator("button[value=go]").click()
    walk.look("facts-with-errors")
    page.fill("[name=given_on_2]", "2021")
    page.fill("[name=site_text]", "phường 5 quận 11")
    page.select_option("[name=product]", "vaxzevria")
    page.locator("button[value=find]").click()
    walk.look("facts-found")
    page.locator("[name=site]").first.check()
    page.locator("button[value=go]").click()
    walk.look("contact")
    page.locator("main form button").last.click()
    walk.look("check")


def staff(walk: Walk, prefix: str, member: dict) -> None:
    """Walk the queue and a case, or the figures, as the member's role allows."""
    page = walk.page
    page.context.clear_cookies()
    page.goto(f"{walk.base}{prefix}/dang-nhap/")
    page.fill("[name=username]", member["username"])
    page.fill("[name=password]", member["password"])
    page.locator("main form button").first.click()
    if member["role"] == "overseer":
        walk.open(f"{prefix}/quan-tri/", "times")
        walk.open(f"{prefix}/quan-tri/ho-so/", "cases")
        return
    walk.look(f"queue-{member['role']}")
    links = page.locator("main a[href*='/lam-viec/ho-so/']")
    if links.count():
        walk.open(links.first.get_attribute("href") or "", f"case-{member['role']}")


def main() -> int:
    """Walk, say what was found, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk")
    parser.add_argument("--folder", type=Path, default=data_path("DATA_DIR", "var"))
    folder = parser.parse_args().folder
    if CHROMIUM is None:
        sys.stderr.write(HOW + "\n")
        return 2
    demo = json.loads((folder / "demo.json").read_text("utf-8"))
    into = folder / "walk"
    into.mkdir(exist_ok=True)
    found, count = [], 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width, height in WIDTHS.items():
            for language, prefix in PREFIXES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, bypass_csp=True
                )
                walk = Walk(
                    context.new_page(), demo["base_url"], f"{language}-{width}", into
                )
                for path in PUBLIC:
                    name = re.sub(r"\W+", "-", path).strip("-") or "home"
                    walk.open(f"{prefix}{path}", name)
                citizen(walk, prefix, demo["citizens"][-1])
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
    """Return a member of staff, a lead and an overseer to walk as."""
    roles = ("staff", "lead", "overseer")
    return [next(m for m in demo["staff"] if m["role"] == role) for role in roles]


if __name__ == "__main__":
    sys.exit(main())
