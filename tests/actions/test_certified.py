"""A certificate on a photo: read when it is checked, judged anew at each look."""

import io
from datetime import timedelta

import pytest
import segno
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.utils import timezone

from complaints.actions import certified, evidence, intake, prepared, preparing
from complaints.choices import Kind
from complaints.models import Evidence, Prepared
from complaints.rules.refused import Refused
from portal.common import outbox
from portal.common.models import Outbox
from portal.registry.certificates import hc1
from tests.actions.test_prepared import session
from tests.certificates.test_foreign import abroad
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import text_of

pytestmark = pytest.mark.usefixtures("all_rows")
__all__ = ["abroad"]

AT = timezone.now()
NAME, BORN, DAY = ("Nguyễn", "Thị Thử"), "1958-03-08", "2021-08-12"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


def code(key, kid, *, name=NAME, born=BORN, day=DAY, product="EU/1/20/1507"):
    family, given = name
    said = {
        "ver": "1.3.0",
        "nam": {"fn": family, "gn": given},
        "dob": born,
        "v": [{"dn": 1, "sd": 2, "mp": product, "dt": day, "ci": "URN:9"}],
    }
    return hc1.write(
        said,
        key=key,
        kid=kid,
        issuer="DE",
        issued_at=AT - timedelta(hours=1),
        expires_at=AT + timedelta(days=9),
    )


def photo_of(text):
    """Let a photo with such a code be sent and checked; return its row."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="png", scale=5, border=4)
    file = SimpleUploadedFile("giay.png", out.getvalue(), content_type="image/png")
    row = evidence.keep(file=file, draft=None, at=AT)
    with TestCase.captureOnCommitCallbacks(execute=True):
        outbox.drain(queue="import", at=AT)
    row.refresh_from_db()
    return row


def reported(station, *texts):
    """Report that a dose was Spikevax, as its lot says, with photos of these codes."""
    session(station)
    person = make_person(residence=station.commune)
    dose = make_dose(person, station, lot="MOD12")
    matter = intake.Matter(Kind.WRONG_DOSE, {"product": "spikevax"}, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(person), at=AT))
    rows = [photo_of(text) for text in texts]
    Evidence.objects.filter(pk__in=[row.pk for row in rows]).update(
        submission=case.submission
    )
    outbox.drain(queue="route", at=AT)
    preparing.look_at([case.pk], at=AT)
    return case


def kinds():
    return [kind for kind, _source in Prepared.objects.get().ground["proofs"]]


def test_the_code_is_kept_sealed_and_a_photo_without_one_has_none(abroad):
    text = code(*abroad)
    row, other = photo_of(text), photo_of("https://example.vn/")

    assert certified.of_photo(row).is_signed is True
    with default_storage.open(evidence.certificate_of(row)) as file:
        assert text.encode() not in file.read()
    assert (other.state, certified.of_photo(other)) == ("checked", None)


def test_one_that_others_signed_speaks_for_the_change(station, abroad):
    reported(station, code(*abroad))

    assert kinds() == ["ledger", "session", "certificate"]


@pytest.mark.parametrize(
    "facts", [{"product": "EU/1/21/1529"}, {"product": "EU/1/20/1528"}]
)
def test_one_that_says_otherwise_leaves_it_to_a_person(station, abroad, facts):
    reported(station, code(*abroad, **facts))

    assert not Prepared.objects.exists()


@pytest.mark.parametrize(
    "facts",
    [
        {"name": ("Trần", "Văn Khác")},
        {"born": "1985-01-01"},
        {"day": "2021-12-01"},
    ],
)
def test_one_of_somebody_else_or_another_day_says_nothing(station, abroad, facts):
    reported(station, code(*abroad, product="EU/1/20/1528", **facts))

    assert kinds() == ["ledger", "session"]


def test_a_forged_one_and_one_of_an_unknown_signer_say_nothing(station, abroad):
    _key, kid = abroad
    forger = hc1.private_key(b"f" * 32)
    wrong = {"product": "EU/1/20/1528"}
    reported(station, code(forger, kid, **wrong), code(forger, b"12345678", **wrong))

    assert kinds() == ["ledger", "session"]


def test_staff_see_what_it_says_and_whether_it_is_the_senders(client, station, abroad):
    others = code(*abroad, name=("Trần", "Văn Khác"))
    case = reported(station, code(*abroad), others)
    client.force_login(make_staff(station))

    words = text_of(client.get(f"/lam-viec/ho-so/{case.submission.code}-1/"))

    assert words.count("Chứng nhận tiêm chủng trên ảnh này") == 2
    assert words.count("Giấy thật: DE đã ký") == 2
    assert words.count("Họ tên hoặc ngày sinh khác với phản ánh") == 1
    assert "Ngày tiêm 12/08/2021" in words


@pytest.fixture
def store_away(settings):
    """Return what lets the store of photos be away from then on."""

    def leave():
        away = {
            "BACKEND": "portal.common.objects.Bucket",
            "OPTIONS": {"url": "http://key:secret@127.0.0.1:9/photos"},
        }
        settings.STORAGES = settings.STORAGES | {"default": away}

    return leave


def test_a_photo_without_one_is_never_asked_of_the_store(
    station, abroad, store_away, caplog, client
):
    bare = reported(station, "https://example.vn/")
    row = Evidence.objects.get()
    assert row.has_certificate is False
    store_away()

    assert certified.of_photo(row) is None
    client.force_login(make_staff(station))
    client.get(f"/lam-viec/ho-so/{bare.submission.code}-1/")
    assert "evidence.store_failed" not in caplog.text


def test_what_cannot_be_read_decides_nothing(station, abroad, store_away):
    case = reported(station, code(*abroad))
    nurse = make_staff(station)
    assert Evidence.objects.get().has_certificate is True
    store_away()

    with pytest.raises(Refused, match="ảnh"):
        prepared.accept(Prepared.objects.get().ref, by=nurse, at=AT)
    Prepared.objects.all().delete()
    Outbox.objects.filter(kind="prepare").delete()
    outbox.add("prepare", [case.pk], at=AT)
    outbox.drain(queue="report", at=AT)

    assert not Prepared.objects.exists()
    owed = Outbox.objects.get(kind="prepare")
    assert (owed.done_at, owed.next_at) == (None, AT + preparing.STORE_AWAY)
