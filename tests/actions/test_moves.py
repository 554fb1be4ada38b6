"""Every move, by everybody, from every status, through the actions, against moves.csv.

The table is written from the papers, not from the code: "yes" where the action must go
through, "no" where it must refuse with words; empty where nobody could try, as staff
have no button of the citizen's and the other way round. ``propose`` is a decision that
rests on nothing, ``resolve`` one on the slip; ``undo`` is tried some seconds after the
newest move. What only the portal does by itself is in ``tests/rules/test_workflow.py``,
how long a move can be taken back in ``test_undoing.py``.
"""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from complaints.actions import (
    assigning,
    casework,
    citizen,
    escalation,
    referrals,
    undoing,
)
from complaints.choices import Actor, Move, Status
from complaints.models import Event, TakeBack
from complaints.rules import workflow
from complaints.rules.refused import Refused
from portal.common import crypto, outbox, scope
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")
TABLE = Path(__file__).with_name("moves.csv")
PHONE = "+84900000215"
LATER = NOON + timedelta(hours=1)
# Moves of people that the table leaves to other tests.
ELSEWHERE = {"submit", "join", "reopen", "put_back"}
SECONDS = timedelta(seconds=20)


class World:
    """A station with everybody who may try something, and another one."""

    def __init__(self):
        province = make_organization(kind="health_department")
        self.site, self.other = (make_organization(parent=province) for _ in range(2))
        self.person = make_person(phone=PHONE)
        make_dose(self.person, self.site)
        self.first = make_staff(self.site)
        self.who = {
            "staff": make_staff(self.site),
            "lead": make_staff(self.site, "lead"),
            "staff above": make_staff(province),
            "who made the newest move": self.first,
            "who sent it": make_staff(self.site),
            "clerk": make_staff(self.site, "clerk"),
            "overseer": make_staff(province, "overseer"),
            "administrator": make_staff(self.site, "administrator"),
            "staff elsewhere": make_staff(self.other),
            "staff of the household": make_staff(self.site),
        }
        household = self.who["staff of the household"]
        household.phone_digest = crypto.digest("phone", PHONE)
        household.save(update_fields=["phone_digest"])

    def case(self, status):
        """Return a case of a missing dose that came to a status by actions alone."""
        case = only_complaint(
            submit(
                missing_dose(self.site),
                sender=sender_for(self.person),
                by=self.who["who sent it"],
                at=NOON,
            )
        )
        for queue in ("route", "population"):
            outbox.drain(queue=queue, at=NOON)
        facts = {"complaint_id": case.pk, "by": self.first, "at": NOON}
        if status == Status.IN_REVIEW:
            casework.accept(**facts)
        elif status in (Status.WAITING_CITIZEN, Status.LAPSED):
            casework.ask(reasons=["slip"], **facts)
        elif status == Status.WAITING_AUTHORITY:
            self.act("wait", case, **facts)
        elif status == Status.AWAITING_SECOND:
            self.act("propose", case, **facts)
        elif status == Status.RESOLVED:
            verdicts = {
                c.pk: ("kept", "dose_number_differs") for c in case.claims.all()
            }
            casework.resolve(verdicts=verdicts, note="Số khác.", **facts)
        elif status == Status.WITHDRAWN:
            citizen.withdraw(complaint_id=case.pk, at=NOON)
        if status == Status.LAPSED:
            escalation.lapse(at=NOON + timedelta(days=11))
        case.refresh_from_db()
        assert case.status == status
        return case

    def act(self, move, case, *, complaint_id, by=None, at):
        """Try one move with whatever it takes, complete and in order."""
        facts = {"complaint_id": complaint_id, "at": at}
        if by is not None:
            facts["by"] = by
        note = {"note": "Vì nơi tiêm nói vậy."}
        verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
        more = {
            "ask": {"reasons": ["slip"]},
            "hand_over": {"to": self.other} | note,
            "assign": {"to": self.who["staff"]},
            "wait": {"authority": "Công an phường Một", "points": ["given_on"]} | note,
            "resume": {"reply": ""},
            "propose": {"verdicts": verdicts},
            "resolve": {"verdicts": verdicts, "proof": "slip_seen"},
        }
        if move == "undo":
            kept = TakeBack.objects.filter(event__complaint=complaint_id)
            newest = kept.latest("event__seq")
            undoing.undo(ref=newest.ref, by=by, at=newest.event.at + SECONDS)
            return
        bare = ("accept", "countersign", "withdraw", "confirm")
        action = {
            "wait": referrals.wait,
            "resume": referrals.resume,
            "assign": assigning.assign,
            "propose": casework.resolve,
            "answer": citizen.tell,
        }.get(move)
        if action is None:
            module = citizen if by is None else casework
            action = getattr(module, move)
        action(**facts, **more.get(move, {} if move in bare else note))


def table():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_has_every_status_for_everybody_and_every_move_of_people():
    rows = table()
    people = (Actor.STAFF, Actor.CITIZEN)
    known = set(rows[0]) - {"who", "status"} | ELSEWHERE

    assert len(rows) == len({(row["who"], row["status"]) for row in rows})
    assert len(rows) == len({row["who"] for row in rows}) * len(Status)
    assert known == {
        str(move)
        for move, step in workflow.MOVES.items()
        if set(people) & set(step.actors)
    }


@pytest.mark.parametrize("status", Status)
def test_everybody_may_exactly_what_the_table_says_and_is_told_why_not(status):
    world = World()
    case = world.case(status)
    at = LATER if status != Status.LAPSED else LATER + timedelta(days=11)
    wrong = []

    for row in table():
        if row["status"] != status:
            continue
        for move, expected in list(row.items())[2:]:
            if not expected:
                continue
            found, words = tried(world, case, move, row["who"], at=at)
            if found != expected or not words:
                wrong.append(
                    f"{row['who']}: {move} is {found}, not {expected}: {words}"
                )

    assert not wrong


def tried(world, case, move, who, *, at):
    """Return "yes" or "no" and the words of a refusal; nothing stays of the try."""
    point = transaction.savepoint()
    events = Event.objects.filter(complaint=case).count()
    by = {} if who == "citizen" else {"by": world.who[who]}
    try:
        with scope.system():
            world.act(move, case, complaint_id=case.pk, at=at, **by)
            newest = Event.objects.filter(complaint=case).latest("seq")
            made = Event.objects.filter(complaint=case).count() - events
            if who == "citizen" and not made:
                return "no", "it was so already: a second tap"
            if move == "answer" and newest.move == Move.NOTE:
                return "no", "nobody asked: it was added"
            assert made == 1
            assert newest.move == move
        return "yes", "done"
    except TakeBack.DoesNotExist:
        return "no", "not a move of theirs: no such page"
    except Refused as refused:
        return "no", str(refused)
    finally:
        transaction.savepoint_rollback(point)
