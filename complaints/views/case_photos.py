"""The photos of a case, as its page shows them beside the claims."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from complaints.actions import evidence
from complaints.choices import Trouble
from complaints.models import Complaint, Evidence
from portal.accounts.models import User
from portal.common import pictures


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
    return [
        _as_shown(row, number, same.get(row.pk, []), named)
        for number, row in enumerate(rows, start=1)
    ]


def _as_shown(
    row: Evidence, number: int, same: list[int], named: dict[int, Complaint]
) -> dict[str, Any]:
    hidden = len([pk for pk in same if pk not in named])
    pages = [
        reverse("casework:evidence_page", args=[row.ref, page])
        for page in range(1, row.pages + 1)
    ]
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
