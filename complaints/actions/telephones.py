"""Rule A7: another telephone on record, where nothing holds it.

How it is proved, told and stopped is ``accounts.contact``; here is what holds every
rule that acts by itself: its switch and cap, a restricted record, an open report of the
same field; asked again when what had to wait is written. At the counter a person
looks, so nothing of that holds it there. The cap is of the day on which it was asked
for. What is asked in the very same moment may pass it: nobody waits for others.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from complaints.actions import proving, selfcorrection, switches
from complaints.choices import Field
from complaints.models import RuleSwitch
from portal.accounts import contact
from portal.accounts.contact import CannotChange, Way
from portal.accounts.models import ContactChange
from portal.registry.models import Person

RULE: Final = "A7"


def change(
    *, person_id: int, phone: str, way: str, at: datetime, **facts: Any
) -> ContactChange:
    """Take a change of contact, as ``contact.ask`` does, where the rule may act.

    Raise CannotChange, with words for the citizen, where it may not.
    """
    if way != Way.COUNTER:
        _require_free(person_id, asked_at=at, at=at)
    return contact.ask(person_id=person_id, phone=phone, way=way, at=at, **facts)


def apply_due(subjects: Iterable[int], *, at: datetime) -> None:
    """Write the changes that have waited long enough. The outbox's handler.

    One that the rule may not make any more ends, and who asked for it is told.
    """

    def require_free(change: ContactChange) -> None:
        _require_free(change.person_id, asked_at=change.requested_at, at=at)

    contact.apply_due(subjects, require_free=require_free, at=at)


def _require_free(record: int, *, asked_at: datetime, at: datetime) -> None:
    person_id = Person.objects.get(pk=record).surviving_id
    state = switches.state_of(
        RULE,
        province=selfcorrection.province_of(person_id),
        use=RuleSwitch.Use.REPORT,
        at=asked_at,
    )
    if not state.is_on:
        raise CannotChange(
            _(
                "We change no telephones online at present. Go to a health station with"
                " your identity card."
            )
        )
    known = proving.of_people([person_id], at=at).get(person_id)
    if (
        known is None
        or known.person.is_restricted
        or Field.PHONE in known.before.open_fields
    ):
        raise CannotChange(
            _(
                "A person has to look at this record first. Go to a health station with"
                " your identity card."
            )
        )
