"""Measuring the rules: on a small world, twice the same, and its figures' bounds."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from complaints.rules.selfcorrection.bounds import wilson
from complaints.rules.selfcorrection.facts import Missing
from complaints.rules.selfcorrection.labelled import report
from complaints.rules.selfcorrection.labelled.measurement import (
    Loose,
    Rates,
    measure,
    neighbour,
)
from complaints.rules.selfcorrection.labelled.mistakes import write
from complaints.rules.selfcorrection.labelled.traps import former
from complaints.rules.selfcorrection.labelled.world import (
    make,
    namesakes_of,
    station_of,
)
from complaints.rules.selfcorrection.table import RULES
from portal.env import BASE_DIR
from portal.registry.population.protocol import Question

DOCUMENT = Path(BASE_DIR, "docs", "self-correction.md")
FEW = {"people": 2_500, "seed": 3}


@pytest.fixture(scope="module")
def world():
    return make(people=2_500, seed=3)


@pytest.fixture(scope="module")
def measured():
    return measure(**FEW, rates=Rates()).as_json()


def test_what_the_rules_change_by_themselves_is_right(measured):
    assert measured["precision"] == 1.0
    assert measured["others_changed"] == 0


def test_most_of_what_could_be_proved_is_settled_without_a_person(measured):
    assert measured["settled_share"] >= 0.6


def test_a_rule_that_is_off_settles_and_prepares_nothing(measured):
    """Nobody is helped by what the portal, as it is delivered, does not do."""
    off = {rule for rule in measured["off"] if not RULES[rule].is_on_at_first}

    assert off == set(measured["off"]) == {"A4", "B4"}
    for mistake in measured["mistakes"].values():
        if mistake["rule"] in off:
            assert mistake["settled"] == mistake["prepared"] == 0
    assert measured["settled_share"] < measured["settled_share_with_every_rule"]
    assert measured["prepared_share"] < measured["prepared_share_with_every_rule"]


def test_every_rule_that_may_change_or_prepare_is_measured_or_said_not_to_be(measured):
    told = measured["rules"].keys() | measured["not_measured"].keys()

    assert told >= {code for code, rule in RULES.items() if rule.tier in "AB"}


def test_the_same_seed_gives_the_same_figures(measured):
    assert measure(**FEW, rates=Rates()).as_json() == measured


def test_a_silent_register_settles_less_and_makes_nothing_wrong(measured):
    silent = measure(**FEW, rates=Rates(silent=1.0)).as_json()

    assert silent["rules"]["A2"]["applied"] == silent["rules"]["A3"]["applied"] == 0
    assert silent["rules"]["A1"]["applied"] >= measured["rules"]["A1"]["applied"]
    assert silent["precision"] == 1.0


def test_the_world_has_the_people_whom_rules_could_take_for_each_other(world):
    """Namesakes of one birth date and sex, also near each other, and off the record."""
    pairs = [
        (human, other)
        for human in world.humans
        for other in namesakes_of(world, human)
        if other.house != human.house
    ]
    absent = {world.humans[place].number for place in world.absent}

    assert len(pairs) > 40
    assert any(station_of(one) == station_of(other) for one, other in pairs)
    assert any(other.number in absent for _one, other in pairs)


def test_a_register_that_is_late_confirms_what_was_once_right(world):
    """And knows no more of what is right by now: the claim of it is refused."""
    human = next(h for h in world.humans if former(h).full_name != h.full_name)
    ask = neighbour(world, Rates(late=1.0), Random(1))
    before = former(human).full_name

    def wrong(name):
        said = ask(Question(human.number, name, human.born_on.isoformat(), human.sex))
        return said.wrong

    assert wrong(before) == ()
    assert wrong(human.full_name) == ("full_name",)


def test_a_namesakes_missing_dose_is_not_given_to_whoever_asks_first(world):
    """Both miss one of that day, and one of the two lies on nobody's record."""
    place = next(n for n, given in enumerate(world.given) if len(given) > 1)
    one, other = (write(world, place, Random(1), ()) for _ in range(2))
    dose = one.doses.pop()
    other.doses.pop()
    for record in (one, other):
        record.missing = Missing(
            given_on=dose.given_on, product=dose.product, site=dose.site
        )
    one.orphans = (replace(dose, name=one.full_name).as_orphan(),)

    (alone,) = Loose([one]).near(one)
    (shared,) = Loose([one, other]).near(other)

    assert not alone.is_anothers
    assert shared.is_anothers


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Wilson's interval at 95 %, as published tables have it.
    [(0, 0, 0, 1), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634), (0, 10, 0, 0.2775)],
)
def test_the_bounds_are_wilsons(right, n, low, high):
    assert wilson(right, n) == pytest.approx((low, high), abs=1e-4)


def test_the_command_prints_one_document_and_fails_where_the_rules_do():
    out = StringIO()
    call_command("measure_selfcorrection", "--people=600", "--json", stdout=out)
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
