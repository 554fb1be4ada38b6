"""What is applied at once, what goes to a person, and what takes two people."""

from datetime import date

import pytest

from complaints.choices import Field, Kind
from complaints.rules.verification import (
    Holder,
    Judgement,
    judge,
    restorable_number,
)

BORN = date(1958, 3, 8)
RIGHT = "079158012345"
LOST = "79158012345"


def holder(number=LOST, *, born_on=BORN, sex="F"):
    return Holder("Nguyễn Thị Thử", born_on, "day", sex, number)


def judged(**changes):
    facts = {
        "kind": Kind.WRONG_PERSON,
        "field": Field.NATIONAL_ID,
        "claimed": RIGHT,
        "person": holder(),
        "is_confirmed": True,
        "is_used_by_another": False,
        **changes,
    }
    return judge(facts.pop("kind"), facts.pop("field"), facts.pop("claimed"), **facts)


def test_a_zero_lost_by_a_spreadsheet_is_put_back_by_rule_a3():
    decision = judged()
    assert (decision.judgement, decision.rule) == (Judgement.APPLY, "A3")


# Each change alone takes the proof away; a person decides then.
DOUBTS = {
    "the database does not confirm it": {"is_confirmed": False},
    "somebody else has that number": {"is_used_by_another": True},
    "nobody on record was proved": {"person": None},
    "another kind": {"kind": Kind.WRONG_DOSE},
    "another field": {"field": Field.FULL_NAME},
    "another number": {"claimed": "079158012346"},
    "no zero was lost": {"person": holder("123456789012")},
    "too much is missing": {"person": holder("9158012345")},
    "another sex": {"person": holder(sex="M")},
    "another century": {"person": holder(born_on=date(2058, 3, 8))},
    "another year": {"person": holder(born_on=date(1959, 3, 8))},
    "the record is empty": {"person": holder("")},
    "it is right already": {"person": holder(RIGHT)},
}


@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS.keys())
def test_one_doubt_is_enough_to_ask_a_person(doubt):
    assert judged(**doubt).judgement == Judgement.ASK


@pytest.mark.parametrize("field", list(Field))
@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_but_a_number_is_applied_without_a_person(kind, field):
    applied = judged(kind=kind, field=field).judgement == Judgement.APPLY
    assert applied is (kind == Kind.WRONG_PERSON and field == Field.NATIONAL_ID)


def test_only_the_full_number_with_its_zero_counts():
    assert restorable_number(RIGHT, person=holder())
    assert not restorable_number(LOST, person=holder())
    assert not restorable_number("", person=holder())
