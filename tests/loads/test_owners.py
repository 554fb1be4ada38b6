"""Whose dose a row of a country's file is: each person once, and nobody guessed."""

import pytest

from portal.registry import corrections
from portal.registry.models import Dose, IdentityDocument, Person
from tests.factories import NOON, TEST_WARRANT, make_person
from tests.loads.doses import counts, put_on_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ground")]


@pytest.mark.parametrize(
    "other", [{"full_name": "Trần Văn Khác"}, {"born_on": "1985-01-02"}]
)
def test_a_number_of_somebody_else_refuses_the_row(take_in, other):
    make_person()

    _, findings, _ = take_in({**other, "phone": ""})

    assert findings == [(2, "id_number", "somebody_else", "no")]
    assert counts() == (1, 0)


def test_two_people_who_share_a_new_number_are_not_made_one(take_in):
    report, findings, _ = take_in(
        {}, {"full_name": "Trần Văn Khác"}, {"given_on": "2021-10-12"}
    )

    assert findings == [(3, "id_number", "somebody_else", "no")]
    assert (report["people"], report["doses"], report["refused"]) == (1, 2, 1)


def test_a_birth_year_alone_agrees_with_the_day_on_record(take_in):
    person = make_person(phone="+84912345678")

    take_in({"born_on": "1958"})

    assert person.doses.count() == 1


def test_without_a_number_the_telephone_and_name_tell_whose_it_is(take_in):
    person = make_person(phone="+84912345678")

    report, findings, _ = take_in(
        {"id_number": ""}, {"id_number": "", "full_name": "Nguyễn Văn Em"}
    )

    assert findings == []
    assert person.doses.count() == 1
    assert report["people"] == 1


def test_a_telephone_that_fits_two_people_refuses_the_row(take_in):
    for number in ("079158012345", "079158012346"):
        make_person(national_id=number, phone="+84912345678")

    _, findings, _ = take_in({"id_number": ""})

    assert findings == [(2, "phone", "several_people", "no")]


def test_a_dose_without_number_and_telephone_waits_for_its_owner(take_in):
    report, findings, _ = take_in({"id_number": "", "phone": ""})

    assert findings == []
    assert (report["orphans"], report["people"]) == (1, 0)
    assert Dose.objects.get().person is None
    assert Dose.objects.get().name_recorded == "Nguyễn Thị Thử"


def rename(person, name):
    corrections.correct_person(
        person.pk, {"full_name": name}, warrant=TEST_WARRANT, at=NOON
    )


@pytest.mark.parametrize("number", ["079158012345", ""])
def test_a_name_that_was_corrected_is_not_brought_back(take_in, number):
    person = make_person("Nguyễn Thị Thứ", phone="+84912345678")
    put_on_record(person)
    rename(person, "Nguyễn Thị Tư")

    report, findings, _ = take_in(
        {"full_name": "Nguyễn Thị Thứ", "id_number": number},
        {"full_name": "Nguyễn Thị Thứ", "id_number": number, "given_on": "2021-10-12"},
    )

    assert findings == []
    assert (report["people"], report["same"], report["doses"]) == (0, 1, 1)
    assert person.doses.count() == 2
    assert Person.objects.get().full_name == "Nguyễn Thị Tư"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"full_name": "Nguyen Thi Thu"}, "perhaps_somebody"),
        ({"full_name": "Nguyễn Thử"}, "perhaps_somebody"),
        ({"born_on": "1985-03-08"}, "perhaps_somebody"),
        ({"born_on": "1958-08-03"}, "perhaps_somebody"),
        # Twins, and a child who has the grandmother's name.
        ({"full_name": "Nguyễn Thị Thơ"}, ""),
        ({"born_on": "2015-10-01"}, ""),
    ],
)
def test_without_a_number_nobody_is_added_who_may_be_the_telephones_holder(
    take_in, row, reason
):
    make_person(phone="+84912345678")

    report, findings, _ = take_in({"id_number": "", **row})

    assert findings == ([(2, "phone", reason, "no")] if reason else [])
    assert report["people"] == (0 if reason else 1)


@pytest.mark.parametrize(("holders", "people"), [(20, 0), (21, 1)])
def test_a_telephone_that_fills_its_box_refuses_nobody(take_in, holders, people):
    for n in range(holders):
        make_person("Trần Văn Khác", national_id=f"0790900{n:05}", phone="+84912345678")

    report, _findings, _ = take_in({"id_number": "", "full_name": "Tran Van Khac"})

    assert report["people"] == people


def test_a_name_without_its_accents_agrees_where_the_number_does(take_in):
    person = make_person(phone="+84912345678")

    _, findings, _ = take_in({"full_name": "NGUYEN THI THU"})

    assert findings == []
    assert person.doses.count() == 1


NUMBERED = {"given_on": "2021-08-12"}
BARE = {"id_number": "", "given_on": "2021-10-12"}


@pytest.mark.parametrize("files", [[[NUMBERED, BARE]], [[NUMBERED], [BARE]]])
def test_a_dose_by_telephone_and_one_by_number_are_one_persons(take_in, files):
    told = [take_in(*rows)[:2] for rows in files]

    assert [findings for _, findings in told] == [[]] * len(files)
    assert counts() == (1, 2)
    assert IdentityDocument.objects.count() == 1


def test_who_was_recorded_by_telephone_is_known_when_a_number_comes(take_in):
    take_in(BARE)

    report, findings, _ = take_in(
        NUMBERED, {"full_name": "Trần Văn Khác", "given_on": "2021-10-12"}
    )

    assert findings == [
        (2, "id_number", "not_on_record", "yes"),
        (3, "id_number", "somebody_else", "no"),
    ]
    assert counts() == (1, 2)


@pytest.mark.parametrize("in_one", [True, False])
def test_two_who_may_be_one_are_not_both_added_wherever_a_block_ends(take_in, in_one):
    rows = [BARE, {**BARE, "full_name": "Nguyen Thi Thu", "given_on": "2021-12-12"}]
    if in_one:
        _, findings, _ = take_in(*rows)
    else:
        take_in(rows[0])
        _, findings, _ = take_in(rows[1])

    assert [f[1:] for f in findings] == [("phone", "perhaps_somebody", "no")]
    assert counts() == (1, 1)
