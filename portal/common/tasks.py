"""Celery's side of the outbox: a wake-up says only "look"."""

from typing import Final

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from portal.common import outbox, throttle

# Nothing more is begun after these seconds: a task is stopped after 50, and the five
# messages that are claimed at once may take 35.
BEGIN_WITHIN: Final = 10.0


@shared_task(name="outbox.drain", ignore_result=True)
def drain(*, queue: str, **_later: object) -> None:
    """Do what is due in a queue. Safe to run twice or at the same time."""
    outbox.drain(queue=queue, seconds=BEGIN_WITHIN)


@shared_task(name="outbox.sweep", ignore_result=True)
def sweep(**_later: object) -> None:
    """Do what is due in every quick queue: what lost wake-ups left behind."""
    queues = {queue for queue, _ in settings.OUTBOX.values()}
    for queue in sorted(queues - set(settings.OUTBOX_SLOW)):
        outbox.drain(queue=queue, seconds=BEGIN_WITHIN)


@shared_task(name="throttle.forget_ended", ignore_result=True)
def forget_ended(**_later: object) -> None:
    """Drop the limiter's counters whose window is over."""
    throttle.forget_ended(at=timezone.now())
