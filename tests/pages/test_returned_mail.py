"""E-mails that come back: who says so, what stops, and whom it is told."""

import hashlib
import hmac
import io
import json
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core import mail as django_mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from complaints.actions import addresses, moving
from complaints.choices import Actor, Move
from complaints.models import Complaint, MailAddress, Message
from portal.common import crypto, mail, outbox, scope
from portal.common.models import DemoMessage, Outbox
from tests.factories import make_organization, missing_dose, submit
from tests.pages.citizen_steps import text_of

KEY = "khoa-cua-noi-chuyen-thu-dung-de-thu"
PHONE = "+84900000215"
pytestmark = pytest.mark.usefixtures("all_rows", "own_limits")


@pytest.fixture(autouse=True)
def _key(settings):
    settings.MAIL_RECEIPT_KEY = KEY


@pytest.fixture
def report():
    return submit(missing_dose(make_organization()), at=timezone.now()).submission


@pytest.fixture
def row(report):
    """Return an address of the report that its owner has confirmed."""
    row = addresses.ask(report, "lan@example.vn", at=timezone.now())
    addresses.confirm(row, at=timezone.now())
    return row


@pytest.fixture
def sent(row):
    """Return an e-mail that a server took."""
    drain("route")
    drain("notify")
    return Message.objects.filter(channel="email").earliest("pk")


def drain(queue):
    outbox.drain(queue=queue, at=timezone.now())


def told(client, facts, *, secret=KEY):
    """Send a report as the carrier signs it."""
    body = json.dumps(facts).encode()
    stamp = int(timezone.now().timestamp())
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return client.post(
        "/api/thu-tra-lai/",
        body,
        content_type="application/json",
        headers={"X-Signature": f"t={stamp},v1={mac.hexdigest()}"},
    ).status_code


def texts(word):
    """Return the text messages to the telephone that hold a word."""
    rows = DemoMessage.objects.filter(to_digest=crypto.digest("phone", PHONE))
    opened = [
        crypto.unseal(one.text_sealed, bound_to=f"demo:{one.provider_key}")
        for one in rows
    ]
    return [text for text in opened if word in text]


def returned_letter(key, *, action="failed", status="5.1.1", signed=True):
    """Return the letter of a mail server about an e-mail that it could not deliver."""
    letter = EmailMessage()
    letter["Subject"] = "Undelivered Mail Returned to Sender"
    letter["Content-Type"] = "multipart/report; report-type=delivery-status"
    number = mail.id_of(key) if signed else f"<{key.replace(':', '.')}@localhost>"
    parts = [
        ("text/plain", "I am sorry to have to tell you that it was not delivered."),
        (
            "message/delivery-status",
            "Reporting-MTA: dns; mail.example.vn\n\n"
            f"Final-Recipient: rfc822; lan@example.vn\nAction: {action}\n"
            f"Status: {status}\n",
        ),
        ("text/rfc822-headers", f"Message-ID: {number}\nSubject: Report\n"),
    ]
    text = [f"{name}: {value}" for name, value in letter.items()]
    text[-1] += '; boundary="part"'
    body = "".join(
        f"--part\nContent-Type: {kind}\n\n{content}\n" for kind, content in parts
    )
    return ("\n".join(text) + f"\n\n{body}--part--\n").encode()


def test_an_address_that_letters_come_back_from_is_written_to_no_more(
    client, row, sent
):
    assert told(client, {"key": f"message:{sent.pk}", "status": "bounced"}) == 204
    before = len(django_mail.outbox)
    with scope.system():
        complaint = moving.lock(Complaint.objects.get().pk)
        moving.move(complaint, Move.WITHDRAW, actor=Actor.CITIZEN, at=timezone.now())
    drain("route")
    drain("notify")

    row.refresh_from_db()
    sent.refresh_from_db()
    assert (sent.state, sent.trouble) == ("failed", "returned")
    assert row.bounced_at is not None
    assert len(django_mail.outbox) == before
    assert Message.objects.filter(channel="sms", event__move="withdraw").exists()


def test_the_telephone_is_told_of_an_address_that_was_stopped_again(row):
    addresses.stop(row, at=timezone.now())

    drain("notify")

    assert len(texts("dia chi thu")) == 1


def test_the_telephone_and_the_status_page_say_so_once(client, report, row, sent):
    for _ in range(3):
        told(client, {"id": mail.id_of(f"message:{sent.pk}"), "status": "bounced"})
    drain("notify")
    drain("notify")
    client.post("/theo-doi/", {"code": report.code, "phone_last4": "0215"})

    page = text_of(client.get(f"/theo-doi/{report.code}/"))
    ways = text_of(client.get(f"/theo-doi/{report.code}/nhan-tin/"))

    assert len(texts("bi tra lai")) == 1
    for words in (page, ways):
        assert "l•••@example.vn bị trả lại" in words
    row.refresh_from_db()
    assert row.told_at is not None


def test_another_address_takes_its_place_and_the_page_is_silent(client, report, row):
    with scope.system():
        addresses.returned.mark(row, at=timezone.now())
    other = addresses.ask(report, "minh@example.vn", at=timezone.now())
    addresses.confirm(other, at=timezone.now())

    assert addresses.came_back(report) is None
    assert MailAddress.objects.proved().get() == other
    client.post("/theo-doi/", {"code": report.code, "phone_last4": "0215"})
    assert "bị trả lại" not in text_of(client.get(f"/theo-doi/{report.code}/"))


def test_who_opens_the_link_again_is_written_to_again(row):
    with scope.system():
        addresses.returned.mark(row, at=timezone.now())
    link = f"/thu/{row.token}/"

    assert "Đồng ý, gửi cho tôi" in text_of(Client().get(link))
    Client().post(link, {"action": "confirm"})

    assert MailAddress.objects.proved().get() == row


def test_a_question_that_comes_back_is_told_as_well(client, report):
    row = addresses.ask(report, "lan@exmple.vn", at=timezone.now())
    drain("notify")

    assert told(client, {"key": f"mail_proof:{row.pk}", "status": "bounced"}) == 204
    drain("notify")

    assert addresses.came_back(report) == row
    assert len(texts("bi tra lai")) == 1


@pytest.mark.parametrize(
    ("statuses", "state", "is_dead"),
    [
        (["delivered"], "delivered", False),
        (["deferred"], "sent", False),
        (["bounced", "delivered"], "failed", True),
        (["delivered", "bounced"], "failed", True),
    ],
)
def test_reports_of_e_mails_may_come_in_any_order(
    client, row, sent, statuses, state, is_dead
):
    for status in statuses:
        assert told(client, {"key": f"message:{sent.pk}", "status": status}) == 204

    sent.refresh_from_db()
    row.refresh_from_db()
    assert (sent.state, row.bounced_at is not None) == (state, is_dead)


def test_who_calls_it_spam_gets_no_more_e_mails_and_no_text(client, report, row, sent):
    told(client, {"key": f"message:{sent.pk}", "status": "complained"})
    drain("notify")

    assert not MailAddress.objects.proved().exists()
    assert addresses.came_back(report) is None
    assert not texts("bi tra lai")


def test_only_the_carrier_reports_and_only_e_mails(client, row, sent, settings):
    text = Message.objects.filter(channel="sms").earliest("pk")
    bounced = {"key": f"message:{sent.pk}", "status": "bounced"}

    assert told(client, bounced, secret="another") == 401
    assert told(client, {"key": f"message:{text.pk}", "status": "bounced"}) == 404
    assert told(client, {"key": "mail_proof:99999999", "status": "bounced"}) == 404
    assert told(client, {"id": f"<message.{sent.pk}@x>", "status": "bounced"}) == 404
    settings.MAIL_RECEIPT_KEY = ""
    assert told(client, bounced) == 404
    row.refresh_from_db()
    assert row.bounced_at is None


def hand_over(letter, monkeypatch):
    """Give the command a letter as a mail server does."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(letter)))
    call_command("take_returned_mail", stdout=io.StringIO())


def test_a_letter_that_came_back_marks_its_address(row, sent, monkeypatch):
    hand_over(returned_letter(f"message:{sent.pk}"), monkeypatch)

    row.refresh_from_db()
    assert row.bounced_at is not None


@pytest.mark.parametrize(
    "facts", [{"action": "delayed"}, {"action": "failed", "status": "4.4.7"}]
)
def test_a_delay_is_no_failure(row, sent, monkeypatch, facts):
    hand_over(returned_letter(f"message:{sent.pk}", **facts), monkeypatch)

    row.refresh_from_db()
    assert row.bounced_at is None


def test_a_forged_letter_stops_nothing(row, sent, monkeypatch):
    """Numbers of messages can be guessed; the signature of their IDs cannot."""
    with pytest.raises(CommandError, match="no e-mail of ours"):
        hand_over(returned_letter(f"message:{sent.pk}", signed=False), monkeypatch)

    row.refresh_from_db()
    assert row.bounced_at is None


def test_by_night_the_telephone_is_left_alone(row, settings):
    settings.SMS_URL = "http://127.0.0.1:9/never"
    night = timezone.now().replace(hour=16, minute=30)
    with scope.system():
        addresses.returned.mark(row, at=night)

    addresses.tell_returned([row.pk], at=night)

    row.refresh_from_db()
    assert row.told_at is None
    owed = Outbox.objects.get(kind="mail_returned", subject=row.pk)
    assert owed.next_at > night + timedelta(hours=5)


def test_who_gets_e_mails_at_another_address_is_not_told_of_a_mistyped_one(
    client, report, row
):
    wrong = addresses.ask(report, "lan@exmple.vn", at=timezone.now())
    drain("notify")

    told(client, {"key": f"mail_proof:{wrong.pk}", "status": "bounced"})
    drain("notify")

    assert not texts("bi tra lai")
    told_at = MailAddress.objects.get(pk=wrong.pk).told_at
    assert (told_at, addresses.came_back(report)) == (None, None)


def test_an_address_is_marked_and_the_word_owed_or_neither(row):
    """Whoever is stopped between the two must find it as it was."""

    def stopped(execute, sql, *rest):
        if sql.startswith('INSERT INTO "common_outbox"'):
            raise KeyboardInterrupt
        return execute(sql, *rest)

    with connection.execute_wrapper(stopped), pytest.raises(KeyboardInterrupt):
        addresses.returned.mark(row, at=timezone.now())

    row.refresh_from_db()
    assert row.bounced_at is None
    addresses.returned.mark(row, at=timezone.now())
    assert Outbox.objects.filter(kind="mail_returned", subject=row.pk).exists()
