"""What moved is looked through every few minutes, everything at night."""

import pytest
from celery.schedules import crontab

from complaints import integrity
from complaints.models import Message
from portal.celery import app
from tests.factories import (
    NOON,
    make_organization,
    missing_dose,
    only_complaint,
    submit,
)
from tests.test_invariants import DAMAGES, World, run

pytestmark = pytest.mark.usefixtures("all_rows")
OF_CASES = [(name, damage) for name, damage in DAMAGES if name in integrity.OF_CASES]


def damage_by(damage):
    Message.objects.exclude(event__move="submit").delete()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE complaints_event DISABLE TRIGGER append_only")
    if damage.startswith("DELETE"):
        Message.objects.all().delete()
    for statement in damage.split(";"):
        run(statement)


def test_each_part_names_invariants_that_there_are():
    assert set(integrity.INVARIANTS) >= integrity.OF_CASES | integrity.AT_NIGHT
    assert not integrity.OF_CASES & integrity.AT_NIGHT


@pytest.mark.parametrize(("finding", "damage"), OF_CASES, ids=[d[0] for d in OF_CASES])
def test_of_cases_that_moved_last_all_is_found_at_once(finding, damage):
    World()
    assert not any(integrity.check(at=NOON, newest=1000).values())
    damage_by(damage)

    assert integrity.check(at=NOON, newest=1000)[finding]


def test_what_was_broken_long_ago_is_found_at_night_and_not_looked_for_by_day():
    old = World().case
    damage_by("UPDATE complaints_event SET note = 'Khác' WHERE seq = 1")
    site = make_organization()
    only_complaint(submit(missing_dose(site, given_on="2021-11-11"), at=NOON))

    by_day = integrity.check(at=NOON, newest=1)
    at_night = integrity.check(at=NOON)

    assert not by_day["notes_are_as_they_were_written"]
    assert old.pk in at_night["notes_are_as_they_were_written"]
    assert set(at_night) >= integrity.AT_NIGHT
    assert not integrity.AT_NIGHT & set(by_day)


def test_every_five_minutes_is_no_statement_about_all_there_is():
    entries = app.conf.beat_schedule
    assert entries["reconcile"]["schedule"] == 300.0
    assert isinstance(entries["reconcile-all"]["schedule"], crontab)
