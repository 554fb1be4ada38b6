"""The same matter a second time: shown, added to, counted, and nothing twice."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from complaints.actions import drafts, routing
from complaints.actions.reported import Held, Urgent
from complaints.models import Complaint, Joining
from portal.accounts import codes
from portal.common import crypto
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
PHONE, OTHER = "+84900000215", "+84900000999"


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


@pytest.fixture
def person():
    return make_person()


@pytest.fixture
def first(site, person):
    at = timezone.now()
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person), at=at))
    routing.route([case.pk], at=at)
    case.refresh_from_db()
    return case


def again(site, person, *, phone=PHONE, story="Tôi nhớ ra tên bác sĩ", **claims):
    matter = missing_dose(site, story=story)
    matter.claims.update(claims)
    return submit(matter, sender=sender_for(person, phone=phone), at=timezone.now())


def draft_of(client, person, site, phone=PHONE):
    """Put a finished report into the session, one press before it is sent."""
    at = timezone.now()
    matter = {
        "kind": "missing_dose",
        "dose": None,
        "claims": {"given_on": "2021-10-07", "product": "AZ", "site": site.code},
        "story": "Tôi nhớ ra tên bác sĩ",
        "done": True,
    }
    draft = drafts.start(relation="self", person_id=person.pk, matter=matter, at=at)
    code = codes.issue(
        purpose="telephone",
        subject=phone,
        person_id=None,
        telephone=phone,
        language="vi",
        at=at,
    )
    drafts.save(draft, draft.answers | {"proof": code.pk})
    session = client.session
    session["drafts"], session["person"] = [str(draft.key)], person.pk
    session["proof"] = code.pk
    session["proved_at"] = session["seen_at"] = at.isoformat()
    session.save()
    return draft


def test_before_sending_the_open_report_is_shown(client, first, person, site):
    draft = draft_of(client, person, site)

    words = text_of(client.get(f"/bao-sai/{draft.key}/kiem-tra/"))

    assert "Bạn đã báo điều này rồi" in words
    assert "Trạm Y tế Hòa Bình" in words
    assert Complaint.objects.get().reported_again == 0


def test_after_sending_the_first_report_is_open_to_add_to(client, first, person, site):
    draft = draft_of(client, person, site)

    page = client.post(
        f"/bao-sai/{draft.key}/kiem-tra/", {"key": draft.answers["key"]}, follow=True
    )

    address = f"/theo-doi/{first.submission.code}/"
    assert address in page.content.decode()
    assert client.get(address).status_code == 200
    assert Complaint.objects.get().reported_again == 1


def test_from_another_telephone_the_first_report_stays_closed(
    client, first, person, site
):
    draft = draft_of(client, person, site, phone=OTHER)

    page = client.post(
        f"/bao-sai/{draft.key}/kiem-tra/", {"key": draft.answers["key"]}, follow=True
    )

    assert first.submission.code not in page.content.decode()
    assert client.get(f"/theo-doi/{first.submission.code}/").status_code == 302


def test_what_is_new_reaches_staff_sealed_and_not_the_first_sender(
    client, first, person, site
):
    again(site, person, phone=OTHER, lot="ABX9999")

    joining = Joining.objects.get()
    assert joining.said == {
        "story": "Tôi nhớ ra tên bác sĩ",
        "claims": {"lot": "ABX9999"},
        "held": [],
        "urgent": None,
    }
    assert b"ABX9999" not in bytes(joining.said_sealed)
    client.force_login(make_staff(site))
    staff = text_of(client.get(f"/lam-viec/ho-so/{first.submission.code}-1/"))
    assert "ABX9999" in staff
    assert "Tôi nhớ ra tên bác sĩ" in staff
    own = Client()
    own.post("/theo-doi/", {"code": first.submission.code, "phone_last4": PHONE[-4:]})
    shown = text_of(own.get(f"/theo-doi/{first.submission.code}/"))
    assert "Báo thêm lần nữa" in shown
    assert "ABX9999" not in shown
    assert "tên bác sĩ" not in shown


def test_nothing_new_is_only_counted(first, person, site):
    again(site, person, story="")

    assert Joining.objects.get().said_sealed is None
    assert Complaint.objects.get().reported_again == 1


def test_what_was_said_can_be_read_at_its_own_place_only(first, person, site):
    again(site, person)
    joining = Joining.objects.get()

    with pytest.raises(crypto.Unreadable):
        crypto.unseal_json(joining.said_sealed, bound_to="joining:1:1000000")


def test_what_was_asked_about_and_until_when_it_is_needed_reaches_staff_too(
    client, first, site, person
):
    held = Held("lot_unknown", reason="Giấy ghi rõ như vậy")
    matter = missing_dose(site, held=(held,))
    urgent = Urgent(date(2026, 12, 2), "travel")
    submit(matter, sender=sender_for(person), urgent=urgent, at=timezone.now())
    client.force_login(make_staff(site))

    staff = text_of(client.get(f"/lam-viec/ho-so/{first.submission.code}-1/"))

    assert "Giấy ghi rõ như vậy" in staff
    assert "Đi xa, 02/12/2026" in staff
    assert "Gấp (Đi xa): cần trước ngày 02/12/2026" in staff
