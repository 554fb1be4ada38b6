"""Keeping a way to narrow the queue, for oneself or for a unit; and forgetting it."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from complaints.filters import Filters
from complaints.models import SavedView
from complaints.rules.refused import Refused
from complaints.saved_views import MOST_VIEWS
from portal.accounts.models import Posting, User
from portal.audit import record as audit
from portal.common import scope
from portal.registry.models import Organization

Role = Posting.Role


def save(
    *,
    name: str,
    filters: Filters,
    organization: Organization | None,
    by: User,
    at: datetime,
) -> SavedView:
    """Keep filters under a name; with an organization for all who are posted there.

    Raise Refused where nothing is filtered, the name is taken or there are too many.
    """
    if not filters.query:
        raise Refused(_("Choose at least one filter first."))
    with scope.system():
        there = SavedView.objects.filter(organization=organization)
        if organization is None:
            there = there.filter(by=by)
        if there.count() >= MOST_VIEWS:
            raise Refused(
                _("There are %(n)s saved views already. Delete one first.")
                % {"n": MOST_VIEWS}
            )
        unit = Organization.objects.filter(code=filters.unit).first()
        try:
            with transaction.atomic():
                view = SavedView.objects.create(
                    name=name,
                    query=filters.query,
                    organization=organization,
                    unit=unit,
                    by=by,
                    made_at=at,
                )
        except IntegrityError:
            raise Refused(
                _("A view of this name is there already. Choose another name.")
            ) from None
        _note(view, "save", by=by, at=at)
    return view


def forget(ref: UUID, *, postings: list[Posting], by: User, at: datetime) -> None:
    """Delete a saved view; a shared one by its maker or a lead of its organization.

    Raise SavedView.DoesNotExist for one out of sight, Refused for somebody else's.
    """
    with scope.system():
        view = SavedView.objects.select_for_update(of=("self",)).get(ref=ref)
        there = [p for p in postings if p.organization_id == view.organization_id]
        if view.by_id != by.pk and not there:
            raise SavedView.DoesNotExist
        if view.by_id != by.pk and all(p.role != Role.LEAD for p in there):
            raise Refused(_("Only who made a shared view, or a lead, may delete it."))
        _note(view, "forget", by=by, at=at)
        view.delete()


def _note(view: SavedView, detail: str, *, by: User, at: datetime) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="complaints.savedview",
        subject_id=view.pk,
        detail=detail,
    )
