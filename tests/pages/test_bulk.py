"""Many cases at once on screen: marked, moved, followed, stopped, gone on with."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.actions import bulk, standard_texts
from complaints.choices import Field, Kind, Move, Status
from complaints.models import Bulk, Complaint
from portal.common import outbox, scope
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
)
from tests.pages.test_queue import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def nurse(station):
    return make_staff(station)


@pytest.fixture
def client(client, nurse):
    client.force_login(nurse)
    return client


def filed(station, count, **facts):
    sent = timezone.now() - timedelta(hours=3)
    return [make_case(station, sent=sent, **facts) for _ in range(count)]


def mark(client, *cases, what="some", query=""):
    """Mark cases in the queue and return the address of the set."""
    response = client.post(
        reverse("casework:bulks") + query,
        {"what": what, "case": [case.reference for case in cases]},
    )
    assert response.status_code == 303
    return response["Location"]


def words(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def drain():
    outbox.drain(queue="import")


def status_of(case):
    with scope.system():
        return Complaint.objects.get(pk=case.pk).status


def test_marked_cases_are_taken_on_together(client, station):
    first, second, third = filed(station, 3)
    assert "data-queue" in client.get(reverse("casework:queue")).content.decode()

    address = mark(client, first, second)
    page = client.get(address)
    assert page.context["total"] == 2
    response = client.post(f"{address}tiep-nhan/")
    assert (response.status_code, response["Location"]) == (303, address)
    drain()

    assert [status_of(c) for c in (first, second, third)] == [
        Status.IN_REVIEW,
        Status.IN_REVIEW,
        Status.RECEIVED,
    ]
    page = client.get(address)
    assert page.context["gone_through"] == 2
    assert not page.context["is_running"]
    assert 'hx-trigger="every' not in page.content.decode()


def test_all_that_match_are_frozen_with_the_filter_of_the_page(client, station):
    wrong = filed(station, 52, kind=Kind.WRONG_DOSE)
    filed(station, 2, kind=Kind.MISSING_DOSE)

    address = mark(client, what="all", query="?view=new&kind=wrong_dose")
    filed(station, 3, kind=Kind.WRONG_DOSE)

    page = client.get(address)
    assert page.context["total"] == len(wrong)
    assert len(page.context["rows"]) == 50
    second = client.get(address + page.context["next_url"])
    assert len(second.context["rows"]) == 2


def test_one_s_own_marks_reach_no_case_out_of_sight(client, station):
    elsewhere = filed(make_organization("TYT-2"), 1)[0]
    mine = filed(station, 1)[0]

    only_theirs = mark(client, elsewhere)
    assert only_theirs.startswith(reverse("casework:queue"))
    assert client.get(mark(client, mine, elsewhere)).context["total"] == 1


@pytest.mark.parametrize("nonsense", ["", "x", "1234567890-x", "0-99999999999", "-1"])
def test_nonsense_for_a_case_chooses_nothing(client, station, nonsense):
    filed(station, 1)

    response = client.post(
        reverse("casework:bulks"), {"what": "some", "case": nonsense}
    )

    assert response["Location"].startswith(reverse("casework:queue"))
    with scope.system():
        assert not Bulk.objects.exists()


def test_what_is_missing_is_said_beside_the_field_and_nothing_begins(client, station):
    address = mark(client, *filed(station, 2))

    asked = client.post(f"{address}hoi-them/", {"note": "  "})
    decided = client.post(f"{address}ghi/", {"verdict": "kept"})
    handed = client.post(f"{address}chuyen/", {"place": "khắp nơi", "note": "Lý do"})

    assert [r.status_code for r in (asked, decided, handed)] == [422] * 3
    assert {"ground", "considered", "note", "nobody_known"} <= set(
        decided.context["form"].errors
    )
    assert "Lý do" in handed.content.decode()
    assert client.post(f"{address}rut/").status_code == 404
    with scope.system():
        assert Bulk.objects.get().state == "chosen"


def test_a_hand_over_finds_its_receiver_and_then_shows_only_the_codes(client, station):
    case = filed(station, 1)[0]
    there = make_organization("TYT-9", name="Trạm Y tế phường Bến Thành")
    address = mark(client, case)
    found = client.post(f"{address}chuyen/", {"place": "Bến Thành", "note": "Sai nơi"})
    assert found.status_code == 422
    assert there.name in found.content.decode()

    client.post(
        f"{address}chuyen/",
        {"place": "Bến Thành", "note": "Sai nơi", "to": there.code},
    )
    drain()

    page = client.get(address)
    assert page.context["rows"][0]["url"] == ""
    assert case.submission.full_name not in page.content.decode()
    with scope.system():
        assert Complaint.objects.get(pk=case.pk).holder == there


def test_ready_words_are_put_in_for_many_and_nothing_typed_is_lost(client, station):
    kept = standard_texts.write(
        organization=station,
        move="ask",
        kind="",
        language="vi",
        title="Ảnh mờ",
        text="Gửi ảnh rõ hơn về {code}.",
        by=make_staff(station, role="lead"),
        at=timezone.now(),
    )
    address = mark(client, *filed(station, 2))
    assert "Ảnh mờ" in client.get(address).content.decode()

    page = client.post(
        f"{address}hoi-them/",
        {"note": "Chào bạn.", "ready": str(kept.series), "action": "use"},
    )

    assert page.status_code == 200
    assert page.context["form"]["note"].value() == (
        "Chào bạn.\nGửi ảnh rõ hơn về {code}."
    )
    assert not page.context["form"].errors
    with scope.system():
        assert Bulk.objects.get().state == "chosen"


def test_a_lead_gives_chosen_cases_to_a_colleague(client, station, nurse):
    lead = make_staff(station, role="lead")
    cases = filed(station, 2)
    assert "/giao/" not in client.get(mark(client, *cases)).content.decode()
    client.force_login(lead)
    address = mark(client, *cases)

    response = client.post(f"{address}giao/", {"to": str(nurse.ref)})
    drain()

    assert response.status_code == 303
    with scope.system():
        assert Complaint.objects.filter(assignee=nurse).count() == 2


def test_opened_cases_are_decided_and_the_others_say_why_not(client, station):
    opened, unread = filed(station, 2)
    code = int(opened.submission.code)
    client.get(reverse("casework:case", args=[code, opened.number]))
    address = mark(client, opened, unread)
    assert client.get(address).context["read"] == 1

    response = client.post(
        f"{address}ghi/",
        {
            "verdict": "kept",
            "ground": "unreadable",
            "considered": ["photo"],
            "note": "Ảnh không đọc được.",
            "nobody_known": "on",
        },
    )
    drain()

    assert response.status_code == 303
    assert [status_of(opened), status_of(unread)] == ["resolved", "received"]
    page = client.get(f"{address}?state=refused")
    assert len(page.context["rows"]) == 1
    assert "chưa mở" in words(page)


def test_what_was_proposed_and_taken_back_awaits_nobody(client, station):
    (case,) = filed(
        station,
        1,
        kind=Kind.NOT_MINE,
        dose=make_dose(make_person(), station),
        claims={Field.DOSE: ("", "void")},
    )
    client.get(reverse("casework:case", args=[int(case.submission.code), case.number]))
    address = mark(client, case)
    client.post(f"{address}ghi/", {"verdict": "upheld", "nobody_known": "on"})
    drain()
    assert status_of(case) == "awaiting_second"
    waits = "Cần người thứ hai ký"
    assert waits in client.get(address).context["rows"][0]["words"]

    client.post(f"{address}hoan-tac/")
    drain()

    assert status_of(case) == "received"
    assert client.get(address).context["rows"][0]["words"] == ""


def test_a_taking_back_that_stalls_is_gone_on_with_as_such(client, station):
    address = mark(client, *filed(station, 1))
    client.post(f"{address}tiep-nhan/")
    drain()
    client.post(f"{address}hoan-tac/")
    long_ago = timezone.now() - timedelta(minutes=5)
    with scope.system():
        Bulk.objects.update(progress_at=long_ago)

    page = client.get(address)

    assert (page.context["is_stalled"], page.context["left"]) == (True, 0)
    assert "Làm tiếp" not in words(page)


def test_it_is_followed_stopped_and_gone_on_with(client, station):
    cases = filed(station, 3)
    address = mark(client, *cases)
    client.post(f"{address}ghi-chu/", {"note": "Chờ sổ gốc."})

    running = client.get(address, headers={"HX-Request": "true"})
    assert 'hx-trigger="every' in running.content.decode()
    assert "<html" not in running.content.decode()
    client.post(f"{address}dung/")
    drain()
    stopped = client.get(address)
    assert (stopped.context["left"], stopped.context["is_stopped"]) == (3, True)
    client.post(f"{address}tiep/")
    drain()

    assert client.get(address).context["left"] == 0
    with scope.system():
        events = [case.events.get(move=Move.NOTE) for case in cases]
    assert {event.note for event in events} == {"Chờ sổ gốc."}
    listed = client.get(reverse("casework:bulks"))
    assert [line["url"] for line in listed.context["bulks"]] == [address]


def test_a_set_that_is_not_begun_is_found_again(client, station):
    """Deciding wants every case opened first: hours of work away from its address."""
    address = mark(client, *filed(station, 2))

    listed = client.get(reverse("casework:bulks"))

    assert [line["url"] for line in listed.context["bulks"]] == [address]
    assert "Đã chọn, chưa làm gì" in words(listed)


def test_a_set_says_when_more_would_have_fitted(client, station, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 2)
    whole = mark(client, *filed(station, 2), what="all")
    filed(station, 1)
    part = mark(client, what="all")

    told = "Còn hồ sơ khác cũng khớp"
    assert [told in words(client.get(address)) for address in (whole, part)] == [
        False,
        True,
    ]
    assert client.get(part).context["total"] == 2


def test_a_set_is_shown_to_its_chooser_alone(client, station):
    address = mark(client, *filed(station, 1))

    client.force_login(make_staff(station, role="lead"))

    assert client.get(address).status_code == 404
    assert client.post(f"{address}tiep-nhan/").status_code == 404


def test_a_longer_set_takes_no_more_queries(client, station):
    short, long = (mark(client, *filed(station, count)) for count in (2, 30))

    taken = [len(statements(client, address)) for address in (short, long)]

    assert taken[0] == taken[1]
    # Session, user, postings, set, counts, items, read, sight, ready words, colleagues.
    assert taken[1] <= 12


def test_each_citizen_reads_why_it_was_handed_over_in_their_own_language(
    client, station
):
    vietnamese, english = filed(station, 2)
    english.submission.language = "en"
    english.submission.save(update_fields=["language"])
    there = make_organization("TYT-9", name="Trạm Y tế phường Bến Thành")
    address = mark(client, vietnamese, english)

    client.post(
        f"{address}chuyen/",
        {"place": "Bến Thành", "reason": "gave", "to": there.code},
    )
    drain()

    with scope.system():
        notes = {
            case: case.events.get(move="hand_over").note
            for case in (vietnamese, english)
        }
    assert notes[english] == "That organization gave this dose"
    assert notes[vietnamese] == "Nơi đó đã tiêm mũi này"
