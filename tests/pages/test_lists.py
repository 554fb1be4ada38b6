"""Session lists on screen: sent, looked through, fixed, written, taken back."""

import io
import re
from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from complaints.models import Incident
from portal.audit.models import Entry
from portal.common import crypto, outbox, scope
from portal.registry.imports import report, staging
from portal.registry.models import (
    Dose,
    ListColumns,
    Product,
    SessionList,
    StagedRow,
)
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    make_staff,
)

pytestmark = pytest.mark.django_db
HEAD = "Họ và tên;Giới tính;Ngày sinh;Số CCCD;Điện thoại;Ngày tiêm;Vắc xin;Số lô;Mũi"
KNOWN = "Nguyễn Thị Thử;Nữ;08/03/1958;079158012345;0900000215;14/8/2021;AZ;ABX6318;1"
WRONG = "Trần Văn Không;Nam;31/02/1990;079090012346;0900000216;14/8/2021;AZ;ABX6318;1"


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


def file_of(*rows, name="ds-14-8.csv"):
    return SimpleUploadedFile(name, "\n".join([HEAD, *rows]).encode())


def send(client, site, *rows, **facts):
    """Send a list through the form and let the workers check it."""
    response = client.post(
        reverse("casework:lists"), {"site": site.code, "file": file_of(*rows, **facts)}
    )
    assert response.status_code == 303
    drain()
    return response["Location"]


def drain():
    for _ in range(3):
        outbox.drain(queue="import")


def words(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def in_system(read):
    with scope.system():
        return read()


def test_a_list_is_sent_checked_and_written(client, site):
    with scope.system():
        person = make_person()

    page = client.get(send(client, site, KNOWN, WRONG))
    assert "1 new dose would be written" in words(page) or "Sẽ ghi 1 mũi" in words(page)
    assert not Dose.objects.exists()
    one = in_system(SessionList.objects.get)
    assert (
        client.post(reverse("casework:list_commit", args=[one.ref])).status_code == 303
    )
    drain()

    assert person.doses.get().lot_number == "ABX6318"
    assert in_system(SessionList.objects.get).state == "committed"


def test_whoever_stands_in_the_list_does_not_write_it_alone(client, site, nurse):
    nurse.phone_digest = crypto.digest("phone", "+84900000215")
    nurse.save(update_fields=["phone_digest"])
    send(client, site, KNOWN)
    one = in_system(SessionList.objects.get)

    page = client.post(reverse("casework:list_commit", args=[one.ref]), follow=True)

    drain()
    assert not in_system(Dose.objects.exists)
    assert in_system(SessionList.objects.get).asked_by_id == nurse.pk
    assert reverse("casework:list_take", args=[one.ref]) in page.content.decode()
    client.force_login(make_staff(site))
    client.post(reverse("casework:list_commit", args=[one.ref]))
    drain()
    assert in_system(Dose.objects.count) == 1


def test_no_number_stands_in_the_page_or_the_address(client, site):
    address = send(client, site, KNOWN)

    page = client.get(address)

    assert "079158012345" not in page.content.decode()
    assert "079••••••345" in page.content.decode()
    assert re.search(r"/lam-viec/danh-sach/[0-9a-f-]{36}/$", address)


def test_looking_at_a_list_is_written_down(client, site, nurse):
    address = send(client, site, KNOWN)

    client.get(address)

    entry = Entry.objects.filter(verb="look_up").latest("pk")
    assert (entry.actor_id, entry.subject) == (nurse.pk, "registry.sessionlist")


def test_the_same_file_leads_to_the_same_list(client, site):
    first = send(client, site, KNOWN)

    assert send(client, site, KNOWN, name="khac.csv") == first


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "file"),
        ({"site": "TYT-KHAC", "file": file_of(KNOWN)}, "site"),
        ({"site": "TYT-1", "file": SimpleUploadedFile("a.csv", b"")}, "file"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field(client, site, sent, field):
    response = client.post(reverse("casework:lists"), sent)

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not in_system(SessionList.objects.exists)


def test_a_file_that_is_no_list_is_refused_in_words(client, site):
    response = client.post(
        reverse("casework:lists"),
        {
            "site": site.code,
            "file": SimpleUploadedFile("ds.xlsx", b"PK\x03\x04 no zip"),
        },
    )
    drain()

    page = client.get(response["Location"])

    assert in_system(SessionList.objects.get).state == "refused"
    assert "Không đọc được" in words(page)


def test_rows_are_filtered_by_verdict_and_paged(client, site):
    rows = [KNOWN.replace("012345", f"0{n:05}") for n in range(60)]
    address = send(client, site, *rows, WRONG)

    everything = client.get(address)
    errors = client.get(address, {"verdict": "error"})

    assert len(everything.context["rows"]) == 50
    second = client.get(address + everything.context["next_url"])
    assert len(second.context["rows"]) == 11
    assert [row["full_name"] for row in errors.context["rows"]] == ["Trần Văn Không"]


def test_a_longer_list_takes_no_more_queries(
    client, site, django_assert_max_num_queries
):
    address = send(
        client, site, *(KNOWN.replace("012345", f"0{n:05}") for n in range(49))
    )

    with django_assert_max_num_queries(14):
        client.get(address)


def test_a_cell_is_fixed_in_place(client, site):
    address = send(client, site, WRONG)
    row_address = f"{address}dong/1/"
    assert "31/02/1990" in words(client.get(row_address))

    response = client.post(
        row_address,
        {
            "step": "fix",
            "full_name": "Trần Văn Không",
            "sex": "M",
            "born_on_0": "28",
            "born_on_1": "2",
            "born_on_2": "1990",
            "id_number": "079090012346",
            "phones": "0900000216 / 0900000217",
            "given_on_0": "14",
            "given_on_1": "8",
            "given_on_2": "2021",
            "product": "AZ",
            "lot": "abx 6318",
            "dose_number": "1",
        },
    )

    assert response.status_code == 303
    row = in_system(StagedRow.objects.get)
    assert (row.verdict, row.is_fixed) == ("new", True)
    assert "31/02/1990" in words(client.get(row_address))


def test_a_wrong_fix_is_refused_beside_its_field(client, site):
    address = send(client, site, WRONG)

    response = client.post(
        f"{address}dong/1/", {"step": "fix", "full_name": "9", "product": "AZ"}
    )

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"full_name", "born_on", "given_on"}
    assert in_system(StagedRow.objects.get).verdict == "error"


def test_whose_row_it_is_can_be_chosen_and_the_look_is_written_down(
    client, site, nurse
):
    with scope.system():
        person = make_person(national_id="079158099999")
    address = send(client, site, KNOWN)
    assert in_system(StagedRow.objects.get).verdict == "ambiguous"

    client.get(f"{address}dong/1/")
    looked = Entry.objects.filter(verb="look_up", person=person.pk)
    assert looked.get().actor_id == nurse.pk
    client.post(f"{address}dong/1/", {"step": "choose", "person": str(person.pk)})

    row = in_system(StagedRow.objects.get)
    assert (row.verdict, row.person_id) == ("new", person.pk)


def test_a_row_is_left_out_and_taken_in_again(client, site):
    address = send(client, site, KNOWN)

    client.post(f"{address}dong/1/", {"step": "exclude"})
    assert in_system(StagedRow.objects.get).verdict == "excluded"
    client.post(f"{address}dong/1/", {"step": "include"})

    assert in_system(StagedRow.objects.get).verdict == "new"


def test_a_column_understood_wrongly_is_set_right_and_kept_for_the_site(client, site):
    address = send(client, site, KNOWN)
    page = client.get(f"{address}cot/")
    lines = page.context["lines"]
    roles = {line.column.heading: line.column.role for line in lines}
    assert roles["Số lô"] == "lot"
    chosen = {
        f"role_{line.number}": "note"
        if line.column.heading == "Số lô"
        else line.column.role
        for line in lines
    }

    response = client.post(f"{address}cot/", chosen | {"keep": "1"})
    drain()

    assert response.status_code == 303
    assert in_system(ListColumns.objects.get).columns["so lo"] == "note"
    again = send(client, site, KNOWN.replace("14/8", "15/8"))
    row = client.get(f"{again}dong/1/")
    assert row.context["form"].initial["lot"] == ""


def test_a_committed_list_is_taken_back_after_a_question(client, site):
    address = send(client, site, KNOWN)
    client.post(f"{address}ghi/")
    drain()
    assert Dose.objects.get().status == "completed"

    assert client.get(f"{address}hoan-tac/").status_code == 200
    client.post(f"{address}hoan-tac/")
    drain()

    assert Dose.objects.get().status == "entered_in_error"
    assert "Đã rút lại" in words(client.get(address))


def test_a_report_that_is_being_made_anew_is_waited_for(client, site, monkeypatch):
    monkeypatch.setattr(report, "AT_ONCE", 0)
    address = send(client, site, KNOWN)
    client.post(f"{address}bao-cao.xlsx")
    drain()
    assert client.get(f"{address}bao-cao.xlsx").status_code == 200
    default_storage.delete(report.file_name(in_system(SessionList.objects.get)))

    page = client.get(f"{address}bao-cao.xlsx", follow=True)

    assert page.status_code == 200
    assert page.redirect_chain


def test_a_forgotten_list_has_no_columns(client, site):
    address = send(client, site, KNOWN)
    with scope.system():
        expired = SessionList.objects.get().expires_at
    assert staging.forget_expired(at=expired) == 1

    assert client.get(f"{address}cot/").status_code == 404


def test_who_asked_to_take_a_list_back_is_not_offered_to_sign(client, site, nurse):
    address = send(client, site, KNOWN)
    client.post(f"{address}ghi/")
    drain()
    with scope.system():
        SessionList.objects.update(asked_by=nurse, asked_for="undo")

    question = client.get(f"{address}hoan-tac/").content.decode()

    assert "<form" not in question.partition("<main")[2].partition("</main")[0]
    client.force_login(make_staff(site))
    question = client.get(f"{address}hoan-tac/").content.decode()
    assert "<form" in question.partition("<main")[2].partition("</main")[0]


def test_a_list_on_which_an_incident_rests_is_taken_back_there(client, site, nurse):
    address = send(client, site, KNOWN)
    client.post(f"{address}ghi/")
    drain()
    with scope.system():
        incident = Incident.objects.create(
            site=site,
            holder=site,
            given_on=date(2021, 8, 14),
            product=Product.objects.get(code="AZ"),
            state="proposed",
            session_list=SessionList.objects.get(),
            proposed_by=nurse,
            proposed_at=timezone.now(),
            revision=0,
            formed_at=timezone.now(),
        )

    question = client.get(f"{address}hoan-tac/").content.decode()
    refused = client.post(f"{address}hoan-tac/", follow=True)
    drain()

    assert reverse("casework:incident", args=[incident.ref]) in question
    assert "<form" not in question.partition("<main")[2].partition("</main")[0]
    assert "Có một sự cố đã xử lý theo danh sách này." in words(refused)
    assert Dose.objects.get().status == "completed"


def test_the_report_is_a_workbook_named_without_the_file_s_own_name(client, site):
    address = send(client, site, KNOWN, name="Nguyễn Văn A.csv")

    response = client.get(f"{address}bao-cao.xlsx")

    assert response["Content-Disposition"].startswith(
        'attachment; filename="bao-cao-tyt-1-'
    )
    book = CalamineWorkbook.from_filelike(io.BytesIO(response.content))
    [_head, row] = book.get_sheet_by_index(0).to_python()
    assert row[1] == "Mũi mới"


def test_a_list_of_another_site_does_not_exist(client, site):
    other = make_organization("TYT-2")
    client.force_login(make_staff(other))
    theirs = send(client, other, KNOWN)
    client.force_login(make_staff(site))

    assert client.get(theirs).status_code == 404
    assert client.get(f"{theirs}dong/1/").status_code == 404
    assert client.post(f"{theirs}ghi/").status_code == 404
    assert "ds-14-8.csv" not in words(client.get(reverse("casework:lists")))
    refused = client.post(
        reverse("casework:lists"), {"site": other.code, "file": file_of(KNOWN)}
    )
    assert refused.status_code == 422


def test_a_lead_above_sends_for_a_site_by_its_name(client):
    make_product("AZ", "AstraZeneca")
    province = make_organization("SYT", kind="health_department", gives_doses=False)
    for n in range(101):
        make_organization(
            f"TYT-{n:03}", parent=province, name=f"Trạm Y tế xã Số {n:03}"
        )
    client.force_login(make_staff(province, "lead"))

    for typed, status in (("xa so 077", 303), ("Số 07", 422), ("TYT-005", 303)):
        response = client.post(
            reverse("casework:lists"),
            {"site": typed, "file": file_of(KNOWN, typed)},
        )
        assert response.status_code == status, typed
    sites = in_system(
        lambda: list(
            SessionList.objects.order_by("pk").values_list("site__code", flat=True)
        )
    )
    assert sites == ["TYT-077", "TYT-005"]


def test_a_list_whose_worker_gave_up_is_taken_up_again(client, site):
    address = send(client, site, KNOWN)
    with scope.system():
        one = SessionList.objects.get()
        long_ago = one.uploaded_at.replace(year=2020)
        SessionList.objects.update(state="committing", progress_at=long_ago)

    assert client.get(address).context["is_stalled"]
    client.post(f"{address}ghi/")
    drain()

    assert Dose.objects.count() == 1
