"""Photos and papers: taken in by content, kept apart until a worker has redrawn them.

Nothing that a stranger sent is ever served: an image is decoded and drawn anew, which
drops metadata and whatever hides behind the picture; a PDF is only handed to staff as
a download. Files bear random names outside the web root (trust, T13).
"""

import hashlib
import io
from datetime import datetime
from functools import partial
from typing import IO, Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from PIL import Image, ImageFilter, ImageOps, ImageStat, UnidentifiedImageError

from complaints.models import Draft, Evidence
from complaints.rules.refused import Refused
from portal.common import outbox

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
LONGEST_SIDE: Final = 2400
MAX_FILES: Final = 5
PDF: Final = "application/pdf"
FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
# Grey levels of 255 and spread of edges below which a slip can hardly be read; tried
# on photos of printed paper, so a warning to staff and citizen, never a refusal.
DARK_BELOW: Final = 45
BLURRED_BELOW: Final = 4.0


def keep(*, file: UploadedFile, draft: Draft | None, at: datetime) -> Evidence:
    """Take a file into quarantine and owe its check.

    Raise Refused, with words for the sender, for what is too big, not a photo or PDF
    by its content, or has too many pixels to be unpacked.
    """
    if (file.size or 0) > MAX_BYTES:
        megabytes = -(-(file.size or 0) // (1024 * 1024))
        raise Refused(
            _("Photo is %(n)s MB, limit 10 MB. Choose another photo.")
            % {"n": megabytes}
        )
    content = file.read()
    media_type = sniff(content)
    width: int | None = None
    height: int | None = None
    if media_type in FORMATS:
        width, height = _measure(content, media_type)
    elif media_type != PDF:
        raise Refused(_refusal_of(content))
    row = Evidence(
        draft=draft,
        media_type=media_type,
        sha256=hashlib.sha256(content).digest(),
        bytes=len(content),
        width=width,
        height=height,
        uploaded_at=at,
    )
    default_storage.save(_quarantine(row), ContentFile(content))
    row.save()
    outbox.add("evidence", [row.pk], at=at)
    return row


def check(subjects: list[int], *, at: datetime) -> None:
    """Redraw photos that wait; mark what cannot be decoded. Safe to repeat."""
    waiting = Evidence.objects.filter(
        pk__in=subjects, state=Evidence.State.QUARANTINED
    ).select_for_update()
    for row in waiting:
        if not default_storage.exists(_quarantine(row)):
            row.state = Evidence.State.REFUSED
            row.save(update_fields=["state"])
            continue
        with default_storage.open(_quarantine(row)) as file:
            content = file.read()
        clean = content if row.media_type == PDF else _redraw(row, content)
        if clean is None:
            row.state = Evidence.State.REFUSED
        else:
            row.state = Evidence.State.CHECKED
            row.bytes = len(clean)
            if default_storage.exists(name_of(row)):
                default_storage.delete(name_of(row))
            default_storage.save(name_of(row), ContentFile(clean))
        row.save()
        transaction.on_commit(partial(default_storage.delete, _quarantine(row)))


def forget(rows: QuerySet[Evidence]) -> None:
    """Delete files and rows; for what was never sent."""
    for row in rows:
        for name in (_quarantine(row), name_of(row)):
            transaction.on_commit(partial(default_storage.delete, name))
    rows.delete()


def open_checked(row: Evidence) -> IO[bytes]:
    """Open a checked file for reading. Raise Refused while it is not checked."""
    if row.state != Evidence.State.CHECKED:
        raise Refused(_("This file is still being checked. Reload in a minute."))
    return default_storage.open(name_of(row))


def name_of(row: Evidence) -> str:
    """Return where the checked file lies in the storage; the name tells nothing."""
    ending = "pdf" if row.media_type == PDF else "jpg"
    return f"{row.ref.hex[:2]}/{row.ref.hex}.{ending}"


def sniff(content: bytes) -> str:
    """Return the media type that the first bytes tell, or '' for what is not taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return PDF
    return ""


def _refusal_of(content: bytes) -> str:
    if content[4:8] == b"ftyp":
        return _(
            "This is a HEIC photo or a video. Take the photo again as JPEG, or send a"
            " screenshot of it."
        )
    return _("This file is not a photo. Send a JPEG, PNG or WebP photo, or a PDF.")


def _measure(content: bytes, media_type: str) -> tuple[int, int]:
    """Read width and height from the header; nothing is unpacked yet."""
    try:
        with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as image:
            width, height = image.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
        raise Refused(
            _("This photo cannot be opened. Take it again or choose another one.")
        ) from None
    if width * height > MAX_PIXELS:
        raise Refused(
            _("This photo has too many pixels. Choose one below 50 megapixels.")
        )
    return width, height


def _redraw(row: Evidence, content: bytes) -> bytes | None:
    """Return the picture as a fresh JPEG without metadata; None if it is broken."""
    try:
        with Image.open(
            io.BytesIO(content), formats=[FORMATS[row.media_type]]
        ) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ):
        return None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    row.width, row.height = upright.size
    row.media_type = "image/jpeg"
    row.warning = _warning_of(upright)
    drawn = io.BytesIO()
    # Pasted on a new image: `info` of the old one (EXIF, comments) stays behind.
    fresh = Image.new("RGB", upright.size)
    fresh.paste(upright)
    fresh.save(drawn, "JPEG", quality=85)
    return drawn.getvalue()


def _warning_of(image: Image.Image) -> str:
    grey = image.convert("L")
    grey.thumbnail((800, 800))
    if ImageStat.Stat(grey).mean[0] < DARK_BELOW:
        return "dark"
    edges = grey.filter(ImageFilter.FIND_EDGES)
    if ImageStat.Stat(edges).stddev[0] < BLURRED_BELOW:
        return "blurred"
    return ""


def _quarantine(row: Evidence) -> str:
    return f"quarantine/{row.ref.hex}"
