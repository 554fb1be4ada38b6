"""What was put right on somebody's record though perhaps nobody asked them.

By a rule alone, or by staff from what a rule had found. Whose record it is has to see
it: a wrong change is noticed by nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from complaints.models import Prepared
from complaints.rules.selfcorrection.table import RULES
from portal.common import scope
from portal.registry.corrections import read_dose, read_person
from portal.registry.models import Correction, Dose, Person

Operation = Correction.Operation
Reason = Correction.Reason

# So long a change is shown on the record: the telephone is told once, and may be lost.
SHOWN: Final = timedelta(days=90)
_FACTS: Final = (
    *("full_name", "born_on", "national_id"),
    *("product", "lot", "given_on", "dose_number"),
)
# What staff decide of pairs that matching found, by the rule which would have found it.
_OF_PAIRS: Final = {
    Operation.ATTACH: "B5",
    Operation.VOID: "B6",
    Operation.MERGE: "B7",
}


# Row by row from the record to its entries of the ledger: by conditions with OR the
# planner would read the ledger of a whole country.
_STANDING: Final = """
WITH own AS (
  SELECT id FROM registry_person WHERE id = %(person)s
  UNION ALL SELECT id FROM registry_person WHERE merged_into_id = %(person)s
), row_of (target, id) AS (
  SELECT 'person', id FROM own
  UNION ALL SELECT 'dose', d.id FROM own JOIN registry_dose d ON d.person_id = own.id
)
SELECT c.* FROM row_of
JOIN registry_correction c ON c.target = row_of.target AND c.target_id = row_of.id
WHERE c.reason = ANY(%(reasons)s) AND c.applied_at > %(since)s
  AND c.part_of_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM registry_correction u WHERE u.reverses_id = c.id)
ORDER BY c.applied_at DESC, c.id DESC
"""


@dataclass(frozen=True)
class PutRight:
    """A change that stands: the rule behind it, what it changed, when, and by whom."""

    rule: str
    correction: Correction
    dose: Dose | None
    is_by_staff: bool
    # Fields that say something else again by now.
    gone: frozenset[str] = frozenset()


def of(person_id: int, *, at: datetime) -> list[PutRight]:
    """Return what was put right lately on a record and stands, the newest first.

    Also on records that were joined to it. What was taken back is not among it, nor
    what was changed again since. One statement where there is nothing.
    """
    rows = list(
        Correction.objects.raw(
            _STANDING,
            {
                "person": person_id,
                "since": at - SHOWN,
                "reasons": [Reason.RULE.value, Reason.REVIEW.value],
            },
        )
    )
    of_doses = [row.target_id for row in rows if row.target == Correction.Target.DOSE]
    doses = Dose.objects.select_related("product").in_bulk(of_doses) if of_doses else {}
    of_people = {r.target_id for r in rows if r.target == Correction.Target.PERSON}
    people = Person.objects.in_bulk(of_people) if of_people else {}
    by_staff = [row.pk for row in rows if row.reason == Reason.REVIEW]
    prepared = _rules_of(by_staff) if by_staff else {}
    found = []
    for row in rows:
        is_by_staff = row.reason == Reason.REVIEW
        rule = row.reason_ref.partition(".")[0]
        if is_by_staff:
            pairs = _OF_PAIRS.get(Operation(row.operation), "")
            rule = prepared.get(row.pk, pairs)
        if rule in RULES:
            dose = doses[row.target_id] if row.target == "dose" else None
            gone, is_gone = _gone(row, dose or people[row.target_id])
            if not is_gone:
                found.append(PutRight(rule, row, dose, is_by_staff, gone))
    return found


def _gone(made: Correction, now: Person | Dose) -> tuple[frozenset[str], bool]:
    """Return what of a change stands no more, and whether that is all of it."""
    if made.operation != Operation.CHANGE:
        return frozenset(), False
    after = made.after
    fields = [field for field in _FACTS if field in after]
    gone = frozenset(
        field
        for field in fields
        if after[field]
        != (read_dose(now, field) if isinstance(now, Dose) else read_person(now, field))
    )
    return gone, bool(fields) and len(gone) == len(fields)


def _rules_of(corrections: Sequence[int]) -> dict[int | None, str]:
    """Return by correction the rule that had prepared it."""
    with scope.system():
        made = Prepared.objects.filter(correction__in=corrections)
        return dict(made.values_list("correction", "rule"))
