"""Celery's side of the outbox: a wake-up says only "look"."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from portal.common import outbox, throttle


@shared_task(name="outbox.drain", ignore_result=True)
def drain(*, queue: str, **_later: object) -> None:
    """Do what is due in a queue. Safe to run twice or at the same time."""
    outbox.drain(queue=queue)


@shared_task(name="outbox.sweep", ignore_result=True)
def sweep(**_later: object) -> None:
    """Do what is due in every queue: what lost wake-ups left behind."""
    for queue in sorted({queue for queue, _ in settings.OUTBOX.values()}):
        outbox.drain(queue=queue)


@shared_task(name="throttle.forget_ended", ignore_result=True)
def forget_ended(**_later: object) -> None:
    """Drop the limiter's counters whose window is over."""
    throttle.forget_ended(at=timezone.now())
