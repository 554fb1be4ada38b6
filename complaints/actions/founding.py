"""What may be opened as a unit, where and by whom: none takes another's reports.

Reports find a unit by its name, its commune or whoever runs it; so a new one bears a
name of its own, begins today at the earliest, and stands where its kind stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.accounts.models import Posting
from portal.common import names
from portal.registry.models import AdministrativeUnit, Organization

Kind = Organization.Kind
# What can be opened, and below what; departments and the ministry are made by law.
BELOW: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.HEALTH_STATION: (Kind.DISTRICT_CENTRE, Kind.HEALTH_DEPARTMENT),
    Kind.HOSPITAL: (Kind.HEALTH_DEPARTMENT, Kind.MINISTRY),
    Kind.MOBILE_POINT: (
        Kind.HEALTH_STATION,
        Kind.HOSPITAL,
        Kind.DISTRICT_CENTRE,
        Kind.CDC,
    ),
    Kind.DISTRICT_CENTRE: (Kind.HEALTH_DEPARTMENT,),
    Kind.CDC: (Kind.HEALTH_DEPARTMENT,),
}
# As many signs as the database keeps of a path.
LONGEST_PATH: Final = 120


@dataclass(frozen=True)
class NewUnit:
    """What is said of a unit that opens."""

    code: str
    kind: str
    name: str
    parent: Organization
    commune: AdministrativeUnit | None
    gives_doses: bool
    phone: str = ""

    @property
    def path(self) -> str:
        """Return the codes from the root."""
        return f"{self.parent.path}{self.code.lower()}/"

    @property
    def province(self) -> AdministrativeUnit | None:
        """Return the province of its commune, or else that of the unit above."""
        if self.commune is None:
            return self.parent.province
        unit = self.commune
        while unit.parent is not None:
            unit = unit.parent
        return unit


def alone() -> None:
    """Let whoever opens, renames, moves or closes units do so one after another.

    Until the transaction ends: so that two never take one name, nor stand below each
    other. To be called before any row is locked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('units'))")


def opens(postings: Sequence[Posting], above: Organization) -> bool:
    """Tell whether one may open a unit below another: who runs the portal there."""
    return any(
        posting.role == Posting.Role.ADMINISTRATOR
        and above.path.startswith(posting.organization.path)
        for posting in postings
    )


def troubles(new: NewUnit, *, on: date, today: date) -> dict[str, str]:
    """Return by field of the form, in words, what speaks against opening a unit."""
    found = {
        "name": taken(new.name),
        "kind": _kind(new),
        "parent": _above(new, on=on, today=today),
        "commune": _commune(new, on=on),
        "on": "" if on >= today else _("A unit opens from today on, not before."),
    }
    return {field: words for field, words in found.items() if words}


def taken(name: str, *, but: int = 0) -> str:
    """Return why a unit cannot take a name, in words; empty where it can.

    ``but``: the key of the unit that is renamed. A text that names one unit exactly
    goes to it, so a second of the name would take, or spoil, what is meant for another.
    """
    folded = names.fold(name)
    bears = Q(folded=folded) | Q(names__folded=folded)
    others = Organization.objects.filter(bears, closed_on=None).exclude(pk=but)
    if others.exists():
        return _(
            "An open unit bears or bore this name. Add the place to it, or choose"
            " another one."
        )
    place = Q(folded=folded) | Q(folded__endswith=f" {folded}")
    place |= Q(aliases__folded=folded)
    if AdministrativeUnit.objects.filter(place).exists():
        return _("This is the name of a place. Say what the unit is, too.")
    return ""


def _kind(new: NewUnit) -> str:
    return "" if new.kind in BELOW else _("Units of this kind are not opened here.")


def _above(new: NewUnit, *, on: date, today: date) -> str:
    if not new.parent.is_open_on(max(on, today)):
        return _("The unit above is closed on that day. Choose another one.")
    if new.parent.kind not in BELOW.get(new.kind, (new.parent.kind,)):
        return _("A unit of this kind does not stand below that one. Choose another.")
    if len(new.path) > LONGEST_PATH:
        return _("There are too many levels above. Choose a unit further up.")
    return ""


def _commune(new: NewUnit, *, on: date) -> str:
    is_station = new.kind == Kind.HEALTH_STATION
    if new.commune is None:
        words = _("A health station needs its commune, to be found by it.")
        return words if is_station else ""
    reach, province = new.parent.province_id, new.province
    if reach is not None and (province is None or province.pk != reach):
        return _("This commune lies in another province than the unit above.")
    # Of two the older one answers, so none may step in before one that is to open.
    later = Organization.objects.filter(
        commune=new.commune, kind=Kind.HEALTH_STATION, closed_on=None, opened_on__gt=on
    )
    if is_station and later.exists():
        return _("A station of this commune opens later already. Open this one after.")
    return ""
