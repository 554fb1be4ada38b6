"""Passkeys of staff: the key of a telephone, computer or stick instead of six digits.

The protocol (WebAuthn) is python-fido2's, the table django-allauth's. A passkey stands
beside the app, never alone, so that whoever has lost it, or has no JavaScript, types a
code. What is kept is sealed for its owner and place, as the app's secret is.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.accounts import changes
from portal.accounts.factors import WrongCode
from portal.accounts.models import AccountChange, User
from portal.audit import record
from portal.common import crypto

NAME: Final = "Đủ Mũi"
# More than anybody has devices; each is one more key that could be stolen.
MOST: Final = 10
# What a browser sends is some kilobytes.
LONGEST_ANSWER: Final = 20_000
# The browser asks for the finger or the PIN where the key can; the password came first.
_VERIFICATION: Final = UserVerificationRequirement.PREFERRED

# What a challenge holds until it is answered: JSON, for the session. Used once.
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    ref: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Kept:
    row: Authenticator
    name: str
    credential: AttestedCredentialData
    count: int


def of(user: User) -> list[Passkey]:
    """Return somebody's passkeys, oldest first."""
    return [
        Passkey(one.row.data["ref"], one.name, one.row.created_at, one.row.last_used_at)
        for one in _kept(user)
    ]


def begin_adding(user: User) -> State:
    """Return a new challenge for a passkey that is to be added."""
    _options, state = _server().register_begin(_entity(user))
    return _plain(state)


def options_to_add(user: User, state: State) -> str:
    """Return what the browser is asked for, as JSON."""
    options, _state = _server().register_begin(
        _entity(user),
        credentials=[one.credential for one in _kept(user)],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=_VERIFICATION,
        challenge=websafe_decode(state["challenge"]),
    )
    return _json(options)


@transaction.atomic
def add(*, user: User, name: str, state: State, answer: str, at: datetime) -> None:
    """Keep the passkey that answered a challenge.

    Raise WrongCode where the answer is not to this challenge, or there are ``MOST``.
    """
    User.objects.select_for_update().get(pk=user.pk)
    try:
        made = _server().register_complete(state, _read(answer))
    # As in ``_proved``.
    except Exception:
        raise WrongCode from None
    credential = made.credential_data
    known = _kept(user)
    if credential is None or len(known) >= MOST:
        raise WrongCode
    if credential.credential_id in {one.credential.credential_id for one in known}:
        raise WrongCode
    row = Authenticator(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"ref": str(uuid.uuid4())},
        created_at=at,
    )
    _seal(row, name=name, credential=credential, count=made.counter)
    row.save()
    record.sign_in(at=at, user_id=user.pk, detail="passkey added")
    changes.note(user=user, what=AccountChange.What.KEY_ON, at=at)


def begin_proof(user: User) -> State | None:
    """Return a new challenge for signing in; None for who has no passkey."""
    if not _rows(user).exists():
        return None
    _options, state = _server().authenticate_begin()
    return _plain(state)


def options_to_prove(user: User, state: State) -> str:
    """Return what the browser is asked for, as JSON."""
    options, _state = _server().authenticate_begin(
        credentials=[one.credential for one in _kept(user)],
        user_verification=_VERIFICATION,
        challenge=websafe_decode(state["challenge"]),
    )
    return _json(options)


def prove(*, user: User, state: State, answer: str, at: datetime) -> None:
    """Take an answer to a challenge for the second factor; every try is noted.

    Raise WrongCode where no passkey of the account gave it, or one that was copied: its
    count does not grow. A caller in a transaction must catch it inside, or the note is
    lost.
    """
    with transaction.atomic():
        is_right = _proved(user, state, answer, at=at)
        detail = "passkey used" if is_right else "second factor failed"
        record.sign_in(at=at, user_id=user.pk, detail=detail)
    if not is_right:
        raise WrongCode


@transaction.atomic
def remove(*, user: User, ref: str, at: datetime) -> bool:
    """Take a passkey off an account; False where it is not one of theirs."""
    found = [row for row in _rows(user) if row.data["ref"] == ref]
    for row in found:
        row.delete()
        record.sign_in(at=at, user_id=user.pk, detail="passkey removed")
        changes.note(user=user, what=AccountChange.What.KEY_OFF, at=at)
    return bool(found)


def _proved(user: User, state: State, answer: str, *, at: datetime) -> bool:
    kept = _kept(user, lock=True)
    try:
        said = _read(answer)
        used = _server().authenticate_complete(
            state, [one.credential for one in kept], said
        )
        count = AuthenticationResponse.from_dict(
            said
        ).response.authenticator_data.counter
    # Whatever the protocol's decoders raise at a stranger's bytes (an index beyond the
    # end, nesting too deep, an unknown algorithm) means that it is no answer. What else
    # can fail stands outside.
    except Exception:
        return False
    [one] = [one for one in kept if one.credential.credential_id == used.credential_id]
    # Keys that count do so at every use (WebAuthn 2, 6.1.1); many never count.
    if (count or one.count) and count <= one.count:
        return False
    _seal(one.row, name=one.name, credential=one.credential, count=count)
    one.row.last_used_at = at
    one.row.save(update_fields=["data", "last_used_at"])
    return True


def _server() -> Fido2Server:
    """Return the protocol for our own address; other origins are refused by it."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    return Fido2Server(PublicKeyCredentialRpEntity(name=NAME, id=host))


def _entity(user: User) -> PublicKeyCredentialUserEntity:
    return PublicKeyCredentialUserEntity(
        name=user.username, id=user.ref.bytes, display_name=user.full_name
    )


def _plain(state: Mapping[str, Any]) -> State:
    return {"challenge": state["challenge"], "user_verification": _VERIFICATION.value}


def _json(options: Any) -> str:
    return json.dumps(dict(options), default=dict)


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError
    said = json.loads(answer)
    if not isinstance(said, dict):
        raise TypeError
    return said


def _rows(user: User, *, lock: bool = False) -> Any:
    rows = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return (rows.select_for_update() if lock else rows).order_by("pk")


def _kept(user: User, *, lock: bool = False) -> list[_Kept]:
    found = []
    for row in _rows(user, lock=lock):
        held = crypto.unseal_json(
            base64.b64decode(row.data["sealed"]), bound_to=_bound(row)
        )
        credential = AttestedCredentialData(bytes.fromhex(held["credential"]))
        found.append(_Kept(row, held["name"], credential, held["count"]))
    return found


def _seal(
    row: Authenticator, *, name: str, credential: AttestedCredentialData, count: int
) -> None:
    held = {"name": name, "credential": bytes(credential).hex(), "count": count}
    sealed = crypto.seal_json(held, bound_to=_bound(row))
    row.data = row.data | {"sealed": base64.b64encode(sealed).decode()}


def _bound(row: Authenticator) -> str:
    return f"passkey:{row.user_id}:{row.data['ref']}"
