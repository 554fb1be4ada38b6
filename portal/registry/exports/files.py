"""Large files of doses: asked for, made by a worker, kept for a day, then taken back.

The file lies sealed in the storage, under a random name, and is given only to whoever
asked. The audit entry is written when it is made, and once more whenever it is given.
"""

import io
import tempfile
from datetime import date, datetime, timedelta
from typing import IO, Final, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import translation

from portal.audit import record as audit
from portal.common import crypto, outbox
from portal.registry.exports import doses
from portal.registry.models import DoseFile, Organization

KEPT: Final = timedelta(days=1)
State = DoseFile.State


def ask(
    organization: Organization,
    *,
    first: date,
    last: date,
    form: str,
    rows: int,
    by: int,
    at: datetime,
) -> DoseFile:
    """Owe a file of so many rows to somebody."""
    asked = DoseFile.objects.create(
        organization=organization,
        first=first,
        last=last,
        form=form,
        by_id=by,
        asked_at=at,
        rows=rows,
    )
    outbox.add("dose_file", [asked.pk], at=at)
    return asked


@outbox.outside_transaction
def make(subjects: list[int], *, at: datetime) -> None:
    """Make the files that wait. Safe to repeat: the last one made stays."""
    for asked in DoseFile.objects.filter(
        pk__in=subjects, state=State.WAITING
    ).select_related("organization"):
        with tempfile.TemporaryFile() as made, translation.override("vi"):
            _make(asked, cast(IO[bytes], made), at=at)


def _make(asked: DoseFile, made: IO[bytes], *, at: datetime) -> None:
    def told(count: int) -> None:
        DoseFile.objects.filter(pk=asked.pk).update(rows_done=count)

    count = doses.write(
        made,
        organization=asked.organization,
        first=asked.first,
        last=asked.last,
        form=asked.form,
        by=asked.by_id,
        at=at,
        told=told,
    )
    size = made.seek(0, 2)
    made.seek(0)
    # At most 100,000 rows, some 25 MB: in one piece, as the lists that come in.
    sealed = crypto.seal_bytes(made.read(), bound_to=_place_of(asked))
    name = name_of(asked)
    if default_storage.exists(name):
        default_storage.delete(name)
    default_storage.save(name, ContentFile(sealed))
    DoseFile.objects.filter(pk=asked.pk, state=State.WAITING).update(
        state=State.READY, size=size, rows_done=count
    )


def give(asked: DoseFile, *, by: int, at: datetime) -> IO[bytes]:
    """Open a file that is ready, and note that it was given.

    Raise FileNotFoundError for one that is not ready or was taken back, and
    crypto.Unreadable for one that no key in service opens.
    """
    if asked.state != State.READY:
        raise FileNotFoundError
    with default_storage.open(name_of(asked)) as file:
        content = crypto.unseal_bytes(file.read(), bound_to=_place_of(asked))
    audit.look_up(
        at=at,
        actor="staff",
        actor_id=by,
        person_id=None,
        organization=asked.organization_id,
        subject="registry.dosefile",
        subject_id=asked.pk,
        detail=f"doses={asked.rows_done}",
    )
    return io.BytesIO(content)


def drop(asked: DoseFile) -> None:
    """Take a file back before its day is over: nobody can open it."""
    with transaction.atomic():
        DoseFile.objects.filter(pk=asked.pk).update(state=State.FORGOTTEN)
        default_storage.delete(name_of(asked))


def forget(*, at: datetime) -> int:
    """Delete the contents of files older than a day; return how many."""
    old = list(DoseFile.objects.filter(state=State.READY, asked_at__lt=at - KEPT))
    for asked in old:
        drop(asked)
    return len(old)


def name_of(asked: DoseFile) -> str:
    """Return where the content lies in the storage; the name tells nothing."""
    return f"dose-files/{asked.ref.hex}.{asked.form}"


def _place_of(asked: DoseFile) -> str:
    return f"dose-file:{asked.ref}"
