"""Every move from every status by every actor, against the table that people read."""

import itertools
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from complaints.choices import ENDED, OPEN, Actor, Move, Status
from complaints.rules.refused import Refused
from complaints.rules.workflow import ACTIVE, MOVES, possible, target
from portal.env import BASE_DIR

# Written out by hand from the paper on the workflow, so that a slip in the product's
# table shows here: move -> (actors, statuses it leaves, status it leads to or None).
PAPER = {
    "submit": ("citizen staff", "", "received"),
    "route": ("system", "received", "received"),
    "accept": ("staff", "received", "in_review"),
    "ask": ("staff", "received in_review waiting_authority", "waiting_citizen"),
    "answer": ("citizen", "waiting_citizen", "in_review"),
    "hand_over": ("staff", "received in_review waiting_authority", "received"),
    "escalate": (
        "staff system",
        "received in_review waiting_authority awaiting_second",
        "received",
    ),
    "assign": ("staff", "received in_review waiting_citizen waiting_authority", None),
    "hand_up": (
        "system",
        "received in_review waiting_citizen waiting_authority awaiting_second",
        None,
    ),
    "wait": ("staff", "received in_review", "waiting_authority"),
    "resume": ("staff system", "waiting_authority", "in_review"),
    "give_back": ("system", "received", "received"),
    "extend": ("staff", "received in_review waiting_authority", None),
    "propose": ("staff", "received in_review waiting_authority", "awaiting_second"),
    "countersign": ("staff", "awaiting_second", "resolved"),
    "decline": ("staff", "awaiting_second", "in_review"),
    "resolve": ("staff system", "received in_review waiting_authority", "resolved"),
    "undo": (
        "staff",
        "received in_review waiting_citizen waiting_authority awaiting_second resolved",
        None,
    ),
    "note": (
        "staff citizen",
        "received in_review waiting_citizen waiting_authority awaiting_second",
        None,
    ),
    "join": (
        "citizen staff",
        "received in_review waiting_citizen waiting_authority awaiting_second",
        None,
    ),
    "withdraw": (
        "citizen",
        "received in_review waiting_citizen waiting_authority awaiting_second",
        "withdrawn",
    ),
    "overdue": (
        "system",
        "received in_review waiting_citizen waiting_authority awaiting_second",
        None,
    ),
    "refuse_file": (
        "system",
        "received in_review waiting_citizen waiting_authority awaiting_second",
        None,
    ),
    "remind": ("system", "waiting_citizen", None),
    "lapse": ("system", "waiting_citizen", "lapsed"),
    "disagree": ("citizen", "resolved lapsed", "received"),
    "revert": ("system", "resolved", "received"),
    "reopen": ("staff", "resolved", "received"),
    "put_back": ("staff", "resolved", "received"),
    "confirm": ("citizen", "resolved", None),
}
# What is proposed goes up to be signed there, as it is.
STAYS = {("escalate", "awaiting_second"): "awaiting_second"}


@pytest.mark.parametrize(
    ("move", "status", "actor"), list(itertools.product(Move, Status, Actor))
)
def test_a_move_is_possible_exactly_where_the_paper_says(move, status, actor):
    actors, sources, to = PAPER[move]
    legal = actor in actors.split() and status in sources.split()

    assert (move in possible(status, actor=actor)) is legal
    if legal:
        to = STAYS.get((move, status), to)
        assert target(move, status=status, actor=actor) == (to or status)
    else:
        with pytest.raises(Refused) as refused:
            target(move, status=status, actor=actor)
        assert str(refused.value)


def test_every_move_has_a_row_in_both_tables():
    assert set(MOVES) == set(Move) == set(PAPER)


def test_open_and_ended_part_the_statuses():
    assert set(OPEN) | set(ENDED) == set(Status)
    assert not set(OPEN) & set(ENDED)
    assert set(ACTIVE) <= set(OPEN)


def test_nothing_open_is_a_dead_end():
    """From each open status an end can be reached by moves that exist."""
    for start in OPEN:
        seen, waiting = {start}, [start]
        while waiting:
            status = waiting.pop()
            for actor in Actor:
                for move in possible(status, actor=actor):
                    after = target(move, status=status, actor=actor)
                    if after not in seen:
                        seen.add(after)
                        waiting.append(after)
        assert seen & set(ENDED), start


@given(
    st.lists(st.tuples(st.sampled_from(list(Move)), st.sampled_from(list(Actor)))),
)
def test_no_sequence_of_moves_leads_out_of_the_table(steps):
    status = Status.RECEIVED
    for move, actor in steps:
        try:
            after = target(move, status=status, actor=actor)
        except Refused:
            continue
        if status in ENDED and after in OPEN:
            assert move in (
                Move.DISAGREE,
                Move.REVERT,
                Move.REOPEN,
                Move.PUT_BACK,
            )
        status = after
        assert status in Status


def test_the_drawing_in_the_papers_is_that_of_the_table():
    drawn = StringIO()
    call_command("draw_workflow", stdout=drawn)
    kept = (BASE_DIR / "docs" / "workflow.md").read_text("utf-8")
    assert kept == drawn.getvalue(), "run `manage.py draw_workflow --write`"
