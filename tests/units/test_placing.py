"""A unit moves in the tree: all below go along, cases stay, sight follows."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints import figures, rollups
from complaints.actions import moving, placing, units
from complaints.models import Complaint, SubtreeFigure, UnitChange
from complaints.rules.refused import Refused
from portal.audit.models import Entry
from portal.common import scope
from portal.registry.models import Organization
from tests.factories import NOON, make_organization, make_root, make_staff
from tests.faults.ground import drain_all
from tests.figures.lives import live

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = timezone.localdate(NOON)


class World:
    """Two departments, a centre of the first, a station of it with a mobile point."""

    def __init__(self):
        self.one = make_organization("SYT-1", kind="health_department")
        self.two = make_organization("SYT-2", kind="health_department")
        self.centre = make_organization("TT-1", parent=self.one, kind="district_centre")
        self.station = make_organization("TYT-1", parent=self.centre)
        self.point = make_organization("DD-1", parent=self.station, kind="mobile_point")
        self.by = make_staff(make_root(), "administrator")

    def move(self, unit, above, *, on=TODAY, by=None, at=NOON):
        user = by or self.by
        held = user.postings.current(at=at).select_related("organization")
        return units.move_below(
            unit,
            above,
            on=on,
            reason="QĐ 7",
            by=user,
            postings=list(held),
            at=at,
        )


@pytest.fixture
def world():
    return World()


def test_all_below_go_along_and_cases_keep_who_has_them(world):
    case = live(world.point, NOON - 5 * HOUR)

    change = world.move(world.station, world.two)

    world.station.refresh_from_db()
    world.point.refresh_from_db()
    assert world.station.parent == world.two
    assert world.station.path == "/vn/syt-2/tyt-1/"
    assert world.point.path == "/vn/syt-2/tyt-1/dd-1/"
    assert world.point.is_own, "loading reference data leaves it where it is"
    case.refresh_from_db()
    assert (case.holder, case.holder_path) == (world.point, world.point.path)
    assert (change.state, change.cases) == ("done", 1)
    assert (change.parent_before, change.parent_after) == (world.centre, world.two)
    entry = Entry.objects.filter(subject="organization").latest("pk")
    assert entry.detail.startswith("moved ")


def test_a_unit_with_many_cases_below_is_moved_by_a_worker(world, monkeypatch):
    monkeypatch.setattr(units, "AT_ONCE", 1)
    cases = [live(world.point, NOON - hours * HOUR) for hours in (5, 6)]

    change = world.move(world.station, world.two)

    assert change.state == "running"
    drain_all(NOON)
    change.refresh_from_db()
    assert (change.state, change.cases) == ("done", 2)
    for case in cases:
        case.refresh_from_db()
        assert case.holder_path == "/vn/syt-2/tyt-1/dd-1/"


def test_a_move_waits_for_the_figures_before_it_locks_the_unit(world, monkeypatch):
    """A refresh has the figures while it waits for units."""
    monkeypatch.setattr(units, "AT_ONCE", 0)
    live(world.point, NOON - 5 * HOUR)
    for step in (lambda: world.move(world.station, world.two), lambda: drain_all(NOON)):
        with CaptureQueriesContext(connection) as queries:
            step()
        asked = [query["sql"] for query in queries]
        turn = next(n for n, sql in enumerate(asked) if "hashtext('figures')" in sql)
        lock = next(
            n
            for n, sql in enumerate(asked)
            if "registry_organization" in sql and "FOR UPDATE" in sql
        )
        assert turn < lock


def test_who_sees_a_case_and_who_stands_above_follow_the_tree_of_the_day(world):
    live(world.station, NOON - 5 * HOUR)

    world.move(world.station, world.two)

    seen = {}
    for unit in (world.one, world.two):
        with scope.staff([unit.path]):
            seen[unit.code] = Complaint.objects.count()
    assert seen == {"SYT-1": 0, "SYT-2": 1}
    world.point.refresh_from_db()
    world.station.refresh_from_db()
    assert moving.above(world.station, at=NOON) == world.two


def test_figures_of_all_months_follow_the_tree_of_the_day(world):
    live(world.station, NOON - 5 * HOUR)
    live(world.point, NOON - 70 * DAY)
    live(world.one, NOON - 70 * DAY)
    live(world.centre, NOON - 70 * DAY)
    live(world.two, NOON - 70 * DAY)
    rollups.rebuild_all(at=NOON)

    world.move(world.station, world.two)

    assert received() == {"SYT-1": 2, "SYT-2": 3, "VN": 5}
    kept = everything()
    rollups.rebuild_all(at=NOON)
    assert everything() == kept, "made from nothing they are the same"


def test_a_province_that_loses_its_place_is_kept_as_a_whole_no_more(world):
    """A hospital of the ministry, with a point of its own, goes to a province."""
    hospital = make_organization("BV-1", kind="hospital")
    point = make_organization("DD-2", parent=hospital, kind="mobile_point")
    live(point, NOON - 5 * HOUR)
    rollups.rebuild_all(at=NOON)
    assert received() == {"BV-1": 1, "VN": 1}

    world.move(hospital, world.one)

    assert received() == {"SYT-1": 1, "VN": 1}
    kept = everything()
    rollups.rebuild_all(at=NOON)
    assert everything() == kept


def received() -> dict[str, int]:
    """Return what each whole received in all months, by the page's own reading."""
    kept = set(SubtreeFigure.objects.values_list("organization", flat=True))
    found = {}
    for unit in Organization.objects.filter(pk__in=kept):
        parts = [(o.pk, o.pk in kept) for o in unit.below.all()]
        first, last = date(2026, 8, 1), TODAY.replace(day=1)
        span = {"first": min(first, last), "last": last}
        seen = figures.overview(unit, parts=parts, at=NOON, **span)
        if seen.total.received:
            found[unit.code] = seen.total.received
    return found


def everything() -> list[tuple]:
    rows = SubtreeFigure.objects.exclude(received=0).order_by(
        "organization__code", "cohort", "month", "kind", "channel"
    )
    names = ("organization__code", "cohort", "month", "kind", "channel", "received")
    return list(rows.values_list(*names, "open", "buckets", "counts"))


@pytest.mark.parametrize(
    ("unit", "above", "words"),
    [
        ("station", "point", "dưới chính"),
        ("station", "station", "dưới chính"),
        ("station", "centre", "đã nằm dưới"),
        ("centre", "centre", "dưới chính"),
        ("centre", "station", "dưới chính"),
        ("point", "two", "không đặt dưới"),
    ],
)
def test_what_cannot_stand_there_is_refused(world, unit, above, words):
    with pytest.raises(Refused, match=words):
        world.move(getattr(world, unit), getattr(world, above))
    assert not UnitChange.objects.exists()


def test_a_unit_is_not_moved_into_the_past_nor_by_who_leads_one_side_alone(world):
    with pytest.raises(Refused, match="hôm nay"):
        world.move(world.station, world.two, on=TODAY - DAY)
    lead = make_staff(world.one, "lead")
    with pytest.raises(Refused, match="ngoài"):
        world.move(world.station, world.two, by=lead)


def test_a_move_of_a_later_day_waits_for_it_and_is_asked_again(world):
    change = world.move(world.station, world.two, on=TODAY + 3 * DAY)
    assert change.state == "planned"
    Organization.objects.filter(pk=world.two.pk).update(closed_on=TODAY)

    units.work([change.pk], at=NOON + 3 * DAY)

    change.refresh_from_db()
    world.station.refresh_from_db()
    assert (change.state, world.station.parent) == ("refused", world.centre)


def test_what_a_move_changes_is_shown_before(world):
    live(world.point, NOON - 5 * HOUR)
    make_staff(world.station)

    seen = placing.preview(world.station, world.two, at=NOON)

    assert (seen.units, seen.cases, seen.people) == (1, 1, 1)
    assert seen.loses == [world.centre, world.one]
    assert seen.gains == [world.two]
