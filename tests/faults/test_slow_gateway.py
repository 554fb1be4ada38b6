"""Routing never stands behind a message gateway that takes its time."""

import os
import signal
import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from portal.celery import app
from portal.common import outbox, tasks
from portal.common.models import Outbox
from tests.factories import NOON

SETTINGS = {
    "sent": ("notify", f"{__name__}.send"),
    "routed": ("route", f"{__name__}.route"),
}
routed = threading.Event()
answers: list[bool] = []
held: list[int] = []


@outbox.outside_transaction
def send(subjects, *, at):
    """Answer when the other queue was worked, as a gateway might; then end it all."""
    answers.append(routed.wait(30))
    os.kill(os.getpid(), signal.SIGTERM)


def route(subjects, *, at):
    """Note that it is this queue's turn."""
    routed.set()


@outbox.outside_transaction
def count_held(subjects, *, at):
    """Note how many rows wait under a lease for this one to be done."""
    held.append(Outbox.objects.filter(lease_until__isnull=False).count())


@pytest.fixture
def _as_it_was():
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.django_db(transaction=True)
@pytest.mark.stack
@pytest.mark.usefixtures("_as_it_was")
def test_the_poller_routes_while_the_gateway_keeps_a_message_waiting(settings):
    settings.OUTBOX = SETTINGS
    due = timezone.now() - timedelta(minutes=1)
    for kind in SETTINGS:
        outbox.add(kind, [1], at=due, delay=timedelta(seconds=1))

    call_command("work", poll=True)

    assert answers == [True]
    assert not Outbox.objects.filter(done_at=None).exists()


@pytest.mark.django_db
def test_so_few_messages_are_claimed_at_once_that_their_lease_outlives_them(settings):
    settings.OUTBOX = SETTINGS | {"sent": ("notify", f"{__name__}.count_held")}
    outbox.add("sent", list(range(12)), at=NOON)

    assert outbox.drain(queue="notify", at=NOON) == 12

    assert held == [5, 5, 2]
    # Connecting and reading: what a gateway can cost, with some room.
    assert settings.OUTBOX_AT_ONCE["notify"] * 7 < outbox.LEASE.total_seconds() / 1.5


@pytest.mark.django_db
def test_what_sweeps_the_quick_queues_leaves_messages_to_their_own(settings):
    settings.OUTBOX = SETTINGS | {"sent": ("notify", f"{__name__}.count_held")}
    outbox.add("sent", [1], at=NOON)
    outbox.add("routed", [1], at=NOON)

    tasks.sweep()

    assert Outbox.objects.get(done_at=None).kind == "sent"
    # They are swept by those who wait for another system anyhow.
    own = [
        entry["options"]["queue"]
        for entry in app.conf.beat_schedule.values()
        if entry.get("kwargs") == {"queue": "notify"}
    ]
    assert own == ["population"]
