"""Where there is no broker at all, the poller does what workers and beat would."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection

from complaints.management.commands.work import (
    Command,
    _duties,
    _queue_of,
    _queues_of_duties,
)
from complaints.models import Complaint, Watermark
from portal.celery import app
from portal.common import outbox
from portal.common.models import Outbox
from tests.factories import NOON, make_organization, missing_dose, sender_for, submit


@pytest.mark.django_db(transaction=True)
def test_a_server_that_only_read_for_a_while_ends_no_thread_of_the_poller():
    Outbox.objects.create(kind="message", subject=0, next_at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")

    _poll(lambda: outbox.drain(queue="notify"))

    assert Outbox.objects.get().done_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_our_own_ends_no_thread_of_the_poller(caplog):
    divisors = iter([0, 1])

    _poll(lambda: 1 // next(divisors))

    assert [r.exc_info[0] for r in caplog.records] == [ZeroDivisionError]


def _poll(work):
    """Let a thread's loop run until its work succeeded once."""
    stop = threading.Event()

    def until_done():
        work()
        stop.set()

    Command()._loop(until_done, stop)


@pytest.mark.usefixtures("all_rows")
def test_one_round_does_all_that_beat_would_start(settings):
    settings.REDIS_URL = ""
    submit(missing_dose(make_organization()), sender=sender_for(), at=NOON)

    call_command("work")

    assert Complaint.objects.get().routed_at is not None
    marks = set(Watermark.objects.values_list("name", flat=True))
    assert {"figures", "incidents"} <= marks


def test_every_task_that_beat_starts_is_there():
    app.loader.import_default_modules()
    wanted = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert not wanted - set(app.tasks)


def test_what_reads_the_whole_registry_keeps_no_clock_from_being_looked_at():
    """The poller gives each queue of beat a thread of its own."""
    duties = {_queue_of(entry): set() for _name, entry in _duties()}
    for name, entry in _duties():
        duties[_queue_of(entry)].add(name)

    assert {"escalate-overdue", "gather-incidents", "seal"} <= duties[""]
    assert {"reconcile-all", "check-all-quality", "compare-new"} <= duties["report"]
    assert _queues_of_duties() == sorted(duties)
    command = Command()
    command._start_due("report")
    assert set(command._started) == duties["report"]
