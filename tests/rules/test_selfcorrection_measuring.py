"""Measuring the rules: on a small world, twice the same, and its figures' bounds."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from complaints.rules.selfcorrection.bounds import wilson
from complaints.rules.selfcorrection.labelled import report
from complaints.rules.selfcorrection.labelled.measurement import Rates, measure
from portal.env import BASE_DIR

DOCUMENT = Path(BASE_DIR, "docs", "self-correction.md")
FEW = {"people": 2_500, "seed": 3}


@pytest.fixture(scope="module")
def measured():
    return measure(**FEW, rates=Rates()).as_json()


def test_what_the_rules_change_by_themselves_is_right(measured):
    assert measured["precision"] == 1.0
    assert measured["others_changed"] == 0


def test_most_of_what_could_be_proved_is_settled_without_a_person(measured):
    assert measured["settled_share"] >= 0.6


def test_the_same_seed_gives_the_same_figures(measured):
    assert measure(**FEW, rates=Rates()).as_json() == measured


def test_a_silent_register_settles_less_and_makes_nothing_wrong(measured):
    silent = measure(**FEW, rates=Rates(silent=1.0)).as_json()

    assert silent["rules"]["A2"]["applied"] == silent["rules"]["A3"]["applied"] == 0
    assert silent["rules"]["A1"]["applied"] >= measured["rules"]["A1"]["applied"]
    assert silent["precision"] == 1.0


def test_a_late_register_confirms_nobody_whom_it_knows_under_a_former_name():
    late = measure(**FEW, rates=Rates(late=1.0)).as_json()
    assert late["rules"]["A2"]["applied"] == late["rules"]["A3"]["applied"] == 0


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Wilson's interval at 95 %, as published tables have it.
    [(0, 0, 0, 1), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634), (0, 10, 0, 0.2775)],
)
def test_the_bounds_are_wilsons(right, n, low, high):
    assert wilson(right, n) == pytest.approx((low, high), abs=1e-4)


def test_the_command_prints_one_document_and_fails_where_the_rules_do():
    out = StringIO()
    call_command("measure_selfcorrection", "--people=300", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert {"precision", "settled_share", "others_changed", "rules"} <= found.keys()

    with pytest.raises(CommandError):
        call_command(
            "measure_selfcorrection",
            "--people=300",
            "--json",
            "--population",
            "0",
            "0",
            "1",
            stdout=StringIO(),
        )


def test_the_documents_table_of_rules_is_the_one_in_force():
    text = DOCUMENT.read_text("utf-8")
    with translation.override("en"):
        assert report.put(text, "rules", report.rules_table()) == text
