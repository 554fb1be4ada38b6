"""What is asked about before sending: in words, settled by a button or a reason."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from complaints import worklist
from complaints.models import Caveat, Complaint, Evidence
from portal.common import outbox
from portal.registry.models import (
    Lot,
    LotAllocation,
    NameShare,
    Product,
    Threshold,
)
from tests.factories import make_dose, make_organization, make_person, make_product
from tests.pages.citizen_steps import hidden_key, open_record, step, text_of
from tests.pages.test_citizen_report import (
    GIVEN,
    WHO,
    WHOLE_SLIP,
    begin,
    code_sent_to,
    go_to_check,
)
from tests.photos.draw import FOLDER

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


@pytest.fixture(autouse=True)
def site(all_rows):
    station = make_organization(name="Trạm Y tế Hòa Bình")
    product = make_product()
    Product.objects.filter(pk=product.pk).update(approved_on=date(2021, 2, 1))
    make_product("PF", "Comirnaty")
    lot = Lot.objects.create(
        number="ABX4471", product=product, expires_on=date(2021, 12, 31)
    )
    LotAllocation.objects.create(
        lot=lot, organization=station, received_on=date(2021, 7, 1), doses=100
    )
    for key, share in (("nguyên3", 0.3), ("thi5", 0.2), ("hoa0", 0.02)):
        part = {"nguyên3": "family", "thi5": "middle", "hoa0": "given"}[key]
        NameShare.objects.create(
            part=part, key=key, share=share, counted_at=timezone.now()
        )
    return station


def typed(**facts):
    return GIVEN | {"site": "none", "product": "AZ", "lot": "ABX4471"} | facts


def send(client, page):
    check = client.get(step(page, "kiem-tra"))
    client.post(step(page, "kiem-tra"), {"key": hidden_key(check)})
    return Complaint.objects.latest("pk")


def claims_of(complaint):
    return {claim.field: claim.claimed for claim in complaint.claims.all()}


def test_what_fits_the_ledger_is_not_asked_about(client):
    page = begin(client)

    assert client.post(step(page, "mui"), typed()).status_code == 303


def test_a_lot_of_another_vaccine_is_settled_by_its_button(client):
    page = begin(client)

    asked = client.post(step(page, "mui"), typed(product="PF"))
    settled = client.post(step(page, "mui"), typed(product="PF", take="product:AZ"))
    go_to_check(client, page)

    assert asked.status_code == 422
    assert 'value="product:AZ"' in asked.content.decode()
    assert "Lô ABX4471 là AstraZeneca" in text_of(asked)
    assert settled.status_code == 303
    complaint = send(client, page)
    assert claims_of(complaint)["product"] == "AZ"
    assert not complaint.caveats.exists()


def test_who_holds_to_it_says_why_and_staff_read_it(client):
    page = begin(client)
    asked = {"doubted": "lot_unknown"}

    silent = client.post(step(page, "mui"), typed(lot="ZZ99") | asked)
    other = client.post(
        step(page, "mui"), typed(lot="ZZ99", insist="rõ ràng", doubted="lot_over")
    )
    said = client.post(
        step(page, "mui"), typed(lot="ZZ99", insist="Giấy ghi rõ như vậy") | asked
    )
    check = go_to_check(client, page)
    complaint = send(client, page)

    assert "hoặc cho biết vì sao vẫn đúng" in text_of(silent)
    assert (silent.status_code, other.status_code, said.status_code) == (422, 422, 303)
    assert "Giấy ghi rõ như vậy" in text_of(check)
    caveat = complaint.caveats.get()
    assert (caveat.check_name, caveat.reason) == ("lot_unknown", "Giấy ghi rõ như vậy")


def test_an_offer_that_was_never_made_changes_nothing_else(client):
    page = begin(client)

    client.post(step(page, "mui"), typed(take="site:HACK"))
    go_to_check(client, page)

    assert "site" not in claims_of(send(client, page))


def test_a_near_lot_is_offered(client):
    page = begin(client)

    asked = client.post(step(page, "mui"), typed(lot="ABX447"))

    assert 'value="lot:ABX4471"' in asked.content.decode()


def test_beside_a_recorded_dose_only_what_is_changed_is_asked_about(client, site):
    person = make_person()
    dose = make_dose(person, site, product=make_product("PF"))
    open_record(client)
    page = client.get(f"/bao-sai/?kind=wrong_dose&dose={dose.ref}", follow=True)
    same = GIVEN | {"product": "PF", "lot": "ABX4471", "dose_number": "2"}

    answer = client.post(step(page, "mui"), same | {"site": site.code})

    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("name", "extra", "kept"),
    [
        ("nguyen thi hoa", {"take": "full_name:Nguyễn Thị Hoa"}, "Nguyễn Thị Hoa"),
        ("nguyen thi hoa", {"keep": "1", "doubted": "name_plain"}, "nguyen thi hoa"),
        ("Hoa", {"keep": "1", "doubted": "name_short"}, "Hoa"),
    ],
)
def test_a_name_without_accents_may_be_spelt_or_kept(client, name, extra, kept):
    page = begin(client)
    client.post(step(page, "mui"), typed())
    who = WHO | {"full_name": name}

    asked = client.post(step(page, "lien-he"), who)
    client.post(step(page, "lien-he"), who | extra)
    client.post(step(page, "xac-thuc"), {"code": code_sent_to("+84900000777")})
    complaint = send(client, page)

    assert asked.status_code == 422
    assert complaint.submission.full_name == kept
    assert complaint.caveats.count() == ("keep" in extra)


def test_the_spelling_typed_in_another_matter_is_offered_first(client):
    page = begin(client, "wrong_person")
    client.post(step(page, "mui"), {"full_name": "Nguyễn Thị Hòa"})

    asked = client.post(step(page, "lien-he"), WHO | {"full_name": "nguyen thi hoa"})

    assert "Dùng Nguyễn Thị Hòa" in text_of(asked)


def with_photo(client, name="ok-01.jpg", *, kind="missing_dose", **facts):
    """Return the page of the paper, with one checked photo."""
    page = begin(client, kind)
    client.post(step(page, "mui"), typed(**facts))
    content = (FOLDER / name).read_bytes()
    client.post(
        step(page, "lien-he"),
        WHO | {"evidence": SimpleUploadedFile("giay.jpg", content, "image/jpeg")},
    )
    client.post(step(page, "xac-thuc"), {"code": code_sent_to("+84900000777")})
    outbox.drain(queue="import", at=timezone.now())
    assert Evidence.objects.get().state == "checked"
    return client.get(step(page, "giay"))


@pytest.mark.parametrize(
    ("said", "checks"),
    [
        ({}, ""),
        ({"paper": "app"}, ""),
        ({"paper": "form"}, "paper_form"),
        ({"paper": "other"}, "paper_other"),
        ({"flaws": ["altered"]}, "paper_altered"),
        ({"flaws": ["covered"]}, "paper_covered"),
        ({"shows": ["full_name", "born_on", "given_on"]}, "paper_lacks"),
        ({"shows": ["born_on", "given_on", "product"]}, "paper_name"),
        ({"shows": ["full_name", "given_on", "product"]}, "paper_birth"),
    ],
)
def test_the_wrong_paper_is_asked_about_and_may_be_sent_all_the_same(
    client, said, checks
):
    page = with_photo(client)
    told = WHOLE_SLIP | said

    first = client.post(step(page, "giay"), told)
    again = client.post(
        step(page, "giay"), told | {"doubted": checks, "insist": "Chỉ còn giấy này"}
    )
    complaint = send(client, page)

    assert first.status_code == (422 if checks else 303)
    assert again.status_code == 303
    assert {c.check_name for c in complaint.caveats.all()} == set(checks.split())


@pytest.mark.parametrize(
    ("name", "check"),
    [("blurred-02.jpg", "photo_unreadable"), ("covered-02.jpg", "paper_covered")],
)
def test_a_photo_that_cannot_be_read_is_asked_about(client, name, check):
    page = with_photo(client, name)

    asked = client.post(step(page, "giay"), WHOLE_SLIP)

    assert asked.status_code == 422
    assert f'name="doubted" value="{check}"' in asked.content.decode()


def test_a_photo_of_any_other_paper_has_to_be_readable_too(client):
    number = {"national_id": "079150000001"}
    page = with_photo(client, "dark-01.jpg", kind="wrong_person", **number)
    asked = {"doubted": "photo_unreadable", "insist": "Chỉ còn ảnh này"}

    first = client.post(step(page, "giay"), {"action": "go"})
    again = client.post(step(page, "giay"), {"action": "go"} | asked)
    complaint = send(client, page)

    assert (first.status_code, again.status_code) == (422, 303)
    assert [c.check_name for c in complaint.caveats.all()] == ["photo_unreadable"]


def test_what_the_photo_shows_has_to_be_said(client):
    page = with_photo(client)

    answer = client.post(step(page, "giay"), {"action": "go"})

    assert answer.status_code == 422
    assert "Chọn ảnh chụp giấy gì" in text_of(answer)


def slip(day="12", product="AZ", lot="ABX4471"):
    return {
        "m0-given_on_0": day,
        "m0-given_on_1": "8",
        "m0-given_on_2": "2021",
        "m0-product": product,
        "m0-lot": lot,
    }


def test_a_paper_that_agrees_is_not_asked_about(client):
    page = with_photo(client)

    assert client.post(step(page, "giay"), WHOLE_SLIP | slip()).status_code == 303


def test_another_date_on_the_paper_is_shown_beside_and_taken_over(client):
    page = with_photo(client)
    told = WHOLE_SLIP | slip(day="21")

    asked = client.post(step(page, "giay"), told)
    client.post(step(page, "giay"), told | {"m0-choose-given_on": "paper"})
    complaint = send(client, page)

    assert asked.status_code == 422
    assert {"21/08/2021", "12/08/2021"} <= set(text_of(asked).split())
    assert claims_of(complaint)["given_on"] == "2021-08-21"
    assert not complaint.caveats.exists()


def test_who_keeps_what_was_typed_says_why_and_staff_see_what_the_paper_says(client):
    page = with_photo(client)
    told = WHOLE_SLIP | slip(day="21") | {"m0-choose-given_on": "typed"}

    asked = client.post(step(page, "giay"), told)
    client.post(
        step(page, "giay"), told | {"doubted": "slip_date", "insist": "Giấy ghi nhầm"}
    )
    complaint = send(client, page)

    assert asked.status_code == 422
    assert claims_of(complaint)["given_on"] == "2021-08-12"
    caveat = complaint.caveats.get()
    assert (caveat.check_name, caveat.said) == ("slip_date", "21/08/2021")
    assert caveat.reason == "Giấy ghi nhầm"
    assert b"21/08" not in bytes(caveat.said_sealed)


def test_the_paper_fills_what_was_left_empty_and_is_held_against_the_ledger(client):
    page = with_photo(client, lot="")

    asked = client.post(step(page, "giay"), WHOLE_SLIP | slip(lot="NOLOT1"))
    client.post(step(page, "giay"), WHOLE_SLIP | slip())
    complaint = send(client, page)

    assert 'value="lot_unknown"' in asked.content.decode()
    assert claims_of(complaint)["lot"] == "ABX4471"


def test_a_paper_on_which_nothing_agrees_is_asked_about_as_such(client):
    page = with_photo(client)
    told = WHOLE_SLIP | slip(day="21", product="PF", lot="ZZ1")
    told |= {f"m0-choose-{name}": "typed" for name in ("given_on", "product", "lot")}

    asked = client.post(step(page, "giay"), told)

    assert "slip_nothing" in asked.content.decode()


@pytest.mark.parametrize(
    ("fact", "told", "check"),
    [
        ("product", {"m0-product": "PF"}, "slip_product"),
        ("lot", {"m0-lot": "ABX4472"}, "slip_lot"),
        ("dose_number", {"m0-dose_number": "2"}, "slip_number"),
    ],
)
def test_what_the_paper_says_otherwise_is_asked_about_and_reaches_staff(
    client, fact, told, check
):
    page = with_photo(client, dose_number="1")
    told = WHOLE_SLIP | slip() | told | {f"m0-choose-{fact}": "typed"}
    insists = {"doubted": check, "insist": "Giấy ghi nhầm"}

    asked = client.post(step(page, "giay"), told)
    client.post(step(page, "giay"), told | insists)
    complaint = send(client, page)

    assert asked.status_code == 422
    assert f'name="doubted" value="{check}"' in asked.content.decode()
    assert [c.check_name for c in complaint.caveats.all()] == [check]


def youngest(years):
    Threshold.objects.create(
        code="test",
        rule="Q08",
        name="min_age",
        number=years,
        unit="years",
        valid_from=date(2021, 1, 1),
        source="test",
    )


BORN_LATER = [
    ("before_birth", "2021-11-30", "AZ"),
    ("too_young", "2006-01-01", "AZ"),
]


@pytest.mark.parametrize(("check", "born_on", "product"), BORN_LATER)
def test_birth_and_age_are_held_against_the_dose_of_an_open_record(
    client, check, born_on, product
):
    youngest(18)
    make_person(born_on=born_on)
    year, month, day = born_on.split("-")
    open_record(client, born_on_0=day, born_on_1=month, born_on_2=year)
    page = client.get("/bao-sai/?kind=missing_dose", follow=True)
    insists = {"doubted": check, "insist": "Giấy ghi rõ"}

    asked = client.post(step(page, "mui"), typed(product=product))
    client.post(step(page, "mui"), typed(product=product) | insists)
    client.post(step(page, "lien-he"), {"phone": ""})
    complaint = send(client, page)

    assert asked.status_code == 422
    assert f'name="doubted" value="{check}"' in asked.content.decode()
    assert [c.check_name for c in complaint.caveats.all()] == [check]


@pytest.mark.parametrize(("check", "born_on", "product"), BORN_LATER)
def test_a_guest_is_asked_too_when_the_birth_date_or_the_facts_come_later(
    client, check, born_on, product
):
    youngest(18)
    page = begin(client)
    client.post(step(page, "mui"), typed())
    year, month, day = born_on.split("-")
    who = WHO | {"born_on_0": day, "born_on_1": month, "born_on_2": year}

    at_contact = client.post(step(page, "lien-he"), who)
    insists = {"doubted": check, "insist": "Giấy ghi rõ"}
    client.post(step(page, "lien-he"), who | insists)
    client.post(step(page, "xac-thuc"), {"code": code_sent_to("+84900000777")})
    changed = client.post(step(page, "mui"), typed(given_on_0="13"))

    for asked in (at_contact, changed):
        assert asked.status_code == 422
        assert f'value="{check}"' in asked.content.decode()


def test_a_birth_date_that_is_claimed_itself_is_the_one_compared(client):
    make_person(born_on="2021-11-30")
    born = {"born_on_0": "30", "born_on_1": "11", "born_on_2": "2021"}
    open_record(client, **born)
    page = client.get("/bao-sai/?kind=wrong_person", follow=True)
    client.post(
        step(page, "mui"), {"born_on_0": "30", "born_on_1": "11", "born_on_2": "1991"}
    )
    client.post(step(page, "loai") + "?muc=1", {"kind": "missing_dose"})

    answer = client.post(step(page, "mui") + "?muc=1", typed())

    assert answer.status_code == 303


def test_what_the_paper_adds_is_held_against_the_birth_date(client):
    make_person(born_on="2021-08-30")
    born = {"born_on_0": "30", "born_on_1": "8", "born_on_2": "2021"}
    open_record(client, **born)
    page = client.get("/bao-sai/?kind=missing_dose", follow=True)
    day = {"given_on_0": "12", "given_on_1": "9"}
    client.post(step(page, "mui"), typed(**day))
    photo = SimpleUploadedFile(
        "giay.jpg", (FOLDER / "ok-01.jpg").read_bytes(), "image/jpeg"
    )
    client.post(step(page, "lien-he"), {"phone": "", "evidence": photo})
    told = WHOLE_SLIP | slip() | {"m0-choose-given_on": "paper"}

    asked = client.post(step(page, "giay"), told)

    assert 'value="before_birth"' in asked.content.decode()


def test_facts_changed_after_the_paper_are_held_against_it_again(client):
    page = with_photo(client)
    client.post(step(page, "giay"), WHOLE_SLIP | slip())

    changed = client.post(step(page, "mui"), typed(given_on_0="13"))
    asked = client.post(changed["Location"], WHOLE_SLIP | slip())

    assert changed["Location"] == step(page, "giay")
    assert asked.status_code == 422


def test_to_look_how_far_the_photos_are_keeps_what_was_copied(client):
    page = with_photo(client)

    looked = client.post(
        step(page, "giay"), {"action": "look", "paper": "app"} | slip(lot="QQ7")
    )

    assert looked.status_code == 200
    assert 'value="QQ7"' in looked.content.decode()


def urgent(client, page, **facts):
    soon = timezone.localdate() + timedelta(days=20)
    day = {"on_0": soon.day, "on_1": soon.month, "on_2": soon.year}
    return client.post(step(page, "gap"), {"reason": "travel"} | day | facts), soon


def test_an_urgent_report_says_why_and_by_when(client):
    page = begin(client)
    client.post(step(page, "mui"), typed())
    go_to_check(client, page)

    answer, soon = urgent(client, page)
    check = client.get(step(page, "kiem-tra"))
    complaint = send(client, page)

    assert answer["Location"] == step(page, "kiem-tra")
    assert f"Đi xa, {soon:%d/%m/%Y}" in text_of(check)
    assert (complaint.urgent_on, complaint.urgent_reason) == (soon, "travel")


@pytest.mark.parametrize(
    "wrong", [{"on_2": "2021"}, {"on_2": "2099"}, {"reason": ""}, {"on_0": "32"}]
)
def test_an_urgency_that_cannot_be_is_refused_in_words(client, wrong):
    page = begin(client)

    answer, _soon = urgent(client, page, **wrong)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_an_urgency_is_taken_back(client):
    page = begin(client)
    client.post(step(page, "mui"), typed())
    go_to_check(client, page)
    urgent(client, page)

    client.post(step(page, "gap"), {"action": "clear"})

    assert send(client, page).urgent_on is None


def test_what_is_urgent_leads_its_due_day_and_no_other(client):
    for number, (urgent_in, hours) in enumerate(
        [(None, 0), (3, 5), (1, 24), (None, 4)]
    ):
        page = begin(client)
        client.post(step(page, "mui"), typed(given_on_0=str(number + 1)))
        if number:
            client.post(step(page, "lien-he"), WHO | {"phone": ""})
        else:
            go_to_check(client, page)
        complaint = send(client, page)
        noon = timezone.now().replace(hour=5, minute=0, second=0, microsecond=0)
        complaint.due_at = noon + timedelta(days=9, hours=hours)
        if urgent_in:
            complaint.urgent_on = noon.date() + timedelta(days=urgent_in)
        complaint.save()

    rows = worklist.read_page(Complaint.objects.open(), after=None).rows

    assert [row.given_on.day for row in rows] == [2, 1, 4, 3]


def test_caveats_are_written_once_for_each_matter(client):
    page = begin(client)
    client.post(
        step(page, "mui"), typed(lot="ZZ99", doubted="lot_unknown", insist="Rõ ràng")
    )
    client.post(step(page, "loai") + "?muc=1", {"kind": "missing_dose"})
    client.post(step(page, "mui") + "?muc=1", typed(given_on_0="20"))
    who = WHO | {"full_name": "nguyen thi hoa", "keep": "1", "doubted": "name_plain"}
    client.post(step(page, "lien-he"), who)
    client.post(step(page, "xac-thuc"), {"code": code_sent_to("+84900000777")})
    send(client, page)

    assert [
        sorted(complaint.caveats.values_list("check_name", flat=True))
        for complaint in Complaint.objects.order_by("number")
    ] == [["lot_unknown", "name_plain"], ["name_plain"]]
    assert Caveat.objects.count() == 3
