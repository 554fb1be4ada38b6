"""Reminders to staff that no server takes: noted, listed, and told to nobody."""

import smtplib
from datetime import timedelta

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from complaints.actions import clockwork, digests
from complaints.models import Digest, Reached
from complaints.notifications import digests as letters
from complaints.notifications import returned
from portal.common import outbox
from tests.factories import (
    NOON,
    make_organization,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import drain_all
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")
HOUR = timedelta(hours=1)
GONE = "cu@tyt.example"


class Refusing(BaseEmailBackend):
    """A server that knows no mailbox of one name."""

    def send_messages(self, email_messages):
        for message in email_messages:
            if message.to == [GONE]:
                raise smtplib.SMTPRecipientsRefused({GONE: (550, b"no such mailbox")})
        return len(email_messages)


class Away(BaseEmailBackend):
    """A server that does not answer."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError


@pytest.fixture
def station():
    return make_organization(name="Trạm Y tế Hòa Bình")


def sent_to(station, *, number=1, at=NOON):
    case = only_complaint(
        submit(missing_dose(station, given_on=f"2021-08-{number:02}"), at=at)
    )
    drain_all(at)
    return case


def half_an_office_day(station, *, at):
    """Let a case of this noon reach its half, and send what is due."""
    clockwork.run(at=at)
    outbox.drain(queue="notify", at=at)


def told(**facts):
    return list(Reached.objects.filter(**facts).values_list("told", flat=True))


def test_a_mailbox_that_refuses_for_good_was_not_told(station, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    for name in (GONE, "moi@tyt.example"):
        make_staff(station, email=name, username=name[:2])
    sent_to(station)

    half_an_office_day(station, at=NOON + 26 * HOUR)

    refused, sent = Digest.objects.order_by("user__username")
    assert (refused.sent_at, refused.refused_at) == (None, NOON + 26 * HOUR)
    assert (sent.sent_at, sent.refused_at) == (NOON + 26 * HOUR, None)
    assert told() == [1, 1]
    assert GONE not in caplog.text
    assert [row.msg for row in caplog.records if row.name == "complaints.digests"] == [
        "digest.refused"
    ]
    letters.refuse(refused, at=NOON + 27 * HOUR)
    assert told() == [1, 1]


def test_a_reminder_that_comes_back_later_was_not_told_either(station):
    make_staff(station, email=GONE)
    sent_to(station)
    half_an_office_day(station, at=NOON + 26 * HOUR)
    assert told() == [1, 1]
    digest = Digest.objects.get()

    for _time in range(2):
        returned.take(
            key=f"digest:{digest.pk}",
            status="bounced",
            reason="",
            at=NOON + 27 * HOUR,
        )

    digest.refresh_from_db()
    assert digest.refused_at == NOON + 27 * HOUR
    assert told() == [0, 0]


def test_whom_no_reminder_reaches_stands_on_the_page_of_messages(
    client, station, settings
):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    client.force_login(make_staff(make_root(), "administrator"))
    page = text_of(client.get("/quan-tri/tin-nhan/"))
    assert "Mọi lời nhắc đều đã đến" in page
    make_staff(station, email=GONE, full_name="Lê Thị Cũ")
    silent = make_organization(name="Trạm Y tế Không Thư")
    sent_to(station)
    sent_to(silent, number=2)
    half_an_office_day(station, at=NOON + 26 * HOUR)
    assert Digest.objects.update(refused_at=timezone.now()) == 1
    assert Reached.objects.update(told_at=timezone.now()) == 4

    page = text_of(client.get("/quan-tri/tin-nhan/"))

    assert "Lê Thị Cũ" in page
    assert "Trạm Y tế Không Thư" in page
    assert GONE not in page


def test_a_letter_that_waited_is_in_the_next_one(station, settings):
    """The server was away on Tuesday; on Wednesday one letter tells both days."""
    nurse = make_staff(station, email="yta@tyt.example")
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    sent_to(station)
    tuesday = NOON + 20 * HOUR + 6 * HOUR
    half_an_office_day(station, at=tuesday)
    assert Digest.objects.get().sent_at is None
    sent_to(station, number=2, at=tuesday)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    wednesday = tuesday + 24 * HOUR
    assert digests.tell(at=wednesday) == 0, "found first"
    half_an_office_day(station, at=wednesday + HOUR)

    digest = Digest.objects.get(user=nurse)
    assert digest.counts["answer:100:0"] == 2
    assert digest.since == tuesday.replace(minute=0)
    assert digest.sent_at == wednesday + HOUR
    letters.refuse(digest, at=wednesday + 2 * HOUR)
    assert set(told(organization=station)) == {0}
