"""The pages about other bodies: what each side sees, the sheet, the answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.actions import referrals
from complaints.choices import Field, Kind, Status
from complaints.models import Complaint, Referral
from complaints.views import referrals as views
from portal.audit.models import Entry
from portal.common import pdf, scope
from tests.factories import make_organization, make_person, make_staff, make_unit
from tests.pages.cases import make_case, make_submission

pytestmark = pytest.mark.django_db
NUMBER = "079158012345"


@pytest.fixture
def station():
    return make_organization()


@pytest.fixture
def police(station):
    return make_organization(
        parent=station.parent, kind="police", name="Công an phường Thử"
    )


@pytest.fixture
def case(station):
    commune = make_unit("N26740", name="Phường Thử", parent=make_unit())
    person = make_person(residence=commune, national_id=NUMBER)
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        kind=Kind.WRONG_PERSON,
        claims={Field.BORN_ON: ("1958-03-08", "1959-03-08")},
        submission=make_submission(at=sent, person=person),
    )


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def step(case, name):
    return reverse("casework:move", args=[int(case.submission.code), case.number, name])


def asked(case, by):
    with scope.system():
        referrals.wait(
            complaint_id=case.pk,
            authority="Công an phường Thử",
            points=["born_on"],
            note="Năm sinh nào đúng?",
            by=by,
            at=timezone.now(),
        )
        return case.referrals.get()


def status_of(case):
    with scope.system():
        return Complaint.objects.get(pk=case.pk).status


def test_asking_is_offered_with_the_police_of_the_commune_where_one_lives(
    case, station, police
):
    client = client_of(make_staff(station))
    page = client.get(
        reverse("casework:case", args=[int(case.submission.code), case.number])
    ).content.decode()
    assert 'value="Công an phường Thử"' in page
    typed = {"version": case.version, "authority": "Công an phường Thử"}

    lacking = client.post(step(case, "hoi-co-quan"), typed)
    done = client.post(
        step(case, "hoi-co-quan"),
        typed | {"points": ["born_on"], "days": "2", "note": "Năm nào?"},
        follow=True,
    )

    assert lacking.status_code == 422
    assert set(lacking.context["form"].errors) == {"points", "days", "note"}
    assert status_of(case) == Status.WAITING_AUTHORITY
    assert done.context["asked"]["authority"] == police.name
    assert done.context["can"] >= {"tra-loi-co-quan", "ghi"}


def test_the_sheet_says_no_more_than_they_need(case, station):
    nurse = make_staff(station)
    number = asked(case, nurse).number

    page = client_of(nurse).get(reverse("casework:referral_sheet", args=[number]))

    sheet = page.content.decode().partition('class="card sheet"')[2]
    for wanted in (
        case.submission.full_name,
        NUMBER,
        "08/03/1958",
        "08/03/1959",
        "Năm sinh nào đúng?",
        f"{number[:4]} {number[4:8]} {number[8:]}",
        station.name,
    ):
        assert wanted in sheet, wanted
    assert case.submission.code not in sheet
    assert case.submission.phone[-6:] not in sheet
    assert Entry.objects.filter(verb="look_up", subject="complaints.referral").exists()


@pytest.mark.skipif(not pdf.is_available(), reason="needs Pango")
def test_the_sheet_is_there_as_a_file(case, station):
    nurse = make_staff(station)
    number = asked(case, nurse).number
    file = client_of(nurse).get(reverse("casework:referral_file", args=[number]))
    assert file.content.startswith(b"%PDF")


def test_an_account_of_the_body_sees_the_sheet_answers_it_and_sees_it_no_more(
    case, station, police
):
    number = asked(case, make_staff(station)).number
    officer = client_of(make_staff(police, "clerk"))
    address = reverse("casework:referral", args=[number])
    assert address in officer.get(reverse("casework:referrals")).content.decode()
    page = officer.get(address)
    assert page.context["case_url"] == ""
    case_page = reverse("casework:case", args=[int(case.submission.code), 1])
    assert officer.get(case_page).status_code == 404

    empty = officer.post(address, {})
    answered = officer.post(address, {"reply": "claimed"})

    assert (empty.status_code, answered.status_code) == (422, 303)
    assert status_of(case) == Status.IN_REVIEW
    assert officer.get(address).status_code == 404
    assert address not in officer.get(reverse("casework:referrals")).content.decode()


def test_what_was_not_answered_in_time_stays_on_the_list_of_the_body(
    case, station, police
):
    sheet = asked(case, make_staff(station))
    with scope.system():
        Referral.objects.filter(pk=sheet.pk).update(
            state=Referral.State.EXPIRED, ended_at=timezone.now()
        )
    index = reverse("casework:referrals")
    officer = client_of(make_staff(police, "clerk"))
    address = reverse("casework:referral", args=[sheet.number])

    assert address in officer.get(index).content.decode()
    assert address not in client_of(make_staff(station)).get(index).content.decode()

    with scope.system():
        Complaint.objects.filter(pk=case.pk).update(
            status=Status.WITHDRAWN, ended_at=timezone.now()
        )
    assert address not in officer.get(index).content.decode()


def test_each_side_goes_on_page_by_page(station, police, monkeypatch):
    monkeypatch.setattr(views, "PAGE", 2)
    nurse = make_staff(station)
    sent = timezone.now() - timedelta(hours=5)
    claims = {Field.BORN_ON: ("1958-03-08", "1959-03-08")}
    kind = Kind.WRONG_PERSON
    cases = [make_case(station, sent=sent, kind=kind, claims=claims) for _ in range(5)]
    numbers = {asked(case, nurse).number for case in cases}
    index = reverse("casework:referrals")

    for who, side in ((nurse, "ours"), (make_staff(police, "clerk"), "theirs")):
        client, address, seen = client_of(who), index, []
        while address:
            shown = client.get(address).context[side]
            seen += [row.number for row in shown["rows"]]
            address = shown["next_url"] and index + shown["next_url"]
        assert len(seen) == 5
        assert set(seen) == numbers
        first = client.get(index + shown["first_url"]).context[side]["rows"]
        assert [row.number for row in first] == seen[:2]


def test_a_clerk_finds_the_sheet_by_the_number_on_the_paper(case, station):
    sheet = asked(case, make_staff(station))
    clerk = client_of(make_staff(station, "clerk"))
    index = reverse("casework:referrals")

    found = clerk.get(index, {"so": sheet.pretty_number})
    wrong = clerk.get(index, {"so": "1234"})

    assert found["Location"] == reverse("casework:referral", args=[sheet.number])
    assert 'role="status"' in wrong.content.decode()


def test_strangers_find_nothing(case, station):
    sheet = asked(case, make_staff(station))
    stranger = client_of(make_staff(make_organization()))
    for name in ("referral", "referral_sheet", "referral_file"):
        address = reverse(f"casework:{name}", args=[sheet.number])
        assert stranger.get(address).status_code == 404
    found = stranger.get(reverse("casework:referrals"), {"so": sheet.number})
    assert found.status_code == 200
    assert sheet.number not in found.content.decode().replace(
        f'value="{sheet.number}"', ""
    )


@pytest.mark.parametrize(
    ("reply", "state"), [("recorded", "answered"), ("none", "overtaken")]
)
def test_on_the_case_one_enters_the_answer_or_goes_on_without(
    case, station, reply, state
):
    nurse = make_staff(station)
    sheet = asked(case, nurse)
    with scope.system():
        case.refresh_from_db()
    client = client_of(nurse)

    empty = client.post(step(case, "tra-loi-co-quan"), {"version": case.version})
    done = client.post(
        step(case, "tra-loi-co-quan"), {"version": case.version, "reply": reply}
    )

    assert (empty.status_code, done.status_code) == (422, 303)
    with scope.system():
        sheet.refresh_from_db()
    assert (status_of(case), sheet.state) == (Status.IN_REVIEW, state)
