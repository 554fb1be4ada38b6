"""Each verdict that a row can get from the registry, and whose a row is taken to be."""

from datetime import date, timedelta

import pytest

from portal.registry import corrections
from portal.registry.imports.findings import Entry, Finding
from portal.registry.imports.judging import judge
from portal.registry.models import Dose, Person
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
)
from tests.registry.imports.lists import NOON, USUAL, make_row

pytestmark = pytest.mark.usefixtures("all_rows")
TODAY = NOON.date()


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    make_product("PFIZER", "Comirnaty")
    return make_organization()


def judged(site, **values):
    """Return the finding for one row that differs from the usual in these values."""
    row = make_row(**values)
    entry = Entry(key=1, line=1, values=row.values)
    return judge([entry], site=site.pk, on=TODAY)[1]


def recorded(person, site, **facts):
    usual = {"given_on": "2021-08-14", "lot": "ABX6318", "dose_number": "1"}
    return make_dose(person, site, **usual | facts)


def test_a_dose_of_somebody_on_record_is_new(site):
    person = make_person()

    finding = judged(site)

    assert (finding.verdict, finding.person) == ("new", person.pk)


def test_a_dose_of_somebody_unknown_is_new_and_names_nobody(site):
    finding = judged(site)

    assert (finding.verdict, finding.person) == ("new", None)
    assert finding.newcomer


def test_a_dose_on_record_is_the_same(site):
    dose = recorded(make_person(), site)

    finding = judged(site)

    assert (finding.verdict, finding.dose) == ("same", dose.pk)


@pytest.mark.parametrize(
    ("facts", "column", "on_record"),
    [
        ({"lot": "PV46677"}, "lot", "PV46677"),
        ({"dose_number": "2"}, "dose_number", "2"),
        ({"product": make_product}, "product", "PFIZER"),
        ({"given_on": "2021-08-12"}, "given_on", "2021-08-12"),
        ({"lot": ""}, "lot", ""),
    ],
)
def test_a_dose_that_is_recorded_otherwise_differs_and_says_in_what(
    site, facts, column, on_record
):
    if "product" in facts:
        facts = {"product": make_product("PFIZER")}
    recorded(make_person(), site, **facts)

    finding = judged(site)

    assert finding.verdict == "differs"
    assert [(r.column, r.detail) for r in finding.reasons] == [(column, on_record)]


def test_a_dose_recorded_at_another_site_differs_in_the_site(site):
    other = make_organization(name="Trạm Y tế phường Khác")
    recorded(make_person(), other)

    finding = judged(site)

    assert [(r.column, r.detail) for r in finding.reasons] == [("site", other.name)]


def test_what_the_list_leaves_empty_contradicts_nothing(site):
    recorded(make_person(), site)

    assert judged(site, lot="", dose_number=None).verdict == "same"


def test_a_void_dose_does_not_count(site):
    dose = recorded(make_person(), site)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(status="entered_in_error")

    assert judged(site).verdict == "new"


def test_the_same_number_on_another_day_is_new_with_a_warning(site):
    recorded(make_person(), site, given_on="2021-05-01")

    finding = judged(site)

    assert finding.verdict == "new"
    assert [r.code for r in finding.reasons] == ["number_repeats"]


@pytest.mark.parametrize(
    ("values", "code", "column"),
    [
        ({"full_name": ""}, "missing", "full_name"),
        ({"born_on": ""}, "missing", "born_on"),
        ({"given_on": None}, "missing", "given_on"),
        ({"product": None}, "missing", "product"),
        ({"given_on": TODAY + timedelta(1)}, "in_the_future", "given_on"),
        ({"born_on": "2022"}, "before_birth", "given_on"),
    ],
)
def test_a_row_that_can_be_no_dose_is_an_error(site, values, code, column):
    finding = judged(site, **values)

    assert finding.verdict == "error"
    assert [(r.code, r.column) for r in finding.reasons] == [(code, column)]


NO_NUMBER = {"id_number": "", "id_kind": None}
ONLY_NAME = NO_NUMBER | {"phones": ()}
# What is on record, what the row says, whether it is taken as that person's.
WHOSE = [
    # A number and a second fact.
    ({}, {}, "certain"),
    ({}, {"full_name": "NGUYEN THI THU"}, "certain"),
    ({}, {"full_name": "Ng. T. Thử"}, "certain"),
    ({}, {"born_on": "1958"}, "certain"),
    ({"born_on": "1958"}, {}, "certain"),
    # A number of which a spreadsheet ate the zero, on either side.
    ({}, {"id_restored": True}, "certain"),
    ({"national_id": "79158012345"}, {}, "certain"),
    # A number with nothing else: a carer's, or pasted from the line above.
    ({}, {"full_name": "Trần Văn Khác", "phones": ()}, "asked"),
    (
        {},
        {"full_name": "Trần Văn Khác", "born_on": "1990-01-02", "phones": ()},
        "asked",
    ),
    # No number, no telephone: a name and a birth date fit many.
    ({"full_name": "Nguyễn Văn Hùng"}, ONLY_NAME, "unknown"),
    ({"born_on": "1958"}, ONLY_NAME | {"born_on": "1958"}, "unknown"),
    ({}, ONLY_NAME, "asked"),
    # Other numbers: two people, or one of the numbers is wrong.
    ({"national_id": "079158099999"}, {}, "asked"),
    # Another name and birth date on the family's telephone.
    (
        {},
        {"full_name": "Trần Văn Khác", "born_on": "1990-01-02", **NO_NUMBER},
        "unknown",
    ),
]


@pytest.mark.parametrize(("record", "row", "expected"), WHOSE)
def test_whose_a_row_is(site, record, row, expected):
    person = make_person(**record)

    finding = judged(site, **row)

    told = {
        "certain": ("new", person.pk),
        "asked": ("ambiguous", None),
        "unknown": ("new", None),
    }
    assert (finding.verdict, finding.person) == told[expected]
    # Who it is certain to be stands there as well, with the reasons.
    offered = [owner.person for owner in finding.candidates]
    assert offered == ([] if expected == "unknown" else [person.pk])


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"born_on": "1958"}, "ambiguous"),
        ({"born_on": "1958", "given_on": date(2021, 8, 15)}, "new"),
        ({"born_on": "1961"}, "new"),
        ({"born_on": "1958", "product": "PFIZER"}, "new"),
    ],
)
def test_a_row_that_tells_little_doubles_no_dose_of_its_session(site, row, verdict):
    person = make_person(full_name="Nguyễn Văn Hùng", national_id="", phone="")
    recorded(person, site)

    finding = judged(site, full_name="Nguyễn Văn Hùng", **NO_NUMBER, **row)

    assert finding.verdict == verdict
    asked = [owner.person for owner in finding.candidates]
    assert asked == ([person.pk] if verdict == "ambiguous" else [])


def test_a_number_on_two_records_fits_several(site):
    first, second = make_person(), make_person(phone="")

    finding = judged(site)

    assert finding.verdict == "ambiguous"
    assert {o.person for o in finding.candidates} == {first.pk, second.pk}
    assert [r.code for r in finding.reasons] == ["fits_several"]


def test_a_person_taken_back_is_found_by_nobody(site):
    person = make_person()
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(status="entered_in_error")

    assert judged(site).newcomer


def test_of_two_rows_about_one_dose_the_first_has_it(site):
    entries = [
        Entry(key=place, line=place + 8, values=make_row(full_name=name).values)
        for place, name in ((1, USUAL.full_name), (2, "NGUYỄN THỊ THỬ"))
    ]

    found = judge(entries, site=site.pk, on=TODAY)

    assert [one.verdict for one in found.values()] == ["new", "duplicate"]
    assert [r.detail for r in found[2].reasons] == ["9"]


def test_what_the_list_alone_tells_is_not_asked_again(site):
    make_person()
    entry = Entry(key=1, line=1, values=USUAL, said="postponed")

    assert judge([entry], site=site.pk, on=TODAY)[1] == Finding("postponed")


@pytest.mark.parametrize("many", [1, 40])
def test_judging_takes_the_same_statements_for_one_row_and_for_many(
    site, many, django_assert_num_queries
):
    entries = [
        Entry(key=n, line=n, values=make_row(id_number=f"0791580{n:05}").values)
        for n in range(many)
    ]
    make_person(national_id="079158000000")
    with django_assert_num_queries(13):
        judge(entries, site=site.pk, on=TODAY)
