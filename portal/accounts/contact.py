"""Changing the telephone on record: at both ends, with a wait where proof is weak.

By e-ID, at the counter, or with the old telephone still in hand it is done at once; by
the facts of a slip it waits (72 h, ``Deadline``). Either way the old contact is told,
and can say "this was not me": what waits is stopped, what is done is undone. While
that is possible a change that was done at once keeps the record closed to the new
telephone alone (domain paper c7: the hold).
"""

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import deadlines
from portal.accounts.models import ContactChange, ContactNotice, Deadline, User
from portal.common import codes, crypto, outbox, phones, providers
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, Warrant
from portal.registry.models import Correction, Person

logger = logging.getLogger("accounts.contact")

Code = Deadline.Code
State = ContactChange.State
Way = ContactChange.Way
Words = ContactNotice.Words

# One segment of 160 characters with an address of up to 30; no health data, and the
# link signs nobody in (ux paper, section 9).
TEXTS: Final = {
    (Words.ASKED, True): {
        "vi": "[TIEM CHUNG] Co nguoi xin doi so nay sang so khac. Khong phai ban? Chan"
        " truoc {due}: {link} Hoi: {help}.",
        "en": "[VACCINATION] Somebody asks to replace this number. Not you? Stop it"
        " before {due}: {link} Help: {help}.",
    },
    (Words.ASKED, False): {
        "vi": "[TIEM CHUNG] Da nhan yeu cau doi so. So nay duoc dung tu {due} neu"
        " khong ai chan lai. Hoi: {help}.",
        "en": "[VACCINATION] We received your change of number. It is used from {due}"
        " unless somebody stops it. Help: {help}.",
    },
    (Words.DONE, True): {
        "vi": "[TIEM CHUNG] So nay da duoc thay bang so khac. Khong phai ban? Bao"
        " truoc {until}: {link} Hoi: {help}.",
        "en": "[VACCINATION] This number was replaced by another. Not you? Say so"
        " before {until}: {link} Help: {help}.",
    },
    (Words.DONE, False): {
        "vi": "[TIEM CHUNG] Tu nay chung toi nhan tin den so nay. Hoi: {help}.",
        "en": "[VACCINATION] From now on we write to this number. Help: {help}.",
    },
    (Words.STOPPED, True): {
        "vi": "[TIEM CHUNG] Viec doi so da duoc chan. So nay van duoc dung."
        " Hoi: {help}.",
        "en": "[VACCINATION] The change of number was stopped. This number stays in"
        " use. Help: {help}.",
    },
    (Words.STOPPED, False): {
        "vi": "[TIEM CHUNG] Viec doi so da bi chan tu so cu. Neu do la so cua ban, hay"
        " den tram y te voi can cuoc. Hoi: {help}.",
        "en": "[VACCINATION] The change of number was stopped from the old one. Go to"
        " a health station with your identity card. Help: {help}.",
    },
    (Words.FAILED, False): {
        "vi": "[TIEM CHUNG] Chua doi duoc so tren ho so cua ban. Hay den tram y te"
        " voi can cuoc. Hoi: {help}.",
        "en": "[VACCINATION] The number on your record was not changed. Go to"
        " a health station with your identity card. Help: {help}.",
    },
}


class CannotChange(Exception):
    """The telephone is not changed; the message says why, to the citizen."""


def ask(
    *,
    person_id: int,
    phone: str,
    way: str,
    language: str,
    by: User | None = None,
    document: str = "",
    at: datetime,
) -> ContactChange:
    """Take a change of contact; the caller has proved ``way`` and the new telephone.

    By a slip's facts it waits; by the other ways it is done at once, and ends one that
    waits. Raise CannotChange where it is the contact already, or one waits already.
    """
    person = Person.objects.get(pk=person_id)
    old = corrections.read_person(person, "phone")
    if old == phone:
        raise CannotChange(_("This telephone is on the record already."))
    waiting = ContactChange.objects.filter(person=person, state=State.WAITING)
    if way == Way.PAPER and waiting.exists():
        raise CannotChange(
            _("Another change is waiting already. Or go to a health station.")
        )
    is_at_once = way != Way.PAPER
    due_at = at if is_at_once else deadlines.end(Code.CONTACT_WAIT, at=at)
    change = ContactChange(
        code=codes.new_code(),
        person=person,
        way=way,
        document=document,
        language=language,
        by=by,
        requested_at=at,
        due_at=due_at,
        stoppable_until=due_at + deadlines.length(Code.CONTACT_HOLD, at=at),
    )
    change.new_sealed = crypto.seal(phone, bound_to=f"contact:new:{change.ref}")
    if old:
        change.old_sealed = crypto.seal(old, bound_to=f"contact:old:{change.ref}")
    try:
        with transaction.atomic():
            if is_at_once:
                for earlier in waiting.select_for_update():
                    _end(earlier, at=at)
            change.save()
    except IntegrityError as error:
        raise CannotChange(
            _("Another change is waiting already. Or go to a health station.")
        ) from error
    if is_at_once:
        _apply(change, at=at)
    else:
        delay = change.due_at - at
        outbox.add("contact_due", [change.pk], at=at, delay=delay)
        _tell(change, Words.ASKED, at=at)
    return change


def apply_due(
    subjects: Iterable[int],
    *,
    require_free: Callable[[ContactChange], None],
    at: datetime,
) -> None:
    """Write the changes that have waited long enough; those that may not be now, end.

    ``require_free`` raises CannotChange for these; who asked is told. Safe to run
    twice: what is not waiting any more, or not yet due, is left alone.
    """
    rows = ContactChange.objects.select_for_update().filter(
        pk__in=subjects, state=State.WAITING, due_at__lte=at
    )
    for change in rows.order_by("pk"):
        try:
            with transaction.atomic():
                require_free(change)
                _apply(change, at=at)
        except (CannotChange, CannotCorrect, Person.DoesNotExist):
            change.state = State.FAILED
            change.applied_at = change.correction = None
            change.save(update_fields=["state"])
            _tell(change, Words.FAILED, at=at)


def stoppable(code: str, *, at: datetime) -> ContactChange | None:
    """Return the change that a code of the old contact can still stop, if any."""
    return ContactChange.objects.filter(
        code=code,
        state__in=(State.WAITING, State.APPLIED),
        stoppable_until__gt=at,
    ).first()


def stop(*, code: str, at: datetime) -> ContactChange | None:
    """Stop a change, or undo it, on the word of the old contact; None if too late.

    Raise CannotCorrect where the record has another telephone by now.
    """
    with transaction.atomic():
        change = stoppable(code, at=at)
        if change is None:
            return None
        change = ContactChange.objects.select_for_update().get(pk=change.pk)
        if change.state not in (State.WAITING, State.APPLIED):
            return None
        if change.correction is not None:
            corrections.undo(
                change.correction,
                warrant=Warrant(Correction.Reason.UNDO, f"contact {change.pk}"),
                at=at,
            )
        _end(change, at=at)
        outbox.add("contact_goes_back", [change.pk], at=at)
        _tell(change, Words.STOPPED, at=at)
    return change


def held_until(person_id: int, *, at: datetime) -> datetime | None:
    """Return until when a new telephone alone does not open the record, None if it may.

    Whoever changed it: a case, a rule or the citizen at once. A change that waited
    before it was written is not held again, nor is one that was taken back.
    """
    hold = deadlines.length(Code.CONTACT_HOLD, at=at)
    recent = Correction.objects.filter(
        target=Correction.Target.PERSON,
        target_id=person_id,
        operation=Correction.Operation.CHANGE,
        applied_at__gt=at - hold,
        correction=None,
    ).exclude(contact_change__way=Way.PAPER)
    ends = [row.applied_at + hold for row in recent if "phone" in row.after]
    return max(ends, default=None)


def changed_since(people: Collection[int], *, since: datetime) -> set[int]:
    """Return on which of these records the contact was changed after an instant.

    By whatever way, also where it had waited before: who holds the new telephone may
    ask for other changes only now. What was taken back does not count.
    """
    recent = Correction.objects.filter(
        target=Correction.Target.PERSON,
        target_id__in=list(people),
        operation=Correction.Operation.CHANGE,
        applied_at__gt=since,
        correction=None,
    )
    return {row.target_id for row in recent if "phone" in row.after}


@outbox.outside_transaction
def deliver(subjects: Iterable[int], *, at: datetime) -> None:
    """Send notices that were not sent yet. The outbox's handler; safe to run twice."""
    rows = ContactNotice.objects.filter(pk__in=subjects, sent_at=None)
    for notice in rows.select_related("change").order_by("pk"):
        change = notice.change
        try:
            providers.send_sms(
                change.old if notice.is_to_old else change.new,
                text_of(notice),
                key=f"contact:{notice.pk}",
                at=at,
            )
        except providers.Undelivered as trouble:
            outbox.postpone(
                "contact_notice", [notice.pk], at=at, delay=trouble.retry_after
            )
            continue
        except providers.Undeliverable:
            logger.info("contact.undeliverable")
        ContactNotice.objects.filter(pk=notice.pk).update(sent_at=at)


def text_of(notice: ContactNotice) -> str:
    """Return the words of a notice in the language in which it was asked for."""
    change = notice.change
    return TEXTS[Words(notice.words), notice.is_to_old][change.language].format(
        until=_moment(change.stoppable_until),
        due=_moment(change.due_at),
        link=f"{settings.BASE_URL.rstrip('/')}/k/{change.code}/",
        help=settings.HELP_LINE,
    )


def masked(change: ContactChange) -> str:
    """Return the new telephone as its owner knows it again."""
    return phones.mask(change.new)


def _apply(change: ContactChange, *, at: datetime) -> None:
    change.correction = corrections.change_contact(
        change.person_id,
        change.new,
        warrant=Warrant(
            Correction.Reason.CONTACT,
            f"{change.way} {change.pk}",
            proposed_by=change.by_id,
        ),
        at=at,
    )
    change.state, change.applied_at = State.APPLIED, at
    change.save(update_fields=["state", "applied_at", "correction"])
    # What was reported with the old telephone follows to the new one.
    outbox.add("contact_follows", [change.pk], at=at)
    _tell(change, Words.DONE, at=at)


def _end(change: ContactChange, *, at: datetime) -> None:
    change.state, change.stopped_at = State.STOPPED, at
    change.save(update_fields=["state", "stopped_at"])


def _tell(change: ContactChange, words: str, *, at: datetime) -> None:
    """Owe both ends their notice, where there are words and a telephone for it."""
    ends = [False, *([True] if change.old_sealed is not None else [])]
    ContactNotice.objects.bulk_create(
        [
            ContactNotice(change=change, is_to_old=is_to_old, words=words)
            for is_to_old in ends
            if (words, is_to_old) in TEXTS
        ],
        ignore_conflicts=True,
    )
    owed = change.notices.filter(words=words).values_list("pk", flat=True)
    outbox.add("contact_notice", list(owed), at=at)


def _moment(value: datetime) -> str:
    # 160 signs are few: the year is known.
    return timezone.localtime(value).strftime("%H:%M %d/%m")
