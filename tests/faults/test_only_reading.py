"""A server that only reads keeps its connections open: whoever meets it asks anew."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.common import outbox
from portal.common.models import Outbox
from portal.common.tasks import drain
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def reads_only():
    """Let this connection, and no later one, be of a server that only reads."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")


def test_a_worker_does_its_next_task_over_a_new_connection():
    outbox.add("message", [0], at=NOON)
    reads_only()

    ends = [drain.apply(kwargs={"queue": "notify"}).state for _ in range(2)]

    assert ends == ["FAILURE", "SUCCESS"]
    assert Outbox.objects.get().done_at is not None


def test_a_page_that_writes_is_away_once_and_then_there():
    browser = Client(raise_request_exception=False)
    typed = {"username": "khong-co", "password": "sai"}
    reads_only()

    answers = [browser.post(reverse("accounts:login"), typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [503, 422]
