"""One-time codes: bound to their row, counted, sent once, alike for hit and miss."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts import codes
from portal.accounts.models import OneTimeCode
from portal.common import crypto, outbox
from portal.common.models import DemoMessage, Outbox
from tests.factories import NOON

pytestmark = pytest.mark.django_db
PHONE = "+84900000215"


@pytest.fixture
def own_keys(settings):
    """Count under keys of this test's own, whatever others counted."""
    settings.INDEX_KEYS = {1: secrets.token_bytes(32)}


def issue(*, subject="079158012345", telephone=PHONE, person=7, at=NOON):
    return codes.issue(
        purpose="look_up",
        subject=subject,
        person_id=person,
        telephone=telephone,
        language="vi",
        at=at,
    )


def sent_code(at=NOON):
    outbox.drain(queue="notify", at=at)
    message = DemoMessage.objects.order_by("-pk")[0]
    bound = f"demo:{message.provider_key}"
    return crypto.unseal(message.code_sealed, bound_to=bound)


def test_the_code_that_was_sent_proves_the_telephone_once():
    row = issue()
    code = sent_code()

    proved = codes.prove(code_id=row.pk, typed=code, at=NOON)

    assert codes.telephone_of(proved) == PHONE
    with pytest.raises(codes.WrongCode) as wrong:
        codes.prove(code_id=row.pk, typed=code, at=NOON + codes.SECOND_TAP)
    assert wrong.value.tries_left == 0


def test_a_second_tap_of_the_right_code_is_right_for_a_minute_from_the_first():
    row = issue()
    code = sent_code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(4):
        with pytest.raises(codes.WrongCode):
            codes.prove(code_id=row.pk, typed=wrong, at=NOON)

    first = codes.prove(code_id=row.pk, typed=code, at=NOON)
    again = codes.prove(code_id=row.pk, typed=code, at=NOON + timedelta(seconds=59))

    assert (first.used_at, again.used_at) == (NOON, NOON)
    for typed in (wrong, code):
        with pytest.raises(codes.WrongCode) as refused:
            codes.prove(code_id=row.pk, typed=typed, at=NOON + timedelta(seconds=59))
        assert refused.value.tries_left == 0


def test_within_the_minute_another_code_is_still_a_wrong_one():
    row = issue()
    code = sent_code()
    codes.prove(code_id=row.pk, typed=code, at=NOON)
    wrong = "000000" if code != "000000" else "111111"

    for left in (3, 2, 1, 0, 0):
        with pytest.raises(codes.WrongCode) as refused:
            codes.prove(code_id=row.pk, typed=wrong, at=NOON)
        assert refused.value.tries_left == left
    with pytest.raises(codes.WrongCode):
        codes.prove(code_id=row.pk, typed=code, at=NOON)


def test_five_wrong_tries_use_the_code_up():
    row = issue()
    code = sent_code()
    other = "000000" if code != "000000" else "111111"
    left = []
    for _ in range(5):
        with pytest.raises(codes.WrongCode) as wrong:
            codes.prove(code_id=row.pk, typed=other, at=NOON)
        left.append(wrong.value.tries_left)

    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(codes.WrongCode):
        codes.prove(code_id=row.pk, typed=code, at=NOON)


def test_a_code_is_dead_after_ten_minutes():
    row = issue()
    code = sent_code()

    with pytest.raises(codes.WrongCode):
        codes.prove(code_id=row.pk, typed=code, at=NOON + timedelta(minutes=10))


def test_a_decoy_takes_the_same_statements_and_waits_in_the_outbox_like_a_code():
    with CaptureQueriesContext(connection) as hit:
        issue(subject="hit")
    with CaptureQueriesContext(connection) as miss:
        row = issue(subject="miss", telephone=None, person=None)

    def shapes(captured):
        return [query["sql"].split(" WHERE ")[0][:40] for query in captured]

    assert shapes(hit) == shapes(miss)
    assert Outbox.objects.filter(kind="code", subject=row.pk).exists()
    outbox.drain(queue="notify", at=NOON)
    assert DemoMessage.objects.count() == 1
    row.refresh_from_db()
    assert row.sent_at is not None


def test_nothing_typed_opens_a_decoy():
    row = issue(telephone=None, person=None)

    for typed in ("000000", "", "+84000000000"):
        with pytest.raises(codes.WrongCode):
            codes.prove(code_id=row.pk, typed=typed, at=NOON)


def test_asking_again_within_a_minute_sends_no_second_message():
    first = issue()
    again = issue(at=NOON + timedelta(seconds=59))
    later = issue(at=NOON + timedelta(seconds=61))

    assert first.pk == again.pk
    assert first.pk != later.pk


def test_a_fourth_code_in_a_day_is_refused_outside_the_demo(settings, own_keys):
    settings.DEMO = False
    for hour in range(3):
        issue(at=NOON + timedelta(hours=hour))

    with pytest.raises(codes.TooManyCodes) as refused:
        issue(at=NOON + timedelta(hours=3))

    assert refused.value.retry_after == 21 * 3600
    issue(at=NOON + timedelta(hours=25))


WAYS = ("079158012345|1958", "nguyen thi thu|1958", "nguyen thi thu|1958-03-08", "x")


def test_a_person_asked_for_in_four_ways_gets_three_codes_a_day(settings, own_keys):
    settings.DEMO = False
    rows = [
        issue(subject=way, at=NOON + n * timedelta(hours=1))
        for n, way in enumerate(WAYS)
    ]
    codes.deliver([row.pk for row in rows], at=NOON + timedelta(minutes=1))

    assert DemoMessage.objects.count() == 3
    # To who asked the fourth is like any other, and nothing fits it.
    assert rows[3].telephone_digest == rows[0].telephone_digest
    assert bytes(rows[3].code_mac) != bytes(rows[0].code_mac)
    assert issue(subject="x", at=rows[3].created_at + timedelta(seconds=9)) == rows[3]


def test_six_people_on_one_telephone_cost_it_ten_messages_a_day(settings, own_keys):
    settings.DEMO = False
    rows = [
        issue(subject=f"{person}|{way}", person=person)
        for person in range(6)
        for way in range(3)
    ]
    codes.deliver([row.pk for row in rows], at=NOON)

    assert DemoMessage.objects.count() == 10


def test_nobody_guesses_more_than_18_times_a_day_at_one_telephone(settings, own_keys):
    settings.DEMO = False
    for n in range(4):
        row = issue(subject=str(n), person=n)
        code = sent_code()
        other = "000000" if code != "000000" else "111111"
        for _ in range(5 if n < 3 else 3):
            with pytest.raises(codes.WrongCode):
                codes.prove(code_id=row.pk, typed=other, at=NOON)

    with pytest.raises(codes.WrongCode) as refused:
        codes.prove(code_id=row.pk, typed=code, at=NOON)

    # As after any wrong try: no page tells that there was a telephone at all.
    assert refused.value.tries_left == 1
    # A day later it is tried anew.
    row = issue(subject="later", person=9, at=NOON + timedelta(days=1))
    outbox.drain(queue="notify", at=NOON + timedelta(days=1))
    later = sent_code(NOON + timedelta(days=1))
    assert codes.prove(code_id=row.pk, typed=later, at=row.created_at) == row


def test_a_typed_telephone_is_told_that_it_got_ten_and_takes_none_from_a_record(
    settings, own_keys
):
    settings.DEMO = False
    for n in range(10):
        row = issue(subject=str(n), person=None)
        assert row.code_sealed is not None
        outbox.drain(queue="notify", at=NOON)

    with pytest.raises(codes.TooManyCodes) as refused:
        issue(subject="more", person=None)

    assert refused.value.retry_after > 0
    assert DemoMessage.objects.count() == 10
    # A record's telephone is counted apart: its limit would tell that there is one.
    assert issue(subject="record").code_sealed is not None


def test_tries_at_codes_that_were_never_sent_lock_nobody_out(settings, own_keys):
    settings.DEMO = False
    rows = [issue(subject=str(n)) for n in range(9)]
    for row in rows[3:]:
        for _ in range(5):
            with pytest.raises(codes.WrongCode):
                codes.prove(code_id=row.pk, typed="000000", at=NOON)

    row = issue(subject="other", person=8)
    assert codes.prove(code_id=row.pk, typed=sent_code(), at=NOON) == row


def test_while_the_country_is_guessed_at_one_wrong_try_uses_a_code_up(
    settings, own_keys, monkeypatch
):
    settings.DEMO = False
    monkeypatch.setattr(codes, "GUESSES", replace(codes.GUESSES, times=2))
    left = []
    for n in range(3):
        row = issue(subject=str(n), telephone=None, person=None)
        with pytest.raises(codes.WrongCode) as wrong:
            codes.prove(code_id=row.pk, typed="000000", at=NOON)
        left.append(wrong.value.tries_left)

    assert left == [4, 4, 0]


@pytest.mark.parametrize("telephone", [PHONE, None])
def test_a_limit_that_is_reached_takes_the_same_statements(
    settings, own_keys, telephone
):
    settings.DEMO = False
    shapes = []
    for n in range(4):
        with CaptureQueriesContext(connection) as captured:
            row = issue(
                subject=str(n),
                telephone=telephone,
                person=7 if telephone else None,
            )
            with pytest.raises(codes.WrongCode):
                codes.prove(code_id=row.pk, typed="", at=NOON)
        shapes.append([query["sql"].split(" WHERE ")[0][:20] for query in captured])

    assert shapes == [shapes[0]] * 4


def test_delivering_twice_sends_once_and_forgets_the_digits():
    row = issue()

    codes.deliver([row.pk], at=NOON)
    codes.deliver([row.pk], at=NOON)

    assert DemoMessage.objects.count() == 1
    assert OneTimeCode.objects.get(pk=row.pk).code_sealed is None


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_message_fits_one_segment_without_diacritics(language, settings):
    text = codes.TEXTS[language].format(code="000000", help="1900 0000")

    assert len(text) <= 160
    assert text.isascii()
    assert not set(text) & set("^{}\\~|`")


def test_a_code_moved_to_another_row_is_worthless():
    mine = issue(subject="mine")
    yours = issue(subject="yours", at=NOON + timedelta(seconds=1))
    OneTimeCode.objects.filter(pk=yours.pk).update(code_mac=mine.code_mac)
    codes.deliver([mine.pk], at=NOON)
    message = DemoMessage.objects.get()
    code = crypto.unseal(message.code_sealed, bound_to=f"demo:{message.provider_key}")

    with pytest.raises(codes.WrongCode):
        codes.prove(code_id=yours.pk, typed=code, at=NOON)
