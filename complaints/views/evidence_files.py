"""Photos and papers, shown to those who may see the case, and to nobody else."""

import uuid
from datetime import datetime

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from complaints.actions import evidence
from complaints.models import Complaint, Evidence, Joining
from complaints.rules.refused import Refused
from complaints.views.casework import READERS
from complaints.views.photos import as_picture
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record


@require_safe
@access.staff(*READERS)
def show(request: StaffRequest, ref: uuid.UUID, page: int = 1) -> HttpResponse:
    """Show a checked page; 404 for strangers and unchecked files."""
    at = timezone.now()
    row, complaint = _find(request, ref, at=at)
    response = _page(row, page, small=False)
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
@access.staff(*READERS)
def thumbnail(request: StaffRequest, ref: uuid.UUID) -> HttpResponse:
    """Show a small picture for the page of the case, where the look is noted."""
    row, _complaint = _find(request, ref, at=timezone.now())
    return _page(row, 1, small=True)


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


def _page(row: Evidence, page: int, *, small: bool) -> HttpResponse:
    try:
        return as_picture(evidence.read_page(row, page, small=small))
    except (Refused, FileNotFoundError):
        raise Http404 from None
