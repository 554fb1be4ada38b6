"""Owners of orphan doses, people split in two, doses entered twice: proposals only."""

from datetime import UTC, datetime

import pytest

from portal.registry import corrections
from portal.registry.matching.doubles import doubled_doses, split_people
from portal.registry.matching.orphans import owners_of
from portal.registry.models import Dose, Person
from tests.factories import (
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_unit,
)

pytestmark = pytest.mark.usefixtures("all_rows")


def make_orphan(name, site, *, given_on="2021-10-07"):
    with corrections.writing("imports"):
        return Dose.objects.create(
            given_on=given_on,
            product=make_product(),
            site=site,
            name_recorded=name,
            recorded_at=datetime(2021, 10, 8, tzinfo=UTC),
        )


def make_bach(**facts):
    return make_person("Nghiêm Xuân Bách", sex="M", national_id="", **facts)


def owners(by, dose):
    return [
        (c.person_id, c.judgement.grade) for c in owners_of([dose.pk], **by)[dose.pk]
    ]


def test_the_owner_of_an_orphan_is_the_namesake_with_a_dose_at_that_site(by):
    site = make_organization()
    owner, elsewhere = make_bach(), make_bach(phone="+84900000999")
    make_dose(owner, site, given_on="2021-07-20")
    make_dose(elsewhere, make_organization(), given_on="2021-07-20")

    found = owners(by, make_orphan("NGHIEM XUAN BACH", site))

    assert found[0] == (owner.pk, "probable")
    assert all(grade != "probable" for _, grade in found[1:])


def test_who_lives_at_the_site_is_proposed(by):
    commune = make_unit("N1", parent=make_unit())
    owner = make_bach(residence=commune)

    found = owners(
        by, make_orphan("Nghiêm Xuân Bách", make_organization(commune=commune))
    )

    assert [pk for pk, _ in found] == [owner.pk]


def test_an_orphan_is_never_certain(by):
    commune, site = make_unit("N1", parent=make_unit()), None
    site = make_organization(commune=commune)
    make_dose(make_bach(residence=commune), site, given_on="2021-07-20")

    assert {g for _, g in owners(by, make_orphan("Nghiêm Xuân Bách", site))} == {
        "probable"
    }


def test_who_has_a_dose_of_that_day_is_hardly_the_owner(by):
    site = make_organization()
    owner = make_bach()
    make_dose(owner, site, given_on="2021-07-20")
    make_dose(owner, site, given_on="2021-10-07", product=make_product("PF", "Pfizer"))

    found = owners_of([make_orphan("Nghiêm Xuân Bách", site).pk], **by)

    assert all(
        c.judgement.grade in ("possible", "none") for c in next(iter(found.values()))
    )


def test_a_common_name_alone_proposes_nobody(by):
    make_person("Nguyễn Văn Hùng", sex="M")

    assert not owners(by, make_orphan("Nguyễn Văn Hùng", make_organization()))


def test_a_dose_that_has_an_owner_gets_no_proposal(by):
    person = make_bach()
    dose = make_dose(person, make_organization())

    assert owners(by, dose) == []


def test_owners_are_sought_for_many_doses_at_once(by, django_assert_num_queries):
    site = make_organization()
    people = [make_bach(), make_person("Quách Thị Thoa", national_id="")]
    for person in people:
        make_dose(person, site, given_on="2021-07-20")
    doses = [make_orphan(person.full_name, site).pk for person in people]

    with django_assert_num_queries(2):
        found = owners_of(doses, **by)

    assert [found[dose][0].person_id for dose in doses] == [p.pk for p in people]


def test_a_person_entered_twice_is_proposed_once(by, django_assert_num_queries):
    one = make_person("Nguyễn Thị Hoa")
    other = make_person("NGUYEN THI HOA", born_on="1958-08-03")
    apart = make_person(
        "Trần Thị Mai", national_id="079158099999", phone="+84900000777"
    )

    assert not split_people([apart.pk], **by)
    with django_assert_num_queries(4):
        found = split_people([one.pk, other.pk, apart.pk], **by)

    assert [(s.person_id, s.other_id) for s in found] == [(one.pk, other.pk)]
    assert found[0].judgement.grade == "certain"
    assert found[0].judgement.reasons


def test_a_chain_over_two_confirmed_numbers_is_never_joined(by):
    one = make_person("Nghiêm Thị Hoa")
    middle = make_person("Nghiêm Thị Hoa", national_id="")
    last = make_person("Nghiêm Thị Hoa", national_id="001158077777")
    with corrections.writing("population"):
        Person.objects.filter(pk__in=[one.pk, last.pk]).update(
            population=Person.Population.MATCHED
        )

    found = split_people([middle.pk], **by)

    assert {s.judgement.grade for s in found} == {"possible"}
    assert {(s.person_id, s.other_id) for s in found} == {
        (one.pk, middle.pk),
        (middle.pk, last.pk),
    }


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({}, "certain"),
        ({"lot": "abx-4471"}, "certain"),
        ({"lot": "ZZ1"}, "probable"),
        ({"given_on": "2021-08-20"}, "probable"),
        ({"given_on": "2021-08-20", "lot": "ZZ1"}, "possible"),
        ({"given_on": "2021-09-20"}, None),
        ({"given_on": "2021-08-20", "dose_number": "2"}, None),
    ],
)
def test_a_dose_entered_twice_is_graded_by_what_differs(change, grade):
    person, site = make_person(), make_organization()
    first = make_dose(person, site)
    # The clone comes by another way in: corrections refuse it.
    second = make_dose(
        person,
        site,
        given_on="2020-01-01",
        **{key: value for key, value in change.items() if key != "given_on"},
    )
    with corrections.writing("imports"):
        Dose.objects.filter(pk=second.pk).update(
            given_on=change.get("given_on", "2021-08-12")
        )

    found = [(d.dose_id, d.other_id, d.grade) for d in doubled_doses([person.pk])]

    assert found == ([(first.pk, second.pk, grade)] if grade else [])


def test_two_products_on_a_day_are_a_question_not_a_double():
    person, site = make_person(), make_organization()
    make_dose(person, site)
    make_dose(person, site, product=make_product("PF", "Pfizer"))

    (found,) = doubled_doses([person.pk])

    assert found.grade == "possible"


def test_a_void_dose_doubles_nothing():
    person, site = make_person(), make_organization()
    make_dose(person, site)
    double = make_dose(person, site, product=make_product("PF", "Pfizer"))
    at = datetime(2026, 11, 2, tzinfo=UTC)
    corrections.void(double.pk, warrant=TEST_WARRANT, at=at)

    assert doubled_doses([person.pk]) == []
