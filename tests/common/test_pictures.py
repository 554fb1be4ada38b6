"""Files from strangers: opened apart, drawn anew, or refused in one word."""

import io
import json
import os
import struct
import time
import zlib

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from portal.common import pictures
from tests.photos.draw import FOLDER

SECRET = b"GPS of somebody's home"


def as_file(image, kind="JPEG", **facts):
    made = io.BytesIO()
    image.save(made, kind, **facts)
    return made.getvalue()


def noise(size=(300, 200)):
    return Image.effect_noise(size, 90).convert("RGB")


def drawn(content, kind):
    opened = pictures.open_apart(content, kind)
    return opened, [Image.open(io.BytesIO(page.picture)) for page in opened.pages]


def png_of(width, height, rows):
    """Return a PNG that claims a size and unpacks to so many rows of zeros."""

    def chunk(name, data):
        return (
            struct.pack("!I", len(data))
            + name
            + data
            + struct.pack("!I", zlib.crc32(name + data))
        )

    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    packed = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )


def pdf_of(*objects):
    """Return a PDF of these objects; the first is its catalogue."""
    made, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + (
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table)
    )


PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (lambda: png_of(7_000, 7_000, 1), "image/png"),
        (lambda: as_file(Image.new("L", (5_100, 5_000)), "JPEG"), "image/jpeg"),
    ],
)
def test_for_codes_far_fewer_pixels_are_unpacked(content, kind):
    """What is drawn anew for a report may hold 50 million."""
    with pytest.raises(pictures.Unopenable, match="pixels"):
        pictures.codes_on(content(), kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_drawn_anew_without_what_it_carried(kind):
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()

    opened, (page,) = drawn(
        as_file(noise(), kind, exif=exif) + SECRET, f"image/{kind.lower()}"
    )

    assert page.format == "JPEG"
    assert page.size == (opened.width, opened.height) == (300, 200)
    assert SECRET not in opened.pages[0].picture
    assert not page.getexif()


def test_a_photo_is_turned_as_the_telephone_says():
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 60, 200), "black")
    exif = Image.Exif()
    exif[0x0112] = 6

    _opened, (page,) = drawn(as_file(image, exif=exif), "image/jpeg")

    assert page.size == (200, 300)
    assert page.convert("L").getpixel((100, 10)) < 60


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (noise().convert("CMYK"), "JPEG"),
        (noise().convert("L"), "JPEG"),
        (noise().convert("P"), "PNG"),
        (noise().convert("1"), "PNG"),
        (noise().convert("I;16"), "PNG"),
        (noise().convert("LA"), "PNG"),
    ],
)
def test_photos_of_all_colours_are_drawn(image, kind):
    _opened, (page,) = drawn(as_file(image, kind), f"image/{kind.lower()}")

    assert page.mode == "RGB"


def test_what_is_clear_in_a_picture_becomes_white_paper():
    clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))

    _opened, (page,) = drawn(as_file(clear, "PNG"), "image/png")

    assert page.getpixel((10, 10)) == (255, 255, 255)


def test_a_large_photo_and_its_thumbnail_are_made_smaller():
    opened, (page,) = drawn(as_file(noise((4000, 3000))), "image/jpeg")

    assert page.size == (2400, 1800)
    thumbnail = Image.open(io.BytesIO(opened.pages[0].thumbnail))
    assert max(thumbnail.size) == 320
    assert len(opened.pages[0].thumbnail) < 60_000


def test_a_pdf_becomes_a_picture_of_each_page():
    content = as_file(noise(), "PDF", save_all=True, append_images=[noise()] * 2)

    opened, pages = drawn(content, pictures.PDF)

    assert len(pages) == 3
    assert all(page.format == "JPEG" for page in pages)
    assert len(opened.fingerprint) == 128


def test_scripts_and_files_inside_a_pdf_do_not_come_along():
    content = pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R /AA << /WC 4 0 R >>"
        b" /Names << /EmbeddedFiles << /Names [(evil.exe) 5 0 R] >> >> >>",
        PAGES,
        PAGE,
        b"<< /S /JavaScript /JS (app.launchURL\\('http://evil.example'\\);) >>",
        b"<< /Type /Filespec /F (evil.exe) /EF << /F 6 0 R >> >>",
        b"<< /Type /EmbeddedFile /Length 5 >>\nstream\nMZxxx\nendstream",
    )

    opened, (page,) = drawn(content, pictures.PDF)

    assert page.format == "JPEG"
    for told in (b"JavaScript", b"evil", b"MZxxx"):
        assert told not in opened.pages[0].picture


def test_what_hides_behind_a_photo_does_not_come_along():
    """A file that is a photo, a page of a browser and an archive at once."""
    content = as_file(noise()) + b"<script>alert(1)</script>PK\x03\x04evil"

    opened, _pages = drawn(content, pictures.media_type(content))

    assert b"script" not in opened.pages[0].picture
    assert b"PK\x03\x04" not in opened.pages[0].picture


def locked_pdf():
    """Return a PDF whose encryption no empty password opens (standard handler)."""
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        PAGES,
        PAGE,
        b"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <%s> /U <%s> >>"
        % (b"11" * 32, b"22" * 32),
    ).replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 4 0 R /ID [<00><00>]")


HOSTILE = {
    "nothing": (b"", "image/jpeg", "broken"),
    "three bytes": (b"\xff\xd8\xff", "image/jpeg", "broken"),
    "a cut photo": (as_file(noise((800, 800)))[:9000], "image/jpeg", "broken"),
    "a PNG named JPEG": (as_file(noise(), "PNG"), "image/jpeg", "broken"),
    "a drawing of markup": (b"<svg onload='x'/>", "image/png", "broken"),
    "100 megapixels": (png_of(10_000, 10_000, 2), "image/png", "pixels"),
    "a bomb": (png_of(60_000, 60_000, 40), "image/png", "pixels"),
    "more rows than it says": (png_of(40, 40, 90_000), "image/png", None),
    "a PDF without pages": (b"%PDF-1.7\n%%EOF", pictures.PDF, "broken"),
    "a PDF of eleven pages": (
        as_file(noise((40, 40)), "PDF", save_all=True, append_images=[noise()] * 10),
        pictures.PDF,
        "long",
    ),
    "a PDF with a password": (locked_pdf(), pictures.PDF, "locked"),
    "random bytes": (b"\x89PNG\r\n\x1a\n" + os.urandom(4000), "image/png", "broken"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_one_word_and_soon(name):
    content, kind, word = HOSTILE[name]
    began = time.monotonic()

    if word is None:
        assert pictures.open_apart(content, kind).width == 40
    else:
        with pytest.raises(pictures.Unopenable, match=f"^{word}$"):
            pictures.open_apart(content, kind)

    assert time.monotonic() - began < 20


def test_a_huge_page_of_a_pdf_is_drawn_small():
    page = PAGE.replace(b"300 200", b"14400 14400")

    _opened, (drawn_page,) = drawn(
        pdf_of(b"<< /Type /Catalog /Pages 2 0 R >>", PAGES, page), pictures.PDF
    )

    assert max(drawn_page.size) <= 2400


def test_the_process_that_opens_has_no_settings_of_ours(monkeypatch, tmp_path):
    """Whatever breaks out of a decoder finds no keys and may write nothing."""
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import json, os, sys\n"
        "import importlib.util as u\n"
        f"spec = u.spec_from_file_location('unpacking', {str(pictures._SCRIPT)!r})\n"
        "m = u.module_from_spec(spec); spec.loader.exec_module(m); m.limit()\n"
        "told = {'environment': sorted(os.environ)}\n"
        "try: os.write(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), b'x')\n"
        "except OSError: told['write'] = 'refused'\n"
        "os.write(1, json.dumps({'refused': json.dumps(told)}).encode() + b'\\n')\n"
    )
    monkeypatch.setattr(pictures, "_SCRIPT", probe)
    monkeypatch.setenv("FIELD_KEYS", "1:secret")

    with pytest.raises(pictures.Unopenable) as told:
        pictures.open_apart(b"", str(tmp_path / "written"))

    found = json.loads(str(told.value))
    assert set(found["environment"]) <= {"LC_CTYPE"}
    assert found["write"] == "refused"


def test_a_copy_of_a_photo_is_known_and_another_photo_is_not():
    """Smaller, packed harder, brighter: 40 photos as messengers send them on."""
    files = sorted(FOLDER.glob("*.jpg"))
    photos = [
        Image.open(file).convert("RGB") for file in files if "tiny" not in file.stem
    ][::4]
    prints = [pictures.open_apart(as_file(p), "image/jpeg").fingerprint for p in photos]
    known, tried = 0, 0
    for photo, fingerprint in zip(photos, prints, strict=True):
        half = photo.resize((photo.width // 2, photo.height // 2))
        for copy in (
            as_file(half, quality=75),
            as_file(ImageEnhance.Brightness(photo).enhance(1.08), quality=60),
        ):
            found = pictures.open_apart(copy, "image/jpeg").fingerprint
            known += pictures.distance(found, fingerprint) < pictures.SAME_BELOW
            tried += 1
    apart = [
        pictures.distance(one, other)
        for place, one in enumerate(prints)
        for other in prints[place + 1 :]
    ]

    assert known / tried >= 0.8
    assert min(apart) >= pictures.SAME_BELOW


def test_the_renderer_of_pdf_is_the_one_without_scripts():
    assert "V8" not in pypdfium2.version.PDFIUM_INFO.flags
