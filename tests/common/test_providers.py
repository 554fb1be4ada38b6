"""Messages leave by the gateway: each once, none lost while it is away."""

from datetime import timedelta

import pytest

from complaints.models import Message
from portal.accounts import codes
from portal.accounts.models import OneTimeCode
from portal.common import outbox, providers
from portal.common.models import Outbox
from tests.factories import NOON, make_organization, missing_dose, sender_for, submit

PHONE = "+84900000215"


def send(key="message:1"):
    providers.send_sms(PHONE, "Xin chao", key=key, at=NOON)


def test_a_message_goes_out_with_key_token_and_sender(gateway):
    send()

    [(headers, body)] = gateway.sent
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Idempotency-Key"] == "message:1"
    assert body == {
        "to": PHONE,
        "text": "Xin chao",
        "sender": "TIEMCHUNG",
        "key": "message:1",
    }


def test_one_that_the_gateway_had_already_is_done(gateway):
    gateway.answers = [409]

    send()


@pytest.mark.parametrize("status", [500, 503, 408, 429, 401, 403, 302])
def test_what_may_pass_is_to_be_tried_again(gateway, status):
    gateway.answers = [status]

    with pytest.raises(providers.Undelivered) as trouble:
        send()

    assert PHONE not in str(trouble.value)
    assert trouble.value.retry_after >= timedelta(seconds=1)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_what_will_never_be_taken_is_not(gateway, status):
    gateway.answers = [status]

    with pytest.raises(providers.Undeliverable):
        send()


def test_nobody_listening_is_no_fault_of_the_message(settings):
    settings.SMS_URL = "http://127.0.0.1:9/away"

    with pytest.raises(providers.Undelivered) as trouble:
        send()

    assert settings.SMS_URL not in str(trouble.value)


def test_a_gateway_that_fails_again_and_again_is_left_alone(gateway):
    gateway.answers = [500] * 5
    for _ in range(6):
        with pytest.raises(providers.Undelivered):
            send()

    assert len(gateway.sent) == 5


def test_production_without_a_gateway_sends_nothing_to_the_demo(settings):
    settings.PRODUCTION, settings.SMS_URL = True, ""

    with pytest.raises(providers.Undelivered):
        send()


@pytest.mark.django_db
def test_notices_wait_while_the_gateway_is_away_and_go_out_once_after_it(gateway):
    submit(missing_dose(make_organization()), sender=sender_for())
    outbox.drain(queue="route", at=NOON)
    # More tries than a row of work is given: none of them may park it.
    at = NOON
    for _ in range(7):
        gateway.answers = [503]
        outbox.drain(queue="notify", at=at)
        at += timedelta(minutes=10)
    assert not Outbox.objects.exclude(dead_at=None).exists()
    assert not Message.objects.filter(state="sent").exists()

    gateway.answers, gateway.sent = [], []
    providers._gateway.cache_clear()
    outbox.drain(queue="notify", at=at)
    outbox.drain(queue="notify", at=at + timedelta(hours=1))

    keys = [body["key"] for _headers, body in gateway.sent]
    assert keys
    assert len(keys) == len(set(keys)) == Message.objects.filter(state="sent").count()


@pytest.mark.django_db
def test_a_number_that_the_gateway_never_takes_stops_no_other_message(gateway):
    site = make_organization()
    for day in ("2021-10-07", "2021-10-08"):
        submit(missing_dose(site, given_on=day), sender=sender_for())
    outbox.drain(queue="route", at=NOON)
    gateway.answers = [422]

    outbox.drain(queue="notify", at=NOON)

    states = list(Message.objects.values_list("state", flat=True))
    assert states.count("failed") == 1
    assert set(states) == {"failed", "sent"}


@pytest.mark.django_db
def test_a_code_waits_for_the_gateway_and_is_not_sent_when_it_has_expired(gateway):
    codes.issue(
        purpose="look_up",
        subject="079158012345",
        person_id=7,
        telephone=PHONE,
        language="vi",
        at=NOON,
    )
    gateway.answers = [503]
    outbox.drain(queue="notify", at=NOON)
    row = OneTimeCode.objects.get()
    assert row.sent_at is None

    gateway.sent = []
    outbox.drain(queue="notify", at=NOON + timedelta(minutes=11))

    assert gateway.sent == []
    row.refresh_from_db()
    assert row.code_sealed is None
