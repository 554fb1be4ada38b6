"""Who takes part in a random walk, and what they share: sessions, codes, moves made."""

import http.client
import random
import re
import time
from dataclasses import dataclass, field

from complaints.choices import Kind, Move
from portal.accounts.models import Posting
from tests.journeys.conftest import Running
from tests.journeys.trouble import Trouble
from tests.journeys.visitor import Visitor

MAY_COME = {200, 403, 404, 409, 422}
# What somebody else has to do before the next one can do theirs.
LEADS_TO = {
    Move.ASK: {Move.ANSWER},
    Move.WAIT: {Move.RESUME},
    Move.RESOLVE: {Move.PROPOSE, Move.COUNTERSIGN, Move.DECLINE, Move.CONFIRM},
}
# What no person presses: sending is every report, the rest time and rules bring, and
# checks of months that are over.
NOT_PRESSED = {
    Move.SUBMIT,
    Move.ROUTE,
    Move.OVERDUE,
    Move.HAND_UP,
    Move.GIVE_BACK,
    Move.REMIND,
    Move.LAPSE,
    Move.REFUSE_FILE,
    Move.REOPEN,
    Move.PUT_BACK,
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


class People:
    """Those who take part, what they have done, and what is known of their reports."""

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
        self.elsewhere: list[str] = []
        self.made: set[Move] = set()
        self.kinds: set[str] = set()
        self.roles: set[str] = set()
        # Whose number lost its zeros: rule A3 puts them back without a person.
        self.eaten = [c for c in self.citizens if "zero" in c.facts["label"].lower()]
        self.answers: list[int] = []
        self._sessions: dict[str, Patient] = {}
        self._trackers: dict[str, Patient] = {}

    def wanting(self) -> set[str]:
        """Return the moves, kinds and roles that the walk has not come by yet."""
        made = {move.value for move in self.made} | self.kinds | self.roles
        pressed = {move.value for move in Move} - NOT_PRESSED
        return {*pressed, *Kind.values, *Posting.Role.values} - made

    def meet(self, submissions: list[dict]) -> None:
        """Take up the reports of others, to be followed and worked on from now on."""
        for one in submissions:
            self.codes[one["code"]] = one["last4"]
            self.recent.append(one["code"])

    def _visitor(self) -> Patient:
        return Patient(self.portal.base, self.trouble)

    def _note(self, visitor: Patient) -> None:
        self.answers.append(visitor.status)

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

    def _weight(self, move: Move) -> float:
        """Prefer what was never done, and what has to come before it.

        Taking back is pressed seldom, or nothing would go on.
        """
        usual = {Move.WITHDRAW: 0.3, Move.NOTE: 0.5, Move.RESOLVE: 3.0}.get(move, 1.0)
        if move == Move.RESUME and move not in self.made:
            return 30.0  # few cases wait elsewhere, and each may be withdrawn
        wanted = {move} | LEADS_TO.get(move, set())
        return usual if wanted <= self.made else 6.0


def sections(html: str) -> list[tuple[str, str]]:
    """Return number and markup of each matter of a status page."""
    return re.findall(r'<section aria-labelledby="m(\d+)">(.*?)</section>', html, re.S)
