"""The cases written by hand before the rules: what each comes to."""

import pytest

from tests.rules.selfcorrection_cases import cases, outcomes, result

CASES = cases()
# Stricter than the case asks for; listed so that nobody forgets it. A birth date known
# to the year alone proves too little beside a number. Asked about the old card and the
# new number one by one, the population database confirms a namesake's, too.
STRICTER = {"z15": "person", "a01": "person", "a05": "person"}


def as_set(text):
    return set(text.split("; "))


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_a_case_comes_to_what_its_author_expected(case):
    facts, said = outcomes(case)

    expected = STRICTER.get(case.name, case.expected)

    assert as_set(result(facts, said)) == as_set(expected), case.story


def test_the_cases_reach_every_rule_that_changes_something():
    named = {part.split()[0] for case in CASES for part in case.expected.split("; ")}
    assert {"A1", "A2", "A3", "A4", "A5", "A6", "A7"} <= named
    assert {"B1", "B2", "B3", "B4", "B5", "B6", "B7"} <= named
