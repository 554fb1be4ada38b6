"""Celery's side of the outbox: a wake-up says only "look"."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from portal.common import outbox, throttle


@shared_task(name="outbox.drain", ignore_result=True)
def drain(*, queue: str, **_later: object) -> None:
    """Do what is due in a queue. Safe to run twice or at the same time."""
    # Each finished batch wakes again, so a slow queue's task may be short.
    rounds = 5 if queue in settings.OUTBOX_SLOW else 50
    outbox.drain(queue=queue, rounds=rounds)


@shared_task(name="outbox.sweep", ignore_result=True)
def sweep(**_later: object) -> None:
    """Do what is due in every quick queue: what lost wake-ups left behind."""
    queues = {queue for queue, _ in settings.OUTBOX.values()}
    for queue in sorted(queues - set(settings.OUTBOX_SLOW)):
        outbox.drain(queue=queue)


@shared_task(name="throttle.forget_ended", ignore_result=True)
def forget_ended(**_later: object) -> None:
    """Drop the limiter's counters whose window is over."""
    throttle.forget_ended(at=timezone.now())
