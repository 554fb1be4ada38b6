"""What is asked of figures: months as people type them, and peers of these months."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import figures, rollups
from complaints.choices import Move, Status
from complaints.views import figures_asked, figures_file
from portal.common import pdf
from portal.registry.models import Organization
from tests.pages.cases import make_case, make_organization, make_root, make_staff

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def province(client):
    found = make_organization("SYT", name="Sở Y tế tỉnh Hòa Bình")
    client.force_login(make_staff(found, role="overseer"))
    return found


def months_of(response) -> list[str]:
    return [row["label"] for row in reversed(response.context["by_month"]["rows"])]


@pytest.mark.parametrize(
    ("first", "last", "shown", "said"),
    [
        ("2026-09", "2026-10", ["09/2026", "10/2026"], ""),
        ("9/2026", "10/2026", ["09/2026", "10/2026"], ""),
        ("2026-10", "2026-09", ["09/2026", "10/2026"], "đã được đổi chỗ"),
        ("tháng 9", "2026-10", None, "“tháng 9” không phải là tháng"),
        ("2026-13", "2026-10", None, "“2026-13” không phải là tháng"),
        ("2023-01", "2026-10", None, "tối đa 24 tháng"),
    ],
)
def test_months_are_read_as_typed_or_it_is_said_what_was_changed(
    client, province, first, last, shown, said
):
    response = client.get(reverse("oversight:times"), {"from": first, "to": last})

    page = response.content.decode()
    assert said in page
    assert bool(said) == bool(response.context["notes"])
    if shown is not None:
        assert months_of(response) == shown
    for name in ("detail", "cases", "gaming"):
        address = reverse(f"oversight:{name}")
        there = client.get(address, {"from": first, "to": last})
        assert said in there.content.decode(), name


def test_what_was_typed_is_no_markup(client, province):
    page = client.get(reverse("oversight:times"), {"from": "<b>x"}).content.decode()

    assert "&lt;b&gt;x" in page


def settle(holder, month: date, hours: int, times: int = 20) -> None:
    sent = timezone.make_aware(datetime.combine(month, time(8)))
    for _ in range(times):
        ended = sent + hours * HOUR
        make_case(holder, sent=sent, history=[(Move.RESOLVE, Status.RESOLVED, ended)])


def peers(client, **query):
    rollups.rebuild_all(at=timezone.now())
    return client.get(reverse("oversight:detail"), query).context["peers"]


def test_peers_are_of_the_last_month_asked_that_has_ended(client, province):
    this = timezone.localdate().replace(day=1)
    old, newer = (figures.month_after(this, -n) for n in (3, 1))
    stations = [make_organization(f"TYT-{n}", parent=province) for n in range(5)]
    for place, station in enumerate(stations):
        settle(station, old, 10 + place)
        settle(station, newer, 30 - place)

    asked = {"organization": "TYT-1"}
    then = peers(client, **asked, **{"from": f"{old:%Y-%m}", "to": f"{old:%Y-%m}"})
    now = peers(client, **asked)

    assert f"{old:%m/%Y}" in then["text"]
    assert "thứ 2 trong 5" in then["text"]
    assert [row["cells"][1:] for row in then["table"]["rows"]] == [
        ["1", "10,0 giờ"],
        ["2", "11,0 giờ"],
        ["3", "12,0 giờ"],
        ["4", "13,0 giờ"],
        ["5", "14,0 giờ"],
    ]
    assert then["table"]["rows"][1]["cells"][0] == "Đơn vị này"
    assert f"{newer:%m/%Y}" in now["text"]
    assert "thứ 4 trong 5" in now["text"]


def test_who_has_no_other_of_its_kind_is_compared_with_nobody(client):
    nation = make_root()
    department = make_organization("SYT-9", parent=nation)
    Organization.objects.filter(pk=department.pk).update(kind="health_department")
    settle(nation, figures.month_after(timezone.localdate().replace(day=1), -1), 9)
    client.force_login(make_staff(nation, role="overseer"))

    assert peers(client) is None


def test_the_report_for_paper_holds_both_pages(client, province):
    settle(province, figures.month_after(timezone.localdate().replace(day=1), -1), 9)
    rollups.rebuild_all(at=timezone.now())
    request = client.get(reverse("oversight:times")).wsgi_request
    asked = figures_asked.read(request, at=timezone.now())

    page = figures_file.report(request, asked)

    assert page.count("<h1") == 1
    for heading in ("by-organization", "by-month", "cohorts", "backlog", "ledger"):
        assert f'<h2 id="{heading}">' in page, heading
    answer = client.get(reverse("oversight:print"))
    assert answer.status_code == (200 if pdf.is_available() else 404)
    assert answer.content.startswith(b"%PDF") == pdf.is_available()


def test_on_paper_small_numbers_are_told_of_what_they_are_of(client, province):
    """Of what was sent then enough was resolved, of what ended then too little was."""
    month = figures.month_after(timezone.localdate().replace(day=1), -1)
    sent = timezone.make_aware(datetime.combine(month, time(12)) - timedelta(days=3))
    for number in range(25):
        ended = sent + timedelta(hours=1 if number < 5 else 24 * 5)
        case_of = [(Move.RESOLVE, Status.RESOLVED, ended)]
        make_case(province, sent=sent, history=case_of)
    rollups.rebuild_all(at=timezone.now())
    before = figures.month_after(month, -1)
    typed = {"month": f"{before:%Y-%m}"}

    for address, of_sending in (("times", False), ("detail", True)):
        page = client.get(reverse(f"oversight:{address}"), typed).context
        assert page.get("is_few", page.get("is_few_of_either")) == of_sending
    request = client.get(reverse("oversight:times"), typed).wsgi_request
    asked = figures_asked.read(request, at=timezone.now())
    page = figures_file.report(request, asked)
    assert page.count("tỷ lệ này chưa nói lên nhiều") == 1
