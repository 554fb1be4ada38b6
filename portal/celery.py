"""The Celery app: fast wake-ups for work that the database already holds.

A message says only "look into the outbox". It carries no delay, no expiry and no
result, so losing or doubling one changes nothing (docs/adr/0001-outbox.md).
"""

import os
from importlib import import_module
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from portal.common import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    # Celery otherwise closes the database connection round each task: 2.6 times slower.
    CELERY_DB_REUSE_MAX=10_000,
    task_queues=[
        Queue(name) for name in ("route", "notify", "import", "report", "population")
    ],
    task_default_queue="route",
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=50,
    task_time_limit=60,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_soft_shutdown_timeout=20,
    worker_hijack_root_logger=False,
    timezone="Asia/Ho_Chi_Minh",
    beat_schedule={
        "sweep": {"task": "outbox.sweep", "schedule": 5.0},
        "sweep-population": {
            "task": "outbox.drain",
            "schedule": 5.0,
            "kwargs": {"queue": "population"},
            "options": {"queue": "population"},
        },
        # With those who wait for another system: routing stands behind no gateway.
        "sweep-notify": {
            "task": "outbox.drain",
            "schedule": 5.0,
            "kwargs": {"queue": "notify"},
            "options": {"queue": "population"},
        },
        "count-population": {
            "task": "complaints.count_population",
            "schedule": 30.0,
            "options": {"queue": "report"},
        },
        "compare-new": {
            "task": "registry.compare_new",
            "schedule": crontab(minute="50"),
            "options": {"queue": "report"},
        },
        "compare-new-again": {
            "task": "registry.compare_new",
            "schedule": crontab(hour="0", minute="15"),
            "kwargs": {"again": True},
            "options": {"queue": "report"},
        },
        "count-names": {
            "task": "complaints.count_names",
            "schedule": crontab(hour="2", minute="40"),
            "options": {"queue": "report"},
        },
        "rebuild-figures": {"task": "complaints.rebuild_figures", "schedule": 20.0},
        "escalate-overdue": {"task": "complaints.escalate_overdue", "schedule": 60.0},
        "reconcile": {"task": "complaints.reconcile", "schedule": 300.0},
        "reconcile-all": {
            "task": "complaints.reconcile_all",
            "schedule": crontab(hour="2", minute="20"),
            "options": {"queue": "report"},
        },
        "gather-incidents": {"task": "complaints.gather_incidents", "schedule": 10.0},
        "forget-bulks": {"task": "complaints.forget_bulks", "schedule": 3600.0},
        "forget-drafts": {"task": "complaints.forget_drafts", "schedule": 3600.0},
        "forget-dose-files": {
            "task": "complaints.forget_dose_files",
            "schedule": 3600.0,
        },
        "forget-own-files": {
            "task": "complaints.forget_own_files",
            "schedule": 3600.0,
        },
        "forget-report-lists": {
            "task": "complaints.forget_report_lists",
            "schedule": 3600.0,
        },
        "forget-lists": {"task": "registry.forget_lists", "schedule": 3600.0},
        "forget-counters": {"task": "throttle.forget_ended", "schedule": 3600.0},
        "renew-certificates": {
            "task": "registry.renew_certificates",
            "schedule": 30.0,
        },
        "check-quality": {"task": "complaints.check_quality", "schedule": 60.0},
        "check-all-quality": {
            "task": "complaints.check_all_quality",
            "schedule": crontab(hour=1, minute=30),
            "options": {"queue": "report"},
        },
        "propose-pairs": {
            "task": "registry.propose_pairs",
            "schedule": 60.0,
            "options": {"queue": "report"},
        },
        "find-unusual-looks": {
            "task": "complaints.find_unusual_looks",
            "schedule": crontab(minute="20"),
            "options": {"queue": "report"},
        },
        "publish-figures": {
            "task": "complaints.publish_figures",
            "schedule": crontab(hour="3", minute="10"),
            "options": {"queue": "report"},
        },
        "seal": {"task": "complaints.seal", "schedule": 3600.0},
    },
)
app.autodiscover_tasks(["portal.common", "complaints"])


@signals.worker_init.connect
@signals.beat_init.connect
def refuse_unsafe(**_facts: Any) -> None:
    """End a worker, or beat, whose settings must not reach the public.

    Celery runs the checks too, and goes on whatever they find.
    """
    try:
        import_module("portal.checks").refuse_unsafe()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


@signals.task_failure.connect
def leave_a_server_that_is_away(
    exception: BaseException | None = None, **_facts: Any
) -> None:
    """Let the next task ask for a connection of its own; Celery would keep this one."""
    if database.is_away(exception):
        database.leave()
