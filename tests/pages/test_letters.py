"""The answer on paper: the message's words, each point, and how to disagree."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.actions import casework
from complaints.choices import Field, Kind, Outcome
from complaints.models import Wording
from complaints.notifications import texts
from complaints.notifications.words import WORDS
from portal.audit.models import Entry
from portal.common import pdf, scope
from tests.factories import make_organization, make_staff
from tests.pages.cases import make_case, make_dose, make_person, make_submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def department():
    return make_organization(kind="health_department", name="Sở Y tế Thử")


@pytest.fixture
def station(department):
    return make_organization(parent=department)


@pytest.fixture
def nurse(station):
    return make_staff(station)


@pytest.fixture
def case(station):
    person = make_person()
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        kind=Kind.WRONG_DOSE,
        claims={Field.LOT: ("ABX4471", "ABX4417")},
        dose=make_dose(person, station),
        submission=make_submission(at=sent, person=person),
    )


def decide(case, by, *, verdict="kept", ago=timedelta(minutes=1), **facts):
    with scope.system():
        claim = case.claims.get()
        casework.resolve(
            complaint_id=case.pk,
            verdicts={claim.pk: (verdict, "unreadable" if verdict == "kept" else "")},
            by=by,
            at=timezone.now() - ago,
            **facts,
        )


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def address(case, name="letter"):
    return reverse(f"casework:{name}", args=[int(case.submission.code), case.number])


def test_the_letter_says_what_the_message_says_why_and_how_to_disagree(case, nurse):
    decide(case, nurse, note="Ảnh mờ, không đọc được số lô.")
    client = client_of(nurse)
    page = reverse("casework:case", args=[int(case.submission.code), case.number])
    assert address(case) in client.get(page).content.decode()
    before = Entry.objects.filter(verb="look_up").count()

    body = client.get(address(case)).content.decode()

    words = WORDS[Outcome.KEPT]["vi"]
    assert words.sms[0].format(code=case.pretty_reference) in body
    for wanted in (
        case.submission.full_name,
        "ABX4471",
        "ABX4417",
        "Ảnh mờ, không đọc được số lô.",
        "Sở Y tế Thử",
        "30 ngày",
        case.submission.code,
    ):
        assert wanted in body, wanted
    assert case.submission.phone[-6:] not in body
    assert Entry.objects.filter(verb="look_up").count() == before + 1


def test_the_letter_says_what_was_looked_at_and_what_stands_there_now(case, nurse):
    decide(case, nurse, note="Ảnh mờ.", considered=["photo"])
    body = client_of(nurse).get(address(case)).content.decode()
    assert "Đã xem xét: Giấy tờ gửi kèm phản ánh" in body


def test_the_letter_says_which_other_value_is_right(case, nurse):
    facts = {"filled": {"lot": "ABX4711"}, "proof": "slip_seen", "note": "Theo phiếu."}
    decide(case, nurse, verdict="other", **facts)
    body = client_of(nurse).get(address(case)).content.decode()
    assert "Đã sửa theo giá trị khác" in body
    assert "nay là: ABX4711" in body


def test_the_letter_says_the_words_that_were_in_force_that_day(case, nurse):
    changed = {
        language: replace(words, more=f"{words.more} Lời mới {language}.")
        for language, words in WORDS[Outcome.KEPT].items()
    }
    Wording.objects.create(
        key=Outcome.KEPT,
        content=texts.write(changed),
        valid_from=timezone.localdate() - timedelta(days=1),
        source="QĐ 1",
    )
    decide(case, nurse)

    assert "Lời mới vi." in client_of(nurse).get(address(case)).content.decode()


def test_the_letter_is_in_the_language_of_who_reported(case, nurse):
    sender = case.submission
    sender.language = "en"
    sender.save(update_fields=["language"])
    decide(case, nurse, verdict="upheld")

    body = client_of(nurse).get(address(case)).content.decode()

    paper = body.partition('class="card sheet"')[2].partition("</section>")[0]
    assert paper.startswith(' lang="en"')
    assert f"Dear {sender.full_name}," in paper
    assert "corrected" in paper
    assert "CỘNG HÒA" not in paper


@pytest.mark.skipif(not pdf.is_available(), reason="needs Pango")
def test_the_letter_is_there_as_a_file(case, nurse):
    decide(case, nurse, verdict="upheld")
    file = client_of(nurse).get(address(case, "letter_file"))
    assert file.content.startswith(b"%PDF")


def test_there_is_no_letter_before_the_decision_stands(case, nurse):
    client = client_of(nurse)
    assert client.get(address(case)).status_code == 404
    decide(case, nurse, verdict="upheld", ago=timedelta(0))

    early = client.get(address(case))

    assert (early.status_code, early.context["paper"]) == (200, "")
    assert client.get(address(case, "letter_file")).status_code == 404


def test_strangers_get_no_letter(case, nurse):
    decide(case, nurse, verdict="upheld")
    stranger = client_of(make_staff(make_organization()))
    assert stranger.get(address(case)).status_code == 404
