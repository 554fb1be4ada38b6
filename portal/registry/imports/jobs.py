"""What a worker does for a list: a slice of the work, then the next slice is owed."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from portal.common import outbox, scope
from portal.registry.imports import committing, report, staging, taking_back
from portal.registry.models import ListJob

# Well below the worker's time limit and the outbox's lease, so that neither ends it.
SLICE_SECONDS: Final = 20.0

Work = ListJob.Work
WORKS: Final[dict[str, Callable[..., bool]]] = {
    Work.READ: staging.read_slice,
    Work.JUDGE: staging.judge_slice,
    Work.COMMIT: committing.commit_slice,
    Work.UNDO: taking_back.undo_slice,
    Work.REPORT: report.write_slice,
}


@outbox.outside_transaction
def run(subjects: list[int], *, at: datetime) -> None:
    """Do a slice of each job, in transactions of its own; safe to repeat.

    Together they take one slice of time: when it is over the rest is owed again.
    """
    until = time.monotonic() + SLICE_SECONDS
    for pk in subjects:
        with scope.system():
            job = ListJob.objects.filter(pk=pk, done_at=None).first()
        if job is None:
            continue
        work = WORKS[job.work]
        finished = time.monotonic() < until and work(
            job.session_list_id, by=job.by_id, at=at, until=until
        )
        _close(pk, finished=finished, at=at)


def finish(pk: int, works: tuple[str, ...], *, by: int | None, at: datetime) -> None:
    """Do these works on a list here and now, for commands and tests."""
    for work in works:
        while not WORKS[work](pk, by=by, at=at, until=time.monotonic() + SLICE_SECONDS):
            pass


def _close(pk: int, *, finished: bool, at: datetime) -> None:
    """Mark a job done and owe what follows it, once."""
    with scope.system():
        job = (
            ListJob.objects.select_for_update(of=("self",))
            .select_related("session_list")
            .get(pk=pk)
        )
        if job.done_at:
            return
        job.done_at = at
        job.save(update_fields=["done_at"])
        following = staging.FOLLOWING.get(job.work) if finished else job.work
        if following:
            staging.owe(job.session_list, following, by=job.by_id, at=at)
