"""A worker is killed while it writes a list: the next one writes the rest, once."""

import os
import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.db import connection

from portal.common import outbox, scope
from portal.env import BASE_DIR
from portal.registry.imports import committing
from portal.registry.models import Correction, Dose, Person, SessionList
from tests.factories import make_organization, make_product
from tests.faults.ground import at_once, in_system, lay_ground
from tests.registry.imports.lists import NOON, make_list, make_row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

ROWS = 1_200
LATER = timedelta(minutes=6)


@pytest.fixture(autouse=True)
def _ground():
    lay_ground()


@pytest.fixture
def site():
    with scope.system():
        make_product()
        return make_organization()


@pytest.fixture
def one(site):
    """Return a checked list of many people of whom nothing is recorded."""
    rows = [
        make_row(n, id_number=f"0791580{n:05}", phones=(), full_name=f"Lê Thị Q{n}")
        for n in range(1, ROWS + 1)
    ]
    return make_list(site, rows)


def start_worker(at):
    """Drain the queue of imports in another process."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.drain_once", "import", at.isoformat()],
        cwd=BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FAULTS_DATABASE": connection.settings_dict["NAME"],
        },
        stderr=subprocess.DEVNULL,
    )


def rows_done(one):
    return in_system(lambda: SessionList.objects.get(pk=one.pk).rows_done)


def assert_each_row_is_written_once(one):
    with scope.system():
        one.refresh_from_db()
        assert (one.state, one.rows_done) == ("committed", ROWS)
        assert Dose.objects.count() == Person.objects.count() == ROWS
        assert Dose.objects.values("person").distinct().count() == ROWS
        entries = Correction.objects.filter(reason_ref=committing.reference(one))
        assert entries.count() == 2 * ROWS
        assert one.staged.filter(done_at=None).count() == 0


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(one):
    committing.commit(one.pk, by=None, at=NOON)

    with start_worker(NOON) as worker:
        while not rows_done(one):
            assert worker.poll() is None
        worker.kill()
        assert worker.wait(20) == -signal.SIGKILL
    written = rows_done(one)
    assert 0 < written < ROWS
    assert in_system(Dose.objects.count) == written

    # The lease of the dead one is over: whoever looks next goes on.
    outbox.drain(queue="import", at=NOON + LATER)
    outbox.drain(queue="import", at=NOON + LATER)

    assert_each_row_is_written_once(one)


def test_three_workers_at_one_list_write_each_row_once(one):
    committing.commit(one.pk, by=None, at=NOON, queued=False)

    ends = at_once(
        3, lambda _: committing.commit_slice(one.pk, by=None, at=NOON, until=1e12)
    )

    assert ends == [True, True, True]
    assert_each_row_is_written_once(one)


def test_two_lists_of_one_newcomer_at_one_moment_make_one_person(site):
    twins = [
        make_list(
            site,
            [make_row(given_on=date(2021, 8, day), phones=())],
            content=f"list {day}".encode(),
        )
        for day in (14, 15)
    ]
    for twin in twins:
        committing.commit(twin.pk, by=None, at=NOON, queued=False)

    ends = at_once(
        2,
        lambda n: committing.commit_slice(twins[n].pk, by=None, at=NOON, until=1e12),
    )

    assert ends == [True, True]
    assert in_system(Person.objects.count) == 1
