"""One-time codes: issued to a telephone, proved by whoever reads them there.

A look-up that matched nobody gets a decoy: the same statements and the same piece of
waiting work, so that nobody learns from a page whether a record exists (trust, T1).
Figures of T2: six digits, 10 minutes, 5 tries, 3 codes a day and subject.

Whoever is asked for in several ways (by number, by name, by telephone, by the year of
birth alone) is several subjects, so the person and the telephone have limits besides.
These refuse without a word: a page that said so would tell that there is a record.
A telephone that was typed has a count of its own and is told: it hangs on no record.
"""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import OneTimeCode
from portal.common import crypto, outbox, providers, throttle
from portal.common.throttle import Limit

logger = logging.getLogger("accounts.codes")

# What stands for a code that was never sent; no code has it.
UNSENT: Final = bytes(32)

LIFETIME: Final = timedelta(minutes=10)
RESEND_AFTER: Final = timedelta(seconds=60)
# A slow page is tapped again: for so long the right code is right once more.
SECOND_TAP: Final = timedelta(seconds=60)
TRIES: Final = 5
A_DAY: Final = 3
# A name with a year or month of birth alone is asked for by many people a day.
A_DAY_OF_MANY: Final = 30
DAY: Final = timedelta(days=1)
PERSON_A_DAY: Final = Limit("code_person", A_DAY, DAY)
# A family shares a telephone; six people with three codes each would be 18 messages.
TELEPHONE_A_DAY: Final = Limit("code_telephone", 10, DAY)
TYPED_A_DAY: Final = Limit("code_typed", 10, DAY)
# 18 tries at 10**6 codes are 1.8 in 100,000 a day; T2 asks for less than 2.
TRIES_A_DAY: Final = Limit("code_tries", 18, DAY)
# Of the whole country: 10,000 wrong tries an hour open one record in 100 hours. Above
# it one wrong try uses a code up, which slows whoever guesses to a fifth (trust, T3).
GUESSES: Final = Limit("code_guesses", 10_000, timedelta(hours=1))
Purpose = OneTimeCode.Purpose

# Without diacritics and within one segment of 160 characters of GSM-7; people are
# told in both languages never to read a code out to anybody.
TEXTS: Final = {
    "vi": "[TIEM CHUNG] Ma xac thuc cua ban la {code}, dung trong 10 phut."
    " Khong doc ma nay cho ai. Can giup: {help}.",
    "en": "[TIEM CHUNG] Your code is {code}, good for 10 minutes."
    " Do not read it to anybody. Help: {help}.",
}


class WrongCode(Exception):
    """What was typed is not the code, or the code is used up (``tries_left`` 0)."""

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__(tries_left)


class TooManyCodes(Exception):
    """This subject was sent as many codes as a day allows; ``retry_after`` seconds."""

    message = _(
        "Three codes were sent today. Try again tomorrow, or call the help line."
    )

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(retry_after)


def issue(
    *,
    purpose: str,
    subject: str,
    person_id: int | None,
    telephone: str | None,
    language: str,
    a_day: int = A_DAY,
    at: datetime,
) -> OneTimeCode:
    """Make a code for a telephone, or a decoy where there is none, and owe its sending.

    Within a minute the same code is given back instead of a new one. ``subject`` is
    what was asked for, found or not, ``a_day`` times at most. Raise TooManyCodes. Where
    the person or the telephone on record got enough already, nothing is sent and
    nothing fits. The demo has no such limits.
    """
    subject_digest = crypto.digest(f"code:{purpose}", subject)
    telephone_digest = crypto.digest("phone", telephone) if telephone else None
    recent = OneTimeCode.objects.filter(
        subject_digest=subject_digest, created_at__gt=at - timedelta(days=1)
    )
    today = recent.aggregate(
        n=Count("pk"),
        fresh=Count("pk", filter=Q(created_at__gt=at - RESEND_AFTER, used_at=None)),
    )
    if today["fresh"]:
        last = recent.order_by("-created_at")[0]
        is_same = (
            last.person == person_id
            and _bytes(last.telephone_digest) == telephone_digest
            and last.attempts < TRIES
        )
        if is_same:
            return last
    if today["n"] >= a_day and not settings.DEMO:
        oldest = recent.order_by("created_at")[0]
        wait = oldest.created_at + timedelta(days=1) - at
        raise TooManyCodes(max(60, int(wait.total_seconds())))
    code = f"{secrets.randbelow(10**6):06d}"
    bound = _bound_to(subject_digest, at)
    sealed = crypto.seal(code, bound_to=bound)
    telephone_sealed = crypto.seal(telephone or "+84000000000", bound_to=bound)
    mac = crypto.code_mac(code, bound_to=bound)
    if telephone_digest and person_id is None:
        may_send = True
        _count_typed(telephone_digest, at=at)
    else:
        may_send = _may_send(person_id, telephone_digest or subject_digest, at=at)
    row = OneTimeCode.objects.create(
        purpose=purpose,
        subject_digest=subject_digest,
        person=person_id,
        telephone_sealed=telephone_sealed if telephone else None,
        telephone_digest=telephone_digest,
        code_sealed=sealed if telephone and may_send else None,
        code_mac=mac if may_send else UNSENT,
        language=language,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    outbox.add("code", [row.pk], at=at)
    return row


def _count_typed(digest: bytes, *, at: datetime) -> None:
    """Count a code to a telephone that was typed. Raise TooManyCodes."""
    if not settings.DEMO:
        verdict = throttle.take(TYPED_A_DAY, digest.hex(), at=at)
        if not verdict.allowed:
            raise TooManyCodes(verdict.retry_after)


def _may_send(person_id: int | None, digest: bytes, *, at: datetime) -> bool:
    """Count a code of a person and of a telephone; tell whether both may have it.

    A decoy is counted as well, under what was asked for, by the same statements.
    """
    if settings.DEMO:
        return True
    person = str(person_id) if person_id is not None else digest.hex()
    of_person = throttle.take(PERSON_A_DAY, person, at=at)
    of_telephone = throttle.take(TELEPHONE_A_DAY, digest.hex(), at=at)
    return of_person.allowed and of_telephone.allowed


def prove(*, code_id: int, typed: str, at: datetime) -> OneTimeCode:
    """Use up a code. Raise WrongCode with the tries that are left.

    Within a minute the same right code is taken again, as by a second tap: then
    ``used_at`` is that of the first.
    The count of tries is kept by the caller's transaction, so the caller must catch
    the exception inside it. A decoy has a code like any other, which nobody was sent.
    After 18 tries a day at codes of one telephone, right or wrong, none is right.
    """
    with transaction.atomic():
        row = OneTimeCode.objects.select_for_update().get(pk=code_id)
        is_again = row.used_at is not None and at - row.used_at < SECOND_TAP
        is_unused = row.used_at is None and row.attempts < TRIES
        # The fifth try may have been the right one.
        is_alive = at < row.expires_at and (
            is_unused or (is_again and row.attempts <= TRIES)
        )
        if is_alive:
            row.attempts += 1
            bound = _bound_to(bytes(row.subject_digest), row.created_at)
            is_right = crypto.code_matches(bytes(row.code_mac), typed, bound_to=bound)
            is_right = is_right and row.telephone_sealed is not None
            is_right = _may_try(row, at=at) and is_right
            if is_right:
                row.used_at = row.used_at or at
            elif _is_guessed_at(at=at):
                row.attempts = TRIES
            row.save(update_fields=["attempts", "used_at"])
    if not is_alive:
        raise WrongCode(0)
    if not is_right:
        raise WrongCode(max(0, TRIES - row.attempts))
    return row


def _may_try(row: OneTimeCode, *, at: datetime) -> bool:
    """Count a try at a telephone's codes, or at a decoy's; tell whether it counts.

    A code that was never sent is a decoy, too, and costs the telephone no tries.
    """
    was_sent = bytes(row.code_mac) != UNSENT
    digest = bytes((was_sent and row.telephone_digest) or row.subject_digest)
    return settings.DEMO or throttle.take(TRIES_A_DAY, digest.hex(), at=at).allowed


def _is_guessed_at(*, at: datetime) -> bool:
    """Count a wrong try; tell whether there are more than people's slips explain."""
    if settings.DEMO:
        return False
    verdict = throttle.take(GUESSES, "everybody", at=at)
    if not verdict.allowed:
        logger.warning("codes.guessed_at")
    return not verdict.allowed


def telephone_of(row: OneTimeCode) -> str:
    """Return the telephone that a code went to, as E.164; '' for a decoy."""
    if row.telephone_sealed is None:
        return ""
    bound = _bound_to(bytes(row.subject_digest), row.created_at)
    return crypto.unseal(row.telephone_sealed, bound_to=bound)


@outbox.outside_transaction
def deliver(subjects: list[int], *, at: datetime) -> None:
    """Send codes that were not sent yet, and forget their digits; skip decoys.

    Safe to run twice: the provider takes each key once. An expired code is not sent.
    """
    for row in OneTimeCode.objects.filter(pk__in=subjects, sent_at=None):
        if row.code_sealed is not None and at < row.expires_at:
            try:
                _send(row, row.code_sealed, at=at)
            except providers.Undelivered as trouble:
                outbox.postpone("code", [row.pk], at=at, delay=trouble.retry_after)
                continue
            except providers.Undeliverable:
                logger.info("code.undeliverable")
        OneTimeCode.objects.filter(pk=row.pk).update(sent_at=at, code_sealed=None)


def _send(row: OneTimeCode, sealed: bytes | memoryview, *, at: datetime) -> None:
    bound = _bound_to(bytes(row.subject_digest), row.created_at)
    code = crypto.unseal(sealed, bound_to=bound)
    providers.send_sms(
        telephone_of(row),
        TEXTS[row.language].format(code=code, help=settings.HELP_LINE),
        key=f"code:{row.pk}",
        code=code,
        at=at,
    )


def _bound_to(subject_digest: bytes, created_at: datetime) -> str:
    """Name the row before it has a key: its subject and its instant."""
    return f"onetimecode:{subject_digest.hex()}:{created_at.timestamp():.6f}"


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
