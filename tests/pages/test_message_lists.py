"""What administrators see of messages: what is stuck, and every step's words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.models import Message
from complaints.notifications.words import WORDS
from portal.common import outbox
from tests.factories import (
    NOON,
    make_organization,
    make_root,
    make_staff,
    missing_dose,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")


@pytest.fixture
def site():
    return make_organization(name="Trạm Y tế Hòa Bình")


@pytest.fixture
def administrator(client):
    client.force_login(make_staff(make_root(), "administrator"))
    return client


def test_what_waits_long_or_failed_is_listed_with_its_reason(
    administrator, gateway, site
):
    # The noon before: nobody is written to at night, and old troubles are left out.
    now = timezone.now()
    at = NOON + (now - NOON) // timedelta(days=1) * timedelta(days=1)
    submit(missing_dose(site), sender=sender_for(), at=at)
    gateway.answers = [422]
    outbox.drain(queue="route", at=at)
    outbox.drain(queue="notify", at=at)
    failed = Message.objects.filter(state="failed")

    page = text_of(administrator.get("/quan-tri/tin-nhan/"))

    assert failed.count() == 1
    assert "status_422" in page
    assert str(failed.get().pk) in page
    assert "900000215" not in page.replace(" ", "")


def test_nothing_stuck_is_said(administrator):
    assert "Không có tin nào bị kẹt" in text_of(
        administrator.get("/quan-tri/tin-nhan/")
    )


@pytest.mark.parametrize("key", WORDS)
def test_every_step_is_shown_as_people_get_it(administrator, site, key):
    page = administrator.get(f"/quan-tri/tin-nhan/{key}/")

    assert page.status_code == 200
    words = text_of(page)
    assert "[TIEM CHUNG]" in words
    assert "[TIÊM CHỦNG]" in words
    assert "[VACCINATION]" in words


def test_a_step_without_words_is_not_found(administrator):
    assert administrator.get("/quan-tri/tin-nhan/accept/").status_code == 404
