"""Daily digests that make a cut-off tail or a rewritten row show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from portal.audit.models import Seal

# What is sealed: name -> (table, what a row contributes, when it was written).
SEALED: Final = {
    "entry": ("audit_entry", "sha256(convert_to(t::text, 'UTF8'))", "at"),
    "event": ("complaints_event", "hash", "at"),
}
# A transaction that began before midnight may commit a little after it.
GRACE: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Broken:
    """A seal that does not agree with what the table holds now."""

    of: str
    day: date


def seal_day(*, of: str, at: datetime) -> Seal | None:
    """Seal all that was written before today; None where that is done or too early."""
    today = timezone.localtime(at)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    if today - midnight < GRACE:
        return None
    day = (midnight - timedelta(days=1)).date()
    before = Seal.objects.filter(of=of).order_by("-day").first()
    if before is not None and before.day >= day:
        return None
    table, _, written = SEALED[of]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(max(id), 0) FROM {table} WHERE {written} < %s",
            [midnight],
        )
        last = max(cursor.fetchone()[0], before.last_id if before else 0)
    seal, _new = Seal.objects.get_or_create(
        of=of,
        day=day,
        defaults={
            "last_id": last,
            "digest": _digest(of, before, last),
            "sealed_at": at,
        },
    )
    return seal


def verify(*, of: str) -> tuple[int, list[Broken]]:
    """Recompute every seal; return how many were checked and which are broken."""
    broken, before, count = [], None, 0
    for seal in Seal.objects.filter(of=of).order_by("day"):
        count += 1
        if _digest(of, before, seal.last_id) != bytes(seal.digest):
            broken.append(Broken(of, seal.day))
        before = seal
    return count, broken


def _digest(of: str, before: Seal | None, last: int) -> bytes:
    table, row, _ = SEALED[of]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sha256(%s || coalesce(string_agg({row}, ''::bytea ORDER BY id),"
            f" ''::bytea)) FROM {table} t WHERE id > %s AND id <= %s",
            [
                bytes(before.digest) if before else b"",
                before.last_id if before else 0,
                last,
            ],
        )
        return bytes(cursor.fetchone()[0])
