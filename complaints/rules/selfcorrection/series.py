"""A5: dose numbers follow from the days. A6 and B6: a dose that is recorded twice."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from complaints.rules.selfcorrection.facts import Dose, Facts
from complaints.rules.selfcorrection.rule import (
    Edit,
    Found,
    Kind,
    Operation,
    Proof,
    Silent,
)

# Re-entered with a corrected date (domain paper d, Q19).
_AGAIN_DAYS: Final = 13
BY_HAND: Final = "service"


def sequence(facts: Facts) -> Iterator[Found]:
    """A5: the numbers of a full series are put into the order of its days.

    Only where no dose can be missing (no number above their count, none empty), none
    looks entered twice, they were entered in the order of their days, and others had
    the same lot on each of them: a gap is no slip of the pen but perhaps a lost dose,
    and where a day is wrong the order of days is.
    """
    doses = sorted(facts.counting, key=lambda dose: dose.given_on)
    if not doses:
        raise Silent("no_doses")
    if facts.missing is not None:
        raise Silent("a_dose_is_missing")
    if any(dose.number is None for dose in doses):
        raise Silent("number_not_recorded")
    if max(dose.number or 0 for dose in doses) > len(doses):
        raise Silent("a_dose_may_be_missing")
    if any(_looks_doubled(one, other) for one, other in combinations(doses, 2)):
        raise Silent("a_dose_may_be_doubled")
    if any(_is_disputed(facts, dose) for dose in doses):
        raise Silent("a_dose_is_disputed")
    if [dose.key for dose in doses] != [dose.key for dose in facts.counting]:
        raise Silent("entered_in_another_order")
    if not all(_was_there_that_day(facts, dose) for dose in doses):
        raise Silent("a_day_may_be_wrong")
    edits = tuple(
        Edit(Operation.DOSE, "dose_number", str(dose.number), str(place), dose.key)
        for place, dose in enumerate(doses, start=1)
        if dose.number != place
    )
    if not edits:
        raise Silent("nothing_wrong")
    for edit in edits:
        if facts.claims.get(edit.place, edit.after) != edit.after:
            raise Silent("claim_says_otherwise")
    yield edits, (Proof(Kind.DOSE, "other_doses"),)


def _was_there_that_day(facts: Facts, dose: Dose) -> bool:
    """Tell whether others had this lot there that day, as far as sessions are known."""
    session = facts.sessions.get((dose.site, dose.given_on))
    return session is None or bool(session.get((dose.lot, dose.product)))


def looks_doubled(facts: Facts, dose: Dose) -> bool:
    """Tell whether a dose may be another one of the record, entered twice."""
    others = (other for other in facts.counting if other.key != dose.key)
    return any(_looks_doubled(dose, other) for other in others)


def _looks_doubled(one: Dose, other: Dose) -> bool:
    days = abs((one.given_on - other.given_on).days)
    return days <= _AGAIN_DAYS and one.product == other.product or days == 0


def _is_disputed(facts: Facts, dose: Dose) -> bool:
    """Tell whether somebody says of a dose more than that its number is wrong."""
    begins = f"dose:{dose.key}:"
    return any(
        place.startswith(begins) and place != f"{begins}dose_number"
        for place in (*facts.claims, *facts.before.open_fields)
    )


def clone(facts: Facts) -> Iterator[Found]:
    """A6: an import wrote a dose that was there already, equal in every fact."""
    found = [
        (first, later)
        for first, later in _pairs(facts)
        if _is_exact(first, later)
        and later.entry != BY_HAND
        and later.entry != first.entry
    ]
    if not found:
        raise Silent("no_clone")
    for first, later in found:
        yield (
            (
                Edit(
                    Operation.VOID, "status", "completed", "entered_in_error", later.key
                ),
            ),
            (Proof(Kind.DOSE, f"dose:{first.key}"),),
        )


def doubled(facts: Facts) -> Iterator[Found]:
    """B6: two doses of one vaccine, day and site; the later entry is one too many."""
    found = [
        (first, later)
        for first, later in _pairs(facts)
        if first.site == later.site
        # A second dose with a wrong day bears another number.
        and (first.number == later.number or None in (first.number, later.number))
        and not (
            _is_exact(first, later)
            and later.entry != BY_HAND
            and later.entry != first.entry
        )
    ]
    if not found:
        raise Silent("no_double")
    for first, later in found:
        yield (
            (
                Edit(
                    Operation.VOID, "status", "completed", "entered_in_error", later.key
                ),
            ),
            (Proof(Kind.DOSE, f"dose:{first.key}"),),
        )


def _pairs(facts: Facts) -> Iterator[tuple[Dose, Dose]]:
    """Yield the first dose of a day and vaccine with each that was recorded later."""
    first: dict[tuple, Dose] = {}
    for dose in facts.counting:
        key = (dose.given_on, dose.product)
        if key in first:
            yield first[key], dose
        else:
            first[key] = dose


def _is_exact(one: Dose, other: Dose) -> bool:
    return (one.lot, one.site) == (other.lot, other.site)
