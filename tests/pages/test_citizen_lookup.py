"""Looking up a record over HTTP: the same answer to all, doses to their owner only."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from complaints.views import limits
from portal.accounts.models import OneTimeCode
from portal.audit.models import Entry
from portal.common.forms import PartialDate
from portal.common.models import DemoMessage
from portal.registry.models import OrganizationSuccession
from tests.factories import make_dose, make_organization, make_person, make_product
from tests.pages.citizen_steps import (
    BORN,
    NUMBER,
    PHONE,
    code_sent_to,
    look_up,
    open_record,
    text_of,
)

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


@pytest.fixture
def person():
    return make_person()


def test_number_birth_date_and_code_open_the_record(client, person):
    make_dose(person, make_organization(name="Trạm Y tế Phường 5"))

    page = open_record(client)

    assert page.request["PATH_INFO"] == "/tra-cuu/ket-qua/"
    words = text_of(page)
    assert "Nguyễn Thị Thử" in words
    assert "12/08/2021" in words
    assert "Trạm Y tế Phường 5" in words
    assert NUMBER not in words
    assert Entry.objects.filter(verb="look_up", person=person.pk).count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"national_id": "", "full_name": "nguyen thi thu"},
        {"national_id": "", "full_name": "NGUYỄN THỊ  THỬ"},
        {"born_on_0": "", "born_on_1": ""},
        {"national_id": "079 158 012 345"},
    ],
)
def test_people_find_themselves_however_they_type_it(client, person, typed):
    page = open_record(client, **typed)

    assert page.request["PATH_INFO"] == "/tra-cuu/ket-qua/"


def test_a_number_opens_the_record_although_day_and_month_are_swapped_on_it(client):
    make_person(born_on="1958-08-03")

    page = open_record(client)

    assert page.request["PATH_INFO"] == "/tra-cuu/ket-qua/"


def test_a_name_does_not_open_a_record_whose_day_and_month_are_swapped(client):
    make_person(born_on="1958-08-03")

    look_up(client, national_id="", full_name="Nguyễn Thị Thử")

    assert code_sent_to() is None


def test_a_number_whose_zero_a_spreadsheet_ate_is_found_by_the_whole_one(client):
    make_person(national_id="79158012345")

    page = open_record(client)

    assert page.request["PATH_INFO"] == "/tra-cuu/ket-qua/"


BY_NAME = {"national_id": "", "full_name": "Nguyễn Thị Thử"}


@pytest.mark.parametrize(
    ("hit", "miss"),
    [
        ({}, {"national_id": "079158099999"}),
        ({}, {"born_on_2": "1959"}),
        (BY_NAME, BY_NAME | {"full_name": "Nguyễn Thị Lạ"}),
        (BY_NAME, BY_NAME | {"born_on_2": "1959"}),
    ],
)
def test_hit_and_miss_get_the_same_page_by_the_same_statements(person, hit, miss):
    seen = []
    for changes in (hit, miss):
        client = Client()
        with CaptureQueriesContext(connection) as captured:
            first = look_up(client, **changes)
        page = client.get(first["Location"])
        shapes = [query["sql"][:30] for query in captured]
        body = page.content.decode().split('name="csrfmiddlewaretoken"')
        headers = {k: v for k, v in page.headers.items() if k != "X-Request-Id"}
        seen.append((first.status_code, shapes, body[0], headers))

    assert seen[0] == seen[1]
    assert seen[0][0] == 303
    assert code_sent_to() is not None
    assert DemoMessage.objects.count() == 1


def test_a_wrong_code_is_refused_with_the_tries_that_are_left(client, person):
    look_up(client)
    right = code_sent_to()
    wrong = "123456" if right != "123456" else "654321"

    page = client.post("/tra-cuu/xac-thuc/", {"code": wrong})

    assert page.status_code == 422
    assert "4" in text_of(page)
    assert client.get("/tra-cuu/ket-qua/")["Location"] == "/tra-cuu/"


def test_the_record_is_closed_to_who_proved_nothing(client, person):
    assert client.get("/tra-cuu/ket-qua/").status_code == 302
    assert client.get("/tra-cuu/nguoi/").status_code == 302


def test_a_family_on_one_telephone_chooses_the_person_by_birth_date(client, person):
    child = make_person(
        "Trần Thử Con", born_on="1990-05-06", sex="M", national_id="079090000001"
    )
    client.post("/tra-cuu/dien-thoai/", {"phone": PHONE})
    page = client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()}, follow=True)
    assert "Trần Thử Con" not in text_of(page)
    assert "Con" in text_of(page)

    wrong = client.post("/tra-cuu/nguoi/", {"person": str(child.ref)} | BORN)
    right = client.post(
        "/tra-cuu/nguoi/",
        {
            "person": str(child.ref),
            "born_on_0": "6",
            "born_on_1": "5",
            "born_on_2": "1990",
        },
        follow=True,
    )

    assert wrong.status_code == 422
    assert "Trần Thử Con" in text_of(right)


def test_a_number_finds_its_bearer_behind_any_number_of_namesakes(client):
    for n in range(25):
        make_person(national_id=f"0791580{n:05}", phone=f"+849000010{n:02}")
    make_person()

    look_up(
        client, full_name="Nguyễn Thị Thử", born_on_0="", born_on_1="", born_on_2="1958"
    )

    assert code_sent_to() is not None


def test_two_records_under_one_number_and_telephone_are_both_offered(client, person):
    make_person("Nguyễn Thị Thứ")

    page = open_record(client)

    assert page.request["PATH_INFO"] == "/tra-cuu/nguoi/"
    assert page.content.decode().count('name="person"') == 2


def test_a_person_without_a_telephone_gets_the_same_page_and_no_message(client):
    make_person(phone=None)

    answer = look_up(client)

    assert (answer.status_code, answer["Location"]) == (303, "/tra-cuu/xac-thuc/")
    assert code_sent_to() is None


def test_what_was_typed_is_kept_beside_the_message(client):
    page = client.post(
        "/tra-cuu/", {"full_name": "Lê Văn Ấm", "born_on_0": "31", "born_on_1": "2"}
    )

    assert page.status_code == 422
    assert 'value="Lê Văn Ấm"' in page.content.decode()
    assert 'role="alert"' in page.content.decode()


def test_eleven_look_ups_of_one_number_are_too_many(client, person):
    statuses = [look_up(Client()).status_code for _ in range(11)]

    assert statuses[:10] == [303] * 10
    assert statuses[10] == 429
    late = look_up(client)
    assert int(late["Retry-After"]) > 0


HONEST = 300


def asked_from(address, *, device=""):
    request = RequestFactory().post("/tra-cuu/", REMOTE_ADDR=address)
    request.session = SimpleNamespace(session_key=device)
    return request


def test_three_hundred_honest_people_behind_one_address_are_all_let_in(at):
    born = PartialDate(1958, 3, 8)
    stopped = [
        limits.over_look_up(
            asked_from("203.0.113.9"),
            national_id=f"0791580{n:05}",
            full_name="",
            born=born,
            at=at,
        )
        for n in range(HONEST)
    ]

    assert stopped == [None] * HONEST


def test_a_thousand_addresses_that_ask_for_one_person_are_stopped_at_ten(at):
    stopped = [
        limits.over_look_up(
            asked_from(f"203.0.{n // 250}.{n % 250}"),
            national_id=NUMBER,
            full_name="",
            born=PartialDate(1958),
            at=at,
        )
        is not None
        for n in range(1000)
    ]

    assert stopped == [False] * 10 + [True] * 990


def test_people_of_one_name_do_not_lock_each_other_out(settings):
    settings.DEMO = False
    pages = [
        look_up(
            Client(),
            national_id="",
            full_name="Nguyễn Văn Nam",
            born_on_0=str(n + 1),
        ).status_code
        for n in range(11)
    ]

    assert pages == [303] * 11


WRONG = {"born_on_0": "9", "born_on_1": "9"}
UNKNOWN = {"national_id": "079158099999"}
NAMED = {"full_name": "Nguyễn Thị Thử"}


@pytest.mark.parametrize(
    ("hit", "miss"),
    [
        ({}, UNKNOWN),
        # A number that nobody has leaves the name to be found by, or not.
        (UNKNOWN | NAMED, {"national_id": "079158088888", "full_name": "Lê Không"}),
        ({"national_id": ""} | NAMED, {"national_id": "", "full_name": "Lê Không"}),
    ],
)
def test_what_a_look_up_spends_of_its_limit_tells_nothing(person, settings, hit, miss):
    settings.DEMO = False

    def statuses(typed):
        ways = [typed | WRONG, typed] * 4 + [typed | {"born_on_0": ""}, typed]
        return [look_up(Client(), **way).status_code for way in ways]

    assert statuses(hit) == statuses(miss)


def test_however_a_birth_date_is_typed_a_person_gets_three_codes_a_day(
    person, settings
):
    settings.DEMO = False
    for typed in ({}, {"born_on_0": ""}, {"born_on_0": "", "born_on_1": ""}, NAMED):
        look_up(Client(), **typed)
    code_sent_to()

    assert OneTimeCode.objects.exclude(telephone_digest=None).count() == 4
    assert DemoMessage.objects.count() == 3


def test_an_invented_number_does_not_by_pass_the_limit_of_a_name(at, monkeypatch):
    monkeypatch.setattr(limits, "LOOK_UP_NAME", replace(limits.LOOK_UP_NAME, times=2))
    stopped = [
        limits.over_look_up(
            asked_from("203.0.113.9"),
            national_id=f"0791580{n:05}",
            full_name="Nguyễn Thị Thử",
            born=PartialDate(1958, 3, 8),
            at=at,
        )
        is not None
        for n in range(3)
    ]

    assert stopped == [False, False, True]


@pytest.mark.parametrize("people", [None, []])
def test_a_look_up_begun_before_an_update_goes_on(client, person, people):
    client.post("/tra-cuu/dien-thoai/", {"phone": PHONE})
    session = client.session
    pending = session["pending"]
    session["pending"] = {"code": pending["code"], "people": people}
    session.save()

    assert client.get("/tra-cuu/xac-thuc/").status_code == 200
    answer = client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()})

    assert answer["Location"] == "/tra-cuu/nguoi/"
    assert ("alike" in client.session) == (people is not None)


def test_tries_at_codes_are_counted_by_address_whatever_cookies_are_dropped(
    client, person, monkeypatch
):
    limit = replace(limits.CODE_TRIES_ADDRESS, times=1)
    monkeypatch.setattr(limits, "CODE_TRIES_ADDRESS", limit)
    pages = []
    for _ in range(2):
        visitor = Client()
        look_up(visitor)
        pages.append(visitor.post("/tra-cuu/xac-thuc/", {"code": "x"}).status_code)

    assert pages == [422, 429]


def test_logging_out_closes_the_record(client, person):
    open_record(client)

    client.post("/tra-cuu/thoat/")

    assert client.get("/tra-cuu/ket-qua/")["Location"] == "/tra-cuu/"


def test_the_session_gets_a_new_key_with_the_proof(client, person):
    look_up(client)
    before = client.session.session_key
    client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()})

    assert client.session.session_key != before


def test_the_record_page_stays_within_its_statements(client, person):
    site, product = make_organization(), make_product()
    for day in ("2021-08-12", "2021-10-07", "2022-01-15"):
        make_dose(person, site, product=product, given_on=day)
    open_record(client)

    with CaptureQueriesContext(connection) as captured:
        client.get("/tra-cuu/ket-qua/")

    frame = ("SAVEPOINT", "RELEASE", "SELECT set_config", "SELECT coalesce(current")
    asked = [q["sql"] for q in captured if not q["sql"].startswith(frame)]
    assert len(asked) <= 6, asked


def test_no_page_is_kept_by_any_cache(client, person):
    assert open_record(client)["Cache-Control"] == "no-store"


def test_a_closed_site_is_shown_with_who_answers_today(client, person):

    old = make_organization(name="Trạm Y tế Cũ", closed_on=date(2025, 7, 1))
    new = make_organization(name="Trạm Y tế Mới")
    OrganizationSuccession.objects.create(
        old=old, new=new, valid_from=date(2025, 7, 1), reason="sáp nhập"
    )
    make_dose(person, old)

    words = text_of(open_record(client))

    assert "Trạm Y tế Cũ" in words
    assert "Trạm Y tế Mới" in words
