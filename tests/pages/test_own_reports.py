"""One's own reports by telephone; a report put aside and gone on with elsewhere."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from complaints.actions import drafts
from complaints.models import Draft, Evidence, Submission
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.models import Dose
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_person,
    make_product,
    missing_dose,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import (
    code_sent_to,
    hidden_key,
    open_record,
    step,
    text_of,
)

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


WHO = {"full_name": "Trần Văn Không", "born_on_2": "1950", "phone": ""}


def keep(client, page):
    """Keep what was saved under the telephone, with its code."""
    client.post(step(page, "de-lai"), {"phone": PHONE})
    client.post("/cua-toi/xac-thuc/", {"code": code_sent_to()})


def test_a_guest_who_put_the_facts_aside_sends_them_from_another_telephone(
    client, site
):
    asked = save(client, begin(client), given_on_2="2021", lot="ABX4471")
    keep(client, asked)
    elsewhere = Client()
    prove(elsewhere, at="/tiep-tuc/")
    page = elsewhere.post(f"/tiep-tuc/{Draft.objects.get().key}/", follow=True)

    done = elsewhere.post(
        page.request["PATH_INFO"] + "?muc=0",
        {"given_on_2": "2021", "site": site.code, "lot": "ABX4471"},
    )
    early = elsewhere.get(step(page, "kiem-tra"))
    check = elsewhere.post(step(page, "lien-he"), WHO, follow=True)
    elsewhere.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    # Whose record it is has to be said first, though the telephone is proved.
    assert done["Location"] == early["Location"] == step(page, "lien-he")
    sent = Submission.objects.get()
    assert (sent.full_name, sent.phone) == ("Trần Văn Không", "+84900000215")
    assert sent.complaints.get().lot == "ABX4471"


def test_what_was_answered_after_saving_is_not_overwritten_by_what_was_saved(
    client, site
):
    page = begin(client)
    client.post(step(page, "mui"), {"given_on_2": "2021", "site": site.code})
    contact = step(page, "lien-he")
    typed = WHO | {"full_name": "Nguyen Van A", "phone": PHONE}
    client.post(
        step(page, "luu") + "?buoc=report_contact&muc=", typed | {"given_on_2": ""}
    )
    keep(client, page)
    before = client.get(contact).content.decode()

    client.post(contact, WHO | {"full_name": "Nguyễn Văn An"})

    after = client.get(contact).content.decode()
    assert 'value="Nguyen Van A"' in before
    assert 'value="Nguyễn Văn An"' in after
    assert "Nguyen Van A" not in after
    # And going on once more leads to the check page, not to the old text.
    key = Draft.objects.get().key
    assert client.post(f"/tiep-tuc/{key}/")["Location"] == step(page, "kiem-tra")


def test_what_was_saved_for_one_matter_shows_in_no_other(client, site):
    page = begin(client)
    facts = step(page, "mui")
    client.post(facts, {"given_on_2": "2021", "site": site.code})
    client.post(step(page, "loai") + "?muc=1", {"kind": "missing_dose"})
    # The address of a step without a place means the last matter.
    address = step(page, "luu") + "?buoc=report_facts&muc="
    client.post(address, {"given_on_2": "2022", "lot": "ONLY2"})
    keep(client, page)

    first = client.get(facts + "?muc=0").content.decode()
    second = client.get(facts + "?muc=1").content.decode()
    client.post(step(page, "bo") + "?muc=0")
    moved_up = client.get(facts + "?muc=0").content.decode()

    assert "ONLY2" not in first
    assert "ONLY2" in second
    assert "ONLY2" not in moved_up
    key = Draft.objects.get().key
    assert client.post(f"/tiep-tuc/{key}/", follow=True).status_code == 200


def test_a_link_followed_many_times_begins_one_report_and_drops_none(client, site):
    make_person()
    open_record(client)
    begun = client.get("/bao-sai/?kind=missing_dose", follow=True)
    client.post(step(begun, "mui"), {"given_on_2": "2021", "site": site.code})

    for _ in range(12):
        client.get("/bao-sai/?kind=wrong_person")
        client.get("/bao-sai/?kind=split_record")

    assert Draft.objects.count() == 3
    assert client.get(step(begun, "mui")).status_code == 200


def test_a_report_begun_just_so_is_kept_for_a_day_from_the_last_time():
    matter = {"kind": "missing_dose", "dose": None, "claims": {}}
    facts = {"relation": "self", "person_id": None, "matter": matter}
    row = drafts.start(**facts, at=NOON)
    later = NOON + timedelta(hours=23)

    again = drafts.start(**facts, begun=[str(row.key)], at=later)

    assert again.pk == row.pk
    assert Draft.objects.get().expires_at == later + drafts.LIFETIME


def test_of_many_reports_at_hand_those_without_answers_are_let_go_first(client, site):
    page = begin(client)
    client.post(step(page, "mui"), {"given_on_2": "2021", "site": site.code})
    kinds = ["missing_dose", "wrong_dose", "not_mine", "doubled_dose", "wrong_person"]

    for relation in ("child", "parent", "other"):
        for kind in kinds:
            client.post("/bao-sai/", {"kind": kind, "relation": relation})

    assert len(client.session["drafts"]) == 10
    assert client.get(step(page, "mui")).status_code == 200


def test_the_way_back_that_the_page_names_is_there(client):
    for address in ("/", "/bao-sai/"):
        page = client.get(address)

        assert 'href="/tiep-tuc/"' in page.content.decode()
        assert "Làm tiếp phản ánh" in text_of(page)


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


# A record that is not open here ------------------------------------------------------


@pytest.fixture
def put_aside(client, site):
    """Put a report aside that was begun on an open record; return another visitor."""
    person = make_person()
    make_dose(person, site)
    make_dose(person, site, given_on="2021-11-20", dose_number="2")
    open_record(client)
    page = client.get("/bao-sai/?kind=not_mine", follow=True)
    asked = save(client, page)
    client.post(step(asked, "de-lai"), {"phone": OTHER})
    client.post("/cua-toi/xac-thuc/", {"code": code_sent_to("+84900000999")})
    elsewhere = Client()
    prove(elsewhere, OTHER, at="/tiep-tuc/")
    return elsewhere


def resumed(visitor):
    return visitor.post(f"/tiep-tuc/{Draft.objects.get().key}/", follow=True)


def test_gone_on_with_elsewhere_it_offers_no_dose_of_the_record(client, put_aside):
    here = text_of(client.get(f"/bao-sai/{Draft.objects.get().key}/mui/"))
    there = text_of(resumed(put_aside))

    assert "20/11/2021" in here
    for fact in ("20/11/2021", "12/08/2021"):
        assert fact not in there


def test_gone_on_with_elsewhere_no_detail_is_filled_in(client, put_aside):
    page = resumed(put_aside)
    put_aside.post(step(page, "loai") + "?muc=0", {"kind": "wrong_person"})

    html = put_aside.get(step(page, "mui") + "?muc=0").content.decode()

    for value in ("Nguyễn Thị Thử", 'value="1958"', "•••"):
        assert value not in html


def test_gone_on_with_elsewhere_a_dose_and_its_paper_name_nobody(client, put_aside):
    draft = Draft.objects.get()
    dose = Dose.objects.get(given_on="2021-11-20")
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(name_recorded="Trần Bửu Lộc")
    answers = draft.answers
    answers["matters"] = [
        answers["matters"][0]
        | {"kind": "wrong_dose", "dose": dose.pk, "dose_ref": str(dose.ref)}
    ]
    drafts.save(draft, answers)
    Evidence.objects.create(
        draft=draft,
        media_type="image/jpeg",
        sha256=bytes(32),
        bytes=1,
        uploaded_at=draft.created_at,
    )
    page = resumed(put_aside)

    facts, paper = (
        put_aside.get(step(page, name)).content.decode() for name in ("mui", "giay")
    )

    assert 'name="lot"' in facts
    assert 'name="shows"' in paper
    for value in ("Nguyễn Thị Thử", "08/03/1958"):
        assert value not in facts + paper
    # What was claimed while the record was open is claimed still.
    answers["matters"][0]["claims"] = {"full_name": "Nguyễn Thị Thử"}
    drafts.save(draft, answers)
    again = put_aside.get(step(page, "mui")).content.decode()
    assert 'name="own_name"' in again


def test_the_dose_that_it_names_already_stays_chosen(client, put_aside):
    draft = Draft.objects.get()
    dose = Dose.objects.get(given_on="2021-11-20")
    answers = draft.answers
    answers["matters"][0] |= {"dose": dose.pk, "dose_ref": str(dose.ref)}
    drafts.save(draft, answers)

    page = text_of(resumed(put_aside))

    assert "20/11/2021" in page
    assert "12/08/2021" not in page


def test_going_on_elsewhere_stands_among_the_looks_at_the_record(client, put_aside):
    resumed(put_aside)

    words = text_of(client.get("/du-lieu-cua-toi/"))

    assert "Làm tiếp một phản ánh đã để lại" in words
    assert "Người đã để lại phản ánh" in words
