"""The grades: hand-made pairs, the vetoes, and what no order may change."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.common.forms import PartialDate
from portal.registry.matching import (
    comparisons,
    facts,
    grading,
    locating,
    rarity,
    weights,
    wording,
)
from portal.registry.matching.facts import Facts, Place

WEIGHTS = weights.in_force(date(2026, 12, 1))
HAND_PAIRS = Path(__file__).parents[2] / "data" / "hand_pairs.csv"
HOA = Facts(
    full_name="Nguyễn Thị Hoa",
    born=PartialDate(1958, 3, 8),
    sex="F",
    numbers=("079158004471",),
    phones=frozenset({"+84908112334"}),
    place=Place(frozenset({"N79.1"}), frozenset({"N79"})),
)


def judge(one, other):
    return grading.grade(one, other, weights=WEIGHTS, shares=rarity.shipped())


def by_first_words(text):
    """Stand in for the reference data: the words before a comma are the commune."""
    return Place(frozenset({text.split(",")[0]}), frozenset({"?"}))


def hand_pairs():
    with HAND_PAIRS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sides = tuple(
                facts.read(row, locate=by_first_words, prefix=f"{side}_")
                for side in "ab"
            )
            yield row, judge(*sides).grade


def test_no_hand_made_pair_of_two_people_is_certain():
    wrong = [
        row["note"]
        for row, grade in hand_pairs()
        if grade == "certain" and row["same"] != "yes"
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("why", "change", "grade"),
    [
        ("nothing differs", {}, "certain"),
        ("day and month swapped", {"born": PartialDate(1958, 8, 3)}, "certain"),
        ("year only", {"born": PartialDate(1958)}, "certain"),
        ("no number, same telephone", {"numbers": ()}, "certain"),
        ("two digits of the number swapped", {"numbers": ("079158004417",)}, "certain"),
        ("another well-formed number", {"numbers": ("001158998877",)}, "probable"),
        (
            "another given name on one number",
            {"full_name": "Nguyễn Thị Mận"},
            "probable",
        ),
        ("no name", {"full_name": ""}, "probable"),
        (
            "the daughter under her mother's number",
            {"full_name": "Nguyễn Thị Mận", "born": PartialDate(1988, 5, 1)},
            "none",
        ),
        (
            "mother and daughter called alike, one number for both",
            {"born": PartialDate(1990, 5, 1)},
            "possible",
        ),
        (
            "her husband's telephone, nothing else",
            {
                "full_name": "Trần Văn Lợi",
                "born": PartialDate(1955, 1, 2),
                "sex": "M",
                "numbers": (),
            },
            "none",
        ),
        (
            "a twin with the next number",
            {"full_name": "Nguyễn Thị Hòa", "numbers": ("079158004472",)},
            "possible",
        ),
        (
            "father and son called alike, born on one day of the year, one telephone",
            {"born": PartialDate(1988, 3, 8), "numbers": ()},
            "probable",
        ),
        (
            "the same on one number: a slip of the decade, or her mother's",
            {"born": PartialDate(1988, 3, 8)},
            "probable",
        ),
        ("a restricted record", {"is_restricted": True}, "possible"),
        ("a number that cannot be read", {"is_unreadable": True}, "possible"),
    ],
)
def test_the_grade_of_somebody_who_differs_in_one_thing(why, change, grade):
    assert judge(HOA, replace(HOA, **change)).grade == grade, why


def test_two_numbers_confirmed_for_their_bearers_are_two_people():
    other = replace(HOA, numbers=("001158998877",), checked=())

    found = judge(replace(HOA, checked=()), other)

    assert found.grade == "none"
    assert "two_confirmed" in found.doubts


def test_a_number_known_as_anothers_is_weak_evidence():
    pasted = replace(HOA, checked=("full_name", "born_on"))

    assert judge(HOA, pasted).score < judge(HOA, HOA).score - 10


def test_a_telephone_of_a_whole_village_says_nothing():
    shared = replace(HOA, numbers=(), phone_uses=9)

    assert "phone" not in judge(shared, shared).levels


def test_a_common_name_on_one_birthday_far_apart_is_not_enough():
    here = Facts(full_name="Nguyễn Văn Hùng", born=PartialDate(1980, 5, 10), sex="M")
    rare = replace(here, full_name="Nghiêm Xuân Bách")

    assert judge(here, here).grade == "possible"
    assert judge(rare, rare).score > judge(here, here).score + 20


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ({"A"}, {"A"}, "equal"),
        ({"A", "B"}, {"A", "B"}, "equal"),  # an old commune that was split
        ({"A", "B"}, {"A"}, "area"),
        ({"A", "B", "C", "D", "E"}, {"A"}, "area"),  # a district and a commune in it
        ({"A"}, {"B"}, "province"),
    ],
)
def test_a_district_is_not_the_commune_of_somebody_who_lives_in_it(one, other, level):
    here, there = (Place(frozenset(c), frozenset({"79"})) for c in (one, other))

    assert comparisons.places(here, there) == level
    assert comparisons.places(there, here) == level


@pytest.mark.usefixtures("reference")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "communes"),
    [
        ("Xã Hòa Bình", 0),
        ("Bệnh viện Chợ Rẫy", 0),
        ("Xã Hòa Bình, Chợ Mới, An Giang", 1),
    ],
)
def test_a_place_that_may_be_anywhere_says_nothing_of_the_commune(said, communes):
    assert len(locating.locator()(said).communes) == communes


def test_an_old_card_is_no_contradiction_to_a_new_number():
    assert judge(HOA, replace(HOA, numbers=("311456789",))).grade == "certain"


def test_an_alias_counts_as_the_number():
    renewed = replace(HOA, numbers=("001158998877", "079158004471"))

    assert judge(HOA, renewed).grade == "certain"


def test_reasons_are_words_in_both_languages():
    found = judge(HOA, replace(HOA, born=PartialDate(1958, 8, 3)))

    with translation.override("en"):
        assert "Day and month of birth are swapped." in found.reasons
    with translation.override("vi"):
        assert "Ngày và tháng sinh bị đảo." in found.reasons


def test_every_level_and_every_doubt_has_words_and_a_weight():
    assert set(WEIGHTS.levels) == set(wording.WORDS)
    assert set(grading.CEILINGS) <= set(wording.DOUBTS)


def test_weights_are_dated():
    with pytest.raises(LookupError):
        weights.in_force(date(2020, 1, 1))


DAYS = st.dates(date(1930, 1, 1), date(2015, 12, 31))
BORN = st.none() | DAYS.map(lambda d: PartialDate(d.year, d.month, d.day))
BORN |= DAYS.map(lambda d: PartialDate(d.year))
NUMBERS = st.sampled_from(
    ["079158004471", "079158004472", "079158004417", "311456789", "C4556677", "1234567"]
)
SIDES = st.builds(
    Facts,
    full_name=st.sampled_from(
        ["", "Nguyễn Thị Hoa", "NGUYEN THI HOA", "Nguyễn Hoa", "Trần Văn Sơn", "Niê"]
    ),
    born=BORN,
    sex=st.sampled_from(["", "M", "F"]),
    numbers=st.lists(NUMBERS, max_size=2).map(tuple),
    phones=st.frozensets(st.sampled_from(["+84908112334", "+84908112343"]), max_size=2),
    place=st.sampled_from([Place(), HOA.place, Place(provinces=frozenset({"N79"}))]),
    checked=st.sampled_from([None, (), ("full_name", "born_on"), ("sex",)]),
    phone_uses=st.integers(1, 10),
    is_restricted=st.booleans(),
)


@given(SIDES, SIDES)
def test_the_grade_is_the_same_whichever_side_stands_first(one, other):
    forth, back = judge(one, other), judge(other, one)

    assert (forth.grade, forth.score, forth.levels) == (
        back.grade,
        back.score,
        back.levels,
    )


@given(SIDES, SIDES)
def test_nobody_is_certain_against_a_doubt(one, other):
    found = judge(one, other)

    if found.grade == "certain":
        assert not found.doubts
        assert found.score >= WEIGHTS.certain
        assert found.levels["name"] not in ("given", "different", "sexed")
        assert found.levels.get("birth") not in ("far", "year_far")
        assert found.levels.get("number") not in ("different", "row")
