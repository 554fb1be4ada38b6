"""Nobody handles the own case, or one of the same household."""

import pytest

from complaints import permissions
from complaints.choices import Move
from complaints.rules.refused import Refused
from portal.accounts import staffing
from tests.factories import (
    NOON,
    make_organization,
    make_person,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
PHONE, NUMBER = "+84900000215", "079158012345"


@pytest.fixture
def site():
    return make_organization()


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def case(site):
    person = make_person(national_id=NUMBER, phone=PHONE)
    case = only_complaint(
        submit(missing_dose(site), sender=sender_for(person, phone="+84900000999"))
    )
    type(case).objects.filter(pk=case.pk).update(holder=site)
    case.refresh_from_db()
    return case


def know(nurse, site, **own):
    lead = make_staff(site, "lead")
    facts = {"phone": "", "national_id": ""} | own
    staffing.know(
        user=nurse, by=lead, postings=list(lead.postings.all()), at=NOON, **facts
    )


@pytest.mark.parametrize(
    "own",
    [
        {"phone": PHONE},
        {"phone": "+84900000999"},
        {"national_id": NUMBER},
        {"phone": "+84900000777", "national_id": NUMBER},
    ],
    ids=["telephone on record", "telephone of the report", "number", "either"],
)
def test_a_case_of_ones_own_offers_no_move_and_refuses_each(nurse, site, case, own):
    assert permissions.moves_for(nurse, case, at=NOON)
    know(nurse, site, **own)
    assert permissions.moves_for(nurse, case, at=NOON) == []
    with pytest.raises(Refused, match=r"."):
        permissions.require(nurse, Move.NOTE, case, at=NOON)


def test_other_peoples_cases_stay_open(nurse, site, case):
    know(nurse, site, phone="+84900000777", national_id="079158054321")
    assert permissions.moves_for(nurse, case, at=NOON)
    permissions.require(nurse, Move.NOTE, case, at=NOON)


def test_what_is_kept_can_be_forgotten(nurse, site, case):
    know(nurse, site, phone=PHONE, national_id=NUMBER)
    know(nurse, site)
    assert permissions.moves_for(nurse, case, at=NOON)
