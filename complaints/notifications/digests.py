"""The e-mail that tells staff what is due: counts and a way to the queue, no people.

Vietnamese first and English below it, as nobody's language is kept for staff.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from complaints import policies
from complaints.models import Digest, QuietHours, Reached
from complaints.models.ladder import ABOVE, AT_WORK
from complaints.rules import quiet
from portal.accounts.models import Posting
from portal.common import mail, outbox, providers, scope

logger = logging.getLogger("complaints.digests")

# By clock, whether the due time has passed, and how far above the holder.
_LINES: Final = {
    "vi": {
        "answer:0": "{n} hồ sơ chưa có trả lời đầu tiên (đã qua {share} % thời gian).",
        "answer:1": "{n} hồ sơ của cấp dưới chưa có trả lời đầu tiên.",
        "repair:before:0": "{n} hồ sơ đã qua {share} % thời hạn.",
        "repair:before:1": "{n} hồ sơ của cấp dưới đã qua {share} % thời hạn.",
        "repair:after:0": "{n} hồ sơ quá hạn. Cấp trên đã được báo.",
        "repair:after:1": "{n} hồ sơ của cấp dưới quá hạn. Bạn cũng quyết định được.",
        "away:for": "Tạm nhận hồ sơ của {n} đơn vị cấp dưới chưa có người xử lý.",
        "away:of": "Hồ sơ của đơn vị đã tạm chuyển lên cấp trên.",
        "back:for": "{n} đơn vị cấp dưới đã nhận lại hồ sơ của mình.",
        "back:of": "Hồ sơ chưa xử lý đã được trả lại đơn vị.",
        "glass:now": "{n} hồ sơ của đơn vị được nơi khác mở khẩn cấp để đọc.",
    },
    "en": {
        "answer:0": "{n} cases without a first answer ({share} % of the time is over).",
        "answer:1": "{n} cases below you without a first answer.",
        "repair:before:0": "{n} cases with {share} % of their time over.",
        "repair:before:1": "{n} cases below you with {share} % of their time over.",
        "repair:after:0": "{n} cases are overdue. The level above knows.",
        "repair:after:1": "{n} cases below you are overdue. You may decide them, too.",
        "away:for": "You stand in for {n} bodies below you where nobody works now.",
        "away:of": "Cases of your body are with the level above for now.",
        "back:for": "{n} bodies below you have their cases back.",
        "back:of": "Cases nobody worked on came back to your body.",
        "glass:now": "{n} cases of your unit were opened elsewhere in an emergency.",
    },
}
_SUBJECT: Final = {"vi": "Hồ sơ cần xử lý", "en": "Cases that need you"}
_WAY: Final = {"vi": "Mở danh sách: {address}", "en": "Open the list: {address}"}


def letter(counts: Mapping[str, int], *, language: str = "vi") -> mail.Letter:
    """Return the e-mail for counts by rung (``Digest.counts``)."""
    paragraphs: list[str] = []
    for words in (language, "en" if language == "vi" else "vi"):
        with translation.override(words):
            queue = settings.BASE_URL.rstrip("/") + reverse("casework:queue")
        paragraphs += [*_lines(counts, words), _WAY[words].format(address=queue)]
    subject = f"{_SUBJECT['vi']} / {_SUBJECT['en']}"
    html = render_to_string(
        "messages/letter.html",
        {"subject": subject, "paragraphs": paragraphs, "language": language},
    )
    return mail.Letter(subject, "\n\n".join(paragraphs) + "\n", html)


def _lines(counts: Mapping[str, int], language: str) -> list[str]:
    """Return a sentence for each count, what is worst first."""
    lines = []
    for key, n in sorted(counts.items(), key=lambda item: _rank(item[0])):
        clock, share, last = key.split(":")
        if clock in ("away", "back", "glass"):
            name = f"{clock}:{share}"
        elif clock == "answer":
            name = f"answer:{min(int(last), 1)}"
        else:
            past = "after" if int(share) >= 100 else "before"
            name = f"repair:{past}:{min(int(last), 1)}"
        lines.append(_LINES[language][name].format(n=n, share=share))
    return lines


def _rank(key: str) -> tuple[bool, int]:
    share = key.split(":")[1]
    return not share.isdigit(), -int(share) if share.isdigit() else 0


@outbox.outside_transaction
def deliver(subjects: Sequence[int], *, at: datetime) -> None:
    """Send digests; the outbox's handler. Never outside of the receiver's office hours.

    What the server takes nothing of now, or what came after hours, waits until the
    office opens.
    """
    rows = Digest.objects.filter(pk__in=subjects, sent_at=None, refused_at=None)
    for row in rows.select_related("user", "organization"):
        wait = _until_open(row, at=at)
        if wait:
            outbox.postpone("digest", [row.pk], at=at, delay=wait)
            continue
        try:
            mail.send(row.user.email, letter(row.counts), key=f"digest:{row.pk}")
        except providers.Undelivered as trouble:
            outbox.postpone("digest", [row.pk], at=at, delay=trouble.retry_after)
            continue
        except providers.Undeliverable:
            refuse(row, at=at)
            continue
        with scope.system():
            Digest.objects.filter(pk=row.pk).update(sent_at=at)


def refuse(row: Digest, *, at: datetime) -> None:
    """Note that a digest was refused for good or came back: its reader was not told.

    Whom its rungs were told to is counted without them. Safe to repeat.
    """
    with scope.system():
        fresh = Digest.objects.filter(pk=row.pk, refused_at=None)
        if not fresh.update(refused_at=at):
            return
        theirs = Posting.objects.filter(user=row.user_id).current(at=row.hour)
        until = row.hour + timedelta(hours=1)
        told = Reached.objects.filter(
            told_at__gte=row.since or row.hour, told_at__lt=until, told__gt=0
        )
        for roles, rungs in (
            (AT_WORK, told.filter(levels=0)),
            (ABOVE, told.filter(levels__gt=0)),
        ):
            bodies = theirs.filter(role__in=roles).values("organization")
            rungs.filter(organization__in=bodies).update(told=F("told") - 1)
    logger.error("digest.refused", extra={"subject": row.pk})


def _until_open(row: Digest, *, at: datetime) -> timedelta:
    """Return how long the office stays closed, or the night goes on; zero: now."""
    office = policies.calendar_of(row.organization, at=at)
    night = quiet.until(QuietHours.objects.all(), at=at)
    return max(office.opens(night or at) - at, timedelta(0))
