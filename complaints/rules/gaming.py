"""Signs that a matter was handled for the figure, not for the citizen.

Each is a plain question to the steps of one matter, asked of the clock that the figures
use. A sign is no proof: an honest unit has some, which is why pages compare units. The
limits are the portal's own; ``docs/audit.md`` says them in words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from complaints.choices import Actor, Gaming, Move, Outcome, Status
from complaints.rules.clock import Moment, Reckoning, Terms, reckon

# Decided with no more than this left: the last forty-eighth of the usual 48 hours.
LAST: Final = timedelta(hours=1)
# Asked with no more than this share of the time left: the last five of 48 hours.
LATE_SHARE: Final = 0.1
# So many decisions to keep the record, of one account within ten minutes of the clock:
# half a minute for each, less than it takes to open a case and a photo.
BULK: Final = 20
BULK_SLOT: Final = timedelta(minutes=10)

DECISIONS: Final = (Move.RESOLVE, Move.COUNTERSIGN)
# What leaves the record as it is.
NO_EFFECT: Final = (Outcome.KEPT, Outcome.ALREADY_CORRECT)
# Steps that staff make without having looked into the matter.
NO_LOOK: Final = (Move.SUBMIT, Move.JOIN, Move.REOPEN)
_HANDED: Final = (Move.HAND_OVER, Move.ESCALATE)
_NONE: Final = timedelta(0)
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


def signs(
    steps: Sequence[Step], *, rounds: Sequence[Reckoning], terms: Terms
) -> list[Sign]:
    """Return the signs of one matter, whose rounds the clock has reckoned already.

    ``rounds``: what the clock says of each round, of all its events. Bulk closing is
    told of many matters together, not here.
    """
    kept = list(standing(steps))
    return [
        *_last_hour(kept, rounds),
        *_without_effect(kept),
        *_late_asks(kept, terms),
        *_returns(kept),
    ]


def _last_hour(steps: Sequence[Step], rounds: Sequence[Reckoning]) -> Iterator[Sign]:
    """Yield decisions within the last hour before the round was due."""
    for number, reckoned in enumerate(rounds, start=1):
        decided = [s for s in _decisions(steps) if s.moment.round == number]
        if decided and _NONE <= reckoned.left <= LAST:
            moment = decided[-1].moment
            yield Sign(Gaming.LAST_HOUR, moment.holder, moment.at)


def _without_effect(steps: Sequence[Step]) -> Iterator[Sign]:
    """Yield decisions to keep the record that were all that staff did in a round."""
    for decision in _decisions(steps):
        number = decision.moment.round
        looked = [
            step
            for step in steps
            if step.actor == Actor.STAFF
            and step.moment.round == number
            and step.moment.move not in NO_LOOK
            and not step.is_unit_change
        ]
        if decision.outcome in NO_EFFECT and looked == [decision]:
            yield Sign(Gaming.NO_EFFECT, decision.moment.holder, decision.moment.at)


def _late_asks(steps: Sequence[Step], terms: Terms) -> Iterator[Sign]:
    """Yield questions to the citizen when hardly any time was left."""
    moments = [step.moment for step in steps]
    for number, step in enumerate(steps):
        moment = step.moment
        if moment.move != Move.ASK or step.actor != Actor.STAFF:
            continue
        begins = min(m.at for m in moments if m.round == moment.round)
        # No clock runs faster than the wall's: spares reckoning most of them.
        if moment.at - begins < (1 - LATE_SHARE) * terms.repair:
            continue
        before = reckon(moments[:number], terms=terms, at=moment.at)
        if _NONE <= before.left <= LATE_SHARE * before.allowed:
            holder = moments[number - 1].holder
            yield Sign(Gaming.LATE_ASK, holder, moment.at)


def _returns(steps: Sequence[Step]) -> Iterator[Sign]:
    """Yield hand-overs to somebody who had the matter before in the same round."""
    had: set[tuple[int, int]] = set()
    holder: int | None = None
    for step in steps:
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
            and (moment.round, moment.holder) in had
        ):
            yield Sign(Gaming.PING_PONG, holder, moment.at)
        had.add((moment.round, moment.holder))
        holder = moment.holder


def _decisions(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        if step.moment.move in DECISIONS and step.actor == Actor.STAFF:
            yield step
