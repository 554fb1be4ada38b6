"""What may be opened, where and by whom: no unit takes the reports of another."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from complaints.actions import founding, routing, units
from complaints.choices import Kind
from complaints.rules.refused import Refused
from portal.registry.models import Organization, UnitAlias
from tests.factories import NOON, make_organization, make_root, make_staff, make_unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
TODAY = timezone.localdate(NOON)
DAY = timedelta(days=1)


class World:
    """Two provinces, each with a department; in one a centre and a station."""

    def __init__(self):
        self.province = make_unit("N79", name="Thành phố Hồ Chí Minh")
        self.elsewhere = make_unit("N01", name="Thành phố Hà Nội")
        here = {"province": self.province}
        self.commune = make_unit("N1001", name="Phường Bến Thử", parent=self.province)
        self.free = make_unit("N1002", name="Phường Bến Vắng", parent=self.province)
        self.far = make_unit("N2001", name="Phường Xa Xôi", parent=self.elsewhere)
        UnitAlias.objects.create(unit=self.far, name="Xóm Cũ", folded="xom cu")
        self.department = make_organization(
            "SYT-1", kind="health_department", name="Sở Y tế Một", **here
        )
        self.centre = make_organization(
            "TTYT-1",
            kind="district_centre",
            name="Trung tâm Một",
            parent=self.department,
            **here,
        )
        self.station = make_organization(
            "TYT-1",
            name="Trạm Y tế Phường Bến Thử",
            parent=self.centre,
            commune=self.commune,
            **here,
        )
        self.administrator = make_staff(make_root(), "administrator")

    def open(self, *, by=None, on=TODAY, parent=None, commune=None, **facts):
        usual = {
            "code": "TYT-9",
            "kind": "health_station",
            "name": "Trạm Y tế Hoàn Toàn Mới",
            "gives_doses": True,
        }
        new = founding.NewUnit(
            **usual | facts,
            parent=parent or self.centre,
            commune=commune or self.free,
        )
        by = by or self.administrator
        held = by.postings.current(at=NOON).select_related("organization")
        return units.open_unit(
            new, on=on, reason="QĐ 9", by=by, postings=list(held), at=NOON
        )


@pytest.fixture
def world():
    return World()


def test_who_runs_the_portal_opens_a_station_in_a_commune_of_the_province(world):
    unit = world.open()
    assert (unit.parent, unit.commune) == (world.centre, world.free)
    assert unit.province == world.province


@pytest.mark.parametrize("where", ["station", "centre", "department"])
def test_a_lead_opens_nothing_alone(world, where):
    lead = make_staff(getattr(world, where), "lead")
    with pytest.raises(Refused):
        world.open(by=lead)
    with pytest.raises(Refused):
        world.open(by=lead, kind="mobile_point", parent=world.station)
    assert not Organization.objects.filter(code="TYT-9").exists()


def test_an_administrator_opens_below_the_own_unit_only(world):
    own = make_organization("SYT-2", kind="health_department")
    other = make_staff(own, "administrator")
    with pytest.raises(Refused):
        world.open(by=other)
    assert world.open(by=make_staff(world.department, "administrator")).pk


# kind of the new unit, the unit above, its name, commune and day; which field is wrong
WRONG = [
    ("health_station", "centre", "Trạm Mới", "free", -1, "on"),
    ("mobile_point", "station", "Điểm tiêm Mới", "commune", -2000, "on"),
    ("health_station", "centre", "Trạm Mới", "far", 0, "commune"),
    ("mobile_point", "station", "Điểm tiêm Mới", "far", 0, "commune"),
    ("health_station", "station", "Trạm Mới", "free", 0, "parent"),
    ("hospital", "station", "Bệnh viện Mới", "free", 0, "parent"),
    ("cdc", "centre", "Trung tâm Mới", "free", 0, "parent"),
    ("mobile_point", "department", "Điểm tiêm Mới", "free", 0, "parent"),
    ("health_department", "department", "Sở Mới", "free", 0, "kind"),
    ("health_station", "centre", "TRAM Y TE phường Bến Thử", "free", 0, "name"),
    ("mobile_point", "station", "Trung tâm Một", "free", 0, "name"),
    ("mobile_point", "station", "Hà Nội", "free", 0, "name"),
    ("mobile_point", "station", "Bến Vắng", "free", 0, "name"),
    ("mobile_point", "station", "Xóm Cũ", "free", 0, "name"),
    ("mobile_point", "station", "Điểm tiêm Mới", "free", 0, ""),
    ("hospital", "department", "Bệnh viện Mới", "free", 0, ""),
    ("health_station", "department", "Trạm Mới", "free", 30, ""),
]


@pytest.mark.parametrize(("kind", "above", "name", "commune", "day", "field"), WRONG)
def test_what_is_wrong_stands_beside_its_field(
    world, kind, above, name, commune, day, field
):
    facts = {
        "kind": kind,
        "name": name,
        "parent": getattr(world, above),
        "commune": getattr(world, commune),
    }
    on = TODAY + day * DAY
    new = founding.NewUnit(code="TYT-9", gives_doses=True, **facts)
    assert list(founding.troubles(new, on=on, today=TODAY)) == [field] * bool(field)
    if field:
        with pytest.raises(Refused):
            world.open(on=on, **facts)
    else:
        assert world.open(on=on, **facts).pk


def waiting(world, **facts):
    usual = {"site": None, "site_text": "", "given_on": None, "residence": None}
    return routing.Waiting(1, Kind.WRONG_PERSON, **usual | facts)


def test_the_reports_of_a_commune_stay_with_the_station_it_has(world):
    second = world.open(commune=world.commune)
    assert second.opened_on > world.station.opened_on
    asked = waiting(world, residence="N1001")
    (answer, _sure) = routing.foresee([asked], at=NOON + DAY)[1]
    assert answer.id == world.station.pk


def test_nobody_steps_in_before_a_station_that_is_to_open(world):
    world.open(code="TYT-8", name="Trạm Sắp Mở", on=TODAY + 10 * DAY)
    with pytest.raises(Refused):
        world.open(on=TODAY)
    with pytest.raises(Refused):
        world.open(on=TODAY + 9 * DAY)
    assert world.open(on=TODAY + 10 * DAY).pk


def test_a_former_name_is_not_given_to_another_unit(world):
    world.station.names.create(
        name="Trạm Xưa",
        folded="tram xua",
        valid_from=date(2000, 1, 1),
        valid_to=date(2020, 1, 1),
    )
    with pytest.raises(Refused):
        world.open(name="Trạm Xưa")
    assert founding.taken("Trạm Xưa", but=world.station.pk) == ""


@pytest.mark.parametrize("name", ["Sở Y tế Một", "Hà Nội"])
def test_a_unit_is_not_renamed_to_what_means_another(world, name):
    lead = make_staff(world.department, "lead")
    held = lead.postings.current(at=NOON).select_related("organization")
    with pytest.raises(Refused):
        units.rename(
            world.station,
            name,
            on=TODAY,
            reason="QĐ 3",
            by=lead,
            postings=list(held),
            at=NOON,
        )
    world.station.refresh_from_db()
    assert world.station.name == "Trạm Y tế Phường Bến Thử"
