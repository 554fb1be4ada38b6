"""An hour's work by the keyboard alone: a hundred mixed cases in a real browser.

``python -m portal.stack run -- .venv/bin/python -m bench.hour [--cases N]`` on empty
servers. No pointer is used. Seconds are those of browser and server, of the
key to the page that follows it; what a person reads and thinks comes on top.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

# The portal's modules can be imported only after Django is set up.
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from bench import servers  # noqa: E402
from complaints.actions import intake  # noqa: E402
from complaints.actions.reported import Matter, Sender  # noqa: E402
from complaints.choices import Field, Kind  # noqa: E402
from complaints.models import Complaint, Evidence  # noqa: E402
from portal.accounts.models import Posting, User  # noqa: E402
from portal.common import names, outbox, scope  # noqa: E402
from portal.env import BASE_DIR  # noqa: E402
from portal.registry import corrections  # noqa: E402
from portal.registry.corrections import Warrant  # noqa: E402
from portal.registry.models import Dose, Organization, Person  # noqa: E402
from portal.stack.console import say  # noqa: E402

PASSWORD: Final = "một câu đủ dài 7391"
FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
# So many of ten cases; as a station's week brings them.
MIX: Final = (
    "ask",
    "kept",
    "fill",
    "missing",
    "wrong",
    "missing",
    "wrong",
    "over",
    "ask",
    "missing",
)
DAY: Final = date(2021, 9, 14)
LOT: Final = "ABX4471"
MOST_TABS: Final = 150


@dataclass
class Hands:
    """Somebody at the keyboard: every key is counted.

    ``letters``: they know the letters that open forms, and that Ctrl+Enter sends one;
    else they go there by Tab. ``elsewhere``: the station to hand cases over to, as
    somebody types it.
    """

    page: Page
    elsewhere: str
    letters: bool = True
    keys: int = 0

    def press(self, key: str) -> None:
        """Press one key, or several together, joined by "+"."""
        self.keys += 1 + key.count("+")
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text, a key a letter."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def reach(self, selector: str) -> None:
        """Press Tab until what is wanted has the focus; raise LookupError for none."""
        for _ in range(MOST_TABS):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.press("Tab")
        here = self.page.evaluate("document.activeElement.outerHTML.slice(0, 90)")
        raise LookupError(f"{selector}; at {here}")

    def open(self, step: str) -> None:
        """Open the form of a step."""
        summary = f"details:has(form[action*='/{step}/']) > summary"
        if not self.letters:
            self.reach("a.skip[href='#steps']")
            self.press("Enter")
        letter = self.page.locator(summary).first.get_attribute("data-key")
        if self.letters and letter:
            self.press(letter)
        else:
            self.reach(summary)
            self.press("Enter")

    def send(self, step: str) -> None:
        """Send the form of a step."""
        if self.letters:
            self.settle("Control+Enter")
            return
        self.reach(f"form[action*='/{step}/'] > button.btn:not(.sec)")
        self.settle("Enter")

    def settle(self, key: str) -> None:
        """Press what sends something, wait for the answer; raise ValueError for no."""
        self.press(key)
        answer = "main .note[role=status], main .em"
        self.page.wait_for_selector(answer, state="attached")
        if self.page.locator("main .em").count():
            raise ValueError(self.page.locator("main .em").first.inner_text())


def decide(hands: Hands, task: str) -> None:
    """Do what a case of this kind takes, from its open page on."""
    if task in ("missing", "wrong"):
        hands.settle("g")
    elif task == "ask":
        hands.open("hoi-them")
        hands.reach("input[name=reasons]")
        hands.press("Space")
        hands.send("hoi-them")
    elif task == "over":
        hands.open("chuyen")
        hands.page.wait_for_selector("#suggested :is(p.mut, .note)", state="attached")
        if hands.page.locator("#suggested [name=to]").count():
            hands.reach("#suggested [name=reason]")
            hands.press("Space")
            if hands.letters:
                hands.settle("Control+Enter")
            else:
                hands.reach("#suggested button:not([name])")
                hands.settle("Enter")
            return
        hands.reach("form[action*='/chuyen/'] [name=place]")
        hands.type(hands.elsewhere)
        hands.press("Enter")
        hands.page.wait_for_selector("#receivers [name=to]", state="attached")
        hands.reach("#receivers [name=to]")
        hands.press("Space")
        hands.reach("form[action*='/chuyen/'] [name=reason]:not([id^=recent])")
        hands.press("Space")
        hands.send("chuyen")
    elif task == "fill":
        hands.open("ghi")
        _verdicts(hands, down=0)
        hands.reach("[name=fill_product]")
        hands.press("ArrowDown")
        hands.send("ghi")
    else:
        hands.open("ghi")
        _verdicts(hands, down=2)
        hands.reach("select[name^=ground_]")
        hands.press("ArrowDown")
        hands.reach("form[action*='/ghi/'] [name=considered]")
        hands.press("Space")
        hands.reach("form[action*='/ghi/'] [name=note]")
        hands.type("Danh sach cua tram co ten ban.")
        hands.send("ghi")


def _verdicts(hands: Hands, *, down: int) -> None:
    """Choose a verdict for every point: the first, or so many below it."""
    points = hands.page.locator("form[action*='/ghi/'] fieldset:has([name^=verdict_])")
    for place in range(points.count()):
        name = points.nth(place).locator("input").first.get_attribute("name")
        hands.reach(f"[name='{name}']")
        hands.press("Space")
        for _ in range(down):
            hands.press("ArrowDown")


@dataclass
class Spent:
    """What cases of one kind took: seconds and keys, one of each a case."""

    seconds: list[float] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)


def work(page: Page, base: str, tasks: dict[str, str], *, elsewhere: str) -> list[dict]:
    """Sign in and work through all cases, one after another, as they are given out.

    Half of them by Tab alone, save for the letters of buttons; the others by letters.
    """
    hands = Hands(page, elsewhere)
    page.goto(f"{base}/dang-nhap/")
    hands.reach("[name=username]")
    hands.type("bench-hour")
    hands.press("Tab")
    hands.type(PASSWORD)
    hands.press("Enter")
    page.wait_for_url("**/lam-viec/")
    page.wait_for_load_state("networkidle")
    rows = []
    half = len(tasks) // 2
    for letters, count in ((False, half), (True, len(tasks) - half)):
        hands.letters = letters
        spent: dict[str, Spent] = defaultdict(Spent)
        for _case in range(count):
            _one(hands, tasks, spent)
        by = "letters" if letters else "Tab"
        rows += [{"by": by} | row for row in report(spent)]
    return rows


def _one(hands: Hands, tasks: dict[str, str], spent: dict[str, Spent]) -> None:
    """Take the next case and decide it; the time ends when the answer is shown."""
    page, before, begun = hands.page, hands.keys, time.perf_counter()
    hands.press("e")
    page.wait_for_url(lambda url: _reference(url) in tasks)
    page.wait_for_load_state("load")
    task = tasks.pop(_reference(page.url))
    decide(hands, task)
    spent[task].seconds.append(time.perf_counter() - begun)
    spent[task].keys.append(hands.keys - before)
    page.wait_for_load_state("load")


def _reference(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def file_cases(station: Organization, count: int) -> dict[str, str]:
    """File mixed cases with one station, as citizens do; return task by reference."""
    at = timezone.now()
    warrant = Warrant("import", "bench")
    tasks = {}
    for number, task in enumerate(islice(cycle(MIX), count)):
        person, _ = corrections.add_person(
            {
                "full_name": f"Trần Thị Thử {chr(65 + number % 26)}",
                "born_on": "1958-03-08",
                "sex": "F",
            },
            warrant=warrant,
            at=at - timedelta(days=400),
        )
        dose = _dose(person, station, warrant) if task in ("wrong", "kept") else None
        sent = intake.submit(
            key=uuid.uuid4(),
            sender=Sender(
                full_name=person.full_name,
                born_on=person.born_on,
                sex="F",
                national_id="",
                phone=f"+8490{number:07d}",
                person_id=person.pk,
            ),
            matters=[_matter(task, station, dose)],
            at=at - timedelta(hours=20),
        ).submission
        if task in ("missing", "fill"):
            Evidence.objects.create(
                submission=sent,
                media_type="image/jpeg",
                sha256=uuid.uuid4().bytes * 2,
                bytes=1,
                pages=1,
                state=Evidence.State.CHECKED,
                uploaded_at=at,
            )
        tasks[f"{sent.code}-1"] = task
    for _round in range(3):
        for queue in ("route", "population", "notify"):
            outbox.drain(queue=queue)
    return tasks


def _dose(person: Person, station: Organization, warrant: Warrant) -> Dose:
    facts = {
        "given_on": DAY.isoformat(),
        "product": "vaxzevria",
        "site": station.code,
        "lot": "ABX4411",
        "dose_number": "1",
    }
    dose, _ = corrections.add_dose(
        person.pk, facts, warrant=warrant, at=timezone.now() - timedelta(days=400)
    )
    return dose


def _matter(task: str, station: Organization, dose: Dose | None) -> Matter:
    """Return what somebody reports so that staff have to do this."""
    if task == "wrong":
        assert dose is not None
        return Matter(kind=Kind.WRONG_DOSE, claims={Field.LOT: LOT}, dose_id=dose.pk)
    if task == "kept":
        assert dose is not None
        return Matter(kind=Kind.NOT_MINE, claims={Field.DOSE: "void"}, dose_id=dose.pk)
    claims = {Field.GIVEN_ON: DAY.isoformat(), Field.SITE: station.code}
    if task != "fill":
        claims |= {Field.PRODUCT: "vaxzevria"}
    if task == "missing":
        claims |= {Field.LOT: LOT, Field.DOSE_NUMBER: "2"}
    return Matter(
        kind=Kind.MISSING_DOSE,
        claims={str(name): value for name, value in claims.items()},
        site_id=station.pk,
        given_on=DAY,
        story="Tôi tiêm ở trạm.",
    )


def report(spent: dict[str, Spent]) -> list[dict]:
    """Return a row for each kind of case and one for all."""
    every = Spent(
        [s for one in spent.values() for s in one.seconds],
        [k for one in spent.values() for k in one.keys],
    )
    return [
        {
            "cases": name,
            "n": len(one.keys),
            "keys": statistics.mean(one.keys),
            "seconds_p50": round(statistics.median(one.seconds), 2),
            "seconds_max": round(max(one.seconds), 2),
        }
        for name, one in [*sorted(spent.items()), ("all", every)]
    ]


def main() -> int:
    """Fill the database, work, print the rows."""
    parser = argparse.ArgumentParser(prog="python -m bench.hour")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    _manage("migrate", "--verbosity", "0")
    _manage("load_reference")
    _manage("collectstatic", "--no-input", "--verbosity", "0")
    with scope.system():
        stations = Organization.objects.filter(
            kind=Organization.Kind.HEALTH_STATION, gives_doses=True, closed_on=None
        ).order_by("code")
        station, other = stations[:2]
        nurse = User.objects.create_user(
            "bench-hour", password=PASSWORD, full_name="Bench"
        )
        Posting.objects.create(
            user=nurse,
            organization=station,
            role=Posting.Role.STAFF,
            valid_from=timezone.now() - timedelta(days=9),
        )
        tasks = file_cases(station, chosen.cases)
        held = Complaint.objects.open().filter(holder=station).count()
    say(f"{held} of {chosen.cases} cases wait at {station.name}")
    folder = Path(os.environ["DATA_DIR"])
    with (
        servers.web(servers.OURS, log=folder / "bench-web.log") as port,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            args=list(FLAGS),
        )
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        rows = work(
            page, f"http://127.0.0.1:{port}", tasks, elsewhere=names.fold(other.name)
        )
        browser.close()
    for row in rows:
        say("  ".join(f"{name} {value}" for name, value in row.items()))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def _manage(*words: str) -> None:
    as_owner = {**os.environ, "DATABASE_URL": os.environ["DATABASE_OWNER_URL"]}
    subprocess.run(
        [sys.executable, "manage.py", *words], cwd=BASE_DIR, env=as_owner, check=True
    )


if __name__ == "__main__":
    sys.exit(main())
