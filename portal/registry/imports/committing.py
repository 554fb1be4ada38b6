"""Making a list part of the registry, in batches that can die; ``taking_back`` undoes.

Each batch is one transaction: it locks the list, judges its rows anew, writes people
and doses through the ledger and marks the rows done. Whoever begins again finds only
rows that are not done, so each is written once.
"""

import time
from datetime import datetime
from typing import Final

from django.db import DataError, IntegrityError
from django.db.models import Q
from django.utils import timezone

from portal.audit.together import hang_together
from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import Warrant, second
from portal.registry.imports import contents, ledger, one_at_a_time, staging, taking
from portal.registry.imports.conflict import NOT_KNOWN, Own, concerns
from portal.registry.imports.findings import Finding
from portal.registry.imports.rows import Reason
from portal.registry.models import (
    Correction,
    ListJob,
    Person,
    SessionList,
    StagedRow,
)

State, Asked = SessionList.State, SessionList.Asked
Verdict = StagedRow.Verdict

BATCH: Final = 500
WRITER: Final = "imports"


# What a commit writes: new doses, and the values that staff take from the list.
TO_WRITE: Final = Q(done_at=None) & (
    Q(verdict=Verdict.NEW)
    | Q(verdict=Verdict.DIFFERS, taken=StagedRow.Taken.LIST)
    | Q(verdict=Verdict.SAME, taken=StagedRow.Taken.PERSON)
)
# In which states staff look rows through: before a commit, and what waited after it.
OPEN: Final = frozenset({State.CHECKED, State.COMMITTED})


class CannotCommit(Exception):
    """The list is not in a state in which this can be asked."""


class NotAlone(CannotCommit):
    """Whoever asked for what takes two people cannot be the second one."""


class Together(CannotCommit):
    """One of the two opened the account of the other lately (``audit.together``)."""


class Moved(CannotCommit):
    """Somebody else changed it since it was looked at."""


def commit(
    pk: int,
    *,
    by: int | None,
    own: Own = NOT_KNOWN,
    revision: int | None = None,
    at: datetime,
    queued: bool = True,
) -> bool:
    """Begin to write a checked list into the registry; False where it waits.

    Of a list that is written already: the rows that waited and are ready now. Where it
    corrects several doses, or names whoever asks (`own` telephone and number) among
    what it writes, a second person has to ask as well. Raise CannotCommit where its
    dry run is not over or nothing is left to write, NotAlone for whoever asked first,
    Together for who opened the account of the other, Moved where rows were changed
    since the ``revision`` that was looked at.
    """
    with scope.system():
        one = staging.lock(pk)
        if one.state not in OPEN or one.forgotten_at is not None:
            raise CannotCommit(one.state)
        if revision is not None and revision != one.revision:
            raise Moved(one.state)
        rows = one.staged.filter(TO_WRITE)
        if one.state == State.COMMITTED and not rows.exists():
            raise CannotCommit(one.state)
        # Those that are written count as well: in parts they are no fewer.
        changes = one.staged.filter(
            Q(verdict=Verdict.DIFFERS, taken=StagedRow.Taken.LIST)
            | Q(taken=StagedRow.Taken.PERSON)
        ).count()
        takes_two = second.list_takes_two(
            corrections=changes, concerns_oneself=concerns(one, rows, own)
        )
        if takes_two and not _has_two(one, Asked.COMMIT, by=by, at=at):
            return False
        _keep_asked(one, Asked.COMMIT)
        one.state, one.committed_by_id, one.progress_at = State.COMMITTING, by, at
        one.save(
            update_fields=[
                *("state", "committed_by", "progress_at", "asked_by", "asked_for")
            ]
        )
        if queued:
            staging.owe(one, ListJob.Work.COMMIT, by=by, at=at)
    return True


def undo(pk: int, *, by: int | None, at: datetime, queued: bool = True) -> bool:
    """Begin to take back all that a committed list wrote; False where it waits.

    By counter-corrections. A list of several doses takes a second person once 30 s are
    over. Raise CannotCommit where it is not committed, NotAlone and Together as there.
    """
    with scope.system():
        one = staging.lock(pk)
        if one.state != State.COMMITTED or one.forgotten_at:
            raise CannotCommit(one.state)
        assert one.committed_at is not None  # it is committed
        written = one.staged.filter(done_at__isnull=False).count()
        age = at - one.committed_at
        if second.list_undo_takes_two(doses=written, age=age) and not _has_two(
            one, Asked.UNDO, by=by, at=at
        ):
            return False
        _keep_asked(one, Asked.UNDO)
        one.state, one.undone_by_id, one.progress_at = State.UNDOING, by, at
        one.save(
            update_fields=["state", "undone_by", "progress_at", "asked_by", "asked_for"]
        )
        if queued:
            staging.owe(one, ListJob.Work.UNDO, by=by, at=at)
    return True


def withdraw(pk: int, *, by: int | None = None) -> None:
    """Take back what was asked for and waits for a second person.

    On the page whoever asked does that (``by``), and nobody else: raise NotAlone.
    """
    with scope.system():
        one = staging.lock(pk)
        if by is not None and one.asked_by_id != by:
            raise NotAlone(str(one.ref))
        if one.state in OPEN:
            one.asked_by, one.asked_for = None, ""
            one.save(update_fields=["asked_by", "asked_for"])


def _has_two(
    one: SessionList, what: SessionList.Asked, *, by: int | None, at: datetime
) -> bool:
    """Tell whether somebody else asked for it before; note who asks where nobody did.

    Who asked for the other thing has not agreed to this one.
    """
    if one.asked_by_id is None or one.asked_for != what:
        one.asked_by_id, one.asked_for = by, what
        one.save(update_fields=["asked_by", "asked_for"])
        return False
    if one.asked_by_id == by:
        raise NotAlone(str(one.ref))
    if by is not None and hang_together(one.asked_by_id, by, at=at):
        raise Together(str(one.ref))
    return True


def _keep_asked(one: SessionList, what: SessionList.Asked) -> None:
    """Forget who asked where that was for something else; unsaved."""
    if one.asked_for != what:
        one.asked_by, one.asked_for = None, ""


def commit_slice(pk: int, *, by: int | None, at: datetime, until: float) -> bool:
    """Write batches until time is up; True when nothing is left to write.

    A batch that the database does not take is written row by row, and the row at
    fault becomes an error: the others are not held up by it.
    """
    size, alone = BATCH, 0
    while True:
        try:
            written = _commit_batch(pk, size=size, at=at)
        except (IntegrityError, DataError):
            if size > 1:
                size, alone = 1, BATCH
                continue
            _set_aside(pk, at=at)
            written = 1
        if not written:
            return True
        if size == 1:
            alone -= 1
            size = 1 if alone > 0 else BATCH
        if time.monotonic() >= until:
            return False


def reference(one: SessionList) -> str:
    """Return what the ledger calls a list, in ``Correction.reason_ref``."""
    return f"list:{one.ref.hex}"


def _commit_batch(pk: int, *, size: int, at: datetime) -> int:
    """Write the next rows; return how many were dealt with, 0 at the end."""
    with scope.system(), corrections.writing(WRITER):
        one = staging.lock(pk)
        if one.state != State.COMMITTING:
            return 0
        rows = list(one.staged.filter(TO_WRITE).order_by("place")[:size])
        if not rows:
            one.state, one.progress_at = State.COMMITTED, at
            # The first time counts: later rows make the undoing of all no newer.
            one.committed_at = one.committed_at or at
            one.asked_by, one.asked_for = None, ""
            one.save(
                update_fields=[
                    *("state", "committed_at", "progress_at", "asked_by", "asked_for")
                ]
            )
            return 0
        # Locked before they are judged: what is found stays so until it is written.
        one_at_a_time.lock()
        known = {row.person_id for row in rows if row.person_id}
        list(Person.objects.select_for_update().filter(pk__in=known).order_by("pk"))
        opened = {row.place: contents.unseal(row, of=one) for row in rows}
        findings = staging.find(one, opened.values(), at=at)
        for row in rows:
            findings[row.place] = taking.unless_moved(
                opened[row.place], findings[row.place]
            )
            contents.settle(row, findings[row.place], of=one)
        additions = [
            ledger.Addition(
                place, opened[place].row.values, found.person, found.newcomer
            )
            for place, found in findings.items()
            if found.verdict == Verdict.NEW and found.dose is None
        ]
        warrant = Warrant(
            Correction.Reason.IMPORT,
            reference(one),
            proposed_by=one.asked_by_id or one.committed_by_id,
            approved_by=one.committed_by_id if one.asked_by_id else None,
            source=Correction.Source.SESSION_LIST,
        )
        newcomers: dict[bytes, int] = {}
        for added in ledger.add(additions, site=one.site, warrant=warrant, at=at):
            row = opened[added.key].staged
            row.person_id, row.dose_id = added.person, added.dose
            row.correction_id, row.done_at = added.correction, at
            if row.newcomer_digest is not None:
                newcomers[bytes(row.newcomer_digest)] = added.person
        attached = taking.write(
            [(opened[row.place], findings[row.place]) for row in rows],
            newcomers=newcomers,
            warrant=warrant,
            at=at,
        )
        for row in taking.refused(rows, findings):
            finding = taking.as_refused(findings[row.place])
            contents.settle(row, finding, of=one)
        contents.save(rows)
        one.rows_done += len(additions) + attached
        one.progress_at = timezone.now()
        one.save(update_fields=["rows_done", "progress_at"])
    return len(rows)


def _set_aside(pk: int, *, at: datetime) -> None:
    """Mark the next row as one that the database does not take."""
    with scope.system():
        one = staging.lock(pk)
        row = one.staged.filter(TO_WRITE).order_by("place").first()
        if one.state != State.COMMITTING or row is None:
            return
        finding = Finding(Verdict.ERROR, (Reason("not_taken"),))
        contents.settle(row, finding, of=one)
        contents.save([row])
