"""The queue: whose cases, in what order, at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints import counting, worklist
from complaints.choices import Kind, Move, Status
from complaints.models import Skip
from portal.common import codes
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db
# What the transaction itself needs is no work of the page.
FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT", "SELECT set_config")
READ_SCOPE = "SELECT coalesce(current_setting"


def statements(client, address: str, **headers) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address, headers=headers)
    assert response.status_code == 200
    return [
        query["sql"]
        for query in captured
        if not query["sql"].startswith((*FRAME, READ_SCOPE))
    ]


def ago(**duration: float):
    return timezone.now() - timedelta(**duration)


def shown(response) -> list[str]:
    return [row["code"] for row in response.context["rows"]]


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def client(client, station):
    client.force_login(make_staff(station))
    return client


def test_own_cases_and_those_below_are_shown_due_first(client, station):
    below = make_organization("LD-1", parent=station)
    later = make_case(below, sent=ago(hours=1))
    first = make_case(station, sent=ago(hours=30))
    make_case(make_organization("TYT-2"), sent=ago(hours=40))
    make_case(
        station,
        sent=ago(hours=50),
        history=[(Move.RESOLVE, Status.RESOLVED, ago(hours=1))],
    )

    response = client.get(reverse("casework:queue"))

    assert shown(response) == [first.reference, later.reference]


def test_a_person_is_shown_with_year_of_birth_and_without_number(client, station):
    make_case(station, sent=ago(hours=1))

    page = client.get(reverse("casework:queue")).content.decode()

    assert "Nguyễn Thị Hường, 1958" in page
    assert "001158000123" not in page


def test_views_and_kinds_narrow_the_queue(client, station):
    overdue = make_case(station, sent=ago(hours=60))
    soon = make_case(station, sent=ago(hours=30), kind=Kind.NOT_MINE)
    waiting = make_case(
        station,
        sent=ago(hours=70),
        history=[(Move.ASK, Status.WAITING_CITIZEN, ago(hours=69))],
    )

    def view(query: str) -> list[str]:
        return shown(client.get(reverse("casework:queue") + query))

    assert view("?view=overdue") == [overdue.reference]
    assert view("?view=soon") == [soon.reference]
    assert view("?view=waiting") == [waiting.reference]
    assert view("?view=mine") == []
    assert view("?kind=not_mine") == [soon.reference]
    assert len(view("?view=nonsense")) == 3


def test_a_case_is_found_by_code_telephone_number_and_name(client, station):
    case = make_case(station, sent=ago(hours=1))
    make_case(
        station,
        submission=make_submission(
            at=ago(hours=2),
            full_name="Trần Văn Đạt",
            national_id="079090001111",
            phone="+84900000999",
        ),
        sent=ago(hours=2),
    )
    words = [codes.pretty(case.submission.code), "0900 000 215", "001158000123"]

    for typed in [*words, "nguyen thi huong", "Hường"]:
        response = client.post(reverse("casework:search"), {"q": typed}, follow=True)
        assert shown(response) == [case.reference], typed
        address, status = response.redirect_chain[-1]
        assert status == 303
        assert not any(word in address for word in ("0900", "Hường", "huong", "00115"))


def test_a_search_does_not_reach_strangers_cases(client, station):
    other = make_case(make_organization("TYT-2"), sent=ago(hours=1))

    response = client.post(
        reverse("casework:search"), {"q": other.submission.code}, follow=True
    )

    assert shown(response) == []


def test_pages_follow_one_another_without_gap_or_repeat(client, station):
    sent = ago(hours=10)
    expected = [make_case(station, sent=sent).reference for _ in range(60)]
    address, seen = reverse("casework:queue"), []

    while address:
        response = client.get(address)
        seen += shown(response)
        following = response.context["next_url"]
        address = reverse("casework:queue") + following if following else ""

    assert seen == expected


@pytest.mark.parametrize("after", ["x", "1-", "-1", "9" * 40 + "-1", "1-²"])
def test_a_broken_place_shows_the_first_page(client, station, after):
    make_case(station, sent=ago(hours=1))

    response = client.get(reverse("casework:queue"), {"after": after})

    assert len(shown(response)) == 1


def test_a_count_is_exact_up_to_the_limit_and_more_beyond(client, station, monkeypatch):
    monkeypatch.setattr(worklist, "MOST_COUNTED", 3)
    for _ in range(4):
        make_case(station, sent=ago(hours=1))

    views = client.get(reverse("casework:queue")).context["views"]

    everything, soon = views[0], views[1]
    assert (everything["count"], everything["is_more"]) == (3, True)
    assert (soon["count"], soon["is_more"]) == (0, False)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_a_longer_queue_takes_no_more_statements(client, station, headers):
    """Each case has its own site, dose and colleague, so a missing join would show."""
    make_case(station, sent=ago(hours=1))
    client.get(reverse("casework:queue"))
    with_one = statements(client, reverse("casework:queue"), **headers)

    for number in range(12):
        below = make_organization(f"LD-{number}", parent=station)
        make_case(
            below,
            sent=ago(hours=2),
            dose=make_dose(make_person(), below),
            assignee=make_staff(below),
        )
    with_many = statements(client, reverse("casework:queue"), **headers)

    assert len(with_many) == len(with_one)
    assert len(with_one) <= 5, "session, user with postings, views, rows, counts"


@pytest.mark.parametrize("view", worklist.VIEWS)
@pytest.mark.parametrize("paths", [[], ["/LD-1/"], ["/LD-1/", "/LD-2/"]], ids=len)
def test_a_view_is_counted_by_the_very_query_that_lists_it(view, paths):
    """Twice, as the second count is put together from what was built for the first."""
    for at, user in (
        (timezone.now(), make_staff(make_organization("LD-1"))),
        (ago(days=3), make_staff(make_organization("LD-2"))),
    ):
        cases = worklist.narrow(worklist.at_and_below(paths), view, user=user, at=at)

        built = counting.of_view(view, paths=paths, user=user, at=at, most=20)

        plain = counting.of(cases, most=20)
        assert (built.sql, list(built.params)) == (plain.sql, list(plain.params))


def test_an_administrator_is_led_to_the_figures(client, station):
    client.force_login(make_staff(station, role="administrator"))

    response = client.get(reverse("casework:queue"))

    assert response["Location"] == reverse("oversight:times")


def test_without_an_account_one_is_asked_to_sign_in():
    response = Client().get(reverse("casework:queue"))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))


def test_who_looks_at_a_case_is_seen_by_colleagues_in_list_and_case(client, station):
    case = make_case(station, sent=ago(hours=1))
    colleague = Client()
    colleague.force_login(make_staff(station))
    where = [case.submission.code, case.number]
    address, here = (
        reverse(f"casework:{n}", args=where) for n in ("case", "who_is_here")
    )

    assert client.get(address).context["there"] == []
    assert client.get(address).context["there"] == []
    assert colleague.get(address).context["there"] == ["Lê Thị Lan"]
    assert client.post(here).context["there"] == ["Lê Thị Lan"]
    (row,) = client.get(reverse("casework:queue")).context["rows"]
    assert row["looked_at_by"] == "Lê Thị Lan"


def test_the_next_one_is_shown_given_and_can_be_passed_by(client, station):
    first = make_case(station, sent=ago(hours=9))
    second = make_case(station, sent=ago(hours=8))
    where = [first.submission.code, first.number]
    skip = reverse("casework:skip", args=where)

    page = client.post(reverse("casework:take_next"), follow=True)
    assert page.context["complaint"] == first
    assert skip in page.content.decode()

    page = client.post(skip, {"reason": ""}, follow=True)
    assert page.context["complaint"] == first
    assert page.context["is_given"]
    page = client.post(skip, {"reason": "papers"}, follow=True)
    assert page.context["complaint"] == second
    shown = client.get(reverse("casework:case", args=where)).content.decode()
    assert str(Skip.Reason.PAPERS.label) in shown
    assert skip not in shown


def test_when_nothing_is_left_that_is_said(client):
    page = client.post(reverse("casework:take_next"), follow=True)

    assert len(page.context["messages"]) == 1
