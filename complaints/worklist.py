"""The queue of staff: open complaints of their organizations, due first, by keyset.

Within a due day what is urgent comes first: that is what ``queue_at`` holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.choices import Status
from complaints.models import Complaint
from complaints.models.complaint import ComplaintQuerySet
from portal.accounts.models import User
from portal.common import codes, crypto, names, phones
from portal.registry import identity

PAGE: Final = 50
MOST_COUNTED: Final = 1000
SOON: Final = timedelta(hours=24)
DAY: Final = timedelta(days=1)

VIEWS: Final = {
    "all": _("All open"),
    "soon": _("Due soon"),
    "overdue": _("Overdue"),
    "new": _("New"),
    "waiting": _("Waiting for the citizen"),
    "second": _("Waiting for a second person"),
    "mine": _("Mine"),
}


class Place(NamedTuple):
    """Where a page ends: the next one begins after it."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{round(self.at.timestamp() * 1_000_000)}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Return the place that an address names, or None for one that is none."""
        due, _dash, pk = text.partition("-")
        if not (due.isascii() and due.isdigit() and pk.isascii() and pk.isdigit()):
            return None
        if len(due) > 17 or len(pk) > 18:
            return None
        return cls(
            datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(due)), int(pk)
        )


@dataclass(frozen=True)
class Page:
    """One page of the queue, and where the next one begins."""

    rows: list[Complaint]
    after: Place | None


def at_and_below(paths: Iterable[str]) -> ComplaintQuerySet:
    """Return the complaints held at or below these paths; none without a path.

    The same prefixes as ``visible_to``, from postings that were read already.
    """
    reach = Q(pk__in=[])
    for path in paths:
        reach |= Q(holder_path__below=path)
    return Complaint.objects.filter(reach)


def narrow(
    cases: ComplaintQuerySet, view: str, *, user: User, at: datetime
) -> ComplaintQuerySet:
    """Return the open cases of one of ``VIEWS``; an unknown one counts as all."""
    running = ~Q(status=Status.WAITING_CITIZEN)
    wanted = {
        # Said of the place in the queue, too, so that its index begins and ends there:
        # it is never later than the due time, and less than a day earlier.
        "soon": running
        & Q(due_at__gte=at, due_at__lt=at + SOON)
        & Q(queue_at__gte=at - DAY, queue_at__lt=at + SOON),
        "overdue": running & Q(due_at__lt=at, queue_at__lt=at),
        "new": Q(status=Status.RECEIVED),
        "waiting": Q(status=Status.WAITING_CITIZEN),
        "second": Q(status=Status.AWAITING_SECOND),
        "mine": Q(assignee=user),
    }
    return cases.open().filter(wanted.get(view, Q()))


def read_page(cases: ComplaintQuerySet, *, after: Place | None) -> Page:
    """Return a page of cases with all that a row shows, in one statement."""
    if after:
        cases = cases.filter(
            Q(queue_at__gt=after.at) | Q(queue_at=after.at, pk__gt=after.pk),
            # Said twice, so that the index on queue_at begins at the right place.
            queue_at__gte=after.at,
        )
    rows = list(
        cases.select_related("submission", "dose", "assignee")
        .only(
            "number",
            "kind",
            "status",
            "outcome",
            "round",
            "due_at",
            "queue_at",
            "urgent_on",
            "given_on",
            "holder_id",
            "reported_again",
            "submission__code",
            "submission__full_name",
            "submission__born_on",
            "dose__dose_number",
            "assignee__full_name",
        )
        .order_by("queue_at", "pk")[: PAGE + 1]
    )
    more = rows[PAGE:]
    last = rows[PAGE - 1] if more else None
    return Page(rows[:PAGE], Place(last.queue_at, last.pk) if last else None)


def count_views(
    cases: ComplaintQuerySet, *, user: User, at: datetime
) -> dict[str, int]:
    """Count the cases of each view, up to one more than is shown as a number.

    One statement; each count stops early, so a long queue costs no more.
    """
    parts: list[str] = []
    params: list[Any] = []
    for number, view in enumerate(VIEWS):
        limited = narrow(cases, view, user=user, at=at).order_by()
        sql, values = limited.values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) v{number})")
        params += values
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        return dict(zip(VIEWS, cursor.fetchone(), strict=True))


def search(cases: ComplaintQuerySet, text: str) -> ComplaintQuerySet:
    """Return the cases, open or ended, that a code, telephone, number or name means."""
    code = codes.clean(text).partition("-")[0][: codes.LENGTH]
    if codes.is_valid(code):
        return cases.filter(submission__code=code)
    wanted = Q(pk__in=[])
    try:
        digests = crypto.digests("phone", phones.normalise(text))
    except phones.NotAPhone:
        digests = []
    if digests:
        wanted |= Q(submission__phone_digest__in=digests)
    if any(letter.isdigit() for letter in text):
        numbers = identity.number_digests(text)
        wanted |= Q(submission__national_id_digest__in=numbers)
        wanted |= Q(submission__person__documents__number_digest__in=numbers)
        # A person may have the same number twice, as written and as restored.
        return cases.filter(pk__in=cases.filter(wanted).values("pk"))
    folded = names.fold(text)
    if folded:
        wanted |= Q(submission__name_folded__contains=folded)
    return cases.filter(wanted)


def next_after(cases: ComplaintQuerySet, complaint: Complaint) -> Complaint | None:
    """Return the case that is due first among the open ones, other than this one."""
    return (
        cases.open()
        .exclude(pk=complaint.pk)
        .exclude(status=Status.WAITING_CITIZEN)
        .select_related("submission")
        .order_by("queue_at", "pk")
        .first()
    )
