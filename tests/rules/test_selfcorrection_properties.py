"""What holds of the rules whatever the record: taken back, in any order, once."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.facts import Double
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
from complaints.rules.selfcorrection.table import AUTOMATIC, PREPARED

WORLD = make(people=2_000, seed=5)
RECORDS = 400


EVERY = (*AUTOMATIC, *PREPARED)


@pytest.fixture(scope="module")
def records():
    """Return records with many mistakes each, all with their facts answered.

    What others had is as it was. A third of the people stand on two records, as the
    generator makes no such pairs here.
    """
    chance = Random(9)
    often = tuple(replace(m, per_mille=m.per_mille * 6) for m in MISTAKES)
    written = [write(WORLD, n, chance, often) for n in range(RECORDS)]
    people = range(len(WORLD.humans))
    sessions = Sessions([write(WORLD, n, chance, ()) for n in people])
    used = Counter(record.national_id for record in written)
    ask = neighbour(WORLD, Rates(), Random(1))
    made = []
    for n, record in enumerate(written):
        facts = facts_of(record, WORLD, sessions, used)
        if n % 3 == 0:
            facts = replace(facts, doubles=(Double(10_000 + n, "certain"),))
        made.append(outcomes(facts, ask)[0])
    return made


def settle(facts, order, *tiers):
    """Apply what fires, a rule at a time, until nothing fires; return what did.

    Of tier B as if staff had said yes to each; a rule that asks a question that was
    not asked before gets no answer.
    """
    tiers = tiers or (Tier.A,)
    done = []
    while True:
        for code in order:
            fires = judging.fired(judging.judge(facts, rules=[code]), *tiers)
            if fires:
                facts = judging.applied(facts, fires[0].edits)
                done.append(fires[0])
                assert len(done) < 50, "rules answer each other for ever"
                break
        else:
            return facts, done


def fields(facts):
    return facts.person, facts.doses, facts.orphans, facts.doubles, facts.joined


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


@settings(max_examples=60)
@given(order=st.permutations(PREPARED), data=st.data())
def test_in_whatever_order_staff_say_yes_the_record_is_the_same(records, order, data):
    """What acts by itself comes first, as in operation."""
    facts, _ = settle(data.draw(st.sampled_from(records)), AUTOMATIC)

    one, _ = settle(facts, PREPARED, Tier.B)
    other, _ = settle(facts, order, Tier.B)

    assert doses_of(one) == doses_of(other)


def doses_of(facts):
    """Return the record without regard to the order of its list."""
    person, doses, *rest = fields(facts)
    return person, sorted(doses, key=lambda dose: dose.key), *rest


def test_every_rule_that_changes_something_is_taken_back_exactly(records):
    fired = Counter()
    for facts in records:
        after, done = settle(facts, EVERY, Tier.A, Tier.B)
        fired.update(outcome.rule for outcome in done)
        for outcome in reversed(done):
            after = judging.taken_back(after, outcome.edits)
        assert fields(after) == fields(facts)
    assert fired.keys() == set(EVERY), "each rule had something to do"


@settings(max_examples=60)
@given(data=st.data())
def test_one_firing_alone_is_taken_back_exactly_from_under_the_others(records, data):
    """Those that touch other places stay as they are."""
    facts = data.draw(st.sampled_from(records))
    after, done = settle(facts, AUTOMATIC)
    if not done:
        return
    one = data.draw(st.sampled_from(done))
    rest = [outcome for outcome in done if outcome is not one]

    alone = judging.taken_back(after, one.edits)
    for outcome in reversed(rest):
        alone = judging.taken_back(alone, outcome.edits)

    assert fields(alone) == fields(facts)


def test_no_rule_fires_twice(records):
    for facts in records:
        _, done = settle(facts, EVERY, Tier.A, Tier.B)
        places = [
            (outcome.rule, edit.place, edit.target)
            for outcome in done
            for edit in outcome.edits
        ]
        assert len(places) == len(set(places))


def test_no_two_automatic_rules_change_the_same_place(records):
    for facts in records:
        _, done = settle(facts, AUTOMATIC)
        places = [edit.place for outcome in done for edit in outcome.edits]
        assert len(places) == len(set(places))


def test_no_automatic_rule_acts_on_a_record_that_bears_a_sign_of_fraud(records):
    """Such as doses in two provinces on one day; what staff decide is put forward."""
    fired, prepared = Counter(), 0
    for facts in records:
        signs = replace(facts.before, fraud=("two_provinces_one_day",))
        held = replace(facts, before=signs)
        fired.update(
            outcome.rule for outcome in judging.fired(judging.judge(facts), Tier.A)
        )
        assert judging.fired(judging.judge(held), Tier.A) == []
        prepared += len(judging.fired(judging.judge(held), Tier.B))
    assert fired.keys() == set(AUTOMATIC), "each rule would have acted"
    assert prepared > 0


def test_explaining_a_certificate_changes_nothing(records):
    for facts in records[:50]:
        told = replace(facts, population="mismatched")
        (said,) = judging.judge(told, rules=["A8"])
        edits = said.edits if facts.counting else ()
        assert fields(judging.applied(told, edits)) == fields(told)
        assert bool(edits) is bool(facts.counting)
