"""Unusual looks: what is one, and what is not, as tables of a day's facts.

Monday, 2 November 2026; the office opens 7:30 to 11:30 and 13:00 to 17:00.
"""

import pytest

from complaints.choices import Tie, Unusual
from complaints.rules.unusual import Facts, Hour, Kin, Sought, Stray, is_outside, signs
from tests.rules.test_office import OFFICE, moment

DAY = moment("2026-11-02 00:00")
UNIT = 7
OFFICES = {UNIT: OFFICE}


def hour(clock, people, *, user=1, peers="health_station staff", first=0):
    """Return an hour with so many people, numbered from ``first`` on."""
    who = frozenset(range(first, first + people))
    return Hour(user, UNIT, peers, moment(f"2026-11-02 {clock}:00"), who)


def peers_hours(people):
    """Twelve hours of the peers, with so many people in each."""
    return [hour("09", people, user=100 + n) for n in range(12)]


def found(facts):
    return [
        (sign.rule, sign.user, sign.person, sign.count, sign.usual)
        for sign in signs(facts, offices=OFFICES)
    ]


@pytest.mark.parametrize("tie", Tie)
def test_each_look_at_oneself_or_the_household_is_unusual(tie):
    kin = Kin(1, UNIT, 55, tie, DAY, DAY, 1)
    assert found(Facts(kin=[kin])) == [(Unusual.OWN, 1, 55, 1, None)]


@pytest.mark.parametrize(
    ("people", "of_peers", "usual"),
    [
        # Up to thirty in an hour is never unusual, however quiet the others are.
        (30, 1, None),
        (31, 1, 30),
        # Where everybody looks at twelve an hour, three times as many are unusual.
        (36, 12, None),
        (37, 12, 36),
        # After a list of a session came in all of them have much to do.
        (90, 30, None),
        (91, 30, 90),
    ],
)
def test_many_people_in_an_hour_are_told_by_the_peers(people, of_peers, usual):
    hours = [hour("09", people), *peers_hours(of_peers)]
    expected = [(Unusual.MANY, 1, None, people, usual)] if usual else []
    assert found(Facts(hours=hours)) == expected


def test_who_is_compared_is_no_peer_and_other_roles_are_none_either():
    many = [hour(f"{clock:02}", 40) for clock in range(8, 11)]
    clerks = [
        hour("09", 80, user=50 + n, peers="health_station clerk") for n in range(12)
    ]
    rows = found(Facts(hours=[*many, *clerks, *peers_hours(5)]))
    assert {(rule, user, usual) for rule, user, _person, _n, usual in rows} == {
        (Unusual.MANY, 1, 30)
    }


def test_with_few_hours_of_peers_only_the_floor_counts():
    assert found(Facts(hours=[hour("09", 31), *peers_hours(25)[:9]])) == [
        (Unusual.MANY, 1, None, 31, 30)
    ]


@pytest.mark.parametrize(
    ("clock", "is_so"),
    [
        ("2026-11-02 05:00", True),
        # From half past six on it is but an early start.
        ("2026-11-02 06:00", False),
        ("2026-11-02 12:00", False),
        ("2026-11-02 17:00", False),
        ("2026-11-02 18:00", True),
        ("2026-11-02 23:00", True),
        # A Sunday, Tết, and a Saturday that was worked.
        ("2026-11-01 10:00", True),
        ("2026-02-17 10:00", True),
        ("2026-08-22 10:00", False),
    ],
)
def test_which_hours_lie_outside(clock, is_so):
    assert is_outside(moment(clock), OFFICE) is is_so


def test_two_people_at_night_may_be_an_emergency_three_are_asked_about():
    assert found(Facts(hours=[hour("22", 2), hour("10", 9)])) == []
    # The same two all night long are two.
    again = [hour(f"{clock}", 2) for clock in (20, 21, 22, 23)]
    assert found(Facts(hours=again)) == []
    assert found(Facts(hours=[hour("22", 2), hour("23", 2, first=1)])) == [
        (Unusual.AT_NIGHT, 1, None, 3, None)
    ]


def test_strangers_to_the_unit_are_asked_about_from_the_third_on():
    facts = [Stray(user, UNIT, DAY, DAY, user) for user in (2, 3)]
    assert found(Facts(strays=facts)) == [(Unusual.NO_CASE, 3, None, 3, None)]


def test_one_person_whom_five_accounts_look_up_is_asked_about():
    facts = [Sought(person, UNIT, DAY, DAY, person) for person in (4, 5)]
    assert found(Facts(sought=facts)) == [(Unusual.SOUGHT, None, 5, 5, None)]


def test_a_quiet_day_has_no_signs():
    assert found(Facts(hours=[hour("09", 12), hour("14", 20)])) == []
