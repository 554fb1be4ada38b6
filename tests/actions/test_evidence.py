"""Photos: judged by content, redrawn without metadata, refused in words."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from complaints.actions import evidence
from complaints.models import Evidence
from complaints.rules.refused import Refused
from portal.common import outbox
from tests.factories import NOON

pytestmark = pytest.mark.usefixtures("all_rows")
SECRET = b"GPS of somebody's home"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


def picture(kind="JPEG", size=(300, 200), colour="white", **facts):
    made = io.BytesIO()
    image = Image.effect_noise(size, 90).convert("RGB")
    if colour == "black":
        image = Image.new("RGB", size, "black")
    image.save(made, kind, **facts)
    return made.getvalue()


def keep(content, name="giay.jpg"):
    file = SimpleUploadedFile(name, content, content_type="image/jpeg")
    return evidence.keep(file=file, draft=None, at=NOON)


def check(row):
    outbox.drain(queue="import", at=NOON)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_redrawn_as_jpeg_without_metadata(kind):
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    row = keep(picture(kind, exif=exif) + SECRET)

    check(row)

    assert row.state == Evidence.State.CHECKED
    assert row.media_type == "image/jpeg"
    with evidence.open_checked(row) as file:
        drawn = file.read()
    assert SECRET not in drawn
    assert Image.open(io.BytesIO(drawn)).size == (300, 200)


def test_a_pdf_is_kept_as_it_is():
    row = keep(b"%PDF-1.4 slip", "giay.pdf")

    check(row)

    assert (row.state, row.media_type) == ("checked", "application/pdf")
    with evidence.open_checked(row) as file:
        assert file.read() == b"%PDF-1.4 slip"


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ program renamed to jpg",
        b"\x00\x00\x00\x18ftypheic photo of a telephone",
        b" ",
        b"\xff\xd8\xff cut off",
    ],
)
def test_what_is_no_photo_is_refused_in_words_whatever_its_name(content):
    with pytest.raises(Refused) as refusal:
        keep(content)

    assert len(str(refusal.value)) > 20
    assert not Evidence.objects.exists()


def test_a_photo_above_ten_megabytes_is_refused_with_its_size():
    with pytest.raises(Refused, match="11"):
        keep(b"\xff\xd8\xff" + bytes(evidence.MAX_BYTES))


def test_a_photo_of_too_many_pixels_is_never_unpacked():
    with pytest.raises(Refused):
        keep(picture("PNG", size=(9000, 6000), colour="black"))


def test_nothing_is_served_before_it_is_checked():
    row = keep(picture())

    with pytest.raises(Refused):
        evidence.open_checked(row)


def test_a_photo_broken_inside_is_refused_by_the_worker_and_checked_only_once():
    whole = picture(size=(800, 800))
    row = keep(whole[: len(whole) // 3])

    check(row)
    evidence.check([row.pk], at=NOON)

    row.refresh_from_db()
    assert row.state == Evidence.State.REFUSED
    assert not default_storage.exists(evidence.name_of(row))


def test_a_dark_photo_gets_a_warning_not_a_refusal():
    row = check(keep(picture(colour="black")))

    assert (row.state, row.warning) == ("checked", "dark")
