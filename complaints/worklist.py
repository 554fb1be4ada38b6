"""The queue of staff: open complaints of their organizations, due first, by keyset.

Within a due day what is urgent comes first: that is what ``queue_at`` holds.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from complaints.choices import OPEN, Status
from complaints.models import Complaint, Evidence, Referral, Submission
from complaints.models.complaint import ComplaintQuerySet
from complaints.models.submission import NameWords
from portal.accounts.models import User
from portal.common import codes, crypto, names, phones
from portal.registry import identity

PAGE: Final = 50
MOST_COUNTED: Final = 1000
# A saved view may fit few cases far down the queue, so that fewer are counted.
MOST_COUNTED_SAVED: Final = 100
MOST_FOUND: Final = 1000
SOON: Final = timedelta(hours=24)
DAY: Final = timedelta(days=1)
_RUNNING: Final = tuple(s for s in OPEN if s != Status.WAITING_CITIZEN)
_NAME_WORD: Final = re.compile(r"[^\W_]+")
# "Nguyễn Văn A, 1980", "Nguyễn Văn A 08/03/1980".
_BORN: Final = re.compile(
    r"(?P<name>[^\d]+?)[\s,(]+"
    r"(?:(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-])?(?P<year>(?:19|20)\d\d)\)?"
)

VIEWS: Final = {
    "all": _("All open"),
    "soon": _("Due soon"),
    "overdue": _("Overdue"),
    "new": _("New"),
    "waiting": _("Waiting for the citizen"),
    "second": _("Waiting for a second person"),
    "mine": _("Mine"),
}


# As the filter "with a photo" has it: one that was refused is none.
_PHOTOS: Final = Evidence.objects.filter(submission=OuterRef("submission")).exclude(
    state=Evidence.State.REFUSED
)
_ASKED: Final = Referral.objects.filter(
    complaint=OuterRef("pk"), state=Referral.State.WAITING
)


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
    return Complaint.objects.filter(below(paths))


def below(paths: Iterable[str]) -> Q:
    """Return the condition that a complaint is held at or below one of these paths."""
    reach = Q(pk__in=[])
    for path in paths:
        reach |= Q(holder_path__below=path)
    return reach


def narrow(
    cases: ComplaintQuerySet, view: str, *, user: User, at: datetime
) -> ComplaintQuerySet:
    """Return the open cases of one of ``VIEWS``; an unknown one counts as all."""
    wanted = {
        "soon": due_between(at, at + SOON),
        "overdue": due_between(None, at),
        "new": Q(status=Status.RECEIVED),
        "waiting": Q(status=Status.WAITING_CITIZEN),
        "second": Q(status=Status.AWAITING_SECOND),
        "mine": Q(assignee=user),
    }
    return cases.open().filter(wanted.get(view, Q()))


def due_between(first: datetime | None, end: datetime | None) -> Q:
    """Return the condition that an open case, its clock running, is due in a time.

    It is said of the place in the queue, too, so that its index begins and ends there:
    that is never later than the due time, and less than a day earlier.
    """
    wanted = Q(status__in=_RUNNING)
    if first is not None:
        wanted &= Q(due_at__gte=first, queue_at__gte=first - DAY)
    if end is not None:
        wanted &= Q(due_at__lt=end, queue_at__lt=end)
    return wanted


def read_page(
    cases: ComplaintQuerySet, *, after: Place | None, size: int | None = None
) -> Page:
    """Return a page of cases with all that a row shows, in one statement.

    ``size``: how many; ``PAGE`` where nothing is said.
    """
    size = PAGE if size is None else size
    if after:
        cases = cases.filter(
            Q(queue_at__gt=after.at) | Q(queue_at=after.at, pk__gt=after.pk),
            # Said twice, so that the index on queue_at begins at the right place.
            queue_at__gte=after.at,
        )
    rows: list[Any] = list(
        cases.annotate(
            has_photo=Exists(_PHOTOS),
            asked_body=Subquery(_ASKED.values("authority_name")[:1]),
        )
        .select_related("submission", "dose__site", "site", "assignee")
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
            "site__name",
            "dose__dose_number",
            "dose__site__name",
            "assignee__full_name",
        )
        .order_by("queue_at", "pk")[: size + 1]
    )
    more = rows[size:]
    last = rows[size - 1] if more else None
    return Page(rows[:size], Place(last.queue_at, last.pk) if last else None)


def search(cases: ComplaintQuerySet, text: str) -> ComplaintQuerySet:
    """Return those of these cases that a code, telephone, number or name means.

    By a name ``MOST_FOUND`` and one more at most: whoever counts that many has not
    found all. Give it cases that are narrowed already, or what fits may not be among
    them.
    """
    code = codes.clean(text).partition("-")[0][: codes.LENGTH]
    if codes.is_valid(code):
        return cases.filter(submission__code=code)
    born = _BORN.fullmatch(text.strip())
    if born and _NAME_WORD.search(born["name"]):
        # As the list names people: a name, then the year or day of birth.
        days = _days_of(born)
        cases = cases.filter(
            Q(submission__born_on__year=int(born["year"]))
            if days is None
            else Q(submission__born_on__in=days)
        )
        text = born["name"]
    if any(letter.isdigit() for letter in text):
        return cases.filter(submission__in=_with_number(text))
    words = _NAME_WORD.findall(names.fold(text))
    if not words:
        return cases.none()
    # The last word may be cut short: it is what is being typed.
    query = SearchQuery(
        " & ".join([*words[:-1], f"{words[-1]}:*"]), config="simple", search_type="raw"
    )
    named = cases.alias(name_words=NameWords("submission__name_folded"))
    # Half of the country is called Nguyễn: so many are found, then put in order.
    found = named.filter(name_words=query).order_by().values("pk")[: MOST_FOUND + 1]
    return Complaint.objects.filter(pk__in=found)


def _days_of(born: re.Match[str]) -> list[date] | None:
    """Return the days that mean the one typed after a name; None where it is a year.

    Where only the year or the month is known it stands as its first day. No day at all
    is meant by one that no calendar has.
    """
    if born["day"] is None:
        return None
    year, month = int(born["year"]), int(born["month"])
    try:
        day = date(year, month, int(born["day"]))
    except ValueError:
        return []
    return sorted({day, date(year, month, 1), date(year, 1, 1)})


def _with_number(text: str) -> QuerySet[Submission, Any]:
    """Return the submissions of a telephone or identity number, new or old.

    Joined sets, as an OR across tables would use none of their indexes.
    """
    numbers = identity.number_digests(text)
    try:
        telephones = crypto.digests("phone", phones.normalise(text))
    except phones.NotAPhone:
        telephones = []
    sent = Submission.objects.order_by().values("pk")
    return sent.filter(phone_digest__in=telephones).union(
        sent.filter(national_id_digest__in=numbers),
        sent.filter(person__documents__number_digest__in=numbers),
    )


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
