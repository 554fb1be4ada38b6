"""What an event says to staff besides its name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.choices import Actor, Considered, Ground, Move, Outcome, Reply
from complaints.models import Event, Incident
from portal.accounts.models import User
from portal.registry.models import Correction, Dose

Source = Correction.Source
SOURCES: Final[Mapping[str, Promise]] = {
    "": gettext_lazy("Nothing but the citizen's word"),
    Source.SESSION_LIST: gettext_lazy("Our list of that session"),
    Source.SLIP: gettext_lazy("The slip, seen at the counter"),
    Source.PHOTO: gettext_lazy("A photo that the citizen sent"),
    Source.OTHER_RECORD: gettext_lazy("Another record of ours"),
    Source.ORPHAN: gettext_lazy("A dose on nobody's record"),
}


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
    parts += considered(event)
    return ". ".join([*parts, event.note] if event.note else parts)


def considered(event: Event) -> list[str]:
    """Return what was looked at where the record stayed, in one sentence; or nothing.

    In the language in force: staff read it, the status page and the letter say it.
    """
    looked_at = [
        str(Considered(one).label)
        for one in event.data.get("considered", ())
        if one in Considered.values
    ]
    said = _("Looked at: %(what)s")
    return [said % {"what": ", ".join(looked_at)}] if looked_at else []


def basis(events: Sequence[Event]) -> list[str]:
    """Return what the proposal that waits rests on, in sentences, for who signs it."""
    proposal = next((e for e in reversed(events) if e.move == Move.PROPOSE), None)
    if proposal is None:
        return []
    data: Mapping[str, Any] = proposal.data
    rests = str(SOURCES.get(data.get("proof", ""), data.get("proof", "")))
    said = [_("It rests on: %(what)s") % {"what": rests}]
    # Proposals of before say only that it concerns oneself, which is one more reason.
    is_there = data.get("there", data.get("oneself"))
    if data.get("proof") == Source.SESSION_LIST and not is_there:
        said.append(
            _(
                "That list was not sent here, does not name this person, or says"
                " otherwise."
            )
        )
    orphan = data.get("orphan")
    dose = Dose.objects.filter(pk=orphan).first() if orphan else None
    if dose is not None:
        said.append(
            f"{dose.given_on:%d/%m/%Y}, {dose.product.name}, {dose.lot_number or '–'},"
            f" {dose.where}: {dose.name_recorded}"
        )
    if data.get("oneself"):
        said.append(_("It concerns whoever proposed it, or a relative."))
    said += considered(proposal)
    return [*said, proposal.note] if proposal.note else said


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
