"""Photos and papers, shown to those who may see the case, and to nobody else."""

import uuid

from django.http import FileResponse, Http404
from django.utils import timezone
from django.views.decorators.http import require_safe

from complaints.actions import evidence
from complaints.models import Complaint, Evidence
from complaints.rules.refused import Refused
from complaints.views.casework import READERS
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.audit import record


@require_safe
@access.staff(*READERS)
def show(request: StaffRequest, ref: uuid.UUID) -> FileResponse:
    """Send a checked file as a download; 404 for strangers and unchecked files."""
    at = timezone.now()
    row = Evidence.objects.filter(ref=ref, submission__isnull=False).first()
    mine = Complaint.objects.visible_to(request.user, at=at)
    complaint = row and mine.filter(submission=row.submission_id).first()
    if not row or not complaint:
        raise Http404
    try:
        file = evidence.open_checked(row)
    except (Refused, FileNotFoundError):
        raise Http404 from None
    record.look_up(
        at=at,
        actor="staff",
        actor_id=request.user.pk,
        person_id=complaint.submission.person_id,
        organization=request.postings[0].organization_id,
        subject="complaints.evidence",
        subject_id=row.pk,
    )
    ending = "pdf" if row.media_type == evidence.PDF else "jpg"
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"{complaint.reference}.{ending}",
        content_type=row.media_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
