"""How a citizen is told: language, letters, an e-mail address that is really theirs."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from complaints.models import MailAddress, Submission
from portal.common import outbox
from tests.factories import make_organization, missing_dose, submit
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


@pytest.fixture
def report():
    return submit(missing_dose(make_organization()), at=timezone.now()).submission


@pytest.fixture
def mine(client, report):
    client.post("/theo-doi/", {"code": report.code, "phone_last4": "0215"})
    return client


def address(report):
    return f"/theo-doi/{report.code}/nhan-tin/"


def link_in_the_question():
    outbox.drain(queue="notify", at=timezone.now())
    letter = next(m for m in mail.outbox if "/thu/" in m.body)
    return re.search(r"(/thu/[\w-]+/)", letter.body)[1]


def ask(client, report, email="lan@example.vn"):
    return client.post(address(report), {"action": "email", "email": email})


def test_language_and_letters_are_chosen(mine, report):
    answer = mine.post(
        address(report),
        {"action": "language", "language": "en", "has_accents": "on"},
    )

    report.refresh_from_db()
    assert answer.status_code == 303
    assert (report.language, report.has_accents) == ("en", True)


def test_a_wrong_address_is_asked_for_again_and_kept_in_the_field(mine, report):
    page = ask(mine, report, "lan@")

    assert page.status_code == 422
    assert 'value="lan@"' in page.content.decode()
    assert not MailAddress.objects.exists()


def test_opening_the_link_changes_nothing_and_the_button_does(mine, report):
    ask(mine, report)
    link = link_in_the_question()
    for _ in range(3):
        page = Client().get(link)
    assert page.status_code == 200
    assert "l•••@example.vn" in text_of(page)
    assert not MailAddress.objects.proved().exists()

    Client().post(link, {"action": "confirm"})

    assert MailAddress.objects.proved().get().address == "lan@example.vn"
    assert "l•••@example.vn" in text_of(mine.get(address(report)))


def test_the_same_link_ends_the_e_mails(mine, report):
    ask(mine, report)
    link = link_in_the_question()
    Client().post(link, {"action": "confirm"})

    Client().get(link)
    assert MailAddress.objects.proved().exists()
    page = Client().post(link, {"action": "stop"})

    assert page.status_code == 200
    assert not MailAddress.objects.proved().exists()
    assert Client().get(link).status_code == 404


def test_e_mails_are_ended_on_the_page_too(mine, report):
    ask(mine, report)
    Client().post(link_in_the_question(), {"action": "confirm"})

    mine.post(address(report), {"action": "stop"})

    assert not MailAddress.objects.proved().exists()


def test_a_stranger_sees_and_changes_nothing(report):
    stranger = Client()

    assert stranger.get(address(report)).status_code == 302
    assert ask(stranger, report).status_code == 302
    stranger.post(address(report), {"action": "language", "language": "en"})
    assert Submission.objects.get().language == "vi"
    assert Client().get("/thu/khong-co-that/").status_code == 404


def test_no_address_is_written_to_more_than_five_times_a_day(mine, report):
    other = submit(
        missing_dose(make_organization(), given_on="2021-10-09"), at=timezone.now()
    ).submission
    mine.post("/theo-doi/", {"code": other.code, "phone_last4": "0215"})
    statuses = [ask(mine, one).status_code for one in (report, other) for _ in range(3)]

    assert statuses == [303] * 5 + [429]


def test_where_no_mail_can_be_sent_none_is_offered(mine, report, settings):
    settings.PRODUCTION, settings.EMAIL_URL = True, ""

    page = mine.get(address(report))
    ask(mine, report)

    assert 'name="email"' not in page.content.decode()
    assert not MailAddress.objects.exists()
