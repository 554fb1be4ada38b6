"""The queue: whose cases, in what order, at what cost."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints import queue_counts, worklist
from complaints.choices import Actor, Kind, Move, Status
from complaints.models import Event, Evidence, Referral, Skip
from complaints.views import queue
from complaints.views.case_keys import LETTERS, MAP
from portal.audit.models import Entry
from portal.common import codes, scope
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
def staff(station):
    return make_staff(station)


@pytest.fixture
def client(client, staff):
    client.force_login(staff)
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


def test_a_person_is_shown_by_initials_and_year_of_birth_without_number(
    client, station
):
    make_case(station, sent=ago(hours=1))

    page = client.get(reverse("casework:queue")).content.decode()

    assert "Nguyễn T. H., 1958" in page
    assert "Hường" not in page
    assert "001158000123" not in page


def test_a_row_says_where_with_what_how_often_and_whom_it_waits_for(client, station):
    school = make_organization("TR-1", name="Trường tiểu học Kim Đồng")
    by_dose = make_case(
        station, sent=ago(hours=4), dose=make_dose(make_person(), school)
    )
    told = make_case(station, sent=ago(hours=3), site=school, reported_again=2)
    plain = make_case(station, sent=ago(hours=2))
    asked = make_case(
        station,
        sent=ago(hours=1),
        history=[(Move.WAIT, Status.WAITING_AUTHORITY, ago(minutes=5))],
    )
    with scope.system():
        for case, state in ((told, "quarantined"), (plain, "refused")):
            Evidence.objects.create(
                submission=case.submission,
                media_type="image/jpeg",
                sha256=b"x" * 32,
                bytes=1,
                state=state,
                refusal="broken" if state == "refused" else "",
                uploaded_at=timezone.now(),
            )
        Referral.objects.create(
            event=asked.events.get(move=Move.WAIT),
            complaint=asked,
            authority_name="Công an phường Thử",
            points=[],
            expected_at=timezone.now(),
        )

    rows = {
        row["code"]: row
        for row in client.get(reverse("casework:queue")).context["rows"]
    }

    assert rows[by_dose.reference]["place"] == "Trường tiểu học Kim Đồng"
    assert rows[told.reference]["place"] == "Trường tiểu học Kim Đồng"
    assert rows[told.reference]["marks"] == "có ảnh · báo lại 2 lần"
    assert (rows[plain.reference]["place"], rows[plain.reference]["marks"]) == ("", "")
    assert rows[asked.reference]["waits_for"] == "Công an phường Thử"


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

        built = queue_counts.of_view(view, paths=paths, user=user, at=at, most=20)

        plain = queue_counts.of(cases, most=20)
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


def test_a_list_is_printed_with_its_filters_and_the_look_is_written_down(
    client, station, staff, monkeypatch
):
    monkeypatch.setattr(queue, "MOST_PRINTED", 2)
    cases = [make_case(station, sent=ago(hours=h), kind=Kind.NOT_MINE) for h in (9, 8)]
    other = make_case(station, sent=ago(hours=7))
    page = client.get(reverse("casework:queue") + "?kind=not_mine").content.decode()
    address = f"{reverse('casework:queue_print')}?kind=not_mine"
    assert f'href="{address}"' in page

    paper = client.get(address)
    everything = client.get(reverse("casework:queue_print"))

    assert shown(paper) == [case.reference for case in cases]
    assert not paper.context["is_part"]
    assert "data-print" in paper.content.decode()
    assert "Nguyễn T. H., 1958" in paper.content.decode()
    assert other.reference not in shown(everything)
    assert everything.context["is_part"]
    look = Entry.objects.filter(subject="complaints.worklist").first()
    assert (look.actor_id, look.detail) == (staff.pk, "print 2")


def test_the_map_of_keys_names_every_letter_of_list_and_case(client, station):
    case = make_case(station, sent=ago(hours=1))
    where = [case.submission.code, case.number]
    pages = client.get(reverse("casework:queue")).content.decode()
    pages += client.get(reverse("casework:case", args=where)).content.decode()

    used = set(re.findall(r'data-key="(\w)"', pages))

    assert {"e", "b", "f", "s", "h"} <= used
    assert used | set(LETTERS.values()) <= {letter for letter, _words in MAP}


def ask_news(client, page):
    """Ask as the open page does, by the address that it bears."""
    return client.get(page.context["news_url"])


def happened(case, *, by=None, move=Move.ANSWER):
    with scope.system():
        Event.objects.create(
            complaint=case,
            move=move,
            at=timezone.now(),
            actor=Actor.STAFF if by else Actor.CITIZEN,
            by=by,
            status=case.status,
            round=case.round,
            holder=case.holder,
        )


def test_an_open_list_says_what_is_new_in_it_and_nothing_twice(client, station, staff):
    known = make_case(station, sent=ago(hours=3))
    page = client.get(reverse("casework:queue"))
    assert 'hx-trigger="every 45s"' in page.content.decode()
    assert ask_news(client, page).status_code == 204

    make_case(station, sent=timezone.now())
    happened(known)
    happened(known)
    happened(known, move=Move.NOTE)
    make_case(make_organization("TYT-9"), sent=timezone.now())
    told = ask_news(client, page)

    assert told.context["count"] == 2, (
        "one is new, one has changed; by others, in sight"
    )
    assert "2 hồ sơ" in told.content.decode()
    assert client.get(told.context["news_url"]).status_code == 204, "it was said"
    happened(make_case(station, sent=ago(hours=2)), by=staff)
    assert client.get(told.context["news_url"]).status_code == 204, "the reader's own"
    assert ask_news(client, client.get(reverse("casework:queue"))).status_code == 204


def test_the_news_are_those_of_the_filters(client, station):
    page = client.get(reverse("casework:queue") + "?kind=not_mine")
    make_case(station, sent=timezone.now(), kind=Kind.MISSING_DOSE)
    assert ask_news(client, page).status_code == 204

    make_case(station, sent=timezone.now(), kind=Kind.NOT_MINE)

    told = ask_news(client, page)
    assert told.context["count"] == 1
    assert told.context["reload_url"].endswith("?kind=not_mine")


def test_an_open_list_says_which_of_its_cases_colleagues_have_open(client, station):
    case = make_case(station, sent=ago(hours=3))
    page = client.get(reverse("casework:queue"))
    colleague = Client()
    colleague.force_login(make_staff(station))
    colleague.get(reverse("casework:case", args=[case.submission.code, case.number]))

    told = ask_news(client, page)

    assert case.pretty_reference in told.content.decode()
    assert "Lê Thị Lan" in told.content.decode()
    own = ask_news(colleague, colleague.get(reverse("casework:queue")))
    assert own.status_code == 204, "not what one has open oneself"


@pytest.mark.parametrize("shown", ["", "x", "9" * 40])
def test_nonsense_for_the_time_of_a_list_has_no_news(client, shown):
    address = reverse("casework:queue_news")
    assert client.get(address, {"shown": shown}).status_code == 204


def test_an_old_list_is_said_to_be_old_without_a_look_at_what_is_new(client, station):
    shown = round(ago(hours=2).timestamp() * 1_000_000)
    address = f"{reverse('casework:queue_news')}?shown={shown}"

    told = client.get(address)

    assert "đã cũ hơn một giờ" in told.content.decode()
    assert len(statements(client, address)) <= 3
    assert client.get(told.context["news_url"]).status_code == 204


def test_news_take_six_statements_and_no_more_for_a_longer_list(client, station):
    page = client.get(reverse("casework:queue"))
    counts = []
    for _ in range(2):
        make_case(station, sent=timezone.now())
        counts.append(len(statements(client, page.context["news_url"])))
    assert counts[0] == counts[1] <= 6


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
