"""Figures of a subtree: what they say, who sees them, what stands behind them."""

import html
from datetime import timedelta

import pytest
from django.db import InternalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints import figures, rollups
from complaints.choices import Kind, Move, Status
from complaints.rollups import reading
from portal.audit.models import Entry
from portal.common import pdf
from portal.registry.models import Organization
from tests.pages.cases import make_case, make_organization, make_root, make_staff

pytestmark = pytest.mark.django_db
# What the transaction itself needs is no work of the page.
FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "SELECT set_config")
READ_SCOPE = "SELECT coalesce(current_setting"


@pytest.fixture
def province():
    return make_organization("SYT", name="Sở Y tế tỉnh Hòa Bình")


@pytest.fixture
def client(client, province):
    client.force_login(make_staff(province, role="overseer"))
    return client


def resolved_after(hours: float, *, holder, kind=Kind.WRONG_DOSE):
    sent = timezone.now() - timedelta(hours=hours + 1)
    return make_case(
        holder,
        sent=sent,
        kind=kind,
        history=[(Move.RESOLVE, Status.RESOLVED, sent + timedelta(hours=hours))],
        touched_at=sent + timedelta(hours=hours),
    )


def look(client, **query):
    return client.get(reverse("oversight:times"), query)


def texts(response) -> str:
    return response.content.decode()


def test_figures_of_what_lies_below_are_put_together(client, province):
    one = make_organization("TYT-1", parent=province)
    two = make_organization("TYT-2", parent=province)
    for hours in (2, 4, 6):
        resolved_after(hours, holder=one)
    resolved_after(60, holder=two)
    make_case(two, sent=timezone.now() - timedelta(hours=50))
    resolved_after(1, holder=make_organization("TYT-X"))
    rollups.rebuild_all(at=timezone.now())
    months = figures.months_between(
        figures.month_after(timezone.localdate().replace(day=1), -1),
        timezone.localdate().replace(day=1),
    )

    seen = figures.overview(
        province,
        parts=[(one.pk, False), (two.pk, False)],
        first=months[0],
        last=months[-1],
        at=timezone.now(),
    )

    assert seen.total.received == 5
    assert (seen.total.resolved, seen.total.on_time) == (4, 3)
    assert (seen.total.open, seen.total.open_overdue, seen.total.untouched) == (1, 1, 1)
    assert seen.total.on_time_share == 3 / 5
    assert seen.total.median == pytest.approx(4 * 3600, rel=0.0101)
    assert seen.total.p90 == pytest.approx(60 * 3600, rel=0.0101)
    assert seen.below[one.pk].resolved == 3
    assert set(seen.below) == {one.pk, two.pk}
    assert seen.itself is None


def test_a_single_organization_and_month_is_exact(client, province):
    station = make_organization("TYT-1", parent=province)
    month = timezone.localdate().replace(day=1)
    sent = timezone.now() - timedelta(seconds=12_346)
    make_case(
        station,
        sent=sent,
        history=[(Move.RESOLVE, Status.RESOLVED, sent + timedelta(seconds=12_345))],
    )
    rollups.rebuild_all(at=timezone.now())
    opened_in = timezone.localdate(sent).replace(day=1)

    seen = figures.overview(
        station,
        parts=[],
        first=min(opened_in, month),
        last=month,
        at=timezone.now(),
    )

    assert seen.total.median == 12_345


def test_the_page_names_organizations_definitions_and_small_numbers(client, province):
    station = make_organization("TYT-1", parent=province)
    resolved_after(3, holder=station)
    make_organization("TYT-2", parent=province)
    rollups.rebuild_all(at=timezone.now())

    response = look(client)

    page = texts(response)
    assert response.status_code == 200
    assert page.count("<h1") == 1
    assert "Trạm Y tế TYT-1" in page
    assert "<sup>*</sup>" in page
    assert response.context["table"]["silent"] == 1
    assert "<svg" in page


def test_every_figure_leads_to_as_many_cases_as_it_says(client, province):
    station = make_organization("TYT-1", parent=province)
    resolved_after(3, holder=station)
    resolved_after(70, holder=province)
    make_case(station, sent=timezone.now() - timedelta(hours=60))
    make_case(station, sent=timezone.now() - timedelta(hours=1))
    asked = timezone.now() - timedelta(hours=300)
    make_case(
        station,
        sent=asked - timedelta(hours=60),
        history=[
            (Move.ASK, Status.WAITING_CITIZEN, asked),
            (Move.LAPSE, Status.LAPSED, asked + timedelta(days=10)),
        ],
    )
    make_case(
        station,
        sent=timezone.now() - timedelta(hours=90),
        history=[
            (Move.ASK, Status.WAITING_CITIZEN, timezone.now() - timedelta(hours=80))
        ],
        touched_at=timezone.now(),
    )
    rollups.rebuild_all(at=timezone.now())

    response = look(client)

    for table in (response.context["table"], response.context["by_month"]):
        for row in table["rows"]:
            for cell in row["cells"]:
                if "url" in cell:
                    behind = client.get(cell["url"]).context["table"]["rows"]
                    counted = cell["text"]
                    if cell["group"] == "late":
                        counted = lacking(row["cells"])
                    if "from" in cell:
                        continue
                    counted = str(cell.get("of", counted))
                    assert counted == str(len(behind)), (row["label"], cell)


def lacking(cells) -> str:
    """Return how many the share on time lacks, of those it is a share of."""
    told = {
        cell["group"]: cell["text"]
        for cell in cells
        if "of" not in cell and "from" not in cell
    }
    of = int(told["resolved"]) + int(told["open_overdue"]) + int(told["lapsed"])
    share = told["late"].rstrip("%").replace(",", ".").replace("–", "0")
    return str(round(of * (1 - float(share) / 100)))


def test_who_resolves_nothing_stands_first_and_is_toned_as_late(client):
    nation = make_root()
    quick, lying = (
        make_organization(f"SYT-{n}", parent=nation, name=f"Sở Y tế {n}")
        for n in (7, 8)
    )
    for department in (quick, lying):
        Organization.objects.filter(pk=department.pk).update(kind="health_department")
        resolved_after(60, holder=department)
    for _ in range(2):
        make_case(lying, sent=timezone.now() - timedelta(hours=90))
    resolved_after(2, holder=lying)
    make_case(lying, sent=timezone.now() - timedelta(hours=90))
    make_case(lying, sent=timezone.now() - timedelta(hours=90))
    resolved_after(900, holder=quick)
    rollups.rebuild_all(at=timezone.now())
    client.force_login(make_staff(nation, role="overseer"))

    seen = look(client, **{"from": "2026-06"}).context

    assert [row["label"] for row in seen["table"]["rows"]][0] == lying.name
    tones = {tile["name"]: tile["tone"] for tile in seen["tiles"]}
    assert tones["8"] == "very-late"


def test_the_list_behind_a_figure_names_no_person(client, province):
    make_case(province, sent=timezone.now() - timedelta(hours=1))
    rollups.rebuild_all(at=timezone.now())

    page = texts(client.get(reverse("oversight:cases")))

    assert "Nguyễn Thị Hường" not in page
    assert "Trạm" in page or "Sở Y tế" in page


def test_an_administrator_sees_figures_and_no_links_to_people(client, province):
    make_case(province, sent=timezone.now() - timedelta(hours=1))
    rollups.rebuild_all(at=timezone.now())
    client.force_login(make_staff(province, role="administrator"))

    assert look(client).status_code == 200
    rows = client.get(reverse("oversight:cases")).context["table"]["rows"]
    assert [row["url"] for row in rows] == [""]


@pytest.mark.parametrize("role", ["clerk", "staff"])
def test_who_does_not_oversee_sees_no_figures(client, province, role):
    client.force_login(make_staff(province, role=role))

    assert look(client).status_code == 404


@pytest.mark.parametrize("page", ["oversight:times", "oversight:cases"])
def test_what_lies_outside_is_not_there(client, page):
    make_root()
    make_organization("TYT-X")

    for code in ("VN", "TYT-X", "KHONG-CO"):
        assert client.get(reverse(page), {"organization": code}).status_code == 404


def test_broken_filters_fall_back_to_what_is_usual(client):
    response = look(client, to="2026-13", kind="x", cohort="y", **{"from": "1"})

    assert response.status_code == 200
    assert response.context["cohort"] == "opened"
    assert len(response.context["by_month"]["rows"]) == 6


def test_more_organizations_take_no_more_statements(client, province):
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert look(client).status_code == 200
        return sum(
            not query["sql"].startswith((*FRAME, READ_SCOPE)) for query in captured
        )

    resolved_after(1, holder=make_organization("TYT-1", parent=province))
    rollups.rebuild_all(at=timezone.now())
    look(client)
    with_one = count()
    for number in range(10):
        resolved_after(2, holder=make_organization(f"LD-{number}", parent=province))
    rollups.rebuild_all(at=timezone.now())

    assert count() == with_one
    assert with_one <= 12, "session, user, units, policy, figures, signs, replies"


def test_the_second_page_tells_each_figure_with_its_meaning(client, province):
    station = make_organization("TYT-1", parent=province)
    resolved_after(3, holder=station)
    resolved_after(70, holder=station)
    make_case(station, sent=timezone.now() - timedelta(days=10))
    rollups.rebuild_all(at=timezone.now())

    response = client.get(reverse("oversight:detail"))

    page = texts(response)
    assert response.status_code == 200
    for row in response.context["cohorts"]:
        assert str(row["meaning"]) in html.unescape(page), row["name"]
    assert response.context["survival"]["series"][0]["values"][:2] == [
        pytest.approx(100 * 2 / 3),
        pytest.approx(100 * 2 / 3),
    ]
    assert [row["cells"][1] for row in response.context["backlog"]["rows"]] == [
        *"00100"
    ]


@pytest.mark.parametrize("path", ["SYT", "TYT-1"])
def test_the_second_page_says_of_a_body_and_of_a_whole_the_same(client, province, path):
    """All that the province has lies in its station."""
    station = make_organization("TYT-1", parent=province)
    for hours in (3, 30, 70, 200):
        resolved_after(hours, holder=station)
    make_case(station, sent=timezone.now() - timedelta(days=10))
    rollups.rebuild_all(at=timezone.now())

    seen = client.get(reverse("oversight:detail"), {"organization": path}).context

    shares = seen["survival"]["series"][0]["values"]
    assert [round(share) for share in shares[:3]] == [80, 60, 40]
    assert len(seen["forecast"]) == 4
    assert str(seen["cohorts"][0]["cells"][0]["text"]) == "5"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_table_can_be_taken_along_and_the_audit_knows(client, province, form):
    station = make_organization("TYT-1", parent=province)
    resolved_after(3, holder=station)
    rollups.rebuild_all(at=timezone.now())

    asked = {"kind": Kind.WRONG_DOSE, "channel": "self", "cohort": "closed"}
    response = client.get(reverse("oversight:file", args=[form]), asked)

    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    if form == "csv":
        lines = response.content.decode("utf-8-sig").splitlines()
        assert lines[1].startswith('"Sở Y tế tỉnh Hòa Bình","SYT","","1","1","2.97"')
        assert lines[2].startswith('"Trạm Y tế TYT-1"')
        filters = '"Sai thông tin mũi tiêm","Người dân tự gửi","lúc kết thúc"'
        assert all(line.endswith(filters) for line in lines[1:])
    entry = Entry.objects.get(subject="complaints.figures")
    assert entry.detail.startswith(f"{form} ")
    assert entry.organization == province.pk


def test_figures_of_others_cannot_be_taken_along(client):
    make_organization("TYT-X")

    for name, args in (("file", ["csv"]), ("detail", []), ("print", [])):
        address = reverse(f"oversight:{name}", args=args)
        assert client.get(address, {"organization": "TYT-X"}).status_code == 404


def test_provinces_stand_as_tiles_and_as_a_table(client):
    nation = make_root()
    department = make_organization("SYT-2", parent=nation, name="Sở Y tế Nghệ An")
    Organization.objects.filter(pk=department.pk).update(kind="health_department")
    resolved_after(60, holder=department)
    rollups.rebuild_all(at=timezone.now())
    client.force_login(make_staff(nation, role="overseer"))

    response = look(client)

    [tile] = response.context["tiles"]
    assert (tile["name"], tile["tone"], tile["few"]) == ("Nghệ An", "late", True)
    assert response.context["table"]["rows"][0]["label"] == "Sở Y tế Nghệ An"
    assert 'class="late"' in texts(response)


def too_slow(execute, sql, params, many, context):
    done = execute(sql, params, many, context)
    if "complaints_measure" in sql or "complaints_gamingsign" in sql:
        execute("SELECT pg_sleep(20)", None, False, context)
    return done


@pytest.mark.parametrize("page", ["times", "detail", "gaming", "cases", "gaming_cases"])
def test_figures_that_take_too_long_are_stopped_and_say_what_to_do(
    client, province, monkeypatch, page
):
    monkeypatch.setattr(reading, "LIMIT_SECONDS", 0.05)

    with connection.execute_wrapper(too_slow):
        answer = client.get(reverse(f"oversight:{page}"), {"group": "late"})

    assert answer.status_code == 503
    assert "ít tháng hơn" in texts(answer)


def test_while_figures_are_read_nothing_can_be_written(province):
    with pytest.raises(InternalError, match="read-only"), reading.figures():
        Organization.objects.filter(pk=province.pk).update(name="x")

    Organization.objects.filter(pk=province.pk).update(name="x")


def test_figures_that_are_not_whole_yet_say_so_and_are_not_taken_along(
    client, province
):
    """Of a first count in parts a page shows some; its tables would lie elsewhere."""
    for number in range(2):
        station = make_organization(f"TYT-{number}", parent=province)
        resolved_after(3, holder=station)
    rollups.rebuild_changed(at=timezone.now(), limit=1, seconds=0)
    words = "Số liệu đang được tính lại từ đầu"
    pages = [reverse(f"oversight:{name}") for name in ("times", "detail", "gaming")]
    files = [reverse("oversight:file", args=["csv"])]
    files += [reverse("oversight:print")] if pdf.is_available() else []

    for page in pages:
        assert words in texts(client.get(page)), page
    for page in files:
        refused = client.get(page)
        assert (refused.status_code, words in texts(refused)) == (503, True), page

    rollups.rebuild_changed(at=timezone.now())
    for page in pages:
        assert words not in texts(client.get(page)), page
    assert [client.get(page).status_code for page in files] == [200] * len(files)
