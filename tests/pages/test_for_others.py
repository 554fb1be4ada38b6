"""Who opens somebody else's record by number is noted, and reports, as who they are."""

import re

import pytest

from complaints.models import Submission
from portal.audit.models import Entry
from tests.factories import make_dose, make_organization, make_person, make_root
from tests.pages.citizen_steps import (
    code_sent_to,
    hidden_key,
    look_up,
    open_record,
    step,
    text_of,
)
from tests.pages.test_citizen_report import go_to_check

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
RECORD = "/tra-cuu/ket-qua/"
WHOSE = "/tra-cuu/cua-ai/"


@pytest.fixture
def mother():
    make_root()
    return make_person()


def offered(page):
    """Return what the record page lets the visitor say about its person."""
    return re.findall(r'name="relation" value="(\w+)"', page.content.decode())


def test_a_daughter_says_that_the_record_that_she_opened_is_her_mother_s(
    client, mother
):
    make_dose(mother, make_organization())
    page = open_record(client)

    said = client.post(WHOSE, {"relation": "parent"}, follow=True)

    assert offered(page) == ["self", "parent", "other"]
    assert f'action="{WHOSE}"' in page.content.decode()
    assert said.request["PATH_INFO"] == RECORD
    assert "Bố mẹ hoặc người thân" in text_of(said)
    newest = Entry.objects.filter(verb="look_up", person=mother.pk).latest("pk")
    assert newest.detail == "recorded_phone parent"
    assert "Người thân của bạn" in text_of(client.get("/du-lieu-cua-toi/"))


def test_what_she_then_reports_by_a_button_is_her_report_for_her_mother(client, mother):
    open_record(client)
    # A report that was begun before stays what it was, and is not gone on with.
    client.get("/bao-sai/?kind=wrong_person")
    client.post(WHOSE, {"relation": "parent"})

    facts = client.get("/bao-sai/?kind=wrong_person", follow=True)
    client.post(step(facts, "mui"), {"full_name": "Nguyễn Thị Thứ"})
    check = go_to_check(client, facts)
    client.post(step(check, "kiem-tra"), {"key": hidden_key(check)})

    submission = Submission.objects.get()
    assert (submission.relation, submission.person_id) == ("parent", mother.pk)


def test_step_1_says_as_whose_the_open_record_counts(client, mother):
    open_record(client)

    page = client.get("/bao-sai/")
    guest = type(client)().get("/bao-sai/")

    assert "Hồ sơ của Nguyễn Thị Thử đang mở" in text_of(page)
    assert f'href="{RECORD}#cua-ai"' in page.content.decode()
    assert "đang mở" not in text_of(guest)


def test_a_child_is_nobody_s_own_record_and_a_grown_up_nobody_s_child(client, mother):
    make_person("Trần Thử Con", born_on="2015-05-06", national_id="079215000001")
    open_record(client)
    grown_up = client.post(WHOSE, {"relation": "child"})
    look_up(
        client,
        national_id="079215000001",
        born_on_0="6",
        born_on_1="5",
        born_on_2="2015",
    )
    page = client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()}, follow=True)

    assert grown_up.status_code == 422
    assert offered(page) == ["child", "parent", "other"]


def test_without_an_open_record_there_is_nothing_to_say(client):
    assert client.post(WHOSE, {"relation": "parent"})["Location"] == "/tra-cuu/"


def test_every_fact_on_the_page_can_be_said_to_be_wrong(client, mother):
    page = open_record(client)

    words = text_of(page)
    assert "Giới tính Nữ" in words
    # Its last four digits open, with a code of the list below, the report's own page.
    assert "0900 ••• •••" in words
    assert "215" not in words
    links = re.findall(r'class="wr" href="([^"]+)"', page.content.decode())
    assert "/bao-sai/?kind=wrong_person#id_sex" in links
    # Whoever may change it at once is not sent to report it.
    assert "/doi-so/" in links


def test_without_a_telephone_on_record_the_page_says_so(client, mother):
    open_record(client)
    make_person("Lê Văn Vô", national_id="079158000009", phone="")
    session = client.session
    session["person"] = mother.pk + 1
    session.save()

    page = client.get(RECORD)

    assert "Điện thoại Không có" in text_of(page)


def test_at_the_counter_it_is_said_how_who_has_no_telephone_reads_their_data(
    client, mother
):
    page = open_record(client)
    session = client.session
    session["level"] = "counter"
    session.save()

    assert "số của người nhà" not in text_of(page)
    assert "số của người nhà" in text_of(client.get(RECORD))


@pytest.mark.parametrize("who", ["quân đội", "thử nghiệm", "đã mất"])
def test_step_1_says_where_those_go_for_whom_there_is_no_kind(client, who):
    assert who in text_of(client.get("/bao-sai/"))
