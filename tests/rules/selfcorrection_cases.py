"""Reading the cases of self-correction that were written by hand before the rules.

``tests/data/selfcorrection_cases.csv``: parts between " / ", columns of a person and a
citizen of the register between "|". An empty register is none that could be asked.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.facts import (
    Before,
    Dose,
    Double,
    Facts,
    Identity,
    Missing,
    Orphan,
    Person,
    Said,
    Stock,
)
from complaints.rules.selfcorrection.rule import Operation, Outcome, State, Tier
from portal.common import names
from portal.registry.population.protocol import Question

FILE = Path(__file__).parents[1] / "data" / "selfcorrection_cases.csv"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
_DOSE = re.compile(
    r"(\d+)\) (\S+) (\S+) (\S+) (\S+) #(\d*) (\S+)(?: «(.*)»)?", re.UNICODE
)
_ORPHAN = re.compile(r"orphan (\d+) (\S+) (\S+) (\S+) (\S+) «(.*)»")


@dataclass(frozen=True)
class Case:
    """A story, its facts, who can be asked, and what should come of it."""

    name: str
    story: str
    facts: Facts
    register: Mapping[str, tuple[str, str, str, bool]]
    expected: str


def cases() -> list[Case]:
    """Return the cases in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [_case(row) for row in csv.DictReader(file)]


def outcomes(case: Case) -> tuple[Facts, list[Outcome]]:
    """Ask the rules, and the register where they want it; three rounds at most."""
    facts = case.facts
    for _round in range(6):
        said = judging.judge(facts)
        asked = {o.question for o in said if o.state == State.ASKS and o.question}
        if not asked:
            return facts, said
        answers = {question: answer(case, question) for question in asked}
        facts = replace(facts, answers={**facts.answers, **answers})
    raise AssertionError("a rule asks without end")


def answer(case: Case, question: Question) -> Said | None:
    """Return what the register of a case says, None where there is none."""
    if not case.register:
        return None
    known = case.register.get(question.number)
    if known is None:
        return Said(("national_id",), NOW)
    name, born_on, sex, is_late = known
    wrong = []
    if names.tone_key(name) != names.tone_key(question.full_name):
        wrong.append("full_name")
    if not born_on.startswith(question.born):
        wrong.append("born_on")
    if question.sex not in ("", sex):
        wrong.append("sex")
    return Said(tuple(wrong), NOW - timedelta(days=730) if is_late else NOW)


def result(facts: Facts, said: list[Outcome]) -> str:
    """Return what came of it in the words of the file."""
    automatic = judging.fired(said, Tier.A)
    if facts.claims and not judging.proves(automatic, facts):
        # All claims of a report are settled at once, or a person has them all.
        automatic = []
    acts = [*automatic, *([] if automatic else judging.fired(said, Tier.B))]
    if facts.claims and acts and not automatic and not judging.proves(acts, facts):
        acts = []
    if acts:
        return "; ".join(f"{o.rule} {' '.join(map(_words, o.edits))}" for o in acts)
    return "person" if facts.claims or facts.missing else "nothing"


def _words(edit) -> str:
    if edit.operation == Operation.VOID:
        return f"dose{edit.target}=void"
    if edit.operation == Operation.DOSE:
        return f"dose{edit.target}.{edit.field}={edit.after}"
    if edit.operation in (Operation.ATTACH, Operation.MERGE, Operation.ALIAS):
        return f"{edit.operation}={edit.after}"
    return f"{edit.field}={edit.after}"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(" / ") if part.strip()]


def _case(row: dict[str, str]) -> Case:
    name, born_on, sex, number, *phone = row["record"].split("|")
    sessions, days = _sessions(row["sessions"])
    guards = _parts(row["guards"])
    elsewhere = _parts(row["elsewhere"]) + guards
    claims, missing = _claims(row["claim"])
    facts = Facts(
        person=Person(
            full_name=name,
            born_on=born_on,
            sex=sex,
            national_id=number,
            phone=phone[0] if phone else "",
            is_restricted="restricted" in guards,
        ),
        at=NOW,
        doses=tuple(_dose(part) for part in _parts(row["doses"])),
        claims=claims,
        missing=missing,
        identity=_identity(row["eid"]),
        proved_phones=frozenset(_after("proved ", elsewhere)),
        used=frozenset(_after("used ", elsewhere)),
        lots=_stock(row["stock"]),
        sessions=sessions,
        days=days,
        orphans=tuple(
            Orphan(
                key=int(m[1]),
                given_on=date.fromisoformat(m[2]),
                product=m[3],
                lot=m[4],
                site=m[5],
                name=m[6],
            )
            for part in elsewhere
            if (m := _ORPHAN.fullmatch(part))
        ),
        doubles=tuple(
            Double(int(part.split()[0]), part.split()[1])
            for part in _after("double ", elsewhere)
        ),
        before=Before(
            open_fields=frozenset(
                part.replace("dose", "dose:") if part.startswith("dose") else part
                for part in _after("open ", guards)
            ),
            changed_fields=frozenset(_after("done ", guards)),
            contact_changed_at=next(
                (NOW - timedelta(hours=int(h)) for h in _after("contact ", guards)),
                None,
            ),
            fraud=("same_photo",) if "fraud" in guards else (),
        ),
    )
    return Case(
        row["case"], row["story"], facts, _register(row["register"]), row["expected"]
    )


def _after(word: str, parts: list[str]) -> list[str]:
    return [part.removeprefix(word) for part in parts if part.startswith(word)]


def _dose(text: str) -> Dose:
    m = _DOSE.fullmatch(text)
    assert m, text
    return Dose(
        key=int(m[1]),
        given_on=date.fromisoformat(m[2]),
        product=m[3],
        lot="" if m[4] == "-" else m[4],
        site=m[5],
        number=int(m[6]) if m[6] else None,
        entry=m[7],
        name=m[8] or "",
    )


def _claims(text: str) -> tuple[dict[str, str], Missing | None]:
    claims = {}
    for part in filter(None, text.split(" & ")):
        if part.startswith("missing "):
            day, product, site = part.split()[1:]
            missing = Missing(
                given_on=date.fromisoformat(day), product=product, site=site
            )
            return {}, missing
        place, value = part.split("=")
        if m := re.fullmatch(r"dose(\d+)(?:\.(.+))?", place):
            place = f"dose:{m[1]}:{m[2] or 'dose'}"
        claims[place] = value
    return claims, None


def _register(text: str) -> dict[str, tuple[str, str, str, bool]]:
    known = {}
    for part in _parts(text):
        if part == "silent":
            return {}
        number, name, born_on, sex = part.split("|")
        known[number] = (name, born_on, sex[0], sex.endswith("late"))
    return known


def _identity(text: str) -> Identity | None:
    if not text:
        return None
    number, name, born_on, sex = text.split("|")
    return Identity(
        numbers=tuple(number.split("+")),
        full_name=name,
        born_on=born_on,
        sex=sex,
        at=NOW,
    )


def _stock(text: str) -> dict[str, Stock]:
    lots: dict[str, Stock] = {}
    for part in _parts(text):
        lot, product, site, day = part.split()
        sites = dict(lots[lot].sites) if lot in lots else {}
        lots[lot] = Stock(product, {**sites, site: date.fromisoformat(day)})
    return lots


def _sessions(text: str) -> tuple[dict, dict]:
    sessions: dict = {}
    days: dict = {}
    for part in _parts(text):
        site, day, lot, product, people = part.split()
        on = date.fromisoformat(day)
        sessions.setdefault((site, on), {})[lot, product] = int(people)
        days.setdefault((site, lot), {})[on] = int(people)
    return sessions, days
