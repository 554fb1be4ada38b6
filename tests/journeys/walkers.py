"""Who takes part in a random walk, and what each of them does next."""

import http.client
import random
import re
import time
from dataclasses import dataclass, field

from complaints.choices import Move
from tests.journeys.conftest import Running
from tests.journeys.test_without_a_browser import day_fields
from tests.journeys.trouble import Trouble
from tests.journeys.visitor import Form, Visitor, messages

MAY_COME = {200, 403, 404, 409, 422}
PLACES = (
    "Phường Cẩm Thượng Hải Dương",
    "phường 5 quận 11",
    "Trường Tiểu học Phường Cẩm Thượng",
    "tram y te phuong da kao",
    "Quận 1",
    "Đà Lạt",
)
PASSWORD = "Tiem-Chung-2021"
# The part of an address that makes a move, as staff and citizens press it.
PRESSED = {
    "tiep-nhan": Move.ACCEPT,
    "dong-y": Move.COUNTERSIGN,
    "tu-choi-de-xuat": Move.DECLINE,
    "ghi": Move.RESOLVE,
    "hoi-them": Move.ASK,
    "chuyen": Move.HAND_OVER,
    "len-cap-tren": Move.ESCALATE,
    "ghi-chu": Move.NOTE,
    "rut": Move.WITHDRAW,
}


class Patient(Visitor):
    """A visitor who tries again while something is being restarted, and only then."""

    def __init__(self, base: str, trouble: Trouble) -> None:
        super().__init__(base)
        self.trouble = trouble

    def _open(self, url: str, data: bytes | None) -> "Patient":
        ends = time.monotonic() + 90
        while True:
            try:
                super()._open(url, data)
                problem = "" if self.status < 500 else f"{self.status}"
            except (OSError, http.client.HTTPException) as error:
                problem = repr(error)
            if not problem:
                assert self.status in MAY_COME, (self.url, self.status)
                return self
            assert self.trouble.is_near, f"{url} answered {problem} out of the blue"
            assert time.monotonic() < ends, f"{url} never came back: {problem}"
            time.sleep(0.3)  # a person who presses again


@dataclass
class Citizen:
    """Somebody of the demo, with the pages that they have open."""

    facts: dict
    visitor: Patient
    filed: list[tuple[str, dict]] = field(default_factory=list)

    @property
    def last4(self) -> str:
        """Return the digits that open this person's reports."""
        return self.facts["phone"][-4:]


class Walk:
    """The people who take part, what they have done, and what one does next."""

    def __init__(
        self, portal: Running, chance: random.Random, trouble: Trouble, known: dict
    ) -> None:
        self.portal, self.chance, self.trouble = portal, chance, trouble
        self.citizens = [
            Citizen(facts, self._visitor()) for facts in portal.demo["citizens"]
        ]
        self.staff: list[dict] = known["staff"]
        self.codes = {s["code"]: s["phone_last4"] for s in portal.demo["submissions"]}
        self.recent: list[str] = []
        # Where somebody has to do the next thing: a second person, the citizen.
        self.proposed: list[str] = []
        self.asked: list[str] = []
        self.made: set[Move] = set()
        self.answers: list[int] = []
        self._sessions: dict[str, Patient] = {}
        self._trackers: dict[str, Patient] = {}

    def step(self) -> None:
        """Let somebody do something."""
        doing, often = zip(
            (self.report, 4),
            (self.report_for_another, 1),
            (self.work, 9),
            (self.work_at_once, 1),
            (self.follow, 6),
            (self.oversee, 1),
            strict=True,
        )
        self.chance.choices(doing, weights=often)[0]()

    def meet(self, submissions: list[dict]) -> None:
        """Take up the reports of others, to be followed and worked on from now on."""
        for one in submissions:
            self.codes[one["code"]] = one["last4"]
            self.recent.append(one["code"])

    def _visitor(self) -> Patient:
        return Patient(self.portal.base, self.trouble)

    def _note(self, visitor: Patient) -> None:
        self.answers.append(visitor.status)

    # Citizens who look up and report.

    def look_up(self, citizen: Citizen) -> Patient:
        """Return the record page of a citizen, by a code if the session is over."""
        visitor = citizen.visitor.get("/tra-cuu/ket-qua/")
        ends = time.monotonic() + 120
        while not visitor.url.endswith("/ket-qua/"):
            assert time.monotonic() < ends, f"no code came: {visitor.text[:300]}"
            before = self._newest(citizen)
            visitor.get("/tra-cuu/").send(
                national_id=citizen.facts["national_id"],
                **day_fields("born_on", citizen.facts["born_on"]),
            )
            # A code that was sent within the last minute is still good.
            code = self._await_code(citizen.facts["phone"], before) or before
            if code and visitor.url.endswith("/xac-thuc/"):
                visitor.send(code=code["code"])
        self._note(visitor)
        return visitor

    def _newest(self, citizen: Citizen) -> dict | None:
        return self._await_code(citizen.facts["phone"], None, seconds=0)

    def _await_code(
        self, phone: str, before: dict | None, *, seconds: float = 5
    ) -> dict | None:
        ends = time.monotonic() + seconds
        while True:
            try:
                sent = [m for m in messages(self.portal.base, phone) if m["code"]]
            except (OSError, http.client.HTTPException):
                assert self.trouble.is_near
                sent = []
            if sent and (before is None or sent[0]["at"] > before["at"]):
                return sent[0]
            if time.monotonic() >= ends:
                return None
            time.sleep(0.2)  # another process sends it

    def report(self) -> None:
        """Report something of one's record; now and then the same thing again."""
        citizen = self.chance.choice(self.citizens)
        visitor = self.look_up(citizen)
        if citizen.filed and (Move.JOIN not in self.made or self.chance.random() < 0.1):
            link, typed = self.chance.choice(citizen.filed)
            self._fill(visitor.get(link), citizen, typed)
            self.made.add(Move.JOIN)
        else:
            links = [a for a in visitor.links if "/bao-sai/?kind=" in a]
            link, typed = self.chance.choice(links), {}
            self._fill(visitor.get(link), citizen, typed)
            if "/mui/" in visitor.url:
                return
            citizen.filed.append((link, typed))
        self._finish(visitor, citizen.last4)

    def _fill(self, visitor: Patient, citizen: Citizen | None, typed: dict) -> None:
        """Answer step 2; ``typed`` keeps the answers, or holds those to repeat."""
        for page in range(4):
            if "/mui/" not in visitor.url:
                return
            form = next(f for f in visitor.forms if "csrfmiddlewaretoken" in f.values)
            answers = typed.setdefault(f"page {page}", {})
            if "given_on_0" in form.values:
                self._facts(visitor, form, answers)
            elif "national_id" in form.values:
                answers = answers or self._details(form, citizen)
                visitor.send(**answers)
            else:
                answers.setdefault("dose", self.chance.choice(form.choices["dose"]))
                visitor.send(dose=answers["dose"])
            typed[f"page {page}"] = answers
        self._note(visitor)

    def _facts(self, visitor: Patient, form: Form, answers: dict) -> None:
        is_known = bool(form.values["given_on_0"][0])
        if not answers:
            changes = {
                **day_fields("given_on", self._day()),
                "product": self.chance.choice(form.choices["product"][1:]),
                "lot": f"LO{self.chance.randint(100, 999)}",
                "dose_number": self.chance.choice(form.choices["dose_number"]),
                "site_text": self.chance.choice(PLACES),
            }
            wanted = self.chance.choice(["given_on", "product", "lot", "site"])
            answers |= {
                name: value
                for name, value in changes.items()
                if not is_known or name.startswith(wanted)
            }
        typed = {n: v for n, v in answers.items() if n != "site"}
        if "site_text" in typed:
            visitor.send(button=("action", "find"), **typed)
            form = next(f for f in visitor.forms if "site" in f.choices)
            answers.setdefault("site", self.chance.choice(form.choices["site"]))
            typed["site"] = answers["site"]
        visitor.send(button=("action", "go"), **typed)

    def _details(self, form: Form, citizen: Citizen | None) -> dict:
        name = form.values["full_name"][0]
        number = citizen.facts["national_id"] if citizen else "001195999999"
        wanted = [
            {"full_name": name.replace("ị", "i", 1) + " An"},
            {"sex": self.chance.choice("FM")},
            {"national_id": number[:-1] + self.chance.choice("0123456789")},
            {"national_id": number},
        ]
        return self.chance.choice(wanted)

    def _day(self) -> str:
        return f"2021-{self.chance.randint(4, 12):02}-{self.chance.randint(1, 28):02}"

    def _finish(self, visitor: Patient, last4: str) -> None:
        """Go through contact and check page, send, keep the code."""
        if visitor.url.endswith("/lien-he/"):
            visitor.send(phone="")
        if self.chance.random() < 0.25:
            self._add_matter(visitor)
        if not visitor.url.endswith("/kiem-tra/"):
            visitor.get(re.sub(r"/[a-z-]+/(\?.*)?$", "/kiem-tra/", visitor.url))
        form = next((f for f in visitor.forms if "key" in f.values), None)
        if form is None:
            self._note(visitor)
            return
        url = visitor.url
        visitor.post(url, form.values)
        first = self._code(visitor)
        if self.chance.random() < 0.2:
            assert self._code(visitor.post(url, form.values)) == first
        self._note(visitor)
        self.codes[first] = last4
        self.recent.append(first)

    def _code(self, visitor: Patient) -> str:
        assert visitor.url.split("?")[0].endswith("/da-gui/"), visitor.text
        found = re.search(r"\d{4} \d{4} \d{2}", visitor.text)
        assert found, visitor.text
        return found.group().replace(" ", "")

    def _add_matter(self, visitor: Patient) -> None:
        link = next((a for a in visitor.links if "/loai/?muc=" in a), None)
        if link is None:
            return
        visitor.get(link)
        form = next(f for f in visitor.forms if "kind" in f.choices)
        visitor.send(kind=self.chance.choice(form.choices["kind"]))
        self._fill(visitor, None, {})

    def report_for_another(self) -> None:
        """Report a missing dose for somebody without any record, by telephone."""
        visitor, phone = self._visitor(), f"+8490008{self.chance.randint(0, 9999):04}"
        visitor.get("/bao-sai/").send(relation="parent", kind="missing_dose")
        self._fill(visitor, None, {})
        if not visitor.url.endswith("/lien-he/"):
            return
        visitor.send(
            full_name=self.chance.choice(["Ngô Văn Già", "Bùi Thị Xưa", "H'Hen Niê"]),
            phone=phone,
            national_id="",
            sex=self.chance.choice("FM"),
            born_on_2=str(self.chance.randint(1930, 1960)),
        )
        assert visitor.url.endswith("/xac-thuc/"), visitor.text
        code = self._await_code(phone, None, seconds=90)
        assert code, "no code came for another's report"
        visitor.send(code=code["code"])
        # Where the answer was lost on its way, the code is used up: another day.
        if visitor.url.endswith("/kiem-tra/"):
            self._finish(visitor, phone[-4:])

    # Citizens who follow what they reported.

    def _some_code(self) -> str:
        due = self.proposed if {Move.COUNTERSIGN, Move.DECLINE} - self.made else []
        due = due + (self.asked if Move.ANSWER not in self.made else [])
        if due and self.chance.random() < 0.4:
            return self.chance.choice(due)
        if self.recent and self.chance.random() < 0.7:
            return self.chance.choice(self.recent[-12:])
        return self.chance.choice(sorted(self.codes))

    def track(self, code: str) -> Patient:
        """Return the status page of a code."""
        visitor = self._trackers.get(code)
        if visitor is not None:
            visitor.get(f"/theo-doi/{code}/")
        if visitor is None or "phone_last4" in visitor.html:
            visitor = self._trackers[code] = self._visitor()
            visitor.get("/theo-doi/").send(code=code, phone_last4=self.codes[code])
        assert visitor.url.endswith(f"/theo-doi/{code}/"), visitor.text
        return visitor

    def follow(self) -> None:
        """Open a report as its sender and press something that it offers."""
        visitor = self.track(self._some_code())
        self._note(visitor)
        offered = {
            a: self._meant(visitor, a)
            for a in visitor.links
            if re.search(r"/\d+/(bo-sung|ket-qua|rut)/", a)
        }
        if not offered:
            return
        weights = [self._weight(move) for move in offered.values()]
        link = self.chance.choices(sorted(offered, key=list(offered).index), weights)[0]
        visitor.get(link)
        form = next(
            (f for f in visitor.forms if "csrfmiddlewaretoken" in f.values), None
        )
        if form is None:
            return
        values = {name: list(given) for name, given in form.values.items()}
        if "answer" in form.choices:
            values["answer"] = ["confirm" if "answer=confirm" in link else "disagree"]
        if "note" in values:
            values["note"] = ["vẫn chưa đúng, tôi tiêm đủ"]
        visitor.post(form.action or visitor.url, values)
        self._note(visitor)
        if visitor.status == 200:
            self.made.add(offered[link])

    def _meant(self, visitor: Patient, link: str) -> Move:
        if "/rut/" in link:
            return Move.WITHDRAW
        if "/ket-qua/" in link:
            return Move.CONFIRM if "answer=confirm" in link else Move.DISAGREE
        return Move.ANSWER if "Cần bạn bổ sung" in visitor.text else Move.NOTE

    def _weight(self, move: Move) -> float:
        """Prefer what was never done; take back seldom, or nothing would go on."""
        usual = {Move.WITHDRAW: 0.3, Move.NOTE: 0.5, Move.RESOLVE: 3.0}.get(move, 1.0)
        return usual if move in self.made else 6.0

    # Staff.

    def _signed_in(self, member: dict) -> Patient:
        visitor = self._sessions.get(member["username"])
        if visitor is not None:
            visitor.get("/lam-viec/")
            if "/dang-nhap/" not in visitor.url:
                return visitor
        visitor = self._sessions[member["username"]] = self._visitor()
        visitor.get("/dang-nhap/").send(username=member["username"], password=PASSWORD)
        assert "/dang-nhap/" not in visitor.url, visitor.text
        return visitor

    def _some_case(self) -> tuple[str, str] | None:
        """Return the address of a case and the name of who has it."""
        code = self._some_code()
        visitor = self.track(code)
        found = [
            (number, holder)
            for number, section in sections(visitor.html)
            for holder in re.findall(r"Đang ở: ([^<]+?)\. ?(?:<|Một|$)", section)
        ]
        if not found:
            return None
        number, holder = self.chance.choice(found)
        return f"/lam-viec/ho-so/{code}-{number}/", holder

    def _member_at(self, holder: str) -> dict | None:
        there = [member for member in self.staff if member["holder"] == holder]
        above = [m for m in self.staff if m["holder"].startswith(("Sở", "Bộ"))]
        if not there or self.chance.random() < 0.1:
            there = above
        usual = {"staff": 5, "lead": 4, "clerk": 1, "overseer": 1, "administrator": 1}
        return self.chance.choices(there, [usual[m["role"]] for m in there])[0]

    def work(self) -> None:
        """Let somebody of the holder open a case and press a button on it."""
        found = self._some_case()
        if found is None:
            return
        case, holder = found
        nurse = self._signed_in(self._member_at(holder))
        self._note(nurse.get(case))
        if nurse.status == 200:
            self._press(nurse)

    def work_at_once(self) -> None:
        """Let two people decide on the same version of a case: one comes too late."""
        found = self._some_case()
        if found is None:
            return
        case, holder = found
        pair = [self._signed_in(self._member_at(holder)) for _ in range(2)]
        for nurse in pair:
            nurse.get(case)
        for nurse in pair:
            if nurse.status == 200 and "/ho-so/" in nurse.url:
                self._press(nurse)

    def _press(self, nurse: Patient) -> None:
        forms = [f for f in nurse.forms if "version" in f.values]
        if not forms:
            return
        moves = [PRESSED.get(_last_part(f.action)) for f in forms]
        weights = [self._weight(move) if move else 6.0 for move in moves]
        form = self.chance.choices(forms, weights)[0]
        move = PRESSED.get(_last_part(form.action))
        nurse.post(form.action, self._filled(form))
        if move == Move.HAND_OVER and nurse.status == 422:
            again = next((f for f in nurse.forms if f.choices.get("to")), None)
            if again is not None:
                nurse.post(form.action, self._filled(again))
        self._note(nurse)
        if nurse.status == 200 and move:
            proposed = move == Move.RESOLVE and "Chờ người thứ hai" in nurse.text
            self.made.add(Move.PROPOSE if proposed else move)
            code = re.findall(r"\d{10}", form.action)
            self.proposed += code if proposed else []
            self.asked += code if move == Move.ASK else []

    def _filled(self, form: Form) -> dict[str, list[str]]:
        """Fill in a form of staff; now and then with nonsense."""
        values = {name: list(given) for name, given in form.values.items()}
        nonsense = self.chance.random() < 0.1
        for name, choices in form.choices.items():
            values[name] = [self.chance.choice(choices)]
            if name.startswith("verdict_") and self.chance.random() < 0.6:
                values[name] = ["upheld"]
            if name == "proof" and Move.PROPOSE not in self.made:
                values[name] = [""]
            if name.startswith(("ground_", "fill_")) and not nonsense:
                values[name] = [self.chance.choice([c for c in choices if c] or [""])]
        usual = {
            "note": "ghi chú của bước đi ngẫu nhiên",
            "place": self.chance.choice(["Cẩm Thượng", "Ba Đình", "phuong sai gon"]),
            "fill_given_on": "14/09/2021",
            "fill_lot": "AB 1234",
            "fill_dose_number": "1",
        }
        for name, value in usual.items():
            if name in values and not nonsense:
                values[name] = [value]
        return values

    def oversee(self) -> None:
        """Let an overseer, an administrator or anybody else look at the figures."""
        member = self.chance.choice(
            [m for m in self.staff if m["role"] in ("overseer", "administrator")]
        )
        visitor = self._signed_in(member)
        for path in ("/quan-tri/", "/quan-tri/ho-so/", "/lam-viec/?view=late"):
            self._note(visitor.get(path))


def sections(html: str) -> list[tuple[str, str]]:
    """Return number and markup of each matter of a status page."""
    return re.findall(r'<section aria-labelledby="m(\d+)">(.*?)</section>', html, re.S)


def _last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]
