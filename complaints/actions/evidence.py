"""Photos and papers: taken in by content, and kept apart until a worker has looked.

Nothing that a stranger sent is ever served: ``screening`` draws it anew, page by page.
Files are sealed, bear random names and lie in a private storage (trust, T13).
"""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from complaints.models import Complaint, Draft, Evidence
from complaints.rules.refused import Refused
from portal.common import crypto, outbox, pictures

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
MAX_FILES: Final = 5
# The newest photos of the same site that a photo is compared with.
COMPARED: Final = 300


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
    media_type = pictures.media_type(content)
    width: int | None = None
    height: int | None = None
    if media_type in pictures.FORMATS:
        width, height = _measure(content, media_type)
    elif media_type != pictures.PDF:
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
    write(quarantine(row), content)
    row.save()
    outbox.add("evidence", [row.pk], at=at)
    return row


def sent_before(file: UploadedFile, rows: QuerySet[Evidence]) -> Evidence | None:
    """Return the row of this very file among some, if it is there and not refused.

    Who taps twice sends a photo twice; the caller has locked what the rows belong to.
    """
    if (file.size or 0) > MAX_BYTES:
        return None
    digest = hashlib.sha256(file.read()).digest()
    file.seek(0)
    same = rows.filter(sha256=digest).exclude(state=Evidence.State.REFUSED)
    return same.order_by("pk").first()


def remove(draft: Draft, ref: uuid.UUID) -> bool:
    """Take one photo out of a draft; return whether it was there.

    What was sent belongs to the submission and stays.
    """
    rows = Evidence.objects.filter(draft=draft, ref=ref, submission=None)
    was_there = rows.exists()
    forget(rows)
    return was_there


def forget(rows: QuerySet[Evidence]) -> None:
    """Delete files and rows; for what was never sent."""
    for row in rows:
        for name in [quarantine(row), *names_of(row)]:
            transaction.on_commit(partial(default_storage.delete, name))
    rows.delete()


def read_page(row: Evidence, number: int = 1, *, small: bool = False) -> bytes:
    """Return a checked page, or its thumbnail, as JPEG.

    Raise Refused while the file is not checked, and where it has no such page.
    """
    if row.state != Evidence.State.CHECKED:
        raise Refused(_("This file is still being checked. Reload in a minute."))
    if not 1 <= number <= row.pages:
        raise Refused(_("There is no such page."))
    return read(name_of(row, number, small=small))


def elsewhere(rows: Iterable[Evidence], complaint: Complaint) -> dict[int, list[int]]:
    """Return, for photos of a complaint, the submissions that bear the same photo.

    The same file is found wherever it was sent; a copy that was made smaller or packed
    anew, among the newest photos about the same site. Other submissions of the same
    person or telephone do not count: one slip proves several doses.
    """
    mine = [row for row in rows if row.state == Evidence.State.CHECKED]
    if not mine:
        return {}
    submission = complaint.submission
    others = (
        Evidence.objects.filter(submission__isnull=False)
        .exclude(submission=submission)
        .order_by("-pk")
    )
    if submission.phone_digest is not None:
        others = others.exclude(submission__phone_digest=submission.phone_digest)
    if submission.person_id:
        others = others.exclude(submission__person=submission.person_id)
    fields = ("submission_id", "sha256", "fingerprint")
    known = list(
        others.filter(sha256__in=[bytes(row.sha256) for row in mine]).values_list(
            *fields
        )[:COMPARED]
    )
    if complaint.site_id:
        known += others.filter(
            submission__complaints__site=complaint.site_id, state=Evidence.State.CHECKED
        ).values_list(*fields)[:COMPARED]
    found: dict[int, list[int]] = {}
    for row in mine:
        same = {
            other
            for other, sha256, fingerprint in known
            if bytes(sha256) == bytes(row.sha256)
            or _looks_the_same(row.fingerprint, fingerprint)
        }
        if same:
            found[row.pk] = sorted(same)
    return found


def _looks_the_same(
    one: bytes | memoryview | None, other: bytes | memoryview | None
) -> bool:
    if not one or not other:
        return False
    return pictures.distance(bytes(one), bytes(other)) < pictures.SAME_BELOW


def name_of(row: Evidence, number: int = 1, *, small: bool = False) -> str:
    """Return where a page lies in the storage; the name tells nothing."""
    size = "-small" if small else ""
    return f"{row.ref.hex[:2]}/{row.ref.hex}-{number}{size}"


def names_of(row: Evidence) -> list[str]:
    """Return the names of all that may be kept of a checked file."""
    pages = [
        name_of(row, number, small=small)
        for number in range(1, row.pages + 1)
        for small in (False, True)
    ]
    return [*pages, certificate_of(row)]


def certificate_of(row: Evidence) -> str:
    """Return where the text of the certificate lies that a file's code holds."""
    return f"{row.ref.hex[:2]}/{row.ref.hex}-certificate"


def quarantine(row: Evidence) -> str:
    """Return where the file lies as it came, until it is checked."""
    return f"quarantine/{row.ref.hex}"


def write(name: str, content: bytes) -> None:
    """Seal a file into the storage, in the place of an older one of the name."""
    if default_storage.exists(name):
        default_storage.delete(name)
    sealed = crypto.seal_bytes(content, bound_to=f"evidence:{name}")
    default_storage.save(name, ContentFile(sealed))


def read(name: str) -> bytes:
    """Return a file of the storage. Raises FileNotFoundError, crypto.Unreadable."""
    with default_storage.open(name) as file:
        sealed: bytes = file.read()
    return crypto.unseal_bytes(sealed, bound_to=f"evidence:{name}")


def _refusal_of(content: bytes) -> str:
    # HEIC, as telephones from Cupertino take it: the decoders there are carry LGPL
    # code and patents, so people are told what to do instead (decisions, Numbers).
    if content[4:8] == b"ftyp":
        return _(
            "This is a HEIC photo or a video. Take the photo again as JPEG, or send a"
            " screenshot of it."
        )
    return _("This file is not a photo. Send a JPEG, PNG or WebP photo, or a PDF.")


def _measure(content: bytes, media_type: str) -> tuple[int, int]:
    """Read width and height from the header; nothing is unpacked yet."""
    try:
        width, height = pictures.size_of(content, media_type)
    except pictures.Unopenable as reason:
        if str(reason) == "pixels":
            width, height = MAX_PIXELS, MAX_PIXELS
        else:
            raise Refused(
                _("This photo cannot be opened. Take it again or choose another one.")
            ) from None
    if width * height > MAX_PIXELS:
        raise Refused(
            _("This photo has too many pixels. Choose one below 50 megapixels.")
        )
    return width, height
