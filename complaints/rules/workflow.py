"""Which move leads from where to where, and who may make it. One table, no state."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from complaints.choices import ENDED, OPEN, Actor, Move, Status
from complaints.rules.refused import Refused

S, A, M = Status, Actor, Move


@dataclass(frozen=True)
class Step:
    """A row of the table: ``to`` None means that the status stays.

    ``stays``: sources from which it stays although it leads elsewhere from others.
    """

    actors: tuple[Actor, ...]
    sources: tuple[Status, ...]
    to: Status | None
    stays: tuple[Status, ...] = ()

    def after(self, source: Status) -> Status:
        """Return the status after the move from one of the sources."""
        return source if self.to is None or source in self.stays else self.to


ACTIVE: Final = (S.RECEIVED, S.IN_REVIEW, S.WAITING_AUTHORITY)
# Where the moves lead that can be taken back for some seconds.
UNDONE: Final = (
    S.RECEIVED,
    S.IN_REVIEW,
    S.WAITING_CITIZEN,
    S.WAITING_AUTHORITY,
    S.AWAITING_SECOND,
    S.RESOLVED,
)

MOVES: Final[dict[Move, Step]] = {
    M.SUBMIT: Step((A.CITIZEN, A.STAFF), (), S.RECEIVED),
    M.ROUTE: Step((A.SYSTEM,), (S.RECEIVED,), S.RECEIVED),
    M.ACCEPT: Step((A.STAFF,), (S.RECEIVED,), S.IN_REVIEW),
    # A proposal stays with whoever proposed it: it tells who may not sign.
    M.ASSIGN: Step((A.STAFF,), (*ACTIVE, S.WAITING_CITIZEN), None),
    M.ASK: Step((A.STAFF,), ACTIVE, S.WAITING_CITIZEN),
    M.ANSWER: Step((A.CITIZEN,), (S.WAITING_CITIZEN,), S.IN_REVIEW),
    M.HAND_OVER: Step((A.STAFF,), ACTIVE, S.RECEIVED),
    # A proposal goes up as it is: for a signature that nobody may give where it lies.
    M.ESCALATE: Step(
        (A.STAFF, A.SYSTEM),
        (*ACTIVE, S.AWAITING_SECOND),
        S.RECEIVED,
        stays=(S.AWAITING_SECOND,),
    ),
    M.EXTEND: Step((A.STAFF,), ACTIVE, None),
    M.WAIT: Step((A.STAFF,), (S.RECEIVED, S.IN_REVIEW), S.WAITING_AUTHORITY),
    # By the portal where no answer came in time.
    M.RESUME: Step((A.STAFF, A.SYSTEM), (S.WAITING_AUTHORITY,), S.IN_REVIEW),
    M.HAND_UP: Step((A.SYSTEM,), OPEN, None),
    M.GIVE_BACK: Step((A.SYSTEM,), (S.RECEIVED,), S.RECEIVED),
    M.OVERDUE: Step((A.SYSTEM,), OPEN, None),
    M.PROPOSE: Step((A.STAFF,), ACTIVE, S.AWAITING_SECOND),
    M.COUNTERSIGN: Step((A.STAFF,), (S.AWAITING_SECOND,), S.RESOLVED),
    M.DECLINE: Step((A.STAFF,), (S.AWAITING_SECOND,), S.IN_REVIEW),
    M.RESOLVE: Step((A.STAFF, A.SYSTEM), ACTIVE, S.RESOLVED),
    # Back to whatever it was before the newest move.
    M.UNDO: Step((A.STAFF,), UNDONE, None),
    M.NOTE: Step((A.STAFF, A.CITIZEN), OPEN, None),
    M.REFUSE_FILE: Step((A.SYSTEM,), OPEN, None),
    M.JOIN: Step((A.CITIZEN, A.STAFF), OPEN, None),
    M.WITHDRAW: Step((A.CITIZEN,), OPEN, S.WITHDRAWN),
    M.REMIND: Step((A.SYSTEM,), (S.WAITING_CITIZEN,), None),
    M.LAPSE: Step((A.SYSTEM,), (S.WAITING_CITIZEN,), S.LAPSED),
    M.DISAGREE: Step((A.CITIZEN,), (S.RESOLVED, S.LAPSED), S.RECEIVED),
    M.REVERT: Step((A.SYSTEM,), (S.RESOLVED,), S.RECEIVED),
    # By whoever answers for the unit, once it accepts that a check decided otherwise.
    M.REOPEN: Step((A.STAFF,), (S.RESOLVED,), S.RECEIVED),
    # By two people, who take back what was decided by the list of a session.
    M.PUT_BACK: Step((A.STAFF,), (S.RESOLVED,), S.RECEIVED),
    M.CONFIRM: Step((A.CITIZEN,), (S.RESOLVED,), None),
}


def target(move: Move, *, status: Status, actor: Actor) -> Status:
    """Return the status after a move; raise Refused with words if it is not legal."""
    step = MOVES[move]
    if actor not in step.actors or status not in step.sources:
        if status in ENDED:
            raise Refused(_("This matter has ended already. Reload the page."))
        raise Refused(_("This step is not possible now. Reload the page."))
    return step.after(status)


def possible(status: Status, *, actor: Actor) -> Iterator[Move]:
    """Yield the moves that an actor has from a status."""
    for move, step in MOVES.items():
        if status in step.sources and actor in step.actors:
            yield move
