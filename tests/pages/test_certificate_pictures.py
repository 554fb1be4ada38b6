"""Checking a certificate by a picture of its code: photo, screenshot, page of a PDF."""

import io
from dataclasses import replace

import psycopg
import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image, ImageFilter

from complaints.views import limits
from portal.registry import corrections
from portal.registry.certificates import issuing
from portal.registry.models import Person
from tests.factories import make_dose, make_organization, make_person, make_product
from tests.pages.citizen_steps import text_of
from tests.pages.test_adversaries import another_name, put_together, taken_apart

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")
PAGE = "/chung-nhan/kiem-tra/"


@pytest.fixture
def own_limits(settings):
    settings.INDEX_KEYS = {1: b"q" * 32}


@pytest.fixture
def certificate():
    person = make_person()
    make_dose(person, make_organization(), product=make_product("comirnaty", "C"))
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(
            population="matched", certificate_stale_since=None
        )
    return issuing.issue(person.pk, at=timezone.now())


def drawn(text, *, scale=6):
    """Return a code as a screen shows it."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="png", scale=scale, border=4)
    return Image.open(out).convert("RGB")


def photo(text):
    """Return the code as somebody photographs a sheet: askew, grey, a little soft."""
    code = drawn(text)
    sheet = Image.new("RGB", (code.width * 2, code.height * 2), (198, 192, 180))
    sheet.paste(code, (code.width // 2, code.height // 3))
    turned = sheet.rotate(8, fillcolor=(150, 146, 140))
    return turned.filter(ImageFilter.GaussianBlur(0.8))


def as_file(image, kind="JPEG", name="anh.jpg"):
    out = io.BytesIO()
    image.save(out, kind)
    return SimpleUploadedFile(name, out.getvalue())


def check(client, file, **more):
    return client.post(PAGE, {"picture": file, "text": "", **more})


@pytest.mark.parametrize(
    "picture",
    [
        lambda text: as_file(drawn(text), "PNG", "man-hinh.png"),
        lambda text: as_file(photo(text)),
        lambda text: as_file(drawn(text), "WEBP", "a.webp"),
        lambda text: as_file(drawn(text), "PDF", "giay.pdf"),
    ],
    ids=["screenshot", "photo", "webp", "pdf"],
)
def test_the_code_on_a_picture_is_read_and_checked(client, certificate, picture):
    page = check(client, picture(certificate.text))

    assert page.status_code == 200
    assert 'class="note ok"' in page.content.decode()
    assert certificate.identifier in text_of(page)


def test_a_picture_that_shows_a_forged_code_is_called_so(client, certificate):
    forged = put_together(another_name(taken_apart(certificate.text)))

    page = check(client, as_file(drawn(forged), "PNG"))

    assert 'class="note ok"' not in page.content.decode()
    assert 'class="note bad"' in page.content.decode()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda: as_file(Image.new("RGB", (400, 300), "white")), "Không thấy mã QR"),
        (
            lambda: as_file(drawn("https://vi.example"), "PNG"),
            "không phải của giấy chứng nhận",
        ),
        (lambda: SimpleUploadedFile("a.jpg", b"\xff\xd8\xffnonsense"), "không mở được"),
        (lambda: SimpleUploadedFile("a.txt", b"HC1:abc"), "không phải ảnh"),
        (lambda: SimpleUploadedFile("a.jpg", b""), "trống"),
        (lambda: "", "Chọn ảnh"),
    ],
    ids=["no code", "another code", "broken", "no picture", "empty", "nothing"],
)
def test_what_cannot_be_read_is_told_in_words_beside_the_field(client, file, words):
    page = check(client, file())

    assert page.status_code == 422
    assert words.lower() in text_of(page).lower()
    assert 'aria-invalid="true"' in page.content.decode()


def test_a_huge_picture_is_refused_before_it_is_unpacked(client):
    """Fourteen megapixels of white pack into a few kilobytes."""
    page = check(client, as_file(Image.new("1", (4_000, 3_500)), "PNG"))

    assert page.status_code == 422
    assert "Ảnh này quá lớn" in text_of(page)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_as_telephones_take_it_is_read(client, certificate, kind):
    """Thirteen megapixels of a table, the code in the middle of it."""
    table = Image.new("RGB", (4_160, 3_120), (120, 112, 100))
    table.paste(drawn(certificate.text, scale=10), (1_200, 900))

    page = check(client, as_file(table, kind))

    assert 'class="note ok"' in page.content.decode()


def test_of_a_pdf_the_first_two_pages_are_read(client, certificate):
    blank = Image.new("RGB", (600, 800), "white")
    code = drawn(certificate.text)

    def paper(*pages):
        out = io.BytesIO()
        pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
        return SimpleUploadedFile("giay.pdf", out.getvalue())

    second = check(client, paper(blank, code))
    third = check(client, paper(blank, blank, code))

    assert 'class="note ok"' in second.content.decode()
    assert third.status_code == 422
    assert "hai trang đầu" in text_of(third)


def test_one_picture_at_a_time_and_no_transaction_meanwhile(client, certificate):
    open_before = len(connection.savepoint_ids)
    open_then = []

    def look(execute, sql, *rest):
        if "advisory" in sql:
            open_then.append(len(connection.savepoint_ids) - open_before)
        return execute(sql, *rest)

    facts = connection.get_connection_params()
    with psycopg.connect(
        **{n: facts[n] for n in ("dbname", "user", "host", "port") if n in facts},
        autocommit=True,
    ) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('certificate pictures'), 0)")
        busy = check(client, as_file(drawn(certificate.text), "PNG"))
        typed = client.post(PAGE, {"text": certificate.text})
    with connection.execute_wrapper(look):
        free = [check(client, as_file(drawn(certificate.text), "PNG")) for _ in "12"]

    assert (busy.status_code, busy["Retry-After"]) == (429, "3")
    assert "thử lại sau giây lát" in text_of(busy)
    for page in (typed, *free):
        assert 'class="note ok"' in page.content.decode()
    assert open_then == [0] * 4


def test_pictures_are_few_an_hour_and_the_text_goes_on(
    client, certificate, monkeypatch
):
    limit = replace(limits.CERTIFICATE_PICTURES, times=1)
    monkeypatch.setattr(limits, "CERTIFICATE_PICTURES", limit)
    check(client, as_file(drawn(certificate.text), "PNG"))

    refused = check(client, as_file(drawn(certificate.text), "PNG"))
    typed = client.post(PAGE, {"text": certificate.text})

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert "Hãy dán nội dung mã" in text_of(refused)
    assert 'class="note ok"' in typed.content.decode()


def test_the_text_alone_does_as_before(client, certificate):
    page = client.post(PAGE, {"text": certificate.text})

    assert 'class="note ok"' in page.content.decode()


def test_nothing_that_was_sent_is_kept(client, certificate, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    check(client, as_file(drawn(certificate.text), "PNG"))

    assert not list(tmp_path.rglob("*"))
