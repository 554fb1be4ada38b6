"""The receipt: code, who handles it, by when, and a picture to find it again."""

from typing import Any

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from complaints.models import Complaint, Submission
from complaints.views.cards import moment, status_word
from portal.common import codes, phones


def of(submission: Submission, filed: list[Complaint]) -> dict[str, Any]:
    """Return what the sent page shows; it is printed as the receipt too."""
    waiting = [complaint for complaint in filed if complaint.is_open]
    holders = list(dict.fromkeys(c.holder.name for c in waiting if c.routed_at))
    return {
        "code": submission.code,
        "pretty": codes.pretty(submission.code),
        "due": moment(max(c.due_at for c in waiting)) if waiting else "",
        "body": ", ".join(holders),
        "late": late_words(is_top=_all_at_the_top(waiting)) if waiting else "",
        "qr": qr(submission.code),
        "track_url": reverse("citizen:status", args=[submission.code]),
        "telephone": phones.mask_end(submission.phone),
        "filed": [
            {
                "reference": c.pretty_reference,
                "kind": c.get_kind_display(),
                "status": c.outcome or c.status,
                "status_word": status_word(c),
                "holder": c.holder.name if c.routed_at and c.is_open else "",
                "is_open": c.is_open,
            }
            for c in filed
        ],
    }


def _all_at_the_top(waiting: list[Complaint]) -> bool:
    """Tell whether nobody stands above those who answer; routing may still change."""
    return all(c.routed_at and c.holder.parent_id is None for c in waiting)


def late_words(*, is_top: bool) -> str:
    """Return what happens if nobody answers in time; ``is_top``: nobody is above."""
    if is_top:
        return _("If it is late, we tell you. You need not send it again.")
    return _(
        "If it is late, the level above is told and can decide it too. You need not"
        " send it again."
    )


def qr(code: str) -> SafeString:
    """Return the QR code of the status page's address as SVG without style or script.

    The address is in capitals, which take less room: larger modules for cheap cameras.
    Safe to show as it is: the drawing is made of numbers only.
    """
    with override("vi"):
        path = reverse("citizen:link_from_picture", args=[code])
    address = (settings.BASE_URL.rstrip("/") + path).upper()
    drawing = segno.make_qr(address, error="m").svg_inline(
        scale=4, border=2, omitsize=True, svgclass=None, lineclass=None
    )
    label = _("QR code of complaint %(code)s") % {"code": codes.pretty(code)}
    named = drawing.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return mark_safe(named)  # noqa: S308  -- drawn by segno from our own address
