"""Issued where nothing is missing, revoked when the record is corrected, made anew."""

from datetime import timedelta

import pytest

from portal.common import crypto, outbox
from portal.common.models import DemoMessage
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
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


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
    assert issuing.standing(old.identifier) == "revoked"
    assert issuing.standing(new.identifier) == "in_force"


def redated(person, day, *, at):
    corrections.correct_dose(
        person.doses.get().pk, {"given_on": day}, warrant=TEST_WARRANT, at=at
    )


def days_said(person):
    return said(issuing.in_force(person.pk)).content["v"][0]["dt"]


def test_one_made_while_a_correction_was_under_way_does_not_stay(person):
    """Work bears the moment at which it was begun; it is written some seconds later."""
    begun = NOON
    old = issuing.issue(person.pk, at=begun + 2 * SECOND)
    redated(person, "2021-08-13", at=begun)

    issuing.renew(at=begun + 4 * SECOND)

    old.refresh_from_db()
    assert old.reason == "stale"
    assert days_said(person) == "2021-08-13"


def test_what_was_begun_earlier_and_written_last_makes_nothing_valid_again(person):
    old = issuing.issue(person.pk, at=NOON)
    redated(person, "2021-08-13", at=NOON + 9 * SECOND)
    corrections.correct_dose(
        person.doses.get().pk, {"lot": "B2"}, warrant=TEST_WARRANT, at=NOON - DAY
    )

    issuing.renew(at=NOON + DAY)

    old.refresh_from_db()
    assert old.reason == "stale"


def test_two_corrections_of_one_moment_are_both_noticed(person):
    issuing.issue(person.pk, at=NOON)
    redated(person, "2021-08-13", at=NOON)
    issuing.renew(at=NOON)
    redated(person, "2021-08-14", at=NOON)

    issuing.renew(at=NOON)

    assert days_said(person) == "2021-08-14"


def test_a_correction_of_what_it_does_not_say_leaves_it_in_force(person):
    one = issuing.issue(person.pk, at=NOON)
    corrections.correct_dose(
        person.doses.get().pk, {"lot": "B2"}, warrant=TEST_WARRANT, at=NOON + DAY
    )
    assert issuing.doubted([person.pk]) == {person.pk}

    issuing.renew(at=NOON + DAY)

    one.refresh_from_db()
    assert (one.revoked_at, one.doubted) == (None, False)
    assert issuing.doubted([person.pk]) == set()


def another(person, *, number="079158012346", phone="+84900000216"):
    other = make_person(national_id=number, phone=phone)
    make_dose(other, make_organization(), product=person.doses.get().product)
    matched(other)
    return other


def test_whoever_cannot_have_a_new_one_keeps_nobody_else_waiting(person):
    other = another(person)
    for one in (person, other):
        issuing.issue(one.pk, at=NOON)
        matched(one, "not_sent")
    issuing.renew(at=NOON)
    for one in (person, other):
        matched(one)
    with corrections.writing("imports"):
        person.doses.update(name_recorded="Lê Văn Khác")

    for _run in range(2):
        issuing.renew(at=NOON + DAY, limit=1)

    assert issuing.in_force(person.pk) is None
    assert issuing.in_force(other.pk) is not None


def test_one_record_that_breaks_keeps_nobody_else_waiting(person, caplog):
    other = another(person)
    for one in (person, other):
        broken = issuing.issue(one.pk, at=NOON)
        redated(one, "2021-08-13", at=NOON)
    Certificate.objects.filter(person=person).update(text_sealed=b"none of ours")

    issuing.renew(at=NOON + DAY)

    assert broken.person == other
    assert days_said(other) == "2021-08-13"
    assert [line.message for line in caplog.records] == ["certificate.failed"]
    assert issuing.standing(issuing.in_force(person.pk).identifier) == "doubted"


def told():
    """Return what people were told in this order: of a new one or of none."""
    rows = DemoMessage.objects.filter(provider_key__startswith="certificate_revoked")
    texts = [
        crypto.unseal(row.text_sealed, bound_to=f"demo:{row.provider_key}")
        for row in rows.order_by("pk")
    ]
    return ["new" if "Da co ban moi" in text else "none" for text in texts]


def test_whose_certificate_ended_by_a_correction_is_told_once(person):
    issuing.issue(person.pk, at=NOON)
    redated(person, "2021-08-13", at=NOON)
    issuing.renew(at=NOON)
    redated(person, "2021-08-14", at=NOON)
    issuing.renew(at=NOON + SECOND)
    later = NOON + 2 * issuing.TOLD_AFTER

    outbox.drain(queue="notify", at=NOON + SECOND)
    assert told() == []
    outbox.drain(queue="notify", at=later)

    assert told() == ["new"]


def test_whose_two_records_were_joined_is_told_once_of_both_certificates(person):
    twin = another(person)
    olds = [issuing.issue(one.pk, at=NOON).pk for one in (twin, person)]
    one, two = make_staff(make_organization()), make_staff(make_organization(), "lead")
    both = Warrant("review", "thu", one.pk, two.pk)
    corrections.merge(twin.pk, into=person.pk, warrant=both, at=NOON + DAY)
    matched(person)

    issuing.renew(at=NOON + 2 * DAY)
    outbox.drain(queue="notify", at=NOON + 2 * DAY + 2 * issuing.TOLD_AFTER)

    ended = Certificate.objects.filter(pk__in=olds, reason="stale")
    assert ended.count() == 2
    assert len(told()) == 1


def test_where_none_can_be_made_people_are_told_where_to_look(person):
    issuing.issue(person.pk, at=NOON)
    matched(person, "mismatched")
    issuing.renew(at=NOON)

    outbox.drain(queue="notify", at=NOON + issuing.TOLD_AFTER)

    assert told() == ["none"]


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


def test_a_code_of_a_record_that_was_just_changed_is_not_called_good(client, person):
    one = issuing.issue(person.pk, at=NOON)
    redated(person, "2021-08-13", at=NOON)

    found = text_of(client.post("/chung-nhan/kiem-tra/", {"text": one.text}))

    assert "vừa được sửa" in found
    assert "Thật" not in found


def test_our_signature_under_what_we_never_issued_is_not_called_good(client, person):
    one = issuing.issue(person.pk, at=NOON)
    Certificate.objects.filter(pk=one.pk).update(identifier="URN:UVCI:01:VN:OTHER")

    found = text_of(client.post("/chung-nhan/kiem-tra/", {"text": one.text}))

    assert "chúng tôi không cấp" in found


def test_what_was_issued_early_and_revoked_late_comes_late_in_the_list(client, person):
    early = issuing.issue(person.pk, at=NOON)
    other = another(person)
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
