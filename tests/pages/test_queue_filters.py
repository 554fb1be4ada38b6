"""Filters of the queue: alone, together, with a search, kept as views, for a set."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints import filters, worklist
from complaints.actions import saved_views
from complaints.choices import Kind, Move, Status
from complaints.filters import Filters
from complaints.models import Bulk, BulkItem, Complaint, Evidence, SavedView
from complaints.rules.refused import Refused
from portal.accounts.models import Posting
from portal.common import scope
from tests.pages.cases import (
    make_case,
    make_organization,
    make_staff,
    make_submission,
)
from tests.pages.test_queue import ago, shown, statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre():
    return make_organization("TTYT-1", name="Trung tâm Y tế Một")


@pytest.fixture
def station(centre):
    return make_organization("TYT-1", parent=centre, name="Trạm Y tế Bến Nghé")


@pytest.fixture
def nurse(centre):
    return make_staff(centre)


@pytest.fixture
def client(client, nurse):
    client.force_login(nurse)
    return client


def ask(client, query=""):
    return client.get(f"{reverse('casework:queue')}{query}")


def found(client, query):
    response = ask(client, query)
    assert response.status_code == 200
    return set(shown(response))


def with_photo(case, state="quarantined"):
    Evidence.objects.create(
        submission=case.submission,
        media_type="image/jpeg",
        sha256=b"x" * 32,
        bytes=1,
        state=state,
        refusal="broken" if state == "refused" else "",
        uploaded_at=timezone.now(),
    )


@pytest.fixture
def cases(centre, station, nurse):
    """Return cases by a word that says in what each differs from the usual."""
    other = make_organization("TYT-2", parent=centre, name="Trạm Y tế Đa Kao")
    usual = {
        "sent": ago(hours=3),
        "kind": Kind.MISSING_DOSE,
        "site": station,
        "given_on": date(2021, 9, 14),
        "lot": "ABX4471",
    }

    def made(holder=station, **facts):
        return make_case(holder, **usual | facts)

    return {
        "usual": made(),
        "late": made(sent=ago(hours=60)),
        "soon": made(sent=ago(hours=30)),
        "kind": made(kind=Kind.NOT_MINE),
        "photo": made(),
        "refused photo": made(),
        "again": made(reported_again=2),
        "site": made(site=other),
        "day": made(given_on=date(2021, 9, 30)),
        "year": made(given_on=date(2022, 1, 5)),
        "lot": made(lot="FK1234"),
        "mine": made(assignee=nurse),
        "colleague": made(assignee=make_staff(centre)),
        "below": made(other),
        "urgent": made(urgent_on=date(2026, 12, 1)),
        "citizen": made(
            history=[(Move.ASK, Status.WAITING_CITIZEN, ago(hours=1))],
        ),
        "authority": made(
            history=[(Move.ACCEPT, Status.WAITING_AUTHORITY, ago(hours=1))],
        ),
        "second": made(
            history=[(Move.PROPOSE, Status.AWAITING_SECOND, ago(hours=1))],
        ),
    }


# What an address asks for -> the cases that fit; "-" before those that do not.
ALONE = [
    ("?due=overdue", "late"),
    ("?due=soon", "soon"),
    ("?due=urgent", "urgent"),
    ("?due=later", "- late, soon, citizen"),
    ("?kind=not_mine", "kind"),
    ("?waits=citizen", "citizen"),
    ("?waits=authority", "authority"),
    ("?waits=second", "second"),
    ("?waits=us", "- citizen, authority, second"),
    ("?photo=yes", "photo"),
    ("?photo=no", "- photo"),
    ("?again=yes", "again"),
    ("?site=TYT-2", "site"),
    ("?day=14/9/2021", "- day, year"),
    ("?day=9/2021", "- year"),
    ("?day=2022", "year"),
    ("?day=2021-09-30", "day"),
    ("?lot=fk 1234", "lot"),
    ("?assignee=me", "mine"),
    ("?assignee=nobody", "- mine, colleague"),
    ("?unit=TYT-2", "below"),
    ("?view=overdue&kind=not_mine", ""),
    ("?kind=missing_dose&photo=yes&day=9/2021&lot=ABX4471&assignee=nobody", "photo"),
    ("?due=later&site=TYT-1&unit=TYT-1&lot=ABX4471&again=yes&waits=us", "again"),
]


def test_each_filter_shows_the_cases_that_fit_and_no_other(client, cases):
    with_photo(cases["photo"])
    with_photo(cases["refused photo"], state="refused")
    wrong = {}

    for query, words in ALONE:
        named = {cases[w.strip()].reference for w in words.strip("- ").split(",") if w}
        everything = {case.reference for case in cases.values()}
        expected = everything - named if words.startswith("-") else named
        if (seen := found(client, query)) != expected:
            wrong[query] = seen ^ expected

    assert not wrong


def test_today_ends_at_midnight_in_vietnam(station, nurse):
    morning = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    before, _after = (
        make_case(station, sent=morning - timedelta(hours=9), due_at=due_at)
        for due_at in (
            datetime(2026, 11, 20, 16, 59, tzinfo=UTC),
            datetime(2026, 11, 20, 17, 0, tzinfo=UTC),
        )
    )

    with scope.system():
        today = Filters(due="today").narrow(
            Complaint.objects.all(), path=None, user=nurse, at=morning
        )
        assert list(today) == [before]


def test_a_colleague_is_chosen_by_name_and_stands_in_the_address_without(client, cases):
    lan = cases["colleague"].assignee

    page = ask(client, "?filters=open")
    choices = dict(
        next(f for f in page.context["panel"]["fields"] if f["name"] == "assignee")[
            "choices"
        ]
    )

    assert choices[str(lan.ref)] == "Lê Thị Lan"
    assert found(client, f"?assignee={lan.ref}") == {cases["colleague"].reference}


def test_fields_are_shown_when_asked_for_and_keep_what_is_chosen(client, cases):
    closed = ask(client, "?kind=not_mine").context["panel"]
    page = ask(client, closed["open_url"].partition("#")[0])
    opened = page.context["panel"]

    assert (closed["fields"], closed["is_open"]) == ([], False)
    assert {f["name"]: f["value"] for f in opened["fields"]}["kind"] == "not_mine"
    assert opened["close_url"] == "?kind=not_mine"
    assert shown(page) == [cases["kind"].reference]
    assert "filters=open" not in opened["query"]


def test_the_same_filters_make_the_same_address_and_are_read_back(client, cases):
    typed = "?view=all&due=&kind=missing_dose&day=9%2F2021&lot=abx+4471"

    page = ask(client, typed)

    kept = page.context["panel"]["query"]
    assert kept == "kind=missing_dose&day=2021-09&lot=ABX4471"
    assert set(shown(page)) == found(client, f"?{kept}")
    chips = [chip["label"] for chip in page.context["panel"]["chips"]]
    assert [chip.partition(": ")[2] for chip in chips[1:]] == ["09/2021", "ABX4471"]
    assert [chip["url"] for chip in page.context["panel"]["chips"]] == [
        "?day=2021-09&lot=ABX4471",
        "?kind=missing_dose&lot=ABX4471",
        "?kind=missing_dose&day=2021-09",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "?kind=nonsense",
        "?day=31/2/2021",
        "?day=hôm qua",
        "?assignee=lan",
        "?unit=TYT-9",
        "?site=TYT-9",
        f"?lot={'x' * 31}",
        "?site_text=khongconoinao",
        # Sealed in a session that is over; mistyped.
        "?q=*",
        "?q=123",
    ],
)
def test_what_is_not_understood_is_told_and_shows_no_case(client, cases, query):
    page = ask(client, query)

    assert page.status_code == 422
    assert shown(page) == []
    name, _equals, typed = query.removeprefix("?").partition("=")
    if name in ("day", "lot", "site_text"):
        assert f'value="{typed}"' in page.content.decode()
    refused = client.post(reverse("casework:bulks") + query, {"what": "all"})
    assert refused.status_code == 303
    assert not BulkItem.objects.exists()


def test_a_unit_out_of_reach_shows_nothing(client, cases):
    make_organization("TYT-X", parent=make_organization("TTYT-2"))

    assert ask(client, "?unit=TYT-X").status_code == 422


def test_a_site_is_found_by_a_part_of_its_name(client, cases):
    page = ask(client, "?site_text=da kao&kind=missing_dose")
    assert (page.status_code, page["Location"]) == (
        302,
        f"{reverse('casework:queue')}?kind=missing_dose&site=TYT-2",
    )

    typed = client.post(
        reverse("casework:search") + "?kind=missing_dose", {"q": "Trần"}
    )
    key = typed["Location"].partition("q=*")[2]
    searched = ask(client, f"?site_text=da kao&kind=missing_dose&q=*{key}")
    assert searched["Location"].endswith(f"?kind=missing_dose&site=TYT-2&q=%2A{key}")

    several = ask(client, "?site_text=tram y te")
    assert several.status_code == 422
    site = next(f for f in several.context["panel"]["fields"] if f["name"] == "site")
    assert {"TYT-1", "TYT-2"} <= {code for code, _name in site["choices"]}

    chosen = ask(client, "?site_text=tram y te&site=TYT-1")
    assert chosen["Location"] == f"{reverse('casework:queue')}?site=TYT-1"


def test_a_search_and_filters_hold_together_and_the_search_finds_ended_ones(
    client, cases, station
):
    ended = make_case(
        station,
        submission=make_submission(at=ago(hours=9), full_name="Trần Văn Đạt"),
        sent=ago(hours=9),
        kind=Kind.NOT_MINE,
        history=[(Move.RESOLVE, Status.RESOLVED, ago(hours=1))],
    )
    make_case(
        station,
        submission=make_submission(at=ago(hours=9), full_name="Trần Văn Đạt"),
        sent=ago(hours=9),
        kind=Kind.MISSING_DOSE,
    )

    page = client.post(
        f"{reverse('casework:search')}?kind=not_mine",
        {"q": "tran van dat"},
        follow=True,
    )

    assert shown(page) == [ended.reference]
    address = page.redirect_chain[-1][0]
    assert re.search(r"\?kind=not_mine&q=\*[0-9a-f]{8}$", address)
    assert "tran" not in str(dict(client.session.items())), "kept sealed"


def searched(client, words, query=""):
    """Return the page of a search by a name, reached as from its form."""
    where = reverse("casework:search") + query
    return client.post(where, {"q": words}, follow=True)


def called(name, station, **facts):
    sent = ago(hours=9)
    sender = make_submission(at=sent, full_name=name)
    return make_case(station, submission=sender, sent=sent, **facts)


def test_an_address_means_one_search_whatever_is_looked_for_beside_it(client, station):
    first, other = called("Đỗ Thị Ánh", station), called("Vũ Văn Bốn", station)
    one = searched(client, "do thi anh")
    two = searched(client, "vu van bon")

    back = client.get(one.redirect_chain[-1][0])
    again = f"{reverse('casework:bulks')}?{one.context['query']}"
    client.post(again, {"what": "all"})

    assert (shown(one), shown(two)) == ([first.reference], [other.reference])
    assert shown(back) == [first.reference]
    assert back.context["words"] == "do thi anh"
    with scope.system():
        assert [item.complaint for item in BulkItem.objects.all()] == [first]


def test_the_last_ten_searches_are_kept(client, station):
    first = searched(client, "do thi anh").redirect_chain[-1][0]
    for number in range(9):
        latest = searched(client, f"do thi {number}a")
    assert client.get(first).status_code == 200

    searched(client, "do thi b")

    assert client.get(first).status_code == 422
    assert client.get(latest.redirect_chain[-1][0]).status_code == 200


def test_what_fits_search_and_filters_is_found_among_however_many_of_the_name(
    client, station, monkeypatch
):
    """Cut to so many before the filters, it would be among them by chance alone."""
    monkeypatch.setattr(worklist, "MOST_FOUND", 3)
    monkeypatch.setattr(worklist, "MOST_COUNTED", 3)
    ended = [(Move.RESOLVE, Status.RESOLVED, ago(hours=1))]
    for _ in range(4):
        called("Nguyễn Văn Năm", station, history=ended)
    wanted = called("Nguyễn Văn Năm", station, kind=Kind.NOT_MINE)
    called("Nguyễn Văn Năm", station, kind=Kind.MISSING_DOSE)

    one = searched(client, "nguyen van", "?kind=not_mine")
    client.post(f"{reverse('casework:bulks')}?{one.context['query']}", {"what": "all"})
    everything = searched(client, "nguyen van")
    bulk = f"{reverse('casework:bulks')}?{everything.context['query']}"
    client.post(bulk, {"what": "all"})

    assert shown(one) == [wanted.reference]
    with scope.system():
        totals = Bulk.objects.order_by("pk").values_list("total", flat=True)
        assert list(totals) == [1, 2], "open ones, whatever has ended"


def test_a_search_that_too_many_fit_says_that_some_are_not_shown(
    client, station, monkeypatch
):
    for name in ("MOST_FOUND", "MOST_COUNTED", "PAGE"):
        monkeypatch.setattr(worklist, name, 2)
    words = "hơn 2 hồ sơ mang tên này"
    for number in range(3):
        called("Nguyễn Văn Năm", station)
        page = searched(client, "nguyen van").content.decode()
        assert (words in page) == (number == 2)
    next_page = ask(client, searched(client, "nguyen van").context["next_url"])
    assert words in next_page.content.decode()


def test_of_more_than_a_set_holds_the_button_names_how_many(client, cases, monkeypatch):
    monkeypatch.setattr(worklist, "MOST_COUNTED", 3)

    page = ask(client).content.decode()

    assert "3 hồ sơ khớp đầu tiên" in page


def test_views_bear_counts_that_are_those_of_their_pages(client, cases, nurse, centre):
    with_photo(cases["photo"])
    wanted = Filters(kind=Kind.MISSING_DOSE, photo="no", unit="TYT-1")
    for organization in (None, centre):
        saved_views.save(
            name="Thiếu mũi, không ảnh",
            filters=wanted,
            organization=organization,
            by=nurse,
            at=timezone.now(),
        )

    page = ask(client, f"?{wanted.query}")

    assert len(page.context["views"]) == len(worklist.VIEWS) + 2
    for view in page.context["views"]:
        assert view["count"] == len(client.get(view["url"]).context["rows"]), view[
            "label"
        ]
    assert [view["is_current"] for view in page.context["views"][-2:]] == [True] * 2
    assert page.context["all_count"] == len(shown(page))


def test_a_saved_view_counts_to_its_limit_and_says_more(
    client, cases, nurse, monkeypatch
):
    monkeypatch.setattr(worklist, "MOST_COUNTED_SAVED", 3)
    keep(nurse, kind=Kind.MISSING_DOSE)
    keep(nurse, kind=Kind.NOT_MINE)

    many, one = ask(client).context["views"][-2:]

    assert sorted(
        [(many["count"], many["is_more"]), (one["count"], one["is_more"])]
    ) == [
        (1, False),
        (3, True),
    ]


def keep(by, *, organization=None, name="", **chosen):
    return saved_views.save(
        name=name or f"Cách xem {chosen}"[:40],
        filters=Filters(**chosen),
        organization=organization,
        by=by,
        at=timezone.now(),
    )


def test_a_view_is_saved_shared_used_and_deleted_on_screen(client, cases, centre):
    colleague, stranger = Client(), Client()
    colleague.force_login(make_staff(centre))
    stranger.force_login(make_staff(make_organization("TTYT-2")))
    page = client.get(f"{reverse('casework:saved_views')}?kind=not_mine")
    typed = {"query": page.context["form"]["query"].value(), "name": "Không phải tôi"}

    nameless = client.post(reverse("casework:saved_views"), typed | {"name": ""})
    assert nameless.status_code == 422
    done = client.post(reverse("casework:saved_views"), typed | {"is_shared": "on"})
    again = client.post(reverse("casework:saved_views"), typed | {"is_shared": "on"})

    assert done["Location"] == f"{reverse('casework:queue')}?kind=not_mine"
    assert again.status_code == 422
    view = only_view()
    assert any("Không phải tôi" in v["label"] for v in ask(colleague).context["views"])
    assert len(ask(stranger).context["views"]) == len(worklist.VIEWS)
    delete = reverse("casework:saved_view_forget", args=[view.ref])
    assert stranger.post(delete).status_code == 404
    assert colleague.post(delete).status_code == 303
    assert only_view() == view
    assert client.post(delete).status_code == 303
    with scope.system():
        assert not SavedView.objects.exists()


def test_colleagues_to_choose_from_are_those_posted_there_now(client, centre):
    """Also who is there for a time, as a deputy is; not who is still to come."""
    now = timezone.now()
    deputy, gone, to_come = (make_staff(centre) for _ in range(3))
    for user, first, last in (
        (deputy, -5, 5),
        (gone, -9, -1),
        (to_come, 3, 9),
    ):
        posting = Posting.objects.filter(user=user)
        posting.update(
            valid_from=now + timedelta(first), valid_to=now + timedelta(last)
        )

    page = ask(client, "?filters=open")
    named = ask(client, f"?assignee={deputy.ref}")

    fields = {f["name"]: f["choices"] for f in page.context["panel"]["fields"]}
    refs = {ref for ref, _name in fields["assignee"]}
    assert str(deputy.ref) in refs
    assert not {str(gone.ref), str(to_come.ref)} & refs
    assert deputy.full_name in str(named.context["panel"]["chips"])


def only_view():
    with scope.system():
        return SavedView.objects.get()


def test_nothing_filtered_is_no_view_and_nobody_has_more_than_a_dozen(nurse):
    with pytest.raises(Refused):
        keep(nurse)
    for number in range(12):
        keep(nurse, name=f"Lô {number}", lot=f"L{number}")
    with pytest.raises(Refused):
        keep(nurse, name="Một nữa", lot="L99")


def test_a_lead_may_delete_what_a_colleague_shared(nurse, centre):
    view = keep(nurse, organization=centre, lot="L1")
    lead = make_staff(centre, role="lead")
    posted = list(Posting.objects.filter(user=lead))

    saved_views.forget(view.ref, postings=posted, by=lead, at=timezone.now())

    with scope.system():
        assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        *("?kind=not_mine", "?due=overdue", "?assignee=nobody", "?photo=yes"),
        *("?photo=no", "?kind=missing_dose&due=overdue&photo=yes", "?unit=TYT-1"),
        *("?site=TYT-1", "?filters=open", "name", "code"),
    ],
)
def test_a_page_takes_six_statements_however_it_is_narrowed(client, cases, query):
    """The pages of the bench: the limit is on each, not on one beside another."""
    if query == "name":
        query = f"?{searched(client, 'nguyen thi').context['query']}"
    elif query == "code":
        query = f"?q={cases['usual'].submission.code}"
    address = f"{reverse('casework:queue')}{query}"
    client.get(address)

    assert len(statements(client, address)) <= 6


@pytest.mark.parametrize("query", ["", "?kind=missing_dose&photo=no&unit=TYT-1"])
def test_many_views_and_filters_take_no_more_statements(client, cases, nurse, query):
    ask(client, query)
    without = statements(client, f"{reverse('casework:queue')}{query}")
    for number in range(6):
        keep(nurse, name=f"{number}", lot=f"L{number}", unit="TYT-2", assignee="me")

    with_views = statements(client, f"{reverse('casework:queue')}{query}")

    assert len(with_views) == len(without)
    assert len(without) <= 5, "session, user with postings, choices, rows, counts"


def test_all_that_match_are_those_that_the_filters_show(client, cases, station):
    query = "?kind=missing_dose&day=9/2021&assignee=nobody"
    page = ask(client, query)
    rows = shown(page)

    response = client.post(
        f"{reverse('casework:bulks')}?{page.context['query']}", {"what": "all"}
    )
    make_case(station, sent=timezone.now() - timedelta(hours=70), given_on="2021-09-01")

    assert response.status_code == 303
    with scope.system():
        frozen = BulkItem.objects.order_by("place").select_related(
            "complaint__submission"
        )
        assert [item.complaint.reference for item in frozen] == rows
    assert page.context["all_count"] == len(rows)


def test_all_that_match_a_search_with_filters_are_frozen_as_shown(client, cases):
    page = client.post(
        f"{reverse('casework:search')}?kind=not_mine",
        {"q": "nguyen thi huong"},
        follow=True,
    )

    client.post(f"{reverse('casework:bulks')}?{page.context['query']}", {"what": "all"})

    with scope.system():
        (item,) = BulkItem.objects.select_related("complaint__submission")
        assert item.complaint == cases["kind"]


def test_filters_of_an_address_survive_the_way_through_it():
    chosen = Filters(
        view="overdue",
        kind=Kind.SPLIT_RECORD,
        due="later",
        waits="second",
        photo="no",
        again="yes",
        site="TYT-1",
        day="2021-08",
        lot="ABX 1".replace(" ", ""),
        assignee="me",
        unit="TYT-2",
    )

    assert filters.read(QueryDict(chosen.query)) == (chosen, {})
