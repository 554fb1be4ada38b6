"""People who use a portal that suffers: citizens on their pages, staff on theirs."""

import http.client
import os
import random
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.journeys.visitor import Form, Visitor, messages

CITIZENS, NURSES = 4, 2
# Longer than a part is down; then a person gives up and begins something else.
PATIENCE_SECONDS = 60.0
CODE_SECONDS = 8.0
GONE = (OSError, http.client.HTTPException)
PASSWORD = "Tiem-Chung-2021"
# What is pressed most, by the last part of its address: the rest counts as one.
WEIGHTS = {"dong-y": 12, "ghi": 8, "tiep-nhan": 3}
STORY = "Tôi tiêm ở trường học, có hai người làm chứng."
WORDS = "Chúng tôi đã xem lại sổ của buổi tiêm."
PRODUCTS = ("vaxzevria", "comirnaty", "vero-cell", "spikevax", "abdala")


class Ledger:
    """What the portal acknowledged, on disk before the client goes on."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self.codes: dict[str, str] = {}
        self.last4: dict[str, str] = {}
        self.contradictions: list[str] = []
        self.counts: dict[str, int] = {}
        # What the portal answered itself with 5xx: begun, ended, where.
        self.failures: list[tuple[float, float, str]] = []
        # Who of staff was shown which case, how often.
        self.seen: dict[str, int] = {}

    def write(self, key: str, code: str, last4: str) -> None:
        """Keep that this key was answered with this code."""
        with self._lock:
            if self.codes.setdefault(key, code) != code:
                self.contradictions.append(key)
            self.last4[code] = last4
            self._file.write(f"{key} {code}\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def some_code(self, chance: random.Random) -> str | None:
        """Return one of the codes that were given out."""
        with self._lock:
            return chance.choice(list(self.last4)) if self.last4 else None

    def fail(self, begun: float, what: str) -> None:
        """Note an answer that only a portal in trouble may give."""
        with self._lock:
            self.failures.append((begun, time.monotonic(), what))

    def see(self, name: str, reference: str) -> None:
        """Note that a member of staff was shown a case."""
        key = f"{name} {reference}"
        with self._lock:
            self.seen[key] = self.seen.get(key, 0) + 1

    def count(self, what: str) -> None:
        """Count one thing that was done, or failed."""
        with self._lock:
            self.counts[what] = self.counts.get(what, 0) + 1


class Down(Exception):
    """The portal said that it cannot, or gave no code."""


def _reason(error: BaseException) -> str:
    """Return why something was cut off, without what was typed."""
    said = str(error) if isinstance(error, Down) else getattr(error, "code", "")
    return f"{type(error).__name__} {said}".strip()


class Client:
    """A thread that goes on until told to stop; what is cut off is left there."""

    def __init__(self, base: str, ledger: Ledger, seed: int) -> None:
        self.base, self.ledger = base, ledger
        self.chance = random.Random(seed)
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._live)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Finish what was begun; the portal is whole by then."""
        self.over.set()
        self._thread.join(2 * PATIENCE_SECONDS)

    def _live(self) -> None:
        while not self.over.wait(0.02):
            try:
                self.act()
            except (*GONE, Down) as error:
                self.ledger.count(f"cut off: {_reason(error)}")
                self.over.wait(0.2)

    def act(self) -> None:
        """Do one thing."""
        raise NotImplementedError

    def visitor(self) -> Visitor:
        """Return a new session."""
        return Visitor(self.base, timeout=8)

    def go(self, step: Callable[..., Visitor], *facts: Any, **typed: Any) -> None:
        """Take a step on a page; raise Down where the portal cannot."""
        begun = time.monotonic()
        visitor = step(*facts, **typed)
        if visitor.status >= 500:
            where = re.sub(r"\d+", "#", urlsplit(visitor.url).path)
            self.ledger.fail(begun, f"{visitor.status} {where}")
            raise Down(f"answered {visitor.status}")


class Citizen(Client):
    """Looks up records, reports missing doses, follows them and answers."""

    def __init__(
        self, base: str, ledger: Ledger, seed: int, people: list[dict], sites: list[str]
    ) -> None:
        super().__init__(base, ledger, seed)
        self.people, self.sites = people, sites
        self.person: dict = {}
        self.session: Visitor | None = None

    def act(self) -> None:
        """Look somebody up, report, or follow a report."""
        if self.session is None or self.chance.random() < 0.05:
            self.look_up()
        elif self.chance.random() < 0.6:
            self.report(self.session)
        else:
            self.follow()

    def look_up(self) -> None:
        """Prove to be somebody, by the code that comes to their telephone.

        Where no code comes, whoever was open before stays open.
        """
        person = self.chance.choice(self.people)
        visitor = self.visitor()
        typed = {"national_id": person["national_id"]}
        year, month, day = person["born_on"].split("-")
        typed |= {"born_on_0": day, "born_on_1": month, "born_on_2": year}
        before = self._newest_code(person)
        self.go(visitor.get, "/tra-cuu/")
        self.go(visitor.send, **typed)
        ends = time.monotonic() + CODE_SECONDS
        while visitor.url.endswith("/xac-thuc/") and time.monotonic() < ends:
            code = self._newest_code(person)
            if code and code != before:
                self.go(visitor.send, code=code["code"])
            else:
                time.sleep(0.2)  # another process sends it
        if visitor.url.endswith("/ket-qua/"):
            self.person, self.session = person, visitor
            self.ledger.count("looked up")
        else:
            self.ledger.count("no code came")

    def _newest_code(self, person: dict) -> dict | None:
        sent = messages(self.base, person["phone"])
        return next((message for message in sent if message["code"]), None)

    def report(self, visitor: Visitor) -> None:
        """Go through the four steps; send until it is answered."""
        self.go(visitor.get, "/bao-sai/?kind=missing_dose")
        if "/mui/" not in visitor.url:
            self.session = None
            return
        day = self.chance.randrange(280)
        facts = {
            "given_on_0": str(day % 28 + 1),
            "given_on_1": str(day // 28 + 1),
            "given_on_2": str(self.chance.choice([2022, 2023])),
            "product": self.chance.choice(PRODUCTS),
            "site_text": self.chance.choice(self.sites),
        }
        self.go(visitor.send, button=("action", "find"), **facts)
        form = next(f for f in visitor.forms if "site" in f.choices)
        facts["site"] = form.choices["site"][0]
        self.go(visitor.send, button=("action", "go"), **facts)
        if "/lien-he/" in visitor.url:
            self.go(visitor.send, phone="")
        form = next((f for f in visitor.forms if "key" in f.values), None)
        if form is None:
            self.ledger.count("not sent")
            return
        key, url, values = form.values["key"][0], visitor.url, form.values
        twin = None
        if self.chance.random() < 0.05:
            twin = threading.Thread(target=self._press_in_twin, args=(url, key, values))
            twin.start()
        self._until_answered(visitor, url, key, values)
        if twin is not None:
            twin.join(20)

    def _press_in_twin(self, url: str, key: str, values: dict) -> None:
        """Press the same button in another window of the same browser."""
        visitor = self.visitor()
        for cookie in self.session.cookies if self.session else ():
            visitor.cookies.set_cookie(cookie)
        try:
            self._press(visitor, url, key, values)
        except (*GONE, Down) as error:
            self.ledger.count(f"cut off: {_reason(error)}")

    def _until_answered(
        self, visitor: Visitor, url: str, key: str, values: dict
    ) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._press(visitor, url, key, values)
                return
            except (*GONE, Down):
                self.ledger.count("sent again")
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)  # a person who tries again

    def _press(self, visitor: Visitor, url: str, key: str, values: dict) -> None:
        """Send; write down the code if the page gives one."""
        self.go(visitor.post, url, values)
        code = re.search(r"\d{4} \d{4} \d{2}", visitor.text)
        if not visitor.url.split("?")[0].endswith("/da-gui/") or code is None:
            raise Down("gave no code")
        last4 = self.person["phone"][-4:]
        self.ledger.write(key, code.group().replace(" ", ""), last4)
        self.ledger.count("sent")

    def follow(self) -> None:
        """Open a report by its code; answer, or say whether it is right."""
        code = self.ledger.some_code(self.chance)
        if code is None:
            return
        visitor, last4 = self.visitor(), self.ledger.last4[code]
        self.go(visitor.get, "/theo-doi/")
        self.go(visitor.send, code=code, phone_last4=last4)
        if not visitor.url.endswith(f"/theo-doi/{code}/"):
            self.ledger.count("not shown")
            return
        self.ledger.count("tracked")
        links = [a for a in visitor.links if re.search(r"/(bo-sung|ket-qua)/", a)]
        if not links or self.chance.random() < 0.5:
            return
        link = self.chance.choice(links)
        self.go(visitor.get, link)
        form = next((f for f in visitor.forms if "note" in f.values), None)
        if form is None:
            return
        typed = {"note": STORY}
        if "answer" in form.choices:
            typed["answer"] = self.chance.choice(form.choices["answer"])
        self.go(visitor.send, **typed)
        if visitor.status == 200:
            self.ledger.count("answered")


class Nurse(Client):
    """Works through queues as several people: one corrects, another signs."""

    def __init__(self, base: str, ledger: Ledger, seed: int, names: list[str]) -> None:
        super().__init__(base, ledger, seed)
        self.names = names
        self.sessions: dict[str, Visitor] = {}

    def act(self) -> None:
        """Take some open case and do something with it."""
        name = self.chance.choice(self.names)
        visitor = self.sessions.get(name) or self._signed_in(name)
        self.go(visitor.get, "/lam-viec/")
        if "/dang-nhap/" in visitor.url:
            del self.sessions[name]
            return
        cases = [a for a in visitor.links if re.search(r"/ho-so/\d+-\d+/$", a)]
        if not cases:
            self.over.wait(0.3)
            return
        case = self.chance.choice(cases)
        self.go(visitor.get, case)
        if visitor.status == 200 and "/ho-so/" in visitor.url:
            self.ledger.see(name, case.rstrip("/").rpartition("/")[2])
        forms = [f for f in visitor.forms if "version" in f.values]
        if not forms:
            return
        steps = [f.action.rstrip("/").rpartition("/")[2] for f in forms]
        weights = [WEIGHTS.get(step, 1) for step in steps]
        (number,) = self.chance.choices(range(len(forms)), weights)
        form, step = forms[number], steps[number]
        values = self._filled(form)
        is_upheld = any(v == ["upheld"] for v in values.values())
        self.go(visitor.post, form.action, values)
        if visitor.status == 200:
            self.ledger.count("moved")
            if step == "dong-y":
                self.ledger.count("signed")
            elif step == "ghi" and is_upheld:
                self.ledger.count("upheld")

    def _filled(self, form: Form) -> dict[str, list[str]]:
        """Fill a form in; two decisions of three change the registry.

        Half of those rest on the citizen's word alone, so that another has to sign.
        """
        values = form.values | {
            field: [self.chance.choice(choices)]
            for field, choices in form.choices.items()
        }
        is_upheld = self.chance.random() < 2 / 3
        given = {"verdict": "upheld" if is_upheld else "kept", "note": WORDS}
        given |= {"ground": "" if is_upheld else "unreadable"}
        given |= {"proof": self.chance.choice(["", "slip_seen"])}
        for field in values:
            word = given.get(field.partition("_")[0])
            if word is not None:
                values[field] = [word]
        values.pop("concerns_oneself", None)
        return values

    def _signed_in(self, name: str) -> Visitor:
        visitor = self.visitor()
        self.go(visitor.get, "/dang-nhap/")
        self.go(visitor.send, username=name, password=PASSWORD)
        self.sessions[name] = visitor
        return visitor
