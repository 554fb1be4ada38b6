"""The pages of the rules and campaigns: who sees what, and what a button does."""

import re

import pytest
from django.utils import timezone

from complaints.actions import campaigns, intake, switches
from complaints.models import Campaign, CampaignBatch, SelfCorrection
from complaints.views import campaigns as campaign_pages
from complaints.views import selfcorrection_changes
from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.models import Person
from tests.factories import (
    NOON,
    TEST_WARRANT,
    knows,
    make_dose,
    make_organization,
    make_person,
    make_root,
    make_staff,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

RULES = "/quan-tri/tu-sua/"
NUMBER = "079158012345"
NAME = "Nguyễn Thị Thử"


@pytest.fixture
def commune():
    make_root()
    return make_unit("N26740", name="Phường Thử", parent=make_unit())


@pytest.fixture
def boss(client, commune):
    user = make_staff(make_root(), "administrator")
    client.force_login(user)
    return user


def settled_also(commune):
    """Let a report be settled beside what a campaign did; return its row."""
    number = "079158012388"
    knows(number, NAME, "1958-03-08", "F")
    person = make_person(NAME, national_id=number[1:], phone="+84900000777")
    with scope.system():
        case = only_complaint(
            submit(
                intake.Matter("wrong_person", {"national_id": number}),
                sender=sender_for(person),
            )
        )
    drain()
    with scope.system():
        return SelfCorrection.objects.select_related("complaint__submission").get(
            complaint=case
        )


def drain(at=NOON, rounds=6):
    for _ in range(rounds):
        for queue in ("report", "population", "route", "notify"):
            outbox.drain(queue=queue, at=at)


def settled(commune):
    """Let a report be settled by rule A3; return its row."""
    knows(NUMBER, NAME, "1958-03-08", "F")
    person = make_person(national_id=NUMBER[1:], residence=commune)
    matter = intake.Matter("wrong_person", {"national_id": NUMBER})
    with scope.system():
        only_complaint(submit(matter, sender=sender_for(person)))
    drain()
    with scope.system():
        return SelfCorrection.objects.get()


def page(client, address=RULES, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_list_names_every_rule_and_what_waits_to_be_looked_at(
    client, commune, boss
):
    settled(commune)

    text = page(client)

    assert "A3 Số bị mất số 0 ở đầu" in text
    assert "B7 Một người có hai hồ sơ" in text
    assert "1 lần sửa đang chờ" in text


def test_a_rule_shows_a_masked_change_and_takes_a_finding(client, commune, boss):
    row = settled(commune)
    text = page(client, f"{RULES}A3/")
    assert NUMBER not in text
    assert NAME in text

    client.post(f"{RULES}xem-lai/{row.ref}/", {"finding": "wrong", "against": "paper"})

    with scope.system():
        row.refresh_from_db()
    assert row.finding == "wrong"
    assert "Quy tắc đã tự dừng" in page(client, f"{RULES}A3/")


def test_switching_needs_a_reason_and_acts_at_once(client, commune, boss):
    refused = client.post(f"{RULES}A3/", {"is_on": "no", "reason": ""})
    assert refused.status_code == 422
    assert "Nêu lý do bật hoặc tắt" in refused.content.decode()

    done = client.post(f"{RULES}A3/", {"is_on": "no", "reason": "Thử nghiệm"})

    assert done.status_code == 303
    assert not switches.state_of("A3", at=timezone.now()).is_on
    assert "Thử nghiệm" in page(client, f"{RULES}A3/")


def test_taking_back_is_one_button(client, commune, boss):
    row = settled(commune)

    assert client.post(f"{RULES}hoan-tac/{row.ref}/").status_code == 303

    with scope.system():
        row.refresh_from_db()
    assert row.undone_at is not None


def test_an_overseer_of_another_province_sees_no_change_of_this_one(client, commune):
    row = settled(commune)
    elsewhere = make_unit("N01", name="Hà Nội")
    client.force_login(make_staff(make_organization(province=elsewhere), "overseer"))

    assert NAME not in page(client, f"{RULES}A3/")
    found = {"finding": "wrong", "against": "paper"}
    assert client.post(f"{RULES}xem-lai/{row.ref}/", found).status_code == 404
    assert client.get(f"{RULES}lan-sua/{row.ref}/").status_code == 404
    assert client.get(f"{RULES}lan-sua/").content.decode().count(str(row.ref)) == 0


def test_a_change_is_looked_at_with_all_that_it_can_be_held_against(
    client, commune, boss
):
    row = settled(commune)
    with scope.system():
        make_dose(row.person, make_organization(), lot="L77")
    address = f"{RULES}lan-sua/{row.ref}/"

    text = page(client, address)
    assert "L77" in text
    assert "Cơ sở dữ liệu dân cư xác nhận" in text
    assert NUMBER not in text
    before = Entry.objects.filter(subject="complaints.rule_open").count()
    opened = client.post(address)

    assert NUMBER in opened.content.decode()
    assert "no-store" in opened["Cache-Control"]
    looks = Entry.objects.filter(subject="complaints.rule_open")
    assert looks.count() == before + 1


def test_a_finding_says_what_it_was_held_against(client, commune, boss):
    row = settled(commune)

    refused = client.post(f"{RULES}xem-lai/{row.ref}/", {"finding": "right"})
    assert refused.status_code == 422
    assert "đã đối chiếu với gì" in refused.content.decode()
    client.post(
        f"{RULES}xem-lai/{row.ref}/", {"finding": "right", "against": "register"}
    )

    with scope.system():
        row.refresh_from_db()
    assert (row.finding, row.checked_against) == ("right", "register")


def test_changes_are_found_by_rule_and_by_report_page_by_page(
    client, commune, boss, monkeypatch
):
    monkeypatch.setattr(selfcorrection_changes, "PAGE", 2)
    people(commune)
    client.post(f"{RULES}dot/", {"move": "start", "rules": ["A1"], "cap": "10"})
    drain(timezone.now())
    row = settled_also(commune)

    def listed(**query):
        text = client.get(f"{RULES}lan-sua/", query).content.decode()
        return set(re.findall(r"lan-sua/([0-9a-f-]{36})/", text)), text

    every, text = listed(rule="A1")
    (after,) = re.findall(r"after=(\d+)", text)
    rest, _text = listed(rule="A1", after=after)
    assert (len(every), len(rest), every & rest) == (2, 1, set())
    code = row.complaint.submission.code
    assert listed(report=f"{code[:4]} {code[4:]}-1")[0] == {str(row.ref)}
    assert NAME not in listed()[1]


def people(commune, n=3):
    """Make people with decomposed names, and one on whose record all is right."""
    wrong = [
        make_person(f"Trần Thị Số {k}", national_id=None, phone=f"+8490000010{k}")
        for k in range(n)
    ]
    right = make_person(residence=commune)
    with_marks = "Trần Thị Hoà"
    _raw_name([p.pk for p in wrong], with_marks)
    return wrong, right


def _raw_name(keys, name):
    """Write a name as a load of a whole country does: as it came."""

    with corrections.writing("imports"):
        Person.objects.filter(pk__in=keys).update(full_name=name)


def names_of(rows):
    return [
        Person.objects.values_list("full_name", flat=True).get(pk=p.pk) for p in rows
    ]


def test_a_campaign_puts_records_right_tells_the_people_and_is_taken_back(
    client, commune, boss
):
    wrong, right = people(commune)
    before = Person.objects.get(pk=right.pk).version
    client.post(f"{RULES}dot/", {"move": "start", "rules": ["A1"], "cap": "10"})

    drain(timezone.now())

    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.changed) == ("finished", 3)
    assert campaign.looked_at == campaign.total == 4
    assert names_of(wrong) == ["Trần Thị Hòa"] * 3
    assert Person.objects.get(pk=right.pk).version == before
    told = DemoMessage.objects.count()
    assert told == 3
    text = page(client, f"{RULES}dot/")
    assert "3 lần sửa trong 4 người" in text

    batch = campaign.batches.get()
    client.post(f"{RULES}dot/", {"move": "undo", "meant": str(batch.pk)})
    drain(timezone.now())

    assert names_of(wrong) == ["Trần Thị Hoà"] * 3
    assert DemoMessage.objects.count() == told + 3


def test_one_record_that_moved_on_keeps_no_other_of_its_batch_from_going_back(
    client, commune, boss
):
    wrong, _right = people(commune)
    campaigns.start(rules=["A1"], cap=10, by=boss, at=NOON)
    drain()
    moved = wrong[1]
    corrections.correct_person(
        moved.pk, {"full_name": "Trần Thị Hoàn"}, warrant=TEST_WARRANT, at=NOON
    )
    batch = Campaign.objects.get().batches.get()

    answer = client.post(
        f"{RULES}dot/", {"move": "undo", "meant": str(batch.pk)}, follow=True
    )

    assert names_of(wrong) == ["Trần Thị Hoà", "Trần Thị Hoàn", "Trần Thị Hoà"]
    text = answer.content.decode()
    assert "Đã hoàn lại 2 lần sửa" in text
    assert "trừ 1 lần" in text
    left = client.get(f"{RULES}lan-sua/?batch={batch.pk}&left=on").content.decode()
    with scope.system():
        (stays,) = SelfCorrection.objects.filter(undone_at=None)
    assert re.findall(r"lan-sua/([0-9a-f-]{36})/", left) == [str(stays.ref)]
    assert stays.person == moved


def test_batches_of_earlier_campaigns_can_still_be_taken_back(
    client, commune, boss, monkeypatch
):
    monkeypatch.setattr(campaign_pages, "_SHOWN", 1)
    wrong, _right = people(commune)
    campaigns.start(rules=["A1"], cap=1, by=boss, at=NOON)
    drain()
    campaigns.start(rules=["A1"], cap=1, by=boss, at=NOON)
    drain()
    earlier, later = CampaignBatch.objects.order_by("pk")

    first = page(client, f"{RULES}dot/")
    (after,) = re.findall(r"after=(\d+)\" rel", first)
    second = page(client, f"{RULES}dot/?after={after}")

    assert f'name="meant" value="{later.pk}"' in first
    assert f'name="meant" value="{earlier.pk}"' not in first
    assert f'name="meant" value="{earlier.pk}"' in second
    client.post(f"{RULES}dot/", {"move": "undo", "meant": str(earlier.pk)})
    earlier.refresh_from_db()
    assert earlier.undone_at is not None


def test_a_campaign_keeps_to_its_cap(client, commune, boss):
    people(commune)

    campaigns.start(rules=["A1"], cap=2, by=boss, at=NOON)
    drain()

    assert Campaign.objects.get().changed == 2


def test_a_campaign_asks_the_register_before_it_puts_zeros_back(commune, boss):
    knows(NUMBER, NAME, "1958-03-08", "F")
    person = make_person(national_id=NUMBER[1:], residence=commune)

    campaigns.start(rules=["A3"], cap=10, by=boss, at=NOON)
    drain()

    assert Campaign.objects.get().changed == 1
    current = person.documents.get(is_current=True)
    assert current.number == NUMBER


def test_stopped_it_changes_nothing_more(commune, boss):
    wrong, _right = people(commune)
    begun = campaigns.start(rules=["A1"], cap=10, by=boss, at=NOON)

    campaigns.stop(begun.pk, by=boss, at=NOON)
    drain()

    assert names_of(wrong) == ["Trần Thị Hoà"] * 3


def test_a_rule_that_is_switched_off_meanwhile_acts_in_no_further_batch(commune, boss):
    """It was on when the campaign began: what counts is the moment of each change."""
    wrong, _right = people(commune)
    campaigns.start(rules=["A1"], cap=10, by=boss, at=NOON)

    switches.switch("A1", is_on=False, reason="Thử dừng", by=boss, at=NOON)
    drain()

    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.changed) == ("finished", 0)
    assert names_of(wrong) == ["Trần Thị Hoà"] * 3


def test_beginning_without_a_rule_says_what_to_do(client, commune, boss):
    answer = client.post(f"{RULES}dot/", {"move": "start", "cap": "10"})

    assert answer.status_code == 422
    assert "Chọn ít nhất một quy tắc" in answer.content.decode()
