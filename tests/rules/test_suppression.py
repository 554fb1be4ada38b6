"""Small counts are hidden, and nothing that is told leads back to them."""

from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from complaints.rollups.suppression import LEAST, told


def test_the_rules_as_a_table():
    """received, resolved, open of some provinces; and of the country."""
    shown, country = told(
        {
            "all is large": (200, 140, 40),
            "few are open": (100, 90, 3),
            "few at all": (4, 2, 2),
            "none is open": (50, 50, 0),
            "few were withdrawn": (40, 20, 18),
            "smallest": (33, 10, 14),
        }
    )

    assert shown == {
        "all is large": (200, 140, 40),
        "few are open": (100, None, None),
        "few at all": (None, None, None),
        "none is open": (50, 50, 0),
        "few were withdrawn": (None, None, None),
        "smallest": (None, None, None),
    }
    assert country == (427, 312, 77), "hidden behind the two smallest"


def test_one_small_count_of_one_province_hides_nothing_of_the_country():
    rows = dict.fromkeys(range(31), (3000, 2900, 60))
    rows |= {"one": (3000, 2990, 3), "a": (900, 860, 20), "b": (901, 860, 20)}

    shown, country = told(rows)

    assert country == (97_801, 94_610, 1903)
    hidden = {key: row for key, row in shown.items() if None in row}
    assert hidden == {
        "one": (3000, None, None),
        "a": (900, None, None),
        "b": (901, None, None),
    }


@pytest.mark.parametrize(
    ("rows", "country"),
    [
        pytest.param({"a": (15, 9, 0), "b": (7, 0, 7)}, (22, 9, 7), id="none is small"),
        pytest.param({}, (), id="nothing"),
        pytest.param(
            {"a": (40, 20, 3), "b": (50, 20, 10)}, (90, 40, 13), id="two screens"
        ),
        pytest.param({"a": (40, 20, 3)}, (40, None, None), id="one alone"),
        pytest.param(
            {"a": (40, 35, 3), "b": (50, 50, 0), "c": (60, 50, 9)},
            (150, None, None),
            id="12 open of three rows, one of them few",
        ),
        pytest.param(
            {"a": (4, 4, 0), "b": (61, 30, 15), "c": (61, 31, 15), "d": (61, 30, 15)},
            (None, None, None),
            id="none of 61 is larger than 61, so a is 4",
        ),
    ],
)
def test_where_the_sums_would_tell_they_are_hidden(rows, country):
    assert told(rows)[1] == country


COUNT = st.one_of(st.integers(0, 6), st.integers(8, 30))
ROW = st.tuples(COUNT, COUNT, COUNT).map(lambda r: (sum(r), r[0], r[1]))


@given(st.lists(ROW, min_size=1, max_size=5))
@example([(18, 7, 7), (32, 10, 10), (47, 20, 13)])
@example([(40, 10, 16), (39, 13, 16), (4, 4, 0), (39, 12, 16)])
def test_each_hidden_small_count_could_be_another_as_well(rows):
    """Whoever knows the rules and all that is told cannot tell which count it was.

    For each there are other rows, with another count in its place, that would be told
    in the very same words: rows, and sums over them.
    """
    counts = dict(enumerate(rows))
    shown, country = told(counts)

    for key, row in counts.items():
        for place, count in enumerate((*row, row[0] - sum(row[1:]))):
            if not 0 < count < LEAST:
                continue
            if place < len(row):
                assert shown[key][place] is None
                assert country[place] != count
            assert any(
                is_other(other, row, place)
                and told(counts | change) == (shown, country)
                for change in changes(counts, key)
                for other in [change[key]]
            ), (rows, shown, country)


def is_other(other, row, place) -> bool:
    before, after = ((*r, r[0] - sum(r[1:])) for r in (row, other))
    return before[place] != after[place]


def changes(counts, key):
    """Yield what else might be: some of a row in another part, less so elsewhere."""
    for n in range(1, 5):
        for frm, to in permutations(range(4), 2):
            moved = move(counts[key], frm, to, n)
            if moved is None:
                continue
            yield {key: moved}
            for other in counts.keys() - {key}:
                for back in (move(counts[other], to, frm, n), grown(counts[other])):
                    if back is not None:
                        yield {key: moved, other: back}


OUTSIDE = 3


def grown(row):
    return (row[0] + 1, row[1] + 1, *row[2:])


def move(row, frm, to, n):
    """Return a row with n moved from one of its parts to another, or to no part."""
    parts = [*row[1:], row[0] - sum(row[1:]), 10**6]
    parts[frm] -= n
    parts[to] += n
    if min(parts) < 0:
        return None
    return (sum(parts[:OUTSIDE]), *parts[: OUTSIDE - 1])
