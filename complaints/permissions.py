"""Who may make which move on which complaint. Deny by default."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from complaints.choices import Actor, Move, Status
from complaints.models import Complaint, Event, IncidentMember
from complaints.rules import workflow
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.audit.together import TOGETHER, hang_together
from portal.common import crypto
from portal.registry import national_id
from portal.registry.models import IdentityDocument, Organization, Telephone

Role = Posting.Role
# Whoever made one of these in an earlier round, or sent the report, makes none.
DECIDING: Final = (Move.RESOLVE, Move.PROPOSE, Move.COUNTERSIGN)

# What a role may do at and below its organization. An overseer reads, and may pass a
# case up; a clerk enters what came in; an administrator runs the portal and decides no
# case.
ALLOWED: dict[str, frozenset[Move]] = {
    Role.CLERK: frozenset({Move.NOTE, Move.RESUME}),
    Role.STAFF: frozenset(
        {
            Move.ACCEPT,
            Move.ASK,
            Move.HAND_OVER,
            Move.ESCALATE,
            Move.EXTEND,
            Move.WAIT,
            Move.RESUME,
            Move.PROPOSE,
            Move.COUNTERSIGN,
            Move.DECLINE,
            Move.RESOLVE,
            Move.NOTE,
        }
    ),
    Role.OVERSEER: frozenset({Move.ESCALATE, Move.NOTE}),
    Role.ADMINISTRATOR: frozenset(),
}
ALLOWED[Role.LEAD] = ALLOWED[Role.STAFF] | {Move.ASSIGN}


def moves_for(user: User, complaint: Complaint, *, at: datetime) -> list[Move]:
    """Return the moves that a member of staff has now, in the order of the table."""
    return offered(user, complaint, at=at)[0]


def offered(
    user: User, complaint: Complaint, *, at: datetime
) -> tuple[list[Move], list[str]]:
    """Return the moves of ``moves_for``, and why others of the role are not theirs.

    The reasons are about this very person: the own case, the own proposal, an account
    that was opened by who proposed.
    """
    allowed = _allowed(user, complaint, at=at)
    status = Status(complaint.status)
    of_role = [
        move for move in workflow.possible(status, actor=Actor.STAFF) if move in allowed
    ]
    if of_role and concerns(user, complaint):
        return [], [_own()]
    part = _of_part(user, complaint) if set(of_role) & set(DECIDING) else None
    moves, reasons = [], []
    for move in of_role:
        refusal = _of_two(user, move, complaint, at=at)
        refusal = refusal or (part if move in DECIDING else None)
        if refusal is None:
            moves.append(move)
        else:
            reasons.append(refusal)
    return moves, list(dict.fromkeys(reasons))


def require(
    user: User,
    move: Move,
    complaint: Complaint,
    *,
    by_list: bool = False,
    at: datetime,
) -> None:
    """Raise Refused with words unless the user may make the move now.

    ``by_list``: two people decide by the list of a session that both have seen, so that
    it does not matter which of them sent the report.
    """
    if move not in _allowed(user, complaint, at=at):
        raise Refused(_("This case is with another unit, or not yours to decide."))
    if concerns(user, complaint):
        raise Refused(_own())
    refusal = _of_two(user, move, complaint, at=at)
    if refusal is None and move in DECIDING:
        refusal = _of_part(user, complaint, by_list=by_list)
    if refusal:
        raise Refused(refusal)


def decides_at(user: User, path: str, *, at: datetime) -> bool:
    """Tell whether the user may decide what an organization with this path holds."""
    return Move.RESOLVE in _given(user, path, at=at)


def may_answer(
    user: User, complaint: Complaint, authority: Organization | None, *, at: datetime
) -> bool:
    """Tell whether the user may enter what another body was asked about a case.

    Whoever enters answers where the case lies, and whoever does so at that body.
    """
    paths = [complaint.holder_path, *([authority.path] if authority else [])]
    given = any(Move.RESUME in _given(user, path, at=at) for path in paths)
    return given and not concerns(user, complaint)


def concerns(user: User, complaint: Complaint) -> bool:
    """Tell whether a case is that of the member of staff, or of the same household.

    By the telephone or number of the report or of the record that it is about, where
    the account has its own kept (``staffing.know``). No move is then theirs.
    """
    if user.phone_digest is None and user.number_digest is None:
        return False
    sent = complaint.submission
    for theirs, own in (
        (sent.phone_digest, user.phone_digest),
        (sent.national_id_digest, user.number_digest),
    ):
        if own is not None and theirs is not None and bytes(theirs) == bytes(own):
            return True
    if crypto.has_older_keys() and (
        _is_of(user.phone_digest, "phone", sent.phone)
        or _is_of(user.number_digest, "national_id", sent.national_id)
    ):
        return True
    return concerns_record(user, [sent.person_id])


def concerns_record(user: User, people: Collection[int | None]) -> bool:
    """Tell whether one of these people's records bears the user's own numbers."""
    for own, rows, purpose in (
        (user.phone_digest, Telephone.objects, "phone"),
        (user.number_digest, IdentityDocument.objects, "national_id"),
    ):
        if own is None:
            continue
        theirs = rows.filter(person__in=people)
        if theirs.filter(number_digest=own).exists():
            return True
        if crypto.has_older_keys() and any(
            _is_of(own, purpose, _canonical(purpose, row.number)) for row in theirs
        ):
            return True
    return False


def _is_of(own: bytes | memoryview | None, purpose: str, text: str) -> bool:
    """Tell whether a digest made under whichever key is of a text; not of ''."""
    return own is not None and bool(text) and crypto.is_digest_of(own, purpose, text)


def _canonical(purpose: str, number: str) -> str:
    if purpose == "phone":
        return number
    return national_id.read(number).canonical or number


def require_other(
    user: User, complaint: Complaint | None, people: Collection[int]
) -> None:
    """Raise Refused where a case, or one of these records, is that of the user."""
    if concerns_record(user, people) or (complaint and concerns(user, complaint)):
        raise Refused(_own())


def require_two(first: int | None, user: User, *, at: datetime) -> None:
    """Raise Refused where the account that proposed and this one hang together."""
    if first is not None and hang_together(first, user.pk, at=at):
        raise Refused(str(TOGETHER))


def _allowed(user: User, complaint: Complaint, *, at: datetime) -> frozenset[Move]:
    """Return what the roles give whose organization is at or above the holder."""
    return _given(user, complaint.holder_path, at=at)


def _given(user: User, holder_path: str, *, at: datetime) -> frozenset[Move]:
    allowed: frozenset[Move] = frozenset()
    if not user.is_active:
        return allowed
    postings = user.current_postings(at=at).values_list("organization__path", "role")
    for path, role in postings:
        if holder_path.startswith(path):
            allowed |= ALLOWED[role]
    return allowed


def _own() -> str:
    return _("This case is yours, or of your household. Somebody else handles it.")


def _of_two(
    user: User, move: Move, complaint: Complaint, *, at: datetime
) -> str | None:
    """Return why this very person may not, or None: two people, never the same one."""
    if move == Move.COUNTERSIGN and complaint.assignee_id is not None:
        if complaint.assignee_id == user.pk:
            return _("A second person has to sign what you proposed.")
        if hang_together(complaint.assignee_id, user.pk, at=at):
            return str(TOGETHER)
    return None


def _of_part(user: User, complaint: Complaint, *, by_list: bool = False) -> str | None:
    """Return why what the user did in a case before keeps them from deciding it."""
    did = parts_in(user)
    if by_list:
        did = did.exclude(move=Move.SUBMIT)
    case = Complaint.objects.filter(pk=complaint.pk)
    parts = case.annotate(part=Subquery(did.values("move")[:1]))
    part = parts.values_list("part", flat=True).first()
    if part is None:
        return None
    if part == Move.SUBMIT:
        return _("You sent this report yourself; somebody else decides it.")
    return _("Your decision is looked at again; somebody else decides now.")


def parts_in(user: User) -> QuerySet[Event]:
    """Return by what the user may not decide an outer case: what they did in it before.

    What they decided, or proposed, in earlier rounds, and that they sent it themselves
    for the citizen: a dose from nothing would take one account otherwise. Except what
    was decided by a wrong list that was taken back: nobody said that their judgement
    was wrong, and a station of two would have nobody left to decide by the right one.
    """
    put_back = IncidentMember.objects.filter(
        event=OuterRef("pk"), back=IncidentMember.Back.DONE
    )
    decided = Q(round__lt=OuterRef("round"), move__in=DECIDING)
    return Event.objects.filter(
        ~Exists(put_back),
        decided | Q(move=Move.SUBMIT),
        complaint=OuterRef("pk"),
        by=user,
    ).order_by("seq")
