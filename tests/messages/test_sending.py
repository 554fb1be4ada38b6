"""Messages go out once, by the chosen ways, never by night, to whom they concern."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as django_mail

from complaints.actions import addresses, casework, citizen
from complaints.models import MailAddress, Message
from complaints.rules.refused import Refused
from portal.accounts import codes, contact
from portal.common import outbox
from portal.common.models import DemoMessage, Outbox
from tests.factories import (
    NOON,
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")
NIGHT = datetime(2026, 11, 2, 22, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
MORNING = datetime(2026, 11, 3, 7, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
OTHER_PHONE = "+84900000999"


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


def drain(at=NOON):
    for queue in ("route", "population", "route", "notify"):
        outbox.drain(queue=queue, at=at)


def settle(case, nurse, at=NOON):
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    casework.accept(complaint_id=case.pk, by=nurse, at=at)
    casework.resolve(
        complaint_id=case.pk, verdicts=verdicts, proof="slip_seen", by=nurse, at=at
    )


def proved_address(submission, address="lan@example.vn", at=NOON):
    row = addresses.ask(submission, address, at=at)
    addresses.confirm(row, at=at)
    return row


# By night -----------------------------------------------------------------------------


def test_by_night_a_message_waits_for_the_morning(gateway, site):
    submit(missing_dose(site), at=NIGHT)
    drain(NIGHT)
    drain(MORNING - timedelta(seconds=1))
    assert gateway.sent == []

    drain(MORNING)

    assert len(gateway.sent) == 2
    assert not Message.objects.exclude(state="sent").exists()
    assert not Outbox.objects.exclude(dead_at=None).exists()


def test_by_night_a_code_goes_out_at_once(gateway):
    codes.issue(
        purpose="look_up",
        subject="079158012345",
        person_id=7,
        telephone=OTHER_PHONE,
        language="vi",
        at=NIGHT,
    )

    outbox.drain(queue="notify", at=NIGHT)

    assert len(gateway.sent) == 1


def test_by_night_the_warning_of_a_change_of_telephone_goes_out_at_once(gateway):
    """Whoever sleeps through it may lose the hours in which it can be stopped."""
    person = make_person()
    contact.ask(
        person_id=person.pk,
        phone="+84900000777",
        way=contact.Way.BOTH_PHONES,
        language="vi",
        at=NIGHT,
    )
    drain(NIGHT)

    assert len(gateway.sent) == 2


def test_the_demos_page_wakes_nobody_and_shows_messages_by_night(site):
    submit(missing_dose(site), at=NIGHT)
    drain(NIGHT)

    assert DemoMessage.objects.count() == 2


# What is kept of a message ------------------------------------------------------------


def test_tries_the_gateways_id_and_the_reason_of_trouble_are_kept(gateway, site):
    gateway.gives_ids = True
    submit(missing_dose(site))
    gateway.answers = [503]
    outbox.drain(queue="route", at=NOON)
    outbox.drain(queue="notify", at=NOON)
    troubled = Message.objects.exclude(trouble="").get()
    assert (troubled.state, troubled.attempts) == ("waiting", 1)
    assert troubled.trouble == "status_503"

    drain(NOON + timedelta(minutes=1))

    troubled.refresh_from_db()
    assert (troubled.state, troubled.attempts, troubled.trouble) == ("sent", 2, "")
    assert troubled.provider_id.startswith("gw-")


def test_the_senders_choice_of_letters_and_language_holds(gateway, site):
    submitted = submit(missing_dose(site))
    citizen.choose_news(
        submission_id=submitted.submission.pk, language="vi", has_accents=True
    )
    drain()
    citizen.choose_news(
        submission_id=submitted.submission.pk, language="en", has_accents=False
    )
    citizen.withdraw(complaint_id=only_complaint(submitted).pk, at=NOON)
    drain()

    texts = gateway.texts()
    assert texts[0].startswith("[TIÊM CHỦNG] Đã nhận phản ánh")
    assert texts[-1].startswith("[VACCINATION] Report")


# Reported again -----------------------------------------------------------------------


def test_who_reports_again_is_told_so_under_a_code_of_ones_own(gateway, site):
    person = make_person()
    submit(missing_dose(site), sender=sender_for(person))
    drain()
    again = submit(
        missing_dose(site), sender=sender_for(person, phone=OTHER_PHONE), at=NOON
    )
    gateway.sent = []

    drain()

    [(_headers, body)] = gateway.sent
    code = again.submission.code
    assert body["to"] == OTHER_PHONE
    assert f"{code[:4]} {code[4:8]} {code[8:]}." in body["text"]


def test_the_result_is_told_on_each_telephone_once(gateway, site):
    person, nurse = make_person(), make_staff(site)
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    for phone in (OTHER_PHONE, OTHER_PHONE, "+84900000215"):
        submit(missing_dose(site), sender=sender_for(person, phone=phone))
    drain()
    gateway.sent = []

    settle(case, nurse)
    drain()
    assert gateway.sent == [], "it may be taken back yet"
    drain(NOON + timedelta(seconds=31))

    told = sorted(body["to"] for _headers, body in gateway.sent)
    assert told == ["+84900000215", OTHER_PHONE]
    theirs = next(b["text"] for _h, b in gateway.sent if b["to"] == OTHER_PHONE)
    first = case.submission.code
    assert f"{first[:4]} {first[4:8]}" not in theirs


# E-mail -------------------------------------------------------------------------------


def test_an_address_gets_nothing_but_the_question_until_it_is_confirmed(site):
    submitted = submit(missing_dose(site))
    addresses.ask(submitted.submission, "lan@example.vn", at=NOON)

    drain()

    [letter] = django_mail.outbox
    assert letter.to == ["lan@example.vn"]
    assert re.search(r"/thu/[\w-]{32}/", letter.body)
    assert not Message.objects.filter(channel="email").exists()


def test_a_confirmed_address_gets_each_step_as_text_and_html(site):
    submitted = submit(missing_dose(site))
    proved_address(submitted.submission)

    drain()

    letters = django_mail.outbox[1:]
    assert len(letters) == Message.objects.filter(channel="email").count() == 2
    assert all(kind == "text/html" for m in letters for _c, kind in m.alternatives)
    ids = {m.extra_headers["Message-ID"] for m in letters}
    assert len(ids) == 2
    assert Message.objects.filter(channel="sms", state="sent").count() == 2


def test_another_address_takes_the_place_of_the_first(site):
    submission = submit(missing_dose(site)).submission
    first = proved_address(submission)
    proved_address(submission, "minh@example.vn")

    in_use = MailAddress.objects.proved().get()
    assert in_use.address == "minh@example.vn"
    first.refresh_from_db()
    assert first.stopped_at is not None
    drain()
    drain()
    told = [m for m in django_mail.outbox if "địa chỉ khác" in m.subject]
    assert [m.to for m in told] == [["lan@example.vn"]]
    # It only tells: nothing can be pressed by whoever else reads it.
    assert "http" not in told[0].body


def test_the_telephone_is_told_once_by_day_that_an_address_was_added(gateway, site):
    submission = submit(missing_dose(site)).submission
    drain()
    row = addresses.ask(submission, "lan@example.vn", at=NIGHT)
    gateway.sent = []

    addresses.confirm(row, at=NIGHT)
    addresses.confirm(row, at=NIGHT)
    drain(NIGHT)
    assert gateway.sent == []
    drain(MORNING)
    drain(MORNING)

    [text] = gateway.texts()
    assert "cung duoc gui den mot dia chi thu" in text


def test_a_stopped_address_gets_no_more(site):
    submission = submit(missing_dose(site)).submission
    row = proved_address(submission)
    addresses.stop(row, at=NOON)

    drain()

    assert not Message.objects.filter(channel="email").exists()
    assert addresses.by_token(row.token, at=NOON) is None


def test_a_link_that_nobody_used_ends_after_a_week(site):
    submission = submit(missing_dose(site)).submission
    row = addresses.ask(submission, "lan@example.vn", at=NOON)
    later = NOON + addresses.LIFETIME + timedelta(minutes=1)

    assert addresses.by_token(row.token, at=NOON) == row
    assert addresses.by_token(row.token, at=later) is None


def test_five_addresses_a_day_are_enough(site):
    submission = submit(missing_dose(site)).submission
    for n in range(addresses.A_DAY):
        addresses.ask(submission, f"lan{n}@example.vn", at=NOON)

    with pytest.raises(Refused):
        addresses.ask(submission, "lan@example.vn", at=NOON)


def test_a_mail_server_that_is_away_holds_up_no_text_message(site, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    submission = submit(missing_dose(site)).submission
    proved_address(submission)

    drain()

    states = set(Message.objects.values_list("channel", "state"))
    assert states == {("sms", "sent"), ("email", "waiting")}
    assert not Outbox.objects.exclude(dead_at=None).exists()


def test_the_demo_keeps_e_mails_sealed_and_once(site, settings):
    settings.EMAIL_BACKEND = "portal.common.mail.DemoBackend"
    submission = submit(missing_dose(site)).submission
    proved_address(submission)

    drain()
    Message.objects.filter(channel="email").update(state="waiting", sent_at=None)
    Outbox.objects.filter(kind="message").update(done_at=None)
    drain()

    kept = DemoMessage.objects.filter(channel="email")
    assert kept.count() == 3
    assert all(b"lan@example.vn" not in bytes(row.to_sealed) for row in kept)
