"""What was typed, and what is doubted of it: plausibility.csv is for health staff."""

import csv
from datetime import date
from pathlib import Path

import pytest

from complaints.forms.report import from_iso
from complaints.rules.papers import compare, nothing_agrees
from complaints.rules.plausibility import Batch, Given, Ledger, Vaccine, doubts
from portal import env
from portal.registry.quality.limits import Limit, Limits

TODAY = date(2026, 11, 2)
REFERENCE = env.BASE_DIR / "portal" / "registry" / "reference"


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text):
    return date.fromisoformat(text) if text else None


def number(text):
    return int(text) if text else None


LIMITS = Limits(
    Limit(
        rule=row["rule"],
        name=row["name"],
        number=number(row["number"]),
        day=day(row["day"]),
        product=row["product"],
        previous=row["previous"],
        province=row["province"],
        age_from=number(row["age_from"]),
        age_to=number(row["age_to"]),
        valid_from=day(row["valid_from"]),
        valid_to=day(row["valid_to"]),
    )
    for row in rows_of(REFERENCE / "thresholds.csv")
)
VACCINES = {
    row["code"]: Vaccine(row["code"], day(row["approved_on"]))
    for row in rows_of(REFERENCE / "products.csv")
}
BATCHES = {
    batch.number: batch
    for batch in (
        Batch("AZ01", "vaxzevria", date(2021, 12, 31), date(2021, 7, 1)),
        Batch("PF01", "comirnaty", date(2021, 12, 31), date(2021, 9, 1)),
    )
}
LEDGER = Ledger(VACCINES, BATCHES, LIMITS)


def found(given, ledger=LEDGER):
    return {doubt.check.value: doubt for doubt in doubts(given, ledger, today=TODAY)}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{row['given_on']} {row['product']}: {row['why']}")
        for row in rows_of(Path(__file__).with_name("plausibility.csv"))
    ],
)
def test_what_cannot_be_is_doubted_and_nothing_else(row):
    given = Given(
        on=from_iso(row["given_on"]),
        product=row["product"],
        lot=row["lot"],
        born=from_iso(row["born"]),
    )

    assert set(found(given)) == set(row["checks"].split())


def test_a_lot_one_letter_off_offers_those_that_it_may_be():
    unknown = found(Given(product="comirnaty", lot="PF0I1"))["lot_unknown"]

    assert unknown.offers == (("lot", "PF01"),)


def test_a_lot_of_another_vaccine_offers_that_vaccine():
    other = found(Given(product="comirnaty", lot="AZ01"))["lot_other_product"]

    assert other.offers == (("product", "vaxzevria"),)


def test_without_a_ledger_nothing_is_doubted():
    empty = Ledger({}, {}, Limits([]))
    given = Given(from_iso("2021-01-02"), "comirnaty", "X", from_iso("2020"))

    assert not found(given, empty)


@pytest.mark.parametrize(
    ("paper", "typed", "how"),
    [
        ({"given_on": "2021-08-12"}, {"given_on": "2021-08-12"}, "same"),
        ({"given_on": "2021-08-12"}, {"given_on": "2021-08"}, "adds"),
        ({"given_on": "2021-08-12"}, {}, "adds"),
        ({"given_on": "2021-08"}, {"given_on": "2021-08-12"}, "same"),
        ({"given_on": "2021-08-12"}, {"given_on": "2021-08-21"}, "differs"),
        ({"given_on": "2021-08-12"}, {"given_on": "2022"}, "differs"),
        ({"lot": "AB01"}, {"lot": "ABO1"}, "same"),
        ({"lot": "AB01"}, {"lot": "AB02"}, "differs"),
        ({"product": "janssen"}, {"product": "abdala"}, "differs"),
        ({"dose_number": "2"}, {"dose_number": "1"}, "differs"),
        ({"dose_number": "2"}, {}, "adds"),
    ],
)
def test_the_paper_is_compared_with_what_was_typed(paper, typed, how):
    (one,) = compare(paper, typed)

    assert one.how == how


def test_what_the_paper_does_not_say_is_not_compared():
    assert compare({"lot": ""}, {"lot": "A", "product": "abdala"}) == []


@pytest.mark.parametrize(
    ("typed", "nothing"),
    [
        ({"given_on": "2021-09-01", "product": "abdala", "lot": "B"}, True),
        ({"given_on": "2021-08-12", "product": "abdala", "lot": "B"}, False),
        ({"given_on": "2021-09-01"}, False),
        ({}, False),
    ],
)
def test_nothing_agrees_only_where_all_that_was_compared_differs(typed, nothing):
    paper = {"given_on": "2021-08-12", "product": "janssen", "lot": "A"}

    assert nothing_agrees(compare(paper, typed)) == nothing
