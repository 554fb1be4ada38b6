"""What an event says to staff besides its name."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from complaints.choices import Actor, Ground, Outcome, Reply
from complaints.models import Event, Incident
from portal.accounts.models import User


def words(event: Event) -> str:
    """Return what an event says besides its name: way, outcome, grounds, note."""
    data: Mapping[str, Any] = event.data
    parts = []
    if data.get("from") and data.get("to"):
        parts.append(f"{data['from']} → {data['to']}")
    if data.get("above"):
        parts.append(data["above"])
    if data.get("glass"):
        parts.append(
            _("Opened in an emergency, to read: %(unit)s") % {"unit": data["glass"]}
        )
    if data.get("authority"):
        parts.append(data["authority"])
    if data.get("reply") in Reply.values:
        parts.append(str(Reply(data["reply"]).label))
    if data.get("wrong") in Incident.Back.values:
        parts.append(str(Incident.Back(data["wrong"]).label))
    if data.get("late"):
        parts.append(_("No answer in time"))
    if data.get("outcome") in Outcome.values:
        parts.append(str(Outcome(data["outcome"]).label))
    parts += [
        str(Ground(ground).label)
        for ground in data.get("grounds", ())
        if ground in Ground.values
    ]
    return ". ".join([*parts, event.note] if event.note else parts)


def newest(events: Sequence[Event], *, reader: User) -> str:
    """Return who or what moved a case last, for whoever saw it before that.

    ``events``: all of the case's, in order. Time and the citizen move a case as well as
    colleagues do, and nobody is named for what they did not do.
    """
    last = events[-1]
    if last.actor == Actor.CITIZEN:
        return _("The citizen did something meanwhile: %(move)s.") % {
            "move": last.get_move_display()
        }
    if last.by is None:
        return _("The portal noted something meanwhile: %(move)s.") % {
            "move": last.get_move_display()
        }
    if last.by == reader:
        return _("You changed this case yourself meanwhile, on another page.")
    return _("%(changed_by)s has just changed this case.") % {
        "changed_by": last.by.full_name or last.by.username
    }
