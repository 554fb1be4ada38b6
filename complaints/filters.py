"""What the queue is narrowed to: read from an address, kept in it, saved as a view.

Nothing here is personal: words of a search never stand in an address.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, Subquery
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from complaints import worklist
from complaints.choices import OPEN, Kind, Status
from complaints.models import Evidence
from complaints.models.complaint import ComplaintQuerySet
from portal.accounts.models import User
from portal.common import codes, phones
from portal.common.forms import DayField, PartialDate, whole_date
from portal.registry import national_id

DUE: Final = {
    "overdue": _("Overdue"),
    "today": _("Still due today"),
    "soon": _("Due within 24 hours"),
    "later": _("Due later than that"),
    "urgent": _("Urgent"),
}
WAITS: Final = {
    "us": _("Us"),
    "citizen": _("The citizen"),
    "authority": _("Another authority"),
    "second": _("A second person of ours"),
}
PHOTO: Final = {"yes": _("With a photo"), "no": _("Without a photo")}
AGAIN: Final = {"yes": _("Reported again")}
ASSIGNEE: Final = {"me": _("Me"), "nobody": _("Nobody yet")}
KINDS: Final = dict(Kind.choices)
CHOICES: Final[dict[str, Mapping[str, str | Promise]]] = {
    "view": worklist.VIEWS,
    "kind": KINDS,
    "due": DUE,
    "waits": WAITS,
    "photo": PHOTO,
    "again": AGAIN,
}
MOST_LETTERS: Final = 40
_DAY_TYPED: Final = re.compile(
    r"(?:\d{1,2}[/.-])?\d{1,2}[/.-]\d{4}|\d{4}-\d{1,2}-\d{1,2}"
)
_FIRST_DOSES: Final = date(2020, 1, 1)
_DAY: Final = DayField(allow_partial=True, is_recent=True, required=False)


@dataclass(frozen=True)
class Filters:
    """What is wanted; each empty one leaves all. They hold together, by "and".

    ``site`` and ``unit`` are codes of organizations, ``day`` a day, month or year in
    ISO text, ``assignee`` "me", "nobody" or an account's reference.
    """

    view: str = "all"
    kind: str = ""
    due: str = ""
    waits: str = ""
    photo: str = ""
    again: str = ""
    site: str = ""
    day: str = ""
    lot: str = ""
    assignee: str = ""
    unit: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """Return those that narrow anything, by name, in the order of the page."""
        usual = Filters()
        return {
            name: value
            for name, value in asdict(self).items()
            if value != getattr(usual, name)
        }

    @property
    def query(self) -> str:
        """Return them as an address holds them; the same ones give the same text."""
        return urlencode(self.chosen)

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing but a built-in view is chosen."""
        return not set(self.chosen) - {"view"}

    @property
    def needs_names(self) -> bool:
        """Tell whether a unit, site or colleague is among them, to be named."""
        return bool(self.unit or self.site or self.assignee not in ("", *ASSIGNEE))

    def without(self, name: str) -> Self:
        """Return the others."""
        return replace(self, **{name: getattr(Filters(), name)})

    def narrow(
        self,
        cases: ComplaintQuerySet,
        *,
        path: str | None,
        user: User,
        at: datetime,
        also_ended: bool = False,
    ) -> ComplaintQuerySet:
        """Return the cases that fit; ``path``: that of ``unit``, None where unknown.

        An unknown unit has no cases. ``also_ended``: for a search, which looks for what
        has ended, too, and in all views.
        """
        if not also_ended:
            cases = worklist.narrow(cases, self.view, user=user, at=at)
        if self.unit:
            if path is None:
                return cases.none()
            cases = cases.filter(holder_path__below=path)
        return cases.filter(self._wanted(user=user, at=at))

    def _wanted(self, *, user: User, at: datetime) -> Q:
        wanted = Q()
        if self.kind:
            wanted &= Q(kind=self.kind)
        if self.due:
            wanted &= due(self.due, at=at)
        if self.waits:
            wanted &= Q(status__in=_WAITING_FOR[self.waits])
        if self.photo:
            photos = Evidence.objects.filter(submission=OuterRef("submission"))
            one = photos.exclude(state=Evidence.State.REFUSED).values("pk")[:1]
            # Not EXISTS, which is made a join: then the photos of the whole country
            # are read for the few cases of a station.
            wanted &= Q(IsNull(Subquery(one), self.photo == "no"))
        if self.again:
            wanted &= Q(reported_again__gt=0)
        if self.site:
            wanted &= Q(site__code=self.site)
        if self.day:
            day = _day(self.day)
            wanted &= Q(given_on__range=(day.first(), day.last()))
        if self.lot:
            wanted &= Q(lot=self.lot)
        if self.assignee == "me":
            wanted &= Q(assignee=user)
        elif self.assignee == "nobody":
            wanted &= Q(assignee=None)
        elif self.assignee:
            wanted &= Q(assignee__ref=self.assignee)
        return wanted


_WAITING_FOR: Final = {
    "us": (Status.RECEIVED, Status.IN_REVIEW),
    "citizen": (Status.WAITING_CITIZEN,),
    "authority": (Status.WAITING_AUTHORITY,),
    "second": (Status.AWAITING_SECOND,),
}


def read(data: Mapping[str, str]) -> tuple[Filters, dict[str, str]]:
    """Return the filters of an address and, by name, what is wrong with the others.

    A view that is not known is all of them; every other filter that is not understood
    is told, as leaving it out would show, and move, more cases than were meant.
    """
    found: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name in Filters.__dataclass_fields__:
        text = data.get(name, "").strip()
        if not text or (name == "view" and text not in worklist.VIEWS):
            continue
        try:
            found[name] = _READ.get(name, _code)(name, text)
        except ValidationError as error:
            wrong[name] = " ".join(error.messages)
    return Filters(**found), wrong


def meant_by(words: str, *, among: ComplaintQuerySet, on: date) -> dict[str, str]:
    """Return the filter that a search means: a day given, or a lot of an open case.

    Nothing for all else, which may be personal and has to stay out of addresses: a day
    on which no dose was given is one of birth, a number may be somebody's telephone or
    identity number though it was written into the box of a lot once.
    """
    if _DAY_TYPED.fullmatch(words):
        chosen, wrong = read({"day": words})
        if wrong or not _FIRST_DOSES <= _day(chosen.day).first() <= on:
            return {}
        return {"day": chosen.day}
    lot = "".join(words.upper().split())
    if not any(letter.isdigit() for letter in lot) or len(lot) > 30:
        return {}
    if codes.is_valid(codes.clean(words)) or _is_somebodys(words):
        return {}
    return {"lot": lot} if among.open().filter(lot=lot).exists() else {}


def _is_somebodys(words: str) -> bool:
    """Tell whether this has the shape of a telephone or an identity number."""
    try:
        phones.normalise(words)
    except phones.NotAPhone:
        return national_id.read(words).kind in ("pin12", "cmnd9")
    return True


def due(word: str, *, at: datetime) -> Q:
    """Return the condition of one of ``DUE``, open cases only."""
    if word == "urgent":
        return Q(status__in=OPEN, urgent_on__isnull=False)
    first, last = {
        "overdue": (None, at),
        "today": (at, _midnight(at)),
        "soon": (at, at + worklist.SOON),
        "later": (at + worklist.SOON, None),
    }[word]
    return worklist.due_between(first, last)


def _midnight(at: datetime) -> datetime:
    day = timezone.localtime(at)
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _choice(name: str, text: str) -> str:
    if text not in CHOICES[name]:
        raise ValidationError(_now("Choose one of the list."))
    return text


def _code(_name: str, text: str) -> str:
    """Return a code as it was chosen from a list; whether it is known shows later."""
    if len(text) > MOST_LETTERS or not text.isprintable():
        raise ValidationError(_now("Choose one of the list."))
    return text


def _lot(_name: str, text: str) -> str:
    """Return a lot as it is kept: capital letters, no spaces."""
    lot = "".join(text.upper().split())
    if len(lot) > 30:
        raise ValidationError(_now("A lot number has 30 letters and digits at most."))
    return lot


def _day_text(_name: str, text: str) -> str:
    return str(_day(text))


def _day(text: str) -> PartialDate:
    """Return a day, month or year; raise ValidationError with words for none."""
    boxes = [text[:MOST_LETTERS], "", ""]
    found: PartialDate = _DAY.clean(whole_date(boxes) or boxes)
    return found


def _assignee(_name: str, text: str) -> str:
    if text in ASSIGNEE:
        return text
    try:
        return str(UUID(text))
    except ValueError:
        raise ValidationError(_now("Choose one of the list.")) from None


_READ: Final[dict[str, Any]] = {
    **dict.fromkeys(CHOICES, _choice),
    "day": _day_text,
    "lot": _lot,
    "assignee": _assignee,
}
