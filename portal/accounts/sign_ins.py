"""Sessions of staff: begun, listed, ended by their owner."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.accounts.models import SignIn, User
from portal.audit import record
from portal.common import crypto
from portal.common.sessions import SessionStore

# What a browser says of itself, the more special first: each imitates those below it.
_BROWSERS: Final = {
    "coc_coc": "Cốc Cốc",
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


# A session that rested too long is still known, so that what is sent from a page that
# stood open overnight can be kept for its owner; `access.is_over` lets nobody in by it.
_KNOWN_FOR: Final = timedelta(days=1)


@dataclass(frozen=True)
class Live:
    """A session that still counts."""

    ref: uuid.UUID
    device: str
    started_at: datetime
    used_at: datetime
    is_this: bool


def begin(request: HttpRequest, *, user: User, with_factor: bool, at: datetime) -> None:
    """Sign somebody in who has proved everything asked for, and note the session."""
    login(request, user)
    if request.session.session_key is None:
        request.session.create()
    _forget_ended(user, at=at)
    ref = uuid.uuid4()
    row = SignIn.objects.create(
        ref=ref,
        user=user,
        key_sealed=_sealed(ref, request),
        device=device_of(request.headers.get("User-Agent", "")),
        started_at=at,
    )
    request.session.set_expiry(int(_KNOWN_FOR.total_seconds()))
    request.session["sign_in"] = row.pk
    request.session["second_factor"] = with_factor
    request.session["begun_at"] = at.isoformat()
    record.sign_in(at=at, user_id=user.pk, detail="signed in")


def go_on(request: HttpRequest, *, user: User, at: datetime) -> None:
    """Keep this session after the password was changed, and end all others."""
    update_session_auth_hash(request, user)
    this = request.session.get("sign_in") or 0
    row = user.sign_ins.filter(pk=this).first()
    if row is not None:
        row.key_sealed = _sealed(row.ref, request)
        row.save(update_fields=["key_sealed"])
    end(user.sign_ins.exclude(pk=this), at=at)


def live(user: User, *, this: int, at: datetime) -> list[Live]:
    """Return the sessions of a member of staff, newest first; ``this`` is the reader's.

    Sessions that rested too long, or whose account signed out, are left out.
    """
    rows = {row.key: row for row in user.sign_ins.order_by("-started_at", "-pk")}
    kept = Session.objects.filter(session_key__in=rows, expire_date__gt=at)
    data = {one.session_key: SessionStore().decode(one.session_data) for one in kept}
    rest = timedelta(minutes=settings.STAFF_REST_MINUTES)
    longest = timedelta(hours=settings.STAFF_SESSION_HOURS)
    found = []
    for key, row in rows.items():
        if data.get(key, {}).get("sign_in") != row.pk:
            continue
        seen = data[key].get("seen_at")
        used_at = datetime.fromisoformat(seen) if seen else row.started_at
        lasts = at - used_at <= rest and at - row.started_at <= longest
        if lasts or row.pk == this:
            found.append(
                Live(row.ref, row.device, row.started_at, used_at, row.pk == this)
            )
    return found


def end(rows: QuerySet[SignIn], *, at: datetime) -> int:
    """End sessions at once; return how many there were. Each is noted."""
    ended = list(rows)
    Session.objects.filter(session_key__in=[row.key for row in ended]).delete()
    SignIn.objects.filter(pk__in=[row.pk for row in ended]).delete()
    for row in ended:
        record.sign_in(at=at, user_id=row.user_id, detail="session ended")
    return len(ended)


def device_of(agent: str) -> str:
    """Return browser and system in two words, '' where neither is known."""
    found = [
        next((name for mark, name in table.items() if mark in agent), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name)


def _forget_ended(user: User, *, at: datetime) -> None:
    rows = {row.pk: row.key for row in user.sign_ins.all()}
    alive = Session.objects.filter(
        session_key__in=rows.values(), expire_date__gt=at
    ).values_list("session_key", flat=True)
    gone = [pk for pk, key in rows.items() if key not in set(alive)]
    SignIn.objects.filter(pk__in=gone).delete()


def _sealed(ref: uuid.UUID, request: HttpRequest) -> bytes:
    return crypto.seal(str(request.session.session_key), bound_to=f"sign_in:{ref}")
