"""The single-record form: what is wrong with a record, before it is on record or after.

Pure. Entry and import call ``check`` with the facts that they have.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from portal.registry.quality.facts import Record
from portal.registry.quality.limits import Limits
from portal.registry.quality.rule import Case, Detail, Place, Rule, Severity, Subject
from portal.registry.quality.rules import RULES


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a record breaks; ``dose`` is the dose's place in it, if about one."""

    rule: str
    severity: Severity
    dose: int | None
    detail: Detail


def check(
    record: Record,
    *,
    limits: Limits,
    today: date,
    rules: Collection[str] | None = None,
) -> list[Fault]:
    """Return what is wrong with a record, by rule and dose; all rules unless named.

    Raises NoLimit where the table of limits lacks a row that a rule needs.
    """
    places = _places(record)
    chosen = RULES.values() if rules is None else [RULES[code] for code in rules]
    return [
        fault for rule in chosen for fault in _look(rule, record, places, limits, today)
    ]


def _look(
    rule: Rule, record: Record, places: list[Place | None], limits: Limits, today: date
) -> Iterator[Fault]:
    if rule.subject == Subject.DOSE:
        cases = [
            Case(record, limits, today, n, place) for n, place in enumerate(places)
        ]
    else:
        cases = [Case(record, limits, today)]
    for case in cases:
        detail = rule.look(case)
        if detail is not None:
            severity = rule.severity_of(case) if rule.severity_of else rule.severity
            yield Fault(rule.code, severity, case.index, detail)


def _places(record: Record) -> list[Place | None]:
    """Return where each dose stands in its series, in the order of the record."""
    if record.person is None:
        return [None] * len(record.doses)
    order = sorted(
        range(len(record.doses)), key=lambda n: (record.doses[n].given_on, n)
    )
    places: list[Place | None] = [None] * len(order)
    for position, n in enumerate(order, start=1):
        before = record.doses[order[position - 2]] if position > 1 else None
        series = record.doses[order[0]].product.primary_doses
        places[n] = Place(position, series, before)
    return places
