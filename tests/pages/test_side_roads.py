"""Off the straight way of a report: changed one's mind, held up, sent already."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from complaints.models import Complaint, Draft, Submission
from complaints.views import limits
from portal.accounts.models import OneTimeCode
from portal.common.throttle import Limit
from portal.registry.models import Person
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
)
from tests.pages.citizen_steps import (
    BORN,
    code_sent_to,
    hidden_key,
    look_up,
    open_record,
    step,
    text_of,
)
from tests.pages.test_citizen_report import GIVEN, WHO, begin, go_to_check

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
TYPED = GIVEN | {"site": "none", "story": "Tiêm ở trường"}


@pytest.fixture(autouse=True)
def site(all_rows):
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


@pytest.fixture
def checked(client):
    """Return the last page of a report of one missing dose, before it is sent."""
    page = begin(client)
    client.post(step(page, "mui"), TYPED)
    return go_to_check(client, page)


@pytest.fixture
def sent(client, checked):
    """Return its receipt, after it was sent."""
    key = {"key": hidden_key(checked)}
    return client.post(step(checked, "kiem-tra"), key, follow=True)


def add_matter(client, page, kind="wrong_person"):
    return client.post(step(page, "loai") + "?muc=1", {"kind": kind}, follow=True)


def back_link(page):
    return re.search(r'class="back" href="([^"]+)"', page.content.decode())[1]


# Several matters ----------------------------------------------------------------------


def test_a_matter_added_by_mistake_is_left_out_from_where_it_stands(client, checked):
    added = add_matter(client, checked)
    leave_out = step(checked, "bo") + "?muc=1"
    assert f'action="{leave_out}"' in added.content.decode()

    check = client.post(leave_out, follow=True)

    assert check.request["PATH_INFO"] == step(checked, "kiem-tra")
    client.post(step(checked, "kiem-tra"), {"key": hidden_key(check)})
    assert Complaint.objects.get().kind == "missing_dose"


def test_what_a_tab_keeps_of_one_left_out_is_not_of_the_one_in_its_place(
    client, checked
):
    def kept_as(page):
        return re.search(r'data-draft="([^"]+)"', page.content.decode())[1]

    first = kept_as(client.get(step(checked, "mui") + "?muc=0"))
    page = add_matter(client, checked)
    left_out = kept_as(page)
    assert f'data-drops="{left_out}"' in page.content.decode()
    client.post(step(checked, "bo") + "?muc=1")

    added = kept_as(add_matter(client, checked))
    client.post(step(checked, "bo") + "?muc=0")
    moved_up = kept_as(client.get(step(checked, "mui") + "?muc=0"))
    client.post(step(checked, "loai") + "?muc=0", {"kind": "not_mine"})
    client.post(step(checked, "loai") + "?muc=0", {"kind": "given_abroad"})
    other_kind = kept_as(client.get(step(checked, "mui") + "?muc=0"))

    assert len({first, left_out, added}) == 3
    assert moved_up == added
    assert other_kind not in (first, left_out, added)


def test_a_report_of_one_matter_offers_to_leave_none_out(client):
    page = begin(client)

    assert "/bo/" not in page.content.decode()


def test_back_from_a_matter_leads_to_its_own_kind(client, checked):
    add_matter(client, checked, kind="missing_dose")
    client.post(step(checked, "mui") + "?muc=1", TYPED | {"story": "Mũi thứ hai"})

    back = back_link(client.get(step(checked, "mui") + "?muc=0"))
    client.post(back, {"kind": "not_mine"})

    assert back == step(checked, "loai") + "?muc=0"
    first, second = Draft.objects.get().answers["matters"]
    assert (first["kind"], first.get("done")) == ("not_mine", None)
    assert (second["kind"], second["story"]) == ("missing_dose", "Mũi thứ hai")


def test_who_chose_the_kind_by_mistake_finds_what_the_old_one_said(client, checked):
    kind = step(checked, "loai") + "?muc=0"
    for chosen in ("foreign_dose", "not_mine", "missing_dose"):
        client.post(kind, {"kind": chosen})

    check = client.get(step(checked, "kiem-tra"))
    client.post(step(checked, "kiem-tra"), {"key": hidden_key(check)})

    assert "Tiêm ở trường" in text_of(check)
    assert Complaint.objects.get().kind == "missing_dose"


def test_back_from_the_kind_leads_to_what_was_answered(client, checked):
    kind = client.get(step(checked, "loai") + "?muc=0")

    assert back_link(kind) == step(checked, "kiem-tra")


def test_a_report_with_nothing_left_in_it_asks_what_is_wrong(client, checked):
    client.post(step(checked, "bo") + "?muc=0")

    for name in ("kiem-tra", "lien-he"):
        answer = client.get(step(checked, name))
        assert answer["Location"] == step(checked, "loai") + "?muc=0"


def test_one_form_has_one_name_in_the_tab(client, checked):
    names = {
        re.search(r'data-draft="([^"]+)"', client.get(address).content.decode())[1]
        for address in (step(checked, "mui"), step(checked, "mui") + "?muc=0")
    }

    assert len(names) == 1


# Held up by a limit -------------------------------------------------------------------


def test_at_the_limit_of_codes_step_3_keeps_everything_and_says_what_helps(
    client, monkeypatch
):
    monkeypatch.setattr(limits, "CODE_PHONE", Limit("code_phone", 3, limits.HOUR))
    page = begin(client)
    client.post(step(page, "mui"), TYPED)
    for _ in range(3):
        client.post("/cua-toi/", {"phone": WHO["phone"]})

    held_up = client.post(step(page, "lien-he"), WHO)
    again = client.get(step(page, "lien-he"))
    other = client.post(step(page, "lien-he"), WHO | {"phone": "0900 000 778"})

    assert held_up.status_code == 429
    assert 0 < int(held_up["Retry-After"]) <= 3600
    assert list(held_up.context["form"].errors) == ["phone"]
    assert "Dùng số điện thoại khác" in text_of(held_up)
    assert "/luu/" in held_up.content.decode()
    for shown in (held_up, again):
        assert 'value="Trần Văn Không"' in shown.content.decode()
        assert 'value="1950"' in shown.content.decode()
    assert other["Location"] == step(page, "xac-thuc")


def test_three_codes_a_day_are_said_at_the_field(client, settings):
    settings.DEMO = False
    settings.SMS_URL = ""
    page = begin(client)
    client.post(step(page, "mui"), TYPED)
    statuses = []
    for _ in range(4):
        answer = client.post(step(page, "lien-he"), WHO)
        statuses.append(answer.status_code)
        use_up_fresh_codes()

    assert statuses == [303] * 3 + [429]
    assert list(answer.context["form"].errors) == ["phone"]


def use_up_fresh_codes():
    """Age the codes of just now, within which the same one is given again."""
    OneTimeCode.objects.update(used_at=timezone.now())


@pytest.mark.parametrize("address", ["/cua-toi/", "/tiep-tuc/", "de-lai"])
def test_where_a_telephone_is_asked_for_the_limit_stands_at_its_field(
    client, monkeypatch, address
):
    monkeypatch.setattr(limits, "CODE_PHONE", Limit("code_phone", 1, limits.HOUR))
    page = begin(client)
    address = address if address.startswith("/") else step(page, address)
    client.post("/cua-toi/", {"phone": "0900 000 777"})

    answer = client.post(address, {"phone": "0900 000 777"})

    assert answer.status_code == 429
    assert list(answer.context["form"].errors) == ["phone"]
    assert 'value="0900 000 777"' in answer.content.decode()


def test_what_the_network_s_limit_refuses_is_no_try_of_the_telephone(
    client, monkeypatch
):
    monkeypatch.setattr(limits, "CODE_PHONE", Limit("code_phone", 1, limits.HOUR))
    monkeypatch.setattr(limits, "CODE_ADDRESS", Limit("code_none", 0, limits.HOUR))
    refused = [client.post("/cua-toi/", {"phone": "0900 000 777"}) for _ in range(2)]
    monkeypatch.setattr(limits, "CODE_ADDRESS", Limit("code_some", 5, limits.HOUR))

    taken = client.post("/cua-toi/", {"phone": "0900 000 777"})

    assert [answer.status_code for answer in refused] == [429, 429]
    assert all("Mạng bạn đang dùng" in text_of(answer) for answer in refused)
    assert taken.status_code == 303


def test_at_the_limit_of_e_mails_step_3_keeps_the_rest(client, monkeypatch):
    monkeypatch.setattr(limits, "MAIL_ADDRESS", Limit("mail_address", 0, limits.HOUR))
    page = begin(client)
    client.post(step(page, "mui"), TYPED)

    held_up = client.post(step(page, "lien-he"), WHO | {"email": "lan@example.vn"})
    without = client.post(step(page, "lien-he"), WHO)

    assert held_up.status_code == 429
    assert list(held_up.context["form"].errors) == ["email"]
    assert 'value="Trần Văn Không"' in held_up.content.decode()
    assert without["Location"] == step(page, "xac-thuc")


def test_a_request_about_my_data_keeps_its_words_at_the_limit(client, monkeypatch):
    monkeypatch.setattr(limits, "DATA_REQUEST", Limit("data_request", 0, limits.HOUR))
    make_person()
    open_record(client)

    typed = {"kind": "restrict", "text": "Không đưa vào danh sách nào."}
    answer = client.post("/du-lieu-cua-toi/yeu-cau/", typed)

    assert answer.status_code == 429
    assert "Không đưa vào danh sách nào." in text_of(answer)
    assert "/du-lieu-cua-toi/" in back_link(answer)


def test_the_facts_of_a_slip_stay_at_the_limit(client, monkeypatch):
    monkeypatch.setattr(limits, "CONTACT", Limit("contact", 0, limits.HOUR))
    typed = BORN | GIVEN | {"national_id": "079158012345", "lot": "ABX 4471"}
    typed |= {"site_text": "tram y te", "phone": "0912 345 678"}

    answer = client.post("/doi-so/giay/", typed)

    assert answer.status_code == 429
    assert 'value="ABX4471"' in answer.content.decode().replace(" ", "")


# Sent already -------------------------------------------------------------------------


def test_what_is_sent_cannot_be_put_aside_as_not_sent(client, sent):
    saved = client.post(step(sent, "luu") + "?buoc=report_check")
    asked = client.get(step(sent, "de-lai"))

    assert saved["Location"].startswith(step(sent, "da-gui"))
    assert asked["Location"] == step(sent, "da-gui")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("mui", TYPED | {"lot": "ABX 9999"}),
        ("lien-he", WHO | {"full_name": "Trần Văn Khác"}),
        ("giay", {"action": "go"}),
        ("gap", {"action": "clear"}),
        ("loai", {"kind": "not_mine"}),
        ("bo", {}),
        ("luu", TYPED),
    ],
)
def test_what_is_changed_after_sending_is_said_not_to_count(client, sent, name, typed):
    address = step(sent, name) + ("?buoc=report_facts" if name == "luu" else "")

    answer = client.post(address, typed, follow=True)

    code = Submission.objects.get().code
    assert answer.request["PATH_INFO"] == step(sent, "da-gui")
    assert "đã gửi trước đó" in text_of(answer)
    assert f'href="/theo-doi/{code}/1/bo-sung/"' in answer.content.decode()


def test_only_to_look_at_a_step_after_sending_says_nothing(client, sent):
    page = client.get(step(sent, "mui"), follow=True)

    assert page.request["PATH_INFO"] == step(sent, "da-gui")
    assert "bo-sung" not in page.content.decode()


# For somebody else --------------------------------------------------------------------


def test_a_parent_reports_a_second_record_of_the_child_whose_record_is_open(client):
    child = make_person("Trần Thử Con", born_on="2015-05-06")
    look_up(client, born_on_0="6", born_on_1="5", born_on_2="2015")
    client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()}, follow=True)
    page = client.get("/bao-sai/")
    said = page.context["form"].initial["relation"]

    begun = client.post("/bao-sai/", {"kind": "split_record", "relation": said})
    other = client.post("/bao-sai/", {"kind": "split_record", "relation": "parent"})

    assert said == "child"
    assert begun.status_code == 303
    assert other.status_code == 422
    assert Draft.objects.get().answers["person"] == child.pk


def test_who_typed_the_birth_date_to_look_up_is_not_asked_it_again(client, site):
    one, _two = make_person(), make_person("Nguyễn Thị Thứ")
    make_dose(one, site)
    page = open_record(client)

    chosen = client.post(
        "/tra-cuu/nguoi/", {"person": str(one.ref), "relation": "self"}, follow=True
    )

    assert "born_on" not in page.content.decode()
    assert "Hòa Bình" in text_of(chosen)


def test_a_grown_up_found_by_the_birth_date_is_no_child(client):
    one, _two = make_person(), make_person("Nguyễn Thị Thứ")
    open_record(client)

    answer = client.post(
        "/tra-cuu/nguoi/", {"person": str(one.ref), "relation": "child"}
    )

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["relation"]
    assert Person.objects.count() == 2


# What went wrong ----------------------------------------------------------------------


def test_a_form_that_was_open_too_long_leads_back_to_its_page(checked, client):
    other = Client(enforce_csrf_checks=True)
    other.cookies.update(client.cookies)
    form = "http://testserver" + step(checked, "mui") + "?muc=0"

    # To save is an address that takes nothing but what is sent.
    answer = other.post(step(checked, "luu"), TYPED, headers={"Referer": form})
    elsewhere = other.post(
        step(checked, "mui"), TYPED, headers={"Referer": "https://example.org/x"}
    )

    assert (answer.status_code, elsewhere.status_code) == (403, 403)
    assert f'href="{form}"' in answer.content.decode()
    assert f'href="{step(checked, "mui")}"' in elsewhere.content.decode()
    assert "example.org" not in elsewhere.content.decode()


@pytest.mark.parametrize("name", ["403", "403_csrf", "404", "429", "500", "503"])
def test_no_page_of_what_went_wrong_says_that_anything_arrived(rf, name):
    page = render_to_string(f"{name}.html", {}, rf.get("/"))

    assert "data-arrived" in render_to_string("help.html", {}, rf.get("/"))
    assert "data-arrived" not in page
