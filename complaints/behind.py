"""The cases behind a figure, page by page, from what was measured of them.

The list goes by the very rows that the figures count, so both say the same.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from complaints.figures import month_after
from complaints.models import Complaint
from complaints.rollups import reading
from complaints.rollups.counting import DAY
from portal.registry.models import Organization

PAGE: Final = 50
Order = Literal["day", "time", "answer"]

_LATE: Final = "m.is_open AND m.late_from < %(at)s::timestamptz"
# What stands behind a figure: name in the address -> measures m.
GROUPS: Final[dict[str, str]] = {
    "": "true",
    "resolved": "m.is_resolved",
    "open": "m.is_open",
    "open_overdue": _LATE,
    "late": f"({_LATE} OR m.is_resolved AND NOT m.is_on_time OR m.is_left_late)",
    "lapsed": "m.is_lapsed",
    "withdrawn": "NOT (m.is_open OR m.is_resolved OR m.is_lapsed)",
    "first_answer": "m.first_answer IS NOT NULL",
    "unanswered": "m.is_open AND m.first_answer IS NULL",
    "answer_late": "m.answer_late_from < %(at)s::timestamptz",
    "untouched": "m.is_untouched",
    "reopened": "m.rounds > 1",
    "corrected": "m.outcome = 'corrected'",
    "partly_corrected": "m.outcome = 'partly_corrected'",
    "kept": "m.outcome = 'kept'",
    "already_correct": "m.outcome = 'already_correct'",
    "handed": "m.hops > 0",
    "asked": "m.asks > 0",
    "disagreed": "m.is_disagreed",
    "reversed": "m.is_reversed",
    "self_corrected": "m.is_self_corrected",
    "kept_unseen": "m.is_kept_unseen",
    "refiled": "m.is_refiled",
    "rated": "m.rating <> ''",
    "good": "m.rating = 'good'",
    "poor": "m.rating = 'poor'",
}
# Days travel as numbers from this one on.
_EPOCH: Final = date(2000, 1, 1)
# What can be put in order by a time: that one, from the shortest on.
ORDERED: Final[dict[str, Order]] = {"resolved": "time", "first_answer": "answer"}
_KEYS: Final[dict[Order, str]] = {"time": "m.spent", "answer": "m.first_answer"}


@dataclass(frozen=True)
class Place:
    """Where a page begins: at so many seconds, or on a day; after a case."""

    value: int
    pk: int = 0

    def __str__(self) -> str:
        return f"{self.value}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Return the place that a text says; None for one that says none."""
        value, _dash, pk = text.partition("-")
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            return None
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            return None
        return cls(int(value), int(pk))


@dataclass(frozen=True)
class Page:
    """Cases with their measures, in order; ``after``: where the next ones begin."""

    rows: list[Complaint]
    after: Place | None


def statement(*, group: str, order: Order, cohort: str, is_all: bool) -> str:
    """Return the statement of a page; ``is_all``: of the whole country.

    That is walked along an index of days or of times, everything else is read by
    holder: an organization's months are few, or the walk soon has a page of them.
    """
    day = f"m.{DAY[cohort]}"
    key = _KEYS.get(order) or f"{day} - DATE '{_EPOCH}'"
    first = _KEYS.get(order) or day
    begins = "%(value)s::int" if order in _KEYS else f"DATE '{_EPOCH}' + %(value)s::int"
    held = "" if is_all else "m.holder_id = ANY(%(holders)s::bigint[]) AND "
    return f"""
SELECT m.complaint_id, {key} FROM complaints_measure m
WHERE {held}{day} >= %(begins)s::date AND {day} < %(ends)s::date
  AND {GROUPS[group]}
  AND (%(kind)s::text = '' OR m.kind = %(kind)s::text)
  AND (%(channel)s::text = '' OR m.channel = %(channel)s::text)
  AND ({first}, m.complaint_id) > ({begins}, %(pk)s::bigint)
ORDER BY {first}, m.complaint_id LIMIT {PAGE + 1}"""


def page(
    chosen: Organization,
    *,
    group: str,
    itself: bool,
    first: date,
    last: date,
    at: datetime,
    kind: str = "",
    channel: str = "",
    cohort: str = "opened",
    order: Order = "day",
    after: Place | None = None,
) -> Page:
    """Return a page of the cases that a figure counted.

    ``itself``: what the organization holds of its own only. Whoever calls has checked
    that the reader may see the organization.
    """
    if order != ORDERED.get(group):
        order = "day"
    lower = Organization.objects.filter(pk=chosen.pk)
    if not itself:
        lower = Organization.objects.filter(path__below=chosen.path)
    is_all = chosen.parent_id is None and not itself
    # Not from nothing on: an index would be walked through all months before.
    place = after or Place(0 if order in _KEYS else (first - _EPOCH).days)
    with reading.figures() as (cursor, _at):
        cursor.execute(
            statement(group=group, order=order, cohort=cohort, is_all=is_all),
            {
                "holders": [] if is_all else list(lower.values_list("pk", flat=True)),
                "begins": first,
                "ends": month_after(last, 1),
                "at": at,
                "kind": kind,
                "channel": channel,
                "value": place.value,
                "pk": place.pk,
            },
        )
        keys = dict(cursor.fetchall())
        found = Complaint.objects.select_related("submission", "holder", "measure")
        cases = found.in_bulk(list(keys)[:PAGE])
    rows = [cases[pk] for pk in list(keys)[:PAGE]]
    is_more = len(keys) > PAGE
    last_row = rows[-1].pk if is_more else 0
    return Page(rows, Place(keys[last_row], last_row) if is_more else None)
