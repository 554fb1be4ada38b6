"""The photos of a case, as its page shows them beside the claims."""

import logging
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from complaints.actions import certified, evidence
from complaints.choices import Trouble
from complaints.models import Complaint, Evidence
from complaints.views import certificates, evidence_files
from portal.accounts.models import User
from portal.common import pictures
from portal.common.objects import StoreFailed

logger = logging.getLogger("complaints.case_photos")


def of_case(
    rows: list[Evidence], complaint: Complaint, *, user: User, at: datetime
) -> list[dict[str, Any]]:
    """Return the photos of a case as its page shows them.

    Where the same photo came with other reports, those in the reader's own area are
    named; of the others only the number is told.
    """
    same = evidence.elsewhere(rows, complaint)
    submissions = {pk for found in same.values() for pk in found}
    named: dict[int, Complaint] = {}
    if submissions:
        mine = Complaint.objects.visible_to(user, at=at)
        for other in (
            mine.filter(submission__in=submissions)
            .select_related("submission")
            .order_by("-number")
        ):
            named[other.submission_id] = other
    written = _certificates(rows, complaint, at=at)
    return [
        _as_shown(row, number, complaint, same.get(row.pk, []), named)
        | {"certificate": written.get(row.pk)}
        for number, row in enumerate(rows, start=1)
    ]


def _certificates(
    rows: list[Evidence], complaint: Complaint, *, at: datetime
) -> dict[int, dict[str, Any] | None]:
    """Return the certificates on photos; none after the first that cannot be read."""
    found = {}
    try:
        for row in rows:
            found[row.pk] = _certificate(row, complaint, at=at)
    except StoreFailed:
        # The case can be worked on without its photos, and they say so themselves.
        logger.warning("evidence.store_failed")
    return found


def _certificate(
    row: Evidence, complaint: Complaint, *, at: datetime
) -> dict[str, Any] | None:
    """Return the certificate on a photo in words, and whether it is the sender's."""
    read = certified.of_photo(row)
    if read is None:
        return None
    sender = complaint.submission
    born = sender.born_on.isoformat() if sender.born_on else ""
    return certificates.checked(read, at=at) | {
        "is_theirs": certified.is_of(read, sender.full_name, born)
    }


def _as_shown(
    row: Evidence,
    number: int,
    complaint: Complaint,
    same: list[int],
    named: dict[int, Complaint],
) -> dict[str, Any]:
    hidden = len([pk for pk in same if pk not in named])
    numbers = range(1, row.pages + 1) if row.state == Evidence.State.CHECKED else ()
    pages = [evidence_files.framed(row, page, complaint) for page in numbers]
    return {
        "number": number,
        "state": row.state,
        "is_pdf": row.media_type == pictures.PDF,
        "pages": pages,
        "thumbnail": (
            reverse("casework:evidence_small", args=[row.ref]) if pages else ""
        ),
        "warning": Trouble(row.warning).label if row.warning else "",
        "refusal": row.get_refusal_display(),
        "same": [named[pk] for pk in same if pk in named],
        "same_elsewhere": (
            ngettext(
                "%(n)s report outside your area has the same photo.",
                "%(n)s reports outside your area have the same photo.",
                hidden,
            )
            % {"n": hidden}
            if hidden
            else ""
        ),
    }
