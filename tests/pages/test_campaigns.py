"""The page of campaigns: whom they cannot read, that they stand still, what is off."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from complaints.actions import campaign_people, campaigns, switches
from complaints.models import Campaign
from portal.common.models import Outbox
from portal.registry import corrections
from portal.registry.models import IdentityDocument
from tests.factories import NOON, make_root, make_staff, make_unit
from tests.pages.test_selfcorrection import RULES, drain, names_of, page, people

pytestmark = pytest.mark.usefixtures("all_rows")


@pytest.fixture
def commune():
    make_root()
    return make_unit("N26740", name="Phường Thử", parent=make_unit())


@pytest.fixture
def boss(client, commune):
    user = make_staff(make_root(), "administrator")
    client.force_login(user)
    return user


def test_one_record_that_cannot_be_read_keeps_nobody_else_from_being_put_right(
    client, commune, boss
):
    """Its number was sealed under a key that is gone."""
    wrong, right = people(commune)
    with corrections.writing("imports"):
        IdentityDocument.objects.filter(person=right).update(number_sealed=b"\x01xyz")

    campaigns.start(rules=["A1"], cap=10, by=boss, at=timezone.now())
    drain(timezone.now())

    campaign = Campaign.objects.get()
    assert names_of(wrong) == ["Trần Thị Hòa"] * 3
    assert (campaign.state, campaign.looked_at, campaign.failed) == ("finished", 3, 1)
    assert "Không xem được hồ sơ của 1 người" in page(client, f"{RULES}dot/")


def test_one_whom_no_unit_answers_for_keeps_no_batch_from_being_done():
    asked = []

    def do(chosen):
        asked.append(list(chosen))
        if 2 in chosen:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return len(chosen)

    assert campaign_people.all_or_each("note", [1, 2, 3], do) == ([1, 1], {2})
    assert asked == [[1, 2, 3], [1], [2], [3]]


def test_a_campaign_that_stands_still_says_so_and_goes_on(client, commune, boss):
    wrong, _right = people(commune)
    begun = campaigns.start(rules=["A1"], cap=10, by=boss, at=timezone.now())
    assert "đang đứng yên" not in page(client, f"{RULES}dot/")
    Outbox.objects.filter(kind="campaign").update(attempts=5, dead_at=timezone.now())

    text = page(client, f"{RULES}dot/")
    assert "đang đứng yên" in text
    assert "every 3s" not in text
    client.post(f"{RULES}dot/", {"move": "resume", "meant": str(begun.pk)})
    drain(timezone.now())

    assert Campaign.objects.get().state == "finished"
    assert names_of(wrong) == ["Trần Thị Hòa"] * 3


def test_a_campaign_that_has_not_moved_for_hours_stands_still(commune, boss):
    people(commune)
    begun = campaigns.start(rules=["A1"], cap=10, by=boss, at=NOON)

    assert not campaigns.stands_still(begun, at=NOON + timedelta(hours=1))
    assert campaigns.stands_still(begun, at=NOON + timedelta(hours=3))


def test_a_campaign_of_rules_that_are_off_does_not_begin(client, commune, boss):
    people(commune)
    switches.switch("A1", is_on=False, reason="Thử", by=boss, at=NOON)
    assert "A1 Cách viết tên, tự sửa, đang tắt" in page(client, f"{RULES}dot/")

    answer = client.post(
        f"{RULES}dot/", {"move": "start", "rules": ["A1", "B4"], "cap": "10"}
    )

    assert answer.status_code == 409
    assert "đều đang tắt" in answer.content.decode()
    assert not Campaign.objects.exists()
