"""A worker's look at a file in quarantine: virus scanner, then drawn anew or refused.

Runs outside of any transaction, since scanner and decoders take their time; what came
of it is one short transaction. Safe to repeat.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.core.files.storage import default_storage
from django.db import transaction

from complaints.actions import certified, evidence, moving
from complaints.choices import Actor, Move
from complaints.models import Complaint, Evidence
from complaints.rules import legibility
from portal.common import antivirus, outbox, pictures, scope

# A claim of the outbox lasts a minute; what is not begun by then waits for the next.
SECONDS: Final = 35.0
SCANNER_AWAY: Final = timedelta(seconds=30)


@outbox.outside_transaction
def check(subjects: Sequence[int], *, at: datetime) -> None:
    """Look at files that wait: make pages of them, or refuse them and say why.

    While the virus scanner is away they stay in quarantine, however long that lasts.
    """
    began = time.monotonic()
    for place, pk in enumerate(subjects):
        rest = list(subjects[place:])
        if time.monotonic() - began > SECONDS:
            outbox.postpone("evidence", rest, at=at, delay=timedelta(0))
            return
        try:
            _check(pk, at=at)
        except antivirus.Away:
            outbox.postpone("evidence", rest, at=at, delay=SCANNER_AWAY)
            return


def _check(pk: int, *, at: datetime) -> None:
    row = Evidence.objects.filter(pk=pk, state=Evidence.State.QUARANTINED).first()
    if row is None:
        return
    try:
        content = evidence.read(evidence.quarantine(row))
    except FileNotFoundError:
        _refuse(row, Evidence.Refusal.BROKEN, at=at)
        return
    if not antivirus.is_clean(content):
        _refuse(row, Evidence.Refusal.INFECTED, at=at)
        return
    try:
        opened = pictures.open_apart(content, row.media_type)
    except pictures.Unopenable as reason:
        _refuse(row, Evidence.Refusal(str(reason)), at=at)
        return
    certificate = certified.on_file(content, row.media_type)
    if certificate:
        evidence.write(evidence.certificate_of(row), certificate.encode())
    for number, page in enumerate(opened.pages, start=1):
        evidence.write(evidence.name_of(row, number), page.picture)
        evidence.write(evidence.name_of(row, number, small=True), page.thumbnail)
    with scope.system():
        locked = _lock(row)
        if locked is None:
            _leave_nothing_of(row, pages=len(opened.pages))
            return
        locked.state = Evidence.State.CHECKED
        locked.pages = len(opened.pages)
        locked.width, locked.height = opened.width, opened.height
        locked.fingerprint = opened.fingerprint
        locked.has_certificate = bool(certificate)
        locked.warning = legibility.trouble(opened.measures) or ""
        locked.save()
        _empty_quarantine(locked)


def _refuse(row: Evidence, reason: str, *, at: datetime) -> None:
    """Refuse a file; where it was sent already, the citizen is asked for another."""
    with scope.system():
        locked = _lock(row)
        if locked is None:
            return
        locked.state = Evidence.State.REFUSED
        locked.refusal = reason
        locked.save()
        _empty_quarantine(locked)
        concerned, data = _concerned(locked)
        if concerned is not None:
            moving.move(
                moving.lock(concerned),
                Move.REFUSE_FILE,
                actor=Actor.SYSTEM,
                at=at,
                data={"refusal": reason} | data,
            )


def _concerned(row: Evidence) -> tuple[int | None, dict[str, int]]:
    """Return the open matter that a file was sent for, and what its event says besides.

    The one that it was added to, else the first of its report; where the whole report
    only joined others, the first of those: then the event names who sent the file.
    """
    if row.submission_id is None:
        return None, {}
    is_open = Complaint.objects.open()
    if row.complaint_id is not None:
        return is_open.filter(pk=row.complaint_id).values_list(
            "pk", flat=True
        ).first(), {}
    own = is_open.filter(submission=row.submission_id).order_by("number")
    first = own.values_list("pk", flat=True).first()
    if first is not None:
        return first, {}
    joined = is_open.filter(
        # Without a telephone there is nobody to tell.
        joinings__submission=row.submission_id,
        joinings__submission__phone_digest__isnull=False,
    ).order_by("pk")
    first = joined.values_list("pk", flat=True).first()
    return first, {"submission": row.submission_id}


def _lock(row: Evidence) -> Evidence | None:
    """Return the row, locked; None where it is gone or was checked meanwhile."""
    return (
        Evidence.objects.select_for_update()
        .filter(pk=row.pk, state=Evidence.State.QUARANTINED)
        .first()
    )


def _leave_nothing_of(row: Evidence, *, pages: int) -> None:
    """Delete the pages of a photo that its sender took away meanwhile."""
    if Evidence.objects.filter(pk=row.pk).exists():
        return
    row.pages = pages
    for name in evidence.names_of(row):
        default_storage.delete(name)


def _empty_quarantine(row: Evidence) -> None:
    transaction.on_commit(partial(default_storage.delete, evidence.quarantine(row)))
