"""Every example of the table through both forms of its rule."""

import pytest
from django.db import transaction

from complaints.quality import SETS
from portal.common import scope
from portal.registry.models import QualityFinding
from portal.registry.quality import runs, thresholds
from portal.registry.quality.check import check
from portal.registry.quality.limits import Limits, NoLimit
from portal.registry.quality.rules import RULES
from tests.factories import NOON
from tests.registry import quality_world
from tests.registry.quality_world import TODAY, Place

EXAMPLES = quality_world.read()
IDS = [f"{one.rule} {one.example}" for one in EXAMPLES]
AT_REST = [one for one in EXAMPLES if one.has_form_at_rest]
# What no model holds: the rules that can be asked of a single record only.
SINGLE_ONLY = {"Q03", "Q15", "Q51"}


@pytest.fixture(scope="module")
def place(django_db_setup, django_db_blocker):
    """Make the world once; each example is undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with scope.system():
            made = Place()
            runs.run(at=NOON)
            yield made
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def limits(place):
    return thresholds.load()


def single(example, limits):
    """Return what the single-record form says: dose, severity and detail of each."""
    faults = check(
        quality_world.record(example),
        limits=limits,
        today=TODAY,
        rules=[example.rule],
    )
    return [(fault.dose, str(fault.severity), dict(fault.detail)) for fault in faults]


def expected(example):
    """Return the places of the doses that must be found; [None] for no dose's rule."""
    if example.fires == "no":
        return []
    if example.fires == "yes":
        return [None]
    return [int(word) - 1 for word in example.fires.split() if word.isdigit()]


def test_there_are_54_rules_and_each_has_an_example_that_fires_and_one_that_does_not():
    assert list(RULES) == [f"Q{n:02}" for n in range(1, 55)]
    for code in RULES:
        answers = {one.fires == "no" for one in EXAMPLES if one.rule == code}
        assert answers == {True, False}, code


def test_only_rules_without_data_have_no_form_at_rest():
    assert set(RULES) - runs.AT_REST == SINGLE_ONLY


def test_every_rule_has_words_for_what_is_wrong_and_what_to_do():
    for rule in RULES.values():
        assert str(rule.message)
        assert str(rule.repair)
        assert rule.severity in {"E", "W", "I"}


@pytest.mark.django_db
@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_a_single_record_is_judged_as_the_table_says(example, limits):
    found = single(example, limits)

    assert [dose for dose, _, _ in found] == expected(example)
    named = {word for word in example.fires.split() if word in {"E", "W"}}
    if named:
        assert {severity for _, severity, _ in found} == named


def at_rest(example, put, place):
    """Return what the form at rest found of an example that was put on record."""
    person, doses, complaint = put
    places = {dose.pk: n for n, dose in enumerate(doses)}
    subjects = {
        "dose": set(places),
        "person": {person.pk},
        "site": {place.sites["A"].pk},
        "complaint": {complaint.pk} if complaint else set(),
    }
    subject = RULES[example.rule].subject
    rows = QualityFinding.objects.filter(
        rule=example.rule,
        resolved_at=None,
        subject=subject,
        subject_id__in=subjects[subject],
    )
    return sorted(
        (places.get(row.subject_id, 0), row.severity, row.detail) for row in rows
    )


@pytest.fixture(scope="module")
def together(place):
    """Put the examples that do not touch each other on record at once: one run."""
    with transaction.atomic():
        put = {n: place.put(one) for n, one in enumerate(EXAMPLES) if is_apart(one)}
        runs.run(at=NOON, sets=SETS)
        found = {n: at_rest(EXAMPLES[n], made, place) for n, made in put.items()}
        transaction.set_rollback(True)
    return found


def is_apart(example):
    return (
        example.has_form_at_rest
        and not example.around
        and example.rule not in ("Q34", "Q37")
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "example", AT_REST, ids=[f"{one.rule} {one.example}" for one in AT_REST]
)
def test_at_rest_the_same_is_found_with_the_same_explanation(
    example, place, limits, together
):
    if is_apart(example):
        rows = together[EXAMPLES.index(example)]
    else:
        with transaction.atomic():
            put = place.put(example)
            runs.run(at=NOON, sets=SETS)
            rows = at_rest(example, put, place)
            transaction.set_rollback(True)

    assert rows == [
        (dose or 0, severity, detail)
        for dose, severity, detail in single(example, limits)
    ]


def test_an_empty_table_of_limits_is_an_error_not_a_clean_record():
    with pytest.raises(NoLimit):
        check(
            quality_world.record(EXAMPLES[0]),
            limits=Limits([]),
            today=TODAY,
        )
