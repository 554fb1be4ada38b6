"""What a list says of a person beyond the record: told, taken, taken back."""

from dataclasses import replace
from datetime import date

import pytest

from portal.registry import corrections, identity
from portal.registry.imports import committing, contents, jobs, knowing, reviewing
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


def test_a_telephone_that_a_list_knows_helps_to_recognise_and_opens_nothing(site):
    """No code was typed from it: it may be anybody's, the nurse's own too."""
    person = make_person(phone="")
    recorded(person, site)
    one = make_list(site, [make_row()])
    assert reasons(one) == [("person_lacks", "phones", "")]

    assert reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)
    write(one)

    (telephone,) = person.telephones.all()
    assert (telephone.is_contact, telephone.is_void) == (False, False)
    assert identity.sharing(USUAL.phones[0]) == []
    assert corrections.read_person(person, "phone") == ""
    beside = knowing.read([person.pk])[person.pk].beside
    assert beside(USUAL) == ()
    (other,) = beside(replace(USUAL, phones=("+84900000999",)))
    assert (other.code, other.detail) == ("person_differs", "0900 ••• 215")


def test_such_a_telephone_goes_when_the_list_is_taken_back(site):
    person = make_person(phone="")
    recorded(person, site)
    one = make_list(site, [make_row()])
    reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)
    write(one)

    take_back(one)

    assert person.telephones.get().is_void


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


@pytest.mark.parametrize(("known", "verdict"), [(True, "same"), (False, "error")])
def test_nothing_is_taken_of_what_the_record_knows_by_now(site, known, verdict):
    person = make_person(national_id="")
    recorded(person, site)
    one = make_list(site, [make_row()])
    reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)
    number = USUAL.id_number if known else "079158000777"
    corrections.correct_person(
        person.pk, {"national_id": number}, warrant=TEST_WARRANT, at=NOON
    )

    write(one)

    # What the list wanted is there already, or staff look at the two.
    assert verdicts(one) == [verdict]
    assert one.staged.get().done_at is None
    assert (reasons(one)[:1] == [("changed_since", "", "")]) == (not known)
    assert corrections.read_person(person, "national_id") == number


def taken_of(site, person, *rows):
    """Make a list whose rows are all this person's, and take what they know."""
    one = make_list(site, rows)
    for place in range(1, len(rows) + 1):
        reviewing.choose(one.pk, place, person.pk, at=NOON)
    places = list(range(1, len(rows) + 1))
    assert len(reviewing.take(one.pk, places, Taken.PERSON, at=NOON)) == len(rows)
    return one


def write_by_two(one, site):
    asker, signer = (make_staff(site).pk for _ in range(2))
    assert not committing.commit(one.pk, by=asker, at=NOON, queued=False)
    assert committing.commit(one.pk, by=signer, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=signer, at=NOON)


OTHER_DAY = {"given_on": date(2021, 10, 10), "dose_number": 2}


def telephones(person):
    return {row.number for row in person.telephones.filter(is_void=False)}


@pytest.mark.parametrize("size", [1, 500])
def test_all_that_a_list_added_to_a_person_goes_with_it(site, monkeypatch, size):
    monkeypatch.setattr(committing, "BATCH", size)
    person = make_person(national_id="", phone="")
    one = taken_of(
        site,
        person,
        make_row(1, phones=()),
        make_row(2, id_number="", id_kind=None, **OTHER_DAY),
    )
    write_by_two(one, site)
    assert corrections.read_person(person, "national_id") == USUAL.id_number
    assert telephones(person) == {USUAL.phones[0]}

    take_back(one)

    assert corrections.read_person(person, "national_id") == ""
    assert not person.telephones.filter(is_void=False).exists()


def test_what_was_added_and_changed_since_stays_and_its_row_says_so(site):
    person = make_person(phone="")
    one = taken_of(site, person, make_row())
    write(one)
    corrections.correct_person(
        person.pk, {"phone": USUAL.phones[0]}, warrant=TEST_WARRANT, at=NOON
    )

    take_back(one)

    assert ("person_kept", "", "") in reasons(one)
    assert corrections.read_person(person, "phone") == USUAL.phones[0]


@pytest.mark.parametrize("size", [1, 500])
def test_of_two_rows_with_two_telephones_the_first_stays(site, monkeypatch, size):
    monkeypatch.setattr(committing, "BATCH", size)
    person = make_person(phone="")
    one = taken_of(
        site, person, make_row(1), make_row(2, phones=("+84900000999",), **OTHER_DAY)
    )

    write_by_two(one, site)

    assert person.doses.count() == 2
    assert telephones(person) == {USUAL.phones[0]}
    assert reasons(one, 2)[0][0] == "person_not_added"
    assert [row.taken for row in one.staged.order_by("place")] == ["person", ""]


@pytest.mark.parametrize("size", [1, 500])
def test_two_rows_of_recorded_doses_that_know_the_same_are_no_error(
    site, monkeypatch, size
):
    monkeypatch.setattr(committing, "BATCH", size)
    person = make_person(national_id="")
    recorded(person, site)
    make_dose(
        person,
        site,
        product=make_product("AZ", "AstraZeneca"),
        given_on="2021-10-10",
        lot="ABX6318",
        dose_number="2",
    )
    one = taken_of(site, person, make_row(1), make_row(2, **OTHER_DAY))

    write_by_two(one, site)

    assert verdicts(one) == ["same", "same"]
    assert corrections.read_person(person, "national_id") == USUAL.id_number


@pytest.mark.parametrize("size", [1, 500])
def test_of_two_recorded_doses_with_two_telephones_staff_look_at_the_second(
    site, monkeypatch, size
):
    monkeypatch.setattr(committing, "BATCH", size)
    person = make_person(phone="")
    recorded(person, site)
    second = {"given_on": "2021-10-10", "lot": "ABX6318", "dose_number": "2"}
    make_dose(person, site, product=make_product("AZ", "AstraZeneca"), **second)
    other = make_row(2, phones=("+84900000999",), **OTHER_DAY)
    one = taken_of(site, person, make_row(1), other)

    write_by_two(one, site)

    assert verdicts(one) == ["same", "error"]
    assert reasons(one, 2)[0][0] == "changed_since"
    assert telephones(person) == {USUAL.phones[0]}


def test_zeros_that_nobody_confirmed_replace_no_number(site):
    person = make_person(national_id="025123456")
    recorded(person, site)
    one = make_list(site, [make_row(id_restored=True)])
    reviewing.choose(one.pk, 1, person.pk, at=NOON)

    assert reasons(one) == [("person_differs", "id_number", "025•••456")]
    assert not reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)
    reviewing.fix(one.pk, 1, USUAL, at=NOON)
    reviewing.choose(one.pk, 1, person.pk, at=NOON)
    assert reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)
