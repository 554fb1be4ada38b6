"""The cases behind a figure: as many as it says, in order, each page by an index."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from complaints import behind, rollups
from complaints.choices import Move, Outcome, Status
from complaints.views.figures_detail import PARTS
from portal.common import scope
from tests.figures.lives import Then, live
from tests.pages.cases import make_case, make_organization, make_staff

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def province():
    return make_organization("SYT", name="Sở Y tế tỉnh Hòa Bình")


@pytest.fixture
def client(client, province):
    client.force_login(make_staff(province, role="overseer"))
    return client


def resolved_after(hours, *, holder, outcome=Outcome.CORRECTED):
    decided = Then(Move.RESOLVE, Status.RESOLVED, hours * HOUR, outcome=outcome)
    live(holder, timezone.now() - (hours + 1) * HOUR, [decided])


def listed(client, url) -> list[list[str]]:
    return [
        [str(cell) for cell in row["cells"]]
        for row in client.get(url).context["table"]["rows"]
    ]


def test_a_percentile_leads_to_the_case_that_took_so_long(client, province):
    station = make_organization("TYT-1", parent=province)
    for hours in (5, 3, 9, 7, 30):
        resolved_after(hours, holder=station)
    rollups.rebuild_all(at=timezone.now())
    seen = client.get(reverse("oversight:times"), {"organization": "TYT-1"})

    [received, median, p90, *_more] = seen.context["figures"]

    assert [row[8] for row in listed(client, median["url"])] == [
        "7,0 giờ",
        "9,0 giờ",
        "30,0 giờ",
    ]
    assert [row[8] for row in listed(client, p90["url"])] == ["30,0 giờ"]
    assert client.get(received["url"]).context["other_order"] is None
    page = client.get(median["url"])
    assert page.context["other_order"]["label"] == "Xếp theo ngày"
    assert "Từ phản ánh đầu tiên" in page.content.decode()
    everything = listed(client, reverse("oversight:cases") + page.context["start_url"])
    assert [row[8] for row in everything][:2] == ["3,0 giờ", "5,0 giờ"]


def test_the_first_answer_leads_to_its_cases_and_to_those_who_wait(client, province):
    sent = timezone.now() - 50 * HOUR
    for hours in (2, 4, 30):
        asked = (Move.ASK, Status.WAITING_CITIZEN, sent + hours * HOUR)
        make_case(province, sent=sent, history=[asked])
    make_case(province, sent=timezone.now() - HOUR)
    rollups.rebuild_all(at=timezone.now())

    figures = client.get(reverse("oversight:times")).context["figures"]

    [first] = [f for f in figures if f["label"] == "Trả lời đầu"]
    assert [row[7] for row in listed(client, first["url"])] == ["4,0 giờ", "30,0 giờ"]
    [in_time] = [f for f in figures if f["label"] == "Trả lời đầu đúng hạn"]
    assert (in_time["value"], in_time["note"]) == ("66,7%", "trễ: 1")
    assert [row[7] for row in listed(client, in_time["url"])] == ["30,0 giờ"]
    [waiting] = [f for f in figures if f["label"] == "Còn chờ trả lời đầu"]
    assert (waiting["value"], len(listed(client, waiting["url"]))) == ("1", 1)


def test_each_row_of_the_second_page_leads_to_its_cases(client, province):
    for outcome, hours in zip(Outcome.values, (5, 60, 7, 9), strict=True):
        resolved_after(hours, holder=province, outcome=outcome)
    make_case(province, sent=timezone.now() - 90 * HOUR)
    rollups.rebuild_all(at=timezone.now())

    rows = client.get(reverse("oversight:detail")).context["cohorts"]

    behind_of = {
        row["name"]: [
            len(listed(client, cell["url"])) if cell.get("url") else None
            for cell in row["cells"]
        ]
        for row in rows
    }
    assert behind_of["received"] == [5, 4]
    assert behind_of["resolved"] == [4, 4]
    assert behind_of["median"] == [3, 3], "those from the middle one on"
    assert behind_of["on_time"] == [2, 1], "those late"
    told = {row["name"]: row["cells"][0]["text"] for row in rows}
    for outcome in Outcome.values:
        assert behind_of[outcome] == [1, 1]
        assert told[outcome] == "1 (25,0%)", "of the resolved"


def test_counts_on_the_second_page_lead_to_as_many_cases(client, province):
    station = make_organization("TYT-1", parent=province)
    sent = timezone.now() - timedelta(hours=9)
    asked = (Move.ASK, Status.WAITING_CITIZEN, sent + timedelta(hours=1))
    answered = (Move.ANSWER, Status.IN_REVIEW, sent + timedelta(hours=2))
    make_case(station, sent=sent, history=[asked, answered])
    make_case(station, sent=sent)
    rollups.rebuild_all(at=timezone.now())

    rows = client.get(reverse("oversight:detail")).context["cohorts"]

    linked = [
        (row, cell)
        for row in rows
        for cell in row["cells"]
        if cell.get("url") and row["name"] in PARTS
    ]
    assert [row["name"] for row, _cell in linked] == ["asked"]
    for _row, cell in linked:
        behind = client.get(cell["url"]).context["table"]["rows"]
        assert cell["text"].startswith(f"{len(behind)} ")


def test_a_list_goes_on_where_the_page_before_it_ended(client, province, monkeypatch):
    monkeypatch.setattr(behind, "PAGE", 2)
    for hours in (5, 3, 9, 9, 9):
        resolved_after(hours, holder=province)
    rollups.rebuild_all(at=timezone.now())
    url = f"{reverse('oversight:cases')}?group=resolved&order=time"
    times, codes = [], set()

    while url:
        context = client.get(url).context
        times += [row["cells"][8] for row in context["table"]["rows"]]
        codes |= {row["cells"][0] for row in context["table"]["rows"]}
        more = context["next_url"]
        url = more and reverse("oversight:cases") + more

    assert times == ["3,0 giờ", "5,0 giờ", *["9,0 giờ"] * 3]
    assert len(codes) == 5


@pytest.mark.parametrize("order", ["day", "time", "x"])
@pytest.mark.parametrize("after", ["x", "-1", "1", "1-x", "٣-1", "9" * 40 + "-1"])
def test_a_place_that_nobody_was_given_is_the_beginning(client, province, order, after):
    resolved_after(3, holder=province)
    rollups.rebuild_all(at=timezone.now())

    url = f"{reverse('oversight:cases')}?group=resolved&order={order}&after={after}"

    assert len(listed(client, url)) == 1
    assert listed(client, url.replace(f"={after}", f"={'9' * 9}-{'9' * 18}")) == []


@pytest.mark.parametrize(
    ("facts", "index"),
    [
        ({"group": "", "order": "day", "cohort": "opened"}, "measure_sent"),
        ({"group": "late", "order": "day", "cohort": "opened"}, "measure_sent"),
        ({"group": "resolved", "order": "day", "cohort": "closed"}, "measure_ended"),
        ({"group": "resolved", "order": "time", "cohort": "opened"}, "measure_slowest"),
        (
            {"group": "first_answer", "order": "answer", "cohort": "closed"},
            "measure_answered",
        ),
    ],
)
def test_of_the_country_a_page_is_a_walk_along_an_index(facts, index):
    """Nothing is sorted but the page, however many cases stand behind the figure."""
    asked = {
        "begins": date(2026, 6, 1),
        "ends": date(2026, 12, 1),
        "at": timezone.now(),
        "kind": "",
        "channel": "",
        "value": 0,
        "pk": 0,
    }
    with scope.system(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) {behind.statement(is_all=True, **facts)}", asked
        )
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    parts = list(below(plan[0]["Plan"]))
    assert [p["Index Name"] for p in parts if "Index Name" in p] == [index]
    assert "Sort" not in [part["Node Type"] for part in parts]


def below(plan):
    yield plan
    for part in plan.get("Plans", ()):
        yield from below(part)
