"""What staff do with a case. Each move is one transaction, checked and recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import permissions, policies
from complaints.actions import listed, locked, moving, orphans, verdicts
from complaints.actions.locked import Turn
from complaints.actions.verdicts import Deciders, require_basis, require_second
from complaints.choices import CHANGING, Considered, Kind, Move
from complaints.models import Claim, Complaint, Evidence
from complaints.rules import clock, hops
from complaints.rules.refused import Refused, Stale
from portal.accounts.models import User
from portal.registry.corrections import NeedsSecond
from portal.registry.models import Correction, Dose, Organization

__all__ = ["Refused", "Stale"]


def accept(
    *,
    complaint_id: int,
    by: User,
    at: datetime,
    version: int | None = None,
    part_of: Mapping[str, str] | None = None,
) -> Complaint:
    """Take a case on."""
    with locked.turn(
        complaint_id, Move.ACCEPT, by=by, at=at, version=version, part_of=part_of
    ) as turn:
        turn.move(assignee=by)
    return turn.case


def ask(
    *,
    complaint_id: int,
    reasons: Sequence[str],
    note: str = "",
    by: User,
    at: datetime,
    version: int | None = None,
    part_of: Mapping[str, str] | None = None,
) -> Complaint:
    """Ask the citizen for what is missing; the clock pauses, up to the policy's cap."""
    if not reasons and not note.strip():
        raise Refused(_("Say what the citizen should send."))
    with locked.turn(
        complaint_id, Move.ASK, by=by, at=at, version=version, part_of=part_of
    ) as turn:
        turn.move(note=note, data={"reasons": list(reasons)}, assignee=by)
    return turn.case


def hand_over(
    *,
    complaint_id: int,
    to: Organization,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
    part_of: Mapping[str, str] | None = None,
) -> Complaint:
    """Give a case to another organization, with the reason; the clock goes on.

    Where it went round already (``rules.hops``) it goes to the level above instead.
    Raise Refused for a closed organization and for the one that has it.
    """
    note = moving.require_text(
        note, message=_("Say why another organization has to answer.")
    )
    with locked.turn(
        complaint_id, Move.HAND_OVER, by=by, at=at, version=version, part_of=part_of
    ) as turn:
        case = turn.case
        if not to.is_open_on(timezone.localdate(at)):
            raise Refused(_("That organization is closed. Choose its successor."))
        if to.pk == case.holder_id:
            raise Refused(_("That organization has the case already."))
        if to.kind == Organization.Kind.POLICE:
            raise Refused(_("The police decide no case: ask them instead."))
        up = moving.above(case.holder, at=at)
        if up.pk != case.holder_id and hops.goes_up(_hops_of(case), to=to.pk):
            turn.pass_to(up, Move.ESCALATE, note=note, escalated_at=at)
        else:
            turn.pass_to(to, note=note, routed_at=at)
    return case


def escalate(
    *,
    complaint_id: int,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Pass a case to the organization above, with the reason; the clock goes on.

    A proposal goes with it, to be signed or declined there.
    """
    note = moving.require_text(
        note, message=_("Say why the level above has to decide.")
    )
    with locked.turn(
        complaint_id, Move.ESCALATE, by=by, at=at, version=version
    ) as turn:
        to = moving.above(turn.case.holder, at=at)
        if to.pk == turn.case.holder_id:
            raise Refused(_("There is no level above this one."))
        turn.pass_to(to, note=note, escalated_at=at)
    return turn.case


def extend(
    *,
    complaint_id: int,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Give a case the policy's longer time, once a round, with the reason.

    The citizen is told the new date. Raise Refused where the policy knows no longer
    time, where it was given already, and once the case is overdue. Figures keep
    counting against the time without it.
    """
    note = moving.require_text(
        note, message=_("Say why it takes longer. The citizen reads it.")
    )
    with locked.turn(complaint_id, Move.EXTEND, by=by, at=at, version=version) as turn:
        case = turn.case
        terms = policies.terms_of_case(case)
        if not terms.extension:
            raise Refused(_("The time for this kind of case cannot be extended."))
        if not can_be_extended(case, at=at):
            raise Refused(
                _("The time was extended once already.")
                if case.extended_at is not None
                else _("The case is overdue, so its time stays as it is.")
            )
        due_at = clock.later(case.due_at, terms.extension, terms=terms)
        hours = terms.extension // timedelta(hours=1)
        turn.move(note=note, data={"hours": hours}, due_at=due_at, extended_at=at)
    return case


def can_be_extended(case: Complaint, *, at: datetime) -> bool:
    """Tell whether more time can still be asked for; the policy has the last word."""
    return at <= case.due_at and case.extended_at is None


def note(
    *,
    complaint_id: int,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
    part_of: Mapping[str, str] | None = None,
) -> Complaint:
    """Write a note that staff see and the citizen does not."""
    note = moving.require_text(note, message=_("Write the note first."))
    with locked.turn(
        complaint_id, Move.NOTE, by=by, at=at, version=version, part_of=part_of
    ) as turn:
        turn.move(note=note)
    return turn.case


def resolve(
    *,
    complaint_id: int,
    verdicts: Mapping[int, tuple[str, str]],
    note: str = "",
    proof: str = "",
    considered: Sequence[str] = (),
    filled: Mapping[str, str] | None = None,
    orphan: int | None = None,
    concerns_oneself: bool = False,
    seen: int | None = None,
    proposed_by: User | None = None,
    by: User,
    at: datetime,
    version: int | None = None,
    part_of: Mapping[str, str] | None = None,
) -> Complaint:
    """Decide every claim; what is upheld changes the registry in this transaction.

    ``verdicts``: claim -> (verdict, ground or empty). ``filled``: facts of a missing
    dose that the citizen did not know, the reference of the record that is meant, or
    what is right where neither record nor citizen has it (``Verdict.OTHER``: that takes
    a note and a proof). ``considered``: what was looked at where the record stays.
    ``orphan``: the dose on nobody's record that is the missing one, whose facts stand,
    or ``orphans.NONE``; where one fits it has to be said (``orphans.require_choice``).
    ``proof``: what the decision rests on when no slip was sent (``Correction.Source``);
    one person may rest it on a list only where that is here and names the sender.
    ``concerns_oneself``: the case is of whoever decides, or of a relative. ``seen``:
    the version of the record that was looked at (``subjects.version``).
    ``proposed_by``: who proposed it before, where ``by`` signs for an incident. Where
    the registry asks for two people the decision becomes a proposal that somebody else
    countersigns.
    """
    with locked.turn(
        complaint_id,
        Move.RESOLVE,
        by=by,
        at=at,
        version=version,
        part_of=part_of,
        by_list=proposed_by is not None,
    ) as turn:
        if turn.case.kind == Kind.FOREIGN_DOSE and (
            proof == Correction.Source.SESSION_LIST or orphan
        ):
            raise Refused(_("No list of ours tells of a dose that was given abroad."))
        orphans.require_choice(turn.case, verdicts, orphan=orphan)
        orphan = orphan or None
        found = Dose.objects.get(pk=orphan) if orphan is not None else None
        facts = {**(filled or {}), **(orphans.facts_of(found) if found else {})}
        claims = _decide(turn.case, verdicts, facts, seen)
        source = proof or _sent_proof(turn.case)
        if found is not None:
            source = Correction.Source.ORPHAN
        require_basis(verdicts, note=note, source=source)
        looked_at = [one for one in considered if one in Considered.values]
        deciders = Deciders(by.pk, concerns_oneself=concerns_oneself)
        there = source
        if proposed_by is None:
            there = _if_there(source, turn.case, claims)
        else:
            permissions.require(
                proposed_by, Move.PROPOSE, turn.case, by_list=True, at=at
            )
            deciders = Deciders(proposed_by.pk, by.pk)
        try:
            with transaction.atomic():
                if deciders.approved_by is None:
                    require_second(claims, source=there)
                _end(turn, claims, deciders, note, there, orphan, looked_at)
        except NeedsSecond:
            data: dict[str, Any] = {"proof": source, "there": bool(there)}
            if orphan is not None:
                data["orphan"] = orphan
            if looked_at:
                data["considered"] = looked_at
            if concerns_oneself:
                data["oneself"] = True
            turn.move(Move.PROPOSE, note=note, data=data, assignee=by)
    return turn.case


def countersign(
    *,
    complaint_id: int,
    note: str = "",
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Sign what somebody else proposed: now the registry changes.

    What the citizen is told of the reasons is the proposal's, unless there is a note.
    """
    with locked.turn(
        complaint_id, Move.COUNTERSIGN, by=by, at=at, version=version
    ) as turn:
        proposal = turn.case.events.filter(move=Move.PROPOSE).latest("seq")
        deciders = Deciders(turn.case.assignee_id, by.pk)
        claims = _claims(turn.case)
        source = _if_there(proposal.data.get("proof", ""), turn.case, claims)
        orphan = proposal.data.get("orphan")
        looked_at = proposal.data.get("considered", [])
        note = note or proposal.note
        _end(turn, claims, deciders, note, source, orphan, looked_at)
    return turn.case


def decline(
    *,
    complaint_id: int,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
    part_of: Mapping[str, str] | None = None,
) -> Complaint:
    """Send a proposal back with the reason; its verdicts are taken off again.

    To whoever proposed it, or to nobody where it is with another organization by now.
    """
    note = moving.require_text(note, message=_("Say why you do not sign."))
    with locked.turn(
        complaint_id, Move.DECLINE, by=by, at=at, version=version, part_of=part_of
    ) as turn:
        case = turn.case
        moving.forget_verdicts(case)
        proposal = case.events.filter(move=Move.PROPOSE).latest("seq")
        is_there = proposal.holder_id == case.holder_id
        turn.move(note=note, assignee=case.assignee if is_there else None)
    return turn.case


def _hops_of(case: Complaint) -> list[tuple[str, int]]:
    """Return which moves of this round gave the case to whom; none taken back.

    That a unit closed and its successor took over is no hop between equals.
    """
    steps = case.events.filter(
        round=case.round,
        move__in=(
            Move.ROUTE,
            Move.DISAGREE,
            Move.REOPEN,
            Move.PUT_BACK,
            Move.HAND_OVER,
            Move.ESCALATE,
        ),
        take_back__undone_at=None,
    ).exclude(data__has_key="unit_change")
    return list(steps.order_by("seq").values_list("move", "holder"))


def _claims(case: Complaint) -> list[Claim]:
    return list(case.claims.select_for_update().order_by("pk"))


def _decide(
    case: Complaint,
    decided: Mapping[int, tuple[str, str]],
    filled: Mapping[str, str],
    seen: int | None,
) -> list[Claim]:
    """Write the verdicts down, with what staff added to them and looked at."""
    claims = _claims(case)
    verdicts.write_verdicts(claims, decided, filled)
    if any(claim.verdict in CHANGING for claim in claims):
        verdicts.fill_in(case, claims, filled)
        verdicts.look_again(case, claims, seen=seen)
    return claims


def _if_there(source: str, case: Complaint, claims: list[Claim]) -> str:
    """Return what a decision rests on; '' for a list that is not here.

    That there is one somewhere is a word of staff: a second person's business, and
    nothing that the ledger could name.
    """
    is_list = source == Correction.Source.SESSION_LIST
    return "" if is_list and not listed.names(case, claims) else source


def _sent_proof(case: Complaint) -> str:
    """Return that a photo was sent, where one was that can be opened."""
    photos = case.submission.evidence.filter(state=Evidence.State.CHECKED)
    return Correction.Source.PHOTO if photos.exists() else ""


def _end(
    turn: Turn,
    claims: list[Claim],
    deciders: Deciders,
    note: str,
    source: str,
    orphan: int | None = None,
    considered: Sequence[str] = (),
) -> None:
    """Change the registry and end the case: correction, outcome and event together."""
    verdicts.require_other(claims, turn.by)
    verdicts.apply(
        turn.case,
        claims,
        deciders=deciders,
        source=source,
        orphan=orphan,
        at=turn.at,
    )
    outcome = verdicts.derive_outcome([claim.verdict for claim in claims])
    turn.move(
        note=note,
        data={
            "outcome": outcome.value,
            "fields": verdicts.changed_field_names(claims),
            "grounds": sorted({c.ground for c in claims if c.ground}),
            "proof": source,
            **({"considered": list(considered)} if considered else {}),
        },
        outcome=outcome,
    )
