"""Comparing everybody: each person once, whatever is killed, stopped or silent."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from portal.audit.models import Entry
from portal.common import crypto, outbox
from portal.common.models import Outbox
from portal.env import BASE_DIR
from portal.registry import corrections
from portal.registry.models import (
    IdentityDocument,
    Person,
    PopulationAnswer,
    PopulationBatch,
    PopulationRun,
)
from portal.registry.population import (
    figures,
    neighbour,
    protocol,
    results,
    runs,
)
from portal.registry.population.runs import CannotRun
from tests.factories import LONG_AGO, NOON, TEST_WARRANT, knows, make_person, make_unit
from tests.population.conftest import KEY, keys_text

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def people(count, *, known=True):
    """Record so many people by sets, each with a number; the register knows them."""
    numbers = [f"079158{n:06}" for n in range(count)]
    with corrections.writing("imports"):
        made = Person.objects.bulk_create(
            Person(
                full_name="Nguyễn Thị Thử",
                name_key="x",
                name_folded="x",
                sort_key="x",
                born_on="1958-03-08",
                sex="F",
            )
            for _ in numbers
        )
        IdentityDocument.objects.bulk_create(
            IdentityDocument(
                person=person,
                kind="pin12",
                number_sealed=crypto.seal(number, bound_to=f"person:{person.pk}"),
                number_digest=crypto.digest("national_id", number),
                source="test",
            )
            for person, number in zip(made, numbers, strict=True)
        )
    if known:
        for number in numbers:
            knows(number, "Nguyễn Thị Thử", "1958-03-08", "F")
    return made


def drain(at=None):
    return outbox.drain(queue="population", at=at)


def latest():
    return PopulationRun.objects.latest("pk")


def test_everybody_is_settled_once_with_time_and_source(settings):
    settings.POPULATION_BATCH = 3
    right = make_person(national_id="079158012345")
    wrong = make_person("Trần Văn Sai", national_id="079058012346", sex="M")
    bad = make_person(national_id="79158012347")
    none = make_person(national_id="")
    knows("079158012345", right.full_name, "1958-03-08", "F")
    knows("079058012346", "Trần Văn Khác", "1959-03-08", "M")

    runs.start(by=7, at=NOON)
    drain(NOON)

    said = {
        p.pk: (p.population, p.population_wrong, p.population_source, p.population_at)
        for p in Person.objects.all()
    }
    assert said == {
        right.pk: ("matched", "", "simulator", NOON),
        wrong.pk: ("mismatched", "full_name,born_on", "simulator", NOON),
        bad.pk: ("bad_format", "", "record", NOON),
        none.pk: ("no_number", "", "record", NOON),
    }
    run = latest()
    assert (run.state, run.done, run.total, run.finished_at) == (
        "finished",
        4,
        4,
        NOON,
    )
    assert (run.matched, run.mismatched, run.no_number, run.bad_format) == (1, 1, 1, 1)
    assert list(
        Entry.objects.filter(subject="registry.population").values_list(
            "actor_id", "detail"
        )
    ) == [(7, "start")]


def test_the_database_itself_refuses_any_other_writer_of_results():
    make_person()
    with pytest.raises(Exception, match=r"written by registry.corrections only"):
        Person.objects.update(population="matched")


def test_two_runs_at_once_are_refused_and_so_is_an_empty_registry(settings):
    with pytest.raises(CannotRun, match="nobody"):
        runs.start(by=1, at=NOON)
    make_person()
    runs.start(by=1, at=NOON)
    with pytest.raises(CannotRun, match="running"):
        runs.start(by=1, at=NOON)
    settings.POPULATION_URL = ""
    with pytest.raises(CannotRun, match="not_set_up"):
        runs.start(by=1, at=NOON)


def test_a_stopped_run_ends_what_is_under_way_and_goes_on_where_it_was(settings):
    settings.POPULATION_BATCH = 2
    people(20)
    run = runs.start(by=1, at=NOON)
    runs.stop(run.pk, by=1, at=NOON)
    drain(NOON)
    run.refresh_from_db()
    assert (run.state, run.done) == ("stopped", 2 * runs.WINDOW)
    with pytest.raises(CannotRun, match="not_running"):
        runs.stop(run.pk, by=1, at=NOON)

    runs.resume(run.pk, by=1, at=NOON)
    drain(NOON)

    run.refresh_from_db()
    assert (run.state, run.done, run.matched) == ("finished", 20, 20)
    with pytest.raises(CannotRun, match="not_stopped"):
        runs.resume(run.pk, by=1, at=NOON)


def test_batches_that_the_outbox_lost_are_owed_again():
    people(3)
    run = runs.start(by=1, at=NOON)
    Outbox.objects.all().delete()

    assert runs.owe_again(at=NOON) == 1
    assert runs.owe_again(at=NOON) == 0

    drain(NOON)
    run.refresh_from_db()
    assert (run.state, run.done) == ("finished", 3)


def test_an_answer_about_a_record_that_was_corrected_meanwhile_is_not_written():
    person = make_person(national_id="079158012345")
    run = runs.start(by=1, at=NOON)
    batch = run.batches.get()
    read = results.read(batch.people)
    corrections.correct_person(
        person.pk, {"sex": "M"}, warrant=TEST_WARRANT, at=LONG_AGO
    )

    fact = read.to_ask[0]
    finding = results.Finding(fact.person_id, fact.version, Person.Population.MATCHED)
    runs.finish_batch(batch.pk, [finding], [], at=NOON)

    run.refresh_from_db()
    person.refresh_from_db()
    assert (run.state, run.done, run.moved_on, run.matched) == ("finished", 1, 1, 0)
    assert person.population == "not_sent"


def test_a_batch_that_somebody_else_finished_is_left_as_it_is():
    make_person(national_id="")
    run = runs.start(by=1, at=NOON)
    batch = run.batches.get()
    drain(NOON)

    assert runs.finish_batch(batch.pk, [], [], at=NOON) is False
    assert latest().done == 1


def test_a_correction_forgets_the_comparison_and_asks_again():
    person = make_person(national_id="079158012345")
    knows("079158012345", "Nguyễn Thị Đúng", "1958-03-08", "F")
    runs.start(by=1, at=NOON)
    drain(NOON)
    person.refresh_from_db()
    assert person.population_wrong == "full_name"

    corrections.correct_person(
        person.pk, {"full_name": "Nguyễn Thị Đúng"}, warrant=TEST_WARRANT, at=NOON
    )
    person.refresh_from_db()
    assert (person.population, person.population_at) == ("not_sent", None)
    drain(NOON)

    person.refresh_from_db()
    assert (person.population, person.population_wrong) == ("matched", "")


@pytest.mark.stack
def test_who_is_not_answered_about_is_asked_for_twice_more_and_then_counted(through):
    people(200)
    through.set(silent=0.2)

    runs.start(by=1, at=timezone.now())
    drain()

    run = latest()
    assert (run.state, run.done) == ("finished", 200)
    assert 20 <= run.silent <= 60
    assert run.matched == 200 - run.silent
    assert Person.objects.filter(population="not_sent").count() == run.silent
    rounds = PopulationBatch.objects.order_by("round").values_list("size", flat=True)
    assert list(rounds) == [200, run.silent, run.silent]


@pytest.mark.stack
def test_the_other_half_of_a_half_answer_is_asked_again_under_another_number(through):
    people(100)
    through.set(half=1.0)

    runs.start(by=1, at=timezone.now())
    drain()

    run = latest()
    assert (run.state, run.matched, run.silent) == ("finished", 50 + 25 + 13, 12)


@pytest.mark.stack
@pytest.mark.parametrize(
    "faults",
    [{"errors": 1.0}, {"cuts": 1.0}, {"malformed": 1.0}, {"forged": 1.0}],
    ids=["5xx", "cut off", "malformed", "wrong signature"],
)
def test_a_failing_register_costs_time_and_nothing_else(through, settings, faults):
    people(30)
    through.set(**faults)
    begun = timezone.now()
    runs.start(by=1, at=begun)
    for minute in range(1, 9):
        drain(begun + minute * 4 * MINUTE / 8)
    run = latest()
    assert (run.state, run.done) == ("running", 0)
    assert run.trouble
    assert run.trouble_at is not None
    # Far more tries than an outbox row has, and nothing is parked.
    assert not Outbox.objects.exclude(dead_at=None).exists()

    through.set(**dict.fromkeys(faults, 0.0))
    # A process that starts now has a breaker of its own.
    settings.POPULATION_RATE = 9_999
    drain(begun + 5 * MINUTE - timedelta(seconds=5))

    run.refresh_from_db()
    assert (run.state, run.matched, run.trouble) == ("finished", 30, "")


@pytest.mark.stack
def test_a_run_killed_in_the_middle_goes_on_and_asks_about_each_person_once(
    through, settings
):
    settings.POPULATION_BATCH = 10
    people(100)
    through.set(latency=0.5)
    runs.start(by=1, at=timezone.now())
    now = timezone.now().isoformat()
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.drain_once", "population", now],
        cwd=BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FAULTS_DATABASE": connection.settings_dict["NAME"],
            "POPULATION_URL": through.url,
            "POPULATION_KEYS": keys_text(),
            "POPULATION_BATCH": "10",
        },
    )
    # The simulator has answered for itself, and the worker waits for the answer.
    while PopulationAnswer.objects.count() < 2:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.05)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(20)
    run = latest()
    assert run.state == "running"
    assert run.done < 100
    through.set(latency=0.0)

    drain(timezone.now() + 2 * MINUTE)

    run.refresh_from_db()
    assert (run.state, run.done, run.matched) == ("finished", 100, 100)
    # Asked again under its old number, the batch was answered from what was kept.
    batches = PopulationBatch.objects.count()
    assert PopulationAnswer.objects.count() == batches == 10
    assert sum(PopulationAnswer.objects.values_list("questions", flat=True)) == 100


@pytest.mark.stack
def test_a_batch_whose_people_changed_after_a_kill_is_asked_under_a_new_number(through):
    person, other = people(2)
    runs.start(by=1, at=timezone.now())
    batch = PopulationBatch.objects.get()
    facts = results.read(batch.people).to_ask
    neighbour.ask(batch.number, [f.question for f in facts], at=timezone.now())
    corrections.correct_person(
        other.pk, {"sex": "M"}, warrant=TEST_WARRANT, at=timezone.now()
    )

    drain()

    assert PopulationBatch.objects.get().number != batch.number
    said = dict(Person.objects.values_list("pk", "population"))
    assert said == {person.pk: "matched", other.pk: "mismatched"}
    assert latest().state == "finished"


@contextmanager
def calling_every_number_used():
    """Hold a neighbour that signs the same refusal for every batch; yield its address
    and the batch numbers that it was asked under."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            batch = UUID(self.headers[protocol.BATCH])
            asked.append(batch)
            signed = protocol.sign_answer(
                KEY, status=409, batch=batch, time=self.headers[protocol.TIME], body=b""
            )
            self.send_response(409)
            self.send_header(protocol.SIGNATURE, signed)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_a_register_that_calls_every_number_used_is_left_alone_for_a_while(settings):
    people(1)
    at = timezone.now()
    runs.start(by=1, at=at)
    batch = PopulationBatch.objects.get()
    with calling_every_number_used() as (url, asked):
        settings.POPULATION_URL, settings.POPULATION_KEYS = url, {1: KEY}
        drain(at)
        drain(at + MINUTE)

    assert len(asked) == len(set(asked)) == 2
    assert asked[0] == batch.number
    batch.refresh_from_db()
    assert (batch.number, batch.done_at) == (asked[1], None)
    assert latest().trouble == "conflict"
    assert Outbox.objects.get(subject=batch.pk).next_at > at + 4 * MINUTE


def test_the_figures_are_by_area_and_by_wrong_field():
    province = make_unit()
    communes = [
        make_unit(code, name=f"Xã {code}", parent=province) for code in ("N1", "N2")
    ]
    make_person(national_id="079158012345", residence=communes[0])
    make_person(national_id="", residence=communes[0])
    make_person(national_id="079158012347", residence=communes[1], sex="M")
    make_person(national_id="0791", residence=province)
    make_person(national_id="079158012349")
    knows("079158012345", "Nguyễn Thị Thử", "1958-03-08", "F")
    knows("079158012347", "Nguyễn Thị Thử", "1958-03-09", "F")
    runs.start(by=1, at=NOON)
    drain(NOON)
    assert figures.rebuild_changed(at=NOON) is True
    assert figures.rebuild_changed(at=NOON) is False

    country, below = figures.overview(None), figures.overview(province)

    counts = figures.Counts
    assert below.parts == {
        communes[0]: counts(people=2, matched=1, no_number=1),
        communes[1]: counts(people=1, mismatched=1, wrong_birth=1, wrong_sex=1),
        province: counts(people=1, bad_format=1),
    }
    assert country.parts == {
        province: below.total,
        None: counts(people=1, mismatched=1, wrong_number=1),
    }
    assert country.total.people == Person.objects.count()
    assert country.computed_at == NOON
