"""What figures are held against: the limit in force, and each other, in words."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import rollups
from complaints.choices import Kind, Move, Status
from complaints.models import Policy
from complaints.rollups import Times
from portal.registry.models import Organization
from tests.pages.cases import make_case, make_organization, make_root, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def department(client):
    nation = make_root()
    client.force_login(make_staff(nation, role="overseer"))
    found = make_organization("SYT-7", parent=nation, name="Sở Y tế Nghệ An")
    Organization.objects.filter(pk=found.pk).update(kind="health_department")
    return found


def resolve(holder, *, after: int, times: int = 1) -> None:
    sent = timezone.now() - timedelta(hours=after + 1)
    ended = sent + timedelta(hours=after)
    for _ in range(times):
        make_case(holder, sent=sent, history=[(Move.RESOLVE, Status.RESOLVED, ended)])


def policy(*, hours: int, **facts) -> Policy:
    usual = {
        "first_answer_hours": 8,
        "pause_days": 10,
        "disagree_days": 30,
        "valid_from": timezone.localdate() - timedelta(days=200),
        "source": "QĐ 1",
    }
    return Policy.objects.create(repair_hours=hours, **(usual | facts))


def look(client, **query):
    rollups.rebuild_all(at=timezone.now())
    return client.get(reverse("oversight:times"), query)


def test_chart_and_tiles_go_by_the_policy_in_force(client, department):
    resolve(department, after=60)
    assert look(client).context["tiles"][0]["tone"] == "late", "48 hours at first"

    policy(hours=72)
    seen = look(client)

    assert seen.context["chart"]["target"] == 3
    assert "72 giờ" in seen.context["chart"]["note"]
    assert seen.context["tiles"][0]["tone"] == "in-time"
    page = seen.content.decode()
    assert "trong hạn 72 giờ" in page
    assert "48 giờ" not in page


def test_months_before_a_policy_are_told_with_the_one_before_it(client, department):
    policy(hours=72, valid_from=timezone.localdate().replace(day=1))
    last_month = timezone.localdate().replace(day=1) - timedelta(days=1)

    assert look(client, to=f"{last_month:%Y-%m}").context["chart"]["target"] == 2
    assert look(client).context["chart"]["target"] == 3


def test_a_kind_and_a_unit_with_a_policy_of_its_own_are_told_by_it(client, department):
    policy(hours=96, kind=Kind.WRONG_DOSE)
    policy(hours=24, organization=department)
    policy(hours=240, level="ministry")

    assert look(client).context["chart"]["target"] == 2
    assert look(client, kind=Kind.WRONG_DOSE).context["chart"]["target"] == 4
    assert look(client, organization="SYT-7").context["chart"]["target"] == 1


def test_of_working_days_no_line_is_drawn_and_tiles_go_by_the_share(client, department):
    policy(hours=40, in_office=True)
    resolve(department, after=30, times=2)

    seen = look(client)

    assert seen.context["chart"]["target"] is None
    assert "5 ngày làm việc" in seen.context["chart"]["note"]
    assert "5 ngày làm việc" in seen.context["tile_key"]
    assert seen.context["tiles"][0]["tone"] == "in-time"


def test_a_tile_says_in_a_word_why_it_is_red(client, department):
    resolve(department, after=2)
    for _ in range(2):
        make_case(department, sent=timezone.now() - timedelta(hours=90))

    seen = look(client)

    [tile] = seen.context["tiles"]
    assert tile["value"] == "2,0 giờ"
    assert (tile["tone"], str(tile["word"])) == ("very-late", "nhiều việc quá hạn")
    assert "<small>nhiều việc quá hạn</small>" in seen.content.decode()


def test_nothing_is_divided_by_nothing():
    assert Times().on_time_share is None


def test_exactly_a_tenth_that_lies_open_puts_no_unit_after_slower_ones():
    tenth = Times(received=10, resolved=9, open=1, open_overdue=1, p90=3600)
    more = Times(received=9, resolved=8, open=1, open_overdue=1, p90=3600)
    slower = Times(received=10, resolved=10, p90=86400)
    assert sorted([more, slower, tenth], key=lambda t: t.slowness) == [
        tenth,
        slower,
        more,
    ]


@pytest.mark.parametrize("month", ["2021-01", "2021-02", "2021-03"])
def test_months_before_any_rule_are_told_with_the_first_one(client, department, month):
    """Campaigns began before the first rule did."""
    seen = look(client, month=month)

    assert seen.status_code == 200
    assert seen.context["chart"]["target"] == 2
