"""What the demo shows of itself: the file for scripts, the messages "sent"."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings

from complaints.choices import Status
from complaints.demo import staff, stories
from complaints.demo.world import World
from complaints.models import Submission
from portal.common import crypto
from portal.common.models import DemoMessage

FILE = "demo.json"
_NEWEST = 50
_OF_EACH_STATUS = 5


def write(world: World, *, folder: Path) -> Path:
    """Write the demo's people, submissions and accounts beside the data; whole or not
    at all, for this user only. The caller has opened the scope."""
    path = folder / FILE
    _write(path, _content(world))
    return path


def renew(*, folder: Path) -> bool:
    """Bring address and submissions of the file up to this start and say True; say
    False where the file is lost. The caller has opened the scope.

    People and staff stay those of the first start, as units may have changed since.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        kept = {"citizens": content["citizens"], "staff": content["staff"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    _write(path, kept | _present())
    return True


def _write(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600),
        "w",
        encoding="utf-8",
    ) as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1))
    part.replace(path)


def _content(world: World) -> dict[str, Any]:
    return {
        **_present(),
        "citizens": [
            {
                "label": citizen.label,
                "full_name": citizen.human.full_name,
                "national_id": citizen.national_id,
                "born_on": (citizen.born_on or citizen.human.born_on).isoformat(),
                "phone": citizen.human.phone,
                "wrong": citizen.wrong,
            }
            for citizen in stories.citizens(world)
        ],
        "staff": staff.shown(world),
    }


def _present() -> dict[str, Any]:
    return {
        "base_url": settings.BASE_URL,
        "submissions": [row for status in Status for row in _submissions(status)],
    }


def _submissions(status: Status) -> list[dict[str, str]]:
    """Return some submissions whose first matter stands so, newest first."""
    chosen = (
        Submission.objects.filter(complaints__number=1, complaints__status=status)
        .order_by("-submitted_at", "pk")
        .distinct()[:_OF_EACH_STATUS]
    )
    return [
        {"code": row.code, "phone_last4": row.phone[-4:], "status": status.value}
        for row in chosen
    ]


def messages(phone: str = "", email: str = "") -> list[dict[str, Any]]:
    """Return what was "sent", newest first; to one telephone or address if given."""
    sent = DemoMessage.objects.order_by("-at", "-pk")
    if phone:
        sent = sent.filter(to_digest__in=crypto.digests("phone", phone))
    if email:
        sent = sent.filter(to_digest__in=crypto.digests("email", email))
    return [_opened(message) for message in sent[:_NEWEST]]


def _opened(message: DemoMessage) -> dict[str, Any]:
    bound = f"demo:{message.provider_key}"
    code = message.code_sealed
    return {
        "at": message.at,
        "channel": message.channel,
        "to": crypto.unseal(message.to_sealed, bound_to=bound),
        "text": crypto.unseal(message.text_sealed, bound_to=bound),
        "code": crypto.unseal(code, bound_to=bound) if code else None,
    }
