"""The pages of units: found, opened, renamed, closed with a successor, taken back."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.models import Complaint, UnitChange
from portal.accounts.models import Posting
from portal.common import scope
from portal.registry.models import Organization
from tests.factories import (
    make_organization,
    make_root,
    make_staff,
    make_unit,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = pytest.mark.django_db


class World:
    """A department with two stations and a case at one of them."""

    def __init__(self):
        now = timezone.now()
        self.province = make_unit()
        self.department = make_organization(
            "SYT-1", kind="health_department", province=self.province
        )
        self.old = make_organization("TYT-1", parent=self.department, name="Trạm Cũ")
        self.new = make_organization("TYT-2", parent=self.department, name="Trạm Kế")
        self.nurse = make_staff(self.old, full_name="Lê Thị Nga")
        make_staff(self.new)
        self.chief = make_staff(self.department, "lead")
        self.case = only_complaint(submit(missing_dose(self.old), at=now))
        drain_all(now)


@pytest.fixture
def world(db):
    with scope.system():
        return World()


@pytest.fixture
def administrator(client):
    user = make_staff(make_root(), "administrator", full_name="Quản Trị Một")
    client.force_login(user)
    return user


def days(field="on", add=0):
    day = timezone.localdate() + timezone.timedelta(days=add)
    parts = (day.day, day.month, day.year)
    return dict(zip((f"{field}_{n}" for n in range(3)), parts, strict=True))


def closing(**typed):
    usual = {"successor": "TYT-2", "staff": "move", "reason": "Sáp nhập"}
    return usual | days() | typed


def page(name, *args):
    return reverse(f"oversight:{name}", args=args)


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_units_are_listed_and_found_by_name_and_code(client, world, administrator):
    assert "SYT-1" in text(client.get(page("units")))
    shown = text(client.get(page("units"), {"q": "tram cu"}))
    assert "Trạm Cũ" in shown
    assert "Trạm Kế" not in shown
    assert "Trạm Kế" in text(client.get(page("units"), {"q": "tyt-2"}))


def test_a_lead_sees_nothing_beside_the_own_unit(client, world):
    client.force_login(make_staff(world.new, "lead"))
    assert "Trạm Cũ" not in text(client.get(page("units"), {"q": "tram"}))
    assert client.get(page("unit", "TYT-1")).status_code == 404


def test_closing_shows_what_waits_and_moves_it(client, world, administrator):
    shown = text(client.get(page("unit_close", "TYT-1")))
    assert "1 hồ sơ đang mở" in shown
    assert "Lê Thị Nga" in shown
    assert world.case.submission.full_name not in shown

    done = client.post(page("unit_close", "TYT-1"), closing(), follow=True)

    assert "Đã thực hiện" in text(done)
    with scope.system():
        assert Complaint.objects.get().holder == world.new
    assert Posting.objects.get(user=world.nurse, valid_to=None).organization == (
        world.new
    )
    shown = text(client.get(page("unit", "TYT-1")))
    assert "từ đó Trạm Kế tiếp nhận (đã chuyển 1 hồ sơ)" in shown
    assert "Tiếp nhận từ Trạm Cũ" in text(client.get(page("unit", "TYT-2")))

    change = UnitChange.objects.get()
    back = client.post(page("unit_change_back", change.ref), follow=True)
    assert "Đã lấy lại" in text(back)
    with scope.system():
        assert Complaint.objects.get().holder == world.old


def test_what_could_not_be_carried_out_is_listed_until_somebody_decides_anew(
    client, world, administrator
):
    client.post(page("unit_close", "TYT-1"), closing(**days(add=3)))
    change = UnitChange.objects.get()
    change.state, change.trouble = "refused", "Đơn vị tiếp nhận đã đóng."
    change.save()
    heading = "Chưa thực hiện được: cần quyết định lại"
    shown = client.get(page("units"))
    assert heading in text(shown)
    assert page("unit_change", change.ref) in shown.content.decode()

    client.post(page("unit_close", "TYT-1"), closing(**days(add=3)))

    assert heading not in text(client.get(page("units")))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"successor": ""}, "Hãy nêu nơi tiếp nhận"),
        ({"successor": "KHONG-CO"}, "không có đơn vị đang mở nào"),
        ({"successor": "TYT-1"}, "phải là đơn vị khác"),
        ({"reason": ""}, "Hãy nêu lý do"),
        ({"staff": "stay"}, "Hãy chọn"),
        (days(add=-20000), ""),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client, world, administrator, typed, words
):
    answer = client.post(
        page("unit_close", "TYT-1"), closing(reason="Sáp nhập hai trạm") | typed
    )
    assert answer.status_code == 422
    assert words in text(answer)
    if "reason" not in typed:
        assert "Sáp nhập hai trạm" in answer.content.decode()
    world.old.refresh_from_db()
    assert world.old.closed_on is None


def test_a_closing_of_a_later_day_is_shown_and_withdrawn(client, world, administrator):
    client.post(page("unit_close", "TYT-1"), closing(**days(add=3)))
    assert "Trạm Cũ đóng từ" in text(client.get(page("units")))
    change = UnitChange.objects.get()
    assert "Chờ đến ngày" in text(client.get(page("unit_change", change.ref)))

    client.post(page("unit_change_back", change.ref))

    change.refresh_from_db()
    assert change.state == "withdrawn"


def opening(**typed):
    usual = {
        "name": "Trạm Y tế Mới",
        "code": "tyt-9",
        "kind": "hospital",
        "parent": "SYT-1",
        "commune": "",
        "phone": "",
        "reason": "QĐ 9",
    }
    return usual | days() | typed


def runs_the_department(client, world):
    client.force_login(make_staff(world.department, "administrator"))


def test_a_unit_is_opened_below_where_one_runs_the_portal(client, world):
    runs_the_department(client, world)
    assert page("unit_new") in client.get(page("units")).content.decode()
    done = client.post(page("unit_new"), opening(), follow=True)
    assert "Trạm Y tế Mới" in text(done)
    unit = Organization.objects.get(code="TYT-9")
    assert (unit.parent, unit.province) == (world.department, world.province)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"code": "TYT-1"}, "code"),
        ({"code": "trạm"}, "code"),
        ({"parent": "VN"}, "parent"),
        ({"name": ""}, "name"),
        ({"kind": "health_station"}, "commune"),
        ({"commune": "Xã Không Đâu Cả"}, "commune"),
        ({"kind": "ministry"}, "kind"),
        (days(add=-1), "on"),
        ({"name": "trạm cũ"}, "name"),
        ({"parent": "TYT-1"}, "parent"),
    ],
)
def test_an_opening_that_cannot_be_is_refused_beside_its_field(
    client, world, typed, field
):
    runs_the_department(client, world)
    answer = client.post(page("unit_new"), opening(**typed))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Organization.objects.filter(code="TYT-9").exists()


def test_a_station_is_opened_in_its_commune(client, world):
    commune = make_unit("N1001", name="Phường Bến Thử", parent=world.province)
    runs_the_department(client, world)
    client.post(
        page("unit_new"), opening(kind="health_station", commune="Phường Bến Thử")
    )
    assert Organization.objects.get(code="TYT-9").commune == commune


def test_a_lead_is_not_shown_how_to_open_a_unit(client, world):
    client.force_login(world.chief)
    for shown in (page("units"), page("unit", "TYT-1")):
        assert page("unit_new") not in client.get(shown).content.decode()
    assert client.get(page("unit_new")).status_code == 404
    assert client.post(page("unit_new"), opening()).status_code == 404


def test_a_unit_gets_another_name(client, world, administrator):
    typed = {"name": "Trạm  Bến Nghé", "reason": "QĐ 3"} | days()
    done = client.post(page("unit", "TYT-1"), typed, follow=True)
    assert "Đổi tên: Trạm Cũ nay là Trạm Bến Nghé" in text(done)
    assert "Trạm Bến Nghé" in text(client.get(page("units"), {"q": "Trạm Cũ"}))
    again = client.post(page("unit", "TYT-1"), typed)
    assert again.status_code == 422
