"""What is offered for a set of cases: words kept ready, and colleagues."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from complaints import permissions
from complaints.actions import assigning, standard_texts
from complaints.choices import Handing, Move
from complaints.models import Bulk, Complaint, StandardText
from portal.accounts.models import User
from portal.common import scope
from portal.registry.models import Organization

# More units than these have no colleagues in common worth a list.
MOST_UNITS: Final = 5


def ready(bulk: Bulk) -> dict[Move, list[StandardText]]:
    """Return by move the words that fit every case of a set."""
    with scope.system():
        told = bulk.items.values_list(
            "complaint__holder_path",
            "complaint__kind",
            "complaint__submission__language",
        )
        return standard_texts.for_cases(list(told.order_by().distinct()))


def colleagues(bulk: Bulk, *, by: User, at: datetime) -> list[User]:
    """Return to whom whoever chose a set may give its cases; none where they may not.

    Those who decide where its cases are. Whether one decides a very case is asked when
    it is given.
    """
    given = by.current_postings(at=at).values_list("organization__path", "role")
    leads = [path for path, role in given if Move.ASSIGN in permissions.ALLOWED[role]]
    if not leads:
        return []
    with scope.system():
        held = bulk.items.order_by().values("complaint__holder")
        units = list(Organization.objects.filter(pk__in=held)[: MOST_UNITS + 1])
    units = [one for one in units if any(one.path.startswith(path) for path in leads)]
    if len(units) > MOST_UNITS:
        return []
    people = {
        user.pk: user for one in units for user in assigning.colleagues(one, at=at)
    }
    return sorted(people.values(), key=lambda user: (user.full_name, user.pk))


def facts_for(bulk: Bulk, complaint_id: int) -> Mapping[str, Any]:
    """Return the facts of a set's move for one case: its own facts in the words."""
    facts: dict[str, Any] = dict(bulk.facts)
    reason, note = facts.get("reason", ""), facts.get("note", "")
    if reason or "{" in note:
        cases = Complaint.objects.select_related("submission", "holder")
        case = cases.get(pk=complaint_id)
        note = standard_texts.fill(note, case) if "{" in note else note
        language = case.submission.language
        facts["note"] = Handing.told(reason, note, language=language)
    return facts
