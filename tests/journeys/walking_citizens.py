"""What citizens do in a random walk: look up, report, follow what they reported."""

import http.client
import re
import time

from complaints.choices import Move
from tests.journeys.test_without_a_browser import day_fields
from tests.journeys.visitor import Form, messages
from tests.journeys.walkers import Citizen, Patient, People, sections

PLACES = (
    "Phường Cẩm Thượng Hải Dương",
    "phường 5 quận 11",
    "Trường Tiểu học Phường Cẩm Thượng",
    "tram y te phuong da kao",
    "Quận 1",
    "Đà Lạt",
)


class CitizenSteps(People):
    """The citizens' side of a walk."""

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
        if self.eaten and self.chance.random() < 0.4:
            self._have_zeros_put_back(self.eaten.pop())
            # At once: a report that was disagreed with has no settling to take back.
            self.doubt_a_rule()
            return
        citizen = self.chance.choice(self.citizens)
        visitor = self.look_up(citizen)
        if citizen.filed and (Move.JOIN not in self.made or self.chance.random() < 0.1):
            link, typed = self.chance.choice(citizen.filed)
            self._fill(visitor.get(link), citizen, typed)
            self.made.add(Move.JOIN)
        else:
            links = [a for a in visitor.links if "/bao-sai/?kind=" in a]
            # A record has one such link per fact of each dose, and one for some kinds.
            fresh = [a for a in links if _kind(a) not in self.kinds]
            is_fresh = fresh and self.chance.random() < 0.8
            link, typed = self.chance.choice(fresh if is_fresh else links), {}
            self._fill(visitor.get(link), citizen, typed)
            if "/mui/" in visitor.url:
                return
            citizen.filed.append((link, typed))
            self.kinds.add(_kind(link))
        self._finish(visitor, citizen.last4)

    def _have_zeros_put_back(self, citizen: Citizen) -> None:
        """Report the true number where a spreadsheet ate its zeros."""
        visitor = self.look_up(citizen)
        visitor.get(next(a for a in visitor.links if "wrong_person" in a))
        visitor.send(national_id=citizen.facts["national_id"])
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
        if "country" in form.choices:
            self._abroad(visitor, form, answers)
            return
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
        if any("insist" in form.values for form in visitor.forms):
            # What was made up may not fit the ledger: held to it, with a reason.
            visitor.send(button=("action", "go"), insist="đúng như giấy tôi có")

    def _abroad(self, visitor: Patient, form: Form, answers: dict) -> None:
        """Say where abroad it was given, and where one lives now."""
        answers |= answers or {
            **day_fields("given_on", self._day()),
            **{
                name: self.chance.choice(form.choices[name][1:])
                for name in ("country", "product", "home")
            },
            "lot": f"LO{self.chance.randint(100, 999)}",
            "story": "giấy của phòng khám nơi tôi tiêm",
        }
        visitor.send(**answers)

    def _details(self, form: Form, citizen: Citizen | None) -> dict:
        if "sex" not in form.choices:
            # How the other of two records of the same person is known.
            return {"full_name": "Trần Thị Bửu Lộc", "national_id": "024618357"}
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
        number = link.split("/")[-3]
        # The head of the matter says how it stands; its history says how it stood.
        head = dict(sections(visitor.html))[number].partition("</div>")[0]
        return Move.ANSWER if "Cần bạn bổ sung" in head else Move.NOTE


def _kind(link: str) -> str:
    found = re.search(r"kind=(\w+)", link)
    return found[1] if found else ""
