"""How two names agree, as a table; the same in either order."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.matching import naming
from portal.registry.matching.facts import read_name

SYLLABLES = st.sampled_from(
    ("Nguyễn", "Nguyen", "Trần", "Vũ", "Võ", "Thị", "Văn", "T.", "Hoàng", "Huỳnh")
    + ("Mỹ", "Mĩ", "Hòa", "Hoà", "Khang", "Khánh", "An", "Ân", "H'Hen", "Niê", "Ánh")
)
NAMES = st.lists(SYLLABLES, max_size=5).map(" ".join)


def rows():
    with Path(__file__).with_name("names.csv").open(encoding="utf-8") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


@pytest.mark.parametrize(("one", "other", "kind", "why"), rows())
def test_names_agree_in_the_way_a_clerk_would_say(one, other, kind, why):
    assert naming.compare(one, other).level == kind, why


@given(NAMES, NAMES)
def test_names_agree_alike_in_either_order(one, other):
    forth, back = naming.compare(one, other), naming.compare(other, one)

    assert forth.level == back.level
    assert sorted(forth.shared) == sorted(back.shared)


@given(NAMES)
def test_a_name_equals_itself(name):
    assert naming.compare(name, name).level == ("equal" if name else "missing")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Bà Nguyễn Thị Sáu", "Nguyễn Thị Sáu"),
        ("ong tran van nam", "tran van nam"),
        ("Chu Thị Hà", "Chu Thị Hà"),
        ("Ông Cao Thắng", "Ông Cao Thắng"),
        ("Con bà Lê Thị Hạnh", ""),
        ("  Lê   Văn  Hoà ", "Lê Văn Hòa"),
    ],
)
def test_titles_go_and_a_child_without_a_name_has_none(typed, name):
    assert read_name(typed) == name


def test_candidates_are_sought_under_other_spellings_too():
    forms = naming.alternatives("Ng. T. Mỹ")

    assert forms[0] == "ng t my"
    assert {"nguyen thi my", "nguyen thi mi", "my nguyen thi"} <= set(forms)
