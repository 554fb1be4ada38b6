"""Owing messages and handing them to who carries them; each once by its key.

By night nothing rings: what is owed between the quiet hours of the policy waits for
their end, one-time codes excepted, which their reader is waiting for.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from complaints import policies
from complaints.choices import UNDOABLE, Actor, Move, Status
from complaints.models import Event, Joining, MailAddress, Message, Submission
from complaints.models import QuietHours as Quiet
from complaints.notifications import composing, returned, texts
from complaints.notifications.special_words import (
    JOINED,
    JOINED_PHOTO,
    LOOKED_AGAIN,
    OPENED_AGAIN,
    OVERDUE_TOP,
)
from complaints.notifications.words import WORDS
from complaints.rules import quiet
from portal.common import codes, crypto, mail, outbox, providers, scope

CITIZEN: Final = "citizen"
SMS: Final = "sms"
EMAIL: Final = "email"
# Staff may take a decision back within this time, before anybody is told.
UNDO: Final = timedelta(seconds=30)
DECISIONS: Final = (Move.RESOLVE, Move.COUNTERSIGN)
# Moves whose notice has words; of a decision it is the outcome that has them.
TELLING: Final = (*DECISIONS, *(move for move in Move if move in WORDS))


def key_of(event: Event) -> str:
    """Return under which key the words of an event stand; '' where it has none."""
    move = Move(event.move)
    key = event.data.get("outcome", "") if move in DECISIONS else move.value
    if move == Move.OVERDUE and not level_above(event):
        key = OVERDUE_TOP
    if move == Move.DISAGREE and event.data.get("after") == Status.LAPSED:
        key = OPENED_AGAIN
    elif move == Move.DISAGREE and event.data.get("stays"):
        key = LOOKED_AGAIN
    return key if key in WORDS else ""


def level_above(event: Event) -> str:
    """Return the name of the body that joined in; '' where there is none above."""
    above: str = event.data.get("above", "")
    # Earlier events of the root name the root itself.
    return "" if above == event.holder.name else above


def _key_for(event: Event, recipient: str) -> str:
    """Return under which key the words for one receiver stand; '' for none."""
    if recipient == CITIZEN:
        return key_of(event)
    if event.move == Move.REFUSE_FILE:
        return JOINED_PHOTO
    return JOINED.get(key_of(event), "")


def notify(events: Sequence[Event], *, at: datetime) -> None:
    """Owe the notices of each event; one already owed stays one."""
    told = [event for event in events if key_of(event)]
    receivers = list(_receivers(told))
    addresses = _addresses({submission.pk for _e, _r, submission in receivers})
    messages: list[Message] = []
    changed = texts.in_force(day=timezone.localdate(at)) if receivers else {}
    for event, recipient, submission in receivers:
        messages += _messages(event, recipient, submission, addresses, changed)
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    delays = {event.pk: _delay(event) for event in told}
    owed = Message.objects.filter(
        event__in=[message.event_id for message in messages], state="waiting"
    ).values_list("pk", "event_id")
    for delay in set(delays.values()):
        subjects = [pk for pk, event in owed if delays[event] == delay]
        if subjects:
            outbox.add("message", subjects, at=at, delay=delay)


def _delay(event: Event) -> timedelta:
    may_go_back = event.move in UNDOABLE and event.actor == Actor.STAFF
    return UNDO if may_go_back else timedelta(0)


def withdraw(event: Event) -> bool:
    """Let nobody be told of an event any more; False where somebody was, or just is.

    Waits for a worker that writes the notices in this moment. Those that were not sent
    are deleted, as nobody ever saw them.
    """
    outbox.withdraw("event", [event.pk])
    notices = list(Message.objects.select_for_update().filter(event=event))
    if any(notice.state != "waiting" or notice.attempts for notice in notices):
        return False
    if not outbox.withdraw("message", [notice.pk for notice in notices]):
        return False
    Message.objects.filter(event=event).delete()
    return True


def _receivers(events: Sequence[Event]) -> Iterator[tuple[Event, str, Submission]]:
    """Yield who is told of each event, under which name.

    Who reported a matter that was open already is told that it was received, of
    questions, and how it ends or goes on; from another telephone only, as the first
    report's own is told anyway. What concerns their own sending is told to them alone.
    """
    joined: dict[int, list[Submission]] = {}
    if any(_concerns_joined(event) for event in events):
        rows = Joining.objects.filter(complaint__in=[e.complaint_id for e in events])
        for row in rows.select_related("submission").order_by("pk"):
            joined.setdefault(row.complaint_id, []).append(row.submission)
    for event in events:
        others = joined.get(event.complaint_id, [])
        sent = event.data.get("submission")
        if sent is not None and event.move in (Move.JOIN, Move.REFUSE_FILE):
            name = CITIZEN if event.move == Move.JOIN else f"joined:{sent}"
            for other in others:
                if other.pk == sent:
                    yield event, name, other
            continue
        own = event.complaint.submission
        yield event, CITIZEN, own
        if key_of(event) in JOINED:
            seen = {_telephone_of(own)}
            for other in others:
                if _telephone_of(other) not in seen:
                    seen.add(_telephone_of(other))
                    yield event, f"joined:{other.pk}", other


def _concerns_joined(event: Event) -> bool:
    """Tell whether somebody else than the first sender may be told of an event."""
    return event.move in (Move.JOIN, Move.REFUSE_FILE) or key_of(event) in JOINED


def _telephone_of(submission: Submission) -> bytes | None:
    """Return what names a submission's telephone; None where it has none."""
    digest = submission.phone_digest
    return None if digest is None else bytes(digest)


def _addresses(submissions: set[int]) -> dict[int, MailAddress]:
    """Return the addresses that were proved and still want e-mails."""
    rows = MailAddress.objects.proved().filter(submission__in=submissions)
    return {row.submission_id: row for row in rows}


def can_reach(submission: Submission) -> bool:
    """Tell whether who sent a report can be told anything: a telephone, an e-mail."""
    return submission.phone_digest is not None or bool(_addresses({submission.pk}))


def _messages(
    event: Event,
    recipient: str,
    submission: Submission,
    addresses: dict[int, MailAddress],
    changed: dict[str, texts.ByLanguage],
) -> Iterator[Message]:
    key, facts = _key_for(event, recipient), _facts(event, submission)
    language = submission.language
    words = changed.get(key, WORDS[key])[language]
    phone = submission.phone
    if phone:
        text = composing.sms(
            key,
            facts,
            language=language,
            accents=submission.has_accents,
            words=words,
        )
        yield _sealed(event, recipient, SMS, phone, text)
    address = addresses.get(submission.pk)
    if address is not None:
        letter = composing.letter(
            key,
            facts,
            language=language,
            stop=stop_address(address, language=language),
            words=words,
        )
        yield _sealed(event, recipient, EMAIL, address.address, mail.pack(letter))


def _sealed(event: Event, recipient: str, channel: str, to: str, text: str) -> Message:
    bound = _bound_to(event.pk, channel)
    return Message(
        event=event,
        recipient=recipient,
        channel=channel,
        to_sealed=crypto.seal(to, bound_to=bound),
        text_sealed=crypto.seal(text, bound_to=bound),
    )


def _bound_to(event_id: int, channel: str) -> str:
    return f"message:{event_id}" + ("" if channel == SMS else f":{channel}")


def _facts(event: Event, submission: Submission) -> composing.Facts:
    complaint = event.complaint
    pretty = codes.pretty(submission.code)
    is_own = submission.pk == complaint.submission_id
    return composing.Facts(
        # A second report has a code of its own and never sees the first one's.
        code=f"{pretty}-{complaint.number}" if is_own else pretty,
        due=timezone.localtime(complaint.due_at).strftime("%H:%M %d/%m/%Y"),
        holder=event.holder.name,
        plain_code=submission.code,
        help=settings.HELP_LINE,
        days=str(policies.of_case(complaint).pause_days)
        if event.move in (Move.ASK, Move.REMIND)
        else "",
        has_phone=submission.phone_digest is not None,
    )


def on_paper(event: Event) -> tuple[str, list[str]]:
    """Return subject and sentences of the notice of an event, as a letter says them.

    The same words as the message, in the language of who reported. Raises LookupError
    for an event that tells nobody anything.
    """
    own = event.complaint.submission
    words = texts.of(key_of(event), day=timezone.localdate(event.at))[own.language]
    return composing.on_paper(_facts(event, own), language=own.language, words=words)


def stop_address(row: MailAddress, *, language: str) -> str:
    """Return the address that proves an e-mail address, and later ends its e-mails."""
    return composing.mail_link(row.token, language=language)


@outbox.outside_transaction
def deliver(subjects: Sequence[int], *, at: datetime) -> None:
    """Send messages that wait. Whoever carries them ignores a key that it has seen.

    Where a carrier takes nothing now the rest of its messages wait, however long that
    lasts; what it will never take is marked as failed.
    """
    waiting = list(
        Message.objects.filter(pk__in=subjects, state="waiting").order_by("pk")
    )
    until = quiet.until(Quiet.objects.all(), at=at)
    away: dict[str, timedelta] = {}
    for message in waiting:
        channel = message.channel
        if until is not None and _rings(channel):
            away.setdefault(channel, until - at)
        if channel in away:
            continue
        try:
            provider_id = _hand_over(message, at=at)
        except providers.Undelivered as trouble:
            away[channel] = trouble.retry_after
            _note(message, attempts=F("attempts") + 1, trouble=str(trouble)[:40])
        except providers.Undeliverable as trouble:
            if channel == EMAIL:
                # The server itself says that there is no such mailbox.
                with scope.system():
                    returned.refused(message, at=at)
            _note(
                message,
                state="failed",
                attempts=F("attempts") + 1,
                trouble=str(trouble)[:40],
            )
        else:
            _note(
                message,
                state="sent",
                sent_at=at,
                attempts=F("attempts") + 1,
                provider_id=provider_id,
                trouble="",
            )
    for channel, delay in away.items():
        rest = Message.objects.filter(
            pk__in=[m.pk for m in waiting], channel=channel, state="waiting"
        ).values_list("pk", flat=True)
        outbox.postpone("message", list(rest), at=at, delay=delay)


def _rings(channel: str) -> bool:
    """Tell whether a message of this channel can wake somebody."""
    return providers.rings() if channel == SMS else mail.reaches_people()


def _hand_over(message: Message, *, at: datetime) -> str:
    bound = _bound_to(message.event_id, message.channel)
    to = crypto.unseal(message.to_sealed, bound_to=bound)
    text = crypto.unseal(message.text_sealed, bound_to=bound)
    key = f"message:{message.pk}"
    if message.channel == SMS:
        return providers.send_sms(to, text, key=key, at=at)
    return mail.send(to, mail.unpack(text), key=key)


def _note(message: Message, **facts: Any) -> None:
    with scope.system():
        Message.objects.filter(pk=message.pk, state="waiting").update(**facts)
