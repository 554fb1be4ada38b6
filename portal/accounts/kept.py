"""What a member of staff had typed when the session ended, for when they are back.

Sealed for its owner and kept in the session that is left, which itself rests no longer
than one of staff. Files are not kept: they have to be chosen again.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from portal.accounts.models import User
from portal.common import crypto

_KEY: Final = "kept_work"
# Whose session ended here: a page of theirs may still stand open in another tab.
_ENDED: Final = "ended_for"
# More than anybody types into a form; a longer one is not kept.
_MOST: Final = 20_000
_NEVER: Final = ("csrfmiddlewaretoken", "password")


@dataclass(frozen=True)
class Work:
    """A form as it was sent: where to, and its fields in order."""

    path: str
    fields: list[tuple[str, str]]
    had_files: bool


def sent(request: HttpRequest) -> dict[str, Any] | None:
    """Return what was just sent, to be kept for whoever is or was last signed in here.

    None for a mere look, and where that is not known.
    """
    owner = request.session.get("_auth_user_id") or request.session.get(_ENDED)
    if request.method != "POST" or owner is None:
        return None
    fields = [
        (name, str(value))
        for name, values in request.POST.lists()
        if name not in _NEVER
        for value in values
    ]
    work = {
        "path": request.get_full_path(),
        "fields": fields,
        "had_files": bool(request.FILES),
    }
    text = json.dumps(work)
    if len(text) > _MOST:
        return None
    sealed = crypto.seal(text, bound_to=f"kept:{owner}")
    return {"owner": owner, "sealed": base64.b64encode(sealed).decode()}


def sentences(fields: Iterable[tuple[str, str]]) -> list[str]:
    """Return what was typed in words of one's own, out of the fields of a form."""
    return [value for _name, value in fields if " " in value.strip()]


def keep(request: HttpRequest, work: dict[str, Any] | None) -> None:
    """Keep it in the session that is left after the other one ended."""
    if work is not None:
        request.session[_KEY] = work


def ended_for(request: HttpRequest, owner: str | None) -> None:
    """Note in the session that is left whose it was, if it was one of staff."""
    if owner is not None:
        request.session[_ENDED] = owner


def of(request: HttpRequest, user: User) -> Work | None:
    """Return what was kept for this very person, or None."""
    kept = request.session.get(_KEY)
    if kept is None or kept["owner"] != str(user.pk):
        return None
    text = crypto.unseal(
        base64.b64decode(kept["sealed"]), bound_to=f"kept:{kept['owner']}"
    )
    work = json.loads(text)
    fields = [(name, value) for name, value in work["fields"]]
    return Work(work["path"], fields, work["had_files"])


def forget(request: HttpRequest) -> None:
    """Keep it no longer."""
    request.session.pop(_KEY, None)
