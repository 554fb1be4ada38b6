"""Whether what a rule prepared may still be recorded: asked at each click."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.actions import proving, selfcorrection, switches
from complaints.actions.preparing import (
    OF_PEOPLE,
    OF_REPORTS,
    found_in,
    with_report,
)
from complaints.choices import OPEN
from complaints.models import Prepared, RuleSwitch
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection import guard
from complaints.rules.selfcorrection.rule import WORTH, Edit, Kind, Operation
from complaints.rules.selfcorrection.table import RULES as TABLE
from portal.registry.models import Person, Proposal

Use = RuleSwitch.Use
_OFF: Final = gettext_lazy(
    "The rule that found this is switched off. Decide from the papers."
)
# The rules whose pairs ``registry.proposals`` finds where nobody reports anything.
_OF_PAIRS: Final = {
    Proposal.Kind.OWNER: "B5",
    Proposal.Kind.DOSES: "B6",
    Proposal.Kind.PEOPLE: "B7",
}


def require_on(row: Prepared, *, at: datetime) -> None:
    """Raise Refused where the rule may act no more: what it found may be wrong."""
    if row.pk in switched_off([row], at=at):
        raise Refused(str(_OFF))


def require_pair_on(pair: Proposal, *, at: datetime) -> None:
    """Raise Refused where the rule for such pairs is off."""
    person = pair.person
    state = switches.state_of(
        _OF_PAIRS[Proposal.Kind(pair.kind)],
        province=selfcorrection.province_of(person.surviving_id) if person else None,
        use=Use.CAMPAIGN,
        at=at,
    )
    if not state.is_on:
        raise Refused(str(_OFF))


def switched_off(rows: Sequence[Prepared], *, at: datetime) -> set[int]:
    """Return which of these rows were found by a rule that is off there by now."""
    switched = switches.newest({row.rule for row in rows})
    if not any(
        switched[row.rule] or not TABLE[row.rule].is_on_at_first for row in rows
    ):
        return set()
    residences = dict(
        Person.objects.filter(
            pk__in={row.person.surviving_id for row in rows}
        ).values_list("pk", "residence")
    )
    provinces = selfcorrection.provinces_of(residences.values())
    return {
        row.pk
        for row in rows
        if not switches.state_of(
            row.rule,
            province=provinces.get(residences[row.person.surviving_id] or 0),
            use=Use.REPORT if _is_reported(row) else Use.CAMPAIGN,
            rows=switched[row.rule],
            at=at,
        ).is_on
    }


def _is_reported(row: Prepared) -> bool:
    return row.complaint is not None and row.complaint.status in OPEN


def require_nothing_reported(row: Prepared, *, at: datetime) -> None:
    """Raise Refused where another open report is about what would be changed."""
    person_id = row.person.surviving_id
    beside = row.complaint_id if _is_reported(row) else None
    facts = proving.of_people([person_id], but_complaint=beside, at=at).get(person_id)
    if facts is None:
        return
    edit = row.edit
    change = Edit(
        Operation(edit["operation"]),
        edit["field"],
        edit["before"],
        edit["after"],
        int(edit["target"]),
    )
    reason = guard.reason_to_decide(facts, change)
    if reason == "open_request":
        raise Refused(_("An open report is about this. Decide that report first."))
    if reason:
        raise Refused(_("The record is restricted. Decide from the papers."))


def still_holds(row: Prepared, *, at: datetime) -> bool:
    """Tell whether the rule still finds this very change.

    What the population database confirmed is not asked again: the correction itself
    holds the recorded value against what was shown. Raise Refused where it said so
    longer ago than a rule would rely on.
    """
    if row.rule in OF_PEOPLE:
        most = WORTH[Kind.POPULATION].most_age
        if most is not None and at - row.seen_at > most:
            raise Refused(
                _("The population database said this long ago. Decide from the papers.")
            )
        return True
    case, person_id = row.complaint, row.person.surviving_id
    facts = proving.of_people([person_id], at=at).get(person_id)
    if facts is None:
        return False
    if case is not None and case.status in OPEN:
        facts = with_report(case, person_id, facts, at=at)
    elif row.rule in OF_REPORTS:
        return False
    return any(
        (found.edit.place, found.edit.before, found.edit.after)
        == (row.place, row.edit["before"], row.edit["after"])
        for found in found_in(person_id, facts, [row.rule])
    )
