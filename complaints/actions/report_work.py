"""What a worker does for a list of reports: reads, compares, sends, slice by slice.

Every slice leaves its mark in the transaction that does it, so that a worker may die at
any point and another one goes on.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from django.db import DataError
from django.utils import timezone

from complaints.actions import intake, report_rows
from complaints.actions.report_lists import MOST_ROWS, NEXT, content_of, lock, owe
from complaints.actions.report_rows import Judged, Opened
from complaints.choices import Field, Kind
from complaints.models import ReportJob, ReportList, ReportRow
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import outbox, scope
from portal.registry.imports import reading, repeats, vocabulary
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.rows import ListRow, Reason

State, Verdict, Work = ReportList.State, ReportRow.Verdict, ReportJob.Work

CHUNK: Final = 500
# A report is a dozen statements; so many are one transaction.
BATCH: Final = 25
# Well below the worker's time limit and the outbox's lease, so that neither ends it.
SLICE_SECONDS: Final = 20.0
_KEYS: Final = uuid.UUID("6b6d2c3e-90b1-5a0f-9d0c-5a8f4b6f2a71")


@outbox.outside_transaction
def work(subjects: Sequence[int], *, at: datetime) -> None:
    """Do a slice of each job; what is left is owed again. The outbox's handler."""
    until = time.monotonic() + SLICE_SECONDS
    for pk in subjects:
        with scope.system():
            jobs = ReportJob.objects.select_related("report_list", "by")
            job = jobs.filter(pk=pk, done_at=None).first()
        if job is None:
            continue
        is_over = time.monotonic() < until and _WORKS[job.work](
            job.report_list.ref, by=job.by, at=at, until=until
        )
        _close(pk, is_over=is_over, at=at)


def _read(ref: uuid.UUID, *, by: User, at: datetime, until: float) -> bool:
    """Read the file into rows, all at once; a file that cannot be read is refused."""
    with scope.system():
        words = vocabulary.load()
        one = ReportList.objects.get(ref=ref)
    try:
        read = reading.read(
            content_of(one),
            vocabulary=words,
            columns=one.columns,
            on=timezone.localdate(one.uploaded_at),
        )
        rows = repeats.settled(islice(read, MOST_ROWS + 1))
        if len(rows) > MOST_ROWS:
            raise CannotRead("too_many_rows", str(MOST_ROWS))
    except CannotRead as refusal:
        with scope.system():
            one = lock(ref)
            one.state, one.refusal, one.progress_at = State.REFUSED, refusal.code, at
            one.save(update_fields=["state", "refusal", "progress_at"])
        return True
    with scope.system():
        one = lock(ref)
        if one.state != State.READING:
            return True
        ReportRow.objects.bulk_create(
            _staged(one, place, report_rows.of_reports(row))
            for place, row in enumerate(rows, start=1)
        )
        one.rows_read, one.state, one.progress_at = len(rows), State.JUDGING, at
        one.save(update_fields=["rows_read", "state", "progress_at"])
    return True


def _staged(one: ReportList, place: int, row: ListRow) -> ReportRow:
    return ReportRow(
        report_list=one,
        place=place,
        said=row.verdict,
        content_sealed=report_rows.seal(row, of=one, place=place),
    )


def _judge_next(ref: uuid.UUID, *, by: User, at: datetime, until: float) -> bool:
    """Judge rows, a chunk a transaction, until time is up; True at the end."""
    while True:
        with scope.system():
            one = lock(ref)
            if one.state != State.JUDGING:
                return True
            rows = list(one.rows.filter(verdict="").order_by("place")[:CHUNK])
            if not rows:
                one.state, one.progress_at = State.CHECKED, at
                one.save(update_fields=["state", "progress_at"])
                return True
            report_rows.judge_all(one, rows, at=at)
            _note_looks(one, rows, by=by, at=at)
            one.rows_judged += len(rows)
            one.progress_at = timezone.now()
            one.save(update_fields=["rows_judged", "progress_at"])
        if time.monotonic() >= until:
            return False


def _file_next(ref: uuid.UUID, *, by: User, at: datetime, until: float) -> bool:
    """Send rows, a batch a transaction, until time is up; True at the end."""
    with scope.system():
        one = ReportList.objects.get(ref=ref)
    sha256 = hashlib.sha256(content_of(one)).hexdigest()
    while True:
        with scope.system():
            one = lock(ref)
            if one.state != State.FILING:
                return True
            waiting = one.rows.filter(verdict=Verdict.NEW, done_at=None)
            rows = list(waiting.order_by("place")[:BATCH])
            if not rows:
                one.state, one.progress_at = State.FILED, at
                one.save(update_fields=["state", "progress_at"])
                return True
            for row, found in report_rows.judge_again(one, rows, at=at):
                if found.verdict == Verdict.NEW:
                    _send(row, found, sha256, one=one, by=by, at=at)
            report_rows.save(rows)
            one.rows_done += sum(
                row.done_at is not None and row.verdict == Verdict.NEW for row in rows
            )
            one.progress_at = timezone.now()
            one.save(update_fields=["rows_done", "progress_at"])
        if time.monotonic() >= until:
            return False


_WORKS: Final[dict[str, Callable[..., bool]]] = {
    Work.READ: _read,
    Work.JUDGE: _judge_next,
    Work.FILE: _file_next,
}


def _send(
    row: Opened,
    found: Judged,
    sha256: str,
    *,
    one: ReportList,
    by: User,
    at: datetime,
) -> None:
    """Send one row; what intake or the database refuses becomes an error of the row.

    What another list had sent of the same row is told with its code, not sent again.
    """
    matter = found.matter
    assert found.sender is not None  # it is new
    assert matter is not None
    # The same dose of the same row of the same file has the same key, in whichever
    # list it comes.
    row_key = f"{sha256}:{row.row.sheet}:{row.row.row}"
    about = f"{matter.kind}:{matter.dose_id or ''}:{matter.given_on or ''}"
    if matter.kind == Kind.MISSING_DOSE:
        # A row may tell of two doses of one day.
        about += f":{matter.claims.get(Field.PRODUCT, '')}"
    key = uuid.uuid5(_KEYS, f"{row_key}:{about}")
    try:
        # A savepoint of its own: what one row breaks does not undo the others.
        sent = intake.submit(
            key=key, sender=found.sender, matters=[matter], by=by, at=at
        )
    except Refused as refused:
        _stop(row, found, Reason("refused", detail=str(refused)), of=one)
    except DataError:
        _stop(row, found, Reason("cannot_be_stored"), of=one)
    else:
        if sent.differs:
            code = sent.submission.code
            _stop(row, found, Reason("sent_otherwise", detail=code), of=one)
            return
        if sent.is_repeat:
            row.staged.verdict = Verdict.REPORTED
        row.staged.submission, row.staged.done_at = sent.submission, at


def _stop(row: Opened, found: Judged, reason: Reason, *, of: ReportList) -> None:
    """Make a row an error that says why it was not sent."""
    error = Judged(Verdict.ERROR, (reason,), found.kind, found.person)
    report_rows.settle(row.staged, error, of=of)


def _note_looks(
    one: ReportList, rows: Sequence[ReportRow], *, by: User, at: datetime
) -> None:
    """Write down whose record a row was compared with: the verdict tells of it."""
    for row in rows:
        if row.person_id is not None:
            audit.look_up(
                at=at,
                actor="staff",
                actor_id=by.pk,
                person_id=row.person_id,
                organization=one.organization_id,
                subject="complaints.list",
                subject_id=one.pk,
                detail="compared",
            )


def _close(pk: int, *, is_over: bool, at: datetime) -> None:
    """Mark a job as done and owe what follows it, once."""
    with scope.system():
        job = (
            ReportJob.objects.select_for_update(of=("self",))
            .select_related("report_list", "by")
            .get(pk=pk)
        )
        if job.done_at is not None:
            return
        job.done_at = at
        job.save(update_fields=["done_at"])
        following = NEXT.get(State(job.report_list.state))
        if not is_over or (following and following != job.work):
            owe(job.report_list, following or job.work, by=job.by, at=at)
