"""Photos of a report in the making: taking, showing how far they are, removing."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from complaints.actions import evidence
from complaints.choices import Trouble
from complaints.models import Draft, Evidence, Submission
from complaints.rules.refused import Refused
from complaints.views import drafting, limits
from portal.accounts import access
from portal.common import pictures, throttle
from portal.common.http import see_other

# What to do about a photo that can hardly be read, or was refused.
ADVICE: Final = {
    Trouble.TINY: gettext_lazy("It is too small. Go nearer and take it again."),
    Trouble.DARK: gettext_lazy("It is too dark. Take it again by a window or a lamp."),
    Trouble.BRIGHT: gettext_lazy(
        "It is too bright. Take it again without flash, away from the sun."
    ),
    Trouble.BLURRED: gettext_lazy(
        "It is blurred. Lay the paper down, hold still, and take it again."
    ),
    Trouble.COVERED: gettext_lazy(
        "Something seems to lie on the paper. Take fingers and other things off it."
    ),
}
REFUSALS: Final = {
    Evidence.Refusal.BROKEN: gettext_lazy(
        "It cannot be opened. Take the photo again, or choose another one."
    ),
    Evidence.Refusal.PIXELS: gettext_lazy(
        "It is too large to open. Choose a photo below 50 megapixels."
    ),
    Evidence.Refusal.LOCKED: gettext_lazy(
        "This PDF asks for a password. Send a photo of the paper instead."
    ),
    Evidence.Refusal.LONG: gettext_lazy(
        "This PDF has more than ten pages. Send only the page with your doses."
    ),
    Evidence.Refusal.INFECTED: gettext_lazy(
        "The virus scanner found something in it. Take a photo of the paper instead."
    ),
}


@dataclass(frozen=True)
class Photo:
    """A photo as its sender sees it."""

    number: int
    state: str
    trouble: str
    word: str
    tone: str
    advice: str
    is_pdf: bool
    picture_url: str
    page_urls: list[str]
    drop_url: str


def of_draft(row: Draft) -> list[Photo]:
    """Return the photos of a draft in the order in which they came."""
    return [
        _photo(photo, number, row)
        for number, photo in enumerate(row.evidence.order_by("pk"), start=1)
    ]


def sent(submission: Submission) -> list[Photo]:
    """Return the photos of a report that was sent, in words; the pictures stay away.

    Code and four digits tell how far a report is, and open no paper.
    """
    return [
        _photo(photo, number, None)
        for number, photo in enumerate(submission.evidence.order_by("pk"), start=1)
    ]


def _photo(photo: Evidence, number: int, row: Draft | None) -> Photo:
    state, trouble = Evidence.State(photo.state), photo.warning
    if state == Evidence.State.QUARANTINED:
        word, tone, advice = _("Being checked"), "info", ""
    elif state == Evidence.State.REFUSED:
        word, tone = _("It cannot be used"), "bad"
        advice = str(REFUSALS[Evidence.Refusal(photo.refusal)])
    elif trouble:
        word, tone = _("Hard to read"), "warn"
        advice = str(ADVICE[Trouble(trouble)])
    else:
        word, tone, advice = _("Ready"), "ok", ""
    address = [row.key, photo.ref] if row else []
    return Photo(
        number=number,
        state=state,
        trouble=trouble,
        word=word,
        tone=tone,
        advice=advice,
        is_pdf=photo.media_type == pictures.PDF,
        picture_url=(
            reverse("citizen:report_photo", args=address)
            if row and state == Evidence.State.CHECKED
            else ""
        ),
        page_urls=[
            reverse("citizen:report_photo_page", args=[*address, page])
            for page in range(1, photo.pages + 1)
            if row
        ],
        drop_url=reverse("citizen:report_photo_drop", args=address) if row else "",
    )


def take(request: HttpRequest, form: Form, row: Draft, *, at: datetime) -> bool:
    """Keep the photo even where another field is wrong: it need not be sent twice.

    Return whether it is kept; what is wrong with it is said at its field. One that the
    draft has already, by a second tap, is not kept twice.
    """
    file: Any = request.FILES.get("evidence")
    if file is None or "evidence" in form.errors:
        return False
    Draft.objects.select_for_update().get(pk=row.pk)
    if evidence.sent_before(file, row.evidence.all()):
        return True
    too_many = row.evidence.count() >= evidence.MAX_FILES
    if too_many:
        form.add_error(
            "evidence", _("You can add at most five photos. Remove one first.")
        )
        return False
    limit = throttle.take(limits.UPLOAD_DEVICE, limits.device(request), at=at)
    if not limit.allowed:
        form.add_error(
            "evidence", _("That were many photos within an hour. Try again later.")
        )
        return False
    if _is_one_of_too_many(request, at=at):
        form.add_error(
            "evidence",
            _(
                "Many photos come from your network just now. Go on without; add it"
                " once your telephone is proved."
            ),
        )
        return False
    try:
        evidence.keep(file=file, draft=row, at=at)
    except Refused as refusal:
        form.add_error("evidence", str(refusal))
        return False
    return True


def _is_one_of_too_many(request: HttpRequest, *, at: datetime) -> bool:
    """Count a photo of who proved nothing yet; tell whether its address sent too many.

    A limit of a session is none for who throws the cookie away.
    """
    if "proved_at" in request.session:
        return False
    subject = limits.address(request)
    return bool(limits.seconds_over(limits.UPLOAD_ADDRESS, subject, at=at))


@require_safe
@access.public
def picture(
    request: HttpRequest, draft: uuid.UUID, ref: uuid.UUID, page: int = 0
) -> HttpResponse:
    """Show a checked photo to the session that sent it: a page, or its thumbnail.

    Whoever copies facts from a paper has to read it, and a PDF has several pages.
    """
    row, _answers = drafting.load(request, draft)
    photo = row.evidence.filter(ref=ref).first()
    if photo is None:
        raise Http404
    try:
        content = evidence.read_page(photo, page or 1, small=not page)
    except (Refused, FileNotFoundError):
        raise Http404 from None
    return as_picture(content)


@require_POST
@access.public
def drop(request: HttpRequest, draft: uuid.UUID, ref: uuid.UUID) -> HttpResponse:
    """Take one photo out of the report; the others stay."""
    row, answers = drafting.load(request, draft)
    if drafting.submission_of(answers):
        return drafting.to_receipt(request, draft)
    evidence.remove(row, ref)
    return see_other(drafting.step(draft, "paper"))


def as_picture(content: bytes) -> HttpResponse:
    """Return a picture that we drew; it may be shown and do nothing else."""
    response = HttpResponse(content, content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
