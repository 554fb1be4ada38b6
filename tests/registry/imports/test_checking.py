"""The quality rules in the dry run: errors stop a row, warnings stand beside it."""

from datetime import date

import pytest

from portal.registry.imports import reviewing, wording
from portal.registry.imports.findings import Entry
from portal.registry.imports.judging import judge
from portal.registry.quality.rules import RULES
from tests.factories import make_dose, make_person
from tests.registry.imports.lists import NOON, make_list, make_row, verdicts
from tests.registry.quality_world import Place

pytestmark = pytest.mark.usefixtures("all_rows")
TODAY = NOON.date()
# What no rule minds at site A of the invented world.
FINE = {"product": "vaxzevria", "lot": "AZ100", "given_on": date(2021, 8, 14)}


@pytest.fixture
def place(all_rows):
    return Place()


def judged(site, *, told=(), **values):
    row = make_row(**FINE | values)
    entry = Entry(key=1, line=1, values=row.values, told=told)
    return judge([entry], site=site.pk if site else None, on=TODAY)[1]


def codes(finding):
    return [reason.code for reason in finding.reasons]


# What the row says besides, the verdict, the rules that speak of it.
TABLE = [
    ({}, "new", []),
    ({"given_on": date(2021, 3, 1), "lot": ""}, "new", ["Q04", "Q21"]),
    ({"born_on": "2012-01-01"}, "new", ["Q08"]),
    ({"lot": ""}, "new", ["Q21"]),
    ({"lot": "AZ777"}, "new", ["Q22"]),
    ({"lot": "PF100"}, "new", ["Q23"]),
    ({"lot": "AZ200"}, "new", ["Q24"]),
    ({"dose_number": 2}, "new", ["Q14"]),
    ({"born_on": "1890"}, "new", ["Q40"]),
    ({"id_number": "12345678901", "id_kind": "pin12"}, "error", ["Q29"]),
    ({"id_number": "B1234567", "id_kind": "passport"}, "new", []),
    ({"phones": ("+842438253535",)}, "error", ["Q38"]),
]


@pytest.mark.parametrize(("values", "verdict", "rules"), TABLE)
def test_a_row_is_judged_by_the_rules_as_well(place, values, verdict, rules):
    finding = judged(place.sites["A"], **values)

    assert (finding.verdict, sorted(codes(finding))) == (verdict, rules)
    for reason in finding.reasons:
        assert str(RULES[reason.code].message) in wording.of(reason)


def test_a_site_that_was_closed_that_day_is_a_warning(place):
    finding = judged(place.sites["C"], given_on=date(2022, 2, 1))

    assert finding.verdict == "new"
    assert "Q43" in codes(finding)


def test_a_dose_too_soon_after_the_one_on_record_is_a_warning(place):
    person = make_person()
    make_dose(
        person,
        place.sites["A"],
        given_on="2021-08-01",
        product=place.products["vaxzevria"],
        lot="AZ100",
    )

    finding = judged(place.sites["A"], dose_number=2)

    assert (finding.verdict, finding.person) == ("new", person.pk)
    assert codes(finding) == ["Q10"]


def test_what_is_wrong_on_the_record_is_no_fault_of_the_row(place):
    person = make_person()
    for day in ("2021-05-01", "2021-05-05"):
        make_dose(
            person, place.sites["A"], given_on=day, product=place.products["vaxzevria"]
        )

    assert "Q10" not in codes(judged(place.sites["A"], given_on=date(2021, 12, 1)))


def test_the_number_of_somebody_on_record_is_not_the_rows_to_mend(place):
    person = make_person(born_on="1890", national_id="079158012345")

    finding = judged(place.sites["A"], born_on="1890")

    assert (finding.person, codes(finding)) == (person.pk, [])


def test_what_the_reader_said_is_not_said_again(place):
    finding = judged(place.sites["A"], lot="PF100", told=("lot_of_other",))

    assert codes(finding) == []


def test_without_a_table_of_limits_rows_are_judged_without_the_rules(all_rows):
    from_nowhere = make_row()

    finding = judge([Entry(1, 1, from_nowhere.values)], site=None, on=TODAY)[1]

    assert finding.verdict == "new"


def test_a_row_that_a_rule_stops_is_taken_once_it_is_fixed(place):
    one = make_list(place.sites["A"], [make_row(**FINE, phones=("+842438253535",))])
    assert verdicts(one) == ["error"]

    values = make_row(**FINE).values
    row = reviewing.fix(one.pk, 1, values, at=NOON)

    assert row.verdict == "new"
