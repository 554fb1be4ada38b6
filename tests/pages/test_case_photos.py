"""Photos of a case: shown, turned, enlarged, each look written down."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from complaints.actions import evidence
from complaints.choices import Field
from complaints.models import Complaint, Evidence
from portal.audit.models import Entry
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_submission,
)
from tests.pages.test_case import address

pytestmark = pytest.mark.django_db
LOT = {Field.LOT: ("ABX4471", "ABX4417")}


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def staff(station):
    return make_staff(station)


@pytest.fixture
def client(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def case(station) -> Complaint:
    """Return a case about the lot of a dose on record, sent five hours ago."""
    person = make_person()
    sent = timezone.now() - timedelta(hours=5)
    return make_case(
        station,
        sent=sent,
        claims=LOT,
        dose=make_dose(person, station),
        submission=make_submission(at=sent, person=person),
    )


def make_evidence(case: Complaint, **facts) -> Evidence:
    row = Evidence.objects.create(
        submission=case.submission,
        media_type="image/jpeg",
        sha256=b"\0" * 32,
        bytes=3,
        state=facts.get("state", Evidence.State.CHECKED),
        pages=facts.get("pages", 1),
        has_certificate=False,
        uploaded_at=timezone.now(),
    )
    for name in evidence.names_of(row):
        evidence.write(name, b"\xff\xd8\xff")
    return row


def test_checked_evidence_is_shown_and_each_look_at_it_written_down(client, case):
    row = make_evidence(case)

    response = client.get(reverse("casework:evidence", args=[row.ref]))

    assert response.status_code == 200
    assert response.content == b"\xff\xd8\xff"
    assert response["Content-Type"] == "image/jpeg"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert Entry.objects.get(subject="complaints.evidence").subject_id == row.pk


def quarters() -> bytes:
    """Return a wide picture whose left half is black."""
    image = Image.new("L", (80, 40), 255)
    image.paste(0, (0, 0, 40, 40))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("query", "size", "black_at"),
    [
        ("", (80, 40), (10, 20)),
        ("?xoay=90", (40, 80), (20, 10)),
        ("?xoay=180", (80, 40), (70, 20)),
        ("?xoay=270", (40, 80), (20, 70)),
        ("?xoay=45", (80, 40), (10, 20)),
        ("?xoay=x", (80, 40), (10, 20)),
    ],
)
def test_a_photo_is_turned_clockwise(client, case, query, size, black_at):
    row = make_evidence(case)
    evidence.write(evidence.name_of(row, 1), quarters())

    turned = client.get(reverse("casework:evidence_page", args=[row.ref, 1]) + query)

    image = Image.open(io.BytesIO(turned.content))
    assert image.size == size
    assert image.getpixel(black_at) < 40
    assert image.getpixel((size[0] - black_at[0], size[1] - black_at[1])) > 200


def test_a_photo_is_turned_and_enlarged_within_the_case(client, case):
    row = make_evidence(case)
    frame = reverse("casework:evidence_view", args=[row.ref, 1])
    page = client.get(address(case)).content.decode()
    assert f'href="{frame}?xoay=90&amp;to=1"' in page
    assert Entry.objects.filter(subject="complaints.evidence").count() == 0

    part = client.get(f"{frame}?xoay=90&to=2", headers={"HX-Request": "true"})
    links = [link["url"].partition("?")[2] for link in part.context["links"]]

    assert "<html" not in part.content.decode()
    assert 'class="z2"' in part.content.decode()
    assert "?xoay=90" in part.context["photo"]["source"]
    assert links == ["xoay=0&to=2", "xoay=180&to=2", "xoay=90&to=4", "xoay=90&to=1"]
    alone = client.get(frame)
    assert address(case) in alone.content.decode(), "the way back"
    assert alone.content.decode().count("<h1") == 1


def test_the_frame_of_a_photo_is_there_for_whom_the_photo_is(client, case):
    row, waiting = (
        make_evidence(case),
        make_evidence(case, state="quarantined", pages=0),
    )
    stranger = Client()
    stranger.force_login(make_staff(make_organization("TYT-2")))

    def asked(of, page, who=client):
        where = reverse("casework:evidence_view", args=[of.ref, page])
        return who.get(where).status_code

    assert [asked(row, 1), asked(row, 2), asked(waiting, 1)] == [200, 404, 404]
    assert asked(row, 1, who=stranger) == 404


def test_unchecked_evidence_and_that_of_strangers_is_not_there(client, case):
    waiting = make_evidence(case, state=Evidence.State.QUARANTINED, pages=0)
    checked = make_evidence(case)

    unchecked = client.get(reverse("casework:evidence", args=[waiting.ref]))
    client.force_login(make_staff(make_organization("TYT-2")))
    strange = client.get(reverse("casework:evidence", args=[checked.ref]))

    assert (unchecked.status_code, strange.status_code) == (404, 404)


def of_somebody_else(holder) -> Complaint:
    sent = timezone.now() - timedelta(hours=3)
    submission = make_submission(at=sent, phone="+84900000999")
    return make_case(holder, sent=sent, submission=submission)


def test_the_same_photo_with_another_person_is_shown_to_who_may_see_both(client, case):
    strange = of_somebody_else(case.holder)
    make_evidence(case)
    make_evidence(strange)

    body = client.get(address(case)).content.decode()

    assert address(strange) in body


def test_the_same_photo_outside_the_area_is_only_counted(client, case):
    elsewhere = of_somebody_else(make_organization("TYT-3"))
    make_evidence(case)
    make_evidence(elsewhere)

    body = client.get(address(case)).content.decode()

    assert elsewhere.submission.code not in body
    assert "1 phản ánh ngoài phạm vi của bạn có cùng ảnh này." in body
