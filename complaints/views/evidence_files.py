"""Photos and papers, shown to those who may see the case, and to nobody else."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.actions import evidence
from complaints.models import Complaint, Evidence, Joining
from complaints.rules.refused import Refused
from complaints.views.photos import as_picture
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record
from portal.common import pictures
from portal.common.htmx import page_or_fragment

# In the address of a page: how far it is turned, and how large it is shown.
TURN: Final = "xoay"
SIZE: Final = "to"
# Times the width of its frame.
SIZES: Final = ("1", "2", "4")


@require_safe
@access.staff(*access.READERS)
def show(request: StaffRequest, ref: uuid.UUID, page: int = 1) -> HttpResponse:
    """Show a checked page; 404 for strangers and unchecked files.

    "?xoay=90" turns it so far clockwise; any other angle but 180 and 270 leaves it.
    """
    at = timezone.now()
    row, complaint = _find(request, ref, at=at)
    response = _page(row, page, turn=_angle(request.GET.get(TURN, "")))
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=complaint.submission.person_id,
        organization=request.postings[0].organization_id,
        subject="complaints.evidence",
        subject_id=row.pk,
    )
    name = f"{complaint.reference}-{page}.jpg"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@require_safe
@access.staff(*access.READERS)
def view(request: StaffRequest, ref: uuid.UUID, page: int) -> HttpResponse:
    """Show a page in a frame that turns and enlarges it; 404 as for the page itself.

    The look is written down with the picture, which the frame loads.
    """
    row, complaint = _find(request, ref, at=timezone.now())
    if row.state != Evidence.State.CHECKED or not 1 <= page <= row.pages:
        raise Http404
    turn = _angle(request.GET.get(TURN, ""))
    size = request.GET.get(SIZE, "")
    context = framed(row, page, complaint, turn=turn, size=size) | {
        "case_url": reverse(
            "casework:case", args=[int(complaint.submission.code), complaint.number]
        ),
        "has_keys": _stands_alone(request, row, page),
    }
    return page_or_fragment(
        request, "casework/photo.html", "casework/_photo.html", context
    )


def framed(
    row: Evidence, page: int, complaint: Complaint, *, turn: int = 0, size: str = ""
) -> dict[str, Any]:
    """Return what ``casework/_photo.html`` shows: the page, and how else to see it."""
    size = size if size in SIZES else SIZES[0]
    at = SIZES.index(size)
    source = reverse("casework:evidence_page", args=[row.ref, page])
    frame = reverse("casework:evidence_view", args=[row.ref, page])

    def link(label: str, key: str, to: int, step: int) -> dict[str, Any]:
        query = urlencode({TURN: to % 360, SIZE: SIZES[at + step]})
        return {"label": label, "key": key, "url": f"{frame}?{query}"}

    return {
        "url": frame,
        "photo": {
            "ref": row.ref,
            "page": page,
            "source": f"{source}?{urlencode({TURN: turn})}" if turn else source,
            "size": size,
            "turned": turn,
            "reference": complaint.pretty_reference,
        },
        "links": [
            link(_("Turn left"), "l", turn - 90, 0),
            link(_("Turn right"), "r", turn + 90, 0),
            *([link(_("Larger"), "p", turn, 1)] if SIZES[at + 1 :] else []),
            *([link(_("Smaller"), "u", turn, -1)] if at else []),
        ],
    }


@require_safe
@access.staff(*access.READERS)
def thumbnail(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Show a small picture for the page of the case, where the look is noted."""
    row, _complaint = _find(request, ref, at=timezone.now())
    return _page(row, 1, small=True)


def _stands_alone(request: StaffRequest, row: Evidence, page: int) -> bool:
    """Tell whether the frame is a page of its own, so that letters can be its keys."""
    here = (request.htmx.current_url_abs_path or "").partition("?")[0]
    own = reverse("casework:evidence_view", args=[row.ref, page])
    return not request.htmx or here == own


def _angle(text: str) -> int:
    return int(text) if text in ("90", "180", "270") else 0


def _find(
    request: StaffRequest, ref: uuid.UUID, *, at: datetime
) -> tuple[Evidence, Complaint]:
    row = Evidence.objects.filter(ref=ref, submission__isnull=False).first()
    mine = Complaint.objects.visible_to(request.user, at=at)
    # A photo that came with a repeated report belongs to the case that it joined. Keys
    # first: an OR across both tables would read every case in sight.
    complaint = row and (
        mine.filter(
            pk__in=Complaint.objects.filter(submission=row.submission_id)
            .values("pk")
            .union(
                Joining.objects.filter(submission=row.submission_id).values("complaint")
            )
        )
        .select_related("submission")
        .order_by("pk")
        .first()
    )
    if not row or not complaint:
        raise Http404
    return row, complaint


def _page(
    row: Evidence, page: int, *, small: bool = False, turn: int = 0
) -> HttpResponse:
    try:
        content = evidence.read_page(row, page, small=small)
        return as_picture(pictures.turned(content, turn) if turn else content)
    except (Refused, FileNotFoundError):
        raise Http404 from None
