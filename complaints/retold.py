"""What an event says to staff besides its name."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from complaints.choices import Ground, Outcome, Reply
from complaints.models import Event


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
