"""What staff do with a case. Each move is one transaction, checked and recorded."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from complaints import permissions
from complaints.actions import moving, verdicts
from complaints.actions.verdicts import Deciders
from complaints.choices import Actor, Kind, Move, Verdict
from complaints.models import Claim, Complaint
from complaints.rules.refused import Refused, Stale
from portal.accounts.models import User
from portal.common import scope
from portal.registry.corrections import NeedsSecond
from portal.registry.models import Correction, Organization

__all__ = ["Refused", "Stale"]


@contextmanager
def _case(
    complaint_id: int, step: Move, *, by: User, at: datetime, version: int | None
) -> Iterator[Complaint]:
    """Lock the case and check that this person may make this move now."""
    with scope.system():
        complaint = moving.lock(complaint_id, version=version)
        permissions.require(by, step, complaint, at=at)
        yield complaint


def accept(
    *, complaint_id: int, by: User, at: datetime, version: int | None = None
) -> Complaint:
    """Take a case on."""
    with _case(complaint_id, Move.ACCEPT, by=by, at=at, version=version) as case:
        moving.move(case, Move.ACCEPT, actor=Actor.STAFF, by=by, at=at, assignee=by)
    return case


def ask(
    *,
    complaint_id: int,
    reasons: Sequence[str],
    note: str = "",
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Ask the citizen for what is missing; the clock pauses, up to the policy's cap."""
    if not reasons and not note.strip():
        raise Refused(_("Say what the citizen should send."))
    with _case(complaint_id, Move.ASK, by=by, at=at, version=version) as case:
        moving.move(
            case,
            Move.ASK,
            actor=Actor.STAFF,
            by=by,
            at=at,
            note=note.strip(),
            data={"reasons": list(reasons)},
            assignee=by,
        )
    return case


def hand_over(
    *,
    complaint_id: int,
    to: Organization,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Give a case to another organization, with the reason; the clock goes on.

    Raise Refused for a closed organization and for one that had the case in this
    round: that would be ping-pong, so it can only go up.
    """
    note = moving.require_text(
        note, message=_("Say why another organization has to answer.")
    )
    with _case(complaint_id, Move.HAND_OVER, by=by, at=at, version=version) as case:
        if not to.is_open_on(at.date()):
            raise Refused(_("That organization is closed. Choose its successor."))
        if to.pk == case.holder_id:
            raise Refused(_("That organization has the case already."))
        if case.events.filter(
            round=case.round, holder=to, move__in=(Move.ROUTE, Move.HAND_OVER)
        ).exists():
            raise Refused(
                _("That organization had this case before. Pass it to the level above.")
            )
        moving.move(
            case,
            Move.HAND_OVER,
            actor=Actor.STAFF,
            by=by,
            at=at,
            note=note,
            data={"from": case.holder.name, "to": to.name},
            holder=to,
            routed_at=at,
            assignee=None,
        )
    return case


def escalate(
    *,
    complaint_id: int,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Pass a case to the organization above, with the reason; the clock goes on."""
    note = moving.require_text(
        note, message=_("Say why the level above has to decide.")
    )
    with _case(complaint_id, Move.ESCALATE, by=by, at=at, version=version) as case:
        to = moving.above(case.holder, at=at)
        if to.pk == case.holder_id:
            raise Refused(_("There is no level above this one."))
        moving.move(
            case,
            Move.ESCALATE,
            actor=Actor.STAFF,
            by=by,
            at=at,
            note=note,
            data={"from": case.holder.name, "to": to.name},
            holder=to,
            escalated_at=at,
            assignee=None,
        )
    return case


def note(
    *,
    complaint_id: int,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Write a note that staff see and the citizen does not."""
    note = moving.require_text(note, message=_("Write the note first."))
    with _case(complaint_id, Move.NOTE, by=by, at=at, version=version) as case:
        moving.move(case, Move.NOTE, actor=Actor.STAFF, by=by, at=at, note=note)
    return case


def resolve(
    *,
    complaint_id: int,
    verdicts: Mapping[int, tuple[str, str]],
    note: str = "",
    proof: str = "",
    filled: Mapping[str, str] | None = None,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Decide every claim; what is upheld changes the registry in this transaction.

    ``verdicts``: claim -> (verdict, ground or empty). ``filled``: facts of a missing
    dose that the citizen did not know. ``proof``: what the decision rests on when no
    slip was sent (``Correction.Source``). Where the registry asks for two people the
    decision becomes a proposal that somebody else countersigns.
    """
    with _case(complaint_id, Move.RESOLVE, by=by, at=at, version=version) as case:
        claims = _decide(case, verdicts, filled or {})
        source = proof or _sent_proof(case)
        try:
            with transaction.atomic():
                _end(case, claims, Move.RESOLVE, Deciders(by.pk), by, note, source, at)
        except NeedsSecond:
            moving.move(
                case,
                Move.PROPOSE,
                actor=Actor.STAFF,
                by=by,
                at=at,
                note=note.strip(),
                data={"proof": source},
                assignee=by,
            )
    return case


def countersign(
    *,
    complaint_id: int,
    note: str = "",
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Sign what somebody else proposed: now the registry changes."""
    with _case(complaint_id, Move.COUNTERSIGN, by=by, at=at, version=version) as case:
        claims = _claims(case)
        deciders = Deciders(case.assignee_id, by.pk)
        _end(case, claims, Move.COUNTERSIGN, deciders, by, note, "", at)
    return case


def decline(
    *,
    complaint_id: int,
    note: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Complaint:
    """Send a proposal back with the reason; its verdicts are taken off again."""
    note = moving.require_text(note, message=_("Say why you do not sign."))
    with _case(complaint_id, Move.DECLINE, by=by, at=at, version=version) as case:
        case.claims.update(verdict="", ground="", decided_sealed=None)
        moving.move(case, Move.DECLINE, actor=Actor.STAFF, by=by, at=at, note=note)
    return case


def _claims(case: Complaint) -> list[Claim]:
    return list(case.claims.select_for_update().order_by("pk"))


def _decide(
    case: Complaint,
    decided: Mapping[int, tuple[str, str]],
    filled: Mapping[str, str],
) -> list[Claim]:
    claims = _claims(case)
    verdicts.write_verdicts(claims, decided)
    if case.kind == Kind.MISSING_DOSE and any(
        claim.verdict == Verdict.UPHELD for claim in claims
    ):
        verdicts.fill_in(case, claims, filled)
    return claims


def _sent_proof(case: Complaint) -> str:
    """Return that a photo was sent, where one was: the slip as the citizen has it."""
    return Correction.Source.PHOTO if case.submission.evidence.exists() else ""


def _end(
    case: Complaint,
    claims: list[Claim],
    step: Move,
    deciders: Deciders,
    by: User,
    note: str,
    proof: str,
    at: datetime,
) -> None:
    """Change the registry and end the case: correction, outcome and event together."""
    verdicts.apply(case, claims, deciders=deciders, source=proof, at=at)
    outcome = verdicts.derive_outcome([claim.verdict for claim in claims])
    moving.move(
        case,
        step,
        actor=Actor.STAFF,
        by=by,
        at=at,
        note=note.strip(),
        data={
            "outcome": outcome.value,
            "fields": verdicts.changed_field_names(claims),
            "grounds": sorted({c.ground for c in claims if c.ground}),
            "proof": proof,
        },
        outcome=outcome,
        last_resolver=by,
    )
