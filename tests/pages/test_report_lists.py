"""A unit's list of reports on screen: sent in, looked through, fixed, filed."""

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from python_calamine import CalamineWorkbook

from complaints.actions import (
    report_lists,
    report_matters,
    report_rows,
    report_work,
)
from complaints.choices import Field
from complaints.models import Complaint, ReportJob, ReportList, ReportRow, Submission
from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.registry.imports import reading, repeats
from portal.registry.imports.rows import Vocabulary
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    sender_for,
    submit,
)

pytestmark = pytest.mark.django_db
HEAD = (
    "Họ và tên;Giới tính;Ngày sinh;Số CCCD;Điện thoại;Ngày tiêm;Vắc xin;Số lô;Mũi;"
    "Nơi tiêm;Nội dung phản ánh"
)
WHO = "Nguyễn Thị Thử;Nữ;08/03/1958;079158012345;0900000215"
MISSING = f"{WHO};14/8/2021;AZ;ABX6318;2;TYT-1;Thiếu mũi 2"
STRANGER = (
    "Trần Văn Không;Nam;01/02/1990;079090012346;0900000216;14/8/2021;AZ;;1;TYT-1;"
    "Chưa cập nhật mũi 1"
)
BAD = (
    "Lê Văn Sai;Nam;31/02/1990;079090012399;0900000217;14/8/2021;AZ;;1;TYT-1;Thiếu mũi"
)
VAGUE = f"{WHO};;;;;;Nhờ kiểm tra giúp"
WIDE = (
    "Họ và tên;Ngày sinh;Số CCCD;Điện thoại;Mũi 1;;;Mũi 2;;;Nơi tiêm;Nội dung phản ánh"
    "\n;;;;Ngày;Vắc xin;Số lô;Ngày;Vắc xin;Số lô;;\n"
    "Nguyễn Thị Thử;08/03/1958;079158012345;0900000215;"
    "14/8/2021;AZ;ABX6318;20/10/2021;AZ;FG4493;TYT-1;Thiếu mũi tiêm"
)


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization("TYT-1", name="Trạm Y tế phường Thử")


@pytest.fixture
def person(site):
    with scope.system():
        person = make_person()
        make_dose(person, site, given_on="2021-05-12")
    return person


@pytest.fixture
def clerk(site):
    return make_staff(site, "clerk")


@pytest.fixture
def client(client, clerk):
    client.force_login(clerk)
    return client


def file_of(*rows, name="phan-anh.csv"):
    return SimpleUploadedFile(name, "\n".join([HEAD, *rows]).encode())


def send(client, *rows, **facts):
    """Send a list through the form and let the workers check it."""
    response = client.post(
        reverse("casework:report_lists"), {"site": "", "file": file_of(*rows, **facts)}
    )
    assert response.status_code == 303
    drain()
    return response["Location"]


def drain():
    for _ in range(3):
        outbox.drain(queue="import")


def in_system(read):
    with scope.system():
        return read()


def the_list():
    return in_system(lambda: ReportList.objects.latest("pk"))


def verdicts():
    rows = ReportRow.objects.order_by("report_list", "place")
    return in_system(lambda: list(rows.values_list("verdict", flat=True)))


def closed():
    """As if all reports had been answered meanwhile."""
    with scope.system():
        Complaint.objects.update(status="withdrawn", ended_at=the_list().uploaded_at)


def file_all(client):
    one = the_list()
    client.post(reverse("casework:report_send", args=[one.ref]))
    drain()
    return one


def change(client, place, **fields):
    address = reverse("casework:report_row", args=[the_list().ref, place])
    return client.post(address, fields)


def test_rows_become_reports_by_the_way_of_the_counter(client, clerk, person, site):
    page = client.get(send(client, MISSING, STRANGER, BAD, VAGUE))
    assert verdicts() == ["new", "not_found", "error", "unclear"]
    assert "079158012345" not in page.content.decode()
    assert not in_system(Submission.objects.exists)

    file_all(client)

    with scope.system():
        case = Complaint.objects.select_related("submission").get()
        claims = {claim.field: claim.claimed for claim in case.claims.all()}
        event = case.events.get(move="submit")
    assert claims["given_on"] == "2021-08-14"
    assert (case.site_id, case.kind) == (site.pk, "missing_dose")
    assert (case.submission.channel, event.by_id) == ("list", clerk.pk)
    # The telephone of the row is the one on record, so it is written to.
    assert case.submission.phone == "+84900000215"


def test_the_same_file_makes_nothing_twice(client, person):
    first = send(client, MISSING)
    file_all(client)

    assert send(client, MISSING, name="khac.csv") == first
    with scope.system():
        ReportList.objects.update(state="checked", filed_by=None, filed_at=None)
        ReportRow.objects.update(verdict="new", submission=None, done_at=None)
    closed()
    file_all(client)

    with scope.system():
        assert Submission.objects.count() == Complaint.objects.count() == 1
        row = ReportRow.objects.get()
        assert row.submission == Submission.objects.get()
        # It is told as what it is, and not counted as sent a second time.
        assert row.verdict == "reported"
        assert the_list().rows_done == 1


def of_another_unit(client, *rows):
    """Send the same rows as another unit, once what the first sent was answered."""
    send(client, *rows)
    file_all(client)
    closed()
    client.force_login(make_staff(make_organization("TYT-2"), "clerk"))
    return send(client, *rows)


def test_a_row_that_another_unit_sent_is_told_with_its_code(client, person):
    address = of_another_unit(client, MISSING)

    file_all(client)

    assert verdicts() == ["new", "reported"]
    code = in_system(Submission.objects.get).code
    page = client.get(address).content.decode().replace(" ", "")
    assert code in page
    assert the_list().rows_done == 0


def test_a_row_sent_before_with_other_facts_is_an_error(client, person):
    of_another_unit(client, MISSING)
    typed = {
        "step": "fix",
        "kind": "missing_dose",
        "full_name": "Nguyễn Thị Thử",
        "sex": "F",
        "born_on_0": "8",
        "born_on_1": "3",
        "born_on_2": "1958",
        "id_number": "079158012345",
        "phones": "0900000215",
        "given_on_0": "14",
        "given_on_1": "8",
        "given_on_2": "2021",
        "product": "AZ",
        "lot": "ABX9999",
        "site": "TYT-1",
    }
    assert change(client, 1, **typed).status_code == 303

    file_all(client)

    assert verdicts() == ["new", "error"]
    assert in_system(Submission.objects.count) == 1


def test_each_dose_of_a_row_is_a_report_of_its_own(client, person):
    file = SimpleUploadedFile("phan-anh.csv", WIDE.encode())
    client.post(reverse("casework:report_lists"), {"site": "", "file": file})
    drain()
    assert verdicts() == ["new", "new"]

    file_all(client)

    with scope.system():
        days = {str(case.given_on) for case in Complaint.objects.all()}
        codes = set(ReportRow.objects.values_list("submission__code", flat=True))
    assert days == {"2021-08-14", "2021-10-20"}
    assert len(codes) == 2


def test_a_worker_that_dies_begins_again_and_each_row_is_sent_once(
    client, person, clerk, monkeypatch
):
    rows = [MISSING.replace("14/8/2021", f"{day}/8/2021") for day in range(10, 18)]
    send(client, *rows)
    monkeypatch.setattr(report_work, "BATCH", 3)
    one = the_list()
    report_lists.file_rows(one.ref, by=clerk, at=one.uploaded_at)
    # One batch, then the time is up: what is left is owed again.
    report_work._file_next(one.ref, by=clerk, at=one.uploaded_at, until=0)
    assert in_system(ReportRow.objects.filter(done_at__isnull=False).count) == 3
    with scope.system():
        ReportJob.objects.filter(work="file").update(done_at=one.uploaded_at)

    with_rest = the_list()
    report_lists.go_on(with_rest.ref, by=clerk, at=one.uploaded_at)
    drain()

    with scope.system():
        assert Complaint.objects.count() == len(rows)
        assert the_list().state == "filed"
        assert the_list().rows_done == len(rows)


def test_what_is_open_already_is_not_sent_again(client, person, site):
    same = missing_dose(site, given_on="2021-08-14", product="AZ")
    with scope.system():
        submit(same, sender=sender_for(person))

    send(client, MISSING, MISSING)

    assert "reported" in verdicts()
    file_all(client)
    assert in_system(Complaint.objects.count) == 1


def test_two_rows_about_one_matter_are_one_report(client, person):
    send(client, MISSING, MISSING)

    assert verdicts() == ["new", "reported"]


def test_two_rows_of_one_person_may_tell_of_two_matters():
    less = MISSING.replace("079158012345", "")
    rows = repeats.settled(
        reading.read(
            "\n".join([HEAD, MISSING, less]).encode(),
            vocabulary=Vocabulary({"az": "AZ"}, {}),
            on=date(2021, 12, 1),
        )
    )

    assert rows[1].reasons[-1].code == "perhaps_row"
    assert [report_rows.of_reports(row).verdict for row in rows] == ["", ""]


def test_rows_far_apart_about_one_matter_are_told_so(client, person, monkeypatch):
    monkeypatch.setattr(report_work, "CHUNK", 1)

    send(client, MISSING, VAGUE, MISSING)

    assert verdicts() == ["new", "unclear", "reported"]


def test_a_row_is_sent_once_the_one_that_it_repeats_is_left_out(client, person):
    send(client, MISSING, MISSING, MISSING)

    change(client, 1, step="exclude")

    assert verdicts() == ["excluded", "new", "reported"]


def test_a_detail_is_claimed_only_where_it_differs(client, person, site):
    wrong_lot = f"{WHO};12/5/2021;AZ;PV9999;1;TYT-1;Sai số lô"
    same_lot = f"{WHO};12/5/2021;AZ;ABX4471;1;TYT-1;Sai số lô"

    send(client, wrong_lot, same_lot)

    assert verdicts() == ["new", "unclear"]
    file_all(client)
    with scope.system():
        case = Complaint.objects.get()
        [claim] = case.claims.all()
    assert (case.kind, claim.field, claim.claimed) == ("wrong_dose", "lot", "PV9999")
    assert case.dose_id == person.doses.get().pk


def test_a_dose_on_record_is_no_missing_one(client, person):
    send(client, f"{WHO};12/5/2021;AZ;;1;TYT-1;Thiếu mũi 1")

    assert verdicts() == ["unclear"]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (";;;;;Bị trùng mũi", "unclear"),
        ("12/5/2021;AZ;;1;;Bị trùng mũi", "unclear"),
        ("14/8/2021;AZ;;;;Chưa tiêm mũi này", "unclear"),
        ("12/5/2021;AZ;;2;;Chưa tiêm mũi này", "unclear"),
        ("14/8/2021;AZ;PV9999;;TYT-1;Sai số lô", "unclear"),
        ("12/5/2021;AZ;;1;;Chưa tiêm mũi này", "new"),
    ],
)
def test_a_dose_that_is_not_on_record_stands_for_no_other(client, person, row, verdict):
    send(client, f"{WHO};{row}")

    assert verdicts() == [verdict]


def test_of_two_doses_of_one_day_the_later_one_is_the_double(client, person, site):
    with scope.system():
        other = make_product("PF", "Pfizer")
        double = make_dose(person, site, given_on="2021-05-12", product=other)

    send(client, f"{WHO};12/5/2021;;;;;Bị trùng mũi")
    file_all(client)

    assert in_system(Complaint.objects.get).dose_id == double.pk


@pytest.mark.parametrize(
    "who",
    [
        "NGUYEN THI THU;Nữ;08/03/1958;079158012345;0900000215",
        "Nguyễn T. Thử;Nữ;08/03/1958;079158012345;0900000215",
        "Nguyễn Thị Thử;Nữ;1958;079158012345;0900000215",
        "Nguyễn Thị Thử;Nữ;08/03/1958;123456789;0900000215",
    ],
)
def test_what_is_written_less_exactly_than_the_record_is_no_claim(client, person, who):
    send(client, f"{who};;;;;;Sai thông tin cá nhân")
    if verdicts() == ["several"]:
        change(client, 1, step="choose", person=str(person.pk))

    assert verdicts() == ["unclear"]


def test_a_name_longer_than_any_is_an_error_of_its_row(client, person):
    name = " ".join(["Nguyễn"] * 30)

    send(client, STRANGER.replace("Trần Văn Không", name), MISSING)

    assert verdicts() == ["error", "new"]


@pytest.mark.parametrize(
    ("field", "said", "recorded", "is_less"),
    [
        ("full_name", "Nguyen Thi Thu", "Nguyễn Thị Thử", True),
        ("full_name", "Ng. Thị Thử", "Nguyễn Thị Thử", True),
        ("full_name", "Nguyễn Thị Thu", "Nguyễn Thị Thử", False),
        ("full_name", "Nguyen Thi Tho", "Nguyễn Thị Thử", False),
        ("full_name", "Nguyễn T. Thơ", "Nguyễn Thị Thử", False),
        ("full_name", "Nguyễn Thử", "Nguyễn Thị Thử", False),
        ("full_name", "Nguyễn Thị Li", "Nguyễn Thị Linh", False),
        ("full_name", "Nguyễn Thị Thử", "Nguyen Thi Thu", False),
        ("born_on", "1958", "1958-03-08", True),
        ("born_on", "1959", "1958-03-08", False),
        ("born_on", "1958-03-08", "1958", False),
        ("national_id", "023456789", "079158012345", True),
        ("national_id", "079158012345", "023456789", False),
        ("sex", "M", "F", False),
    ],
)
def test_a_poorer_form_of_the_record_is_told_from_another_fact(
    field, said, recorded, is_less
):
    assert report_matters.less_exact(Field(field), said, recorded) is is_less


def test_what_the_database_refuses_is_an_error_of_one_row(client, person):
    send(client, STRANGER, MISSING)
    change(client, 1, step="choose", person="nobody")
    one = the_list()
    with scope.system():
        staged = one.rows.get(place=1)
        row = report_rows.unseal(staged, of=one).row
        row = replace(row, values=replace(row.values, full_name="Trần " * 30))
        staged.content_sealed = report_rows.seal(row, of=one, place=1)
        staged.save()

    file_all(client)

    assert verdicts() == ["error", "new"]
    assert in_system(Complaint.objects.count) == 1
    assert the_list().state == "filed"


def test_a_row_nobody_fits_can_be_sent_without_a_record(client, person):
    send(client, STRANGER)

    change(client, 1, step="choose", person="nobody")
    assert verdicts() == ["new"]
    file_all(client)

    submission = in_system(Submission.objects.get)
    # Nobody proved this telephone, so the year of birth goes with the code.
    assert (submission.person_id, submission.phone) == (None, "")


def test_only_somebody_whom_the_row_may_name_can_be_chosen(client, person):
    send(client, STRANGER)

    change(client, 1, step="choose", person=str(person.pk))

    assert verdicts() == ["not_found"]


def test_staff_say_what_an_unclear_row_asks(client, person):
    send(client, VAGUE)
    typed = {
        "step": "fix",
        "kind": "wrong_person",
        "full_name": "Nguyễn Thị Thứ",
        "sex": "F",
        "born_on_0": "8",
        "born_on_1": "3",
        "born_on_2": "1958",
        "id_number": "079158012345",
        "phones": "0900000215",
    }

    assert change(client, 1, **typed | {"kind": ""}).status_code == 422
    assert change(client, 1, **typed).status_code == 303

    with scope.system():
        row = ReportRow.objects.get()
    assert (row.kind, row.verdict) == ("wrong_person", "new")


def test_what_waited_can_be_answered_and_sent_after_the_others(client, person):
    send(client, MISSING, STRANGER)
    one = file_all(client)
    assert in_system(Complaint.objects.count) == 1

    change(client, 2, step="choose", person="nobody")
    page = client.get(reverse("casework:report_list", args=[one.ref]))
    file_all(client)

    assert page.context["new_count"] == 1
    assert in_system(Complaint.objects.count) == 2
    assert in_system(the_list).rows_done == 2
    # What was sent is not changed any more.
    change(client, 1, step="exclude")
    assert verdicts() == ["new", "new"]


def test_a_row_left_out_is_not_sent(client, person):
    send(client, MISSING)

    change(client, 1, step="exclude")
    file_all(client)

    assert verdicts() == ["excluded"]
    assert not in_system(Complaint.objects.exists)


def test_the_workbook_has_the_codes_beside_the_rows(client, person):
    send(client, MISSING, VAGUE)
    one = file_all(client)

    answer = client.get(reverse("casework:report_file", args=[one.ref]))

    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_index(0).to_python()
    code = in_system(Submission.objects.get).code
    assert rows[1][3].replace(" ", "") == code
    assert rows[2][3] == ""
    assert "Nguyễn Thị Thử" in rows[1]


def test_comparing_with_a_record_is_written_down(client, person, clerk):
    send(client, MISSING)

    looks = Entry.objects.filter(verb="look_up", person=person.pk)
    assert looks.get().actor_id == clerk.pk


def test_another_unit_sees_nothing_of_it(client, person):
    address = send(client, MISSING)
    client.force_login(make_staff(make_organization("TYT-2"), "clerk"))

    ref = the_list().ref
    row = reverse("casework:report_row", args=[ref, 1])
    columns = reverse("casework:report_columns", args=[ref])
    assert client.get(address).status_code == 404
    assert client.get(row).status_code == 404
    assert client.get(columns).status_code == 404
    assert client.get(reverse("casework:report_file", args=[ref])).status_code == 404
    assert client.post(row, {"step": "exclude"}).status_code == 404
    assert client.post(columns, {}).status_code == 404
    sent = client.post(reverse("casework:report_send", args=[ref]))
    assert sent.status_code == 404
    assert (the_list().state, verdicts()) == ("checked", ["new"])


@pytest.mark.parametrize("after", ["²", "9" * 30])
def test_a_place_to_go_on_from_that_is_no_number_is_let_go(client, site, after):
    client.force_login(make_staff(site))

    for page in ("casework:report_lists", "casework:lists"):
        assert client.get(reverse(page), {"after": after}).status_code == 200


def test_an_expired_list_leaves_no_file_even_if_its_worker_dies(client, person):
    send(client, MISSING)
    one = the_list()
    assert default_storage.exists(report_lists.file_name(one))

    # The transaction of the test never commits, as if the worker were killed there.
    assert report_lists.forget_expired(at=one.expires_at) == 1

    assert not default_storage.exists(report_lists.file_name(one))


def test_a_list_that_is_being_sent_is_not_forgotten(client, person, clerk):
    send(client, MISSING)
    one = the_list()
    report_lists.file_rows(one.ref, by=clerk, at=one.uploaded_at)

    assert report_lists.forget_expired(at=one.expires_at) == 0

    drain()
    assert report_lists.forget_expired(at=one.expires_at) == 1


def test_a_file_that_is_no_list_is_refused_in_words(client, site):
    response = client.post(
        reverse("casework:report_lists"),
        {"file": SimpleUploadedFile("ds.xlsx", b"PK\x03\x04 no zip")},
    )
    drain()

    page = client.get(response["Location"])

    assert the_list().state == "refused"
    assert re.search(r"Không đọc được|Cannot be read", page.content.decode())


def test_columns_can_be_said_to_mean_otherwise(client, person):
    send(client, MISSING)
    one = the_list()

    page = client.get(reverse("casework:report_columns", args=[one.ref]))
    names = [line.number for line in page.context["lines"]]
    roles = {f"role_{n}": page.context["lines"][n].column.role for n in names}
    client.post(
        reverse("casework:report_columns", args=[one.ref]), roles | {"role_10": ""}
    )
    drain()

    assert verdicts() == ["unclear"]


def test_what_a_list_says_is_never_settled_without_a_person(client, person, site):
    name = f"{WHO.replace('Thử', 'Thứ')};;;;;;Sai họ tên"
    send(client, name)
    if verdicts() != ["new"]:
        change(client, 1, step="choose", person=str(person.pk))
    file_all(client)
    outbox.drain(queue="route")

    case = in_system(Complaint.objects.get)
    assert case.status == "received"
    assert case.routed_at is not None


def test_who_has_only_the_code_of_a_list_speaks_not_for_the_citizen(client, person):
    send(client, STRANGER)
    change(client, 1, step="choose", person="nobody")
    file_all(client)
    sent = in_system(Submission.objects.get)
    client.logout()
    client.post(
        reverse("citizen:track"),
        {"code": sent.code, "phone_last4": "1990", "full_name": sent.full_name},
    )

    page = client.get(reverse("citizen:status", args=[sent.code]))
    assert page.status_code == 200
    taken = client.post(reverse("citizen:withdraw", args=[sent.code, 1]))
    assert taken.status_code == 409
    assert reverse("citizen:withdraw", args=[sent.code, 1]) not in page.content.decode()
    with scope.system():
        Complaint.objects.update(
            status="resolved", outcome="corrected", ended_at=the_list().uploaded_at
        )

    page = client.get(reverse("citizen:status", args=[sent.code])).content.decode()
    result = reverse("citizen:result", args=[sent.code, 1])
    confirmed = client.post(result, {"answer": "confirm", "note": ""})
    rated = client.post(
        reverse("citizen:rate", args=[sent.code, 1]), {"word": "good", "note": ""}
    )

    assert reverse("citizen:rate", args=[sent.code, 1]) not in page
    assert f"{result}?answer=confirm" not in page
    # To say that it is still not right asks for somebody else, and stays open.
    assert f"{result}?answer=disagree" in page
    assert (confirmed.status_code, rated.status_code) == (422, 409)
    with scope.system():
        case = Complaint.objects.get()
        assert (case.confirmed_at, case.ratings.count()) == (None, 0)
