"""A case of another unit opened in an emergency: read for half an hour, reviewed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.actions import access_signs, digests, evidence, glass
from complaints.models import AccessSign, Complaint, Digest, Evidence
from complaints.notifications.digests import letter
from complaints.rules.refused import Refused
from portal.audit.models import Entry
from portal.common import codes, crypto, scope
from tests.factories import (
    NOON,
    make_organization,
    make_person,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]
REASON = "Người dân đang ở cấp cứu, trạm không ai nghe máy."


@pytest.fixture
def holder():
    return make_organization("TYT-1", name="Trạm Y tế phường Một")


@pytest.fixture
def elsewhere():
    return make_organization("TYT-2", name="Trạm Y tế phường Hai")


@pytest.fixture
def case(holder):
    with scope.system():
        person = make_person()
        case = only_complaint(submit(missing_dose(holder), sender=sender_for(person)))
        Complaint.objects.filter(pk=case.pk).update(
            holder=holder, holder_path=holder.path
        )
        case.refresh_from_db()
    return case


@pytest.fixture
def lead(elsewhere):
    return make_staff(elsewhere, role="lead", full_name="Trưởng trạm Hai")


def opened(client, case, reason=REASON):
    return client.post(
        reverse("casework:glass"),
        {"code": case.submission.code, "reason": reason},
    )


def test_a_lead_of_another_unit_reads_it_and_decides_nothing(client, case, lead):
    client.force_login(lead)
    usual = reverse("casework:case", args=[int(case.submission.code), case.number])
    assert client.get(usual).status_code == 404

    answer = opened(client, case)
    page = client.get(answer["Location"])

    assert page.status_code == 200
    assert case.submission.full_name in page.content.decode()
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    assert "<form" not in main
    assert client.get(usual).status_code == 404
    step = reverse(
        "casework:move", args=[int(case.submission.code), case.number, "ghi-chu"]
    )
    assert client.post(step, {"note": "x"}).status_code == 404


def test_it_stands_in_the_history_and_in_the_citizens_log(client, case, lead):
    client.force_login(lead)
    before = (case.status, case.version, case.touched_at)

    client.get(opened(client, case)["Location"])

    with scope.system():
        event = case.events.latest("seq")
        case.refresh_from_db()
    assert (event.by, event.note) == (lead, REASON)
    assert event.data == {"glass": "Trạm Y tế phường Hai"}
    assert (case.status, case.version, case.touched_at) == before
    looks = Entry.objects.filter(
        subject="complaints.glass", person=case.submission.person_id
    )
    assert [(e.actor_id, e.detail) for e in looks.order_by("pk")] == [
        (lead.pk, "opened"),
        (lead.pk, "read"),
    ]


def test_its_photos_are_shown_as_long_as_it_is_open_and_each_look_is_noted(
    client, case, lead
):
    with scope.system():
        row = Evidence.objects.create(
            submission=case.submission,
            media_type="image/jpeg",
            sha256=b"s" * 32,
            bytes=3,
            pages=1,
            state=Evidence.State.CHECKED,
            uploaded_at=NOON,
        )
        stranger = only_complaint(submit(missing_dose(case.holder)))
        other = Evidence.objects.create(
            submission=stranger.submission,
            media_type="image/jpeg",
            sha256=b"t" * 32,
            bytes=3,
            pages=1,
            state=Evidence.State.CHECKED,
            uploaded_at=NOON,
        )
    for photo in (row, other):
        evidence.write(evidence.name_of(photo, 1), b"jpg")
    client.force_login(lead)
    address = opened(client, case)["Location"]

    shown = f"{address}anh/{row.ref}/1/"
    assert shown in client.get(address).content.decode()
    assert client.get(shown).content == b"jpg"
    assert client.get(f"{address}anh/{row.ref}/2/").status_code == 404
    assert client.get(f"{address}anh/{other.ref}/1/").status_code == 404
    looks = Entry.objects.filter(subject="complaints.glass", detail="photo")
    assert looks.count() == 1
    with scope.system():
        AccessSign.objects.update(begins=NOON - glass.LASTS, ends=NOON)
    assert client.get(shown).status_code == 404


def test_it_shuts_after_half_an_hour_and_for_everybody_else(client, case, lead):
    at = timezone.now()
    sign = glass.break_open(
        code=case.submission.code,
        number=1,
        reason=REASON,
        organization=lead.postings.get().organization,
        by=lead,
        at=at - glass.LASTS - timedelta(seconds=1),
    )
    page = reverse("casework:glass_case", args=[sign.ref])
    client.force_login(lead)
    assert client.get(page).status_code == 303
    with scope.system():
        AccessSign.objects.filter(pk=sign.pk).update(ends=at + glass.LASTS)
    assert client.get(page).status_code == 200
    client.force_login(make_staff(make_organization("TYT-3"), role="lead"))
    assert client.get(page).status_code == 303


@pytest.mark.parametrize("reason", ["", "Khẩn cấp", " " * 40])
def test_it_takes_a_reason_that_somebody_can_judge(client, case, lead, reason):
    client.force_login(lead)

    assert opened(client, case, reason=reason).status_code == 422
    with scope.system():
        assert not AccessSign.objects.exists()


def test_ones_own_case_stays_shut(client, case, lead):
    lead.phone_digest = crypto.digest("phone", case.submission.phone)
    lead.save(update_fields=["phone_digest"])
    client.force_login(lead)

    assert opened(client, case).status_code == 422


def test_a_case_of_ones_own_unit_is_opened_as_always(client, case, holder):
    client.force_login(make_staff(holder, role="lead"))

    assert opened(client, case).status_code == 422


@pytest.mark.parametrize("role", ["clerk", "staff", "administrator"])
def test_only_leads_and_overseers_may(client, case, elsewhere, role):
    client.force_login(make_staff(elsewhere, role=role))

    assert opened(client, case).status_code == 404


def test_tries_are_limited(client, case, lead):
    client.force_login(lead)
    nobody = {"code": codes.new_code(), "reason": REASON}

    answers = [client.post(reverse("casework:glass"), nobody) for _ in range(11)]

    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"]


def test_somebody_else_reviews_it_at_the_unit_in_charge(client, case, lead, holder):
    at = timezone.now()
    sign = glass.break_open(
        code=case.submission.code,
        number=1,
        reason=REASON,
        organization=lead.postings.get().organization,
        by=lead,
        at=at,
    )
    auditor = make_staff(holder, role="overseer")
    client.force_login(auditor)
    page = client.get(reverse("oversight:access_sign", args=[sign.ref]))
    assert REASON in page.content.decode()

    later = at + timedelta(hours=1)
    with pytest.raises(Refused):
        access_signs.review(
            sign.ref, outcome="justified", note="Hỏi", by=lead, at=later
        )
    with pytest.raises(Refused):
        # It is open still.
        access_signs.review(
            sign.ref, outcome="justified", note="Hỏi", by=auditor, at=at
        )
    done = access_signs.review(
        sign.ref, outcome="justified", note="Đã gọi trạm Hai.", by=auditor, at=later
    )
    assert done.reviewed_by == auditor


def test_the_leads_of_the_unit_in_charge_are_told_once(case, lead, holder):
    boss = make_staff(holder, role="lead", email="truong@example.vn")
    # Ten on a Monday morning.
    at = NOON - timedelta(hours=2)
    glass.break_open(
        code=case.submission.code,
        number=1,
        reason=REASON,
        organization=lead.postings.get().organization,
        by=lead,
        at=at,
    )

    digests.tell(at=at)
    digests.tell(at=at + timedelta(hours=1))

    with scope.system():
        told = Digest.objects.get(user=boss)
    assert told.counts["glass:now:0"] == 1
    assert "khẩn cấp" in letter(told.counts).text
