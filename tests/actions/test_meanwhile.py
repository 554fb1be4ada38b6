"""What comes between looking and writing, and what is said of it afterwards."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from complaints.actions import campaigns, intake, selfcorrection, switches
from complaints.choices import Kind, Status
from complaints.models import SelfCorrection
from portal.common import scope
from portal.registry import corrections
from portal.registry.models import Person
from tests.actions.test_guardrails import found
from tests.actions.test_prepared import contradicted
from tests.actions.test_prepared import report as report_dose
from tests.actions.test_selfcorrection import (
    NUMBER,
    clone,
    drain,
    explained,
    lost_zero,
    lost_zeros,
    made,
    other_number,
    report,
)
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def boss(station):
    return make_staff(station, "administrator")


def untidy(station):
    person = make_person(residence=station.commune)
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(full_name="Nguyễn Thị Hoà")
    return person


def say_the_name(person):
    matter = intake.Matter(Kind.WRONG_PERSON, {"full_name": "Nguyễn Thị Hoàn"})
    submit(matter, sender=sender_for(person))


def restrict(person):
    corrections.restrict(person.pk, warrant=TEST_WARRANT, at=NOON)


def another_telephone(person):
    changes = {"phone": "+84900000777"}
    corrections.correct_person(person.pk, changes, warrant=TEST_WARRANT, at=NOON)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (say_the_name, "open_request"),
        (restrict, "restricted"),
        (another_telephone, "contact_changed"),
    ],
)
def test_what_holds_a_record_meanwhile_holds_a_batch_that_read_it_before(
    station, boss, meanwhile, reason
):
    person = untidy(station)
    said = found(person, "A1")
    batch = campaigns.start(rules=["A1"], cap=5, by=boss, at=NOON).batches.get()
    meanwhile(person)

    with pytest.raises(selfcorrection.Held, match=reason):
        selfcorrection.apply(person.pk, said, province=None, batch=batch, at=NOON)

    person.refresh_from_db()
    assert person.full_name == "Nguyễn Thị Hoà"
    assert not made()


def test_one_a_day_holds_for_whoever_waited_for_the_other(station):
    """The second began five seconds earlier and had to wait for the first."""
    people = lost_zeros(station, 2)
    by = make_staff(station, "administrator")
    switches.switch("A3", is_on=True, daily_cap=1, reason="Thử dần", by=by, at=NOON)
    first = report(
        people[0], {"national_id": other_number(0)}, at=NOON + timedelta(seconds=5)
    )

    second = report(people[1], {"national_id": other_number(1)}, at=NOON)

    assert (first.status, second.status) == (Status.RESOLVED, Status.RECEIVED)


def test_the_first_change_of_a_new_version_is_looked_at(station):
    people = lost_zeros(station, 2)
    report(people[0], {"national_id": other_number(0)})
    with scope.system():
        SelfCorrection.objects.update(version=2)

    report(people[1], {"national_id": other_number(1)})

    assert [row.is_sampled for row in made()] == [True, True]


def test_the_explanation_of_a_settled_report_names_what_fired_and_its_proofs(station):
    case = report(lost_zero(station), {"national_id": NUMBER})

    found, rules = explained(case)

    assert found["fired"] == ["A3"]
    (one,) = found["applied"]
    assert {proof["kind"] for proof in one["proofs"]} == {"structure", "population"}
    assert (rules["A3"]["state"], rules["A3"]["reason"]) != ("fires", "")


def test_the_explanation_names_what_a_campaign_did_to_the_same_record(station):
    person = make_person(residence=station.commune)
    clone(make_dose(person, station))
    by = make_staff(station, "administrator")
    campaigns.start(rules=["A6"], cap=9, by=by, at=NOON)
    drain(NOON, "report")
    case = report(person, {"full_name": "Nguyễn Thị Thư"})

    found, _rules = explained(case)

    (one,) = found["by_campaigns"]
    assert (one["rule"], one["undone"]) == ("A6.2", False)
    assert "A6" not in found["fired"]


def test_the_explanation_names_what_is_prepared_for_a_click(station):
    case = report_dose(contradicted(station), {"product": "spikevax"})

    found, _rules = explained(case)
    out = StringIO()
    call_command("explain_correction", case.reference, stdout=out)

    (one,) = found["prepared"]
    assert (one["rule"], one["state"]) == ("B1.2", "open")
    assert "B1" in found["fired"]
    assert f"B1.2 prepared {one['field']} (ledger, session): open" in out.getvalue()
