"""Signs that a matter was handled for the figure, not for the citizen.

Each is a plain question to the steps of one matter, asked of the clock that the figures
use. It belongs to the unit that took the step, whoever has the matter now: so what a
unit handed away, and what became of its decisions, is told of it. A sign is no proof:
an honest unit has some, which is why pages compare units. The limits are the portal's
own; ``docs/audit.md`` says them in words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from complaints.choices import Actor, Gaming, Move, Outcome, Status
from complaints.rules.clock import Moment, Reckoning, Terms, reckon

# Decided with no more than this left: the last forty-eighth of the usual 48 hours.
LAST: Final = timedelta(hours=1)
# Asked, or handed away, with no more than this share of the time left, or none: from
# the last five of 48 hours on.
LATE_SHARE: Final = 0.1
# Asked while no more than this share of the time was spent: in the first five hours.
EARLY_SHARE: Final = 0.1
# So many decisions to keep the record, of one account within ten minutes: half a minute
# for each, less than it takes to open a case and a photo.
BULK: Final = 20
BULK_WITHIN: Final = timedelta(minutes=10)

DECISIONS: Final = (Move.RESOLVE, Move.COUNTERSIGN)
# What leaves the record as it is.
NO_EFFECT: Final = (Outcome.KEPT, Outcome.ALREADY_CORRECT)
# What corrects the record; who decided the other way before or later was reversed.
UPHELD: Final = (Outcome.CORRECTED, Outcome.PARTLY_CORRECTED)
# Steps by which a decision is put aside.
REVERSING: Final = (Move.REVERT, Move.REOPEN, Move.PUT_BACK)
_NO_LOOK: Final = (
    Move.SUBMIT,
    Move.ASSIGN,
    Move.JOIN,
    Move.REOPEN,
    Move.PUT_BACK,
)
_HANDED: Final = (Move.HAND_OVER, Move.ESCALATE)
S = TypeVar("S", bound="Step")


class Step(Protocol):
    """An event: when, what, who, and how it ended."""

    @property
    def moment(self) -> Moment:
        """The event as the clock sees it."""

    @property
    def actor(self) -> str:
        """Who made it."""

    @property
    def outcome(self) -> str:
        """What a decision came to; '' for other steps."""

    @property
    def is_unit_change(self) -> bool:
        """Whether a unit closed and all of its matters went to its successor."""

    @property
    def is_bulk(self) -> bool:
        """Whether it was made on many matters at once."""


@dataclass(frozen=True)
class Sign:
    """A sign, with the unit that gave it, and when."""

    sign: Gaming
    holder: int
    at: datetime


def standing(steps: Sequence[S]) -> Iterator[S]:
    """Yield the steps that were not taken back, and no taking back."""
    for number, step in enumerate(steps):
        following = steps[number + 1].moment.move if number + 1 < len(steps) else ""
        if Move.UNDO not in (step.moment.move, following):
            yield step


def has_looked(step: Step) -> bool:
    """Tell whether staff must have looked into the matter to make a step.

    Taking on many at once needs no look, nor does a unit that closes.
    """
    return (
        step.actor == Actor.STAFF
        and not step.is_unit_change
        and step.moment.move not in _NO_LOOK
        and not (step.is_bulk and step.moment.move == Move.ACCEPT)
    )


def signs(
    steps: Sequence[Step], *, rounds: Sequence[Reckoning], terms: Sequence[Terms]
) -> list[Sign]:
    """Return the signs of one matter, whose rounds the clock has reckoned already.

    ``rounds``: what the clock says of each round, of all its events; ``terms``: what
    the policy allowed in each. Bulk closing is
    told of many matters together, not here.
    """
    kept = list(standing(steps))
    return [
        *_last_hour(kept, rounds),
        *_without_effect(kept),
        *_asks(kept, terms),
        *_hand_overs(kept, terms),
        *_disputed(kept),
        *_reversed(kept),
    ]


def _last_hour(steps: Sequence[Step], rounds: Sequence[Reckoning]) -> Iterator[Sign]:
    """Yield decisions within the last hour before the round was due."""
    for number, reckoned in enumerate(rounds, start=1):
        decided = [s for s in _decisions(steps) if s.moment.round == number]
        if decided and timedelta(0) <= reckoned.left <= LAST:
            moment = decided[-1].moment
            yield Sign(Gaming.LAST_HOUR, moment.holder, moment.at)


def _without_effect(steps: Sequence[Step]) -> Iterator[Sign]:
    """Yield decisions to keep the record that were all that staff did in a round."""
    for decision in _decisions(steps):
        number = decision.moment.round
        looked = [s for s in steps if s.moment.round == number and has_looked(s)]
        if decision.outcome in NO_EFFECT and looked == [decision]:
            yield Sign(Gaming.NO_EFFECT, decision.moment.holder, decision.moment.at)


def _asks(steps: Sequence[Step], terms: Sequence[Terms]) -> Iterator[Sign]:
    """Yield questions to the citizen when hardly any time was left, or was spent.

    Either stops the clock for days, however fast the decision comes after it.
    """
    for number, step in enumerate(steps):
        if step.moment.move != Move.ASK or step.actor != Actor.STAFF:
            continue
        holder = steps[number - 1].moment.holder
        if _time_runs_out(steps, number, terms):
            yield Sign(Gaming.LATE_ASK, holder, step.moment.at)
        elif _time_has_hardly_run(steps, number, terms):
            yield Sign(Gaming.EARLY_ASK, holder, step.moment.at)


def _hand_overs(steps: Sequence[Step], terms: Sequence[Terms]) -> Iterator[Sign]:
    """Yield hand-overs by staff, those late, and those to who had it in the round."""
    had: set[tuple[int, int]] = set()
    holder: int | None = None
    for number, step in enumerate(steps):
        moment = step.moment
        if moment.status == Status.RECEIVED and moment.move == Move.SUBMIT:
            # What was just sent is nobody's yet.
            continue
        if (
            holder is not None
            and moment.holder != holder
            and moment.move in _HANDED
            and step.actor == Actor.STAFF
            and not step.is_unit_change
        ):
            yield Sign(Gaming.PASSED_ON, holder, moment.at)
            if _time_runs_out(steps, number, terms):
                yield Sign(Gaming.LATE_PASS, holder, moment.at)
            if (moment.round, moment.holder) in had:
                yield Sign(Gaming.PING_PONG, holder, moment.at)
        had.add((moment.round, moment.holder))
        holder = moment.holder


def _disputed(steps: Sequence[Step]) -> Iterator[Sign]:
    """Yield decisions of staff with which the citizen disagreed."""
    for decision in _decisions(steps):
        if _next_round(steps, decision) == Move.DISAGREE:
            yield Sign(Gaming.DISPUTED, decision.moment.holder, decision.moment.at)


def _reversed(steps: Sequence[Step]) -> Iterator[Sign]:
    """Yield decisions of staff that were put aside, or decided otherwise later."""
    decided = [s for s in steps if s.moment.move in DECISIONS and s.outcome]
    for decision in _decisions(steps):
        number, upheld = decision.moment.round, decision.outcome in UPHELD
        otherwise = any(
            later.moment.round > number and (later.outcome in UPHELD) != upheld
            for later in decided
        )
        is_put_aside = _next_round(steps, decision) in REVERSING
        if is_put_aside or (decision.outcome and otherwise):
            yield Sign(Gaming.REVERSED, decision.moment.holder, decision.moment.at)


def _next_round(steps: Sequence[Step], decision: Step) -> str:
    """Return the step by which the round after a decision's began; '' for none."""
    number = decision.moment.round + 1
    return next((s.moment.move for s in steps if s.moment.round == number), "")


def _time_runs_out(steps: Sequence[Step], number: int, terms: Sequence[Terms]) -> bool:
    """Tell whether hardly any time was left, or none, when a step was made."""
    moment = steps[number].moment
    allowed = terms[moment.round - 1]
    before = [step.moment for step in steps[:number]]
    begins = min(m.at for m in before if m.round == moment.round)
    # No clock runs faster than the wall's: spares reckoning most of them.
    if moment.at - begins < (1 - LATE_SHARE) * allowed.repair:
        return False
    then = reckon(before, terms=allowed, at=moment.at)
    return then.left <= LATE_SHARE * then.allowed


def _time_has_hardly_run(
    steps: Sequence[Step], number: int, terms: Sequence[Terms]
) -> bool:
    """Tell whether hardly any of the time was spent when a step was made."""
    moment = steps[number].moment
    allowed = terms[moment.round - 1]
    before = [step.moment for step in steps[:number]]
    then = reckon(before, terms=allowed, at=moment.at)
    return then.spent <= EARLY_SHARE * allowed.repair


def _decisions(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        if step.moment.move in DECISIONS and step.actor == Actor.STAFF:
            yield step
