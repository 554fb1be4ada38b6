"""Accounts of a unit and their postings, as the unit above manages them.

Nobody gives more than the own role at, or below, the own organization; nobody changes
the own account here; and who holds a posting beyond one's reach is left alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from portal.accounts import factors, invitations, sign_ins
from portal.accounts.models import Posting, User
from portal.audit import record
from portal.common import crypto, names
from portal.registry.models import Organization

Role = Posting.Role

# What each role may hand out. A lead knows the own people; an administrator runs it.
GIVES: Final[dict[str, tuple[str, ...]]] = {
    Role.LEAD: (Role.CLERK, Role.STAFF, Role.LEAD),
    Role.ADMINISTRATOR: tuple(Role),
}


class NotYours(Exception):
    """Refused, with words for who asked."""


def givable(postings: Iterable[Posting], organization: Organization) -> list[str]:
    """Return the roles that holders of these postings may give at an organization."""
    found = {
        role
        for posting in postings
        if organization.path.startswith(posting.organization.path)
        for role in GIVES.get(posting.role, ())
    }
    return [role for role in Role if role in found]


def within(postings: Iterable[Posting]) -> QuerySet[Organization]:
    """Return the open organizations at and below those that one manages."""
    reach = Q(pk__in=[])
    for posting in postings:
        if posting.role in GIVES:
            reach |= Q(path__startswith=posting.organization.path)
    return Organization.objects.filter(reach, closed_on=None)


def organization_named(text: str, postings: Iterable[Posting]) -> list[Organization]:
    """Return those that one manages with this code or name, five at most."""
    typed = " ".join(text.split())
    found = within(postings).filter(Q(code__iexact=typed) | Q(folded=names.fold(typed)))
    return list(found.order_by("sort_key", "pk")[:5])


def accounts(postings: Iterable[Posting]) -> QuerySet[User]:
    """Return the accounts that are, were or will be posted where one manages."""
    there = Posting.objects.filter(
        user=OuterRef("pk"), organization__in=within(postings)
    )
    return User.objects.filter(Exists(there))


@transaction.atomic
def create(
    *,
    username: str,
    full_name: str,
    email: str,
    language: str,
    organization: Organization,
    role: str,
    valid_from: datetime,
    valid_to: datetime | None,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> User:
    """Make an account with its first posting and an invitation. Raise NotYours."""
    user = User(username=username, full_name=full_name, email=email)
    user.set_unusable_password()
    user.save()
    _note(user, by, "account created", at=at)
    _post(user, organization, role, valid_from, valid_to, by, postings, at=at)
    invitations.issue(user=user, language=language, by=by, at=at)
    return user


@transaction.atomic
def post(
    *,
    user: User,
    organization: Organization,
    role: str,
    valid_from: datetime,
    valid_to: datetime | None,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> Posting:
    """Give an account one posting more. Raise NotYours."""
    _not_oneself(user, by)
    return _post(user, organization, role, valid_from, valid_to, by, postings, at=at)


@transaction.atomic
def change_end(
    *,
    posting: Posting,
    valid_to: datetime | None,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> None:
    """Let a posting end later, earlier, or (None) at no set time. Raise NotYours.

    One that has not begun is over before it begins: it ends a second after.
    """
    row = Posting.objects.select_for_update().select_related("user").get(pk=posting.pk)
    _mine(row, by, postings)
    if valid_to is None and row.deputy_for_id is not None:
        raise NotYours(_("A deputy's posting needs a last day."))
    if valid_to is None and _has_open(row.user, row.organization, but=row):
        raise NotYours(_("There is a posting at this unit already. End it first."))
    if valid_to is not None and valid_to <= row.valid_from:
        raise NotYours(_("The last day lies before the first one."))
    row.valid_to = valid_to
    row.save(update_fields=["valid_to"])
    _note(row.user, by, f"posting {row.pk} ends differently", at=at)


@transaction.atomic
def end_now(
    *, posting: Posting, by: User, postings: Sequence[Posting], at: datetime
) -> None:
    """End a posting, and with it those of its deputies. Raise NotYours."""
    row = Posting.objects.select_for_update().select_related("user").get(pk=posting.pk)
    _mine(row, by, postings)
    for one in [row, *row.deputies.select_for_update().select_related("user")]:
        if one.valid_to is None or one.valid_to > at:
            if one.valid_from >= at:
                one.delete()
            else:
                one.valid_to = at
                one.save(update_fields=["valid_to"])
            _note(one.user, by, "posting ended", at=at)


@transaction.atomic
def deputise(
    *,
    posting: Posting,
    deputy: User,
    valid_from: datetime,
    valid_to: datetime,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> Posting:
    """Post a deputy with the same role for the time of a leave. Raise NotYours."""
    if deputy.pk == posting.user_id:
        raise NotYours(_("Nobody is the own deputy. Choose a colleague."))
    _may_give(posting.organization, posting.role, postings)
    _not_oneself(deputy, by)
    _check_span(valid_from, valid_to)
    row = Posting.objects.create(
        user=deputy,
        organization=posting.organization,
        role=posting.role,
        valid_from=valid_from,
        valid_to=valid_to,
        deputy_for=posting,
    )
    _note(deputy, by, f"deputy for posting {posting.pk}", at=at)
    return row


def may_reset(
    user: User, by: User, postings: Iterable[Posting], *, at: datetime
) -> bool:
    """Tell whether one may open an account anew for its owner.

    Whoever may do that could enter in the owner's place, so every posting of the
    account that is not over has to lie within one's own reach.
    """
    held = list(postings)
    theirs = user.postings.filter(Q(valid_to=None) | Q(valid_to__gt=at))
    return (
        user.pk != by.pk
        and not user.is_staff
        and all(
            row.role in givable(held, row.organization)
            for row in theirs.select_related("organization")
        )
    )


@transaction.atomic
def invite_again(
    *,
    user: User,
    language: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> None:
    """Make a new link for who lost the password. Raise NotYours."""
    _require_reset(user, by, postings, at=at)
    invitations.issue(user=user, language=language, by=by, at=at)


@transaction.atomic
def remove_factor(
    *, user: User, by: User, postings: Sequence[Posting], at: datetime
) -> None:
    """Take the second step off for who lost the telephone; sessions end.

    Raise NotYours.
    """
    _require_reset(user, by, postings, at=at)
    factors.remove(user=user, by=by, at=at)
    sign_ins.end(user.sign_ins.all(), at=at)


@transaction.atomic
def know(
    *,
    user: User,
    phone: str,
    national_id: str,
    by: User,
    postings: Sequence[Posting],
    at: datetime,
) -> None:
    """Keep digests of somebody's own telephone (E.164) and number; '' forgets one.

    Cases of either are then not theirs to handle. Raise NotYours.
    """
    _require_reset(user, by, postings, at=at)
    user.phone_digest = crypto.digest("phone", phone) if phone else None
    number = national_id and crypto.digest("national_id", national_id)
    user.number_digest = number or None
    user.save(update_fields=["phone_digest", "number_digest"])
    _note(user, by, "own telephone and number", at=at)


def _post(
    user: User,
    organization: Organization,
    role: str,
    valid_from: datetime,
    valid_to: datetime | None,
    by: User,
    postings: Sequence[Posting],
    *,
    at: datetime,
) -> Posting:
    _may_give(organization, role, postings)
    _check_span(valid_from, valid_to)
    if valid_to is None and _has_open(user, organization):
        raise NotYours(_("There is a posting at this unit already. End it first."))
    row = Posting.objects.create(
        user=user,
        organization=organization,
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    _note(user, by, f"posting {row.pk} given", at=at)
    return row


def _has_open(
    user: User, organization: Organization, *, but: Posting | None = None
) -> bool:
    rows = user.postings.filter(organization=organization, valid_to=None)
    return rows.exclude(pk=but.pk if but else 0).exists()


def _may_give(
    organization: Organization, role: str, postings: Sequence[Posting]
) -> None:
    if role not in givable(postings, organization):
        raise NotYours(_("You cannot give this role at this unit."))


def _mine(row: Posting, by: User, postings: Sequence[Posting]) -> None:
    _not_oneself(row.user, by)
    _may_give(row.organization, row.role, postings)


def _not_oneself(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise NotYours(_("Somebody else has to change your own account."))


def _check_span(valid_from: datetime, valid_to: datetime | None) -> None:
    if valid_to is not None and valid_to <= valid_from:
        raise NotYours(_("The last day lies before the first one."))


def _require_reset(
    user: User, by: User, postings: Sequence[Posting], *, at: datetime
) -> None:
    if not may_reset(user, by, postings, at=at):
        raise NotYours(_("This account also works beyond your unit. Ask above."))


def _note(user: User, by: User, detail: str, *, at: datetime) -> None:
    record.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="accounts.user",
        subject_id=user.pk,
        detail=detail,
    )
