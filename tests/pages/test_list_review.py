"""A session list looked through: its columns set right, its rows gone on with."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portal.audit.models import Entry
from portal.common import scope
from portal.registry.imports import report, reviewing, wording
from portal.registry.models import (
    Dose,
    ListColumns,
    Product,
    SessionList,
    StagedRow,
)
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)
from tests.pages.test_lists import KNOWN, WRONG, drain, in_system, send, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization("TYT-1", name="Trạm Y tế phường Thử")


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def client(client, nurse):
    client.force_login(nurse)
    return client


def test_one_column_set_right_leaves_the_second_doses_what_they_are(client, site):
    make_product("PF", "Comirnaty")
    head = "Họ và tên;Ngày sinh;Số CCCD;Ngày tiêm mũi 1;Vắc xin mũi 1;Số lô mũi 1"
    head += ";Ngày tiêm mũi 2;Vắc xin mũi 2;Số lô mũi 2;Ghi chú"
    row = "Nguyễn Thị Thử;08/03/1958;079158012345;14/8/2021;AZ;ABX6318"
    row += ";10/10/2021;AZ;ABX6319;tốt"
    file = SimpleUploadedFile("hai-mui.csv", f"{head}\n{row}".encode())
    address = client.post(reverse("casework:lists"), {"site": site.code, "file": file})[
        "Location"
    ]
    drain()
    page = client.get(f"{address}cot/")
    chosen = {
        f"role_{line.number}": "address"
        if line.column.heading == "Ghi chú"
        else line.column.role
        for line in page.context["lines"]
    }

    client.post(f"{address}cot/", chosen | {"keep": "1"})
    drain()

    rows = client.get(address).context["rows"]
    assert [(row["dose_number"], row["lot"]) for row in rows] == [
        (1, "ABX6318"),
        (2, "ABX6319"),
    ]
    # What was not changed is left to the guess, for the next lists as well.
    assert in_system(ListColumns.objects.get).columns == {"ghi chu": "address"}


def test_rows_that_waited_are_written_after_the_others(client, site):
    address = send(client, site, KNOWN, WRONG)
    client.post(f"{address}ghi/")
    drain()

    page = client.get(address)
    assert "Có 1 dòng chưa được ghi" in words(page)
    assert "Ghi 1 mũi" not in words(page)
    assert client.get(reverse("casework:lists")).context["lists"][0]["waits"] == 1
    right = {
        "step": "fix",
        "full_name": "Trần Văn Không",
        **{"born_on_0": "28", "born_on_1": "2", "born_on_2": "1990"},
        **{"given_on_0": "14", "given_on_1": "8", "given_on_2": "2021"},
        **{"id_number": "079090012346", "product": "AZ", "lot": "ABX6318"},
    }
    client.post(f"{address}dong/2/", right)
    page = client.get(address)
    assert "Ghi 1 mũi" in words(page)
    assert client.get(reverse("casework:lists")).context["lists"][0]["waits"] == 0
    client.post(f"{address}ghi/")
    drain()

    assert Dose.objects.filter(status="completed").count() == 2
    # What is written is changed no more.
    response = client.post(f"{address}dong/2/", right | {"lot": "X"}, follow=True)
    assert "Danh sách đã thay đổi" in words(response)
    client.post(f"{address}hoan-tac/")
    drain()
    assert not Dose.objects.filter(status="completed").exists()


RIGHT = {
    "step": "fix",
    "full_name": "Trần Văn Không",
    **{"born_on_0": "28", "born_on_1": "2", "born_on_2": "1990"},
    **{"given_on_0": "14", "given_on_1": "8", "given_on_2": "2021"},
    **{"id_number": "079090012346", "product": "AZ", "lot": "ABX6318"},
}


def test_of_two_who_fix_a_row_at_once_the_second_sees_what_the_first_did(client, site):
    address = send(client, site, WRONG)
    seen = client.get(f"{address}dong/1/").context["seen"]
    client.post(f"{address}dong/1/", RIGHT | {"seen": seen, "lot": "ABX1"})

    second = client.post(f"{address}dong/1/", RIGHT | {"seen": seen, "lot": "ABX2"})

    assert second.status_code == 409
    assert "ABX1" in words(second)
    assert 'value="ABX2"' in second.content.decode()
    rows = client.get(address).context["rows"]
    assert [row["lot"] for row in rows] == ["ABX1"]
    again = second.context["seen"]
    client.post(f"{address}dong/1/", RIGHT | {"seen": again, "lot": "ABX2"})
    assert [row["lot"] for row in client.get(address).context["rows"]] == ["ABX2"]


def test_what_the_record_says_otherwise_is_told_where_the_look_is_noted(client, site):
    with scope.system():
        person = make_person(phone="+84900000999")
    address = send(client, site, KNOWN)
    in_system(lambda: reviewing.choose(one_of(), 1, person.pk, at=timezone.now()))

    listed, opened = client.get(address), client.get(f"{address}dong/1/")
    (row,) = in_system(lambda: list(report.rows_of(SessionList.objects.get())))

    assert "Điện thoại: hồ sơ của người này ghi khác." in words(listed)
    assert "999" not in words(listed)
    assert "0900 ••• 999" in words(opened)
    assert "999" not in wording.of_all(row.reasons)
    assert Entry.objects.filter(person=person.pk, detail="row").exists()


def test_what_is_taken_of_a_row_is_what_was_on_the_page(client, site):
    with scope.system():
        person = make_person(national_id="", phone="+84900000215")
    address = send(client, site, KNOWN)
    in_system(lambda: reviewing.choose(one_of(), 1, person.pk, at=timezone.now()))
    opened, listed = (
        client.get(f"{address}dong/1/"),
        client.get(f"{address}?verdict=new"),
    )
    seen, mark = opened.context["seen"], listed.context["rows"][0]["seen"]
    assert seen == mark
    client.post(f"{address}dong/1/", {"step": "exclude", "seen": seen})
    client.post(f"{address}dong/1/", {"step": "include"})
    in_system(lambda: reviewing.choose(one_of(), 1, person.pk, at=timezone.now()))

    one = client.post(
        f"{address}dong/1/", {"step": "take", "taken": "person", "seen": seen}
    )
    several = client.post(
        f"{address}lay/", {"what": "person", "place": f"1:{mark}"}, follow=True
    )

    assert one.status_code == 409
    assert "Danh sách đã thay đổi" in words(several)
    assert "được bổ sung vào hồ sơ" not in words(several)
    mark = several.context["rows"][0]["seen"]
    client.post(f"{address}lay/", {"what": "person", "place": f"1:{mark}"})
    page = words(client.get(address))
    assert "Thông tin về người tiêm ở 1 dòng sẽ được bổ sung vào hồ sơ." in page
    assert "mũi đang ghi" not in page


def test_all_that_differ_are_those_that_were_on_the_page(client, site):
    with scope.system():
        facts = {"given_on": "2021-08-14", "lot": "PV1", "dose_number": "1"}
        make_dose(make_person(), site, product=Product.objects.get(code="AZ"), **facts)
    address = send(client, site, KNOWN, WRONG)
    page = client.get(f"{address}?verdict=differs")
    revision = page.context["list"].revision
    assert f'name="revision" value="{revision}"' in page.content.decode()
    client.post(f"{address}dong/2/", RIGHT)

    def take_all(revision):
        asked = {"what": "all", "verdict": "differs", "revision": revision}
        return words(client.post(f"{address}lay/", asked, follow=True))

    assert "Danh sách đã thay đổi" in take_all(revision)
    assert in_system(lambda: StagedRow.objects.filter(taken="list").count()) == 0
    assert "Danh sách đã thay đổi" not in take_all(revision + 1)
    assert in_system(lambda: StagedRow.objects.filter(taken="list").count()) == 1


def one_of():
    return SessionList.objects.get().pk


def test_nobody_writes_more_than_was_on_the_page(client, site):
    address = send(client, site, KNOWN, WRONG)
    revision = client.get(address).context["list"].revision
    client.post(f"{address}dong/2/", RIGHT)

    page = client.post(f"{address}ghi/", {"revision": revision}, follow=True)
    drain()

    assert "Đồng nghiệp vừa sửa" in words(page)
    assert not in_system(Dose.objects.exists)
    client.post(f"{address}ghi/", {"revision": page.context["list"].revision})
    drain()
    assert in_system(Dose.objects.count) == 2


def test_day_vaccine_and_lot_are_said_once_for_the_whole_list(client, site):
    rows = [
        "Họ và tên;Ngày sinh;Số CCCD;Số lô",
        "Nguyễn Thị Thử;08/03/1958;079158012345;",
        "Trần Văn Không;28/02/1990;079090012346;AB9",
    ]
    file = SimpleUploadedFile("tron.csv", "\n".join(rows).encode())
    address = client.post(reverse("casework:lists"), {"site": site.code, "file": file})[
        "Location"
    ]
    drain()
    assert client.get(address).context["open_count"] == 2

    day = {"given_on_0": "14", "given_on_1": "8", "given_on_2": "2021"}
    wrong = client.post(f"{address}cot/", day | {"given_on_1": "13"})
    assert wrong.status_code == 422
    client.post(f"{address}cot/", day | {"product": "AZ", "lot": "abx 6318"})
    drain()

    shown = client.get(address).context
    assert [row["lot"] for row in shown["rows"]] == ["ABX6318", "AB9"]
    assert {row["given_on"] for row in shown["rows"]} == {date(2021, 8, 14)}
    assert shown["new_count"] == 2
    form = client.get(f"{address}cot/").context["form"]
    assert form.initial["lot"] == "ABX6318"


def test_only_who_asked_withdraws_it(client, site, nurse):
    address = send(client, site, KNOWN)
    with scope.system():
        SessionList.objects.update(asked_by=make_staff(site), asked_for="commit")

    client.post(f"{address}lay/", {"what": "withdraw"})

    assert in_system(SessionList.objects.get).asked_by_id is not None


def test_the_first_cells_of_a_column_stand_beside_what_it_is_taken_for(
    client, site, nurse
):
    address = send(client, site, KNOWN, WRONG)

    lines = client.get(f"{address}cot/").context["lines"]

    shown = {line.column.heading: line.examples for line in lines}
    assert shown["Ngày sinh"] == ["08/03/1958", "31/02/1990"]
    assert shown["Số lô"] == ["ABX6318"]
    assert shown["Số CCCD"] == ["079••••••345", "079••••••346"]
    assert shown["Điện thoại"] == ["090••••215", "090••••216"]
    entry = Entry.objects.filter(verb="look_up").latest("pk")
    assert (entry.actor_id, entry.detail) == (nurse.pk, "columns")


def test_chosen_rows_are_left_out_at_once(client, site):
    other = WRONG.replace("079090012346", "079090012347").replace("0216", "0217")
    address = send(client, site, KNOWN, WRONG, other)

    client.post(
        f"{address}lay/", {"what": "exclude", "verdict": "error", "place": ["2", "3"]}
    )

    shown = client.get(address).context
    assert {v["name"]: v["count"] for v in shown["verdicts"]} == {
        **{"": 3, "new": 1, "excluded": 2}
    }
    assert b'value="exclude"' in client.get(address, {"verdict": "new"}).content
