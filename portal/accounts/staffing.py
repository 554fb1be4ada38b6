"""Accounts of a unit and their postings, as the unit above manages them.

Nobody gives more than the own role at, or below, the own organization; nobody changes
the own account here; and who holds a posting beyond one's reach is left alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from portal.accounts import factors, invitations, own_numbers, sign_ins
from portal.accounts.models import Invitation, Posting, User
from portal.audit import record, together
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
    _note(user, by, together.CREATED, at=at)
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

    One that has not begun is over before it begins: it ends a second after. Deputies
    end with it; where a deputy's own ends later, it stays within what it stands for.
    """
    row = Posting.objects.select_for_update().select_related("user").get(pk=posting.pk)
    _mine(row, by, postings)
    if valid_to is None and row.deputy_for_id is not None:
        raise NotYours(_("A deputy's posting needs a last day."))
    if valid_to is None and _has_open(row.user, row.organization, but=row):
        raise NotYours(_("There is a posting at this unit already. End it first."))
    if valid_to is not None and valid_to <= row.valid_from:
        raise NotYours(_("The last day lies before the first one."))
    if row.deputy_for is not None:
        _check_within(row.deputy_for, row.valid_from, valid_to)
    row.valid_to = valid_to
    row.save(update_fields=["valid_to"])
    _note(row.user, by, f"posting {row.pk} ends differently", at=at)
    if valid_to is not None:
        _end_deputies(row, by, until=valid_to, at=at)
    _end_invitation(row, at=at)


@transaction.atomic
def end_now(
    *, posting: Posting, by: User, postings: Sequence[Posting], at: datetime
) -> None:
    """End a posting, and with it all that stand for it. Raise NotYours."""
    row = Posting.objects.select_for_update().select_related("user").get(pk=posting.pk)
    _mine(row, by, postings)
    _end_deputies(row, by, until=at, at=at)
    _end(row, by, until=at, at=at)


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
    """Post a deputy with the same role for the time of a leave. Raise NotYours.

    Nobody stands for a deputy, and none for longer than the posting lasts.
    """
    # Held so that its end stays what is compared with below.
    posting = (
        Posting.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(pk=posting.pk)
    )
    if posting.deputy_for_id is not None:
        raise NotYours(_("A deputy has no deputy. Choose the posting itself."))
    if deputy.pk == posting.user_id:
        raise NotYours(_("Nobody is the own deputy. Choose a colleague."))
    _may_give(posting.organization, posting.role, postings)
    _not_oneself(deputy, by)
    _check_span(valid_from, valid_to)
    _check_within(posting, valid_from, valid_to)
    row = Posting.objects.create(
        user=deputy,
        organization=posting.organization,
        role=posting.role,
        valid_from=valid_from,
        valid_to=valid_to,
        deputy_for=posting,
    )
    _note(deputy, by, f"deputy for posting {posting.pk}", at=at)
    _end_invitation(row, at=at)
    return row


def may_reset(
    user: User, by: User, postings: Iterable[Posting], *, at: datetime
) -> bool:
    """Tell whether one may open an account anew for its owner.

    Whoever may do that could enter in the owner's place, so every posting of the
    account that is not over has to lie within one's own reach, and there has to be one:
    who has none may be given any.
    """
    held, theirs = list(postings), _not_over(user, at=at)
    return (
        user.pk != by.pk
        and not user.is_staff
        and bool(theirs)
        and all(row.role in givable(held, row.organization) for row in theirs)
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
    user.digests_key = max(settings.INDEX_KEYS) if (phone or number) else None
    user.save(update_fields=["phone_digest", "number_digest", "digests_key"])
    _note(user, by, own_numbers.KEPT, at=at)


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
    _end_invitation(row, at=at)
    return row


def _not_over(user: User, *, at: datetime) -> list[Posting]:
    rows = user.postings.filter(Q(valid_to=None) | Q(valid_to__gt=at))
    return list(rows.select_related("organization"))


def _end_invitation(row: Posting, *, at: datetime) -> None:
    """Let a link expire whose maker could not have given this posting.

    Else whoever made it could enter in the owner's place, with more than the own reach.
    """
    link = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("by")
        .filter(user=row.user_id, used_at=None, expires_at__gt=at)
        .first()
    )
    if link is None:
        return
    held = link.by.postings.current(at=at).select_related("organization")
    if row.role not in givable(held, row.organization):
        # A link lasts for an instant at least, by a constraint.
        link.expires_at = max(at, link.created_at + timedelta(microseconds=1))
        link.token_sealed = None
        link.save(update_fields=["expires_at", "token_sealed"])


def _end_deputies(posting: Posting, by: User, *, until: datetime, at: datetime) -> None:
    """End all that stand for a posting by an instant, deepest first."""
    for row in posting.deputies.select_for_update().select_related("user"):
        _end_deputies(row, by, until=until, at=at)
        _end(row, by, until=until, at=at)


def _end(row: Posting, by: User, *, until: datetime, at: datetime) -> None:
    """End a posting by an instant; one that had not begun by then never was."""
    if row.valid_to is not None and row.valid_to <= until:
        return
    detail = f"posting {row.pk} ends differently" if until > at else "posting ended"
    if row.valid_from >= until and row.valid_from >= at:
        # Whoever stood for it although it had not begun keeps the time that is over.
        row.deputies.update(deputy_for=None)
        row.delete()
    else:
        begun = row.valid_from
        row.valid_to = until if until > begun else begun + timedelta(seconds=1)
        row.save(update_fields=["valid_to"])
    _note(row.user, by, detail, at=at)


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


def _check_within(
    posting: Posting, valid_from: datetime, valid_to: datetime | None
) -> None:
    """Refuse a deputy before, or for longer than, what is stood for."""
    end = posting.valid_to
    if valid_from < posting.valid_from or (
        end is not None and (valid_to is None or valid_to > end)
    ):
        raise NotYours(_("Choose days on which the posting itself is in force."))


def _require_reset(
    user: User, by: User, postings: Sequence[Posting], *, at: datetime
) -> None:
    if may_reset(user, by, postings, at=at):
        return
    if not _not_over(user, at=at):
        raise NotYours(_("This account has no posting now. Give it one first."))
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
