"""How often the rules are right, over people whose truth is known."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.bounds import wilson
from complaints.rules.selfcorrection.facts import (
    Dose,
    Facts,
    Identity,
    Orphan,
    Person,
    Said,
)
from complaints.rules.selfcorrection.labelled.mistakes import REPAIRABLE, write
from complaints.rules.selfcorrection.labelled.traps import former
from complaints.rules.selfcorrection.labelled.world import World, make
from complaints.rules.selfcorrection.labelled.written import Written
from complaints.rules.selfcorrection.rule import (
    Edit,
    Operation,
    Outcome,
    State,
    Tier,
)
from complaints.rules.selfcorrection.table import AUTOMATIC, PREPARED, RULES
from portal.common import names
from portal.registry.population.protocol import Question

# A telephone is changed on a page of its own, which decides by itself: what is judged
# here of A7 holds whatever that does, so it is no part of the figures.
MEASURED: Final = tuple(rule for rule in AUTOMATIC if rule != "A7")
COUNTED: Final = {name: rule for name, rule in REPAIRABLE.items() if rule != "A7"}
# Rules of the portal that these figures say nothing of, and where they are looked at.
NOT_MEASURED: Final = {
    "A7": "the page of the telephone decides it",
    "A8": "it changes nothing",
    "B7": "measure_matching measures it",
}
NOW: Final = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Rates:
    """Shares of the population database's answers that are wrong, late, missing."""

    wrong: float = 0.0
    late: float = 0.0
    silent: float = 0.0


@dataclass
class Tally:
    """Changes by rule and truth; what became of each mistake.

    ``settled``, ``prepared``: what its rule made of it was right; whether that rule is
    delivered (on at first) is asked where shares are made. ``others_changed``: people
    on whose record nothing was wrong and who were changed.
    """

    right: Counter = field(default_factory=Counter)
    wrong: Counter = field(default_factory=Counter)
    made: Counter = field(default_factory=Counter)
    settled: Counter = field(default_factory=Counter)
    prepared: Counter = field(default_factory=Counter)
    by_mistake: Counter = field(default_factory=Counter)
    others_changed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the figures: of what was applied, and of what was prepared apart."""
        acting = [rule for rule in MEASURED if _is_delivered(rule)]
        applied = sum(self.right[r] + self.wrong[r] for r in acting)
        made = sum(self.made[m] for m in COUNTED)
        delivered = [m for m, rule in COUNTED.items() if _is_delivered(rule)]
        return {
            "precision": _share(sum(self.right[r] for r in acting), applied),
            "settled_share": _share(sum(self.settled[m] for m in delivered), made),
            "prepared_share": _share(sum(self.prepared[m] for m in delivered), made),
            "settled_share_with_every_rule": _share(
                sum(self.settled[m] for m in COUNTED), made
            ),
            "prepared_share_with_every_rule": _share(
                sum(self.prepared[m] for m in COUNTED), made
            ),
            "off": sorted({r for r in COUNTED.values() if not _is_delivered(r)}),
            "not_measured": NOT_MEASURED,
            "others_changed": self.others_changed,
            "rules": {
                code: _figures(self.right[code], self.wrong[code])
                for code in (*MEASURED, *PREPARED)
                if RULES[code].tier in (Tier.A, Tier.B)
            },
            "mistakes": {
                name: {
                    "rule": REPAIRABLE.get(name, ""),
                    "made": self.made[name],
                    "settled": self.settled[name] if _stands(name) else 0,
                    "prepared": self.prepared[name] if _stands(name) else 0,
                }
                for name in sorted(self.made)
                if REPAIRABLE.get(name) != "A7"
            },
        }


def _is_delivered(rule: str) -> bool:
    """Tell whether a rule acts, or puts forward, as the portal is delivered."""
    return RULES[rule].is_on_at_first


def _stands(mistake: str) -> bool:
    return mistake in REPAIRABLE and _is_delivered(REPAIRABLE[mistake])


def measure(*, people: int, seed: int, rates: Rates) -> Tally:
    """Let the rules act on invented people and compare with the truth."""
    chance = Random(seed + 1)
    world = make(people=people, seed=seed)
    places = [n for n in range(len(world.humans)) if n not in world.absent]
    records = [write(world, place, chance) for place in places]
    sessions = Sessions(records)
    used = Counter(record.national_id for record in records)
    loose = Loose(records)
    ask = neighbour(world, rates, Random(seed + 2))
    tally = Tally()
    for record in records:
        facts = facts_of(record, world, sessions, used)
        facts = replace(facts, orphans=loose.near(record))
        _count(tally, record, facts, ask)
    return tally


def facts_of(
    record: Written, world: World, sessions: "Sessions", used: Counter
) -> Facts:
    """Return what the rules are told of a record."""
    candidates = {record.claims.get("national_id", ""), record.human.number}
    candidates |= {record.national_id.zfill(12), record.national_id}
    own = Counter({record.national_id: 1})
    return Facts(
        person=Person(
            full_name=record.full_name,
            born_on=record.born_on,
            sex=record.sex,
            national_id=record.national_id,
            phone=record.phone,
        ),
        at=NOW,
        doses=tuple(record.doses),
        claims=record.claims,
        missing=record.missing,
        orphans=record.orphans,
        identity=_identity(record),
        proved_phones=record.proved_phones,
        used=frozenset(n for n in candidates if n and used[n] > own[n]),
        lots=world.lots,
        sessions={
            (d.site, d.given_on): sessions.others(d.site, d.given_on, record)
            for d in record.doses
        },
        days={
            (d.site, d.lot): sessions.days(d.site, d.lot, record) for d in record.doses
        },
        population="matched",
    )


def _identity(record: Written) -> Identity | None:
    human = record.human
    if not record.names_both:
        return None
    return Identity(
        numbers=(human.number, human.old_number),
        full_name=human.full_name,
        born_on=human.born_on.isoformat(),
        sex=human.sex,
        at=NOW,
    )


class Loose:
    """The doses that stand on nobody's record, and who misses one, by site and day."""

    def __init__(self, records: list[Written]) -> None:
        self._there: dict[tuple[str, date], list[Orphan]] = defaultdict(list)
        self._asked: Counter[tuple[str, date | None, str]] = Counter()
        for record in records:
            for orphan in record.orphans:
                self._there[orphan.site, orphan.given_on].append(orphan)
            if record.missing is not None:
                self._asked[self._key(record)] += 1

    def near(self, record: Written) -> tuple[Orphan, ...]:
        """Return the orphans of the site and day of the dose that a record lacks."""
        missing = record.missing
        if missing is None or missing.given_on is None:
            return ()
        is_rival = self._asked[self._key(record)] > 1
        folded = names.fold(record.full_name)
        return tuple(
            replace(one, is_anothers=is_rival and names.fold(one.name) == folded)
            for one in self._there[missing.site, missing.given_on]
        )

    def _key(self, record: Written) -> tuple[str, date | None, str]:
        assert record.missing is not None
        missing = record.missing
        return missing.site, missing.given_on, names.fold(record.full_name)


class Sessions:
    """What is recorded of each site, day and lot, without one record's own doses."""

    def __init__(self, records: list[Written]) -> None:
        self._by_day: dict[tuple[str, date], Counter] = defaultdict(Counter)
        self._by_lot: dict[tuple[str, str], Counter] = defaultdict(Counter)
        for record in records:
            for dose in record.doses:
                self._by_day[dose.site, dose.given_on][dose.lot, dose.product] += 1
                self._by_lot[dose.site, dose.lot][dose.given_on] += 1

    def others(self, site: str, day: date, record: Written) -> Counter:
        """Return what others had there that day: (lot, product) -> people."""
        own = Counter(
            (d.lot, d.product)
            for d in record.doses
            if (d.site, d.given_on) == (site, day)
        )
        return self._by_day[site, day] - own

    def days(self, site: str, lot: str, record: Written) -> Counter:
        """Return when others had the lot there: day -> people."""
        own = Counter(
            d.given_on for d in record.doses if (d.site, d.lot) == (site, lot)
        )
        return self._by_lot[site, lot] - own


Ask = Callable[[Question], Said | None]


def neighbour(world: World, rates: Rates, chance: Random) -> Ask:
    """Return a population database that knows everybody, at the given rates.

    It also knows old cards. Wrong: the contrary of the truth. Late: it still knows
    the person under a former name, number or birth date, and confirms that.
    """
    now = [
        former(human) if chance.random() < rates.late else human
        for human in world.humans
    ]
    known = {human.old_number: human for human in now if human.old_number}
    known |= {human.number: human for human in now}

    def ask(question: Question) -> Said | None:
        if chance.random() < rates.silent:
            return None
        is_wrong = chance.random() < rates.wrong
        human = known.get(question.number)
        if human is None:
            return Said(() if is_wrong else ("national_id",), NOW)
        wrong = []
        if names.tone_key(human.full_name) != names.tone_key(question.full_name):
            wrong.append("full_name")
        if not human.born_on.isoformat().startswith(question.born):
            wrong.append("born_on")
        if question.sex not in ("", human.sex):
            wrong.append("sex")
        if is_wrong:
            wrong = [] if wrong else ["full_name"]
        return Said(tuple(wrong), NOW - timedelta(hours=1))

    return ask


def outcomes(facts: Facts, ask: Ask) -> tuple[Facts, list[Outcome]]:
    """Ask the rules, and the population database where they want it."""
    while True:
        said = judging.judge(facts, rules=(*AUTOMATIC, *PREPARED))
        wanted = {o.question for o in said if o.state == State.ASKS and o.question}
        if not wanted:
            return facts, said
        answers = {question: ask(question) for question in sorted(wanted, key=str)}
        facts = replace(facts, answers={**facts.answers, **answers})


def _count(tally: Tally, record: Written, facts: Facts, ask: Ask) -> None:
    facts, said = outcomes(facts, ask)
    automatic = judging.fired(said, Tier.A)
    for outcome in automatic:
        _judge(tally, record, outcome)
    for outcome in judging.fired(said, Tier.B):
        _judge(tally, record, outcome)
    prepared = judging.fired(said, Tier.B)
    for mistake in record.mistakes:
        tally.made[mistake] += 1
        tally.settled[mistake] += _is_put_right(record, mistake, automatic)
        tally.prepared[mistake] += _is_put_right(record, mistake, prepared)
    if automatic and not record.mistakes:
        tally.others_changed += 1


def _is_put_right(record: Written, mistake: str, said: list[Outcome]) -> bool:
    """Tell whether a mistake's rule was right, and about that mistake's dose."""
    touched = record.touched[mistake]
    return any(
        outcome.rule == REPAIRABLE.get(mistake)
        and all(is_right(record, edit) for edit in outcome.edits)
        and (not touched or touched & {edit.target for edit in outcome.edits})
        for outcome in said
    )


def _judge(tally: Tally, record: Written, outcome: Outcome) -> None:
    truth = all(is_right(record, edit) for edit in outcome.edits)
    (tally.right if truth else tally.wrong)[outcome.rule] += 1
    kinds = sorted(record.mistakes) or ["none"]
    for kind in kinds:
        tally.by_mistake[kind, outcome.rule, truth] += 1


def is_right(record: Written, edit: Edit) -> bool:
    """Tell whether a field becomes what it truly is."""
    human = record.human
    truth = {dose.key: dose for dose in record.given}
    if edit.operation == Operation.VOID:
        return edit.target not in truth
    if edit.operation == Operation.ATTACH:
        return edit.target in truth
    if edit.operation == Operation.ALIAS:
        return edit.after in (human.number, human.old_number)
    if edit.operation == Operation.DOSE:
        return edit.target in truth and _fact(truth[edit.target], edit) == edit.after
    right = {
        "full_name": names.tidy(human.full_name),
        "national_id": human.number,
        "born_on": human.born_on.isoformat(),
        "phone": record.new_phone,
    }
    if edit.field == "full_name" and edit.after != right["full_name"]:
        # Capitals are no part of the truth, and another name stays another name.
        return names.tone_key(edit.after) == names.tone_key(edit.before)
    return edit.after == right[edit.field]


def _fact(dose: Dose, edit: Edit) -> str:
    value = dose.number if edit.field == "dose_number" else getattr(dose, edit.field)
    return value.isoformat() if isinstance(value, date) else str(value)


def _figures(right: int, wrong: int) -> dict[str, float | int | None]:
    low, high = wilson(right, right + wrong)
    return {
        "applied": right + wrong,
        "precision": _share(right, right + wrong),
        "low": round(low, 5),
        "high": round(high, 5),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None


def confusion(tally: Tally) -> Iterator[tuple[str, str, int, int]]:
    """Yield mistake, rule, right and wrong changes: the confusion table's rows."""
    keys = sorted({(kind, rule) for kind, rule, _ in tally.by_mistake})
    for kind, rule in keys:
        yield (
            kind,
            rule,
            tally.by_mistake[kind, rule, True],
            tally.by_mistake[kind, rule, False],
        )
