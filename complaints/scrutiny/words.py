"""Entries of the log and unusual looks, in the words of those who audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.choices import Tie, Unusual
from complaints.models import AccessSign
from complaints.owndata import looks
from complaints.scrutiny import entries
from portal.accounts.models import User
from portal.audit.models import Entry
from portal.common.templatetags.ui import vn_number
from portal.registry.models import Organization


@dataclass(frozen=True)
class Line:
    """An entry as a list shows it; ``account`` names the account in addresses."""

    pk: int
    at: datetime
    when: str
    who: str
    account: str
    unit: str
    what: str
    purpose: str
    has_person: bool


def lines(rows: Sequence[Entry]) -> list[Line]:
    """Return entries in words, in three statements for any number of them."""
    users = User.objects.in_bulk({row.actor_id for row in rows if row.actor_id})
    units = dict(
        Organization.objects.filter(
            pk__in={row.organization for row in rows if row.organization}
        ).values_list("pk", "name")
    )
    return [_line(row, users, units) for row in rows]


def reason(sign: AccessSign) -> str:
    """Return why a look is unusual, in a sentence with its numbers."""
    n = {"n": vn_number(sign.count)}
    if sign.rule == Unusual.OWN:
        said = ngettext(
            "Looked %(n)s time at a record that bears %(tie)s.",
            "Looked %(n)s times at a record that bears %(tie)s.",
            sign.count,
        )
        return said % (n | {"tie": Tie(sign.tie).label})
    if sign.rule == Unusual.MANY:
        return _(
            "%(n)s different people within an hour. For such accounts at most"
            " %(usual)s were usual that day."
        ) % (n | {"usual": vn_number(sign.usual)})
    if sign.rule == Unusual.AT_NIGHT:
        return _("%(n)s people outside the unit's office hours.") % n
    if sign.rule == Unusual.NO_CASE:
        return (
            _(
                "%(n)s people who have no case, dose or finding at the unit, and who"
                " reported nothing at that time."
            )
            % n
        )
    if sign.rule == Unusual.GLASS:
        return _("Opened a case of another unit to read it. The reason given:")
    return _("%(n)s accounts looked at this person's data on one day.") % n


def span(begins: datetime, ends: datetime) -> str:
    """Return a stretch of time as people write it."""
    one, other = timezone.localtime(begins), timezone.localtime(ends)
    if one.date() == other.date() or (one.hour, one.minute) == (0, 0):
        return f"{one:%d/%m/%Y} {one:%H:%M}–{other:%H:%M}"
    return f"{one:%d/%m/%Y %H:%M} – {other:%d/%m/%Y %H:%M}"


def moment(at: datetime) -> str:
    """Return an instant to the second, newest lists being read by it."""
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M:%S}"


def name_of(user: User | None) -> str:
    """Return who somebody is, with the name by which they sign in."""
    if user is None:
        return ""
    return f"{user.full_name} ({user.username})" if user.full_name else user.username


def _line(row: Entry, users: dict[int, User], units: dict[int, str]) -> Line:
    user = users.get(row.actor_id or 0) if row.actor == Entry.Actor.STAFF else None
    return Line(
        pk=row.pk,
        at=row.at,
        when=moment(row.at),
        who=name_of(user) or _who_else(row),
        account=str(user.ref) if user else "",
        unit=units.get(row.organization or 0, ""),
        what=looks.what(row),
        purpose=entries.purpose(row),
        has_person=row.person is not None,
    )


def _who_else(row: Entry) -> str:
    if row.actor == Entry.Actor.CITIZEN:
        return _("The person, or who acts for them")
    if row.actor == Entry.Actor.SYSTEM:
        return _("The portal")
    return _("Health service staff")
