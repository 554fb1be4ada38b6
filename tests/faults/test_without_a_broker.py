"""Where there is no broker at all, the poller does what workers and beat would."""

import pytest
from django.core.management import call_command

from complaints.models import Complaint, Watermark
from portal.celery import app
from tests.factories import NOON, make_organization, missing_dose, sender_for, submit

pytestmark = pytest.mark.usefixtures("all_rows")


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
