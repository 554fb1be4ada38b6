"""Units open, are renamed, moved or closed from a day on: decided, done, taken back.

A unit is only ever changed by a dated row (``UnitChange``). What begins on a day to
come waits in the outbox until that day. Closing moves the open cases, the people and
what else waits there to the successor in one transaction (``closing``).
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import rollups
from complaints.actions import closing, founding, placing, renaming
from complaints.choices import OPEN
from complaints.models import Complaint, UnitChange
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.accounts.staffing import GIVES
from portal.audit import record as audit
from portal.common import names, outbox, scope
from portal.registry.models import Organization

KIND: Final = "unit_change"
# Up to so many cases are moved while whoever closes the unit waits: 0.8 s on two cores.
# More by a worker; 10,000 take 3 s.
AT_ONCE: Final = 2_000
Kind, State, Staff = UnitChange.Kind, UnitChange.State, UnitChange.Staff


def manages(postings: Sequence[Posting], organization: Organization) -> bool:
    """Tell whether one may change a unit: it lies below where one leads or runs it."""
    return any(
        posting.role in GIVES
        and organization.pk != posting.organization_id
        and organization.path.startswith(posting.organization.path)
        for posting in postings
    )


def takes(postings: Sequence[Posting], organization: Organization) -> bool:
    """Tell whether one may let a unit take over."""
    return any(
        posting.role in GIVES
        and organization.path.startswith(posting.organization.path)
        for posting in postings
    )


def open_unit(
    new: founding.NewUnit,
    *,
    on: date,
    reason: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> Organization:
    """Open a unit below another one; it answers from its day on. Raise Refused.

    By administrators only, and as ``founding`` allows.
    """
    if not founding.opens(postings, new.parent):
        raise Refused(
            _("Only who runs the portal at that unit or above opens one below it.")
        )
    try:
        with scope.system():
            founding.alone()
            new.parent.refresh_from_db()
            wrong = founding.troubles(new, on=on, today=timezone.localdate(at))
            if wrong:
                raise Refused(next(iter(wrong.values())))
            unit = Organization.objects.create(
                code=new.code,
                kind=new.kind,
                name=new.name,
                folded=names.fold(new.name),
                sort_key=names.sort_key(new.name),
                parent=new.parent,
                path=new.path,
                commune=new.commune,
                province=new.province,
                gives_doses=new.gives_doses,
                opened_on=on,
                phone=new.phone,
                is_own=True,
            )
            _note_done(
                UnitChange(
                    organization=unit,
                    kind=Kind.OPENED,
                    day=on,
                    reason=reason,
                    by=by,
                    at=at,
                    state=State.DONE,
                    done_at=at,
                )
            )
    except IntegrityError as error:
        raise Refused(_("Another unit has this code. Choose another code.")) from error
    return unit


def rename(
    organization: Organization,
    name: str,
    *,
    on: date,
    reason: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> UnitChange:
    """Give a unit another name from a day on; it is still found by the one before.

    Raise Refused.
    """
    with scope.system():
        founding.alone()
        unit = _lock(organization, postings)
        if not unit.is_open_on(timezone.localdate(at)):
            raise Refused(_("This unit is closed. Its name stays as it was."))
        if on <= unit.opened_on:
            raise Refused(_("On that day the unit was not open yet."))
        renaming.require(unit, name)
        renaming.require_undecided(unit, since=on)
        change = _plan(
            UnitChange(
                organization=unit,
                kind=Kind.RENAMED,
                day=on,
                name_before=unit.name,
                name_after=name,
                reason=reason,
                by=by,
                at=at,
                state=State.PLANNED,
            )
        )
        _begin(change, at=at, is_small=True)
    return change


def close(
    organization: Organization,
    *,
    on: date,
    successor: Organization | None,
    staff: str,
    reason: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> UnitChange:
    """Close a unit from a day on, with who answers for it then. Raise Refused.

    Refused where a case, a member of staff or a unit below would be left to nobody. Of
    today or before: at once, by a worker where many cases move. Of a later day: then.
    """
    with scope.system():
        founding.alone()
        unit = _lock(organization, postings)
        if unit.parent_id is None:
            raise Refused(_("The ministry cannot be closed."))
        if successor is not None and not takes(postings, successor):
            raise Refused(_("The successor lies outside of your units. Ask above."))
        change = UnitChange(
            organization=unit,
            kind=Kind.CLOSED,
            day=on,
            successor=successor,
            staff=staff,
            reason=reason,
            by=by,
            at=at,
            state=State.PLANNED,
        )
        closing.require(change, at=at)
        _plan(change)
        count = Complaint.objects.filter(holder=unit, status__in=OPEN).count()
        _begin(change, at=at, is_small=count <= AT_ONCE)
    return change


def move_below(
    organization: Organization,
    above: Organization,
    *,
    on: date,
    reason: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> UnitChange:
    """Put a unit with all below it below another one from a day on. Raise Refused.

    By whoever leads or runs a unit at or above both; see ``placing`` for what follows.
    """
    with scope.system():
        founding.alone()
        rollups.take_turn()
        unit = _lock(organization, postings)
        above.refresh_from_db()
        placing.require(unit, above, on=on, today=timezone.localdate(at))
        if not takes(postings, above):
            raise Refused(_("That unit lies outside of your units. Ask above."))
        change = _plan(
            UnitChange(
                organization=unit,
                kind=Kind.MOVED,
                day=on,
                parent_before=unit.parent,
                parent_after=above,
                reason=reason,
                by=by,
                at=at,
                state=State.PLANNED,
            )
        )
        # Ended ones follow, too: by triggers, in one transaction.
        below = Complaint.objects.filter(holder_path__below=unit.path).values("pk")
        _begin(change, at=at, is_small=below[: AT_ONCE + 1].count() <= AT_ONCE)
    return change


def withdraw(
    ref: UUID, *, by: User, postings: Sequence[Posting], at: datetime
) -> UnitChange:
    """Put a change aside that waits for its day. Raise Refused once it began."""
    with scope.system():
        pk = UnitChange.objects.values_list("pk", flat=True).get(ref=ref)
        # What is owed first, then the change: as the worker locks them.
        not_begun = outbox.withdraw(KIND, [pk])
        change = _lock_change(ref, postings)
        if change.state != State.PLANNED or not not_begun:
            raise Refused(_("It was carried out already, or is just now."))
        change.state, change.ended_by, change.ended_at = State.WITHDRAWN, by, at
        change.save(update_fields=["state", "ended_by", "ended_at"])
        _note(change, "withdrawn", by=by, at=at)
    return change


def undo(
    ref: UUID, *, by: User, postings: Sequence[Posting], at: datetime
) -> UnitChange:
    """Open again what was closed today, as long as nobody was told. Raise Refused."""
    with scope.system():
        change = _lock_change(ref, postings)
        if change.kind != Kind.CLOSED or change.state != State.DONE:
            raise Refused(_("Only a closing that was carried out can be taken back."))
        assert change.done_at is not None
        if timezone.localdate(change.done_at) != timezone.localdate(at):
            raise Refused(_("It was carried out on an earlier day, so it stays."))
        closing.take_back(change, by=by, postings=postings, at=at)
        change.state, change.ended_by, change.ended_at = State.UNDONE, by, at
        change.save(update_fields=["state", "ended_by", "ended_at"])
        _note(change, "undone", by=by, at=at)
    return change


def work(subjects: Sequence[int], *, at: datetime) -> None:
    """Carry out changes whose day has come. The outbox's handler; safe to repeat."""
    for pk in subjects:
        with scope.system():
            carry_out(pk, at=at)


def work_late(subjects: Sequence[int], *, at: datetime) -> None:
    """Move what reached a unit just as it closed. The outbox's handler."""
    with scope.system():
        # Held, so that nobody takes a closing back between this look and the move.
        rows = UnitChange.objects.select_for_update(of=("self",)).filter(
            pk__in=subjects, state=State.DONE
        )
        for change in rows.select_related("organization", "successor").order_by("pk"):
            change.cases += closing.move_cases(change, at=at)
            closing.move_work(change, at=at)
            change.save(update_fields=["cases", "facts"])


def carry_out(pk: int, *, at: datetime) -> None:
    """Do what was decided, all in one transaction; note why where it cannot be done."""
    founding.alone()
    if UnitChange.objects.filter(pk=pk, kind=Kind.MOVED).exists():
        rollups.take_turn()
    change = (
        UnitChange.objects.select_for_update(of=("self", "organization"))
        .select_related("organization__parent", "successor", "parent_after", "by")
        .get(pk=pk)
    )
    if change.state not in UnitChange.WAITING:
        return
    try:
        with transaction.atomic():
            _require_still(change, at=at)
            if change.kind == Kind.RENAMED:
                renaming.rename_now(change)
            elif change.kind == Kind.MOVED:
                placing.place_now(change, at=at)
            else:
                closing.close_now(change, at=at)
    except Refused as refused:
        change.state, change.trouble = State.REFUSED, str(refused)[:300]
        change.save(update_fields=["state", "trouble"])
        return
    change.state, change.done_at = State.DONE, at
    change.save(update_fields=["state", "done_at", "cases", "facts"])
    _note(change, "carried out", by=change.by, at=at)


def _require_still(change: UnitChange, *, at: datetime) -> None:
    """Raise Refused where whoever decided a change may not do it any more."""
    held = list(change.by.postings.current(at=at).select_related("organization"))
    may = change.by.is_active and manages(held, change.organization)
    for other in (change.successor, change.parent_after):
        may = may and (other is None or takes(held, other))
    if not may:
        raise Refused(_("Whoever decided this may not do it any more. Decide anew."))


def _plan(change: UnitChange) -> UnitChange:
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError as error:
        raise Refused(
            _("A change of this unit waits already. Withdraw it first.")
        ) from (error)
    _note(change, "decided", by=change.by, at=change.at)
    return change


def _begin(change: UnitChange, *, at: datetime, is_small: bool) -> None:
    """Carry a change out now, hand it to a worker, or let it wait for its day."""
    midnight = timezone.make_aware(datetime.combine(change.day, time()))
    if midnight > at:
        outbox.add(KIND, [change.pk], at=at, delay=midnight - at)
        return
    if is_small:
        carry_out(change.pk, at=at)
        change.refresh_from_db()
        if change.state == State.REFUSED:
            raise Refused(change.trouble)
        return
    change.state = State.RUNNING
    change.save(update_fields=["state"])
    outbox.add(KIND, [change.pk], at=at)


def _lock(organization: Organization, postings: Sequence[Posting]) -> Organization:
    unit: Organization = (
        Organization.objects.select_for_update(of=("self",))
        .select_related("parent", "province")
        .get(pk=organization.pk)
    )
    if not manages(postings, unit):
        raise Refused(_("Only who leads a unit above, or runs the portal, does this."))
    return unit


def _lock_change(ref: UUID, postings: Sequence[Posting]) -> UnitChange:
    change: UnitChange = (
        UnitChange.objects.select_for_update(of=("self",))
        .select_related("organization", "successor", "by")
        .get(ref=ref)
    )
    if not manages(postings, change.organization):
        raise Refused(_("Only who leads a unit above, or runs the portal, does this."))
    return change


def _note_done(change: UnitChange) -> None:
    change.save()
    _note(change, "carried out", by=change.by, at=change.at)


def _note(change: UnitChange, what: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="organization",
        subject_id=change.organization_id,
        detail=f"{change.kind} {change.day} {what} ({change.cases})",
    )
