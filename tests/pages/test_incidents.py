"""Incidents on screen: what they have in common, the list, two people, the result."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from complaints.actions import gathering, incident_turns
from complaints.models import Complaint, Incident
from complaints.notifications.sending import UNDO
from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.registry.imports import reviewing
from portal.registry.models import Dose, Lot, LotAllocation, SessionList
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    sender_for,
    submit,
)
from tests.pages.test_queue import statements

pytestmark = pytest.mark.django_db
HEAD = "Họ và tên;Giới tính;Ngày sinh;Số CCCD;Điện thoại;Ngày tiêm;Vắc xin;Số lô;Mũi"
PEOPLE = (
    ("Lê Kim Ngân", "1961-02-11", "079161022341", "+84900100001"),
    ("Trần Mỹ Duyên", "1972-05-23", "079172043352", "+84900200002"),
    ("Phạm Bích Thủy", "1983-09-04", "079183064463", "+84900300003"),
    ("Đặng Phương Uyên", "1955-12-30", "079155085574", "+84900400004"),
)


@pytest.fixture
def site():
    product = make_product("AZ", "AstraZeneca")
    site = make_organization("TYT-1", name="Trạm Y tế phường Thử")
    lot = Lot.objects.create(number="ABX6318", product=product)
    LotAllocation.objects.create(
        lot=lot, organization=site, received_on="2021-08-01", doses=300
    )
    return site


@pytest.fixture
def nurse(site):
    return make_staff(site, full_name="Lê Thị Lan")


@pytest.fixture
def client(client, nurse):
    client.force_login(nurse)
    return client


@pytest.fixture
def incident(site):
    at = timezone.now()
    with scope.system():
        for name, born_on, number, phone in PEOPLE[:3]:
            person = make_person(name, born_on=born_on, national_id=number, phone=phone)
            matter = missing_dose(site, given_on="2021-08-14")
            submit(matter, sender=sender_for(person, phone=phone), at=at)
    outbox.drain(queue="route", at=at)
    gathering.run(at=at)
    with scope.system():
        return Incident.objects.get()


def list_file(*people):
    rows = [
        f"{name};Nữ;{'/'.join(reversed(born.split('-')))};{number};"
        f"0{phone[3:]};14/8/2021;AZ;ABX6318;1"
        for name, born, number, phone in people
    ]
    return SimpleUploadedFile("ds-14-8.csv", "\n".join([HEAD, *rows]).encode())


def address_of(incident):
    return reverse("casework:incident", args=[incident.ref])


def words(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def drain(*, later=timedelta(0)):
    """Let the workers do what is due within some seconds."""
    for step in range(5):
        at = timezone.now() + later + step * 2 * incident_turns.LATER
        outbox.drain(queue="import", at=at)


def test_the_page_says_what_the_reports_have_in_common(client, incident):
    listed = client.get(reverse("casework:incidents"))
    page = client.get(address_of(incident))

    assert [line["size"] for line in listed.context["incidents"]] == [3]
    assert "Trạm Y tế phường Thử, 14/08/2021: AstraZeneca" in words(page)
    figures = {one["label"]: one["value"] for one in page.context["figures"]}
    assert list(figures.values()) == ["3", "0", "300"]
    assert len(page.context["rows"]) == 3
    # Each person would be a look of its own, and none is written down here.
    for name, born_on, *_rest in PEOPLE[:3]:
        assert name not in page.content.decode()
        assert born_on[:4] in page.content.decode()
    case = client.get(page.context["rows"][0]["url"])
    assert address_of(incident) in case.content.decode()
    entry = Entry.objects.filter(subject="complaints.incident").latest("pk")
    assert (entry.verb, entry.subject_id) == ("look_up", incident.pk)


def test_a_list_is_sent_matched_proposed_signed_and_done(client, site, incident):
    address = address_of(incident)
    sent = client.post(address, {"file": list_file(*PEOPLE)})
    assert (sent.status_code, sent["Location"]) == (303, address)
    assert client.get(address).context["is_moving"]
    drain()

    page = client.get(address)
    assert (
        page.context["counts"] | {"matched": 3, "others": 1} == page.context["counts"]
    )
    assert {row["words"] for row in page.context["rows"]} == {""}
    row_url = page.context["rows"][0]["row_url"]
    assert PEOPLE[0][0] in client.get(row_url).content.decode()
    assert client.post(f"{address}de-xuat/").status_code == 303
    own = client.get(address)
    assert own.context["is_mine"]
    assert f"{address}ky/" not in own.content.decode()

    client.force_login(make_staff(site, role="lead"))
    assert "Lê Thị Lan" in words(client.get(address))
    client.post(f"{address}ky/")
    waiting = client.get(address)
    assert 0 < waiting.context["seconds_left"] <= 30
    drain()
    assert not Dose.objects.exists()
    drain(later=UNDO)

    done = client.get(address)
    assert done.context["is_settled"], words(done)
    assert Dose.objects.count() == 4
    with scope.system():
        outcomes = set(Complaint.objects.values_list("outcome", flat=True))
    assert outcomes == {"corrected"}
    assert 'hx-trigger="every' not in done.content.decode()


def test_a_decision_is_taken_back_while_nothing_was_done(client, site, incident):
    address = address_of(incident)
    client.post(address, {"file": list_file(*PEOPLE)})
    drain()
    client.post(f"{address}de-xuat/")
    client.force_login(make_staff(site))
    client.post(f"{address}ky/")

    client.post(f"{address}tra-lai/")

    assert client.get(address).context["is_open"]
    drain()
    assert not Dose.objects.exists()


def test_who_proposed_cannot_sign_and_is_told_so(client, incident):
    address = address_of(incident)
    client.post(address, {"file": list_file(*PEOPLE)})
    drain()
    client.post(f"{address}de-xuat/")

    response = client.post(f"{address}ky/", follow=True)

    assert "Người thứ hai phải ký" in words(response)
    with scope.system():
        assert Incident.objects.get().state == "proposed"


def test_a_list_that_changed_is_not_signed_and_the_page_says_why(
    client, site, incident
):
    address = address_of(incident)
    client.post(address, {"file": list_file(*PEOPLE)})
    drain()
    client.post(f"{address}de-xuat/")
    with scope.system():
        one = SessionList.objects.get()
    reviewing.exclude(one.pk, 1, excluded=True, at=timezone.now())
    client.force_login(make_staff(site))

    told = client.post(f"{address}ky/", follow=True)
    drain(later=UNDO)

    assert "Danh sách đã đổi sau khi đề xuất" in words(told)
    again = client.get(address)
    assert again.context["is_open"]
    assert "Danh sách đã đổi sau khi đề xuất" in words(again)
    assert f"{address}de-xuat/" in again.content.decode()
    assert not Dose.objects.exists()


def test_a_file_that_is_no_list_is_said_beside_the_field(client, incident):
    address = address_of(incident)

    nothing = client.post(address, {})
    empty = client.post(address, {"file": SimpleUploadedFile("a.csv", b"")})
    broken = client.post(
        address, {"file": SimpleUploadedFile("ds.xlsx", b"PK\x03\x04 no zip")}
    )
    drain()

    assert [nothing.status_code, empty.status_code] == [422, 422]
    assert "file" in nothing.context["form"].errors
    assert broken.status_code == 303
    page = client.get(address)
    assert page.context["list"]["is_refused"]
    assert not page.context["is_moving"]
    with scope.system():
        assert SessionList.objects.get().state == "refused"


def test_strangers_and_clerks_find_nothing(client, site, incident):
    address = address_of(incident)
    for stranger in (make_staff(make_organization()), make_staff(site, "clerk")):
        client.force_login(stranger)
        assert client.get(address).status_code == 404
        assert client.post(f"{address}de-xuat/").status_code == 404
    client.force_login(make_staff(site))
    assert client.post(f"{address}khac/").status_code == 404


@pytest.mark.parametrize("is_matched", [False, True], ids=["reports", "with a list"])
def test_a_longer_incident_takes_no_more_queries(client, site, incident, is_matched):
    address = address_of(incident)
    if is_matched:
        client.post(address, {"file": list_file(*PEOPLE)})
        drain()
    client.get(address)
    few = len(statements(client, address))
    at = timezone.now()
    with scope.system():
        for number in range(4):
            person = make_person(
                f"Vũ Thị {'ABCD'[number]}", national_id="", phone="+84900500005"
            )
            matter = missing_dose(site, given_on="2021-08-14")
            submit(matter, sender=sender_for(person), at=at)
    outbox.drain(queue="route", at=at)
    gathering.run(at=at)
    if is_matched:
        client.post(f"{address}khop-lai/")
        drain()
        with scope.system():
            assert Incident.objects.get().matched_at

    assert len(client.get(address).context["rows"]) == 7
    assert len(statements(client, address)) == few
    assert few <= 15


def test_a_settled_incident_is_taken_back_on_its_page(client, site, incident):
    address = address_of(incident)
    client.post(address, {"file": list_file(*PEOPLE)})
    drain()
    client.post(f"{address}de-xuat/")
    lead = make_staff(site, role="lead")
    client.force_login(lead)
    client.post(f"{address}ky/")
    drain(later=UNDO)
    assert client.get(address).context["is_settled"]

    without = client.post(f"{address}rut/", {})
    assert without.status_code == 422
    assert "Hãy chọn lý do rút lại toàn bộ" in words(without)
    client.post(f"{address}rut/", {"why": "session"})
    own = client.get(address)
    assert f"{address}ky-rut/" not in own.content.decode()
    assert "Danh sách là của buổi tiêm khác" in words(own)
    client.force_login(make_staff(site))
    client.post(f"{address}ky-rut/")
    waiting = client.get(address)
    assert 0 < waiting.context["seconds_left"] <= 30
    drain(later=2 * UNDO)

    done = client.get(address)
    assert done.context["is_undone"], words(done)
    assert "3 phản ánh đã trả lại như cũ và mở lại" in words(done)
    assert not Dose.objects.filter(status="completed").exists()
    assert 'hx-trigger="every' not in done.content.decode()
    settled = client.get(reverse("casework:incidents"), {"view": "settled"})
    assert "Đã rút lại toàn bộ" in words(settled)
