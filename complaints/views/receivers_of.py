"""Who answers for a case by the rule, for whoever hands it over."""

from datetime import datetime

from django.utils import timezone

from complaints.actions import routing
from complaints.forms.casework import Receiver
from complaints.models import Complaint
from complaints.views import progress
from portal.common import scope
from portal.registry import places
from portal.registry.models import Organization


def suggested(case: Complaint, *, at: datetime) -> list[Receiver]:
    """Return the organizations that the rule names as the facts stand now, with why."""
    with scope.system():
        found = routing.suggest(case, at=at)
    bodies = Organization.objects.in_bulk([one.body.id for one in found])
    return [
        Receiver(bodies[one.body.id], " ".join(progress.why(one.path))) for one in found
    ]


def organizations(words: str, *, at: datetime) -> list[Organization]:
    """Return the organizations that typed words mean; none for less than a word."""
    if len(words.strip()) < 3:
        return []
    found = places.find_organizations(words, on=timezone.localdate(at), limit=9)
    return [body for body in found if body.kind != Organization.Kind.POLICE][:8]
