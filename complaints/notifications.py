"""Telling the citizen: one message per event, recipient and channel, sent once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from complaints.choices import Actor, Move, Outcome
from complaints.models import Event, Message
from portal.common import codes, crypto, outbox, providers, scope

CITIZEN: Final = "citizen"
# Staff may take a decision back within this time, before anybody is told.
UNDO: Final = timedelta(seconds=30)
DECISIONS: Final = (Move.RESOLVE, Move.COUNTERSIGN)

# Without diacritics, within one segment of 160 characters, without health data.
TEXTS: Final[dict[str, dict[str, str]]] = {
    "submit": {
        "vi": "[TIEM CHUNG] Da nhan phan anh {code}. Ket qua truoc {due}."
        " Ban khong phai gui lai. Hoi: {help}.",
        "en": "[VACCINATION] We received report {code}. Result by {due}."
        " No need to send it again. Help: {help}.",
    },
    "route": {
        "vi": "[TIEM CHUNG] Phan anh {code} da chuyen den noi chiu trach nhiem."
        " Ket qua truoc {due}. Hoi: {help}.",
        "en": "[VACCINATION] Report {code} is now with the body that answers for it."
        " Result by {due}. Help: {help}.",
    },
    "ask": {
        "vi": "[TIEM CHUNG] Phan anh {code} can ban bo sung. Mo trang theo doi"
        " bang ma nay de xem va tra loi. Hoi: {help}.",
        "en": "[VACCINATION] Report {code} needs more from you. Open the tracking page"
        " with this code to answer. Help: {help}.",
    },
    "hand_over": {
        "vi": "[TIEM CHUNG] Phan anh {code} da chuyen sang noi khac xu ly."
        " Han van la {due}. Hoi: {help}.",
        "en": "[VACCINATION] Report {code} was handed to another body."
        " It is still due by {due}. Help: {help}.",
    },
    "escalate": {
        "vi": "[TIEM CHUNG] Phan anh {code} da chuyen cap tren. Han van la {due}."
        " Hoi: {help}.",
        "en": "[VACCINATION] Report {code} was passed to the level above."
        " It is still due by {due}. Help: {help}.",
    },
    "overdue": {
        "vi": "[TIEM CHUNG] Xin loi, phan anh {code} da tre han. Cap tren da duoc bao."
        " Ban khong phai gui lai. Hoi: {help}.",
        "en": "[VACCINATION] Sorry, report {code} is overdue. The level above knows."
        " No need to send it again. Help: {help}.",
    },
    "lapse": {
        "vi": "[TIEM CHUNG] Phan anh {code} tam dung vi chua co bo sung."
        " Ban mo lai duoc trong trang theo doi. Hoi: {help}.",
        "en": "[VACCINATION] Report {code} stopped as nothing was added."
        " You can reopen it on the tracking page. Help: {help}.",
    },
    "refuse_file": {
        "vi": "[TIEM CHUNG] Mot anh gui kem phan anh {code} khong dung duoc."
        " Mo trang theo doi de gui anh khac. Hoi: {help}.",
        "en": "[VACCINATION] A photo sent with report {code} cannot be used."
        " Open the tracking page to send another one. Help: {help}.",
    },
    "disagree": {
        "vi": "[TIEM CHUNG] Da nhan y kien cua ban ve {code}. Cap tren xem lai,"
        " ket qua truoc {due}. Hoi: {help}.",
        "en": "[VACCINATION] We received your objection to {code}. The level above"
        " looks again, result by {due}. Help: {help}.",
    },
    Outcome.CORRECTED: {
        "vi": "[TIEM CHUNG] Phan anh {code}: da sua. Hay xem lai va cho biet da dung"
        " chua. Hoi: {help}.",
        "en": "[VACCINATION] Report {code}: corrected. Please look and say whether it"
        " is right now. Help: {help}.",
    },
    Outcome.PARTLY_CORRECTED: {
        "vi": "[TIEM CHUNG] Phan anh {code}: da sua mot phan. Xem ly do trong trang"
        " theo doi. Hoi: {help}.",
        "en": "[VACCINATION] Report {code}: partly corrected. See the reason on the"
        " tracking page. Help: {help}.",
    },
    Outcome.KEPT: {
        "vi": "[TIEM CHUNG] Phan anh {code}: giu nguyen, co ly do trong trang theo doi."
        " Neu chua dung, bam Chua dung. Hoi: {help}.",
        "en": "[VACCINATION] Report {code}: kept as recorded, the reason is on the"
        " tracking page. You may disagree there. Help: {help}.",
    },
    Outcome.ALREADY_CORRECT: {
        "vi": "[TIEM CHUNG] Phan anh {code}: thong tin da dung san. Xem trang theo doi."
        " Hoi: {help}.",
        "en": "[VACCINATION] Report {code}: the record was right already. See the"
        " tracking page. Help: {help}.",
    },
}


def text_for(event: Event, *, help_line: str) -> str | None:
    """Return the words for an event in the citizen's language; None: no notice."""
    move = Move(event.move)
    key = event.data.get("outcome", "") if move in DECISIONS else move.value
    if key not in TEXTS:
        return None
    complaint = event.complaint
    submission = complaint.submission
    return TEXTS[key][submission.language].format(
        code=f"{codes.pretty(submission.code)}-{complaint.number}",
        due=timezone.localtime(complaint.due_at).strftime("%H:%M %d/%m/%Y"),
        help=help_line,
    )


def notify(events: Sequence[Event], *, at: datetime) -> None:
    """Owe the citizen the notice of each event; one already owed stays one."""
    messages, delays = [], {}
    for event in events:
        text = text_for(event, help_line=settings.HELP_LINE)
        if text is None:
            continue
        bound = f"message:{event.pk}"
        messages.append(
            Message(
                event=event,
                recipient=CITIZEN,
                channel="sms",
                to_sealed=crypto.seal(event.complaint.submission.phone, bound_to=bound),
                text_sealed=crypto.seal(text, bound_to=bound),
            )
        )
        is_decision = event.move in DECISIONS and event.actor == Actor.STAFF
        delays[event.pk] = UNDO if is_decision else timedelta(0)
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    owed = Message.objects.filter(
        event__in=[message.event_id for message in messages], state="waiting"
    ).values_list("pk", "event_id")
    for delay in set(delays.values()):
        subjects = [pk for pk, event in owed if delays[event] == delay]
        if subjects:
            outbox.add("message", subjects, at=at, delay=delay)


@outbox.outside_transaction
def deliver(subjects: Sequence[int], *, at: datetime) -> None:
    """Send messages that wait. The provider ignores a key that it has seen.

    Where the provider takes nothing now the rest waits, however long that lasts; what
    it will never take is marked as failed.
    """
    messages = list(Message.objects.filter(pk__in=subjects, state="waiting"))
    for place, message in enumerate(messages):
        bound = f"message:{message.event_id}"
        try:
            providers.send_sms(
                crypto.unseal(message.to_sealed, bound_to=bound),
                crypto.unseal(message.text_sealed, bound_to=bound),
                key=f"message:{message.pk}",
                at=at,
            )
        except providers.Undelivered as trouble:
            rest = [waiting.pk for waiting in messages[place:]]
            outbox.postpone("message", rest, at=at, delay=trouble.retry_after)
            return
        except providers.Undeliverable:
            _settle(message, state="failed", sent_at=None)
        else:
            _settle(message, state="sent", sent_at=at)


def _settle(message: Message, **facts: Any) -> None:
    with scope.system():
        Message.objects.filter(pk=message.pk, state="waiting").update(**facts)
