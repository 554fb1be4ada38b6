"""Reporting over HTTP, with a record and without one."""

import gzip
import io
import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from complaints.actions import casework, drafts, routing, selfservice
from complaints.models import Claim, Complaint, Draft, Evidence, MailAddress, Submission
from portal.registry import corrections
from portal.registry.models import Dose
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)
from tests.pages.citizen_steps import (
    code_sent_to,
    hidden_key,
    open_record,
    step,
    text_of,
)

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")

WHO = {
    "full_name": "Trần Văn Không",
    "born_on_0": "",
    "born_on_1": "",
    "born_on_2": "1950",
    "phone": "0900 000 777",
}
WHOLE_SLIP = {
    "paper": "slip",
    "shows": ["full_name", "born_on", "given_on", "product"],
    "action": "go",
}
GIVEN = {"given_on_0": "12", "given_on_1": "8", "given_on_2": "2021"}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


def begin(client, kind="missing_dose", relation="self"):
    return client.post("/bao-sai/", {"kind": kind, "relation": relation}, follow=True)


def go_to_check(client, page, **who):
    """Answer step 3 and its code; return the check page."""
    client.post(step(page, "lien-he"), WHO | who)
    phone = code_sent_to("+84900000777")
    return client.post(step(page, "xac-thuc"), {"code": phone}, follow=True)


def test_the_code_of_another_report_proves_nothing_here(client, site):
    pages = []
    for phone in ("0900 000 777", "0900 000 778"):
        page = begin(client)
        client.post(
            step(page, "mui"),
            GIVEN | {"site": site.code, "product": "AZ", "lot": "ab 1"},
        )
        client.post(step(page, "lien-he"), WHO | {"phone": phone})
        pages.append(page)
    first, second = pages

    here = {"code": code_sent_to("+84900000777")}
    there = {"code": code_sent_to("+84900000778")}
    wrong = client.post(step(first, "xac-thuc"), there)
    right = client.post(step(first, "xac-thuc"), here)
    other = client.post(step(second, "xac-thuc"), there)

    assert wrong.status_code == 422
    assert right["Location"] == step(first, "kiem-tra")
    assert other["Location"] == step(second, "kiem-tra")


def test_after_sending_the_page_of_the_code_leads_to_the_receipt(client, site):
    page = begin(client)
    client.post(
        step(page, "mui"), GIVEN | {"site": site.code, "product": "AZ", "lot": "ab 1"}
    )
    check = go_to_check(client, page)
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    late = client.get(step(page, "xac-thuc"))

    assert late["Location"] == step(page, "da-gui")


def claims_of(complaint):
    return {claim.field: claim.claimed for claim in complaint.claims.all()}


def test_a_missing_dose_is_reported_without_any_record(client, site):
    page = begin(client)
    client.post(
        step(page, "mui"), GIVEN | {"site": site.code, "product": "AZ", "lot": "ab 1"}
    )
    check = go_to_check(client, page)
    sent = client.post(step(page, "kiem-tra"), {"key": hidden_key(check)}, follow=True)

    submission = Submission.objects.get()
    complaint = Complaint.objects.get()
    assert submission.person is None
    assert submission.phone == "+84900000777"
    assert claims_of(complaint) == {
        "given_on": "2021-08-12",
        "site": site.code,
        "product": "AZ",
        "lot": "AB1",
    }
    assert complaint.site == site
    words = text_of(sent)
    assert sent.request["PATH_INFO"].endswith("/da-gui/")
    assert f"{submission.code[:4]} {submission.code[4:8]}" in words
    assert "<svg" in sent.content.decode()


def test_an_e_mail_address_may_be_given_with_the_report(client, site):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": site.code})
    wrong = client.post(step(page, "lien-he"), WHO | {"email": "lan@"})
    check = go_to_check(client, page, email="Lan@example.vn")
    key = {"key": hidden_key(check)}
    sent = client.post(step(page, "kiem-tra"), key, follow=True)
    client.post(step(page, "kiem-tra"), key)

    assert wrong.status_code == 422
    assert 'value="lan@"' in wrong.content.decode()
    assert "Lan@example.vn" in text_of(check)
    # Asked once, whatever was tapped twice; nothing is sent before the owner agrees.
    row = MailAddress.objects.get()
    assert (row.submission, row.verified_at) == (Submission.objects.get(), None)
    assert row.address == "Lan@example.vn"
    assert "L•••@example.vn" in text_of(sent)


def test_only_what_was_changed_of_a_dose_becomes_a_claim(client, site):
    person = make_person()
    dose = make_dose(person, site)
    open_record(client)
    page = client.get(f"/bao-sai/?kind=wrong_dose&dose={dose.ref}", follow=True)
    assert 'value="2021"' in page.content.decode()
    same = GIVEN | {
        "product": "AZ",
        "lot": "ABX4471",
        "site": site.code,
        "dose_number": "1",
    }

    nothing = client.post(step(page, "mui"), same)
    client.post(step(page, "mui"), same | {"given_on_0": "13"})
    client.post(step(page, "lien-he"), {"phone": ""})
    check = client.get(step(page, "kiem-tra"))
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    assert nothing.status_code == 422
    complaint = Complaint.objects.get()
    assert complaint.dose == dose
    assert claims_of(complaint) == {"given_on": "2021-08-13"}
    assert Claim.objects.get().recorded == "2021-08-12"


def test_a_dose_of_somebody_else_cannot_be_named(client, site):
    make_person()
    other = make_person("Lê Thị Khác", national_id="079158000002", phone=None)
    dose = make_dose(other, site)
    open_record(client)

    page = client.get(f"/bao-sai/?kind=not_mine&dose={dose.ref}", follow=True)
    forged = client.post(step(page, "mui"), {"dose": str(dose.ref)})

    assert forged.status_code == 422
    assert "Hòa Bình" not in text_of(page)


def test_personal_details_claim_what_differs_and_show_no_number(client, site):
    make_person()
    open_record(client)
    page = client.get("/bao-sai/?kind=wrong_person", follow=True)
    assert "079158012345" not in page.content.decode()

    client.post(
        step(page, "mui"),
        {
            "full_name": "Nguyễn Thị Thử",
            "born_on_0": "8",
            "born_on_1": "3",
            "born_on_2": "1958",
            "sex": "F",
            "national_id": "079158012346",
        },
    )
    client.post(step(page, "lien-he"), {"phone": ""})
    check = client.get(step(page, "kiem-tra"))
    assert "079158012346" not in text_of(check)
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    assert claims_of(Complaint.objects.get()) == {"national_id": "079158012346"}


def test_several_matters_go_under_one_code(client, site):
    person = make_person()
    dose = make_dose(person, site)
    open_record(client)
    page = client.get(f"/bao-sai/?kind=not_mine&dose={dose.ref}", follow=True)
    client.post(step(page, "mui"), {"dose": str(dose.ref), "story": "Ở nhà"})
    client.post(step(page, "lien-he"), {"phone": ""})
    more = client.post(
        step(page, "loai") + "?muc=1", {"kind": "missing_dose"}, follow=True
    )
    client.post(
        step(page, "mui") + "?muc=1",
        {"given_on_2": "2022", "site": "none", "site_text": "Nhà thi đấu Phú Thọ"},
    )
    check = client.get(step(more, "kiem-tra"))
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    void, missing = Complaint.objects.order_by("number")
    assert claims_of(void) == {"dose": "void"}
    assert claims_of(missing) == {"given_on": "2022"}
    assert missing.site_text == "Nhà thi đấu Phú Thọ"


def test_sending_twice_makes_one_submission(client, site):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none"})
    key = hidden_key(go_to_check(client, page))

    answers = [client.post(step(page, "kiem-tra"), {"key": key}) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {303}
    assert Submission.objects.count() == 1


def test_reporting_the_same_again_shows_the_first_one(client, site):
    for _ in range(2):
        page = begin(client)
        client.post(step(page, "mui"), GIVEN | {"site": "none"})
        if "Trần" not in text_of(client.get(step(page, "kiem-tra"))):
            client.post(step(page, "lien-he"), WHO)
            code = code_sent_to("+84900000777")
            client.post(step(page, "xac-thuc"), {"code": code})
        key = hidden_key(client.get(step(page, "kiem-tra")))
        sent = client.post(step(page, "kiem-tra"), {"key": key}, follow=True)

    assert Complaint.objects.count() == 1
    assert Submission.objects.order_by("pk")[0].code in sent.content.decode()


def test_the_site_search_needs_no_script_and_keeps_what_was_typed(client, site):
    page = begin(client)

    found = client.post(
        step(page, "mui"),
        GIVEN | {"site_text": "hoa binh", "lot": "X9", "action": "find"},
    )

    assert found.status_code == 200
    body = found.content.decode()
    assert f'value="{site.code}"' in body
    assert 'value="X9"' in body
    assert 'role="alert"' not in body

    typed = {"site_text": "khong co noi nao", "action": "find"}
    nothing = text_of(client.post(step(page, "mui"), GIVEN | typed))
    assert "Không tìm thấy nơi nào như vậy" in nothing


def test_what_cannot_be_is_refused_beside_the_field(client, site):
    page = begin(client)
    known = {"given_on_2": "2022", "site": "none"}
    never = {"given_on_0": "31", "given_on_1": "2"}

    for field, typed in (
        ("given_on", known | {"given_on_2": "2019"}),
        ("given_on", known | {"given_on_2": "2099"}),
        ("given_on", known | never),
        ("site", {"given_on_2": "2022"}),
        ("site", known | {"site": "TYT-KHONG-CO"}),
        ("product", known | {"product": "<script>"}),
    ):
        answer = client.post(step(page, "mui"), typed)

        assert answer.status_code == 422, typed
        assert 'role="alert"' in answer.content.decode()
        assert list(answer.context["form"].errors) == [field], typed


def photo():
    made = io.BytesIO()
    Image.effect_noise((300, 200), 90).save(made, "JPEG")
    return SimpleUploadedFile("giay.jpg", made.getvalue(), "image/jpeg")


def test_a_photo_is_kept_although_another_field_is_wrong(client, site):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none"})

    wrong = client.post(
        step(page, "lien-he"), WHO | {"phone": "12", "evidence": photo()}
    )
    paper = go_to_check(client, page)
    check = client.post(step(page, "giay"), WHOLE_SLIP, follow=True)
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    assert wrong.status_code == 422
    assert paper.request["PATH_INFO"] == step(page, "giay")
    assert Evidence.objects.get().submission == Submission.objects.get()


def test_a_refused_file_says_why_and_keeps_the_rest(client, site):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none"})

    answer = client.post(
        step(page, "lien-he"),
        WHO | {"evidence": SimpleUploadedFile("anh.jpg", b"<svg/>", "image/jpeg")},
    )

    assert answer.status_code == 422
    assert 'value="Trần Văn Không"' in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_draft_opens_in_its_own_session_only_and_is_sealed(client, site):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none", "story": "CANARY-77"})

    assert Client().get(step(page, "mui")).status_code == 404
    assert client.get(f"/bao-sai/{uuid.uuid4()}/mui/").status_code == 404
    assert b"CANARY-77" not in bytes(Draft.objects.get().answers_sealed)


def test_nothing_is_filed_before_the_telephone_is_proved(client, site):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none"})
    client.post(step(page, "lien-he"), WHO)

    answer = client.post(step(page, "kiem-tra"), {"key": str(uuid.uuid4())})

    assert answer.status_code == 302
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "kind",
    ["missing_dose", "wrong_dose", "not_mine", "doubled_dose", "wrong_person"],
)
def test_every_kind_can_be_reported_without_a_record(client, site, kind):
    page = begin(client, kind, relation="parent")
    typed = (
        {"national_id": "079150000001"}
        if kind == "wrong_person"
        else GIVEN | {"site": "none", "site_text": "Trường học"}
    )
    client.post(step(page, "mui"), typed)
    check = go_to_check(client, page)
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    complaint = Complaint.objects.get()
    assert (complaint.kind, complaint.submission.relation) == (kind, "parent")
    assert complaint.claims.exists()


@pytest.mark.parametrize("kind", ["wrong_dose", "not_mine", "doubled_dose"])
def test_what_a_guest_knows_of_a_dose_reaches_whoever_can_find_it(client, site, kind):
    page = begin(client, kind, relation="child")
    known = {"site": site.code, "product": "AZ", "lot": "ab 1", "dose_number": "2"}
    client.post(step(page, "mui"), GIVEN | known | {"story": "Hôm đó tôi ở quê"})
    check = go_to_check(client, page)
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    case = Complaint.objects.get()
    routing.route([case.pk], at=timezone.now())
    case.refresh_from_db()
    assert (case.site, case.holder, str(case.given_on)) == (site, site, "2021-08-12")
    told = case.story + " ".join(map(str, claims_of(case).values()))
    for fact in ("Hôm đó tôi ở quê", "2021", "AB1", "2"):
        assert fact in told
    if kind != "wrong_dose":
        # To be found by, not to be set right.
        assert claims_of(case) == {"dose": "void"}
        assert "AstraZeneca" in case.story
        assert "Trạm Y tế Hòa Bình" in case.story


def test_a_site_that_was_typed_and_not_chosen_is_asked_about(client, site):
    right = make_organization(name="Trạm Y tế Tân Lập", code="TYT-TL")
    dose = make_dose(make_person(), site)
    open_record(client)
    page = client.get(f"/bao-sai/?kind=wrong_dose&dose={dose.ref}", follow=True)
    facts = GIVEN | {"given_on_0": "13", "product": "AZ", "lot": "ABX4471"}
    # The recorded site is checked already; the right one was typed and never looked up.
    typed = facts | {"site_text": "tan lap", "site": site.code, "looked_for": ""}

    asked = client.post(step(page, "mui"), typed)
    chosen = typed | {"site": right.code, "looked_for": "tan lap"}
    client.post(step(page, "mui"), chosen)
    client.post(step(page, "lien-he"), {"phone": ""})
    check = client.get(step(page, "kiem-tra"))
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})

    assert asked.status_code == 422
    assert list(asked.context["form"].errors) == ["site"]
    assert f'value="{right.code}"' in asked.content.decode()
    html = asked.content.decode()
    assert 'name="looked_for" value="tan lap"' in html
    # The recorded one is not left checked: who goes on has to choose.
    assert "checked" not in html.split('name="site"', 1)[1].split("</fieldset>")[0]
    assert claims_of(Complaint.objects.get())["site"] == right.code


@pytest.mark.parametrize(
    ("recorded", "claimed"),
    [("abx 4471", {"given_on"}), ("ABX447I", {"given_on", "lot"})],
)
def test_a_lot_that_only_case_or_a_blank_tells_apart_is_not_claimed(
    client, site, recorded, claimed
):
    dose = make_dose(make_person(), site, lot=recorded)
    open_record(client)
    page = client.get(f"/bao-sai/?kind=wrong_dose&dose={dose.ref}", follow=True)
    facts = GIVEN | {"given_on_0": "13", "product": "AZ", "lot": "ABX4471"}

    client.post(step(page, "mui"), facts | {"site": site.code, "dose_number": "1"})

    assert set(Draft.objects.get().answers["matters"][0]["claims"]) == claimed


def test_looking_for_another_site_chooses_none_for_you(client, site):
    page = begin(client)
    make_organization(name="Trạm Y tế Tân Lập", code="TYT-TL")
    typed = GIVEN | {"site_text": "tan lap", "looked_for": "hoa binh"}

    found = client.post(
        step(page, "mui"), typed | {"site": site.code, "action": "find"}
    ).content.decode()

    assert f'value="{site.code}"' in found
    assert "checked" not in found.split('name="site"', 1)[1].split("</fieldset>")[0]


def test_a_name_on_a_dose_is_reported_and_put_right(client, site):
    person = make_person("Nguyễn Thị Bảo Lộc")
    dose = make_dose(person, site)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(name_recorded="Nguyễn Thị Bửu Lộc")
    record = open_record(client)
    address = re.search(
        r'href="(/bao-sai/[^"#]+)#id_own_name"', record.content.decode()
    )[1].replace("&amp;", "&")
    page = client.get(address, follow=True)
    same = GIVEN | {"product": "AZ", "lot": "ABX4471", "site": site.code}

    nothing = client.post(step(page, "mui"), same | {"dose_number": "1"})
    client.post(step(page, "mui"), same | {"dose_number": "1", "own_name": "on"})
    client.post(step(page, "lien-he"), {"phone": ""})
    check = client.get(step(page, "kiem-tra"))
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})
    case = Complaint.objects.get()
    claim = case.claims.get()
    at = timezone.now()
    selfservice.settle([case.pk], at=at)
    routing.route([case.pk], at=at)
    casework.resolve(
        complaint_id=case.pk,
        verdicts={claim.pk: ("upheld", "")},
        by=make_staff(site),
        at=at,
    )

    assert nothing.status_code == 422
    assert "Bửu Lộc" in text_of(check)
    assert (claim.field, claim.recorded, claim.claimed) == (
        "full_name",
        "Nguyễn Thị Bửu Lộc",
        "Nguyễn Thị Bảo Lộc",
    )
    dose.refresh_from_db()
    person.refresh_from_db()
    assert dose.name_recorded == person.full_name == "Nguyễn Thị Bảo Lộc"
    assert (dose.person, dose.version) == (person, 2)
    ended = Complaint.objects.get()
    assert (ended.status, ended.outcome) == ("resolved", "corrected")
    assert "mang tên khác" not in text_of(client.get("/tra-cuu/ket-qua/"))


def test_every_page_has_one_heading_and_fits_the_budget(client, site):
    page = begin(client)
    pages = [client.get("/bao-sai/"), page]
    client.post(step(page, "mui"), GIVEN | {"site": "none"})
    pages += [client.get(step(page, "lien-he")), go_to_check(client, page)]
    for one in pages:
        assert len(re.findall(r"<h1[ >]", one.content.decode())) == 1
        assert len(gzip.compress(one.content)) <= 10 * 1024


def test_drafts_of_yesterday_go_with_the_photos_that_were_never_sent(client, site):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none"})
    client.post(step(page, "lien-he"), WHO | {"evidence": photo()})
    draft = Draft.objects.get()

    assert drafts.forget_expired(at=draft.expires_at - timedelta(seconds=1)) == 0
    assert drafts.forget_expired(at=draft.expires_at) == 1
    assert not Evidence.objects.exists()
