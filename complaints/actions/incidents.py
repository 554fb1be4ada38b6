"""One repair for one cause: the missing list, two people, every report settled once.

The list comes in by the registry's staged import. One person proposes, another signs;
half a minute later workers decide each report by its row, through the same action as
one alone, then the list itself is written for those who never complained. Each report
is a transaction of its own: a kill loses nothing and repeats nothing.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import (
    broken,
    casework,
    incident_rows,
    incident_turns,
    unsettling,
)
from complaints.actions.incident_turns import LATER
from complaints.choices import OPEN
from complaints.models import Incident, IncidentMember, IncidentNotice, IncidentRun
from complaints.notifications.sending import UNDO
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.common import outbox, scope
from portal.common.slices import Slice
from portal.registry.imports import committing, staging
from portal.registry.imports.conflict import NOT_KNOWN, Own
from portal.registry.models import SessionList

logger = logging.getLogger("complaints.incidents")

SLICE_SECONDS: Final = 20.0

State, Member = Incident.State, IncidentMember.State
Returned = Incident.Returned
ListState = SessionList.State
# A list that can be settled by: checked, or written already by whoever was quicker.
READY: Final = frozenset({ListState.CHECKED, ListState.COMMITTED})


def take_list(
    ref: UUID, *, content: bytes, name: str, by: User, at: datetime
) -> SessionList:
    """Take in the list of the session; workers check it and match its rows.

    Raise CannotRead as ``staging.take`` does, Refused once it is proposed.
    """
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        if incident.state != State.OPEN:
            raise Refused(_("This incident is being settled by its list already."))
        one, _is_new = staging.take(
            content=content, name=name, site=incident.site, by=by.pk, at=at
        )
        incident.session_list, incident.matched_at = one, None
        incident.returned = ""
        incident.save(update_fields=["session_list", "matched_at", "returned"])
        incident_turns.owe(incident, at=at)
        incident_turns.note(incident, "list", by=by, at=at)
    return one


def match_again(ref: UUID, *, by: User, at: datetime) -> None:
    """Let the rows be matched anew, after staff changed some of them."""
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        if incident.state != State.OPEN or incident.session_list is None:
            raise Refused(_("There is no list to match now."))
        incident.matched_at = None
        incident.save(update_fields=["matched_at"])
        incident_turns.owe(incident, at=at)


def propose(ref: UUID, *, by: User, at: datetime) -> Incident:
    """Propose to settle everybody by the list as it is now; somebody else has to sign.

    Reports that an earlier attempt left to a person are tried again.
    """
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        known = incident.session_list_id
        one = None if known is None else staging.lock(known)
        if incident.state != State.OPEN or one is None or one.state not in READY:
            raise Refused(_("The list has to be there and checked first."))
        if one.incidents.filter(state=State.UNDOING).exists():
            raise Refused(_("This list is being taken back. Wait a moment."))
        if incident.matched_at is None:
            raise Refused(_("The rows are still being matched. Wait a moment."))
        incident.state, incident.proposed_by = State.PROPOSED, by
        incident.proposed_at = at
        incident.revision, incident.returned = one.revision, ""
        incident.save()
        left = incident.members.filter(state=Member.LEFT, complaint__status__in=OPEN)
        left.update(state=Member.WAITING, words="")
        incident_turns.note(incident, "propose", by=by, at=at)
    return incident


def sign(ref: UUID, *, by: User, at: datetime) -> Incident:
    """Sign what somebody else proposed; workers begin when half a minute is over.

    Raise Refused, and give the proposal back, where the list changed meanwhile.
    """
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        if incident.state != State.PROPOSED:
            raise Refused(_("Nothing is proposed here."))
        if incident.proposed_by_id == by.pk:
            raise Refused(_("A second person has to sign what you proposed."))
        permissions.require_two(incident.proposed_by_id, by, at=at)
        is_as_proposed = _as_proposed(incident) is not None
        if is_as_proposed:
            incident.state, incident.signed_by = State.SETTLING, by
            incident.signed_at = incident.progress_at = at
            incident.save()
            incident_turns.owe(incident, at=at, delay=UNDO)
            incident_turns.note(incident, "sign", by=by, at=at)
        else:
            _give_back(incident, Returned.LIST_CHANGED, at=at)
    if not is_as_proposed:
        # Raised only here: within the transaction it would undo the giving back.
        raise Refused(str(Returned.LIST_CHANGED.label))
    return incident


def send_back(ref: UUID, *, by: User, at: datetime) -> Incident:
    """Take a proposal back, or a signature within half a minute: nothing was done yet.

    Raise Refused where workers have begun.
    """
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        if incident.state == State.SETTLING:
            incident_turns.call_off(incident, incident.signed_at, at=at)
        elif incident.state != State.PROPOSED:
            raise Refused(_("Nothing is proposed here."))
        _open_again(incident)
        incident.save()
        if incident.matched_at is None:
            incident_turns.owe(incident, at=at)
        incident_turns.note(incident, "send back", by=by, at=at)
    return incident


def go_on(ref: UUID, *, by: User, at: datetime) -> Incident:
    """Owe the next slice again where a worker gave up; harmless where it did not."""
    with scope.system():
        incident = incident_turns.lock(ref, by=by, at=at)
        if incident.state in (State.SETTLING, State.UNDOING):
            incident.progress_at = at
            incident.save(update_fields=["progress_at"])
            incident_turns.owe(incident, at=at)
    return incident


@outbox.outside_transaction
def work(subjects: Sequence[int], *, at: datetime) -> None:
    """Do a slice of each of these runs; what is left is owed again. The handler."""
    slice_ = Slice(at, SLICE_SECONDS)
    for run_id in subjects:
        with scope.system():
            run = IncidentRun.objects.filter(pk=run_id, done_at=None).first()
        if run is None:
            continue
        delay = _do_slice(run.incident_id, slice_)
        with scope.system():
            run = IncidentRun.objects.select_for_update().get(pk=run_id)
            if run.done_at is None:
                run.done_at = slice_.now
                run.save(update_fields=["done_at"])
                if delay is not None:
                    incident_turns.owe(run.incident, at=at, delay=delay)


def _do_slice(incident_id: int, slice_: Slice) -> timedelta | None:
    """Do what can be done now; return after how long to go on, None at the end."""
    with scope.system():
        incident = Incident.objects.select_related("session_list").get(pk=incident_id)
    if incident.state == State.UNDOING:
        return unsettling.do_slice(incident, slice_)
    at = slice_.now
    with scope.system():
        one = incident.session_list
        if one is None or incident.state not in Incident.RUNNING:
            return None
        if incident.signed_at is not None and at < incident.signed_at + UNDO:
            return incident.signed_at + UNDO - at
        if one.is_at_work and incident.matched_at is None:
            return LATER
        if one.state in READY and _is_to_match(incident):
            incident_rows.match(incident, at=at)
    if incident.state != State.SETTLING:
        return None
    while _settle_next(incident_id, at=slice_.now):
        if slice_.is_over:
            return timedelta(0)
    return _write_list(incident_id, at=slice_.now)


def _is_to_match(incident: Incident) -> bool:
    """Tell whether the rows are to be held beside the reports now.

    Once more when the settling begins: until then a row may have been put right.
    """
    matched_at, signed_at = incident.matched_at, incident.signed_at
    return matched_at is None or (signed_at is not None and matched_at <= signed_at)


def _settle_next(incident_id: int, *, at: datetime) -> bool:
    """Decide the next report by its row; return False where none is left."""
    with scope.system():
        incident = (
            Incident.objects.select_for_update(of=("self",))
            .select_related("proposed_by", "signed_by")
            .get(pk=incident_id)
        )
        if incident.state != State.SETTLING:
            return False
        one = _as_proposed(incident)
        if one is None:
            _give_back(incident, Returned.LIST_CHANGED, at=at)
            return False
        incident.session_list = one
        member = (
            incident.members.filter(state=Member.WAITING)
            .select_related("complaint", "row")
            .order_by("pk")
            .first()
        )
        if member is None:
            return False
        try:
            with transaction.atomic():
                _settle(incident, member, at=at)
        except Refused as refused:
            member.event = None
            member.state, member.words = Member.LEFT, str(refused)[:300]
        except Exception as error:
            member.event = None
            member.state, member.words = Member.LEFT, broken.words(error, logger)
        member.save(update_fields=["state", "words", "event"])
        incident.progress_at = at
        incident.save(update_fields=["progress_at"])
    return True


def _settle(incident: Incident, member: IncidentMember, *, at: datetime) -> None:
    """Decide one report as two people decided the whole. Raise Refused in words."""
    if member.complaint.status not in OPEN:
        raise Refused(_("It ended before, by itself."))
    assert incident.signed_by is not None  # the database says so
    decision = incident_rows.decision(incident, member)
    case = casework.resolve(
        complaint_id=member.complaint_id,
        verdicts=decision.verdicts,
        filled=decision.filled,
        proof="session_list",
        proposed_by=incident.proposed_by,
        by=incident.signed_by,
        at=at,
        part_of={"incident": str(incident.ref)},
    )
    member.state = Member.SETTLED
    member.event = case.events.latest("seq")


def _write_list(incident_id: int, *, at: datetime) -> timedelta | None:
    """Let the list be written for everybody else; end the incident once it is.

    Only as it was proposed, and where it settled a report: with none, nobody who
    decided had a say in what it is about.
    """
    with scope.system():
        incident = Incident.objects.select_for_update().get(pk=incident_id)
        if incident.state != State.SETTLING:
            return None
        one = _as_proposed(incident)
        if one is None:
            _give_back(incident, Returned.LIST_CHANGED, at=at)
            return None
        if not incident.members.filter(state=Member.SETTLED).exists():
            _give_back(incident, Returned.NONE_SETTLED, at=at)
            return None
        if one.is_at_work:
            return LATER
        if one.state == ListState.CHECKED:
            _commit(incident, one, at=at)
            return LATER
        told = (
            incident_rows.others(incident) if one.state == ListState.COMMITTED else []
        )
        # Another incident of this list told its people already: once is enough.
        known = IncidentNotice.objects.filter(row__in=told).values_list(
            "row", flat=True
        )
        told = sorted(set(told) - set(known))
        IncidentNotice.objects.bulk_create(
            IncidentNotice(incident=incident, row_id=row) for row in told
        )
        outbox.add("incident_told", told, at=at, delay=UNDO)
        incident.state, incident.settled_at = State.SETTLED, at
        incident.told, incident.progress_at = len(told), at
        incident.save()
    return None


def _commit(incident: Incident, one: SessionList, *, at: datetime) -> None:
    """Begin to write the list in the names of both who decided."""
    # Whoever asked for it before, on the page of the list: these two have decided.
    committing.withdraw(one.pk)
    for person in (incident.signed_by, incident.proposed_by):
        by = person.pk if person else None
        own = Own(person.phone_digest, person.number_digest) if person else NOT_KNOWN
        if committing.commit(one.pk, by=by, own=own, at=at):
            return


def _as_proposed(incident: Incident) -> SessionList | None:
    """Return the incident's list, locked; None where staff changed it since.

    As long as the lock is held nobody changes a row.
    """
    if incident.session_list_id is None:
        return None
    one = staging.lock(incident.session_list_id)
    return one if one.revision == incident.revision else None


def _give_back(incident: Incident, why: Incident.Returned, *, at: datetime) -> None:
    """Let the incident wait for a new proposal, changed rows be matched anew."""
    _open_again(incident)
    incident.returned = why
    if why == Returned.LIST_CHANGED:
        incident.matched_at = None
        incident_turns.owe(incident, at=at)
    incident.save()
    incident_turns.note(incident, "give back", by=None, at=at)


def _open_again(incident: Incident) -> None:
    incident.state, incident.revision = State.OPEN, None
    incident.proposed_by = incident.signed_by = None
    incident.proposed_at = incident.signed_at = None
