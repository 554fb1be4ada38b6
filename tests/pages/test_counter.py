"""Helping at the counter: one person, twenty minutes, everything written down."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.models import Complaint, Event, Message, Submission
from portal.accounts import assistance
from portal.accounts.models import Assistance
from portal.audit.models import Entry
from portal.common import outbox
from portal.registry import corrections
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)
from tests.pages.citizen_steps import (
    BORN,
    NUMBER,
    code_sent_to,
    hidden_key,
    step,
    text_of,
)

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
RECORD = "/tra-cuu/ket-qua/"
HELP = "/lam-viec/lap-ho/"


@pytest.fixture
def clerk(client):
    made = make_staff(make_organization(name="Trạm Y tế Nơi Khác"), "clerk")
    client.force_login(made)
    return made


@pytest.fixture
def person():
    made = make_person()
    make_dose(made, make_organization(name="Trạm Y tế Phường 5"))
    return made


def begin(client, **typed):
    facts = {
        "way": "counter",
        "document": "card",
        "purpose": "report",
        "national_id": NUMBER,
    }
    return client.post(HELP, facts | BORN | typed, follow=True)


def report_missing(client, phone=""):
    """Report a missing dose on the citizen's pages; return the page at the end."""
    make_organization(name="Trạm Y tế Phường 7")
    make_product("VXZ", "Vaxzevria")
    page = client.get("/bao-sai/?kind=missing_dose", follow=True)
    if page.request["PATH_INFO"] == "/bao-sai/":
        page = client.post(
            "/bao-sai/", {"kind": "missing_dose", "relation": "self"}, follow=True
        )
    page = client.post(
        page.request["PATH_INFO"],
        {
            "given_on_0": "7",
            "given_on_1": "10",
            "given_on_2": "2021",
            "product": "VXZ",
            "site_text": "trạm y tế phường 7",
            "site": "none",
            "action": "go",
        },
        follow=True,
    )
    typed = {"full_name": "Lê Văn Ấm", "sex": "M"} | BORN | {"phone": phone}
    page = client.post(step(page, "lien-he"), typed, follow=True)
    if phone:
        page = client.post(
            page.request["PATH_INFO"], {"code": code_sent_to(phone)}, follow=True
        )
    return client.post(
        page.request["PATH_INFO"], {"key": hidden_key(page)}, follow=True
    )


def test_any_clerk_opens_the_record_of_whoever_stands_there(client, clerk, person):
    page = begin(client)

    assert page.request["PATH_INFO"] == RECORD
    assert "Trạm Y tế Phường 5" in text_of(page)
    helped = Assistance.objects.get()
    assert (helped.user, helped.document, helped.person) == (clerk, "card", person)


def test_every_page_seen_is_written_down_with_body_and_purpose(client, clerk, person):
    begin(client, purpose="look")
    client.get("/bao-sai/")

    seen = Entry.objects.filter(verb="look_up", person=person.pk)
    assert [(e.actor, e.actor_id, e.detail) for e in seen.order_by("pk")] == [
        ("staff", clerk.pk, "look: record"),
        ("staff", clerk.pk, "look: report"),
    ]
    assert seen.first().organization == clerk.postings.get().organization_id


def test_a_report_at_the_counter_bears_channel_and_clerk_and_needs_no_telephone(
    client, clerk, person
):
    begin(client)
    page = report_missing(client)

    assert page.request["PATH_INFO"].endswith("/da-gui/"), text_of(page)
    submission = Submission.objects.get()
    assert (submission.channel, submission.phone) == ("counter", "")
    assert submission.person == person
    assert Event.objects.get(move="submit").by == clerk
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=timezone.now())
    assert not Message.objects.exists()
    assert Complaint.objects.get().routed_at is not None


def test_without_a_telephone_year_of_birth_and_name_open_it(client, clerk, person):
    begin(client)
    report_missing(client)
    client.post(f"{HELP}xong/")
    code = Submission.objects.get().code
    client.post("/dang-xuat/")

    name = {"full_name": "nguyen thi THU"}
    tries = [
        {"phone_last4": "1959"} | name,
        {"phone_last4": "1958"},
        {"phone_last4": "1958", "full_name": "Trần Văn Không"},
        {"phone_last4": "1958"} | name,
    ]
    answers = [client.post("/theo-doi/", {"code": code} | typed) for typed in tries]

    assert [page.status_code for page in answers] == [422, 422, 422, 303]


def test_a_telephone_at_the_counter_is_proved_and_written_to(client, clerk, person):
    begin(client)
    report_missing(client, phone="+84912345678")

    assert Submission.objects.get().phone == "+84912345678"
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=timezone.now())
    assert Message.objects.exists()


@pytest.mark.parametrize("way", ["phone", "paper"])
def test_by_telephone_or_letter_a_report_is_taken_and_nothing_shown(
    client, clerk, person, way
):
    page = begin(client, way=way, document="")

    assert page.request["PATH_INFO"] == "/bao-sai/"
    assert client.get(RECORD, follow=True).request["PATH_INFO"] != RECORD
    report_missing(client)
    assert Submission.objects.get().channel == way
    assert Submission.objects.get().person is None


@pytest.mark.parametrize(
    "typed",
    [
        {"document": ""},
        {"way": "phone", "purpose": "look"},
        {"national_id": ""},
        {"born_on_2": ""},
    ],
    ids=["no document", "a look by telephone", "nobody named", "no birth date"],
)
def test_what_is_needed_is_said_beside_the_field(client, clerk, person, typed):
    page = begin(client, **typed)

    assert page.status_code == 422
    assert not Assistance.objects.exists()


def test_nobody_on_record_can_report_all_the_same(client, clerk):
    page = begin(client)

    assert page.request["PATH_INFO"] == "/bao-sai/"
    report_missing(client)
    assert Submission.objects.get().channel == "counter"


def test_two_of_one_name_are_told_apart_by_the_number(client, clerk, person):
    make_person(national_id="079158077777", phone=None)

    page = begin(client, national_id="", full_name="Nguyễn Thị Thử")

    assert page.status_code == 422


@pytest.mark.parametrize(
    "address", ["/tra-cuu/", "/tra-cuu/dien-thoai/", "/tra-cuu/nguoi/"]
)
def test_the_help_is_for_one_person_only(client, clerk, person, address):
    begin(client)

    page = client.post(address, {"national_id": "079090000001"} | BORN)

    assert page["Location"] == HELP
    assert code_sent_to() is None


def test_another_persons_draft_stays_closed_in_the_next_help(client, clerk, person):
    begin(client)
    page = client.get("/bao-sai/?kind=missing_dose", follow=True)
    draft = page.request["PATH_INFO"]
    client.post(f"{HELP}xong/")
    make_person("Trần Thử Con", born_on="1990-05-06", national_id="079090000001")
    born = {"born_on_0": "6", "born_on_1": "5", "born_on_2": "1990"}
    begin(client, national_id="079090000001", **born)

    assert client.get(draft).status_code == 404
    assert "Nguyễn Thị Thử" not in text_of(client.get(RECORD))


def test_ending_it_leaves_nothing_open_and_the_clerk_signed_in(client, clerk, person):
    begin(client)
    client.post(f"{HELP}xong/")

    assert client.get(RECORD).status_code == 302
    assert client.get("/lam-viec/").status_code == 200
    assert Assistance.objects.get().ended_at is not None


def test_after_twenty_minutes_it_ends_by_itself(client, clerk, person):
    begin(client)
    session = client.session
    kept = session["assist"]
    kept["ends_at"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    session["assist"] = kept
    session.save()

    assert client.get(RECORD).status_code == 302
    assert "person" not in client.session
    assert Assistance.objects.get().ended_at is not None


def test_it_goes_on_while_it_is_used_an_hour_at_most(client, clerk, person):
    begin(client)
    now = timezone.now()

    def kept_from(opened, ends):
        session = client.session
        session["assist"] = session["assist"] | {
            "opened_at": (now - opened).isoformat(),
            "ends_at": (now + ends).isoformat(),
        }
        session.save()

    minute = timedelta(minutes=1)
    kept_from(25 * minute, 5 * minute)
    page = client.get(RECORD)
    prolonged = Assistance.objects.get().ends_at
    kept_from(55 * minute, 2 * minute)
    client.get(RECORD)
    last = Assistance.objects.get().ends_at

    assert page.status_code == 200
    assert prolonged > now + 19 * minute
    assert now + 4 * minute < last < now + 6 * minute


def facts_of_a_report(client):
    """Begin a report of a missing dose and fill in its facts; return its address."""
    make_product("VXZ", "Vaxzevria")
    page = client.get("/bao-sai/?kind=missing_dose", follow=True)
    address = page.request["PATH_INFO"]
    facts = {"given_on_2": "2021", "product": "VXZ", "site": "none", "action": "go"}
    client.post(address, facts | {"site_text": "trạm y tế phường 5"}, follow=True)
    return address


def end_it(client):
    session = client.session
    session["assist"] = session["assist"] | {
        "ends_at": (timezone.now() - timedelta(seconds=1)).isoformat()
    }
    session.save()


def test_a_report_begun_before_it_ended_is_open_in_the_next_help_of_the_same_person(
    client, clerk, person
):
    begin(client)
    address = facts_of_a_report(client)
    end_it(client)
    assert client.get(address).status_code == 404

    page = begin(client)

    assert "được mở lại" in text_of(page)
    assert page.request["PATH_INFO"] == step(page, "lien-he")
    assert address.split("/")[2] in page.request["PATH_INFO"]
    assert client.get(address).status_code == 200


def test_what_was_sent_after_it_had_ended_stands_in_the_next_help_of_the_same_person(
    client, clerk, person
):
    begin(client)
    address = facts_of_a_report(client)
    end_it(client)
    late = {"given_on_2": "2022", "site_text": "trường Nguyễn Du", "site": "none"}
    session_ends = client.session.get_expiry_date()

    assert client.post(address, late).status_code == 404
    assert client.session.get_expiry_date() <= session_ends + timedelta(minutes=1)
    page = begin(client)

    assert page.request["PATH_INFO"] == address
    assert "trường Nguyễn Du" in page.content.decode()
    assert "left_typed" not in client.session


def test_what_was_sent_after_it_had_ended_stays_with_nobody_else(client, clerk, person):
    begin(client)
    kept = set(client.session.keys())
    client.post(f"{HELP}xong/")
    before = set(client.session.keys())
    begin(client)
    address = facts_of_a_report(client)
    end_it(client)
    client.post(address, {"given_on_2": "2022"})
    late = set(client.session.keys()) - kept

    client.post(f"{HELP}xong/")

    assert late == {"left_draft", "left_typed", "left_way"}
    assert set(client.session.keys()) == before


def test_a_report_begun_by_another_clerk_or_sent_already_is_not_opened(
    client, clerk, person
):
    begin(client)
    facts_of_a_report(client)
    end_it(client)
    client.force_login(make_staff(make_organization(), "clerk"))

    page = begin(client)

    assert page.request["PATH_INFO"] == RECORD
    report_missing(client)
    client.post(f"{HELP}xong/")
    assert begin(client).request["PATH_INFO"] == RECORD


def test_nothing_that_a_citizens_session_holds_outlives_the_help(client, clerk, person):
    begin(client)
    session = client.session
    for name in ("resumed", "left_draft", "own", "photo_refused", "contact_taken"):
        session[name] = ["x"]
    session.save()

    client.post(f"{HELP}xong/")

    left = set(client.session.keys())
    assert left.isdisjoint(assistance.CITIZEN_KEYS)
    assert "resumed" not in left


def test_who_oversees_nobody_and_administrators_cannot_help(client, person):
    administrator = make_staff(make_organization(), "administrator")
    client.force_login(administrator)

    assert client.get(HELP).status_code == 404


def test_at_the_counter_the_telephone_is_changed_at_once(client, clerk, person):
    page = begin(client, purpose="contact")
    assert page.request["PATH_INFO"] == "/doi-so/"
    client.post("/doi-so/", {"phone": "0912 345 678"})
    client.post("/doi-so/xac-thuc/", {"code": code_sent_to("+84912345678")})

    assert corrections.read_person(person, "phone") == "+84912345678"
    changed = Entry.objects.get(verb="change", person=person.pk, actor="staff")
    assert changed.actor_id == clerk.pk
