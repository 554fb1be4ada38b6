"""A refresh of figures in parts: nothing that happens between two of them is lost."""

from datetime import timedelta

import pytest
from django.db import connection

from complaints import rollups
from complaints.choices import Move, Status
from complaints.models import Complaint, Figure, Measure, Rating
from portal.common import scope
from tests.pages.cases import NOW, make_case, make_organization

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def own(station) -> Figure:
    return Figure.objects.get(organization=station, cohort="opened", kind="")


def resolved(station, *, sent, after=HOUR, like=None) -> Complaint:
    history = [(Move.RESOLVE, Status.RESOLVED, sent + after)]
    case = make_case(station, sent=sent, history=history)
    if like is not None:
        with scope.system():
            case.subject_key = like.subject_key
            case.save(update_fields=["subject_key"])
    return case


def rate(case: Complaint, word: str, *, at) -> None:
    with scope.system():
        Rating.objects.create(complaint=case, round=1, word=word, at=at)


def refiled() -> dict[int, bool]:
    with scope.system():
        return dict(Measure.objects.values_list("complaint", "is_refiled"))


def test_what_fell_due_between_two_refreshes_side_by_side_is_overdue():
    """The one of before counts the cell anew between two parts of the later one."""
    station = make_organization("TYT-1")
    make_case(station, sent=NOW - 47 * HOUR)
    rollups.rebuild_changed(at=NOW - HOUR)
    for _number in range(2):
        make_case(station, sent=NOW - 3 * HOUR)
    turns = 0

    def between(execute, sql, params, many, context):
        nonlocal turns
        turns += "hashtext('figures')" in sql
        if turns == 2:
            turns += 1
            rollups.rebuild_changed(at=NOW, limit=1)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(between):
        rollups.rebuild_changed(at=NOW + 2 * HOUR, limit=1)

    rollups.rebuild_changed(at=NOW + 3 * HOUR)
    assert turns > 2
    assert own(station).open_overdue == 1


def test_a_refresh_that_began_before_another_ended_takes_nothing_back():
    station = make_organization("TYT-1")
    make_case(station, sent=NOW - 47 * HOUR)
    rollups.rebuild_changed(at=NOW + 2 * HOUR)
    make_case(station, sent=NOW - 3 * HOUR)

    rollups.rebuild_changed(at=NOW)

    assert own(station).open_overdue == 1
    assert rollups.age(at=NOW + 2 * HOUR) == timedelta(0)


def test_a_word_given_while_the_first_count_goes_on_is_counted():
    station = make_organization("TYT-1")
    first = resolved(station, sent=NOW - 5 * HOUR)
    resolved(station, sent=NOW - 5 * HOUR)

    rollups.rebuild_changed(at=NOW, limit=1, seconds=0)
    rate(first, "poor", at=NOW + timedelta(minutes=2))
    rollups.rebuild_changed(at=NOW + HOUR, limit=1)
    rollups.rebuild_changed(at=NOW + HOUR + timedelta(seconds=20))

    assert own(station).poor == 1


def test_a_word_on_a_matter_of_a_later_part_does_not_hide_what_it_repeats():
    station = make_organization("TYT-1")
    ended = resolved(station, sent=NOW - 5 * DAY)
    rollups.rebuild_changed(at=NOW - 4 * DAY)
    make_case(station, sent=NOW - 5 * HOUR)
    again = resolved(station, sent=NOW - 4 * HOUR, like=ended)
    rate(again, "good", at=NOW - 2 * HOUR)

    rollups.rebuild_changed(at=NOW, limit=1, seconds=0)
    rollups.rebuild_changed(at=NOW, limit=1)

    assert refiled()[ended.pk]
    assert (own(station).refiled, own(station).good) == (1, 1)


def test_what_was_reported_again_is_found_whatever_came_in_first():
    """The middle one of three is found as one before the last; it has one before it."""
    station = make_organization("TYT-1")
    first = resolved(station, sent=NOW - 60 * DAY)
    rollups.rebuild_changed(at=NOW - 59 * DAY)
    last = resolved(station, sent=NOW - 20 * DAY, like=first)
    middle = resolved(station, sent=NOW - 50 * DAY, after=9 * DAY, like=first)

    rollups.rebuild_changed(at=NOW, limit=1)

    assert refiled() == {first.pk: True, middle.pk: True, last.pk: False}


def test_what_is_being_counted_for_the_first_time_is_counted_once_as_of_its_end():
    """Of the first count, too, what falls due between its parts is overdue."""
    station, other = (make_organization(f"TYT-{n}") for n in range(2))
    make_case(station, sent=NOW - 47 * HOUR)
    make_case(other, sent=NOW - 3 * HOUR)

    rollups.rebuild_changed(at=NOW, limit=1, seconds=0)
    rollups.rebuild_changed(at=NOW + 2 * HOUR, limit=1)

    assert own(station).open_overdue == 1
