"""Small counts are hidden, and nothing that is told leads back to them."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from complaints.rollups.suppression import LEAST, told


def test_the_rules_as_a_table():
    """received, resolved, open of four provinces; and of the country."""
    shown, country = told(
        {
            "all is large": (100, 60, 30),
            "few are open": (100, 90, 3),
            "few at all": (4, 2, 2),
            "none is open": (50, 50, 0),
            "few were withdrawn": (30, 20, 8),
        }
    )

    assert shown == {
        "all is large": (100, 60, 30),
        "few are open": (100, None, None),
        "few at all": (None, None, None),
        "none is open": (50, 50, 0),
        "few were withdrawn": (30, None, None),
    }
    assert country == (None, None, None)


def test_where_nothing_is_small_all_is_told():
    assert told({"a": (15, 9, 0), "b": (7, 0, 7)})[1] == (22, 9, 7)
    assert told({}) == ({}, ())


COUNT = st.integers(0, 9)
ROW = st.tuples(COUNT, COUNT, COUNT).map(lambda r: (r[0] + r[1] + r[2], r[0], r[1]))


@given(st.lists(ROW, min_size=1, max_size=3))
def test_each_hidden_small_count_could_be_another_as_well(rows):
    """Whoever knows the rules and all that is told cannot tell which count it was."""
    counts = dict(enumerate(rows))
    shown, country = told(counts)

    for key, row in counts.items():
        for place, count in enumerate(row):
            if not 0 < count < LEAST:
                continue
            assert shown[key][place] is None
            assert country[place] is None
            assert len(could_be(shown[key], place)) > 1
        left = row[0] - row[1] - row[2]
        if 0 < left < LEAST:
            assert None in shown[key]


def could_be(shown, place) -> set[int]:
    """Return what a hidden count of a row may be by what is told of the row."""
    whole = range(1, LEAST) if shown[0] is None else [shown[0]]
    found = set()
    for all_of, one, other in product(whole, range(11), range(11)):
        row = (all_of, one, other)
        if one + other <= all_of and told({0: row})[0][0] == shown:
            found.add(row[place])
    return found
