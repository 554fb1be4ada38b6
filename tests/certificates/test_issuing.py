"""Issued where nothing is missing, revoked when the record is corrected, made anew."""

from datetime import timedelta

import pytest

from portal.registry import corrections
from portal.registry.certificates import hc1, issuing
from portal.registry.certificates.issuing import CannotIssue
from portal.registry.corrections import Warrant
from portal.registry.models import Certificate, Person
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)
from tests.pages.citizen_steps import open_record, text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
DAY = timedelta(days=1)


@pytest.fixture
def own_limits(settings):
    settings.INDEX_KEYS = {1: b"i" * 32}


@pytest.fixture
def person():
    one = make_person()
    make_dose(one, make_organization(), product=make_product("comirnaty", "Comirnaty"))
    matched(one)
    return one


def matched(one, value="matched"):
    with corrections.writing("imports"):
        Person.objects.filter(pk=one.pk).update(
            population=value, certificate_stale_since=None
        )


def said(certificate):
    return issuing.read(certificate.text)


def test_it_is_made_once_and_signed_by_us(person):
    first = issuing.issue(person.pk, at=NOON)
    again = issuing.issue(person.pk, at=NOON + DAY)

    assert first == again
    assert said(first).is_signed is True
    assert said(first).content["v"][0]["ci"] == first.identifier
    assert "Comirnaty" not in str(bytes(first.text_sealed))


@pytest.mark.parametrize(
    ("state", "step"), [("not_sent", "not_matched"), ("mismatched", "not_matched")]
)
def test_without_the_registers_word_there_is_none(person, state, step):
    matched(person, state)

    with pytest.raises(CannotIssue, match=step):
        issuing.issue(person.pk, at=NOON)


def test_a_dose_under_another_name_waits_for_its_site(person):
    with corrections.writing("imports"):
        person.doses.update(name_recorded="Lê Văn Khác")

    with pytest.raises(CannotIssue, match="another_name"):
        issuing.issue(person.pk, at=NOON)


def test_a_trial_vaccine_has_no_code(person):
    dose = person.doses.get()
    with corrections.writing("imports"):
        dose.product = make_product("nano-covax", "Nano Covax")
        dose.save()

    with pytest.raises(CannotIssue, match="vaccine"):
        issuing.issue(person.pk, at=NOON)


def test_a_correction_revokes_it_and_a_new_one_says_the_truth(person):
    old = issuing.issue(person.pk, at=NOON)
    corrections.correct_dose(
        person.doses.get().pk,
        {"given_on": "2021-08-13"},
        warrant=TEST_WARRANT,
        at=NOON + DAY,
    )

    assert issuing.renew(at=NOON + DAY + timedelta(minutes=1)) == 1
    assert issuing.renew(at=NOON + DAY + timedelta(minutes=2)) == 0

    old.refresh_from_db()
    new = issuing.in_force(person.pk)
    assert (old.reason, new.revoked_at) == ("stale", None)
    assert said(new).content["v"][0]["dt"] == "2021-08-13"
    assert issuing.is_revoked(old.identifier)
    assert not issuing.is_revoked(new.identifier)


def test_while_the_register_is_asked_anew_there_is_none_and_then_one_again(person):
    issuing.issue(person.pk, at=NOON)
    matched(person, "not_sent")

    issuing.renew(at=NOON + DAY)
    assert issuing.in_force(person.pk) is None
    matched(person)
    issuing.renew(at=NOON + 2 * DAY)

    assert issuing.in_force(person.pk) is not None
    assert Certificate.objects.count() == 2


def test_a_doubt_that_passes_leaves_the_certificate_in_force(person):
    one = issuing.issue(person.pk, at=NOON)
    matched(person, "not_sent")
    matched(person)
    one.refresh_from_db()
    assert one.doubted

    issuing.renew(at=NOON + DAY)

    one.refresh_from_db()
    assert (one.doubted, one.revoked_at) == (False, None)
    assert issuing.renew(at=NOON + DAY) == 0


def test_one_that_ended_is_made_anew(person):
    old = issuing.issue(person.pk, at=NOON)

    issuing.renew(at=old.expires_at)

    old.refresh_from_db()
    assert old.reason == "expired"
    assert issuing.in_force(person.pk) is not None


def test_a_citizen_makes_shows_and_checks_it(client, person):
    open_record(client)
    assert "Chứng nhận tiêm chủng" in text_of(client.get("/tra-cuu/ket-qua/"))

    page = client.post("/chung-nhan/", follow=True)

    words = text_of(page)
    assert "Thật" in words
    assert "12/08/2021" in words
    assert "<svg" in page.content.decode()
    text = issuing.in_force(person.pk).text
    client.logout()
    found = client.post("/chung-nhan/kiem-tra/", {"text": text})
    assert "Thật" in text_of(found)
    assert "Comirnaty" in text_of(found)


def test_a_revoked_one_is_called_so_and_listed(client, person):
    old = issuing.issue(person.pk, at=NOON)
    matched(person, "mismatched")
    issuing.renew(at=NOON + DAY)

    found = client.post("/chung-nhan/kiem-tra/", {"text": old.text})
    listed = client.get("/chung-nhan/thu-hoi.json").json()

    assert "đã bị thu hồi" in text_of(found)
    assert [row["digest"] for row in listed["revoked"]] == [bytes(old.revocation).hex()]
    assert old.identifier not in str(listed)
    rest = client.get(f"/chung-nhan/thu-hoi.json?after={listed['after']}").json()
    assert rest["revoked"] == []
    assert client.get("/chung-nhan/thu-hoi.json?after=1-x").status_code == 404


def test_what_was_issued_early_and_revoked_late_comes_late_in_the_list(client, person):
    early = issuing.issue(person.pk, at=NOON)
    other = make_person(national_id="079158012346", phone="+84900000216")
    make_dose(other, make_organization(), product=person.doses.get().product)
    matched(other)
    late = issuing.issue(other.pk, at=NOON)
    matched(other, "mismatched")
    issuing.renew(at=NOON + DAY)
    first = client.get("/chung-nhan/thu-hoi.json").json()
    matched(person, "mismatched")
    issuing.renew(at=NOON + 2 * DAY)

    then = client.get(f"/chung-nhan/thu-hoi.json?after={first['after']}").json()

    assert [row["digest"] for row in first["revoked"]] == [bytes(late.revocation).hex()]
    assert [row["digest"] for row in then["revoked"]] == [bytes(early.revocation).hex()]


def test_what_is_no_certificate_is_refused_beside_the_field(client, db):
    page = client.post("/chung-nhan/kiem-tra/", {"text": "xin chào"})

    assert page.status_code == 422
    assert "bắt đầu bằng HC1" in text_of(page)
    assert "xin chào" in page.content.decode()


def test_without_a_record_nobody_sees_one(client, db):
    assert client.get("/chung-nhan/").status_code == 302


@pytest.mark.parametrize(
    "said",
    [{"nam": 7, "v": {"a": 1}}, {"nam": {"fn": 1, "gn": ["x"]}, "v": [3]}, {"v": 0}],
)
def test_anybodys_text_is_shown_or_refused_and_breaks_nothing(client, db, said):
    text = hc1.write(
        said,
        key=hc1.private_key(b"z" * 32),
        issuer="VN",
        issued_at=NOON,
        expires_at=NOON + DAY,
    )

    assert client.post("/chung-nhan/kiem-tra/", {"text": text}).status_code == 200


def test_the_certificate_of_a_record_that_was_joined_to_another_is_revoked(person):
    twin = make_person(national_id="079158012346")
    make_dose(
        twin,
        make_organization(),
        given_on="2021-10-20",
        product=person.doses.get().product,
    )
    matched(twin)
    old = issuing.issue(twin.pk, at=NOON)
    one, two = make_staff(make_organization()), make_staff(make_organization(), "lead")
    both = Warrant("review", "thu", one.pk, two.pk)
    corrections.merge(twin.pk, into=person.pk, warrant=both, at=NOON + DAY)
    matched(person)

    assert issuing.renew(at=NOON + 2 * DAY) >= 1

    old.refresh_from_db()
    assert old.revoked_at is not None
    assert issuing.in_force(person.pk) is not None
    assert issuing.renew(at=NOON + 2 * DAY) == 0
