"""A settled incident taken back as a whole, by two people, because its list was wrong.

One person asks, another signs; half a minute later workers take the list back, then
each report that it had settled: the record as it was, the case open again, its citizen
told once. What was changed since stays, and is listed with the reason. Each report is a
transaction of its own: a kill loses nothing and repeats nothing.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import (
    broken,
    incident_turns,
    moving,
    reopening,
    undoing,
)
from complaints.choices import Actor, Move, Status
from complaints.models import (
    Complaint,
    Event,
    Incident,
    IncidentMember,
    IncidentNotice,
    TakeBack,
)
from complaints.notifications.sending import DECISIONS, UNDO
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.common import outbox, scope
from portal.common.slices import Slice
from portal.registry.corrections import CannotCorrect, Warrant
from portal.registry.imports import committing, staging
from portal.registry.models import Correction, SessionList, StagedRow

logger = logging.getLogger("complaints.incidents")

State, Back = Incident.State, IncidentMember.Back
ListState = SessionList.State
TOLD: Final = "incident_untold"
# What was decided, or waits for a signature only, by the rows of a list.
RESTING: Final = (State.PROPOSED, State.SETTLING, State.SETTLED)


def ask(ref: UUID, *, why: str, by: User, at: datetime) -> Incident:
    """Ask to take all back that a settled incident did; somebody else has to sign.

    ``why``: one of ``Incident.Back``. Raise Refused where nothing is settled, where the
    list was deleted after its time (then nothing says any more what it wrote), where
    another incident rests on it, or where it is not known who was told of it.
    """
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        _require_settled(incident)
        if incident.back_by_id is not None:
            raise Refused(_("Somebody asked for it already. A colleague signs."))
        if why not in Incident.Back.values:
            raise Refused(_("Choose why all of it is taken back."))
        incident.back_by, incident.back_at, incident.back_why = by, at, why
        incident.save(update_fields=["back_by", "back_at", "back_why"])
        incident_turns.note(incident, "ask back", by=by, at=at)
    return incident


def sign(ref: UUID, *, by: User, at: datetime) -> Incident:
    """Sign what somebody else asked for; workers begin when half a minute is over.

    Raise Refused for whoever asked, and for accounts that hang together.
    """
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        _require_settled(incident)
        if incident.back_by_id is None:
            raise Refused(_("Nobody asked to take it back."))
        if incident.back_by_id == by.pk:
            raise Refused(_("A second person has to sign what you asked for."))
        permissions.require_two(incident.back_by_id, by, at=at)
        incident.state, incident.back_signed_by = State.UNDOING, by
        incident.back_signed_at = incident.progress_at = at
        incident.save()
        incident_turns.owe(incident, at=at, delay=UNDO)
        incident_turns.note(incident, "sign back", by=by, at=at)
    return incident


def keep(ref: UUID, *, by: User, at: datetime) -> Incident:
    """Leave it settled: what was asked for, or signed half a minute ago at most.

    Raise Refused where workers have begun, or nobody asked.
    """
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        if incident.state == State.UNDOING:
            incident_turns.call_off(incident, incident.back_signed_at, at=at)
        elif incident.state != State.SETTLED or incident.back_by_id is None:
            raise Refused(_("Nobody asked to take it back."))
        incident.state, incident.back_why = State.SETTLED, ""
        incident.back_by = incident.back_signed_by = None
        incident.back_at = incident.back_signed_at = None
        incident.save()
        incident_turns.note(incident, "keep", by=by, at=at)
    return incident


def do_slice(incident: Incident, slice_: Slice) -> timedelta | None:
    """Take back what can be now; return after how long to go on, None at the end."""
    assert incident.back_signed_at is not None  # the database says so
    at = slice_.now
    if at < incident.back_signed_at + UNDO:
        return incident.back_signed_at + UNDO - at
    if _is_list_at_work(incident, at=at):
        return incident_turns.LATER
    while _put_next_back(incident.pk, at=slice_.now):
        if slice_.is_over:
            return timedelta(0)
    _end(incident.pk, at=slice_.now)
    return None


def take_list_back(list_id: int, *, by: User, at: datetime) -> bool:
    """Begin to take a list back on its own page; False where it waits for a second one.

    Raise Refused where an incident rests on it: its people would be told nothing, and
    reports that were right by its rows alone would stay decided. Else as
    ``committing.undo``.
    """
    with scope.system():
        # Held, so that nobody proposes to settle by the list in the same moment.
        one = staging.lock(list_id)
        resting = one.incidents.filter(state__in=RESTING).order_by("pk").first()
        if resting is not None:
            raise Refused(
                why_it_stays(resting)
                or _("An incident rests on this list. Take it back there, as a whole.")
            )
        return committing.undo(list_id, by=by.pk, at=at)


def resting_on(list_id: int) -> Incident | None:
    """Return an incident in sight that was, or is to be, settled by a list, or None."""
    found: Incident | None = (
        Incident.objects.filter(session_list=list_id, state__in=RESTING)
        .order_by("pk")
        .first()
    )
    return found


def why_it_stays(incident: Incident) -> str:
    """Return why what is settled cannot be taken back as a whole; '' where it can."""
    if incident.state != State.SETTLED:
        return ""
    with scope.system():
        try:
            _require_settled(incident)
        except Refused as refused:
            return str(refused)
    return ""


def _require_settled(incident: Incident) -> None:
    one = incident.session_list
    if incident.state != State.SETTLED or one is None:
        raise Refused(_("Only what is settled can be taken back as a whole."))
    if one.forgotten_at is not None:
        raise Refused(
            _("The list was deleted after its time. Correct single records instead.")
        )
    others = one.incidents.exclude(pk=incident.pk)
    if others.filter(state__in=RESTING).exists():
        raise Refused(
            _(
                "Another incident rests on the same list, so it stays."
                " Correct single records instead."
            )
        )
    notices = IncidentNotice.objects.filter(row__session_list=one)
    if incident.told and not notices.exists():
        raise Refused(
            _(
                "Nobody kept whom this list was told to, so nobody could be told now."
                " Correct single records instead."
            )
        )


def _is_list_at_work(incident: Incident, *, at: datetime) -> bool:
    """Begin to take the list back where it stands; tell whether that goes on."""
    assert incident.session_list_id is not None  # it was settled by one
    with scope.system():
        one = SessionList.objects.get(pk=incident.session_list_id)
        if one.state == ListState.COMMITTED and one.forgotten_at is None:
            # Whoever asked for it before, on the page of the list: these two decided.
            committing.withdraw(one.pk)
            for person in (incident.back_by_id, incident.back_signed_by_id):
                if committing.undo(one.pk, by=person, at=at):
                    break
            return True
    return one.is_at_work


def _put_next_back(incident_id: int, *, at: datetime) -> bool:
    """Put the last report back that is not yet; return False where none is left."""
    with scope.system():
        incident = (
            Incident.objects.select_for_update(of=("self",))
            .select_related("back_by", "back_signed_by")
            .get(pk=incident_id)
        )
        settled = incident.members.filter(state=IncidentMember.State.SETTLED, back="")
        member = (
            settled.select_related("event__take_back", "row").order_by("-pk").first()
        )
        if incident.state != State.UNDOING or member is None:
            return False
        try:
            with transaction.atomic():
                member.back_event = _put_back(incident, member, at=at)
            member.back = Back.DONE
        except Refused as refused:
            member.back, member.back_words = Back.STAYS, str(refused)[:300]
        except Exception as error:
            member.back_event = None
            member.back, member.back_words = Back.STAYS, broken.words(error, logger)
        member.save(update_fields=["back", "back_words", "back_event"])
        incident.progress_at = at
        incident.save(update_fields=["progress_at"])
    return True


def _put_back(incident: Incident, member: IncidentMember, *, at: datetime) -> Event:
    """Put one record back and open its case again. Raise Refused in words."""
    asked, signed = incident.back_by, incident.back_signed_by
    assert asked is not None  # the database says so
    assert signed is not None  # the database says so
    assert member.event is not None  # it was settled
    case = moving.lock(member.complaint_id)
    _require_as_decided(case, member.event)
    if any(permissions.concerns(user, case) for user in (asked, signed)):
        raise Refused(
            _("This case is yours, or of your household. Somebody else handles it.")
        )
    warrant = Warrant(
        Correction.Reason.UNDO,
        case.reference,
        proposed_by=asked.pk,
        approved_by=signed.pk,
    )
    try:
        changed = undoing.put_record_back(case, member.event, warrant=warrant, at=at)
    except CannotCorrect as error:
        raise Refused(_("The record was changed again since, so it stays.")) from error
    if not changed:
        _require_taken_from_list(member.row)
    kept: TakeBack = member.event.take_back
    case.claims.exclude(pk__in=kept.before["claims"]).delete()
    undoing.put_person_back(case, kept)
    to = moving.answering(case.holder, at=at)
    event = reopening.unless_reported_again(
        case,
        lambda: moving.move(
            case,
            Move.PUT_BACK,
            actor=Actor.STAFF,
            by=signed,
            at=at,
            data={
                "to": to.name,
                "incident": str(incident.ref),
                "wrong": incident.back_why,
            },
            holder=to,
            assignee=None,
            **moving.new_round(case, body=to, at=at),
        ),
    )
    if event is None:
        raise Refused(_again())
    return event


def _again() -> str:
    return _("The same was reported again since. That report is decided.")


def _require_as_decided(case: Complaint, decision: Event) -> None:
    """Raise Refused where anybody decided, or said, something since."""
    if case.confirmed_at is not None:
        raise Refused(_("The citizen has said since that it is right now."))
    newest = case.events.filter(move__in=DECISIONS).latest("seq")
    if case.status != Status.RESOLVED or newest.pk != decision.pk:
        raise Refused(_("The case went on since. Whoever has it decides."))
    if reopening.is_reported_again(case):
        raise Refused(_again())


def _require_taken_from_list(row: StagedRow | None) -> None:
    """Raise Refused where a report was right already, and the list did not make it so.

    Or the list did, and its dose was changed since: that one stays with its row.
    """
    if row is None or row.done_at is None:
        raise Refused(_("The record had this dose without the list, so it stays."))
    if row.undone_at is None:
        raise Refused(_("The record was changed again since, so it stays."))


def _end(incident_id: int, *, at: datetime) -> None:
    """End the taking back, and owe those a word who were told and never complained."""
    with scope.system():
        incident = Incident.objects.select_for_update().get(pk=incident_id)
        if incident.state != State.UNDOING:
            return
        told = IncidentNotice.objects.filter(
            row__session_list=incident.session_list_id, row__undone_at__isnull=False
        )
        outbox.add(TOLD, list(told.values_list("pk", flat=True)), at=at)
        incident.state, incident.undone_at = State.UNDONE, at
        incident.progress_at = at
        incident.save(update_fields=["state", "undone_at", "progress_at"])
