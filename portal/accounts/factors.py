"""A second factor of staff: a code of an authenticator app, or a recovery code.

Tables and recovery codes are django-allauth's. What it keeps is sealed here for its
owner, and the step of a code that was used stays with the secret, so that none counts
twice, in whichever process (RFC 6238, 5.2).
"""

import base64
import hmac
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.conf import settings
from django.db import transaction

from portal.accounts import changes
from portal.accounts.models import AccountChange, User
from portal.audit import record, together
from portal.common import crypto

ISSUER: Final = "Du Mui"
# Seconds that a code is shown; one step back and forth is taken (RFC 6238, 5.2).
_STEP: Final = 30
_DIGITS: Final = 6

_owner: ContextVar[int] = ContextVar("owner")


class WrongCode(Exception):
    """What was typed is no code of this account, or was used before."""


class Sealed(DefaultMFAAdapter):
    """Seals what allauth keeps, for the owner whom ``_keys_of`` names."""

    def encrypt(self, text: str) -> str:
        """Return a text sealed for the owner, as JSON can hold it."""
        return base64.b64encode(crypto.seal(text, bound_to=_bound())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a text in clear. Raise crypto.Unreadable for another's."""
        return crypto.unseal(base64.b64decode(encrypted_text), bound_to=_bound())


def is_required(user: User, roles: Collection[str]) -> bool:
    """Tell whether somebody with these roles must have a second factor.

    Who was made by `createsuperuser` must, wherever any role must.
    """
    wanted = settings.SECOND_FACTOR_ROLES
    return not set(wanted).isdisjoint(roles) or bool(wanted and user.is_staff)


def is_on(user: User) -> bool:
    """Tell whether an account has a second factor."""
    return _kept(user, Authenticator.Type.TOTP).exists()


def offer(user: User) -> tuple[str, str]:
    """Return a new secret in base32, and the same sealed for its owner.

    Nothing is kept: the sealed one comes back with the form that proves it.
    """
    secret = generate_totp_secret()
    return secret, _seal_offer(user, secret)


def offered(user: User, sealed: str) -> str:
    """Return the secret of a sealed offer. Raise WrongCode for one that is not ours."""
    try:
        return crypto.unseal(base64.b64decode(sealed), bound_to=f"offer:{user.pk}")
    except (crypto.Unreadable, ValueError):
        raise WrongCode from None


def address(user: User, secret: str) -> str:
    """Return what an app reads from the picture (otpauth, as apps agree on it)."""
    label = quote(f"{ISSUER}:{user.username}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}"


@transaction.atomic
def set_up(*, user: User, secret: str, typed: str, at: datetime) -> None:
    """Keep a secret that its owner's app has proved to hold, and make recovery codes.

    Raise WrongCode where the code is not that of the secret, or one is set up already.
    """
    User.objects.select_for_update().get(pk=user.pk)
    step = _step_of(secret, typed, at=at, after=-1)
    if step is None or is_on(user):
        raise WrongCode
    keep(user, secret, step=step)
    record.sign_in(at=at, user_id=user.pk, detail="second factor set up")
    changes.note(user=user, what=AccountChange.What.FACTOR_ON, at=at)


def keep(user: User, secret: str, *, step: int = -1) -> None:
    """Store a secret with the step last used, and new recovery codes beside it."""
    with _keys_of(user):
        Authenticator.objects.create(
            user=user,
            type=Authenticator.Type.TOTP,
            data={"secret": Sealed().encrypt(secret), "step": step},
        )
        RecoveryCodes.activate(user)


def prove(*, user: User, typed: str, at: datetime) -> None:
    """Use up a code of the app, or a recovery code; every try is noted.

    Raise WrongCode where it is neither, or was used before. A caller in a transaction
    must catch it inside, or the note is lost.
    """
    with transaction.atomic():
        used = _used(user, typed, at=at)
        detail = used or "second factor failed"
        record.sign_in(at=at, user_id=user.pk, detail=detail)
    if not used:
        raise WrongCode


def recovery_codes(user: User) -> list[str]:
    """Return the recovery codes while their owner has not said to have kept them."""
    row = _kept(user, Authenticator.Type.RECOVERY_CODES).first()
    if row is None or row.data.get("viewed_at"):
        return []
    with _keys_of(user):
        return RecoveryCodes(row).get_unused_codes()


def codes_left(user: User) -> int:
    """Return how many recovery codes were not used yet."""
    row = _kept(user, Authenticator.Type.RECOVERY_CODES).first()
    if row is None:
        return 0
    with _keys_of(user):
        return len(RecoveryCodes(row).get_unused_codes())


def hide_codes(*, user: User, at: datetime) -> None:
    """Never show these recovery codes again: their owner has kept them."""
    row = _kept(user, Authenticator.Type.RECOVERY_CODES).first()
    if row is not None:
        row.data["viewed_at"] = at.timestamp()
        row.save(update_fields=["data"])


@transaction.atomic
def renew_codes(*, user: User, at: datetime) -> None:
    """Make new recovery codes; the old ones are worth nothing from now on."""
    _kept(user, Authenticator.Type.RECOVERY_CODES).delete()
    with _keys_of(user):
        RecoveryCodes.activate(user)
    record.sign_in(at=at, user_id=user.pk, detail="recovery codes renewed")
    changes.note(user=user, what=AccountChange.What.CODES, at=at)


@transaction.atomic
def remove(*, user: User, by: User, at: datetime) -> None:
    """Take the second factor off an account, recovery codes and all."""
    Authenticator.objects.filter(user=user).delete()
    record.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=None,
        subject="accounts.user",
        subject_id=user.pk,
        detail=together.FACTOR_REMOVED,
    )
    changes.note(user=user, what=AccountChange.What.FACTOR_OFF, by=by, at=at)


def _kept(user: User, kind: str) -> Any:
    return Authenticator.objects.filter(user=user, type=kind)


def _used(user: User, typed: str, *, at: datetime) -> str:
    """Use up a code and say of which kind it was, '' where it is none."""
    rows = Authenticator.objects.select_for_update().filter(user=user)
    ways = {row.type: row for row in rows}
    app = ways.get(Authenticator.Type.TOTP)
    if app is None:
        return ""
    if len(typed) == _DIGITS:
        return "second factor used" if _by_app(app, user, typed, at=at) else ""
    codes = ways.get(Authenticator.Type.RECOVERY_CODES)
    with _keys_of(user):
        is_right = codes is not None and RecoveryCodes(codes).validate_code(typed)
    return "recovery code used" if is_right else ""


def _by_app(row: Authenticator, user: User, typed: str, *, at: datetime) -> bool:
    with _keys_of(user):
        secret = Sealed().decrypt(row.data["secret"])
    step = _step_of(secret, typed, at=at, after=row.data["step"])
    if step is None:
        return False
    row.data["step"], row.last_used_at = step, at
    row.save(update_fields=["data", "last_used_at"])
    return True


def _step_of(secret: str, typed: str, *, at: datetime, after: int) -> int | None:
    """Return the step whose code was typed, later than the one used last."""
    now = int(at.timestamp()) // _STEP
    found = None
    for step in (now - 1, now, now + 1):
        code = format_hotp_value(hotp_value(secret, step))
        if hmac.compare_digest(code.encode(), typed.encode()) and step > after:
            found = step
    return found


def _seal_offer(user: User, secret: str) -> str:
    return base64.b64encode(crypto.seal(secret, bound_to=f"offer:{user.pk}")).decode()


@contextmanager
def _keys_of(user: User) -> Iterator[None]:
    """Name the owner for whom allauth's code seals and unseals."""
    token = _owner.set(user.pk)
    try:
        yield
    finally:
        _owner.reset(token)


def _bound() -> str:
    return f"second_factor:{_owner.get()}"
