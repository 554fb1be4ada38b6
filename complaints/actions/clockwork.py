"""All that time alone brings about, in its order; beat and the poller start it."""

from datetime import datetime

from complaints.actions import digests, escalation, referrals, reminders, standing_in


def run(*, at: datetime) -> None:
    """Do what is due: overdue cases, waits, rungs, stand-ins, digests, questions.

    Repeatable. Each part is a transaction of its own; a crash between two costs a
    minute.
    """
    escalation.mark_overdue(at=at)
    referrals.expire(at=at)
    reminders.find(at=at)
    standing_in.watch(at=at)
    digests.tell(at=at)
    escalation.remind(at=at)
    escalation.lapse(at=at)
