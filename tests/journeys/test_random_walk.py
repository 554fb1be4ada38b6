"""A seeded walk over the moves of citizens and staff while workers are killed.

Whatever is pressed in whatever order, nobody sees a server error, and at the end every
invariant holds, the history is whole, and the kept figures equal a recount.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime

import psutil
import pytest

from portal.env import BASE_DIR
from tests.journeys.conftest import clean_environment
from tests.journeys.test_without_a_browser import (
    day_fields,
    look_up,
    sign_in,
    track,
)
from tests.journeys.visitor import Visitor, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.random_walk]

SEED = 20261122
STEPS = 150
STATIONS = ("TYT-N10507", "TYT-N00004")
# A walk with fewer kinds of moves did not get about (there are 19 in all).
FEWEST_MOVES = 8
ANSWERS_THAT_MAY_COME = {200, 404, 409, 422}

AT_THE_END = """
import json, sys
from datetime import date, datetime
from django.db.models import Sum
from django.utils import timezone
from complaints import integrity, rollups
from complaints.models import Event, Figure
from portal.common import outbox, scope
for queue in ("route", "population", "notify", "import"):
    outbox.drain(queue=queue)
at = timezone.now()
broken = [name for name, rows in integrity.check(at=at).items() if rows]
rollups.rebuild_changed(at=at)
recounted = rollups.recount(
    path="/vn/", first=date(2021, 3, 8), last=timezone.localdate(at), at=at, by="month"
)
kept = {
    f"{row['month']:%Y-%m}": row
    for row in Figure.objects.filter(kind="", cohort="opened")
    .values("month")
    .annotate(**{name: Sum(name) for name in NAMES})
}
wrong = [
    (month, name, kept[month][name], getattr(times, name))
    for month, times in recounted.items()
    for name in NAMES
    if kept[month][name] != getattr(times, name)
]
with scope.system():
    moves = list(
        Event.objects.filter(at__gte=datetime.fromisoformat(SINCE))
        .values_list("move", flat=True)
        .distinct()
    )
print(json.dumps({"broken": broken, "wrong": wrong, "moves": moves}))
"""
NAMES = ("received", "resolved", "on_time", "open", "untouched", "reopened")


def manage(portal, *words: str) -> subprocess.CompletedProcess:
    """Run a command beside the running portal."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=BASE_DIR,
        env=clean_environment() | {"DATA_DIR": str(portal.data_dir)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Walk:
    """The people who take part, and what one of them does next."""

    def __init__(self, portal, chance: random.Random) -> None:
        self.portal, self.chance = portal, chance
        self.staff = [
            sign_in(portal, portal.staff(station, role))
            for station in STATIONS
            for role in ("staff", "lead")
        ]
        self.known = [(s["code"], s["phone_last4"]) for s in portal.demo["submissions"]]
        self.person = portal.citizen("Both doses missing")
        self.citizen = look_up(portal, self.person)
        self.seen: list[int] = []

    def step(self) -> None:
        """Let somebody do something."""
        doing = self.chance.choices(
            [self.file, self.work, self.follow, self.kill], weights=[2, 6, 4, 1]
        )[0]
        doing()

    def _note(self, visitor: Visitor) -> None:
        self.seen.append(visitor.status)
        assert visitor.status in ANSWERS_THAT_MAY_COME, (visitor.url, visitor.status)

    def file(self) -> None:
        """Report a missing dose of some day, at a station of the walk."""
        visitor = self.citizen.get("/tra-cuu/ket-qua/")
        links = [a for a in visitor.links if "/bao-sai/" in a and "missing" in a]
        visitor.get(links[0])
        day = f"2021-{self.chance.randint(8, 12):02}-{self.chance.randint(1, 28):02}"
        typed = {**day_fields("given_on", day), "product": "vaxzevria"}
        visitor.send(
            button=("action", "find"), site_text="Phường Cẩm Thượng Hải Dương", **typed
        )
        form = next(f for f in visitor.forms if "site" in f.choices)
        visitor.send(button=("action", "go"), site=form.choices["site"][0])
        visitor.send(phone="")
        self._note(visitor)
        form = next(f for f in visitor.forms if "key" in f.values)
        visitor.post(form.action or visitor.url, form.values)
        self._note(visitor)
        code = re.search(r"\d{4} \d{4} \d{2}", visitor.text)
        assert code, visitor.text
        self.known.append((code.group().replace(" ", ""), self.person["phone"][-4:]))

    def work(self) -> None:
        """Open some case of a queue and press some button on it."""
        nurse = self.chance.choice(self.staff)
        nurse.get("/lam-viec/?view=all")
        cases = sorted({a for a in nurse.links if re.search(r"/ho-so/\d+-\d+/$", a)})
        if not cases:
            return
        nurse.get(self.chance.choice(cases))
        self._note(nurse)
        forms = [f for f in nurse.forms if "version" in f.values]
        if not forms:
            return
        form = self.chance.choice(forms)
        values = {name: list(given) for name, given in form.values.items()}
        for name, choices in form.choices.items():
            values[name] = [self.chance.choice(choices)]
        if "note" in values:
            values["note"] = ["ghi chú của bước đi ngẫu nhiên"]
        nurse.post(form.action, values)
        self._note(nurse)

    def follow(self) -> None:
        """Open some submission as its sender and do what it offers."""
        code, last4 = self.chance.choice(self.known)
        visitor = track(self.portal, code, last4)
        self._note(visitor)
        links = [
            a for a in visitor.links if re.search(r"/\d+/(bo-sung|ket-qua|rut)/", a)
        ]
        if not links:
            return
        visitor.get(self.chance.choice(links))
        self._note(visitor)
        forms = [f for f in visitor.forms if "csrfmiddlewaretoken" in f.values]
        if not forms:
            return
        form = self.chance.choice(forms)
        values = {name: list(given) for name, given in form.values.items()}
        for name, choices in form.choices.items():
            values[name] = [self.chance.choice(choices)]
        values |= {n: ["vẫn chưa đúng"] for n in values if n in ("note", "reason")}
        for name, value, _ in form.buttons:
            if name:
                values[name] = [value]
        visitor.post(form.action or visitor.url, values)
        self._note(visitor)

    def kill(self) -> None:
        """Kill the Celery worker and whatever it has started, without a warning."""
        for process in psutil.process_iter(["cmdline", "environ"]):
            words = process.info["cmdline"] or []
            env = process.info["environ"] or {}
            mine = env.get("DATA_DIR") == str(self.portal.data_dir)
            if mine and "worker" in words:
                os.kill(process.pid, signal.SIGKILL)


def test_every_promise_holds_after_a_random_walk(portal):
    since = datetime.now(UTC).isoformat()
    walk = Walk(portal, random.Random(SEED))

    for _ in range(STEPS):
        walk.step()

    assert walk.seen.count(200) > STEPS / 2, "the walk did not get anywhere"

    def settled():
        script = f"SINCE, NAMES = {since!r}, {NAMES!r}\n{AT_THE_END}"
        ran = manage(portal, "shell", "-v", "0", "-c", script)
        assert ran.returncode == 0, ran.stderr[-2000:]
        end = json.loads(ran.stdout.strip().splitlines()[-1])
        return None if end["broken"] else end

    end = wait_until(settled, seconds=150)
    assert end["wrong"] == []
    assert len(end["moves"]) >= FEWEST_MOVES, end["moves"]
    audit = manage(portal, "verify_audit", "--json")
    assert audit.returncode == 0, audit.stdout
    for code, last4 in walk.known[-5:]:
        assert track(portal, code, last4).status == 200
