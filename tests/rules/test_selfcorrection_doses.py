"""Rules that look at all doses of a record: what a copy is, when an order is one."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.facts import (
    Before,
    Certified,
    Dose,
    Facts,
    Missing,
    Orphan,
    Person,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY, LATER = date(2021, 8, 2), date(2021, 8, 30)
NAME = "Hồ Thị Nga"
WHO = Person(full_name=NAME, born_on="1966-06-01", sex="F")
FIRST = Dose(
    key=1,
    given_on=DAY,
    product="comirnaty",
    lot="FG3527",
    site="S1",
    number=1,
    entry="load:1",
    name=NAME,
)
AGAIN = replace(FIRST, key=2, entry="load:2")
SECOND = replace(FIRST, key=2, given_on=LATER, lot="FH0001", entry="load:2")


def says(rule, *doses, **facts):
    """Return the state of a rule on a record of these doses, and its reason."""
    told = Facts(person=WHO, at=NOW, doses=doses, **facts)
    (said,) = judging.judge(told, rules=[rule])
    return str(said.state), said.reason


@pytest.mark.parametrize(
    ("changes", "is_copy", "story"),
    [
        ({}, True, "another list brought it again"),
        ({"name": "HO THI NGA"}, True, "the list has no accents"),
        ({"name": ""}, True, "the list names nobody"),
        ({"number": 2}, False, "the second, its day copied down"),
        ({"number": None}, False, "perhaps the second, its day copied down"),
        ({"lot": "FH0001"}, False, "from another lot"),
        ({"site": "S2"}, False, "at another site"),
        ({"name": "Hồ Thị Ngà Em"}, False, "of another name"),
        ({"entry": "load:1"}, False, "a line written twice in one list"),
        ({"entry": "service"}, False, "typed in by hand"),
        ({"is_brought": True}, False, "from a record that was joined to this one"),
    ],
)
def test_only_what_is_equal_in_every_fact_is_a_copy(changes, is_copy, story):
    state, _reason = says("A6", FIRST, replace(AGAIN, **changes))

    assert (state == "fires") is is_copy, story


def test_what_would_leave_a_gap_is_perhaps_the_dose_that_lacks():
    third = replace(SECOND, key=3, number=3)

    assert says("A6", FIRST, AGAIN, third) == ("misses", "a_dose_may_be_missing")
    assert says("A6", FIRST, AGAIN, replace(third, number=2))[0] == "fires"


def test_a_dose_with_another_number_is_not_offered_as_doubled_either():
    assert says("B6", FIRST, replace(AGAIN, number=2)) == ("misses", "no_double")


def test_what_is_no_exact_copy_is_one_click():
    brought = replace(AGAIN, is_brought=True)

    assert says("B6", FIRST, brought)[0] == "fires"
    assert says("B6", FIRST, AGAIN) == ("misses", "no_double"), "A6 does that"


@pytest.mark.parametrize("rule", ["A5", "A6"])
def test_a_certificate_of_a_dose_that_is_not_there_speaks_against(rule):
    doses = (FIRST, SECOND) if rule == "A5" else (FIRST, AGAIN)
    there = Certified(DAY, "comirnaty", "certificate:DE", NOW)
    absent = replace(there, given_on=date(2021, 12, 1))

    assert says(rule, *doses, certificates=(there,))[0] == "fires"
    assert says(rule, *doses, certificates=(there, absent)) == (
        "misses",
        "proofs_conflict",
    )


def test_no_order_is_made_while_a_report_says_that_a_dose_is_missing():
    assert says("A5", FIRST, SECOND)[0] == "fires"
    assert says("A5", FIRST, SECOND, before=Before(missing_reported=True)) == (
        "misses",
        "a_dose_is_missing",
    )


@pytest.mark.parametrize("rule", ["A5", "A6"])
def test_a_photo_that_nobody_could_look_at_holds_what_is_automatic(rule):
    doses = (FIRST, SECOND) if rule == "A5" else (FIRST, AGAIN)

    assert says(rule, *doses, before=Before(photos_unread=True)) == (
        "held",
        "photos_unread",
    )


ORPHAN = Orphan(
    key=9, given_on=LATER, product="comirnaty", lot="FH0001", site="S1", name=NAME
)


@pytest.mark.parametrize(
    ("site", "orphan", "said"),
    [
        ("S1", ORPHAN, ("fires", "")),
        ("S1", replace(ORPHAN, is_anothers=True), ("misses", "another_may_own_it")),
        # Without the site, name and day alone are not enough: names are common.
        ("", ORPHAN, ("misses", "too_little_proof")),
        ("", replace(ORPHAN, is_matched=True), ("fires", "")),
    ],
)
def test_a_dose_on_no_record_is_offered_where_it_can_only_be_theirs(site, orphan, said):
    missing = Missing(given_on=LATER, product="comirnaty", site=site)

    assert says("B5", FIRST, missing=missing, orphans=(orphan,)) == said
