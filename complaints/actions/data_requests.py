"""Asking that one's data be used less, and answering that in time.

The law gives two working days for a first answer and fifteen days for the rest, with
one extension (Decree 356/2025; the figures are rows of ``accounts.Deadline``).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.actions.moving import require_text
from complaints.models import DataRequest
from complaints.owndata import looks
from complaints.rules.refused import Refused
from portal.accounts import deadlines
from portal.accounts.models import Deadline, User
from portal.common import crypto, outbox, providers, scope
from portal.registry import corrections
from portal.registry.corrections import Warrant
from portal.registry.models import Correction, Person

Code = Deadline.Code
Kind = DataRequest.Kind
Outcome = DataRequest.Outcome
MOST_SHOWN: Final = 200

TEXTS: Final = {
    "request_taken": "[TIEM CHUNG] Da nhan yeu cau ve du lieu cua ban. Tra loi truoc"
    " {due}. Xem trong Du lieu cua toi. Hoi: {help}.",
    "request_extended": "[TIEM CHUNG] Yeu cau ve du lieu can them thoi gian, den {due}."
    " Xem ly do trong Du lieu cua toi. Hoi: {help}.",
    "request_answered": "[TIEM CHUNG] Yeu cau ve du lieu cua ban da duoc tra loi. Xem"
    " trong Du lieu cua toi. Hoi: {help}.",
}


def ask(*, person_id: int, kind: str, text: str, at: datetime) -> DataRequest:
    """Take a request. Raise Refused where one of this kind is open already."""
    text = require_text(text, message=_("Say what you want, in your own words."))
    made = DataRequest(
        person_id=person_id,
        kind=kind,
        asked_at=at,
        answer_by=deadlines.end(Code.REQUEST_ANSWER, at=at),
        due_at=deadlines.end(Code.REQUEST_DONE, at=at),
    )
    made.text_sealed = crypto.seal(text, bound_to=f"request:text:{made.ref}")
    try:
        with scope.system(), transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise Refused(
            _("A request like this is open already. You see below when it is due.")
        ) from error
    return made


def of_person(person_id: int) -> list[DataRequest]:
    """Return what somebody asked for, newest first."""
    with scope.system():
        people = looks.people_of(person_id)
        rows = DataRequest.objects.filter(person__in=people).order_by("-pk")
        return list(rows[:MOST_SHOWN])


def to_answer() -> list[DataRequest]:
    """Return the requests that wait, due first; for administrators."""
    with scope.system():
        rows = DataRequest.objects.filter(outcome="").select_related("person")
        return list(rows.order_by("due_at", "pk")[:MOST_SHOWN])


def found(ref: str) -> DataRequest:
    """Return a request for who answers it. Raise DataRequest.DoesNotExist."""
    with scope.system():
        return DataRequest.objects.select_related("person", "answered_by").get(ref=ref)


def take(*, ref: str, at: datetime) -> DataRequest:
    """Give the first answer: it was read, and by when it is decided."""
    with scope.system():
        row = _locked(ref)
        if row.taken_at is None:
            row.taken_at = at
            row.save(update_fields=["taken_at"])
            outbox.add("request_taken", [row.pk], at=at)
    return row


def extend(*, ref: str, reason: str, at: datetime) -> DataRequest:
    """Take longer, once and before it is due, with the reason told.

    Raise Refused for a second extension or one that comes too late.
    """
    reason = require_text(reason, message=_("Say why it takes longer."))
    with scope.system():
        row = _locked(ref)
        if row.extended_at is not None:
            raise Refused(_("It was extended once; the law allows no second time."))
        if at > row.due_at:
            raise Refused(_("It is overdue: answer it now."))
        row.extended_at = at
        row.taken_at = row.taken_at or at
        row.extension_sealed = crypto.seal(
            reason, bound_to=f"request:extension:{row.ref}"
        )
        row.due_at = deadlines.end(Code.REQUEST_EXTENSION, at=row.due_at)
        row.save(
            update_fields=["extended_at", "taken_at", "extension_sealed", "due_at"]
        )
        outbox.add("request_extended", [row.pk], at=at)
    return row


def answer(
    *, ref: str, outcome: str, words: str, by: User, at: datetime
) -> DataRequest:
    """Decide a request, with reasons; a granted restriction is put on the record.

    A restricted record is in no file that is given out, and nothing is concluded from
    it for others (``exports``, ``matching``).
    """
    words = require_text(words, message=_("Write the answer and its reason."))
    with scope.system():
        row = _locked(ref)
        row.outcome, row.answered_by, row.ended_at = outcome, by, at
        row.taken_at = row.taken_at or at
        row.answer_sealed = crypto.seal(words, bound_to=f"request:answer:{row.ref}")
        row.save()
        if row.kind == Kind.RESTRICT and outcome == Outcome.GRANTED:
            _restrict(row, by=by, at=at)
        outbox.add("request_answered", [row.pk], at=at)
    return row


def _locked(ref: str) -> DataRequest:
    row = DataRequest.objects.select_for_update().get(ref=ref)
    if row.outcome:
        raise Refused(_("This request was answered already."))
    return row


def _restrict(row: DataRequest, *, by: User, at: datetime) -> None:
    person = Person.objects.get(pk=row.person_id)
    if person.is_restricted:
        return
    corrections.restrict(
        row.person_id,
        warrant=Warrant(
            Correction.Reason.REQUEST, f"request {row.pk}", proposed_by=by.pk
        ),
        at=at,
    )


@outbox.outside_transaction
def tell_taken(subjects: Iterable[int], *, at: datetime) -> None:
    """Say that a request was read. The outbox's handler."""
    _tell("request_taken", subjects, at=at)


@outbox.outside_transaction
def tell_extended(subjects: Iterable[int], *, at: datetime) -> None:
    """Say that it takes longer. The outbox's handler."""
    _tell("request_extended", subjects, at=at)


@outbox.outside_transaction
def tell_answered(subjects: Iterable[int], *, at: datetime) -> None:
    """Say that there is an answer. The outbox's handler."""
    _tell("request_answered", subjects, at=at)


def _tell(kind: str, subjects: Iterable[int], *, at: datetime) -> None:
    """Send one text message each; the provider takes each key once."""
    with scope.system():
        rows = list(DataRequest.objects.filter(pk__in=list(subjects)))
        people = {
            person.pk: corrections.read_person(person, "phone")
            for person in Person.objects.filter(pk__in=[row.person_id for row in rows])
        }
    for row in rows:
        telephone = people[row.person_id]
        if not telephone:
            continue
        due = timezone.localtime(row.due_at).strftime("%d/%m/%Y")
        text = TEXTS[kind].format(due=due, help=settings.HELP_LINE)
        try:
            providers.send_sms(telephone, text, key=f"{kind}:{row.pk}", at=at)
        except providers.Undelivered as trouble:
            outbox.postpone(kind, [row.pk], at=at, delay=trouble.retry_after)
        except providers.Undeliverable:
            # Whoever asked reads it on the page; nobody can be written to here.
            continue
