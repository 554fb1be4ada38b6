"""A complaint that waits for the register's word: corrected, or given to a person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints import integrity
from complaints.actions import intake
from complaints.choices import Outcome, Status
from complaints.models import Complaint
from portal.common import outbox, scope
from portal.common.models import Outbox
from portal.registry.models import PopulationInquiry
from portal.registry.population.inquiries import PATIENCE
from tests.factories import (
    NOON,
    knows,
    make_organization,
    make_person,
    make_root,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)
from tests.faults.ground import lay_ground

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "079158012345"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


def lost_zero(station, *, at, known=True):
    """Send the complaint of somebody whose number lost its leading zero."""
    lay_ground()
    person = make_person(national_id=NUMBER[1:], residence=station.commune)
    if known:
        knows(NUMBER, person.full_name, "1958-03-08", "F")
    matter = intake.Matter("wrong_person", {"national_id": NUMBER})
    with scope.system():
        return only_complaint(submit(matter, sender=sender_for(person), at=at)).pk


def drain(at, *queues):
    for queue in queues or ("route", "population", "route"):
        outbox.drain(queue=queue, at=at)


def state(pk):
    with scope.system():
        case = Complaint.objects.select_related("holder").get(pk=pk)
    return case.status, case.outcome, case.holder


@pytest.mark.stack
def test_over_the_wire_the_zero_is_put_back_at_once(station, through):
    case = lost_zero(station, at=timezone.now())

    drain(timezone.now())

    assert state(case)[:2] == (Status.RESOLVED, Outcome.CORRECTED)
    inquiry = PopulationInquiry.objects.get()
    assert (inquiry.answers, inquiry.source) == ([[]], "simulator")


def test_without_a_register_a_person_gets_it_at_once(station, settings):
    settings.POPULATION_URL = ""
    case = lost_zero(station, at=NOON)

    drain(NOON, "route")

    assert state(case) == (Status.RECEIVED, "", station)
    assert not PopulationInquiry.objects.exists()


def test_a_register_that_is_away_holds_nobody_up_for_more_than_half_a_minute(
    station, settings
):
    settings.POPULATION_URL = NOBODY
    settings.POPULATION_KEYS = {1: b"k" * 32}
    settings.POPULATION_RATE = 9_998
    case = lost_zero(station, at=NOON)

    drain(NOON)
    drain(NOON + PATIENCE - timedelta(seconds=1))
    assert state(case)[2] == make_root()

    drain(NOON + PATIENCE, "route")
    assert state(case) == (Status.RECEIVED, "", station)


@pytest.mark.stack
def test_silence_about_this_one_person_ends_with_a_person_too(station, through):
    through.set(silent=1.0)
    at = timezone.now()
    case = lost_zero(station, at=at)

    drain(at)
    assert state(case)[2] == make_root()

    drain(at + PATIENCE, "route")
    assert state(case) == (Status.RECEIVED, "", station)


def test_nobody_asks_when_the_asker_is_dead_and_a_person_gets_it_all_the_same(station):
    case = lost_zero(station, at=NOON)
    drain(NOON, "route")

    drain(NOON + PATIENCE, "route")

    assert state(case) == (Status.RECEIVED, "", station)


def test_a_question_that_the_outbox_lost_ends_with_a_person(station):
    case = lost_zero(station, at=NOON)
    drain(NOON, "route")
    later = NOON + timedelta(minutes=16)
    Outbox.objects.filter(kind__startswith="inquiry").delete()

    integrity.reconcile(at=later)
    drain(later, "route")

    assert state(case) == (Status.RECEIVED, "", station)


def test_a_complaint_of_which_the_outbox_lost_all_ends_with_a_person(station):
    case = lost_zero(station, at=NOON)
    drain(NOON, "route")
    later = NOON + timedelta(minutes=16)
    Outbox.objects.all().delete()

    integrity.reconcile(at=later)
    drain(later, "route")

    assert state(case) == (Status.RECEIVED, "", station)


def test_an_answer_that_comes_too_late_changes_nothing(station):
    case = lost_zero(station, at=NOON)
    drain(NOON, "route")
    drain(NOON + PATIENCE, "route")

    drain(NOON + PATIENCE, "population", "route")

    assert state(case) == (Status.RECEIVED, "", station)
    assert PopulationInquiry.objects.get().answered_at is None


def test_what_the_register_does_not_confirm_goes_to_a_person_as_soon_as_it_says_so(
    station,
):
    case = lost_zero(station, at=NOON, known=False)

    drain(NOON)

    assert state(case) == (Status.RECEIVED, "", station)
    assert PopulationInquiry.objects.get().answers == [["national_id"]]
