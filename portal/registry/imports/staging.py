"""A session list on its way: taken in, read and judged row by row, never yet written.

Every step works in slices of some seconds and leaves its mark in the transaction that
does it, so that a worker may die at any point and another one goes on.
"""

import hashlib
import time
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from portal.common import crypto, outbox, scope
from portal.registry.imports import contents, judging, reading, repeats, vocabulary
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.findings import Finding
from portal.registry.imports.rows import ListRow
from portal.registry.imports.titles import Facts
from portal.registry.models import (
    ListColumns,
    ListJob,
    Organization,
    SessionList,
    StagedRow,
)

State = SessionList.State
Verdict = StagedRow.Verdict

# A list of 100,000 rows takes 6 to 12 MB as XLSX or CSV, three times that as XLS.
MAX_BYTES: Final = 40 * 1024 * 1024
# How long a list, its file and what was found in it are kept: long enough to undo.
RETENTION: Final = timedelta(days=90)
CHUNK: Final = 1_000

# A step is (list, by, at, until) -> whether it is finished; ``until`` is in seconds of
# the monotonic clock.
FOLLOWING: Final[dict[str, str]] = {ListJob.Work.READ: ListJob.Work.JUDGE}


class Busy(Exception):
    """Another worker is at the list; the outbox tries this one again later."""


def take(
    *,
    content: bytes,
    name: str,
    site: Organization,
    by: int | None,
    at: datetime,
    queued: bool = True,
) -> tuple[SessionList, bool]:
    """Take a file in for a site; return its list, and whether it is new.

    The same file for the same site is the same list, unless that was refused or taken
    back. ``queued`` owes the dry run to a worker. Raise CannotRead for what is larger
    than ``MAX_BYTES``, or empty.
    """
    if len(content) > MAX_BYTES:
        raise CannotRead("too_large", f"{MAX_BYTES // 1024**2} MB")
    if not content:
        raise CannotRead("empty")
    with scope.system():
        # One upload of a site at a time, or else two clicks make two lists.
        Organization.objects.select_for_update(no_key=True).get(pk=site.pk)
        known = _known(content, site)
        if known is not None:
            return known, False
        one = SessionList(
            site=site,
            file_digest=_digest(content),
            bytes=len(content),
            uploaded_by_id=by,
            uploaded_at=at,
            progress_at=at,
            expires_at=at + RETENTION,
        )
        one.name_sealed = crypto.seal(name[-200:], bound_to=f"list:{one.ref}:name")
        sealed = crypto.seal_bytes(content, bound_to=f"list:{one.ref}")
        default_storage.save(file_name(one), ContentFile(sealed))
        one.save()
        if queued:
            owe(one, ListJob.Work.READ, by=by, at=at)
    return one, True


def owe(one: SessionList, work: str, *, by: int | None, at: datetime) -> None:
    """Owe a slice of work on a list to a worker, in this transaction."""
    job = ListJob.objects.create(session_list=one, work=work, by_id=by, asked_at=at)
    outbox.add("list", [job.pk], at=at)


# What a list at work waits for.
_NEXT: Final = {
    State.READING: ListJob.Work.READ,
    State.JUDGING: ListJob.Work.JUDGE,
    State.COMMITTING: ListJob.Work.COMMIT,
    State.UNDOING: ListJob.Work.UNDO,
}


def go_on(pk: int, *, by: int | None, at: datetime) -> None:
    """Owe the next slice of a list at work again: its worker gave up.

    Harmless where it did not: slices take turns and find what is left.
    """
    with scope.system():
        one = lock(pk)
        if one.is_at_work:
            one.progress_at = at
            one.save(update_fields=["progress_at"])
            owe(one, _NEXT[State(one.state)], by=by, at=at)


def file_name(one: SessionList) -> str:
    """Return where the sealed file lies in the storage; the name tells nothing."""
    return f"lists/{one.ref.hex[:2]}/{one.ref.hex}"


def content_of(one: SessionList) -> bytes:
    """Return the file as it was sent."""
    with default_storage.open(file_name(one)) as file:
        return crypto.unseal_bytes(file.read(), bound_to=f"list:{one.ref}")


def saved_columns(site: Organization) -> dict[str, str]:
    """Return what the headings of a site's lists mean, as far as staff said so."""
    saved = ListColumns.objects.filter(site=site).first()
    return dict(saved.columns) if saved else {}


def columns_of(one: SessionList) -> dict[str, str] | None:
    """Return how a list's headings are to be read; None leaves all to the guess."""
    with scope.system():
        return one.columns or saved_columns(one.site) or None


def facts_of(one: SessionList) -> Facts:
    """Return what staff said once for the rows that are silent."""
    said = one.facts or {}
    day = said.get("given_on")
    return Facts(
        given_on=date.fromisoformat(day) if day else None,
        product=said.get("product") or None,
        lot=said.get("lot", ""),
    )


def read_slice(pk: int, *, by: int | None, at: datetime, until: float) -> bool:
    """Read the file into staged rows, a chunk a transaction; True when all are there.

    Begun again it reads past the rows that are staged already. A file that cannot be
    read ends as refused, with the reason.
    """
    one = _get(pk)
    if one.state != State.READING:
        return True
    on = timezone.localdate(one.uploaded_at)
    with scope.system():
        words = vocabulary.load()
    try:
        content = content_of(one)
        columns = columns_of(one)
        rows = reading.read(
            content, vocabulary=words, columns=columns, on=on, facts=facts_of(one)
        )
        staged = islice(rows, one.rows_read, None)
        while chunk := list(islice(staged, CHUNK)):
            stage(pk, chunk, after=one.rows_read, at=at)
            one.rows_read += len(chunk)
    except CannotRead as refusal:
        _refuse(pk, refusal.code, at=at)
        return True
    close_reading(pk, at=at)
    return True


def stage(pk: int, rows: list[ListRow], *, after: int, at: datetime) -> None:
    """Save a chunk of rows; raise Busy where somebody else reads the list as well."""
    with scope.system():
        one = lock(pk)
        if one.state != State.READING or one.rows_read != after:
            raise Busy(str(one.ref))
        rows = list(rows)
        for row in rows:
            among = row.against - after - 1
            if among >= 0:
                rows[among] = repeats.contradicted(rows[among], row)
            elif repeats.contradicts(row):
                _contradict(one, row)
        StagedRow.objects.bulk_create(
            StagedRow(
                session_list=one,
                place=place,
                line=row.row,
                said=row.verdict,
                against=row.against,
                content_sealed=contents.seal_content(row, of=one, place=place),
            )
            for place, row in enumerate(rows, start=after + 1)
        )
        one.rows_read = after + len(rows)
        one.progress_at = timezone.now()
        one.save(update_fields=["rows_read", "progress_at"])


def _contradict(one: SessionList, row: ListRow) -> None:
    """Make the row of an earlier chunk an error that this one contradicts."""
    staged = one.staged.get(place=row.against)
    before = contents.unseal(staged, of=one).row
    found = repeats.contradicted(before, row)
    staged.said = found.verdict
    staged.content_sealed = contents.seal_content(found, of=one, place=staged.place)
    staged.save(update_fields=["said", "content_sealed"])


def close_reading(pk: int, *, at: datetime) -> None:
    """Say that all rows of a list are staged: they can be judged."""
    with scope.system():
        SessionList.objects.filter(pk=pk, state=State.READING).update(
            state=State.JUDGING, progress_at=at
        )


def judge_slice(pk: int, *, by: int | None, at: datetime, until: float) -> bool:
    """Judge rows against the registry, a chunk a transaction, until time is up."""
    while True:
        with scope.system():
            one = lock(pk)
            if one.state != State.JUDGING:
                return True
            rows = list(one.staged.filter(verdict="").order_by("place")[:CHUNK])
            if not rows:
                one.state, one.progress_at = State.CHECKED, at
                one.save(update_fields=["state", "progress_at"])
                return True
            judge_rows(one, rows, at=at)
            one.rows_judged += len(rows)
            one.progress_at = timezone.now()
            one.save(update_fields=["rows_judged", "progress_at"])
        if time.monotonic() >= until:
            return False


def judge_rows(one: SessionList, rows: list[StagedRow], *, at: datetime) -> None:
    """Judge these rows of a list and save what was found."""
    findings = find(one, [contents.unseal(row, of=one) for row in rows], at=at)
    for row in rows:
        contents.settle(row, findings[row.place], of=one)
    contents.save(rows)


def find(
    one: SessionList, rows: Iterable[contents.Opened], *, at: datetime
) -> dict[int, Finding]:
    """Judge rows against the registry and the list's other rows, by their places."""
    entries = [row.entry for row in rows]
    return judging.judge(
        entries,
        site=one.site_id,
        on=timezone.localdate(at),
        others=OtherRows(one, besides={entry.key for entry in entries}),
    )


class OtherRows:
    """The rows of a list besides those that are being judged; see judging.Others."""

    def __init__(self, one: SessionList, *, besides: Iterable[int] = ()) -> None:
        self._rows = one.staged.exclude(place__in=list(besides))

    def doses(self, keys: Collection[bytes]) -> dict[bytes, int]:
        """Return which of these doses a row stands for, and the row's line."""
        rows = self._rows.filter(verdict=Verdict.NEW, dose_digest__in=keys)
        return {
            bytes(digest): line
            for digest, line in rows.values_list("dose_digest", "line")
            if digest is not None
        }

    def added(self, people: Collection[int]) -> set[int]:
        """Return which of these people the list itself has added."""
        rows = self._rows.filter(done_at__isnull=False, newcomer_digest__isnull=False)
        found = rows.filter(person__in=people).values_list("person_id", flat=True)
        return {person for person in found if person is not None}

    def people(self, keys: Collection[bytes]) -> dict[bytes, int]:
        """Return which of these newcomers the list has added, and who they are."""
        rows = self._rows.filter(done_at__isnull=False, newcomer_digest__in=keys)
        return {
            bytes(digest): person
            for digest, person in rows.values_list("newcomer_digest", "person_id")
            if digest is not None and person is not None
        }


def lock(pk: int) -> SessionList:
    """Return a list, locked for this transaction, so that slices take turns."""
    return (
        SessionList.objects.select_for_update(of=("self",))
        .select_related("site")
        .get(pk=pk)
    )


def forget_expired(*, at: datetime) -> int:
    """Delete files and rows of lists that are kept long enough; return how many.

    What a list changed stays in the registry's ledger; the list itself can no longer
    be opened or taken back. One that is being written or taken back is left until that
    is done.
    """
    with scope.system():
        old = list(
            SessionList.objects.select_for_update(skip_locked=True)
            .filter(expires_at__lte=at, forgotten_at=None)
            .exclude(state__in=(State.COMMITTING, State.UNDOING))
            .order_by("pk")[:20]
        )
        for one in old:
            # The files before the mark: a worker that dies between them leaves a list
            # that the next run finds again, and to delete what is gone does no harm.
            default_storage.delete(file_name(one))
            default_storage.delete(f"{file_name(one)}.xlsx")
            one.staged.all().delete()
            one.forgotten_at = at
            one.name_sealed = b""
            one.save(update_fields=["forgotten_at", "name_sealed"])
    return len(old)


def _known(content: bytes, site: Organization) -> SessionList | None:
    digests = crypto.digests("session_list", hashlib.sha256(content).hexdigest())
    return (
        SessionList.objects.filter(
            site=site, file_digest__in=digests, forgotten_at=None
        )
        .exclude(state__in=(State.REFUSED, State.UNDONE, State.UNDOING))
        .order_by("pk")
        .last()
    )


def _digest(content: bytes) -> bytes:
    return crypto.digest("session_list", hashlib.sha256(content).hexdigest())


def _get(pk: int) -> SessionList:
    with scope.system():
        return SessionList.objects.select_related("site").get(pk=pk)


def _refuse(pk: int, code: str, *, at: datetime) -> None:
    with scope.system():
        one = lock(pk)
        one.staged.all().delete()
        one.state, one.refusal, one.progress_at = State.REFUSED, code, at
        one.rows_read = 0
        one.save(update_fields=["state", "refusal", "progress_at", "rows_read"])
