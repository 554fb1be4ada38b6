"""What a page about units shows: a unit, its history, and what waits there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.choices import OPEN
from complaints.models import Complaint, UnitChange
from portal.accounts.models import Posting
from portal.accounts.staffing import GIVES
from portal.common import names
from portal.registry.models import Organization

Kind = Organization.Kind
KINDS: Final[dict[str, Promise]] = {
    Kind.MINISTRY: gettext_lazy("The ministry"),
    Kind.HEALTH_DEPARTMENT: gettext_lazy("Provincial health department"),
    Kind.CDC: gettext_lazy("Provincial centre for disease control"),
    Kind.DISTRICT_CENTRE: gettext_lazy("Regional health centre"),
    Kind.HEALTH_STATION: gettext_lazy("Health station"),
    Kind.HOSPITAL: gettext_lazy("Hospital"),
    Kind.MOBILE_POINT: gettext_lazy("Mobile vaccination point"),
    Kind.BRANCH: gettext_lazy("Branch of its own (army, police)"),
    Kind.POLICE: gettext_lazy("Police"),
}
PAGE: Final = 50


@dataclass(frozen=True)
class Waiting:
    """What waits at a unit: open cases by status, those shown, people."""

    by_status: dict[str, int]
    shown: list[Complaint]
    people: list[Posting]

    @property
    def cases(self) -> int:
        """Return how many cases are open."""
        return sum(self.by_status.values())


@dataclass(frozen=True)
class Moment:
    """A line of a unit's history: the day, what happened, and who says so."""

    day: date
    text: str
    more: str = ""


def within(postings: Sequence[Posting]) -> QuerySet[Organization]:
    """Return all units at and below those that one manages, closed ones as well."""
    reach = Q(pk__in=[])
    for posting in postings:
        if posting.role in GIVES:
            reach |= Q(path__startswith=posting.organization.path)
    return Organization.objects.filter(reach).select_related("parent", "province")


def search(text: str, postings: Sequence[Posting]) -> list[Organization]:
    """Return the units that one manages whose code or names, also former, hold this."""
    folded = names.fold(text)
    found = within(postings).filter(
        Q(code__iexact=text) | Q(folded__contains=folded) | Q(names__folded=folded)
    )
    # What is open comes first.
    return list(found.distinct().order_by("-closed_on", "sort_key", "pk")[: PAGE + 1])


def below(unit: Organization) -> list[Organization]:
    """Return the units directly below one, open ones first."""
    rows = unit.below.select_related("parent", "province")
    return list(rows.order_by("-closed_on", "sort_key", "pk")[: PAGE + 1])


def open_cases(units: Iterable[Organization]) -> dict[int, int]:
    """Return by unit how many open cases it has itself."""
    rows = (
        Complaint.objects.filter(holder__in=[unit.pk for unit in units])
        .open()
        .order_by()
        .values("holder")
    )
    return {row["holder"]: row["n"] for row in rows.annotate(n=Count("pk"))}


def waiting_at(unit: Organization, *, at: datetime, limit: int = 20) -> Waiting:
    """Return what a unit would leave behind if it closed now."""
    mine = Complaint.objects.filter(holder=unit, status__in=OPEN)
    counted = mine.order_by().values("status").annotate(n=Count("pk"))
    by_status = {row["status"]: row["n"] for row in counted}
    shown = mine.select_related("submission").order_by("due_at", "pk")[:limit]
    people = unit.postings.not_over(at=at).select_related("user")
    return Waiting(
        {status: by_status[status] for status in OPEN if status in by_status},
        list(shown),
        list(people.order_by("user__full_name", "pk")),
    )


def history(unit: Organization) -> list[Moment]:
    """Return what happened to a unit, newest first."""
    changes = unit.changes.select_related(
        "by", "successor", "ended_by", "parent_before", "parent_after"
    )
    lines = [_of_change(change) for change in changes.order_by("-pk")]
    known = {(one.kind, one.day) for one in changes if one.state == "done"}
    if (UnitChange.Kind.OPENED, unit.opened_on) not in known:
        lines.append(Moment(unit.opened_on, _("Opened")))
    has_closing = any(kind == UnitChange.Kind.CLOSED for kind, _day in known)
    for row in unit.successions.select_related("new"):
        if not has_closing:
            words = _("Succeeded by %(name)s") % {"name": row.new}
            lines.append(Moment(row.valid_from, words, row.reason))
    if unit.closed_on and not has_closing and not unit.successions.exists():
        lines.append(Moment(unit.closed_on, _("Closed, without a successor")))
    for row in unit.predecessions.select_related("old")[:PAGE]:
        words = _("Took over from %(name)s") % {"name": row.old}
        lines.append(Moment(row.valid_from, words, row.reason))
    return sorted(lines, key=lambda line: line.day, reverse=True)


def _of_change(change: UnitChange) -> Moment:
    if change.kind == UnitChange.Kind.RENAMED:
        text = _("Renamed: %(before)s is now %(after)s") % {
            "before": change.name_before,
            "after": change.name_after,
        }
    elif change.kind == UnitChange.Kind.OPENED:
        text = _("Opened")
    elif change.kind == UnitChange.Kind.MOVED:
        text = _("Moved from %(before)s to below %(after)s") % {
            "before": change.parent_before,
            "after": change.parent_after,
        }
    elif change.successor is None:
        text = _("Closed, without a successor")
    else:
        text = _("Closed; %(name)s answers from then on (cases moved: %(n)s)") % {
            "name": change.successor,
            "n": change.cases,
        }
    return Moment(change.day, text, f"{change.reason} · {_who(change)}")


def _who(change: UnitChange) -> str:
    """Return who decided it when, and what came of it."""
    words = f"{change.by.full_name or change.by.username}, {_minute(change.at)}"
    state = UnitChange.State(change.state)
    if state == UnitChange.State.PLANNED:
        words += " · " + _("waits for its day")
    elif state == UnitChange.State.RUNNING:
        words += " · " + _("being carried out")
    elif state == UnitChange.State.REFUSED:
        words += " · " + _("not carried out: %(why)s") % {"why": change.trouble}
    elif change.ended_by is not None and change.ended_at is not None:
        words += " · " + _("taken back by %(name)s, %(time)s") % {
            "name": change.ended_by.full_name or change.ended_by.username,
            "time": _minute(change.ended_at),
        }
    return words


def _minute(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"
