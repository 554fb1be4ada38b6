"""All that time alone brings about, in its order; beat and the poller start it."""

from datetime import datetime
from typing import Final

from complaints.actions import digests, escalation, referrals, reminders, standing_in

PARTS: Final = (
    escalation.mark_overdue,
    referrals.expire,
    reminders.find,
    standing_in.watch,
    digests.tell,
    escalation.remind_citizens,
    escalation.lapse,
)


def run(*, at: datetime) -> None:
    """Do what is due: overdue cases, waits, rungs, stand-ins, digests, questions.

    Repeatable. Each part is a transaction of its own; a crash between two costs a
    minute.
    """
    for part in PARTS:
        part(at=at)
