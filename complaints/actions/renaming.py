"""A unit's name: which one it may take, and that it takes it on its day."""

from datetime import date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions import founding
from complaints.models import Complaint, UnitChange
from complaints.rules.refused import Refused
from portal.common import names
from portal.registry.models import Organization, OrganizationName


def require(unit: Organization, name: str) -> None:
    """Raise Refused where a unit is called so, or another one or a place is."""
    if name == unit.name:
        raise Refused(_("The unit has this name already."))
    words = founding.taken(name, but=unit.pk)
    if words:
        raise Refused(words)


def require_undecided(unit: Organization, *, since: date) -> None:
    """Raise Refused where the unit decided a case under its name on that day or later.

    A name takes effect before today only where nobody was told anything in another.
    """
    begins = timezone.make_aware(datetime.combine(since, time()))
    decided = Complaint.objects.filter(holder=unit, ended_at__gte=begins)
    if decided.exists():
        raise Refused(
            _("The unit decided cases under its name since then. Choose a later day.")
        )


def rename_now(change: UnitChange) -> None:
    """Give a locked unit its new name and keep the one before; raise Refused."""
    unit = change.organization
    require(unit, change.name_after)
    begun = unit.names.order_by("-valid_to").values_list("valid_to", flat=True).first()
    if begun is not None and begun >= change.day:
        raise Refused(_("The unit had another name from that day on already."))
    OrganizationName.objects.create(
        organization=unit,
        name=unit.name,
        folded=unit.folded,
        valid_from=begun or unit.opened_on,
        valid_to=change.day,
    )
    unit.name, unit.is_own = change.name_after, True
    unit.folded, unit.sort_key = names.fold(unit.name), names.sort_key(unit.name)
    unit.save(update_fields=["name", "folded", "sort_key", "is_own"])
