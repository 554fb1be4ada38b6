"""What staff decide of a proposal, through ``registry.corrections``, and its undo.

Each call is one transaction under the lock of the proposal. Which decisions take two
people ``corrections.second`` says; then the first one's waits for somebody else.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import models, transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.audit import record as audit
from portal.audit.together import TOGETHER, hang_together
from portal.common import outbox, scope
from portal.registry import corrections
from portal.registry.corrections import (
    CannotCorrect,
    NeedsSecond,
    RecordMoved,
    Warrant,
)
from portal.registry.models import Correction, MatchChange, Proposal
from portal.registry.proposals.finding import reopened

Kind, State, Choice = Proposal.Kind, Proposal.State, Proposal.Choice


class CannotDecide(Exception):
    """The decision cannot be made; says why in words for whoever made it."""

    def __init__(self, words: Promise) -> None:
        super().__init__(str(words))


class Moved(CannotDecide):
    """The proposal or a record is not as it was when it was looked at."""


_MOVED: Final = _(
    "The record or the proposal changed meanwhile. You see it as it is now."
)
_REFUSALS: Final[Mapping[str, Promise]] = {
    Kind.OWNER: _(
        "The dose cannot go to this person: there is a dose of that vaccine and day."
    ),
    Kind.PEOPLE: _("The two records cannot be joined as they are now."),
    Kind.DOSES: _("The dose cannot be taken off as it is now."),
}


def accept(
    ref: str,
    *,
    choice: str = Choice.FIRST,
    concerns_oneself: bool = False,
    seen: int,
    by: int,
    at: datetime,
) -> Proposal:
    """Give the orphan to its owner, join the people, or void one of the doses.

    ``choice``: which of the two stays. ``seen``: the version that was looked at. Where
    it takes two people the proposal waits for the second (``State.SIGNING``). Raise
    Moved where it is not what was looked at, CannotDecide where the record refuses.
    """
    with _turn(ref, seen=seen, states=(State.OPEN,)) as proposal:
        if proposal.kind == Kind.OWNER and proposal.person_id is None:
            raise CannotDecide(_("Nobody is known to whom this dose was given."))
        proposal.choice = Choice(choice)
        proposal.concerns_oneself = concerns_oneself
        try:
            _make(proposal, proposed_by=by, approved_by=None, at=at)
        except NeedsSecond:
            proposal.state = State.SIGNING
            proposal.proposed_by_id = by
            _note(proposal, "proposed", by=by, at=at)
        else:
            _made(proposal, by=by, at=at)
        _save(proposal)
    return proposal


def sign(ref: str, *, seen: int, by: int, at: datetime) -> Proposal:
    """Sign what somebody else proposed: the decision, or taking it back.

    Raise CannotDecide for whoever proposed it, and as ``accept`` does.
    """
    with _turn(ref, seen=seen, states=(State.SIGNING, State.MADE)) as proposal:
        if proposal.state == State.SIGNING:
            _refuse_same(proposal.proposed_by_id, by, at=at)
            _make(proposal, proposed_by=proposal.proposed_by_id, approved_by=by, at=at)
            _made(proposal, by=by, at=at)
        else:
            if proposal.undo_by_id is None:
                raise Moved(_MOVED)
            _refuse_same(proposal.undo_by_id, by, at=at)
            _unmake(proposal, proposed_by=proposal.undo_by_id, approved_by=by, at=at)
            reopened(proposal)
        _save(proposal)
    return proposal


def decline(ref: str, *, seen: int, by: int, at: datetime) -> Proposal:
    """Do not sign what was proposed: the decision, or taking it back, is open again."""
    with _turn(ref, seen=seen, states=(State.SIGNING, State.MADE)) as proposal:
        if proposal.state == State.SIGNING:
            reopened(proposal)
        elif proposal.undo_by_id is None:
            raise Moved(_MOVED)
        proposal.undo_by = None
        _note(proposal, "declined", by=by, at=at)
        _save(proposal)
    return proposal


def refuse(ref: str, *, seen: int, by: int, at: datetime) -> Proposal:
    """Say that the two are not the same; the pair is never proposed again.

    The next likely owner of an orphan comes to the front.
    """
    with _turn(ref, seen=seen, states=(State.OPEN,)) as proposal:
        if proposal.person_id is None:
            raise CannotDecide(_("Nobody is known to whom this dose was given."))
        proposal.is_leading = False
        _decided(proposal, State.REFUSED, by=by, at=at)
        _note(proposal, "refused", by=by, at=at)
        _save(proposal)
        if proposal.kind == Kind.OWNER:
            _lead_again(proposal)
            _look_again(proposal)
    return proposal


def take_back(ref: str, *, seen: int, by: int, at: datetime) -> Proposal:
    """Undo a decision: the records are as before, and the proposal is open again.

    What took two people waits for a second one (``undo_by``) once 30 s are over.
    """
    with _turn(ref, seen=seen, states=(State.MADE, State.REFUSED)) as proposal:
        if proposal.state == State.REFUSED:
            reopened(proposal)
            proposal.is_leading = True
            if proposal.kind == Kind.OWNER:
                _siblings(proposal).update(is_leading=False)
                _look_again(proposal)
            _note(proposal, "taken back", by=by, at=at)
        else:
            try:
                _unmake(proposal, proposed_by=by, approved_by=None, at=at)
            except NeedsSecond:
                if proposal.undo_by_id is not None:
                    raise Moved(_MOVED) from None
                proposal.undo_by_id = by
                _note(proposal, "undo proposed", by=by, at=at)
            else:
                reopened(proposal)
        _save(proposal)
    return proposal


@contextmanager
def _turn(
    ref: str, *, seen: int, states: tuple[Proposal.State, ...]
) -> Iterator[Proposal]:
    """Lock a proposal that is as it was seen; word what the registry refuses."""
    try:
        with scope.system(), transaction.atomic():
            proposal = Proposal.objects.select_for_update().get(ref=ref)
            if proposal.version != seen or proposal.state not in states:
                raise Moved(_MOVED)
            yield proposal
    except RecordMoved as error:
        raise Moved(_MOVED) from error
    except CannotCorrect as error:
        raise CannotDecide(_REFUSALS[proposal.kind]) from error


def _make(
    proposal: Proposal,
    *,
    proposed_by: int | None,
    approved_by: int | None,
    at: datetime,
) -> None:
    """Change the registry as decided. Raise NeedsSecond where one person is too few."""
    warrant = Warrant(
        Correction.Reason.REVIEW,
        str(proposal.ref),
        proposed_by=proposed_by,
        approved_by=approved_by,
        source=Correction.Source.ORPHAN if proposal.kind == Kind.OWNER else "",
        concerns_oneself=proposal.concerns_oneself,
    )
    proposal.correction = _OPERATIONS[Kind(proposal.kind)](proposal, warrant, at)


def _attach(proposal: Proposal, warrant: Warrant, at: datetime) -> Correction:
    assert proposal.dose_id is not None
    assert proposal.person_id is not None
    return corrections.attach(
        proposal.dose_id, to=proposal.person_id, warrant=warrant, at=at
    )


def _merge(proposal: Proposal, warrant: Warrant, at: datetime) -> Correction:
    assert proposal.person_id is not None
    assert proposal.other_person_id is not None
    pair = [proposal.person_id, proposal.other_person_id]
    if proposal.choice == Choice.FIRST:
        pair.reverse()
    joined, into = pair
    return corrections.merge(joined, into=into, warrant=warrant, at=at)


def _void(proposal: Proposal, warrant: Warrant, at: datetime) -> Correction:
    dropped = (
        proposal.other_dose_id if proposal.choice == Choice.FIRST else proposal.dose_id
    )
    assert dropped is not None
    before = {"person": str(proposal.person_id)}
    return corrections.void(dropped, before=before, warrant=warrant, at=at)


_OPERATIONS: Final[
    dict[Proposal.Kind, Callable[[Proposal, Warrant, datetime], Correction]]
] = {
    Kind.OWNER: _attach,
    Kind.PEOPLE: _merge,
    Kind.DOSES: _void,
}


def _unmake(
    proposal: Proposal,
    *,
    proposed_by: int | None,
    approved_by: int | None,
    at: datetime,
) -> None:
    """Take the correction back. Raise NeedsSecond where one person is too few."""
    assert proposal.correction is not None
    undone = corrections.undo(
        proposal.correction,
        warrant=Warrant(
            Correction.Reason.UNDO,
            str(proposal.ref),
            proposed_by=proposed_by,
            approved_by=approved_by,
        ),
        at=at,
    )
    # Who was not told yet that it was decided never will be.
    if not outbox.unbegun("pair_done", [proposal.correction.pk]):
        outbox.add("pair_undone", [undone.pk], at=at)


def _made(proposal: Proposal, *, by: int, at: datetime) -> None:
    """Note that the registry says so by now; an orphan has one owner only.

    Whom it concerns is told.
    """
    _decided(proposal, State.MADE, by=by, at=at)
    assert proposal.correction is not None
    outbox.add("pair_done", [proposal.correction.pk], at=at)
    if proposal.kind == Kind.OWNER:
        _siblings(proposal).update(state=State.GONE, version=F("version") + 1)


def _decided(
    proposal: Proposal, state: Proposal.State, *, by: int, at: datetime
) -> None:
    proposal.state = state
    proposal.decided_by_id = by
    proposal.decided_at = at


def _refuse_same(first: int | None, second: int, *, at: datetime) -> None:
    """Refuse one person as both, also with an account that they opened themselves."""
    if first == second:
        raise CannotDecide(_("A second person has to sign what you proposed."))
    if first is not None and hang_together(first, second, at=at):
        raise CannotDecide(TOGETHER)


def _lead_again(refused: Proposal) -> None:
    following = _siblings(refused).order_by("strength", "-score", "pk").first()
    if following is not None:
        following.is_leading = True
        following.save(update_fields=["is_leading"])


def _look_again(proposal: Proposal) -> None:
    """Let the next run look for the owner anew: one more is out of the question."""
    assert proposal.dose_id is not None
    MatchChange.objects.create(
        kind=MatchChange.Kind.DOSE, first=proposal.dose_id, last=proposal.dose_id
    )


def _siblings(proposal: Proposal) -> models.QuerySet[Proposal]:
    """Return the other open proposals for the same orphan."""
    return Proposal.objects.filter(
        kind=Kind.OWNER, dose=proposal.dose_id, state=State.OPEN
    ).exclude(pk=proposal.pk)


def _note(proposal: Proposal, what: str, *, by: int, at: datetime) -> None:
    """Write who did what into the log of access; corrections write their own."""
    audit.change(
        at=at,
        actor="staff",
        actor_id=by,
        person_id=proposal.person_id,
        subject="registry.proposal",
        subject_id=proposal.pk,
        detail=what,
    )


def _save(proposal: Proposal) -> None:
    proposal.version += 1
    proposal.save()
