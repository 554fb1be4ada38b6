"""How much a session has proved about who sent a report."""

from django.http import HttpRequest

from complaints.models import Submission
from complaints.views.lookup import proved_telephone
from portal.common import crypto


def knows_sender(request: HttpRequest, submission: Submission) -> bool:
    """Tell whether a session proved the report's telephone, or opened its record.

    Code and four digits alone do not: they stand on a paper that others may see.
    """
    person_id = request.session.get("person")
    if person_id is not None and person_id == submission.person_id:
        return True
    return has_its_telephone(request, submission)


def has_its_telephone(request: HttpRequest, submission: Submission) -> bool:
    """Tell whether a session proved the telephone that a report was sent with."""
    telephone, digest = proved_telephone(request), submission.phone_digest
    if not telephone or digest is None:
        return False
    return bytes(digest) in crypto.digests("phone", telephone)
