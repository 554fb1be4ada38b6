"""Making the PDF of one's own data: owed, made by a worker, forgotten after a day."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from complaints.models import OwnFile
from complaints.owndata import document
from portal.common import crypto, outbox, scope

KEPT: Final = timedelta(days=1)


def ask(*, person_id: int, language: str, at: datetime) -> OwnFile:
    """Owe a file; one that is in the making is given back instead of a second."""
    made = OwnFile(person_id=person_id, language=language, asked_at=at)
    with scope.system():
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:
            return OwnFile.objects.get(person=person_id, made_at=None)
        outbox.add("own_file", [made.pk], at=at)
    return made


def newest(person_id: int) -> OwnFile | None:
    """Return the newest file of a person without its content, None where none is."""
    with scope.system():
        rows = OwnFile.objects.filter(person=person_id).defer("content_sealed")
        return rows.order_by("-pk").first()


def content_of(ref: str, *, person_id: int) -> bytes:
    """Return a person's file; empty where it is not theirs or not made yet."""
    with scope.system():
        row = OwnFile.objects.filter(ref=ref, person=person_id).first()
        return row.content if row else b""


def make(subjects: Iterable[int], *, at: datetime) -> None:
    """Make the files that are owed. The outbox's handler; safe to run twice."""
    for row in OwnFile.objects.filter(pk__in=list(subjects), made_at=None):
        with translation.override(row.language):
            facts = document.context(row.person_id, at=at, today=timezone.localdate(at))
            content = document.drawn(facts)
        row.content_sealed = crypto.seal_bytes(content, bound_to=f"ownfile:{row.ref}")
        row.made_at = at
        row.save(update_fields=["content_sealed", "made_at"])


def forget_expired(*, at: datetime) -> int:
    """Delete the files of yesterday; return how many."""
    with scope.system():
        deleted, _rows = OwnFile.objects.filter(asked_at__lte=at - KEPT).delete()
    return deleted
