"""Public statistics: what anybody may see, and what nobody may reckon from it."""

import csv
from datetime import datetime, time, timedelta
from io import StringIO

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import figures, open_figures, rollups
from complaints.actions import publishing
from complaints.choices import Move, Status
from complaints.models import PublishedMonth
from complaints.rules.refused import Refused
from portal.registry.models import Organization
from tests.pages.cases import make_case, make_organization, make_root, make_staff

pytestmark = pytest.mark.django_db
MONTH = "%Y-%m"


@pytest.fixture
def month():
    return open_figures.last_month(timezone.localdate())


@pytest.fixture
def provinces():
    """Return two departments; only those of provinces are told by name."""
    nation = make_root()
    made = [
        make_organization(f"SYT-{n}", parent=nation, name=f"Sở Y tế {name}")
        for n, name in enumerate(["An Giang", "Cà Mau"])
    ]
    Organization.objects.filter(pk__in=[one.pk for one in made]).update(
        kind="health_department"
    )
    return made


def send(holder, month, *, resolved=0, still_open=0):
    sent = datetime.combine(month, time(9), timezone.get_default_timezone())
    for number in range(resolved):
        end = sent + timedelta(hours=10 + number)
        make_case(holder, sent=sent, history=[(Move.RESOLVE, Status.RESOLVED, end)])
    for _ in range(still_open):
        make_case(holder, sent=sent)


def publish() -> None:
    """Count everything, and publish it when the month is settled."""
    settled = timezone.now() + timedelta(days=3)
    rollups.rebuild_all(at=settled)
    publishing.publish(at=settled)


def as_csv(client, month) -> dict[str, list[str]]:
    response = client.get(
        reverse("citizen:open_file", args=[f"{month:{MONTH}}", "csv"])
    )
    assert response.status_code == 200
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == [*open_figures.Row.__annotations__][:5] + [
        "median_h",
        "p90_h",
        "on_time",
    ]
    return {row[0]: row[2:] for row in rows[1:]}


def test_counts_of_provinces_and_the_country_are_told(client, provinces, month):
    station = make_organization("T-1", parent=provinces[0])
    send(station, month, resolved=24, still_open=6)
    send(provinces[1], month, resolved=9)
    publish()

    told = as_csv(client, month)

    assert told["SYT-0"][:3] == ["30", "24", "6"]
    assert float(told["SYT-0"][3]) == pytest.approx(21, rel=0.0101)
    assert told["SYT-1"] == ["9", "9", "0", "", "", ""], "times of few are not told"
    assert told["VN"][:3] == ["39", "33", "6"]


def test_a_small_count_is_hidden_with_all_that_would_tell_it(client, provinces, month):
    send(provinces[0], month, resolved=24, still_open=3)
    send(provinces[1], month, resolved=4)
    publish()

    told = as_csv(client, month)

    assert told["SYT-0"] == ["27", "", "", "", "", ""]
    assert told["SYT-1"] == ["", "", "", "", "", ""]
    assert told["VN"] == ["", "", "", "", "", ""]
    page = client.get(reverse("citizen:open_figures")).content.decode()
    assert "Ẩn" in page
    assert ">An Giang<" in page


def test_whoever_is_no_province_is_told_without_a_name(client, provinces, month):
    hospital = make_organization("BV", parent=make_root(), name="Bệnh viện Trung ương")
    send(hospital, month, resolved=7)
    send(provinces[0], month, resolved=8)
    publish()

    assert as_csv(client, month)[""] == ["7", "7", "0", "", "", ""]
    assert (
        "Bệnh viện" not in client.get(reverse("citizen:open_figures")).content.decode()
    )


def test_json_says_how_it_is_counted(client, provinces, month):
    send(provinces[0], month, resolved=5)
    publish()

    answer = client.get(reverse("citizen:open_file", args=[f"{month:{MONTH}}", "json"]))

    told = answer.json()
    assert told["provinces"][0]["received"] == 5
    assert told["provinces"][0]["median_h"] is None
    assert "1 to 4" in told["method"]["hidden"]
    assert answer["Cache-Control"].startswith("public")


def test_the_running_month_and_what_is_no_month_are_not_there(client, provinces):
    running = figures.month_after(open_figures.last_month(timezone.localdate()), 1)

    for text in (f"{running:{MONTH}}", "2019-01", "2026-13", "x"):
        address = reverse("citizen:open_file", args=[text, "csv"])
        assert client.get(address).status_code == 404


def test_a_month_without_complaints_is_a_page_as_well(client, provinces):
    assert client.get(reverse("citizen:open_figures")).status_code == 200


def test_what_was_published_stays_whatever_happens_since(client, provinces, month):
    send(provinces[0], month, resolved=24, still_open=6)
    publish()
    before = as_csv(client, month)
    send(provinces[0], month, resolved=3)

    publish()

    assert as_csv(client, month) == before
    assert PublishedMonth.objects.filter(month=month).count() == 1


def test_a_month_is_published_once_the_limit_of_its_last_day_is_over(provinces, month):
    ends = datetime.combine(
        figures.month_after(month, 1), time(0), timezone.get_default_timezone()
    )

    rollups.rebuild_all(at=ends + timedelta(days=3))
    assert month not in publishing.publish(at=ends + timedelta(days=2, hours=23))
    assert month in publishing.publish(at=ends + timedelta(days=3))
    assert publishing.publish(at=ends + timedelta(days=3)) == []


def test_nothing_is_published_from_figures_that_lie_behind(provinces, month):
    """As after an update that counts all anew, or after an outage: it would stay."""
    send(provinces[0], month, resolved=30)
    ends = datetime.combine(
        figures.month_after(month, 1), time(0), timezone.get_default_timezone()
    )
    settled, later = ends + timedelta(days=3), ends + timedelta(days=9)

    assert publishing.publish(at=later) == [], "never counted"
    rollups.rebuild_all(at=settled - timedelta(hours=1))
    assert month not in publishing.publish(at=later), "counted too early"
    rollups.rebuild_all(at=settled)
    assert month in publishing.publish(at=later)
    assert open_figures.read(month).country.received == 30

    administrator = make_staff(make_root(), role="administrator")
    rollups.rebuild_all(at=settled - timedelta(hours=1))
    with pytest.raises(Refused, match="đang được tính"):
        publishing.correct(month, reason="x", by=administrator, at=later)


def test_a_correction_is_a_new_edition_that_tells_no_small_difference(
    client, provinces, month
):
    send(provinces[0], month, resolved=30)
    send(provinces[1], month, resolved=30)
    publish()
    send(provinces[0], month, resolved=3)
    send(provinces[1], month, resolved=10)
    rollups.rebuild_all(at=timezone.now() + timedelta(days=3))
    administrator = make_staff(make_root(), role="administrator")

    facts = {"reason": "Nhập sót", "by": administrator, "at": timezone.now()}
    row = publishing.correct(month, **facts)

    told = as_csv(client, month)
    assert row.edition == 2
    assert told["SYT-0"][:3] == ["30", "30", "0"], "three more are not told"
    assert told["SYT-1"][:3] == ["40", "40", "0"]
    assert told["VN"] == ["", "", "", "", "", ""], "nor by the sum"
    page = client.get(reverse("citizen:open_figures")).content.decode()
    assert "Nhập sót" in page
    with pytest.raises(Refused, match="quản trị"):
        publishing.correct(month, **facts | {"by": make_staff(provinces[0])})
