"""What a reader of the queue can choose from: saved views, colleagues, units below."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import QueryDict

from complaints import filters
from complaints.filters import Filters
from complaints.models import SavedView
from portal.accounts.models import Posting, User
from portal.registry.models import Organization

# Of each: more is no choice any more, and every saved view costs a count a page.
MOST_VIEWS: Final = 12
MOST_CHOICES: Final = 200


class Saved(NamedTuple):
    """A saved view: its reference, name, filters, and the path of its unit."""

    ref: str
    name: str
    filters: Filters
    path: str | None
    is_shared: bool


class Unit(NamedTuple):
    """An organization as a choice."""

    code: str
    name: str
    path: str


@dataclass
class Offer:
    """What there is to choose from, by name; colleagues as reference and name."""

    saved: list[Saved] = field(default_factory=list)
    colleagues: list[tuple[str, str]] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    site: Unit | None = None

    def path_of(self, code: str, *, within: Sequence[str]) -> str | None:
        """Return the path of a unit at or below these paths; None for another one."""
        return next(
            (
                unit.path
                for unit in self.units
                if unit.code == code and unit.path.startswith(tuple(within))
            ),
            None,
        )


def offered(
    *,
    user: User,
    organizations: Collection[int],
    chosen: Filters,
    with_choices: bool,
    at: datetime,
) -> Offer:
    """Return what somebody posted at these organizations may choose: one statement.

    Saved views always; the rest ``with_choices``, or where a name of it is needed for
    what is ``chosen``. Below a chosen unit one can go on choosing.
    """
    mine = Q(organization=None, by=user) | Q(organization__in=organizations)
    views = _rows(
        SavedView.objects.filter(mine),
        "view",
        key=Cast("ref", TextField()),
        label=F("name"),
        order=F("query"),
        path=F("unit__path"),
        rest=Cast("organization", TextField()),
    )
    if not with_choices and not chosen.needs_names:
        return _read(list(views))
    posted = Posting.objects.current(at=at).filter(organization__in=organizations)
    units = Q(parent__in=organizations)
    if chosen.unit:
        units |= Q(code=chosen.unit) | Q(parent__code=chosen.unit)
    people = _rows(
        User.objects.filter(pk__in=posted.values("user"), is_active=True)
        .exclude(pk=user.pk)
        .order_by("full_name", "pk")[:MOST_CHOICES],
        "colleague",
        key=Cast("ref", TextField()),
        label=F("full_name"),
    )
    below = _rows(
        Organization.objects.filter(units).order_by("sort_key")[:MOST_CHOICES],
        "unit",
        key=F("code"),
        label=F("name"),
        order=F("sort_key"),
        path=F("path"),
    )
    site = _rows(
        Organization.objects.filter(code=chosen.site),
        "site",
        key=F("code"),
        label=F("name"),
        path=F("path"),
    )
    return _read(list(views.union(people, below, site, all=True)))


def within(user: User, organizations: Collection[int]) -> QuerySet[SavedView]:
    """Return the views that somebody posted at these organizations sees, own first."""
    mine = Q(organization=None, by=user) | Q(organization__in=organizations)
    found = SavedView.objects.filter(mine).select_related("organization", "by")
    return found.order_by(F("organization").asc(nulls_first=True), "name", "pk")


_Row = tuple[str, str, str, str | None, str | None, str | None]


def _rows(rows: QuerySet[Any], what: str, **columns: Any) -> QuerySet[Any, _Row]:
    """Return rows of one kind with the columns that all kinds share."""
    usual = dict.fromkeys(("key", "label", "order", "path", "rest"))
    named = {
        f"_{name}": value if value is not None else Value(None, TextField())
        for name, value in (usual | columns).items()
    }
    named = {"_what": Value(what, TextField()), **named}
    return rows.annotate(**named).values_list(*named)


def _read(rows: list[_Row]) -> Offer:
    offer = Offer()
    units = []
    for what, key, label, order, path, rest in rows:
        if what == "view":
            found, _wrong = filters.read(QueryDict(order))
            offer.saved.append(Saved(key, label, found, path, rest is not None))
        elif what == "colleague":
            offer.colleagues.append((key, label))
        elif what == "unit":
            units.append((order or "", Unit(key, label, path or "")))
        else:
            offer.site = Unit(key, label, path or "")
    offer.saved.sort(key=lambda one: (one.is_shared, one.name))
    offer.colleagues.sort(key=lambda one: one[1])
    offer.units = [unit for _order, unit in sorted(units)]
    return offer
