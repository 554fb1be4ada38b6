"""Days to keep: who sets one, what the page tells, and that it ends."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import rollups
from complaints.models import CampaignDate
from portal.audit.models import Entry
from tests.pages.cases import make_case, make_organization, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_organization("SYT", name="Sở Y tế tỉnh Hòa Bình")


@pytest.fixture
def client(client, province):
    client.force_login(make_staff(province, role="overseer"))
    return client


def boxes(name: str, day: date) -> dict[str, str]:
    return {f"{name}_0": str(day.day), f"{name}_1": str(day.month)} | {
        f"{name}_2": str(day.year)
    }


def set_day(client, *, begins: int = -30, due: int = 30):
    today = timezone.localdate()
    return client.post(
        reverse("oversight:campaign_dates"),
        {"name": "Công văn 1"}
        | boxes("begins_on", today + timedelta(begins))
        | boxes("due_on", today + timedelta(due)),
    )


def test_an_overseer_sets_a_day_and_sees_the_way_there(client, province):
    station = make_organization("TYT-1", parent=province)
    make_case(station, sent=timezone.now() - timedelta(days=40))
    make_case(station, sent=timezone.now() - timedelta(days=1))
    rollups.rebuild_all(at=timezone.now())

    response = set_day(client)

    row = CampaignDate.objects.get()
    page = reverse("oversight:campaign_date", args=[row.ref])
    assert response.url == page
    seen = client.get(page).context
    assert [figure["value"] for figure in seen["figures"]][:2] == ["1", "2"]
    [line] = seen["table"]["rows"]
    assert line["cells"][:3] == ["Trạm Y tế TYT-1", "1", "2"]
    below = client.get(page + line["url"]).context
    assert below["chosen"] == station
    assert below["above"] == province
    entry = Entry.objects.get(subject="campaign_date")
    assert entry.detail.startswith("set ")


@pytest.mark.parametrize(
    ("begins", "due", "words"),
    [(1, 30, "Begin today"), (-30, 0, "to come"), (-300, 100, "more than a year")],
)
def test_a_day_that_cannot_be_watched_is_refused(client, begins, due, words):
    response = client.post(
        "/en" + reverse("oversight:campaign_dates").removeprefix("/en"),
        {"name": "x"}
        | boxes("begins_on", timezone.localdate() + timedelta(begins))
        | boxes("due_on", timezone.localdate() + timedelta(due)),
    )

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not CampaignDate.objects.exists()


def test_a_day_counts_below_and_is_ended_by_who_oversees(client, province):
    station = make_organization("TYT-1", parent=province)
    set_day(client)
    row = CampaignDate.objects.get()
    page = reverse("oversight:campaign_date", args=[row.ref])
    end = reverse("oversight:campaign_date_end", args=[row.ref])
    client.force_login(make_staff(station, role="lead"))

    mine = client.get(reverse("oversight:campaign_dates")).context
    assert [r["cells"][0] for r in mine["table"]["rows"]] == ["Công văn 1"]
    assert mine["form"] is None
    assert client.get(page).context["chosen"] == station
    assert client.post(end).status_code == 404
    assert set_day(client).status_code == 404

    client.force_login(make_staff(province, role="overseer"))
    assert client.post(end).status_code == 303
    row.refresh_from_db()
    assert row.ended_at is not None
    listed = client.get(reverse("oversight:campaign_dates")).context
    assert listed["table"]["rows"] == []


def test_days_of_other_units_are_not_shown(client):
    other = make_organization("SYT-2")
    row = CampaignDate.objects.create(
        organization=other,
        name="x",
        begins_on=date(2026, 1, 1),
        due_on=date(2026, 2, 1),
        by=make_staff(other, role="overseer"),
        at=timezone.now(),
    )

    page = reverse("oversight:campaign_date", args=[row.ref])
    assert client.get(page).status_code == 404
