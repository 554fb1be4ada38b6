"""A unit's place in the tree: what it may stand below, and that it moves on its day.

All below it go along. Cases, people and work stay with whom they are; who oversees them
is whoever stands above from then on, as scope, "the unit above" and figures follow the
tree of the day. Public figures of months that were told stay as they were told.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import rollups
from complaints.actions import founding
from complaints.choices import OPEN
from complaints.models import Complaint, UnitChange
from complaints.rules.refused import Refused
from portal.accounts.models import Posting
from portal.registry.models import Organization


@dataclass(frozen=True)
class Preview:
    """What goes along with a unit, and who sees it no more, or from then on."""

    units: int
    cases: int
    people: int
    loses: list[Organization]
    gains: list[Organization]


def require(unit: Organization, above: Organization, *, on: date, today: date) -> None:
    """Raise Refused, with words, where a unit cannot stand below another one.

    Never backdated: what was seen and decided until today was so under the unit above.
    """
    if unit.parent is None:
        raise Refused(_("The ministry stands below nobody."))
    if unit.closed_on is not None:
        raise Refused(_("This unit is closed. Its place stays as it was."))
    if on < today:
        raise Refused(_("A unit moves from today on, not before."))
    if above.pk == unit.parent_id:
        raise Refused(_("It stands below that unit already."))
    if above.path.startswith(unit.path):
        raise Refused(_("A unit cannot stand below itself or below its own units."))
    if not above.is_open_on(on):
        raise Refused(_("The unit above is closed on that day. Choose another one."))
    closes = above.changes.filter(
        kind=UnitChange.Kind.CLOSED, state__in=UnitChange.WAITING
    )
    if closes.exists():
        raise Refused(_("The unit above is about to close. Choose another one."))
    if above.kind not in founding.BELOW.get(unit.kind, ()):
        raise Refused(
            _("A unit of this kind does not stand below that one. Choose another.")
        )
    reach = above.province_id
    if reach is not None and unit.province_id not in (None, reach):
        raise Refused(_("That unit lies in another province."))
    longest = max(
        len(path)
        for path in Organization.objects.filter(path__below=unit.path).values_list(
            "path", flat=True
        )
    )
    grows = len(above.path) - len(unit.parent.path)
    if longest + grows > founding.LONGEST_PATH:
        raise Refused(_("There are too many levels above. Choose a unit further up."))


def preview(unit: Organization, above: Organization, *, at: datetime) -> Preview:
    """Return what would go along, counted now, and whose sight changes."""
    lower = Organization.objects.filter(path__below=unit.path)
    before = list(_line(unit.parent))
    after = list(_line(above))
    return Preview(
        units=lower.filter(closed_on=None).count() - 1,
        cases=Complaint.objects.filter(
            holder_path__below=unit.path, status__in=OPEN
        ).count(),
        people=Posting.objects.not_over(at=at).filter(organization__in=lower).count(),
        loses=[one for one in before if one not in after],
        gains=[one for one in after if one not in before],
    )


# The rows of what hangs on a path follow by triggers.
_MOVE = """
UPDATE registry_organization SET is_own = true,
  parent_id = CASE WHEN id = %(unit)s THEN %(above)s ELSE parent_id END,
  path = %(after)s || substr(path, length(%(before)s) + 1)
WHERE path::text ~>=~ %(before)s AND path::text ~<~ %(end)s"""


def place_now(change: UnitChange, *, at: datetime) -> None:
    """Put a locked unit below another one, with all below it; raise Refused.

    Figures of what stood and stands above are put together anew at once. Needs the
    system's scope and its caller's transaction, which took its turn at the figures
    before it locked the unit.
    """
    unit, above = change.organization, change.parent_after
    assert above is not None
    assert unit.parent is not None
    require(unit, above, on=timezone.localdate(at), today=timezone.localdate(at))
    before, old = unit.path, unit.parent.pk
    own = before.removesuffix("/").rsplit("/", 1)[1]
    after = f"{above.path}{own}/"
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            {
                "unit": unit.pk,
                "above": above.pk,
                "before": before,
                "after": after,
                "end": f"{before.removesuffix('/')}0",
            },
        )
    unit.refresh_from_db()
    change.cases = Complaint.objects.filter(
        holder_path__below=after, status__in=OPEN
    ).count()
    rollups.follow_move(unit, was_below=old, at=at)


def _line(unit: Organization | None) -> list[Organization]:
    """Return a unit and all above it."""
    line = []
    while unit is not None:
        line.append(unit)
        unit = unit.parent
    return line
