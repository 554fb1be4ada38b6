"""Public statistics: what anybody may see, and what nobody may reckon from it."""

import csv
from datetime import datetime, time, timedelta
from io import StringIO

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import figures, open_figures, rollups
from complaints.actions import publishing, republishing
from complaints.choices import Move, Status
from complaints.models import Complaint, Measure, PublishedMonth
from complaints.open_figures import Row
from complaints.rules.refused import Refused
from portal.common import scope
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


def test_a_small_count_of_one_province_leaves_the_country_told(
    client, provinces, month
):
    """Hidden behind the two smallest: the third one's 3 might be any small count."""
    third = make_organization("SYT-3", parent=make_root(), name="Sở Y tế Huế")
    Organization.objects.filter(pk=third.pk).update(kind="health_department")
    send(provinces[0], month, resolved=20, still_open=8)
    send(provinces[1], month, resolved=21, still_open=8)
    send(third, month, resolved=40, still_open=3)
    for province in provinces:
        for _ in range(7):
            end = datetime.combine(month, time(12), timezone.get_default_timezone())
            make_case(
                province,
                sent=end - timedelta(hours=3),
                history=[(Move.WITHDRAW, Status.WITHDRAWN, end)],
            )
    publish()

    told = as_csv(client, month)

    assert told["SYT-3"][:3] == ["43", "", ""]
    assert told["SYT-0"] == ["35", "", "", "", "", ""], "of 35 a time might bound"
    assert told["VN"][:3] == ["114", "81", "19"]
    assert all(told["VN"][3:]), "half within, 90 % within, on time"
    assert all(told["SYT-3"][3:5]), "times are of 40"
    assert told["SYT-3"][5] == "", "the share on time would say of how many"


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
    assert "từ 1 đến 4" in told["method"]["hidden"], "in the page's own words"
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

    rollups.rebuild_all(at=settled - timedelta(hours=1))
    with pytest.raises(Refused, match="đang được tính"):
        republishing.planned(month, at=later)


@pytest.fixture
def told(provinces, month):
    """Return two who run the portal; a month was told, and some of it was late."""
    send(provinces[0], month, resolved=10)
    send(provinces[1], month, resolved=12)
    publish()
    send(provinces[0], month, resolved=3)
    send(provinces[1], month, resolved=7)
    rollups.rebuild_all(at=timezone.now() + timedelta(days=3))
    return [make_staff(make_root(), role="administrator") for _ in range(2)]


def propose(client, month):
    """Propose by the page; return the address of the proposal."""
    facts = {"month": f"{month}", "reason": "Nhập sót"}
    answer = client.post(reverse("oversight:published"), facts)
    assert answer.status_code == 303
    return answer["Location"]


def test_two_people_correct_a_month_and_what_was_told_stays_readable(
    client, provinces, month, told
):
    one, other = told
    before = as_csv(client, month)
    client.force_login(one)
    proposal = propose(client, month)

    assert as_csv(client, month) == before, "a proposal tells nothing"
    shown = client.get(proposal)
    [changed, country] = [row["cells"] for row in shown.context["table"]["rows"]]
    assert changed[:2] == ["Cà Mau", "12, nay 19"]
    assert country[1] == "22, nay Ẩn"
    refused = client.post(proposal, {"action": "confirm"})
    assert (refused.status_code, as_csv(client, month)) == (422, before)
    assert "Người thứ hai" in refused.content.decode()
    again = client.post(
        reverse("oversight:published"), {"month": f"{month}", "reason": "Lần nữa"}
    )
    assert again.status_code == 422, "one correction of a month at a time"

    client.force_login(other)
    assert client.post(proposal, {"action": "confirm"}).status_code == 303

    now = as_csv(client, month)
    assert now["SYT-0"][:3] == ["10", "10", "0"], "three more are not told"
    assert now["SYT-1"][:3] == ["19", "19", "0"]
    assert now["VN"] == ["", "", "", "", "", ""], "nor by the sum"
    row = PublishedMonth.objects.get(edition=2)
    assert (row.by, row.confirmed_by) == (one, other)
    client.logout()
    page = reverse("citizen:open_figures")
    newest = client.get(page).content.decode()
    assert "Lý do: Nhập sót" in newest
    assert "lan=1" in newest
    assert ">22<" not in newest
    old = client.get(page, {"thang": f"{month:{MONTH}}", "lan": "1"}).content.decode()
    assert ">22<" in old
    assert "Nhập sót" not in old
    missing = {"thang": f"{month:{MONTH}}", "lan": "3"}
    assert client.get(page, missing).status_code == 404


def test_no_two_editions_differ_by_a_small_count(client, provinces, month, told):
    """The third is held against the first as well: 12, 19, and now 11."""
    client.force_login(told[0])
    proposal = propose(client, month)
    client.force_login(told[1])
    client.post(proposal, {"action": "confirm"})
    with scope.system():
        gone = Complaint.objects.filter(holder=provinces[1]).order_by("pk")[:8]
        Complaint.objects.filter(pk__in=[one.pk for one in gone]).update(
            holder=provinces[0]
        )
    rollups.rebuild_all(at=timezone.now() + timedelta(days=3))

    after = republishing.planned(month, at=timezone.now()).after

    told_of = {row.code: row.received for row in after.rows}
    assert told_of["SYT-1"] == 19, "11 would tell that it is one less than at first"
    assert told_of["SYT-0"] == 21


def test_no_row_tells_what_it_hid_while_the_country_told_the_sum(provinces, month):
    """What the others hide is known from the sum once all but one of them are told."""
    hidden = Row("SYT-0", "An Giang", 28, None, None, None, None, None)
    country = Row("VN", "", 100, 81, 19, None, None, None)
    whole = Row("SYT-1", "Cà Mau", 72, 52, 11, None, None, None)
    publishing.keep(
        open_figures.Month(month, [hidden, whole], country, None),
        edition=1,
        at=timezone.now(),
    )
    send(provinces[0], month, resolved=20, still_open=8)
    send(provinces[1], month, resolved=52, still_open=11)
    rollups.rebuild_all(at=timezone.now() + timedelta(days=3))

    after = republishing.planned(month, at=timezone.now()).after

    told = {row.code: (row.received, row.resolved, row.open) for row in after.rows}
    assert told["SYT-0"] == (28, None, None), "20 and 8 now"
    assert after.country == open_figures.NOTHING


@pytest.mark.parametrize(("later_late", "is_told"), [(1, False), (9, True)])
def test_no_two_editions_tell_by_their_shares_that_a_few_were_late(
    provinces, month, later_late, is_told
):
    send(provinces[0], month, resolved=46)
    publish()
    with scope.system():
        some = Measure.objects.filter(is_on_time=True).order_by("pk")[:later_late]
        Measure.objects.filter(pk__in=[one.pk for one in some]).update(is_on_time=False)

    plan = republishing.planned(month, at=timezone.now())

    [before], [after] = plan.before.rows, plan.after.rows
    assert before.on_time == 39 / 46
    assert after.on_time == ((39 - later_late) / 46 if is_told else before.on_time)


def test_a_correction_is_for_who_runs_the_country_and_may_be_put_aside(
    client, provinces, month, told
):
    client.force_login(make_staff(provinces[0], role="administrator"))
    facts = {"month": f"{month}", "reason": "x"}
    assert client.get(reverse("oversight:published")).context["form"] is None
    assert client.post(reverse("oversight:published"), facts).status_code == 404
    with pytest.raises(Refused, match="quản trị toàn quốc"):
        republishing.propose(
            month, reason="x", by=make_staff(provinces[0]), at=timezone.now()
        )
    client.force_login(told[0])
    empty = client.post(reverse("oversight:published"), {"month": f"{month}"})
    assert empty.status_code == 422
    proposal = propose(client, month)

    assert client.post(proposal, {"action": "drop"}).status_code == 303

    assert client.post(proposal, {"action": "confirm"}).status_code == 422
    assert PublishedMonth.objects.filter(month=month).count() == 1
