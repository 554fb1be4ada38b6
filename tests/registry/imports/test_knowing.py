"""What a list says of a person beyond the record: told, taken, taken back."""

from datetime import date

import pytest

from portal.registry import corrections
from portal.registry.imports import committing, contents, jobs, reviewing
from portal.registry.models import Dose, StagedRow
from tests.factories import (
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)
from tests.registry.imports.lists import (
    NOON,
    USUAL,
    Work,
    make_list,
    make_row,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("all_rows")
Taken = StagedRow.Taken


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization()


def recorded(person, site):
    facts = {"given_on": "2021-08-14", "lot": "ABX6318", "dose_number": "1"}
    return make_dose(person, site, product=make_product("AZ"), **facts)


def reasons(one, place=1):
    opened = contents.unseal(one.staged.get(place=place), of=one)
    return [(r.code, r.column, r.detail) for r in opened.findings.reasons]


def write(one):
    committing.commit(one.pk, by=None, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=None, at=NOON)


def take_back(one):
    committing.undo(one.pk, by=None, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.UNDO,), by=None, at=NOON)


# What is on record, what the row says, what is said of the two.
BESIDE = [
    ({}, {}, []),
    ({"national_id": ""}, {}, [("person_lacks", "id_number", "")]),
    ({"phone": ""}, {}, [("person_lacks", "phones", "")]),
    ({"born_on": "1958"}, {}, [("person_lacks", "born_on", "1958")]),
    ({}, {"born_on": "1958"}, []),
    ({}, {"full_name": "NGUYEN THI THU"}, []),
    (
        {"national_id": "025123456"},
        {},
        [("person_lacks", "id_number", "025•••456")],
    ),
    (
        {},
        {"phones": ("+84900000999",)},
        [("person_differs", "phones", "0900 ••• 215")],
    ),
    ({}, {"sex": "M"}, [("person_differs", "sex", "F")]),
]


@pytest.mark.parametrize(("record", "row", "expected"), BESIDE)
def test_what_a_row_says_of_the_person_beside_the_record_is_told(
    site, record, row, expected
):
    person = make_person(**record)
    recorded(person, site)

    one = make_list(site, [make_row(**row)])
    reviewing.choose(one.pk, 1, person.pk, at=NOON)

    assert (verdicts(one), reasons(one)) == (["same"], expected)


@pytest.mark.parametrize("is_new", [False, True])
def test_a_number_that_the_list_knows_is_added_and_taken_back(site, is_new):
    person = make_person(national_id="")
    if not is_new:
        recorded(person, site)
    one = make_list(site, [make_row()])
    assert verdicts(one) == ["new" if is_new else "same"]

    assert reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)
    write(one)

    assert corrections.read_person(person, "national_id") == USUAL.id_number
    assert person.doses.get().status == "completed"
    take_back(one)
    assert corrections.read_person(person, "national_id") == ""
    assert Dose.objects.get().status == ("entered_in_error" if is_new else "completed")


def test_two_rows_that_know_the_same_of_one_person_are_both_written(site, monkeypatch):
    monkeypatch.setattr(committing, "BATCH", 1)
    person = make_person(national_id="")
    second = make_row(2, given_on=date(2021, 10, 10), dose_number=2)
    one = make_list(site, [make_row(1), second])
    assert len(reviewing.take(one.pk, [1, 2], Taken.PERSON, at=NOON)) == 2
    asker, signer = (make_staff(site).pk for _ in range(2))
    # Several changes of what is on record at once take two.
    assert not committing.commit(one.pk, by=asker, at=NOON, queued=False)
    assert committing.commit(one.pk, by=signer, at=NOON, queued=False)

    jobs.finish(one.pk, (Work.COMMIT,), by=signer, at=NOON)

    assert person.doses.count() == 2
    assert corrections.read_person(person, "national_id") == USUAL.id_number


def test_nothing_is_taken_of_what_the_record_knows_by_now(site):
    person = make_person(national_id="")
    recorded(person, site)
    one = make_list(site, [make_row()])
    reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)
    corrections.correct_person(
        person.pk,
        {"national_id": USUAL.id_number},
        warrant=TEST_WARRANT,
        at=NOON,
    )

    write(one)

    assert verdicts(one) == ["error"]
    assert reasons(one)[0][0] == "changed_since"
