"""Photos: judged by content, redrawn without metadata, refused in words."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from PIL import Image

from complaints.actions import drafts, evidence, screening
from complaints.choices import Move
from complaints.models import Complaint, Evidence
from complaints.rules.refused import Refused
from portal.common import crypto, outbox, pictures
from portal.common.models import Outbox
from tests.common.test_antivirus import Daemon
from tests.factories import (
    NOON,
    make_organization,
    make_product,
    missing_dose,
    only_complaint,
    submit,
)

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


def keep(content, name="giay.jpg", draft=None):
    file = SimpleUploadedFile(name, content, content_type="image/jpeg")
    return evidence.keep(file=file, draft=draft, at=NOON)


def check(row):
    with TestCase.captureOnCommitCallbacks(execute=True):
        outbox.drain(queue="import", at=NOON)
    row.refresh_from_db()
    return row


def test_a_photo_becomes_a_sealed_page_and_a_thumbnail():
    row = check(keep(picture() + SECRET))

    assert (row.state, row.pages, row.warning) == ("checked", 1, "tiny")
    assert Image.open(io.BytesIO(evidence.read_page(row))).size == (300, 200)
    assert Image.open(io.BytesIO(evidence.read_page(row, small=True))).size[0] == 300
    with default_storage.open(evidence.name_of(row)) as file:
        stored = file.read()
    assert SECRET not in stored
    assert not stored.startswith(b"\xff\xd8")
    with pytest.raises(crypto.Unreadable):
        crypto.unseal_bytes(stored, bound_to="evidence:elsewhere")
    assert not default_storage.exists(evidence.quarantine(row))


def test_a_pdf_becomes_pages_and_is_itself_not_kept():
    made = io.BytesIO()
    pages = [Image.effect_noise((300, 200), 90).convert("RGB") for _ in range(2)]
    pages[0].save(made, "PDF", save_all=True, append_images=pages[1:])

    row = check(keep(made.getvalue(), "giay.pdf"))

    assert (row.state, row.pages, row.media_type) == ("checked", 2, "application/pdf")
    assert evidence.read_page(row, 2).startswith(b"\xff\xd8\xff")
    assert not default_storage.exists(evidence.quarantine(row))
    with pytest.raises(Refused):
        evidence.read_page(row, 3)


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
        evidence.read_page(row)


def test_a_photo_broken_inside_is_refused_by_the_worker_and_checked_only_once():
    whole = picture(size=(800, 800))
    row = keep(whole[: len(whole) // 3])

    check(row)
    screening.check([row.pk], at=NOON)

    row.refresh_from_db()
    assert (row.state, row.refusal, row.pages) == ("refused", "broken", 0)
    assert not default_storage.exists(evidence.name_of(row))
    assert not default_storage.exists(evidence.quarantine(row))


def test_a_dark_photo_gets_a_warning_not_a_refusal():
    row = check(keep(picture(colour="black", size=(900, 700))))

    assert (row.state, row.warning) == ("checked", "dark")


def test_a_file_with_a_virus_is_refused_and_never_opened(settings):
    with Daemon(b"stream: Eicar FOUND\0") as settings.CLAMAV_URL:
        row = check(keep(picture()))

    assert (row.state, row.refusal) == ("refused", "infected")


def test_while_the_scanner_is_away_files_wait_and_nothing_is_parked(settings):
    settings.CLAMAV_URL = "tcp://127.0.0.1:1"
    rows = [keep(picture()) for _ in range(2)]

    for _ in range(7):
        outbox.drain(queue="import", at=NOON)

    assert {check(row).state for row in rows} == {"quarantined"}
    owed = Outbox.objects.filter(kind="evidence", done_at=None)
    assert {(one.attempts, one.dead_at) for one in owed} == {(0, None)}
    settings.CLAMAV_URL = ""
    outbox.drain(queue="import", at=NOON + screening.SCANNER_AWAY)
    assert {check(row).state for row in rows} == {"checked"}


def sent_with(row):
    return only_complaint(submit(missing_dose(make_organization()), evidence=[row.pk]))


def test_a_photo_refused_after_sending_asks_for_another_and_stops_nothing():
    make_product()
    row = keep(picture()[:900])
    case = sent_with(row)
    outbox.drain(queue="route", at=NOON)
    due = Complaint.objects.get(pk=case.pk).due_at

    check(row)
    outbox.drain(queue="route", at=NOON)

    case.refresh_from_db()
    told = case.events.get(move=Move.REFUSE_FILE)
    assert told.data == {"refusal": "broken"}
    assert told.messages.count() == 1
    assert (case.status, case.due_at) == (told.status, due)


def test_a_photo_refused_before_sending_stays_behind():
    make_product()
    row = check(keep(picture()[:900]))

    case = sent_with(row)

    assert not case.submission.evidence.exists()
    assert not case.events.filter(move=Move.REFUSE_FILE).exists()


def test_one_photo_of_several_is_removed_with_its_files():
    draft = drafts.start(relation="self", person_id=None, matter={}, at=NOON)
    first, second = (check(keep(picture(), draft=draft)) for _ in range(2))

    with TestCase.captureOnCommitCallbacks(execute=True):
        assert evidence.remove(draft, first.ref)

    assert [row.pk for row in draft.evidence.all()] == [second.pk]
    assert not default_storage.exists(evidence.name_of(first))
    assert default_storage.exists(evidence.name_of(second))


def test_a_photo_that_was_sent_is_not_removed_any_more():
    make_product()
    draft = drafts.start(relation="self", person_id=None, matter={}, at=NOON)
    row = keep(picture(), draft=draft)
    sent_with(row)

    assert not evidence.remove(draft, row.ref)
    assert Evidence.objects.filter(pk=row.pk).exists()


def test_a_photo_removed_during_its_check_leaves_no_file(monkeypatch):
    row = keep(picture())
    opened = pictures.open_apart(picture(), "image/jpeg")
    monkeypatch.setattr(
        pictures,
        "open_apart",
        lambda *_a: Evidence.objects.filter(pk=row.pk).delete() and opened,
    )

    screening.check([row.pk], at=NOON)

    assert not default_storage.exists(evidence.name_of(row))
