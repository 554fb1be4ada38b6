"""A seeded walk over the moves of everybody while parts of the portal are killed.

Whatever is pressed in whatever order, nobody sees a server error; at the end every
invariant holds, the history is whole, every kept figure equals a plain recount of the
events, and every citizen's page says what the events and the registry say.

`WALK_SEED` and `WALK_STEPS` choose another walk.
"""

import html
import json
import os
import random
import re
import time
from collections import Counter

import pytest

from complaints.choices import Move
from tests.journeys.conftest import beside, started
from tests.journeys.trouble import KINDS, Trouble
from tests.journeys.walkers import sections
from tests.journeys.walking_citizens import CitizenSteps
from tests.journeys.walking_staff import StaffSteps

pytestmark = [
    pytest.mark.stack,
    # A server that is killed leaves the sockets of its answers to be collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SEED = int(os.environ.get("WALK_SEED", "20261122"))
STEPS = int(os.environ.get("WALK_STEPS", "80"))
# A walk that missed a move goes on, up to so many times its length.
LONGER = 6
STEPS_BETWEEN_TROUBLES = 14
SETTLES_WITHIN = 90
# What citizens read (decisions, vocabulary of a complaint).
WORDS = {
    "received": "Đã nhận",
    "in_review": "Đang kiểm tra",
    "waiting_citizen": "Cần bạn bổ sung",
    "waiting_authority": "Chờ cơ quan khác",
    "awaiting_second": "Chờ người thứ hai",
    "withdrawn": "Đã rút",
    "lapsed": "Hết hạn bổ sung",
    "corrected": "Đã sửa",
    "partly_corrected": "Đã sửa một phần",
    "kept": "Giữ nguyên, có lý do",
    "already_correct": "Đã đúng sẵn",
}


class Walk(CitizenSteps, StaffSteps):
    """Everybody, each as often as they come by."""

    def step(self) -> None:
        """Let somebody do something."""
        doing, often = zip(
            (self.report, 4),
            (self.report_for_another, 1),
            (self.work, 9),
            (self.work_at_once, 1),
            (self.follow, 6),
            (self.oversee, 1),
            (self.doubt_a_rule, 1 if Move.REVERT in self.made else 3),
            strict=True,
        )
        self.chance.choices(doing, weights=often)[0]()


@pytest.fixture(scope="module")
def portal():
    """Start a portal for the walk alone: what it kills nobody else needs."""
    with started(people=1500) as running:
        yield running


def ask_truth(portal, what, **given):
    ran = beside(portal, "-m", "tests.journeys.truth", what, json.dumps(given))
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout)


def test_every_promise_holds_after_a_random_walk(portal):
    chance, trouble = random.Random(SEED), Trouble(portal.pid)
    known = ask_truth(portal, "before")
    walk = Walk(portal, chance, trouble, known)
    try:
        wander(walk, portal, known)
        numbers = [citizen.facts["national_id"] for citizen in walk.citizens]
        truth = settled(portal, known["last_event"], numbers)
        assert truth["broken"] == {}
        assert truth["wrong"] == []
        audit = beside(portal, "manage.py", "verify_audit", "--json")
        assert audit.returncode == 0, audit.stdout
        for code in walk.codes:
            check_status_page(walk.track(code), truth["matters"].get(code, []))
        for citizen in walk.citizens:
            shown = doses_shown(walk.look_up(citizen).html)
            assert shown == truth["doses"][citizen.facts["national_id"]]
        # A file is mostly refused before sending, no case is three days late, everybody
        # is there, no month was checked and no list was wrong: see tests/actions/.
        seldom = {
            Move.REFUSE_FILE,
            Move.HAND_UP,
            Move.GIVE_BACK,
            Move.REOPEN,
            Move.PUT_BACK,
        }
        always = {move.value for move in set(Move) - seldom}
        assert truth["moves"].keys() >= always
        # The rule needs the population database's word; without it a person decides.
        assert truth["by_rule"] > 0 or {"asker", "neighbour"} & {*trouble.done}
    except BaseException as error:
        error.add_note(
            f"WALK_SEED={SEED}, struck: {trouble.done}, "
            f"answers: {sorted(Counter(walk.answers).items())}, "
            f"last errors: {last_errors(portal)}"
        )
        raise


def last_errors(portal):
    """Return what the web server wrote last of requests that broke."""
    log = (portal.data_dir / "log" / "web.log").read_text(errors="replace")
    return [line for line in log.splitlines() if '"level": "error"' in line][-3:]


def settled(portal, last_event, numbers):
    """Return the truth once nothing is broken, or what still is after a lease's time.

    The portal's own workers go on meanwhile: what one of them holds at this instant is
    told a moment later.
    """
    ends = time.monotonic() + SETTLES_WITHIN
    while True:
        truth = ask_truth(portal, "after", last_event=last_event, numbers=numbers)
        if not truth["broken"] or time.monotonic() > ends:
            return truth


def wander(walk, portal, known):
    """Walk until everybody came by and pressed all there is, and some way further."""
    for number in range(STEPS * LONGER):
        if number >= STEPS and not walk.wanting():
            break
        if number % STEPS_BETWEEN_TROUBLES == STEPS_BETWEEN_TROUBLES - 1:
            walk.trouble.strike(walk.chance.choice(KINDS))
        if number == 2:
            ask_truth(portal, "late")
            walk.meet(known["old"])
        walk.step()
    assert not walk.wanting()
    assert walk.answers.count(200) > len(walk.answers) / 2, "it did not get anywhere"


def check_status_page(visitor, matters):
    """Compare each matter's word, and who has it, with what its events say."""
    shown = sections(visitor.html)
    assert len(shown) == len(matters), visitor.url
    for (_number, section), matter in zip(shown, matters, strict=True):
        word = WORDS[matter["outcome"] or matter["status"]]
        if matter["status"] == "in_review" and matter["again"]:
            word = "Đang xem lại"
        tag = re.search(r'<strong class="tag[^>]*>(?:<svg.*?</svg>)?([^<]+)', section)
        assert tag, section
        assert html.unescape(tag[1]).startswith(word), (visitor.url, matter)
        has_it = f"Đang ở: {html.escape(matter['holder'])}." in section
        assert has_it == matter["open"], (visitor.url, matter)


def doses_shown(page):
    """Return day, vaccine, lot and site of each dose that a record page shows."""
    found = []
    for card in re.findall(r"<article.*?</article>", page, re.S):
        day = re.search(r'class="big num">([^<]+)', card)
        rows = re.findall(r"<dd>(.*?)</dd>", card, re.S)
        # Beside each value may stand what it is called now, and "Wrong?".
        values = [html.unescape(re.sub(r" ?<(span|a) .*", "", row)) for row in rows[:3]]
        lot = "" if values[1] == "Không có" else values[1]
        found.append([day[1].strip() if day else "", values[0], lot, values[2]])
    return sorted(found)
