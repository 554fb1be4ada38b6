"""Signs of fraud: each is seen, stops what is automatic, and nothing else."""

from datetime import timedelta

import pytest

from complaints.actions import (
    campaigns,
    claimed,
    intake,
    selfservice,
    signs_of_fraud,
)
from complaints.actions.reported import NO_TRACES, Traces
from complaints.choices import Kind, Status
from complaints.models import Complaint, Evidence, Invitation, SelfCorrection
from complaints.rules.selfcorrection.facts import Said
from portal.common import outbox
from portal.registry import corrections
from portal.registry.models import Person
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_root,
    make_staff,
    make_unit,
    missing_dose,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import hidden_key, open_record, step

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")

NUMBER, DAY = "079158012345", timedelta(days=1)
DEVICE, PAPER = Traces(device="mot trinh duyet"), Traces(paper="SO12345")


@pytest.fixture
def own_limits(settings):
    settings.INDEX_KEYS = {1: b"g" * 32}


@pytest.fixture
def person():
    """Return somebody whose number lost its zero: proved, it is put right at once."""
    province = make_unit()
    ward = make_unit("N26740", name="Phường Thử", parent=province)
    make_organization(commune=ward, province=province)
    return make_person(national_id=NUMBER[1:], residence=ward)


def report(person, *, traces=NO_TRACES, at=NOON, photo=None):
    matter = intake.Matter(Kind.WRONG_PERSON, {"national_id": NUMBER})
    sent = submit(matter, sender=sender_for(person), traces=traces, at=at)
    if photo is not None:
        sha256, fingerprint = photo
        Evidence.objects.create(
            submission=sent.submission,
            media_type="image/jpeg",
            sha256=sha256,
            fingerprint=fingerprint,
            bytes=1,
            pages=1,
            state="checked",
            uploaded_at=at,
        )
    return sent.submission.complaints.get()


def others(count, **facts):
    """Let so many other people be reported about."""
    for n in range(count):
        one = make_person(f"Lê Văn {n}", national_id=None, phone=None)
        report(one, **facts)


def signs_on(case):
    return claimed.of_complaint(case, at=NOON).before.fraud


def settled(case):
    """Tell whether it is put right at once, as the population database says yes."""
    facts = claimed.of_complaint(case, at=NOON)
    said = selfservice.weigh(facts, rules=selfservice.ACTING, may_ask=True)
    heard = {question: Said((), NOON) for question in said.questions}
    return bool(selfservice.settle_now([case.pk], heard=heard, at=NOON))


def test_without_a_sign_it_is_put_right_at_once(person):
    case = report(person, traces=DEVICE, photo=(b"a" * 32, b"\x0f" * 128))

    assert signs_on(case) == ()
    assert settled(case)


ONE, COPY = b"\x0f" * 128, b"\x0e" + b"\x0f" * 127
SIGNS = {
    "same_file": (
        lambda: others(1, photo=(b"a" * 32, None)),
        {"photo": (b"a" * 32, None)},
    ),
    # Packed anew: other bytes, the same picture.
    "same_photo": (
        lambda: others(1, photo=(b"a" * 32, ONE)),
        {"photo": (b"b" * 32, COPY)},
    ),
    "same_device": (lambda: others(9, traces=DEVICE), {"traces": DEVICE}),
    "same_paper": (lambda: others(1, traces=PAPER), {"traces": PAPER}),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_is_seen_and_leaves_the_report_to_a_person(person, sign):
    before, facts = SIGNS[sign]
    before()

    case = report(person, **facts)

    assert signs_on(case) == (sign,)
    assert not settled(case)
    assert Complaint.objects.get(pk=case.pk).status == Status.RECEIVED
    assert not SelfCorrection.objects.exists()


def travelled(person):
    """Let a record say that somebody was in two provinces on one day."""
    az = make_product()
    for code, product in (("N79", az), ("N01", make_product("B", "B"))):
        site = make_organization(province=make_unit(code, name=f"Tỉnh {code}"))
        make_dose(person, site, product=product)


def test_nobody_is_in_two_provinces_on_one_day(person):
    travelled(person)
    case = report(person)

    assert signs_on(case) == ("two_provinces_one_day",)
    assert not settled(case)


def test_nor_does_a_campaign_touch_such_a_record_or_write_to_its_owner(person):
    """What is wrong there a person has to see first, whichever rule would fire."""
    other = make_person("Lê Văn Khác", national_id=None, phone="+84900000333")
    travelled(person)
    with corrections.writing("imports"):
        decomposed = "Tra\u0302\u0300n Thi\u0323 Ho\u0301a"
        Person.objects.update(full_name=decomposed)
    by = make_staff(make_root(), "administrator")

    campaigns.start(rules=campaigns.RULES, cap=10, invites=True, by=by, at=NOON)
    for queue in ("report", "population", "route") * 3:
        outbox.drain(queue=queue, at=NOON)

    assert {row.person_id for row in SelfCorrection.objects.all()} == {other.pk}
    assert not Invitation.objects.filter(person=person).exists()


def test_what_was_begun_and_never_sent_is_no_sign(client, person):
    """A draft changes nothing, so nine of them hold nobody; once sent they do."""
    others(8, traces=DEVICE)
    ninth = make_person("Lê Văn Chín", national_id=None, phone=None)
    before = signs_of_fraud.of_draft(
        ninth.pk, Evidence.objects.none(), DEVICE, is_doubted=False, at=NOON
    )

    report(ninth, traces=DEVICE)

    assert before == ()
    assert signs_on(report(person, traces=DEVICE)) == ("same_device",)


def of_a_dose(person, site, photo):
    """Report a missing dose of a site, with a photo of its slip."""
    sent = submit(missing_dose(site), sender=sender_for(person))
    return sent.submission, add_photo(sent.submission, *photo)


def add_photo(submission, sha256, fingerprint):
    return Evidence(
        submission=submission,
        media_type="image/jpeg",
        sha256=sha256,
        fingerprint=fingerprint,
        bytes=1,
        pages=1,
        state="checked",
        uploaded_at=NOON,
    )


@pytest.mark.parametrize("is_same_site", [True, False])
def test_a_slip_sent_again_is_known_by_its_site_however_much_came_since(
    person, is_same_site
):
    make_product()
    site, elsewhere = make_organization(), make_organization()
    first = make_person("Lê Văn Một", national_id=None, phone=None)
    _sent, slip = of_a_dose(first, site, (b"a" * 32, ONE))
    slip.save()
    other = make_person("Lê Văn Hai", national_id=None, phone=None)
    later, _none = of_a_dose(other, elsewhere, (b"c" * 32, None))
    Evidence.objects.bulk_create(
        add_photo(later, b"c" * 32, b"\xf0" * 128) for _n in range(300)
    )

    there = site if is_same_site else elsewhere
    mine, copy = of_a_dose(person, there, (b"b" * 32, COPY))
    copy.save()

    assert signs_on(mine.complaints.get()) == (("same_photo",) if is_same_site else ())


# What is no sign: families, time, and oneself.
def test_a_household_shares_a_browser(person):
    others(8, traces=DEVICE)

    assert signs_on(report(person, traces=DEVICE)) == ()


def test_what_one_browser_sent_long_ago_is_forgotten(person):
    others(9, traces=DEVICE, at=NOON - 31 * DAY)

    assert signs_on(report(person, traces=DEVICE)) == ()


def test_ones_own_paper_and_photo_may_be_sent_twice(person):
    report(person, traces=PAPER, photo=(b"a" * 32, ONE), at=NOON - DAY)
    matter = intake.Matter(Kind.WRONG_PERSON, {"full_name": "Nguyễn Thị Thứ"})
    sent = submit(matter, sender=sender_for(person), traces=PAPER)

    assert signs_on(sent.submission.complaints.get()) == ()


def test_ones_own_photo_sent_before_without_a_record_is_no_sign(person):
    """Who did not find the record at first is the usual citizen."""
    nobody = submit(missing_dose(product=make_product().code))
    add_photo(nobody.submission, b"a" * 32, ONE).save()

    case = report(person, photo=(b"a" * 32, ONE))

    assert signs_on(case) == ()
    assert settled(case)


def test_nor_is_what_was_sent_under_a_record_that_was_joined_since(person):
    other = make_person("Nguyễn Thị Thử", national_id=None, phone=None)
    report(other, traces=PAPER, photo=(b"a" * 32, ONE), at=NOON - DAY)
    Complaint.objects.update(status="withdrawn", ended_at=NOON)
    corrections.merge(other.pk, into=person.pk, warrant=TEST_WARRANT, at=NOON)

    case = report(person, traces=PAPER, photo=(b"a" * 32, ONE))

    assert signs_on(case) == ()


def test_another_picture_of_another_paper_is_none(person):
    others(1, photo=(b"a" * 32, ONE), traces=PAPER)
    case = report(person, photo=(b"b" * 32, b"\xf0" * 128), traces=Traces(paper="SO9"))

    assert signs_on(case) == ()


def test_a_sign_seen_before_sending_across_a_change_of_keys_is_seen_after(
    person, settings
):
    others(9, traces=Traces(device=DEVICE.device, paper=PAPER.paper))
    settings.INDEX_KEYS = settings.INDEX_KEYS | {2: b"h" * 32}
    traces = Traces(device=DEVICE.device, paper=PAPER.paper)
    before = signs_of_fraud.of_draft(
        person.pk, Evidence.objects.none(), traces, is_doubted=False, at=NOON
    )

    case = report(person, traces=traces)

    assert before == ("same_device", "same_paper")
    assert signs_on(case) == before
    assert not settled(case)


def test_the_pages_keep_the_browser_and_no_trace_can_be_read_back(client, person):
    client.get("/")
    open_record(client)
    page = client.get("/bao-sai/?kind=wrong_person", follow=True)
    client.post(step(page, "mui"), {"national_id": NUMBER})
    client.post(step(page, "lien-he"), {"phone": ""})
    check = client.get(step(page, "kiem-tra"))
    client.post(check.request["PATH_INFO"], {"key": hidden_key(check)}, follow=True)
    secret = client.cookies["csrf"].value

    sent = Complaint.objects.get().submission
    assert sent.device_digest is not None
    assert secret.encode() not in bytes(sent.device_digest)
    assert signs_of_fraud.MOST_PEOPLE == 8
