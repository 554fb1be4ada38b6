"""What staff do in a random walk: open cases, press buttons, look at figures."""

import re

from complaints.choices import Move
from tests.journeys.visitor import Form
from tests.journeys.walkers import Patient, People, sections

# What takes two people, and so a decision without proof.
SECOND = {Move.PROPOSE, Move.COUNTERSIGN, Move.DECLINE}
PASSWORD = "Tiem-Chung-2021"
# The part of an address that makes a move, as staff and citizens press it.
PRESSED = {
    "tiep-nhan": Move.ACCEPT,
    "dong-y": Move.COUNTERSIGN,
    "tu-choi-de-xuat": Move.DECLINE,
    "ghi": Move.RESOLVE,
    "hoi-them": Move.ASK,
    "chuyen": Move.HAND_OVER,
    "giao": Move.ASSIGN,
    "len-cap-tren": Move.ESCALATE,
    "gia-han": Move.EXTEND,
    "ghi-chu": Move.NOTE,
    "hoi-co-quan": Move.WAIT,
    "tra-loi-co-quan": Move.RESUME,
    "rut": Move.WITHDRAW,
}


class StaffSteps(People):
    """The side of clerks, staff, leads, overseers and administrators."""

    def _signed_in(self, member: dict) -> Patient:
        self.roles.add(member["role"])
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
        # Nobody but staff brings these back, and their senders may withdraw them. Not
        # always: one that stands where nobody of the walk may answer would be all.
        is_wanted = self.elsewhere and Move.RESUME not in self.made
        if is_wanted and self.chance.random() < 0.6:
            code = self.chance.choice(self.elsewhere)
        visitor = self.track(code)
        found = [
            (number, holder)
            for number, section in sections(visitor.html)
            for holder in re.findall(r"Đang ở: ([^<]+?)\. ?(?:<|Từ|$)", section)
        ]
        if not found:
            self.elsewhere = [one for one in self.elsewhere if one != code]
            return None
        number, holder = self.chance.choice(found)
        return f"/lam-viec/ho-so/{code}-{number}/", holder

    def _member_at(self, holder: str) -> dict | None:
        there = [member for member in self.staff if member["holder"] == holder]
        above = [m for m in self.staff if m["holder"].startswith(("Sở", "Bộ"))]
        if not there or self.chance.random() < 0.1:
            there = above
        usual = {"staff": 5, "lead": 4}
        weights = [
            usual.get(m["role"], 1) * (1 if m["role"] in self.roles else 4)
            for m in there
        ]
        return self.chance.choices(there, weights)[0]

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
        forms = [
            form
            for form in nurse.forms
            # Asking who answers by the rule is no move.
            if "version" in form.values
            and all(value != "suggest" for _name, value, _label in form.buttons)
        ]
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
            # Said of this case above the next one, which may wait for somebody, too.
            proposed = move == Move.RESOLVE and "Cần người thứ hai ký" in nurse.text
            self.made.add(Move.PROPOSE if proposed else move)
            code = re.findall(r"\d{10}", form.action)
            self.proposed += code if proposed else []
            self.asked += code if move == Move.ASK else []
            self.elsewhere += code if move == Move.WAIT else []
            if move != Move.WAIT:
                self._take_back(nurse)

    def _take_back(self, nurse: Patient) -> None:
        """Let staff think again within the half minute; seldom, once they have."""
        back = next((f for f in nurse.forms if "/hoan-tac/" in f.action), None)
        if back and (Move.UNDO not in self.made or self.chance.random() < 0.05):
            nurse.post(back.action, back.values)
            self._note(nurse)
            if "Đã hoàn tác" in nurse.text:
                self.made.add(Move.UNDO)

    def doubt_a_rule(self) -> None:
        """Let the administrator take back what rule A3 put right, if it did."""
        chiefs = [m for m in self.staff if m["role"] == "administrator"]
        visitor = self._signed_in(self.chance.choice(chiefs))
        self._note(visitor.get("/quan-tri/tu-sua/A3/"))
        # The button stands on the page of the change, beside what it rests on.
        changes = [a for a in visitor.links if re.search(r"/lan-sua/[0-9a-f-]{36}/", a)]
        if changes:
            self._note(visitor.get(self.chance.choice(changes)))
        back = next((f for f in visitor.forms if "/hoan-tac/" in f.action), None)
        if back and Move.REVERT not in self.made:
            self._note(visitor.post(back.action, back.values))
            if "Đã trả lại như cũ" in visitor.text:
                self.made.add(Move.REVERT)

    def _filled(self, form: Form) -> dict[str, list[str]]:
        """Fill in a form of staff; now and then with nonsense."""
        values = {name: list(given) for name, given in form.values.items()}
        nonsense = self.chance.random() < 0.1
        for name, choices in form.choices.items():
            values[name] = [self.chance.choice(choices)]
            if name.startswith("verdict_") and self.chance.random() < 0.6:
                values[name] = ["upheld"]
            if name == "proof" and SECOND - self.made:
                values[name] = [""]
            if name.startswith(("ground_", "fill_")) and not nonsense:
                values[name] = [self.chance.choice([c for c in choices if c] or [""])]
        usual = {
            "note": "ghi chú của bước đi ngẫu nhiên",
            "authority": "Công an phường Thử",
            "place": self.chance.choice(["Cẩm Thượng", "Ba Đình", "phuong sai gon"]),
            "fill_given_on": "14/09/2021",
            "fill_lot": "AB 1234",
            "fill_dose_number": "1",
        }
        # What is right instead; it fits lots, days and places, and not every field.
        for name in set(values) - set(usual):
            if name.startswith("other_") and name not in form.choices:
                parts = {"0": "14", "1": "9", "2": "2021"}
                last = name.rpartition("_")[2]
                usual[name] = parts[last] if name.count("_") == 2 else "AB 1234"
        for name, value in usual.items():
            is_empty = name in values and not "".join(values[name]).strip()
            if is_empty and not nonsense:
                values[name] = [value]
        return values

    def oversee(self) -> None:
        """Let an overseer, an administrator or anybody else look at the figures."""
        chiefs = [m for m in self.staff if m["role"] in ("overseer", "administrator")]
        weights = [1 if m["role"] in self.roles else 9 for m in chiefs]
        member = self.chance.choices(chiefs, weights)[0]
        visitor = self._signed_in(member)
        for path in ("/quan-tri/", "/quan-tri/ho-so/", "/lam-viec/?view=late"):
            self._note(visitor.get(path))


def _last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]
