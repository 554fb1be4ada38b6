"""Ready answers: leads write them, staff put them in, and nothing typed is lost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.actions import standard_texts
from complaints.choices import Field, Kind, Status
from complaints.models import Complaint, StandardText
from complaints.rules.impersonal import names_somebody
from complaints.rules.refused import Refused, Stale
from portal.common import scope
from tests.factories import NOON, make_organization, make_staff
from tests.pages.cases import make_case

pytestmark = pytest.mark.django_db
INDEX = "/quan-tri/cau-soan-san/"


@pytest.fixture
def department():
    return make_organization(kind="health_department")


@pytest.fixture
def station(department):
    return make_organization(parent=department)


@pytest.fixture
def case(station):
    return make_case(
        station,
        sent=timezone.now() - timedelta(hours=5),
        kind=Kind.WRONG_PERSON,
        claims={Field.SEX: ("F", "M")},
    )


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def write(organization, **facts):
    usual = {
        "move": "ask",
        "kind": "",
        "language": "vi",
        "title": "Ảnh mờ",
        "text": "Gửi ảnh rõ hơn về {code}.",
        "by": make_staff(organization, "lead"),
        "at": NOON,
    }
    return standard_texts.write(organization=organization, **usual | facts)


def step(case, name):
    return reverse("casework:move", args=[int(case.submission.code), case.number, name])


@pytest.mark.parametrize(
    ("text", "is_personal"),
    [
        ("Gọi 0900 000 215 để hỏi.", True),
        ("Số 079158012345 chưa đúng.", True),
        ("Số 079.158.012.345 chưa đúng.", True),
        ("Thẻ cũ 123456789.", True),
        ("Viết cho lan@example.vn.", True),
        ("Gọi 1900 0000, đem theo sổ tiêm ngày 14/09/2021.", False),
        ("Gửi ảnh trong 10 ngày, trước 17:00 24/11/2026.", False),
    ],
)
def test_words_for_everybody_name_nobody(text, is_personal, station):
    assert names_somebody(text) is is_personal
    if is_personal:
        with pytest.raises(Refused):
            write(station, text=text)


def test_a_place_that_cannot_be_filled_is_refused(station):
    with pytest.raises(Refused):
        write(station, text="Chào {full_name}.")


def test_a_case_is_offered_what_fits_it_the_nearest_units_first(
    case, station, department
):
    near = write(station, title="Gần")
    above = write(department, title="Cấp trên", kind="wrong_person")
    write(station, title="Khác loại", kind="missing_dose")
    write(station, title="Tiếng khác", language="en")
    write(make_organization(), title="Nơi khác")

    with scope.system():
        offered = standard_texts.for_case(case)

    assert offered == {"ask": [near, above]}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_words_are_put_in_after_what_was_typed_and_nothing_happens(
    case, station, headers
):
    text = write(station)
    client = client_of(make_staff(station))
    page = client.get(
        reverse("casework:case", args=[int(case.submission.code), case.number])
    )
    assert str(text.series) in page.content.decode()

    shown = client.post(
        step(case, "hoi-them"),
        {
            "version": case.version,
            "reasons": ["clearer"],
            "note": "Chào chị.",
            "ready": text.series,
            "action": "use",
        },
        headers=headers,
    )

    body = shown.content.decode()
    assert shown.status_code == 200
    assert f"Chào chị.\nGửi ảnh rõ hơn về {case.pretty_reference}." in body
    assert ("<html" in body) == (not headers)
    assert 'value="clearer"' in body.partition(" checked")[0][-200:]
    with scope.system():
        assert Complaint.objects.get(pk=case.pk).status == Status.RECEIVED


def test_words_of_another_unit_cannot_be_put_in(case, station):
    strange = write(make_organization())
    shown = client_of(make_staff(station)).post(
        step(case, "hoi-them"),
        {"version": case.version, "ready": strange.series, "action": "use"},
    )
    assert "Gửi ảnh rõ hơn" not in shown.content.decode()


def test_a_lead_writes_changes_and_retires_them_each_version_kept(station):
    client = client_of(make_staff(station, "lead"))
    typed = {
        "organization": station.code,
        "move": "ask",
        "kind": "",
        "language": "vi",
        "title": "Ảnh mờ",
    }
    refused = client.post(f"{INDEX}moi/", typed | {"text": "Gọi 0900000215."})
    client.post(f"{INDEX}moi/", typed | {"text": "Gửi ảnh rõ hơn."})
    first = StandardText.objects.get()
    address = f"{INDEX}{first.series}/"

    client.post(address, typed | {"version": 1, "text": "Gửi ảnh rõ hơn, đủ sáng."})
    late = client.post(address, typed | {"version": 1, "text": "Khác."})
    both = client.get(address).content.decode()
    client.post(address, {"version": 2, "action": "retire"})

    assert (refused.status_code, late.status_code) == (422, 422)
    assert "Khác." in late.content.decode()
    assert "Gửi ảnh rõ hơn." in both
    assert "đủ sáng" in both
    rows = StandardText.objects.order_by("version")
    assert [(row.version, row.retired_at is None) for row in rows] == [
        (1, False),
        (2, False),
    ]
    assert "Ảnh mờ" not in client.get(INDEX).content.decode()


def test_words_from_above_are_shown_and_not_changed_below(station, department):
    above = write(department)
    client = client_of(make_staff(station, "lead"))
    assert "Gửi ảnh rõ hơn" in client.get(INDEX).content.decode()
    assert client.get(f"{INDEX}{above.series}/").status_code == 404


def test_two_leads_at_once_change_it_once(station):
    text = write(station)
    facts = {"version": 1, "by": text.made_by, "at": NOON, "series": text.series}
    standard_texts.retire(**facts)
    with pytest.raises(Stale):
        standard_texts.retire(**facts)
