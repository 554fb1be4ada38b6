"""What holds of the rules whatever the record: taken back, in any order, once."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.labelled.measurement import (
    Rates,
    Sessions,
    facts_of,
    neighbour,
    outcomes,
)
from complaints.rules.selfcorrection.labelled.mistakes import MISTAKES, write
from complaints.rules.selfcorrection.labelled.world import make
from complaints.rules.selfcorrection.rule import Tier
from complaints.rules.selfcorrection.table import AUTOMATIC

WORLD = make(people=400, seed=5)


@pytest.fixture(scope="module")
def records():
    """Return records with many mistakes each, all with their facts answered."""
    chance = Random(9)
    often = tuple(replace(m, per_mille=m.per_mille * 6) for m in MISTAKES)
    written = [write(WORLD, n, chance, often) for n in range(len(WORLD.humans))]
    sessions = Sessions(written)
    used = Counter(record.national_id for record in written)
    ask = neighbour(WORLD, Rates(), Random(1))
    return [outcomes(facts_of(r, WORLD, sessions, used), ask)[0] for r in written]


def settle(facts, order):
    """Apply what fires, a rule at a time, until nothing fires; return what did."""
    done = []
    while True:
        for code in order:
            fires = judging.fired(judging.judge(facts, rules=[code]), Tier.A)
            if fires:
                facts = judging.applied(facts, fires[0].edits)
                done.append(fires[0])
                break
        else:
            return facts, done


def fields(facts):
    return facts.person, facts.doses


@settings(max_examples=60)
@given(order=st.permutations(AUTOMATIC), data=st.data())
def test_any_order_of_rules_gives_the_same_record(records, order, data):
    facts = data.draw(st.sampled_from(records))

    one, _ = settle(facts, AUTOMATIC)
    other, _ = settle(facts, order)

    assert fields(one) == fields(other)


def test_any_two_orders_agree_on_every_record(records):
    changed = 0
    for facts in records:
        one, done = settle(facts, AUTOMATIC)
        other, _ = settle(facts, tuple(reversed(AUTOMATIC)))
        assert fields(one) == fields(other)
        changed += bool(done)
    assert changed > 150, "the records give the rules something to do"


def test_what_was_applied_is_taken_back_exactly(records):
    for facts in records:
        after, done = settle(facts, AUTOMATIC)
        for outcome in reversed(done):
            after = judging.taken_back(after, outcome.edits)
        assert fields(after) == fields(facts)


def test_no_rule_fires_twice(records):
    for facts in records:
        _, done = settle(facts, AUTOMATIC)
        places = [edit.place for outcome in done for edit in outcome.edits]
        assert len(places) == len(set(places))
