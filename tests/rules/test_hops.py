"""How often a case may be handed over before it goes up, as a table to read."""

import pytest

from complaints.rules.hops import goes_up

MOVES = {">": "hand_over", "^": "escalate"}

# Who had it, one letter each: ">" handed over, "^" passed up; then to whom now.
TABLE = [
    ("A", "B", False, "the first hand-over"),
    ("A>B", "A", False, "given back once"),
    ("A>B", "C", False, "a second one, who never had it"),
    ("A>B>A", "B", True, "back and forth"),
    ("A>B>C", "D", True, "a third one between equals"),
    ("A>B>C", "A", True, "round in a ring"),
    ("A>B>C^P", "D", False, "the level above gives it down"),
    ("A>B>C^P>D", "E", False, "and that one once more"),
    ("A>B>C^P>D>E", "F", True, "but not for ever"),
    ("A>B>A^P", "B", True, "a second return, though from above"),
    ("A^P", "A", False, "given back from above"),
    ("A^P>A^P", "A", True, "given back from above once more"),
]


@pytest.mark.parametrize(("way", "to", "up", "why"), TABLE, ids=[t[3] for t in TABLE])
def test_a_case_goes_up_rather_than_round(way, to, up, why):
    steps = [("route", ord(way[0]))]
    steps += [
        (MOVES[way[place]], ord(way[place + 1])) for place in range(1, len(way), 2)
    ]

    assert goes_up(steps, to=ord(to)) is up
