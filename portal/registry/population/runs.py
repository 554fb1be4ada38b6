"""Comparing everybody on record: begun, stopped and gone on with by an administrator.

Whoever was added since is compared by itself (``compare_new``).

A run is a row with a cursor. A few batches of it wait in the outbox at a time; whoever
finishes one writes the results, the counts and the next batch in one transaction, so a
kill loses nothing and repeats nothing. To stop is to plan no more batches: those under
way end first.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from portal.audit import record as audit
from portal.common import outbox
from portal.registry.models import Person, PopulationBatch, PopulationRun
from portal.registry.population import neighbour, results
from portal.registry.population.protocol import MOST
from portal.registry.population.results import Finding
from portal.registry.population.statuses import Status

KIND: Final = "population"
# So many batches under way keep two askers busy and are soon through after a stop.
WINDOW: Final = 4
# Who is not answered about is asked for again, twice; then counted as silent.
ROUNDS: Final = 3

State = PopulationRun.State


class CannotRun(Exception):
    """It makes no sense now; the text is one word for the caller to explain."""


def latest() -> PopulationRun | None:
    """Return the run to show: the last one of everybody, or a later one under way."""
    shown = PopulationRun.objects.filter(Q(of_new=False) | ~Q(state=State.FINISHED))
    return shown.order_by("-pk").first()


@transaction.atomic
def start(*, by: int, at: datetime) -> PopulationRun:
    """Begin a comparison of all who are on record now.

    Raise CannotRun: "running" while another runs, "not_set_up" without a population
    database, "nobody" with an empty registry.
    """
    if not neighbour.is_set_up():
        raise CannotRun("not_set_up")
    _refuse_beside_another()
    last = Person.objects.aggregate(last=Max("pk"))["last"]
    if last is None:
        raise CannotRun("nobody")
    run = PopulationRun.objects.create(
        started_by=by,
        started_at=at,
        changed_at=at,
        last_person=last,
    )
    _plan(run, at=at)
    _note(run, "start", by=by, at=at)
    return run


@transaction.atomic
def compare_new(*, again: bool = False, at: datetime) -> PopulationRun | None:
    """Begin to compare people who were added since the last run; None for nobody.

    ``again``: all whom no answer is known of, also those about whom the neighbour was
    silent and who were corrected while it was. None is begun beside another run, past
    one that an administrator has stopped, nor before they have begun the first one:
    to send a country's people is theirs to decide.
    """
    last = PopulationRun.objects.order_by("-pk").first()
    if last is None or last.state == State.STOPPED or not neighbour.is_set_up():
        return None
    if PopulationRun.objects.filter(state=State.RUNNING).exists():
        return None
    ends = Person.objects.aggregate(last=Max("pk"))["last"] or 0
    run = PopulationRun(
        of_new=True,
        started_at=at,
        changed_at=at,
        cursor=0 if again else last.last_person,
        last_person=ends,
    )
    run.total = _left(run).count()
    if not run.total:
        return None
    run.save()
    _plan(run, at=at)
    return run


@transaction.atomic
def stop(run_id: int, *, by: int, at: datetime) -> PopulationRun:
    """Plan no more batches. Raise CannotRun ("not_running") where none are."""
    run = PopulationRun.objects.select_for_update().get(pk=run_id)
    if run.state != State.RUNNING:
        raise CannotRun("not_running")
    run.state, run.changed_at = State.STOPPED, at
    run.save(update_fields=["state", "changed_at"])
    _note(run, "stop", by=by, at=at)
    return run


@transaction.atomic
def resume(run_id: int, *, by: int, at: datetime) -> PopulationRun:
    """Go on where a run was stopped. Raise CannotRun ("running", "not_stopped")."""
    run = PopulationRun.objects.select_for_update().get(pk=run_id)
    if run.state != State.STOPPED:
        raise CannotRun("not_stopped")
    _refuse_beside_another()
    run.state, run.changed_at = State.RUNNING, at
    _plan(run, at=at)
    _note(run, "resume", by=by, at=at)
    return run


@transaction.atomic
def finish_batch(
    batch_id: int,
    findings: Sequence[Finding],
    silent: Sequence[int],
    *,
    at: datetime,
) -> bool:
    """Write a batch's results and counts, and plan what comes next.

    ``silent`` are the people without an answer; whoever is in neither was joined or
    voided meanwhile. Return False, having changed nothing, where somebody else has
    finished it.
    """
    run_id = PopulationBatch.objects.values_list("run", flat=True).get(pk=batch_id)
    # The run first: finishing, stopping and going on lock in the same order.
    run = PopulationRun.objects.select_for_update().get(pk=run_id)
    batch = PopulationBatch.objects.select_for_update().get(pk=batch_id)
    if batch.done_at is not None:
        return False
    people = set(batch.people)
    batch.people, batch.done_at = [], at
    batch.save(update_fields=["people", "done_at"])
    written = results.write(findings, at=at)
    for finding in findings:
        if finding.person_id in written:
            _count(run, finding.status)
        else:
            run.moved_on += 1
    if silent and batch.round < ROUNDS:
        _owe(run, silent, round_=batch.round + 1, at=at)
    else:
        run.silent += len(silent)
    gone = len(people) - len(findings) - len(silent)
    assert gone >= 0
    run.moved_on += gone
    run.done += len(findings) + gone
    run.done += len(silent) if batch.round >= ROUNDS else 0
    run.trouble, run.trouble_at, run.changed_at = "", None, at
    if run.total is None:
        run.total = _of(run).count()
    _plan(run, at=at)
    return True


def renumber(batch_id: int) -> UUID:
    """Give a batch another number: what it asks has changed since the first try."""
    fresh = uuid4()
    PopulationBatch.objects.filter(pk=batch_id, done_at=None).update(number=fresh)
    return fresh


def note_trouble(run_id: int, reason: str, *, at: datetime) -> None:
    """Keep why no answer comes, for the progress page; the first time stands."""
    PopulationRun.objects.filter(pk=run_id, trouble_at=None).update(trouble_at=at)
    PopulationRun.objects.filter(pk=run_id).update(trouble=reason)


def owe_again(*, at: datetime) -> int:
    """Owe the batches that the outbox lost; return how many (trust paper F20)."""
    lost = PopulationBatch.objects.raw(
        """SELECT b.id FROM registry_populationbatch b
           LEFT JOIN common_outbox o ON o.kind = %s AND o.subject = b.id
           WHERE b.done_at IS NULL AND o.id IS NULL""",
        [KIND],
    )
    batches = [batch.pk for batch in lost]
    outbox.add(KIND, batches, at=at)
    return len(batches)


def _refuse_beside_another() -> None:
    if PopulationRun.objects.filter(state=State.RUNNING).exists():
        raise CannotRun("running")


def _plan(run: PopulationRun, *, at: datetime) -> None:
    """Fill the window with batches, or end the run, and save it."""
    size = min(settings.POPULATION_BATCH, MOST)
    waiting = run.batches.filter(done_at=None).count()
    while run.state == State.RUNNING and waiting < WINDOW:
        people = list(_left(run).order_by("pk").values_list("pk", flat=True)[:size])
        if not people:
            break
        _owe(run, people, round_=1, at=at)
        run.cursor = people[-1]
        waiting += 1
    if run.state == State.RUNNING and not waiting:
        run.state, run.finished_at = State.FINISHED, at
    run.save()


def _of(run: PopulationRun) -> QuerySet[Person]:
    """Return whom a run is about: records that stand for somebody by themselves."""
    people = Person.objects.filter(pk__lte=run.last_person, status=Person.Status.ACTIVE)
    return people.filter(population=Status.NOT_SENT) if run.of_new else people


def _left(run: PopulationRun) -> QuerySet[Person]:
    return _of(run).filter(pk__gt=run.cursor)


def _owe(
    run: PopulationRun, people: Sequence[int], *, round_: int, at: datetime
) -> None:
    batch = PopulationBatch.objects.create(
        run=run, round=round_, people=list(people), size=len(people), planned_at=at
    )
    outbox.add(KIND, [batch.pk], at=at)


def _count(run: PopulationRun, status: Status) -> None:
    setattr(run, status.value, getattr(run, status.value) + 1)


def _note(run: PopulationRun, move: str, *, by: int, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by,
        person_id=None,
        subject="registry.population",
        subject_id=run.pk,
        detail=move,
    )
