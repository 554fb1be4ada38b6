"""Closed units and who answers for what they left behind."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from portal.registry.models import Organization


def answered_for(units: Iterable[int], *, at: datetime) -> set[int]:
    """Return these units, and the closed ones for which they answer by now.

    A successor answers for whom it succeeded, however long ago; where there is none,
    the nearest unit above that is not closed answers.
    """
    day = timezone.localdate(at)
    found = new = set(units)
    while new:
        came_to = Q(successions__new__in=new, successions__valid_from__lte=day)
        left_to = Q(parent__in=new, successions=None)
        closed = Organization.objects.filter(came_to | left_to, closed_on__lte=day)
        new = set(closed.values_list("pk", flat=True)) - found
        found = found | new
    return found
