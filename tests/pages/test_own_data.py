"""My data: who looked, everything as a file, and asking that it be used less."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from complaints.actions import addresses, assigning, data_requests, own_files
from complaints.models import Complaint, DataRequest, OwnFile, Submission
from complaints.owndata import document, held, reports
from portal.accounts import deadlines
from portal.audit import record as audit
from portal.common import outbox, pdf
from portal.common.models import DemoMessage
from portal.registry.models import Holiday, Person
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import NUMBER, open_record, text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
MINE = "/du-lieu-cua-toi/"
ASK = {"kind": "restrict", "text": "Không đưa vào danh sách nào."}


@pytest.fixture
def site():
    return make_organization(name="Trạm Y tế Phường 5")


@pytest.fixture
def person(client, site):
    """Return somebody whose record is open in the client's browser."""
    made = make_person()
    make_dose(made, site)
    open_record(client)
    return made


def look_as_staff(person, site, *, times=1):
    nurse = make_staff(site)
    for _time in range(times):
        audit.look_up(
            at=timezone.now(),
            actor="staff",
            actor_id=nurse.pk,
            person_id=person.pk,
            subject="complaints.complaint",
        )


def test_who_looked_is_shown_by_organization_with_the_purpose(client, person, site):
    look_as_staff(person, site)

    words = text_of(client.get(MINE))

    assert "Trạm Y tế Phường 5" in words
    assert "Cán Bộ Thử" not in words
    assert "Bạn, bằng mã gửi đến điện thoại" in words


def test_a_change_is_shown_with_the_fields_never_the_values(client, person):
    words = text_of(client.get(MINE))

    assert "Cổng" in words
    assert "0900" not in words


def test_many_looks_come_page_by_page(client, person, site):
    look_as_staff(person, site, times=60)

    first = client.get(MINE)
    address = first.content.decode().split('rel="next"')[0].rpartition('href="')[2]
    second = client.get(MINE + address.split('"')[0])

    assert text_of(first).count("Trạm Y tế Phường 5") == 25
    assert text_of(second).count("Trạm Y tế Phường 5") == 25


def test_the_pages_of_one_help_stand_as_one_look(client, person, site):
    clerk = make_staff(site, "clerk")
    for subject_id in (1, 1, 1, 2):
        audit.look_up(
            at=timezone.now(),
            actor="staff",
            actor_id=clerk.pk,
            person_id=person.pk,
            subject="assistance",
            subject_id=subject_id,
            organization=site.pk,
            detail="look: record",
        )

    words = text_of(client.get(MINE))

    assert words.count("Làm hộ bạn") == 2
    assert "(3 trang)" in words


def test_another_persons_looks_are_not_among_them(client, person, site):
    other = make_person("Trần Văn Khác", national_id="079090000001", phone=None)
    look_as_staff(other, make_organization(name="Trạm Y tế Khác"))

    assert "Trạm Y tế Khác" not in text_of(client.get(MINE))


def test_the_file_holds_everything_and_taking_it_is_written_down(client, person, site):
    submit(missing_dose(site), sender=sender_for(person))

    answer = client.get(f"{MINE}tep.json")

    facts = json.loads(answer.content)
    assert set(facts) == {"made_at", *held.PARTS}
    assert facts["numbers"][0]["number"] == NUMBER
    assert facts["doses"][0]["lot"] == "ABX4471"
    assert facts["reports"][0]["matters"][0]["kind"] == "missing_dose"
    assert facts["changes"][0]["after"]["full_name"] == "Nguyễn Thị Thử"
    assert "attachment" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "no-store"
    assert "Đã lấy một bản dữ liệu" in text_of(client.get(MINE))


def test_what_hangs_on_a_report_is_in_the_file(client, person, site):
    submission = submit(missing_dose(site), sender=sender_for(person)).submission
    addresses.ask(submission, "lan@example.vn", at=timezone.now())
    outbox.drain(queue="route", at=timezone.now())

    (report,) = json.loads(client.get(f"{MINE}tep.json").content)["reports"]

    assert report["telephone"] == submission.phone
    assert [one["address"] for one in report["e_mail"]] == ["lan@example.vn"]
    (matter,) = report["matters"]
    assert {one["channel"] for one in matter["messages"]} == {"sms"}
    assert [event["move"] for event in matter["events"]][0] == "submit"


def test_the_telephone_of_who_reported_for_one_is_left_out(client, person, site):
    sender = sender_for(person, phone="+84911222333")
    submission = submit(missing_dose(site), sender=sender).submission
    addresses.ask(submission, "lan@example.vn", at=timezone.now())
    outbox.drain(queue="route", at=timezone.now())

    file = client.get(f"{MINE}tep.json").content.decode()

    assert "+84911222333" not in file
    assert "lan@example.vn" not in file
    assert json.loads(file)["reports"][0]["matters"][0]["messages"] == []


def test_whom_a_lead_gave_the_case_to_is_not_in_the_file(client, person, site):
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    Complaint.objects.filter(pk=case.pk).update(holder=site, routed_at=timezone.now())
    nurse = make_staff(site, full_name="Y Tá Một")
    assigning.assign(
        complaint_id=case.pk, to=nurse, by=make_staff(site, "lead"), at=timezone.now()
    )

    (report,) = json.loads(client.get(f"{MINE}tep.json").content)["reports"]

    (event,) = [e for e in report["matters"][0]["events"] if e["move"] == "assign"]
    assert (event["by"], event["note"]) == ("staff", "")


def test_every_table_about_a_person_is_in_the_file_or_has_a_reason():
    elsewhere = {
        # Joined records are read with the one that answers; doses by their person.
        ("registry.Person", "merged_into"),
        ("registry.Dose", "origin"),
        # About whoever looked; the looks themselves are in the file.
        ("complaints.AccessSign", "person"),
        # The file itself.
        ("complaints.OwnFile", "person"),
    }
    # How staff worked on a report, or what was counted from it: what of them is about
    # the person stands in the report's claims and events.
    at_work = {
        f"complaints.{name}"
        for name in (
            *("BulkItem", "Clue", "FigureReview", "GamingSign", "IncidentMember"),
            *("Lease", "Measure", "Presence", "Reached", "Recheck", "Referral"),
            *("Skip", "UnitChangeCase"),
        )
    }
    pointing = {
        (relation.related_model._meta.label, relation.field.name)
        for model in (Person, Submission, Complaint)
        for relation in model._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete
        if relation.related_model._meta.label not in at_work
    }
    source = (held.__file__, document.__file__, reports.__file__)
    text = "".join(open_text(path) for path in source)
    missing = {
        label
        for label, field in pointing - elsewhere
        if label.partition(".")[2] not in text
    }
    assert not missing


def open_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_the_page_to_print_holds_doses_and_looks(client, person):
    words = text_of(client.get(f"{MINE}in/"))

    assert "Trạm Y tế Phường 5" in words
    assert NUMBER in words


@pytest.mark.skipif(not pdf.is_available(), reason="Pango is not installed")
def test_the_pdf_is_made_by_a_worker_and_fetched_by_its_owner_alone(client, person):
    client.post(f"{MINE}pdf/")
    assert "Đang làm tệp PDF" in text_of(client.get(MINE))
    outbox.drain(queue="import", at=timezone.now())
    made = OwnFile.objects.get()

    address = f"{MINE}pdf/{made.ref}/"
    answer = client.get(address)
    make_person("Lê Lạ", national_id="079090000001", phone="+84911222333")
    stranger = Client()
    open_record(stranger, national_id="079090000001")

    assert answer.content.startswith(b"%PDF-")
    assert address in client.get(MINE).content.decode()
    assert stranger.get(address).status_code == 302
    assert NUMBER.encode() not in bytes(made.content_sealed)
    own_files.forget_expired(at=timezone.now() + timedelta(days=2))
    assert client.get(address).status_code == 404


def test_it_is_closed_without_proof_and_at_the_counter(client, site):
    make_person()
    client.force_login(make_staff(site, "clerk"))
    client.post(
        "/lam-viec/lap-ho/",
        {
            "way": "counter",
            "document": "card",
            "purpose": "look",
            "national_id": NUMBER,
            "born_on_2": "1958",
        },
    )
    assert client.get("/tra-cuu/ket-qua/").status_code == 200

    for part in ("", "tep.json", "in/", "yeu-cau/"):
        assert client.get(MINE + part)["Location"] == "/tra-cuu/"
        assert Client().get(MINE + part)["Location"] == "/tra-cuu/"


def test_a_request_shows_its_due_dates_to_both_sides(client, person, site):
    page = client.post(f"{MINE}yeu-cau/", ASK, follow=True)

    asked = DataRequest.objects.get()
    assert "Không đưa vào danh sách nào." in text_of(page)
    due = timezone.localtime(asked.answer_by).strftime("%d/%m/%Y")
    assert due in text_of(page)
    assert client.post(f"{MINE}yeu-cau/", ASK).status_code == 422
    chief = make_staff(site.parent, "administrator")
    office = Client()
    office.force_login(chief)
    assert str(asked.ref) in office.get("/quan-tri/du-lieu/").content.decode()


def test_a_granted_restriction_is_put_on_the_record_and_told(client, person, site):
    client.post(f"{MINE}yeu-cau/", ASK)
    asked = DataRequest.objects.get()
    office = Client()
    office.force_login(make_staff(site.parent, "administrator"))
    address = f"/quan-tri/du-lieu/{asked.ref}/"
    assert ASK["text"] in text_of(office.get(address))

    office.post(address, {"step": "take"})
    longer = {"step": "extend", "reason": "Phải hỏi nơi tiêm."}
    assert office.post(address, longer).status_code == 303
    assert office.post(address, longer).status_code == 422
    done = {"step": "answer", "outcome": "granted", "words": "Đã hạn chế."}
    assert office.post(address, done).status_code == 303

    person.refresh_from_db()
    assert person.is_restricted
    words = text_of(client.get(MINE))
    assert "Đã hạn chế." in words
    assert "Phải hỏi nơi tiêm." in words
    before = DemoMessage.objects.filter(code_sealed=None).count()
    outbox.drain(queue="notify", at=timezone.now())
    assert DemoMessage.objects.filter(code_sealed=None).count() == before + 3
    assert office.post(address, done).status_code == 422


def test_an_answer_needs_its_reason(client, person, site):
    client.post(f"{MINE}yeu-cau/", ASK)
    office = Client()
    office.force_login(make_staff(site.parent, "administrator"))
    address = f"/quan-tri/du-lieu/{DataRequest.objects.get().ref}/"

    page = office.post(address, {"step": "answer", "outcome": "refused"})

    assert page.status_code == 422
    assert DataRequest.objects.get().outcome == ""


def moment(text):
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("asked", "first", "decided"),
    [
        # Tuesday; the decree counts from the next day.
        ("2026-11-03T10:00", "2026-11-05", "2026-11-18"),
        # Friday evening: the weekend does not count.
        ("2026-11-06T23:30", "2026-11-10", "2026-11-21"),
        # Before the first of January, which is a holiday.
        ("2026-12-30T08:00", "2027-01-04", "2027-01-14"),
    ],
)
def test_the_law_s_deadlines(asked, first, decided):
    Holiday.objects.create(day=date(2027, 1, 1), name="Tết Dương lịch", source="x")
    at = moment(asked)

    ends = [deadlines.end(c, at=at) for c in ("request_answer", "request_done")]

    days = [timezone.localdate(one).isoformat() for one in ends]
    assert days == [first, decided]


def test_a_swapped_saturday_counts_as_a_working_day():
    Holiday.objects.create(
        day=date(2026, 11, 7), name="Làm bù", is_workday=True, source="x"
    )

    ends = deadlines.end("request_answer", at=moment("2026-11-05T10:00"))

    assert timezone.localdate(ends) == date(2026, 11, 7)


def test_an_extension_that_comes_too_late_is_refused(person):
    made = data_requests.ask(
        person_id=person.pk, kind="object", text="Tôi phản đối.", at=timezone.now()
    )

    with pytest.raises(data_requests.Refused):
        data_requests.extend(
            ref=str(made.ref), reason="x", at=made.due_at + timedelta(minutes=1)
        )
