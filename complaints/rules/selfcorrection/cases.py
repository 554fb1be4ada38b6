"""A8: the certificate. B5: an orphan dose. C and D: what a person decides, and why."""

from collections.abc import Callable, Iterator

from complaints.rules.selfcorrection.facts import Facts, Orphan
from complaints.rules.selfcorrection.identity import adds_accents
from complaints.rules.selfcorrection.rule import (
    Edit,
    Found,
    Kind,
    Operation,
    Proof,
    Silent,
)
from portal.common import names


def certificate(facts: Facts) -> Iterator[Found]:
    """A8: say which step keeps a certificate from being issued or from being right."""
    if not facts.counting:
        raise Silent("no_doses")
    step = ""
    if facts.population != "matched":
        step = "not_matched"
    elif facts.certificate_is_stale:
        step = "stale"
    if not step:
        raise Silent("nothing_wrong")
    yield (
        (Edit(Operation.EXPLAIN, "certificate", "", step),),
        (Proof(Kind.DOSE, "record"),),
    )


def orphan_of_that_day(facts: Facts) -> Iterator[Found]:
    """B5: a dose is missing, and one orphan at that site and day bears the name.

    One of another vaccine fits half: people forget what they had, so it counts where
    the site is named and the name is the very same, and nothing fits wholly. Offered to
    staff, never shown to the citizen. A name is common: without the site it takes
    matching's word beside it, and one that another may own is nobody's by a click.
    """
    missing = facts.missing
    if missing is None:
        raise Silent("no_dose_is_missing")
    there = [
        orphan
        for orphan in facts.orphans
        if orphan.given_on == missing.given_on
        and missing.site in ("", orphan.site)
        and _bears_the_name(facts, orphan)
    ]
    fitting = [one for one in there if missing.product in ("", one.product)] or [
        one for one in there if missing.site and _is_the_name(facts, one)
    ]
    if not fitting:
        raise Silent("no_orphan_fits")
    if len(fitting) > 1:
        raise Silent("several_orphans_fit")
    if any(dose.given_on == fitting[0].given_on for dose in facts.counting):
        raise Silent("a_dose_of_that_day_is_recorded")
    (orphan,) = fitting
    if orphan.is_anothers:
        raise Silent("another_may_own_it")
    proofs = [Proof(Kind.ORPHAN, f"orphan:{orphan.key}")]
    if missing.site:
        proofs.append(Proof(Kind.SESSION, "site"))
    if orphan.is_matched:
        proofs.append(Proof(Kind.MATCH, "matching"))
    yield (
        (Edit(Operation.ATTACH, "dose", "", str(orphan.key), orphan.key),),
        tuple(proofs),
    )


def _bears_the_name(facts: Facts, orphan: Orphan) -> bool:
    return _is_the_name(facts, orphan) or adds_accents(
        orphan.name, facts.person.full_name
    )


def _is_the_name(facts: Facts, orphan: Orphan) -> bool:
    return names.tone_key(orphan.name) == names.tone_key(facts.person.full_name)


def for_a_person(*, fields: tuple[str, ...]) -> Callable[[Facts], Iterator[Found]]:
    """Return the look of a C or D rule: it changes nothing, it says who decides."""

    def look(facts: Facts) -> Iterator[Found]:
        claimed = {place.rpartition(":")[2] for place in facts.claims}
        if facts.missing is not None:
            claimed.add("missing")
        if not claimed & set(fields):
            raise Silent("nothing_claimed")
        raise Silent("a_person_decides")
        yield  # a generator, like every look

    return look
