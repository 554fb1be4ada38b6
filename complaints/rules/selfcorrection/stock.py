"""B1: vaccine against lot. B2: a lot that lacks. B3: a day without a session.

Each compares a dose with the ledger of lots and with what others had at the same site.
"""

from collections.abc import Callable, Iterator
from datetime import date
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
from complaints.rules.selfcorrection.series import looks_doubled

# So many others with the same lot on a day are a session; fewer may share a mistake.
_SESSION: Final = 5


def product_of_lot(facts: Facts) -> Iterator[Found]:
    """B1: the lot is another vaccine's, came to the site, and others had that one."""
    yield from _each(facts, _product_of_lot)


def _product_of_lot(facts: Facts, dose: Dose) -> Found:
    stock = facts.lots.get(dose.lot)
    if stock is None:
        raise Silent("lot_not_in_ledger")
    if stock.product == dose.product:
        raise Silent("nothing_wrong")
    came = stock.sites.get(dose.site)
    if came is None or came > dose.given_on:
        raise Silent("lot_never_came_there")
    others = _others_with(facts, dose)
    had_it = others.pop(stock.product, 0)
    if had_it < _SESSION and not others:
        raise Silent("too_few_others")
    # One in twenty of the others may have been written down wrongly too.
    if had_it < max(_SESSION, 19 * sum(others.values())):
        raise Silent("others_had_another")
    return _set(dose, "product", dose.product, stock.product), _STOCK_AND_SESSION


def only_open_lot(facts: Facts) -> Iterator[Found]:
    """B2: no lot, or one a letter off; a single lot of the vaccine was in use."""
    yield from _each(facts, _only_open_lot)


def _only_open_lot(facts: Facts, dose: Dose) -> Found:
    if dose.lot in facts.lots:
        raise Silent("nothing_wrong")
    session = facts.sessions.get((dose.site, dose.given_on), {})
    in_use = [
        lot
        for (lot, product), people in session.items()
        if product == dose.product and people >= _SESSION and _came(facts, lot, dose)
    ]
    if not in_use:
        raise Silent("no_lot_in_use")
    if len(in_use) > 1:
        raise Silent("several_lots_in_use")
    if dose.lot and not _one_letter_apart(dose.lot, in_use[0]):
        raise Silent("another_lot_written")
    return _set(dose, "lot", dose.lot, in_use[0]), _STOCK_AND_SESSION


def only_session(facts: Facts) -> Iterator[Found]:
    """B3: nobody else was vaccinated there that day; one session with the lot fits."""
    yield from _each(facts, _only_session)


def _only_session(facts: Facts, dose: Dose) -> Found:
    if facts.sessions.get((dose.site, dose.given_on)):
        raise Silent("there_was_a_session")
    days = [
        day
        for day, people in facts.days.get((dose.site, dose.lot), {}).items()
        if people >= _SESSION and _came(facts, dose.lot, dose, day)
    ]
    if not dose.lot or not days:
        raise Silent("no_session_fits")
    if len(days) > 1:
        raise Silent("several_sessions_fit")
    if any(other.given_on == days[0] for other in facts.counting):
        raise Silent("a_dose_of_that_day_is_recorded")
    edits = _set(dose, "given_on", dose.given_on.isoformat(), days[0].isoformat())
    return edits, _STOCK_AND_SESSION


_STOCK_AND_SESSION: Final = (
    Proof(Kind.LEDGER, "lot_ledger"),
    Proof(Kind.SESSION, "others_that_day"),
)


def _each(facts: Facts, look: Callable[[Facts, Dose], Found]) -> Iterator[Found]:
    """Look at each dose; raise Silent with what the first of them lacked."""
    reason, fires = "no_doses", False
    for dose in facts.counting:
        try:
            if looks_doubled(facts, dose):
                raise Silent("a_dose_may_be_doubled")
            edits, proofs = look(facts, dose)
        except Silent as silent:
            if reason in ("no_doses", "nothing_wrong"):
                reason = str(silent)
            continue
        if any(facts.claims.get(e.place, e.after) != e.after for e in edits):
            reason = "claim_says_otherwise"
            continue
        fires = True
        yield edits, (*proofs, *_certified(facts, dose, edits[0]))
    if not fires:
        raise Silent(reason)


def _certified(facts: Facts, dose: Dose, edit: Edit) -> Iterator[Proof]:
    """Yield what certificates say of a change: of that day's vaccine, or its day."""
    for one in facts.certificates:
        speaks_for = None
        if edit.field == "product" and one.given_on == dose.given_on:
            speaks_for = one.product == edit.after
        elif edit.field == "given_on" and one.product == dose.product:
            days = {edit.before: False, edit.after: True}
            speaks_for = days.get(one.given_on.isoformat())
        if speaks_for is not None:
            yield Proof(Kind.CERTIFICATE, one.source, one.at, speaks_for)


def _set(dose: Dose, field: str, before: str, after: str) -> tuple[Edit, ...]:
    return (Edit(Operation.DOSE, field, before, after, dose.key),)


def _others_with(facts: Facts, dose: Dose) -> dict[str, int]:
    """Return how many others had the dose's lot there that day, by vaccine."""
    session = facts.sessions.get((dose.site, dose.given_on), {})
    return {product: n for (lot, product), n in session.items() if lot == dose.lot}


def _came(facts: Facts, lot: str, dose: Dose, day: date | None = None) -> bool:
    """Tell whether a lot of the dose's vaccine was at its site by a day."""
    stock = facts.lots.get(lot)
    if stock is None or stock.product != dose.product:
        return False
    came = stock.sites.get(dose.site)
    return came is not None and came <= (day or dose.given_on)


def _one_letter_apart(one: str, other: str) -> bool:
    """Tell whether one sign was replaced."""
    pairs = zip(one.upper(), other.upper(), strict=False)
    return len(one) == len(other) and sum(a != b for a, b in pairs) == 1
