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
from portal.common import names

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
    if facts.missing is not None or facts.before.missing_reported:
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
    yield edits, (Proof(Kind.DOSE, "other_doses"), *_certified_besides(facts))


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
    """A6: an import wrote a dose that was there already, equal in every fact.

    Not where one of the two came from another record: should that joining be taken
    back, the dose would be missing there. Nor where the numbers had a gap without it:
    it may be the dose that lacks, written down like the first.
    """
    found = [pair for pair in _pairs(facts) if _is_clone(*pair)]
    if not found:
        raise Silent("no_clone")
    copies = {later.key for _first, later in found}
    stay = [dose for dose in facts.counting if dose.key not in copies]
    if max(dose.number or 0 for dose in stay) > len(stay):
        raise Silent("a_dose_may_be_missing")
    for first, later in found:
        yield (
            (
                Edit(
                    Operation.VOID, "status", "completed", "entered_in_error", later.key
                ),
            ),
            (Proof(Kind.DOSE, f"dose:{first.key}"), *_certified_besides(facts)),
        )


def doubled(facts: Facts) -> Iterator[Found]:
    """B6: two doses of one vaccine, day and site; the later entry is one too many.

    Unless somebody says that it is the earlier one: who holds the slip knows.
    """
    found = [
        (first, later)
        for first, later in _pairs(facts)
        if first.site == later.site
        and _is_numbered_alike(first, later)
        and not _is_clone(first, later)
    ]
    if not found:
        raise Silent("no_double")
    for first, later in found:
        stays, goes = (later, first) if _is_named(facts, first) else (first, later)
        yield (
            (
                Edit(
                    Operation.VOID, "status", "completed", "entered_in_error", goes.key
                ),
            ),
            (Proof(Kind.DOSE, f"dose:{stays.key}"),),
        )


def _is_named(facts: Facts, dose: Dose) -> bool:
    """Tell whether a report says of this very dose that it is one too many."""
    return facts.claims.get(f"dose:{dose.key}:status") == "entered_in_error"


def _pairs(facts: Facts) -> Iterator[tuple[Dose, Dose]]:
    """Yield the first dose of a day and vaccine with each that was recorded later."""
    first: dict[tuple, Dose] = {}
    for dose in facts.counting:
        key = (dose.given_on, dose.product)
        if key in first:
            yield first[key], dose
        else:
            first[key] = dose


def _is_clone(first: Dose, later: Dose) -> bool:
    """Tell whether a dose only repeats an earlier one, as a second import writes it."""
    return (
        (first.lot, first.site) == (later.lot, later.site)
        # With a day that was copied down a second dose looks like the first.
        and first.number is not None
        and first.number == later.number
        and _is_named_alike(first, later)
        and later.entry not in (BY_HAND, first.entry)
        and not (first.is_brought or later.is_brought)
    )


def _is_numbered_alike(one: Dose, other: Dose) -> bool:
    """Tell whether no number says that they are two: a second dose bears another."""
    return one.number == other.number or None in (one.number, other.number)


def _is_named_alike(one: Dose, other: Dose) -> bool:
    """Tell whether the lists name the same person, as far as they name anybody."""
    return "" in (one.name, other.name) or names.fold(one.name) == names.fold(
        other.name
    )


def _certified_besides(facts: Facts) -> Iterator[Proof]:
    """Yield the certificates of doses that are not on the record: one may be missing.

    Then what looks like a copy may be that dose with a wrong day, and an order of
    days without it is none.
    """
    recorded = {(dose.given_on, dose.product) for dose in facts.counting}
    for one in facts.certificates:
        if (one.given_on, one.product) not in recorded:
            yield Proof(Kind.CERTIFICATE, one.source, one.at, speaks_for=False)
