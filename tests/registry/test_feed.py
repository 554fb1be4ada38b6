"""The feed of corrections: in order, without gaps, and nothing is ever skipped."""

import threading

import psycopg
import pytest
from django.db import connections, transaction

from complaints import integrity
from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, RecordMoved, Warrant, feed
from portal.registry.models import Correction, Dose, FeedEntry
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_staff,
)
from tests.faults.ground import at_once, in_system, lay_ground
from tests.statements import widest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _ground():
    lay_ground()
    yield
    assert not any(integrity.check(at=NOON).values())


def lay(count):
    """Return the keys of so many doses of as many people; the feed is read to here."""
    with scope.system():
        site = make_organization()
        people = [make_person(national_id="") for _ in range(count)]
        doses = [make_dose(person, site).pk for person in people]
    return doses, read_to_the_end(0)[-1]["position"]


def read_to_the_end(after, *, limit=100):
    """Return everything behind a cursor, page by page."""
    read = []
    while page := feed.read(after=after, limit=limit).corrections:
        read += page
        after = page[-1]["position"]
    return read


def change(dose, lot):
    return corrections.correct_dose(dose, {"lot": lot}, warrant=TEST_WARRANT, at=NOON)


def test_what_commits_late_comes_after_what_was_read(transactional_db):
    (early, late), cursor = lay(2)
    begun, may_end = threading.Event(), threading.Event()

    def slowly():
        try:
            with transaction.atomic():
                change(early, "CHAM")
                begun.set()
                may_end.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slowly)
    thread.start()
    begun.wait(20)
    change(late, "NHANH")

    first = read_to_the_end(cursor)
    may_end.set()
    thread.join(20)
    second = read_to_the_end(first[-1]["position"])

    keys = list(Correction.objects.order_by("pk").values_list("ref", flat=True))[-2:]
    # By its key the slow one comes first: a cursor over keys would have passed it.
    assert [row["ref"] for row in first] == [str(keys[1])]
    assert [row["ref"] for row in second] == [str(keys[0])]


def test_readers_and_writers_at_once_skip_nothing_and_repeat_nothing():
    doses, cursor = lay(6)
    rounds = 8

    def work(index):
        if index < len(doses):
            for number in range(rounds):
                change(doses[index], f"L{number}")
            return []
        return follow(cursor, len(doses) * rounds)

    ends = at_once(len(doses) + 2, work)

    assert not [end for end in ends if isinstance(end, Exception)]
    expected = set(Correction.objects.values_list("ref", flat=True))
    for seen in ends[len(doses) :]:
        positions = [row["position"] for row in seen]
        assert positions == list(range(cursor + 1, cursor + 1 + len(doses) * rounds))
        versions = {}
        for row in seen:
            assert row["version"] == versions.get(row["target_ref"], 1) + 1
            versions[row["target_ref"]] = row["version"]
        assert {row["ref"] for row in seen} <= {str(ref) for ref in expected}


def follow(after, count):
    """Read on until so many were seen, as the national platform would."""
    seen = []
    while len(seen) < count:
        page = feed.read(after=after, limit=5)
        seen += page.corrections
        after = page.after
    return seen


def test_a_cursor_always_answers_the_same():
    doses, cursor = lay(3)
    for dose in doses:
        change(dose, "L1")
    once = feed.read(after=cursor, limit=2)
    again = feed.read(after=cursor, limit=2)
    assert once == again
    rest = feed.read(after=once.after, limit=2)
    assert len(rest.corrections) == 1
    end = feed.read(after=rest.after, limit=2)
    assert (end.corrections, end.after) == ([], rest.after)


def test_a_correction_is_told_by_references_with_all_its_parts():
    with scope.system():
        site = make_organization()
        right, other = make_person(national_id=""), make_person(national_id="")
        dose = make_dose(other, site)
        cursor = read_to_the_end(0)[-1]["position"]
        corrections.merge(other.pk, into=right.pk, warrant=TEST_WARRANT, at=NOON)

    lead, part = read_to_the_end(cursor)

    assert (lead["operation"], lead["target_ref"]) == ("merge", str(other.ref))
    assert lead["after"] == {"status": "merged", "merged_into": str(right.ref)}
    assert (part["part_of"], part["target_ref"]) == (lead["ref"], str(dose.ref))
    assert part["before"] == {"person": str(other.ref), "origin": ""}
    assert part["after"] == {"person": str(right.ref), "origin": str(other.ref)}


def test_what_was_taken_over_is_confirmed_once():
    doses, cursor = lay(3)
    warrant = Warrant("complaint", "1234567890-1")
    for dose in doses:
        corrections.correct_dose(dose, {"lot": "L1"}, warrant=warrant, at=NOON)
    read = read_to_the_end(cursor)

    assert feed.confirm(up_to=read[1]["position"], at=NOON) == {warrant.reference}
    left = FeedEntry.objects.filter(confirmed_upstream_at=None)
    assert [entry.position for entry in left] == [read[2]["position"]]
    assert feed.confirm(up_to=read[2]["position"], at=NOON) == {warrant.reference}
    assert feed.confirm(up_to=read[2]["position"], at=NOON) == set()


def test_whoever_confirms_much_asks_no_more_of_a_statement():
    doses, cursor = lay(8)
    for dose in doses:
        change(dose, "L1")
    places = [row["position"] for row in read_to_the_end(cursor)]

    def confirm(place):
        return widest(lambda: feed.confirm(up_to=place, at=NOON))

    confirm(cursor)
    one, seven = confirm(places[0]), confirm(places[-1])

    assert not FeedEntry.objects.filter(confirmed_upstream_at=None).exists()
    assert one == seven


def test_a_place_in_the_feed_is_never_changed_or_taken_away():
    lay(1)
    with connections["default"].cursor() as cursor:
        for statement in (
            "UPDATE registry_feedentry SET position = position + 100",
            "UPDATE registry_feedentry SET position = NULL",
            "DELETE FROM registry_feedentry",
        ):
            with pytest.raises(Exception, match="stays as it was given") as refused:
                cursor.execute(statement)
            cause = refused.value.__cause__
            assert isinstance(cause, psycopg.errors.RestrictViolation)


# Two people at the same record -------------------------------------------------------


def test_two_records_are_joined_once_however_many_try():
    with scope.system():
        right, other = make_person(national_id=""), make_person(national_id="")
        make_dose(other, make_organization())

    def join(index):
        pair = (other.pk, right.pk) if index % 2 else (right.pk, other.pk)
        return corrections.merge(pair[0], into=pair[1], warrant=TEST_WARRANT, at=NOON)

    ends = at_once(6, join)

    assert sum(isinstance(end, Correction) for end in ends) == 1
    assert sum(isinstance(end, RecordMoved) for end in ends) == 5


def test_two_corrections_of_what_both_saw_make_one():
    (dose,), _ = lay(1)

    def correct(index):
        return corrections.correct_dose(
            dose,
            {"lot": f"L{index}"},
            before={"lot": "ABX4471"},
            warrant=TEST_WARRANT,
            at=NOON,
        )

    ends = at_once(4, correct)

    assert sum(isinstance(end, Correction) for end in ends) == 1
    assert sum(isinstance(end, RecordMoved) for end in ends) == 3


def test_clones_of_each_other_are_not_both_voided():
    with scope.system():
        person, site = make_person(), make_organization()
        nurse = make_staff(site)
        first = make_dose(person, site)
        with corrections.writing("imports"):
            twin = Dose.objects.get(pk=first.pk)
            twin.pk, twin.ref = None, person.ref
            twin.save(force_insert=True)
    alone = Warrant("complaint", "1-1", nurse.pk)

    ends = at_once(
        2, lambda n: corrections.void([first, twin][n].pk, warrant=alone, at=NOON)
    )

    assert sum(isinstance(end, Correction) for end in ends) == 1
    assert in_system(lambda: Dose.objects.filter(status="completed").count()) == 1


def test_a_dose_moved_while_its_record_is_joined_ends_on_a_living_record():
    with scope.system():
        people = [make_person(national_id="") for _ in range(3)]
        site = make_organization()
        doses = [make_dose(people[0], site, lot=str(n)) for n in range(1)]

    def act(index):
        if index:
            return corrections.merge(
                people[0].pk, into=people[1].pk, warrant=TEST_WARRANT, at=NOON
            )
        return corrections.reassign(
            doses[0].pk, to=people[2].pk, warrant=TEST_WARRANT, at=NOON
        )

    ends = at_once(2, act)

    assert isinstance(ends[1], Correction)
    assert isinstance(ends[0], Correction | CannotCorrect)


def test_a_correction_is_undone_once():
    (dose,), _ = lay(1)
    lead = in_system(lambda: change(dose, "L1"))

    ends = at_once(4, lambda _: corrections.undo(lead, warrant=TEST_WARRANT, at=NOON))

    assert sum(isinstance(end, Correction) for end in ends) == 1
    assert sum(isinstance(end, CannotCorrect) for end in ends) == 3
