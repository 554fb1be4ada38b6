"""The control: no outbox; a task a row, sent after the commit, and nothing else.

Poller and beat run as in the product; there is nothing for them to find.
"""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from complaints.actions import routing
from complaints.models import Event
from portal.celery import app
from portal.common import outbox, scope
from portal.common.models import Outbox


@app.task(name="naive.work")
def work(kind: str, subject: int) -> None:
    """Do one piece of work as the handler of the product does it."""
    queue, path = settings.OUTBOX[kind]
    handler = import_string(path)
    if getattr(handler, "outside", False):
        handler([subject], at=timezone.now())
        return
    with scope.system():
        handler([subject], at=timezone.now())


def add(kind, subjects, *, at, delay=None) -> None:
    """Send a task for each row when the transaction has committed."""

    def send() -> None:
        for subject in subjects:
            work.apply_async((kind, subject), queue=settings.OUTBOX[kind][0])

    transaction.on_commit(send, robust=True)


def take_over() -> None:
    """Replace what owes work; routing writes its rows itself, so wrap it."""
    outbox.add = add
    outbox.wake_up = lambda queue: False
    write = routing._write

    def write_and_send(answers, *, at):
        write(answers, at=at)
        routed = Event.objects.filter(
            complaint__in=[pk for pk, _ in answers], move="route"
        )
        pks = list(routed.values_list("pk", flat=True))
        Outbox.objects.filter(kind="event", subject__in=pks).delete()
        add("event", pks, at=at)

    routing._write = write_and_send
    # Every five minutes it would owe again what was lost, and through this very `add`.
    app.conf.beat_schedule.pop("reconcile", None)
