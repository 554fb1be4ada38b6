"""One's own reports by telephone; a report put aside and gone on with elsewhere."""

import pytest
from django.test import Client
from django.utils import timezone

from complaints.actions import drafts
from complaints.models import Draft, Submission
from portal.common.models import DemoMessage
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    missing_dose,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import code_sent_to, open_record, step, text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
PHONE = "0900 000 215"
OTHER = "0900 000 999"


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


def prove(client, phone=PHONE, *, at="/cua-toi/"):
    """Ask for a code on a page and type it; return the page after it."""
    client.post(at, {"phone": phone})
    typed = code_sent_to("+84" + phone.replace(" ", "")[1:])
    return client.post("/cua-toi/xac-thuc/", {"code": typed}, follow=True)


def begin(client, kind="missing_dose"):
    """Begin a report without a record; return the page of its facts."""
    return client.post("/bao-sai/", {"kind": kind, "relation": "self"}, follow=True)


def save(client, page, **typed):
    """Press "save and come back later" on a page of a report."""
    address = step(page, "luu") + "?buoc=report_facts&muc=0"
    return client.post(address, typed, follow=True)


# The list ---------------------------------------------------------------------------


def test_a_code_shows_every_report_of_the_telephone_and_no_other(client, site):
    mine = [
        submit(missing_dose(site, given_on=day), at=timezone.now()).submission
        for day in ("2021-10-07", "2021-10-08")
    ]
    other = submit(
        missing_dose(site, given_on="2021-10-09"),
        sender=sender_for(phone="+84900000999"),
        at=timezone.now(),
    ).submission

    words = text_of(prove(client))

    for row in mine:
        assert f"{row.code[:4]} {row.code[4:8]} {row.code[8:]}" in words
    assert other.code[:4] + " " + other.code[4:8] not in words
    assert client.get(f"/theo-doi/{mine[0].code}/").status_code == 200
    assert client.get(f"/theo-doi/{other.code}/").status_code == 302


def test_a_telephone_without_reports_gets_the_same_page_and_a_way_on(client, site):
    submit(missing_dose(site), at=timezone.now())
    known = client.post("/cua-toi/", {"phone": PHONE})
    unknown = Client().post("/cua-toi/", {"phone": OTHER})

    assert (known.status_code, known["Location"]) == (
        unknown.status_code,
        unknown["Location"],
    )
    page = prove(Client(), OTHER)
    assert "Chưa có phản ánh nào" in text_of(page)
    assert "/bao-sai/" in page.content.decode()


def test_a_wrong_code_opens_nothing(client, site):
    submit(missing_dose(site), at=timezone.now())
    client.post("/cua-toi/", {"phone": PHONE})

    answer = client.post("/cua-toi/xac-thuc/", {"code": "000000"})

    assert answer.status_code == 422
    assert client.get("/cua-toi/danh-sach/").status_code == 302


def test_ten_telephones_an_hour_are_enough(client):
    statuses = [
        client.post("/cua-toi/", {"phone": OTHER}).status_code for _ in "x" * 11
    ]

    assert statuses == [303] * 10 + [429]


# Putting aside and going on ---------------------------------------------------------


def test_a_report_put_aside_is_gone_on_with_on_another_telephone(client, site):
    page = begin(client)
    asked = save(
        client,
        page,
        given_on_0="7",
        given_on_1="10",
        given_on_2="",
        lot="ABX 4471",
        story="Tiêm ở trường",
    )
    assert asked.status_code == 200
    client.post(step(asked, "de-lai"), {"phone": PHONE})
    kept = client.post("/cua-toi/xac-thuc/", {"code": code_sent_to()}, follow=True)
    assert "Phản ánh đã được lưu" in text_of(kept)

    elsewhere = Client()
    listed = prove(elsewhere, at="/tiep-tuc/")
    assert "Đang lưu, chưa gửi" in text_of(listed)
    draft = Draft.objects.get()
    again = elsewhere.post(f"/tiep-tuc/{draft.key}/", follow=True)

    html = again.content.decode()
    assert again.request["PATH_INFO"].endswith("/mui/")
    for value in ('value="7"', 'value="10"', "ABX 4471", "Tiêm ở trường"):
        assert value in html
    assert 'role="alert"' not in html


def test_the_telephone_is_not_asked_for_twice(client, site):
    page = begin(client)
    asked = save(client, page)
    client.post(step(asked, "de-lai"), {"phone": PHONE})
    client.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})
    before = DemoMessage.objects.count()

    client.post(step(asked, "de-lai"), {})

    assert Draft.objects.get().answers["proof"] is not None
    assert DemoMessage.objects.count() == before


def test_a_draft_on_a_record_is_gone_on_with_but_opens_no_record(client, site):
    make_person()
    open_record(client)
    page = client.get("/bao-sai/?kind=missing_dose", follow=True)
    asked = save(client, page, lot="ABX")
    client.post(step(asked, "de-lai"), {})

    elsewhere = Client()
    prove(elsewhere, at="/tiep-tuc/")
    draft = Draft.objects.get()
    again = elsewhere.post(f"/tiep-tuc/{draft.key}/", follow=True)

    assert again.status_code == 200
    assert elsewhere.get("/tra-cuu/ket-qua/").status_code == 302


def test_another_telephone_finds_no_draft(client, site):
    page = begin(client)
    asked = save(client, page)
    client.post(step(asked, "de-lai"), {"phone": PHONE})
    client.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})
    draft = Draft.objects.get()

    stranger = Client()
    listed = prove(stranger, OTHER, at="/tiep-tuc/")

    assert "Đang lưu" not in text_of(listed)
    assert stranger.post(f"/tiep-tuc/{draft.key}/").status_code == 404
    assert stranger.get(step(asked, "mui")).status_code == 404


def test_a_draft_of_yesterday_is_gone(client, site):
    page = begin(client)
    asked = save(client, page)
    client.post(step(asked, "de-lai"), {"phone": PHONE})
    client.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})
    Draft.objects.update(expires_at=timezone.now())

    assert drafts.kept_under("+84900000215", at=timezone.now()) == []
    assert client.get(step(asked, "de-lai")).status_code == 404


def test_what_was_sent_is_no_draft_any_more(client, site):
    page = begin(client)
    asked = save(client, page)
    client.post(step(asked, "de-lai"), {"phone": PHONE})
    client.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})
    key = Draft.objects.get().answers["key"]
    sent = submit(missing_dose(site), key=key, at=timezone.now()).submission

    assert Submission.objects.get() == sent
    assert drafts.kept_under("+84900000215", at=timezone.now()) == []


def test_saving_takes_no_step_that_does_not_exist(client):
    page = begin(client)

    for query in ("?buoc=home", "?buoc=report_nowhere", "?buoc=report_facts&muc=x"):
        assert client.post(step(page, "luu") + query).status_code == 404
