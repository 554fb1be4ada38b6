"""What rules prepared, on the pages of staff: shown with its ground, one click."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.actions import campaigns, prepared
from complaints.models import Complaint, Prepared
from complaints.rules.refused import Stale
from complaints.views import burndown
from portal.audit.models import Entry
from portal.registry import corrections
from tests.actions.test_prepared import contradicted, drain, report
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_organization,
    make_staff,
    make_unit,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")

DAY = timedelta(days=1)
LIST = "/lam-viec/chat-luong/de-xuat/"


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def nurse(client, station):
    user = make_staff(station)
    client.force_login(user)
    return user


def found_by_campaign(station):
    dose = contradicted(station)
    campaigns.start(
        rules=["B1"], cap=10, by=make_staff(station, "administrator"), at=NOON
    )
    drain()
    return dose


def test_a_case_shows_what_the_rule_found_and_one_click_decides_it(
    client, station, nurse
):
    case = report(contradicted(station), {"product": "spikevax"}, at=timezone.now())
    drain(timezone.now())
    address = f"/lam-viec/ho-so/{case.submission.code}-1/"

    page = client.get(address)

    words = text_of(page)
    assert "Quy tắc đề xuất: Vắc xin" in words
    assert "Lô MOD12 là của Spikevax. Hôm đó ở đó có 5 người khác" in words
    ref = Prepared.objects.get().ref
    done = client.post(
        f"{LIST}{ref}/ghi/", {"on_case": f"{case.submission.code}-1"}, follow=True
    )
    assert done.redirect_chain[-1][0] == address
    assert Complaint.objects.get(pk=case.pk).outcome == "corrected"
    assert "Quy tắc đề xuất" not in text_of(done)


def test_the_list_of_a_unit_shows_each_with_its_ground_and_writes_the_look_down(
    client, station, nurse
):
    dose = found_by_campaign(station)
    before = Entry.objects.filter(person=dose.person_id).count()

    words = text_of(client.get(LIST))

    assert "Nguyễn Thị Thử, 1958" in words
    assert "Spikevax" in words
    assert Entry.objects.filter(person=dose.person_id).count() == before + 1


def test_recorded_refused_and_taken_back_from_the_list(client, station, nurse):
    dose = found_by_campaign(station)
    address = f"{LIST}{Prepared.objects.get().ref}/"

    page = client.post(f"{address}ghi/", follow=True)
    assert "Hồ sơ đã được sửa" in text_of(page)
    dose.refresh_from_db()
    assert dose.product.code == "spikevax"
    page = client.post(f"{address}hoan-tac/", follow=True)
    assert "việc này mở lại" in text_of(page)
    client.post(f"{address}giu-nguyen/")

    assert Prepared.objects.get().state == "refused"
    assert "Cán bộ" not in text_of(client.get(LIST))
    assert nurse.full_name in text_of(client.get(f"{LIST}?state=decided"))


def test_a_click_that_comes_too_late_changes_nothing(client, station, nurse):
    found_by_campaign(station)
    address = f"{LIST}{Prepared.objects.get().ref}/"
    client.post(f"{address}giu-nguyen/")

    page = client.post(f"{address}ghi/", follow=True)

    assert "Việc này vừa được quyết định" in text_of(page)
    assert Prepared.objects.get().state == "refused"


def test_staff_elsewhere_and_overseers_decide_nothing(client, station):
    found_by_campaign(station)
    address = f"{LIST}{Prepared.objects.get().ref}/ghi/"

    for user in (
        make_staff(make_organization()),
        make_staff(station, "overseer"),
        make_staff(station, "clerk"),
    ):
        client.force_login(user)
        assert client.post(address).status_code == 404
    assert Prepared.objects.get().state == "open"


def test_the_rules_page_counts_what_staff_made_of_it(client, station, nurse):
    found_by_campaign(station)
    client.post(f"{LIST}{Prepared.objects.get().ref}/ghi/")
    client.force_login(make_staff(station.parent, "administrator"))

    words = text_of(client.get("/quan-tri/tu-sua/"))

    assert "1 trên 1" in words


def test_the_curve_of_the_past_stays_whatever_is_found_again_or_falls_away(
    station, nurse
):
    """A second campaign, a report of the same, and a record that moved on since."""
    dose = found_by_campaign(station)
    boss = make_staff(station, "administrator")
    fifth = timezone.localdate(NOON + 5 * DAY)
    campaigns.start(rules=["B1"], cap=10, by=boss, at=NOON + 10 * DAY)
    drain(NOON + 10 * DAY)
    assert left_on(station, fifth) == 1

    report(dose, {"product": "spikevax"}, at=NOON + 12 * DAY)
    assert left_on(station, fifth) == 1
    corrections.correct_dose(
        dose.pk, {"lot": "KHAC1"}, warrant=TEST_WARRANT, at=NOON + 13 * DAY
    )
    with pytest.raises(Stale):
        prepared.accept(Prepared.objects.get().ref, by=nurse, at=NOON + 14 * DAY)

    assert Prepared.objects.get().state == "gone"
    assert left_on(station, fifth) == 1
    assert left_on(station, timezone.localdate(NOON + 15 * DAY)) == 0


def left_on(station, day):
    return dict(burndown._by_day(station, last=day))[day]


def test_what_is_left_goes_down_as_it_is_decided(client, station, nurse):
    found_by_campaign(station)
    client.force_login(make_staff(station.parent, "overseer"))
    before = text_of(client.get("/quan-tri/tu-sua/con-lai/"))

    prepared.accept(Prepared.objects.get().ref, by=nurse, at=timezone.now())
    after = text_of(client.get("/quan-tri/tu-sua/con-lai/"))

    assert f"{station.name} 1 0 0 0" in before
    assert f"{station.name} 0 1 0 100" in after
    assert client.get("/quan-tri/tu-sua/con-lai/?organization=NO").status_code == 404
