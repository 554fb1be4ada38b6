"""What the gateway reports: signed, of ours, in any order, as often as it likes."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.models import Message
from portal.accounts import codes
from portal.common import outbox
from tests.factories import make_organization, missing_dose, submit

KEY = "khoa-cua-cong-tin-nhan-dung-de-thu"
ADDRESS = "/api/tin-nhan/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _key(settings):
    settings.SMS_RECEIPT_KEY = KEY


@pytest.fixture
def waiting(all_rows):
    submit(missing_dose(make_organization()), at=timezone.now())
    outbox.drain(queue="route", at=timezone.now())
    return Message.objects.earliest("pk")


@pytest.fixture
def sent(waiting):
    outbox.drain(queue="notify", at=timezone.now())
    waiting.refresh_from_db()
    assert waiting.state == "sent"
    return waiting


def report(client, told, *, secret=KEY, at=None):
    """Send a report as the gateway signs it."""
    body = json.dumps(told).encode()
    stamp = int((at or timezone.now()).timestamp())
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return client.post(
        ADDRESS,
        body,
        content_type="application/json",
        headers={"X-Signature": f"t={stamp},v1={mac.hexdigest()}"},
    ).status_code


def told(message, status, **more):
    return {"key": f"message:{message.pk}", "status": status, **more}


def test_a_delivered_message_is_noted(client, sent):
    assert report(client, told(sent, "delivered", id="gw-1")) == 204

    sent.refresh_from_db()
    assert (sent.state, sent.provider_id) == ("delivered", "gw-1")
    assert sent.delivered_at is not None


def test_the_gateways_own_id_is_enough(client, sent):
    Message.objects.filter(pk=sent.pk).update(provider_id="gw-7")

    assert report(client, {"id": "gw-7", "status": "delivered"}) == 204

    sent.refresh_from_db()
    assert sent.state == "delivered"


def test_a_report_may_come_twice(client, sent):
    for _ in range(2):
        assert report(client, told(sent, "delivered")) == 204
    first = Message.objects.get(pk=sent.pk).delivered_at
    report(client, told(sent, "delivered"))

    assert Message.objects.get(pk=sent.pk).delivered_at == first


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (["failed"], "failed"),
        (["accepted"], "sent"),
        (["delivered", "accepted"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["failed", "delivered"], "delivered"),
        (["failed", "accepted"], "failed"),
    ],
)
def test_reports_may_come_in_any_order(client, sent, order, state):
    for status in order:
        report(client, told(sent, status, reason="absent"))

    sent.refresh_from_db()
    assert sent.state == state


def test_a_report_that_overtakes_our_own_note_stops_a_second_sending(client, waiting):
    assert report(client, told(waiting, "accepted")) == 204

    waiting.refresh_from_db()
    assert waiting.state == "sent"
    assert waiting.sent_at is not None


def test_what_is_not_ours_is_not_found(client, sent):
    assert report(client, {"key": "message:999999999", "status": "delivered"}) == 404
    assert report(client, {"id": "nobody", "status": "delivered"}) == 404
    assert report(client, {"status": "delivered"}) == 404
    assert report(client, {"key": "code:999999999", "status": "delivered"}) == 404


def test_a_report_about_a_code_is_taken(client):
    code = codes.issue(
        purpose="telephone",
        subject="+84900000215",
        person_id=None,
        telephone="+84900000215",
        language="vi",
        at=timezone.now(),
    )
    assert report(client, {"key": f"code:{code.pk}", "status": "delivered"}) == 204


def test_only_the_gateway_may_report(client, sent):
    now = timezone.now()
    delivered = told(sent, "delivered")

    assert report(client, delivered, secret="another-key") == 401
    assert report(client, delivered, at=now - timedelta(minutes=6)) == 401
    assert report(client, delivered, at=now + timedelta(minutes=6)) == 401
    unsigned = client.post(ADDRESS, delivered, content_type="application/json")
    assert unsigned.status_code == 401
    sent.refresh_from_db()
    assert sent.state == "sent"


def test_without_a_key_there_is_no_such_address(client, sent, settings):
    settings.SMS_RECEIPT_KEY = ""
    assert report(client, told(sent, "delivered")) == 404


@pytest.mark.parametrize(
    "body", [[], "text", {"key": "message:1"}, {"status": "delivered", "at": "noon"}]
)
def test_what_cannot_be_read_changes_nothing(client, sent, body):
    assert report(client, body) == 422


def test_a_report_is_never_from_the_future(client, sent):
    ahead = (timezone.now() + timedelta(days=1)).isoformat()
    report(client, told(sent, "delivered", at=ahead))

    sent.refresh_from_db()
    assert sent.delivered_at <= timezone.now()
