"""The digests of submissions, made anew under the newest index key."""

from collections.abc import Iterator

from complaints.models import Submission
from portal.common import scope
from portal.registry.corrections.digests import BATCH, Rotated, renewed

FIELDS = ("national_id_digest", "phone_digest", "last4_digest")


def submissions() -> Iterator[Rotated]:
    """Make the digests anew by which senders are found; yield after each batch."""
    told = Rotated("complaints_submission")
    after = 0
    while True:
        with scope.system():
            rows = list(
                Submission.objects.select_for_update()
                .filter(pk__gt=after)
                .order_by("pk")[:BATCH]
            )
            stale = [row for row in rows if _renew(row, told)]
            Submission.objects.bulk_update(stale, FIELDS)
        if not rows:
            return
        after = rows[-1].pk
        told.rows += len(rows)
        told.changed += len(stale)
        yield told


def _renew(row: Submission, told: Rotated) -> bool:
    """Set the digests of a submission anew; return whether any changed."""
    texts = {
        "national_id_digest": ("national_id", row.national_id),
        "phone_digest": ("phone", row.phone),
        "last4_digest": (
            "last4",
            row.phone[-4:] or (f"{row.born_on.year:04d}" if row.born_on else ""),
        ),
    }
    changed = False
    for field, (purpose, text) in texts.items():
        digest = getattr(row, field)
        if digest is None:
            continue
        fresh = renewed(purpose, text, digest)
        if fresh is None:
            told.unknown += 1
        elif fresh != bytes(digest):
            setattr(row, field, fresh)
            changed = True
    return changed
