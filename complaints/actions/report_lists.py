"""Reports that a unit noted in a spreadsheet: taken in, compared, filed row by row.

Reader, cells and refusals are those of every list (``registry.imports``); a row becomes
a report by the ``intake.submit`` of the counter, under a key made of file and row. So
the same file makes nothing twice, and a worker may die at any point.
"""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from complaints.models import ReportJob, ReportList, ReportRow
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.audit import record as audit
from portal.common import crypto, outbox, scope
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.staging import MAX_BYTES, RETENTION
from portal.registry.models import Organization

State, Verdict, Work = ReportList.State, ReportRow.Verdict, ReportJob.Work

KIND: Final = "report_list"
# What a page can wait for as a workbook; more than a ward's reports of a year.
MOST_ROWS: Final = 5_000
# In which states rows can be looked through, changed and sent.
REVIEWED: Final = (State.CHECKED, State.FILED)
# What a list at work waits for.
NEXT: Final = {
    State.READING: Work.READ,
    State.JUDGING: Work.JUDGE,
    State.FILING: Work.FILE,
}


def take(
    *,
    content: bytes,
    name: str,
    organization: Organization,
    site: Organization | None,
    language: str,
    by: User,
    at: datetime,
) -> tuple[ReportList, bool]:
    """Take a file in for an organization; return its list, and whether it is new.

    The same file of the same organization is the same list, unless that was refused.
    ``site``: where doses were given whose row names no place. Raise CannotRead for what
    is larger than 40 MB, or empty.
    """
    if len(content) > MAX_BYTES:
        raise CannotRead("too_large", f"{MAX_BYTES // 1024**2} MB")
    if not content:
        raise CannotRead("empty")
    sha256 = hashlib.sha256(content).hexdigest()
    with scope.system():
        # One upload of a unit at a time, or else two clicks make two lists.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        known = (
            ReportList.objects.filter(
                organization=organization,
                file_digest__in=crypto.digests("report_list", sha256),
                forgotten_at=None,
            )
            .exclude(state=State.REFUSED)
            .order_by("pk")
            .last()
        )
        if known is not None:
            return known, False
        one = ReportList(
            organization=organization,
            site=site,
            file_digest=crypto.digest("report_list", sha256),
            language=language,
            uploaded_by=by,
            uploaded_at=at,
            progress_at=at,
            expires_at=at + RETENTION,
        )
        one.name_sealed = crypto.seal(name[-200:], bound_to=f"reports:{one.ref}:name")
        sealed = crypto.seal_bytes(content, bound_to=f"reports:{one.ref}")
        default_storage.save(file_name(one), ContentFile(sealed))
        one.save()
        owe(one, Work.READ, by=by, at=at)
    return one, True


def file_rows(ref: uuid.UUID, *, by: User, at: datetime) -> None:
    """Begin to send the rows that are new, the first time or again.

    Raise Refused while a worker has the list.
    """
    with scope.system():
        one = lock(ref)
        if one.state not in REVIEWED:
            raise moved_on()
        one.state, one.filed_by, one.filed_at = State.FILING, by, at
        one.progress_at = at
        one.save(update_fields=["state", "filed_by", "filed_at", "progress_at"])
        owe(one, Work.FILE, by=by, at=at)
        audit.change(
            at=at,
            actor="staff",
            actor_id=by.pk,
            person_id=None,
            subject="complaints.list",
            subject_id=one.pk,
            detail="file",
        )


def go_on(ref: uuid.UUID, *, by: User, at: datetime) -> None:
    """Owe the next slice of a list at work again: its worker gave up.

    Harmless where it did not: slices take turns and find what is left.
    """
    with scope.system():
        one = lock(ref)
        if one.is_at_work:
            one.progress_at = at
            one.save(update_fields=["progress_at"])
            owe(one, NEXT[State(one.state)], by=by, at=at)


def set_columns(
    ref: uuid.UUID, columns: Mapping[str, str], *, by: User, at: datetime
) -> None:
    """Read a list anew with other meanings of its headings; fixed rows are lost.

    Raise Refused once it is being sent.
    """
    with scope.system():
        one = lock(ref)
        if one.state not in (State.CHECKED, State.REFUSED):
            raise moved_on()
        one.rows.all().delete()
        one.columns, one.state, one.refusal = dict(columns), State.READING, ""
        one.rows_read = one.rows_judged = 0
        one.progress_at = at
        one.save()
        owe(one, Work.READ, by=by, at=at)


def content_of(one: ReportList) -> bytes:
    """Return the file as it was sent."""
    with default_storage.open(file_name(one)) as file:
        return crypto.unseal_bytes(file.read(), bound_to=f"reports:{one.ref}")


def file_name(one: ReportList) -> str:
    """Return where the sealed file lies in the storage; the name tells nothing."""
    return f"reports/{one.ref.hex[:2]}/{one.ref.hex}"


def lock(ref: uuid.UUID) -> ReportList:
    """Return a list, locked for this transaction, so that slices take turns."""
    found: ReportList = (
        ReportList.objects.select_for_update(of=("self",))
        .select_related("site")
        .get(ref=ref)
    )
    return found


def forget_expired(*, at: datetime) -> int:
    """Delete files and rows of lists that are kept long enough; return how many.

    What was sent stays, as every report does. A list that is being sent is left until
    it is done.
    """
    with scope.system():
        old = list(
            ReportList.objects.select_for_update(skip_locked=True)
            .filter(expires_at__lte=at, forgotten_at=None)
            .exclude(state=State.FILING)
            .order_by("pk")[:20]
        )
        for one in old:
            # The file before the mark: a worker that dies between them leaves a list
            # that the next run finds again, and to delete what is gone does no harm.
            default_storage.delete(file_name(one))
            one.rows.all().delete()
            one.forgotten_at, one.name_sealed = at, b""
            one.save(update_fields=["forgotten_at", "name_sealed"])
    return len(old)


def owe(one: ReportList, step: str, *, by: User, at: datetime) -> None:
    """Owe a slice of work on a list to a worker, in this transaction."""
    job = ReportJob.objects.create(report_list=one, work=step, by=by, asked_at=at)
    outbox.add(KIND, [job.pk], at=at)


def moved_on() -> Refused:
    """Return the refusal of a change that comes too late."""
    return Refused(_("The list has moved on. Look at it again."))
