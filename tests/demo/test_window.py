from datetime import UTC, datetime

import pytest
from django.test import Client

from portal.common import providers

NOON = datetime(2026, 11, 2, 5, tzinfo=UTC)
PHONE = "+84900000001"

pytestmark = [
    pytest.mark.django_db,
    # Nobody collects static files for a test.
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture
def _sent():
    for minute, code in enumerate((None, "482913")):
        providers.send_sms(
            PHONE,
            f"Tin {minute}",
            key=f"k{minute}",
            at=NOON.replace(minute=minute),
            code=code,
        )
    providers.send_sms("+84900000002", "Tin khác", key="other", at=NOON)


@pytest.mark.usefixtures("_sent")
def test_messages_come_newest_first_without_a_token():
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/demo/messages.json", {"phone": "0900 000 001"})
    assert answer.status_code == 200
    first, second = answer.json()
    assert (first["text"], first["code"]) == ("Tin 1", "482913")
    assert (second["text"], second["code"]) == ("Tin 0", None)
    assert first["to"] == PHONE
    assert set(first) == {"at", "channel", "to", "text", "code"}


def test_a_number_that_is_none_is_named(client):
    answer = client.post("/demo/messages.json", {"phone": "12"})
    assert answer.status_code == 422


def test_messages_are_not_read_by_get(client):
    assert client.get("/demo/messages.json").status_code == 405


@pytest.mark.usefixtures("_sent")
def test_the_page_shows_the_messages_of_one_telephone(client):
    answer = client.post("/demo/dien-thoai/", {"phone": "0900000001"})
    assert "482913" in answer.content.decode()
    assert "Tin khác" not in answer.content.decode()


@pytest.mark.usefixtures("_sent")
def test_the_page_shows_the_latest_before_a_number_is_typed(client):
    assert "Tin khác" in client.get("/demo/dien-thoai/").content.decode()


def test_a_wrong_number_on_the_page_stays_typed(client):
    answer = client.post("/demo/dien-thoai/", {"phone": "09x"})
    assert answer.status_code == 422
    assert 'value="09x"' in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_outside_the_demo_there_is_no_telephone(client, settings, method):
    settings.DEMO = False
    assert getattr(client, method)("/demo/dien-thoai/").status_code == 404
    assert client.post("/demo/messages.json", {"phone": PHONE}).status_code == 404
