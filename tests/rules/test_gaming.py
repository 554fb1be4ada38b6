"""Signs of gaming: lives of one matter as a table, and what each is a sign of.

A step is what was done, in which hour since the matter was sent, at which unit after
it; the policy allows 48 hours of wall time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from complaints.choices import Actor, Gaming, Move, Outcome, Status
from complaints.rules import gaming
from complaints.rules.clock import Moment, Terms, reckon

SENT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
TERMS = Terms(repair=timedelta(hours=48), pause=timedelta(days=10))
A, B, C = 1, 2, 3
STATES = {
    "submit": (Status.RECEIVED, Actor.CITIZEN),
    "route": (Status.RECEIVED, Actor.SYSTEM),
    "accept": (Status.IN_REVIEW, Actor.STAFF),
    "accept_many": (Status.IN_REVIEW, Actor.STAFF),
    "ask": (Status.WAITING_CITIZEN, Actor.STAFF),
    "answer": (Status.IN_REVIEW, Actor.CITIZEN),
    "hand_over": (Status.RECEIVED, Actor.STAFF),
    "unit_closes": (Status.RECEIVED, Actor.STAFF),
    "escalate": (Status.RECEIVED, Actor.STAFF),
    "give_back": (Status.RECEIVED, Actor.SYSTEM),
    "corrected": (Status.RESOLVED, Actor.STAFF),
    "kept": (Status.RESOLVED, Actor.STAFF),
    "right": (Status.RESOLVED, Actor.STAFF),
    "proved": (Status.RESOLVED, Actor.SYSTEM),
    "undo": (Status.IN_REVIEW, Actor.STAFF),
    "disagree": (Status.RECEIVED, Actor.CITIZEN),
    "reopen": (Status.RECEIVED, Actor.STAFF),
    "revert": (Status.RECEIVED, Actor.SYSTEM),
    "lapse": (Status.LAPSED, Actor.SYSTEM),
    "extend": (Status.IN_REVIEW, Actor.STAFF),
}
OUTCOMES = {
    "corrected": Outcome.CORRECTED,
    "kept": Outcome.KEPT,
    "right": Outcome.ALREADY_CORRECT,
    "proved": Outcome.CORRECTED,
}
AGAIN = ("disagree", "reopen", "revert")
MOVES = {"unit_closes": "hand_over", "accept_many": "accept"}


@dataclass(frozen=True)
class Step:
    moment: Moment
    actor: str
    outcome: str
    is_unit_change: bool = False
    is_bulk: bool = False


def life(text):
    """Read "submit 0 A, route 0 A, kept 47.5 A" as the steps of a matter."""
    steps, number = [], 1
    for seq, part in enumerate(text.split(", "), start=1):
        word, hour, unit = part.split()
        number += word in AGAIN
        status, actor = STATES[word]
        closes = word == "unit_closes"
        move = Move.RESOLVE if word in OUTCOMES else Move(MOVES.get(word, word))
        at = SENT + timedelta(hours=float(hour))
        moment = Moment(move, status, at, number, {"A": A, "B": B, "C": C}[unit])
        steps.append(
            Step(
                Moment(
                    **{**vars_of(moment), "seq": seq}
                    | ({"extra": timedelta(hours=48)} if word == "extend" else {})
                ),
                actor,
                OUTCOMES.get(word, ""),
                closes,
                word == "accept_many",
            )
        )
    return steps


def vars_of(moment):
    return {name: getattr(moment, name) for name in moment.__dataclass_fields__}


def told(text):
    steps = life(text)
    moments = [step.moment for step in steps]
    rounds = [
        reckon(
            [m for m in moments if m.round <= number], terms=TERMS, at=moments[-1].at
        )
        for number in range(1, moments[-1].round + 1)
    ]
    found = gaming.signs(steps, rounds=rounds, terms=[TERMS] * len(rounds))
    return [(sign.sign, sign.holder) for sign in found]


BEGIN = "submit 0 A, route 0 A"
LAST, NOTHING, EARLY, LATE, BALL, AWAY, RUN, DOUBT, OTHERWISE = (
    Gaming.LAST_HOUR,
    Gaming.NO_EFFECT,
    Gaming.EARLY_ASK,
    Gaming.LATE_ASK,
    Gaming.PING_PONG,
    Gaming.PASSED_ON,
    Gaming.LATE_PASS,
    Gaming.DISPUTED,
    Gaming.REVERSED,
)
TABLE = [
    # An honest life, and one that was late: neither is a sign.
    (f"{BEGIN}, accept 2 A, corrected 20 A", []),
    (f"{BEGIN}, accept 2 A, kept 20 A", []),
    (f"{BEGIN}, accept 2 A, corrected 49 A", []),
    # Decided in the last hour; an hour and a half before is none.
    (f"{BEGIN}, accept 2 A, corrected 47.5 A", [(LAST, A)]),
    (f"{BEGIN}, accept 2 A, corrected 46.5 A", []),
    # A day that the citizen took moves the last hour.
    (f"{BEGIN}, ask 10 A, answer 34 A, corrected 47.5 A", []),
    (f"{BEGIN}, ask 10 A, answer 34 A, corrected 71.5 A", [(LAST, A)]),
    # With an extension that hour lies later, as the queue has it.
    (f"{BEGIN}, extend 2 A, corrected 47.5 A", []),
    (f"{BEGIN}, extend 2 A, corrected 95.5 A", [(LAST, A)]),
    # What was reopened stays told, and whose decision it was that is disputed.
    (
        f"{BEGIN}, accept 2 A, kept 47.5 A, disagree 60 B, corrected 70 B",
        [(LAST, A), (DOUBT, A), (OTHERWISE, A)],
    ),
    # Disputed, and the next one decided as the first: not reversed.
    (
        f"{BEGIN}, accept 2 A, kept 5 A, disagree 9 B, accept 9 B, kept 10 B",
        [(DOUBT, A)],
    ),
    (
        f"{BEGIN}, accept 2 A, kept 5 A, reopen 9 A, accept 9 A, kept 10 A",
        [(OTHERWISE, A)],
    ),
    # The portal's own decision is nobody's; nor is a lapse one.
    (f"{BEGIN}, proved 1 A, revert 5 A, accept 6 A, kept 9 A", []),
    (
        f"{BEGIN}, ask 2 A, lapse 242 A, disagree 250 A, accept 251 A, kept 252 A",
        [(EARLY, A)],
    ),
    # Asked in the first tenth of the time of a round, and just after it.
    (f"{BEGIN}, accept 1 A, ask 4.8 A, answer 50 A, corrected 52 A", [(EARLY, A)]),
    (f"{BEGIN}, accept 1 A, ask 4.9 A, answer 50 A, corrected 52 A", []),
    # Taken back within its half minute: it was not done.
    (f"{BEGIN}, accept 2 A, kept 47.5 A, undo 47.501 A, corrected 50 A", []),
    # Kept without another step; the same after somebody looked is none.
    (f"{BEGIN}, kept 5 A", [(NOTHING, A)]),
    (f"{BEGIN}, kept 47.5 A", [(LAST, A), (NOTHING, A)]),
    (f"{BEGIN}, right 5 A", [(NOTHING, A)]),
    # Taken on with many others at once: nobody looked.
    (f"{BEGIN}, accept_many 2 A, kept 5 A", [(NOTHING, A)]),
    (f"{BEGIN}, accept_many 2 A, accept 3 A, kept 5 A", []),
    (f"{BEGIN}, corrected 5 A", []),
    (f"{BEGIN}, proved 0.1 A", []),
    # Each round by itself.
    (
        f"{BEGIN}, accept 1 A, kept 5 A, disagree 9 B, kept 10 B",
        [(NOTHING, B), (DOUBT, A)],
    ),
    # Asked with a tenth of the time left, or when it was over; with more is none.
    (f"{BEGIN}, ask 44 A, answer 50 A, corrected 52 A", [(LATE, A)]),
    (f"{BEGIN}, ask 43 A, answer 50 A, corrected 52 A", []),
    (f"{BEGIN}, ask 49 A, answer 50 A, corrected 52 A", [(LATE, A)]),
    # The time that an earlier question took does not count as passed.
    (f"{BEGIN}, ask 10 A, answer 34 A, ask 46 A, answer 47 A, corrected 50 A", []),
    (
        f"{BEGIN}, ask 10 A, answer 34 A, ask 69 A, answer 70 A, corrected 71 A",
        [(LATE, A)],
    ),
    # Handed on is told of whoever did it, with hardly any time left apart.
    (f"{BEGIN}, hand_over 5 B, accept 6 B, corrected 9 B", [(AWAY, A)]),
    (f"{BEGIN}, hand_over 44 B, accept 45 B, corrected 46 B", [(AWAY, A), (RUN, A)]),
    (f"{BEGIN}, hand_over 43 B, accept 45 B, corrected 46 B", [(AWAY, A)]),
    (f"{BEGIN}, escalate 60 B, accept 61 B, corrected 62 B", [(AWAY, A), (RUN, A)]),
    # Handed back is one more of whoever did it; up and down as well.
    (
        f"{BEGIN}, hand_over 5 B, hand_over 6 A, accept 7 A, corrected 9 A",
        [(AWAY, A), (AWAY, B), (BALL, B)],
    ),
    (
        f"{BEGIN}, hand_over 5 B, hand_over 6 C, hand_over 7 A, corrected 9 A",
        [(AWAY, A), (AWAY, B), (AWAY, C), (BALL, C)],
    ),
    (
        f"{BEGIN}, escalate 5 B, hand_over 6 A, corrected 9 A",
        [(AWAY, A), (AWAY, B), (BALL, B)],
    ),
    # The portal gives back by itself when a unit is there again.
    (f"{BEGIN}, hand_over 5 B, give_back 6 A, accept 7 A, corrected 9 A", [(AWAY, A)]),
    # That a unit closed is no look into the matter, and no hand-over of its staff.
    (f"{BEGIN}, unit_closes 5 B, kept 6 B", [(NOTHING, B)]),
    (f"{BEGIN}, hand_over 5 B, unit_closes 6 A, accept 7 A, kept 9 A", [(AWAY, A)]),
    (
        f"{BEGIN}, unit_closes 5 B, hand_over 6 C, hand_over 7 B, kept 9 B",
        [(AWAY, B), (AWAY, C), (BALL, C)],
    ),
]


@pytest.mark.parametrize(("text", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_what_a_life_is_a_sign_of(text, expected):
    assert told(text) == expected
