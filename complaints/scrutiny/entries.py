"""The log of looks and changes, for those who audit: who, when, what, what for.

An auditor of the whole country reads all of it; others what staff did who act for an
organization at or below theirs. Pages follow each other by instant and key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.worklist import Place
from portal.audit.models import Entry

PAGE: Final = 50
# So many days at most are searched at once: the log of the country grows by a million
# entries a day.
MOST_DAYS: Final = 31

# What a look was for: name in the address -> (words, what the log calls it).
PURPOSES: Final[Mapping[str, tuple[Any, tuple[str, ...]]]] = {
    "case": (
        _("Work on a report"),
        ("complaints.complaint", "complaints.evidence", "complaints.referral"),
    ),
    "glass": (_("Case opened in an emergency"), ("complaints.glass",)),
    "incident": (_("Work on an incident"), ("complaints.incident",)),
    "help": (_("Help at the counter or by telephone"), ("assistance",)),
    "record": (_("Look at the own record"), ("person", "own_data", "draft")),
    "list": (
        _("Vaccination list"),
        ("registry.sessionlist", "complaints.list"),
    ),
    "quality": (
        _("Data quality"),
        ("registry.finding", "registry.proposal", "complaints.prepared"),
    ),
    "sample": (
        _("Check of a sample"),
        ("complaints.rule", "complaints.rule_open", "recheck"),
    ),
    "request": (_("Request about personal data"), ("data_request",)),
    "export": (
        _("File that was made"),
        (
            "registry.export",
            "registry.dosefile",
            "registry.feed",
            "complaints.figures",
        ),
    ),
    "audit": (_("Audit of access"), ("audit.entry", "access_sign")),
}
_PURPOSE_OF: Final = {
    subject: words for words, subjects in PURPOSES.values() for subject in subjects
}

_BELOW: Final = "(o.path::text ~>=~ %s::text AND o.path::text ~<~ %s::text)"
# Newest first out of each unit, so that a quiet one does not search the whole log; an
# entry that names no unit counts where its account was posted then.
_OF_UNITS: Final = """
SELECT e.* FROM (
  SELECT one.* FROM registry_organization o CROSS JOIN LATERAL (
    SELECT * FROM audit_entry
    WHERE actor = 'staff' AND organization = o.id AND {wanted}
    ORDER BY at DESC, id DESC LIMIT {size}
  ) one WHERE {below}
  UNION
  SELECT one.* FROM accounts_posting p
  JOIN registry_organization o ON o.id = p.organization_id
  CROSS JOIN LATERAL (
    SELECT * FROM audit_entry
    WHERE actor = 'staff' AND organization IS NULL AND actor_id = p.user_id
      AND at >= p.valid_from AND (p.valid_to IS NULL OR at < p.valid_to) AND {wanted}
    ORDER BY at DESC, id DESC LIMIT {size}
  ) one WHERE {below}
) e ORDER BY at DESC, id DESC LIMIT {size}
"""
_OF_SOME: Final = """
SELECT e.* FROM audit_entry e
WHERE {wanted} AND (%s OR (actor = 'staff' AND EXISTS (
  SELECT FROM registry_organization o WHERE o.id = e.organization AND {below}
  UNION ALL
  SELECT FROM accounts_posting p JOIN registry_organization o
    ON o.id = p.organization_id
  WHERE e.organization IS NULL AND p.user_id = e.actor_id AND p.valid_from <= e.at
    AND (p.valid_to IS NULL OR p.valid_to > e.at) AND {below}
))) ORDER BY at DESC, id DESC LIMIT {size}
"""


@dataclass(frozen=True)
class Wanted:
    """What an auditor asks for; both days included.

    ``paths``: what the auditor is posted at; ``sees_all``: the whole country. ``user``
    and ``people`` are keys; an empty list of people finds nothing.
    """

    first: date
    last: date
    paths: Sequence[str]
    sees_all: bool
    actor: str = Entry.Actor.STAFF.value
    verb: str = ""
    purpose: str = ""
    user: int | None = None
    people: Sequence[int] | None = None
    pk: int | None = None
    hours: tuple[datetime, datetime] | None = field(default=None)


@dataclass(frozen=True)
class Page:
    """Entries, newest first, and where the next page begins."""

    rows: list[Entry]
    after: Place | None


def read(wanted: Wanted, *, after: Place | None = None, size: int = PAGE) -> Page:
    """Return the entries that an auditor asks for and may see, in one statement."""
    where, params = _where(wanted, after)
    below = " OR ".join([_BELOW] * len(wanted.paths)) or "false"
    reach = [
        bound for path in wanted.paths for bound in (path, f"{path.removesuffix('/')}0")
    ]
    some = wanted.user is not None or wanted.people is not None or wanted.pk is not None
    if some or wanted.sees_all:
        statement = _OF_SOME
        if not some:
            # Says that the index of days is meant; see its comment.
            where += " AND id > 0"
        given = [*params, wanted.sees_all, *reach, *reach]
    else:
        statement = _OF_UNITS
        given = [*params, *reach, *params, *reach]
    rows = list(
        Entry.objects.raw(
            statement.format(wanted=where, below=f"({below})", size=size + 1), given
        )
    )
    last = rows[size - 1] if len(rows) > size else None
    return Page(rows[:size], Place(last.at, last.pk) if last else None)


def purpose(row: Entry) -> str:
    """Return in words what an entry was for; a change names what was changed."""
    return str(_PURPOSE_OF.get(row.subject, _("Other work")))


def day_span(first: date, last: date) -> tuple[datetime, datetime]:
    """Return when the first of these Vietnamese days begins and the last one ends."""
    begins, ends = (
        timezone.make_aware(datetime.combine(day, time.min))
        for day in (first, last + timedelta(days=1))
    )
    return begins, ends


def _where(wanted: Wanted, after: Place | None) -> tuple[str, list[Any]]:
    begins, ends = wanted.hours or day_span(wanted.first, wanted.last)
    parts = ["at >= %s AND at < %s", "verb IN ('look_up', 'change')"]
    params: list[Any] = [begins, ends]
    if wanted.actor:
        parts.append("actor = %s")
        params.append(wanted.actor)
    if wanted.verb:
        parts.append("verb = %s")
        params.append(wanted.verb)
    if wanted.purpose:
        parts.append("subject = ANY(%s)")
        params.append(list(PURPOSES[wanted.purpose][1]))
    if wanted.user is not None:
        parts.append("actor_id = %s")
        params.append(wanted.user)
    if wanted.people is not None:
        parts.append("person = ANY(%s)")
        params.append(list(wanted.people))
    if wanted.pk is not None:
        parts.append("id = %s")
        params.append(wanted.pk)
    if after is not None:
        # A row comparison is what an index on both can begin at.
        parts.append("(at, id) < (%s, %s)")
        params += [after.at, after.pk]
    return " AND ".join(parts), params
