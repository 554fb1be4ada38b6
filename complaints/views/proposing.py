"""From the form of a proposal to the proposal that a second person confirms."""

from datetime import datetime

from django.contrib import messages
from django.utils.translation import gettext as _

from complaints.actions import rulebook
from complaints.forms.rules import Proposal
from complaints.models import RuleDraft
from complaints.rules.refused import Refused
from portal.accounts.access import StaffRequest


def propose(
    request: StaffRequest, subject: RuleDraft.Subject, form: Proposal, *, at: datetime
) -> RuleDraft | None:
    """Store the proposal of a valid form; None where refused, said beside its day."""
    content, valid_from, source = form.facts()
    try:
        draft = rulebook.propose(
            subject,
            content,
            valid_from=valid_from,
            source=source,
            by=request.user,
            at=at,
        )
    except Refused as refusal:
        form.add_error("valid_from", str(refusal))
        return None
    messages.success(request, _("Proposed. Another person confirms it."))
    return draft
