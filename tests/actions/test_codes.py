"""One-time codes: bound to their row, counted, sent once, alike for hit and miss."""

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
        codes.prove(code_id=row.pk, typed=code, at=NOON)
    assert wrong.value.tries_left == 0


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


def test_a_fourth_code_in_a_day_is_refused_outside_the_demo(settings):
    settings.DEMO = False
    for hour in range(3):
        issue(at=NOON + timedelta(hours=hour))

    with pytest.raises(codes.TooManyCodes) as refused:
        issue(at=NOON + timedelta(hours=3))

    assert refused.value.retry_after == 21 * 3600
    issue(at=NOON + timedelta(hours=25))


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
