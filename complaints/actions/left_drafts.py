"""Reports in the making whose session ended: by what they are known again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from complaints.actions import drafts
from complaints.models import Draft, Submission
from portal.common import crypto


def live(key: str, *, at: datetime) -> Draft | None:
    """Return the draft of this key if it is kept still and was not sent."""
    row = Draft.objects.filter(key=key, expires_at__gt=at).first()
    if row is None or Submission.objects.filter(key=row.answers["key"]).exists():
        return None
    return row


def was_begun_in(answers: dict[str, Any], browser: str) -> bool:
    """Tell whether a draft about nobody's record was begun in the browser it is in."""
    kept = answers.get("browser", "")
    if not kept or not browser or answers["person"] is not None:
        return False
    return bytes.fromhex(kept) in crypto.digests("device", browser)


def part_from_browser(keys: Iterable[str]) -> None:
    """Let drafts be known again in no browser: its user logged out."""
    for row in Draft.objects.filter(key__in=keys):
        drafts.save(row, row.answers | {"browser": ""})
