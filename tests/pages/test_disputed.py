"""Where two sources disagree, a campaign changes nothing and a person gets to know."""

import pytest

from complaints.actions import campaigns, intake
from complaints.models import Campaign, Prepared, SelfCorrection
from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.registry import corrections
from portal.registry.models import Organization
from tests.actions.test_selfcorrection import NUMBER, lost_zero
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_organization,
    make_staff,
    make_unit,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")
LIST = "/lam-viec/chat-luong/mau-thuan/"


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


def walk(station, *rules):
    boss = make_staff(station, "administrator")
    campaigns.start(rules=rules, cap=10, by=boss, at=NOON)
    for queue in ("report", "population", "route") * 3:
        outbox.drain(queue=queue, at=NOON)
    return Campaign.objects.latest("pk")


def test_what_the_register_contradicts_is_counted_and_listed_by_unit(client, station):
    """Digits say that a zero was lost, the register knows no such person."""
    person = lost_zero(station, known=False)

    campaign = walk(station, "A3")

    assert (campaign.changed, campaign.disputed) == (0, 1)
    assert not SelfCorrection.objects.exists()
    assert not Prepared.objects.exists()
    client.force_login(make_staff(station))
    before = Entry.objects.filter(person=person.pk).count()
    words = text_of(client.get(LIST))
    assert "Nguyễn Thị Thử, 1958" in words
    assert "cấu trúc của số" in words
    assert "cơ sở dữ liệu dân cư" in words
    assert NUMBER[1:] not in words
    assert Entry.objects.filter(person=person.pk).count() == before + 1


def test_the_page_of_campaigns_says_how_many(client, station):
    lost_zero(station, known=False)
    walk(station, "A3")
    client.force_login(make_staff(station.parent, "administrator"))

    assert "1 chỗ hai nguồn nói khác nhau" in text_of(
        client.get("/quan-tri/tu-sua/dot/")
    )


def test_staff_elsewhere_see_none_of_it(client, station):
    lost_zero(station, known=False)
    walk(station, "A3")
    client.force_login(make_staff(make_organization()))

    assert "Nguyễn Thị Thử" not in text_of(client.get(LIST))
    assert client.get(f"{LIST}?organization={station.code}").status_code == 404


def test_what_is_reported_already_is_with_a_person_and_not_listed(station):
    person = lost_zero(station, known=False)
    matter = intake.Matter("wrong_person", {"national_id": NUMBER})
    submit(matter, sender=sender_for(person))

    assert walk(station, "A3").disputed == 0


def test_the_next_campaign_of_the_rule_lists_what_it_finds_itself(client, station):
    person = lost_zero(station, known=False)
    walk(station, "A3")
    walk(station, "A1")
    client.force_login(make_staff(station))
    assert "Nguyễn Thị Thử" in text_of(client.get(LIST))

    put = {"national_id": NUMBER}
    corrections.correct_person(person.pk, put, warrant=TEST_WARRANT, at=NOON)
    walk(station, "A3")

    assert "Nguyễn Thị Thử" not in text_of(client.get(LIST))


def test_whose_record_is_restricted_since_is_not_shown(client, station):
    person = lost_zero(station, known=False)
    walk(station, "A3")
    corrections.restrict(person.pk, warrant=TEST_WARRANT, at=NOON)
    client.force_login(make_staff(station))

    assert "Nguyễn Thị Thử" not in text_of(client.get(LIST))


def test_a_unit_that_moved_takes_its_list_along(client, station):
    lost_zero(station, known=False)
    walk(station, "A3")
    above = make_organization()
    with scope.system():
        body = Organization.objects.get(pk=station.pk)
        body.parent, body.path = above, f"{above.path}{body.pk}/"
        body.save()
    client.force_login(make_staff(above))

    assert "Nguyễn Thị Thử" in text_of(client.get(LIST))
