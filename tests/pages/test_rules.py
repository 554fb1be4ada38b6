"""The pages of policies and reminders: proposed by one, confirmed by another."""

from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.models import Ladder, OfficeHours, Policy, RuleDraft
from portal.registry import workdays
from portal.registry.models import Holiday
from tests.factories import make_organization, make_root, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    user = make_staff(make_root(), "administrator", full_name="Quản Trị Một")
    client.force_login(user)
    return user


def day(days=3):
    on = timezone.localdate() + timedelta(days=days)
    return {
        "valid_from_0": on.day,
        "valid_from_1": on.month,
        "valid_from_2": on.year,
        "source": "QĐ 12/2026",
    }


def policy(**typed):
    usual = {
        "kind": "",
        "level": "health_station",
        "organization": "",
        "unit": "days",
        "first_answer": 1,
        "repair": 5,
        "extension": 2,
        "pause_days": 10,
        "disagree_days": 30,
    }
    return usual | day() | typed


def address(slug="chinh-sach"):
    return reverse("oversight:rule_new", args=[slug])


def test_two_people_bring_a_policy_in(client, administrator):
    sent = client.post(address(), policy(), follow=True)
    assert sent.status_code == 200
    draft = RuleDraft.objects.get()
    shown = sent.content.decode()
    assert "5 ngày làm việc" in shown
    assert 'value="confirm"' not in shown

    own = reverse("oversight:rule_draft", args=[draft.ref])
    refused = client.post(own, {"action": "confirm"})
    assert refused.status_code == 422
    assert not Policy.objects.filter(level="health_station").exists()

    client.force_login(make_staff(make_root(), "overseer"))
    done = client.post(own, {"action": "confirm"}, follow=True)
    row = Policy.objects.get(level="health_station")
    assert (row.repair_hours, row.in_office, row.extension_hours) == (40, True, 16)
    assert "Trạm y tế" in done.content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"repair": ""}, "repair"),
        ({"first_answer": 6}, "first_answer"),
        ({"organization": "KHONG-CO"}, "organization"),
        ({"source": ""}, "source"),
        (day(0), "valid_from"),
        (day(-30), "valid_from"),
    ],
)
def test_an_error_stands_beside_its_field_and_the_rest_is_kept(
    client, administrator, typed, field
):
    page = client.post(address(), policy(**typed))
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {field}
    assert 'value="10"' in page.content.decode()
    assert not RuleDraft.objects.exists()


def test_a_ladder_starts_from_the_one_in_force_and_is_checked(client, administrator):
    page = client.get(address("nac-nhac"))
    form = page.context["form"]
    typed = {
        bound.html_name: bound.initial
        for bound in form
        if bound.initial not in (None, False)
    } | day()
    early = client.post(address("nac-nhac"), typed | {"hands_up_2": "on"})
    assert set(early.context["form"].errors) == {"hands_up_2"}

    sent = client.post(address("nac-nhac"), typed | {"idle_days": 5}, follow=True)
    assert sent.status_code == 200, sent.context["form"].errors
    draft = RuleDraft.objects.get()
    known = Ladder.objects.get().rungs
    assert len(draft.content["rungs"]) == known.count()

    client.force_login(make_staff(make_root(), "overseer"))
    client.post(
        reverse("oversight:rule_draft", args=[draft.ref]), {"action": "confirm"}
    )
    assert Ladder.objects.get(idle_days=5).rungs.count() == known.count()


def office(**typed):
    usual = {
        "organization": "",
        "weekdays": ["0", "1", "2", "3", "4", "5"],
        "begins": "08:00",
        "break_begins": "",
        "break_ends": "",
        "ends": "16h30",
    }
    return usual | day() | typed


def test_a_unit_gets_office_hours_of_its_own(client, administrator):
    station = make_organization()
    sent = client.post(
        address("gio-lam-viec"), office(organization=station.code), follow=True
    )
    assert "08:00–16:30" in sent.content.decode()
    client.force_login(make_staff(make_root(), "overseer"))
    draft = RuleDraft.objects.get()
    client.post(
        reverse("oversight:rule_draft", args=[draft.ref]), {"action": "confirm"}
    )
    row = OfficeHours.objects.get(organization=station)
    assert (row.ends, row.break_begins, row.weekdays) == (
        time(16, 30),
        None,
        [0, 1, 2, 3, 4, 5],
    )


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"ends": "07:00"}, "ends"),
        ({"break_begins": "11:30"}, "break_ends"),
        ({"break_begins": "12:00", "break_ends": "11:00"}, "break_ends"),
        ({"begins": "sáng"}, "begins"),
        ({"weekdays": []}, "weekdays"),
    ],
)
def test_office_hours_follow_each_other(client, administrator, typed, field):
    page = client.post(address("gio-lam-viec"), office(**typed))
    assert set(page.context["form"].errors) == {field}


def test_who_oversees_a_province_reads_and_proposes_nothing(client):
    province = make_organization(kind="health_department")
    client.force_login(make_staff(province, "overseer"))
    assert client.get(reverse("oversight:rules")).status_code == 200
    assert client.get(address()).status_code == 404


def test_the_page_takes_few_statements(
    client, administrator, django_assert_max_num_queries
):
    # Eight of them let somebody in.
    with django_assert_max_num_queries(14):
        assert client.get(reverse("oversight:rules")).status_code == 200


def holiday(**typed):
    usual = {"name": "Ngày nghỉ thử", "what": "off", "last_day_0": ""}
    return usual | day() | typed


def confirmed(client):
    client.force_login(make_staff(make_root(), "overseer"))
    draft = RuleDraft.objects.latest("pk")
    address = reverse("oversight:rule_draft", args=[draft.ref])
    return client.post(address, {"action": "confirm"}, follow=True)


def test_the_yearly_notice_is_entered_by_two_people(client, administrator):
    """Three days off; then one of them is worked after all: the newer word counts."""
    first = timezone.localdate() + timedelta(days=3)
    last = first + timedelta(days=2)
    span = {"last_day_0": f"{last:%d/%m/%Y}"}
    sent = client.post(address("ngay-nghi"), holiday(**span), follow=True)
    assert f"{last:%d/%m/%Y}" in sent.content.decode()
    assert not Holiday.objects.filter(is_own=True).exists()

    shown = confirmed(client).content.decode()
    assert shown.count("Ngày nghỉ thử") == 3
    days = [first + timedelta(days=n) for n in range(3)]
    assert workdays.exceptions(first, last) == dict.fromkeys(days, False)

    client.force_login(administrator)
    client.post(address("ngay-nghi"), holiday(what="worked"), follow=True)
    confirmed(client)
    assert workdays.exceptions(first, first) == {first: True}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"last_day_0": "1/1/2021"}, "last_day"),
        ({"last_day_0": "1/1/2099"}, "last_day"),
        (day(0), "valid_from"),
    ],
)
def test_days_off_are_to_come_and_end_after_they_begin(
    client, administrator, typed, field
):
    page = client.post(address("ngay-nghi"), holiday(**typed))
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {field}
    assert not RuleDraft.objects.exists()
