"""Secrecy of fields: AES-256-GCM for what is read again, keyed digests for look-up.

A plain hash would hide nothing: one province, sex and birth year leave only a million
identity numbers. Keys stand outside the database, `FIELD_KEYS` for sealing and
`INDEX_KEYS` for digests, each `{version: 32 bytes}`; the highest version is in use and
the older ones stay readable, so keys can be changed while the portal runs.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12
_TAG = 16
_BLOCK = 64


class Unreadable(Exception):
    """A sealed value was altered, moved to another place or lost its key."""


def seal(text: str, *, bound_to: str) -> bytes:
    """Encrypt a text so that it can be read at one place only.

    `bound_to` names the place ("person:8412:national_id") and is needed to unseal.
    Returns one byte of key version, 12 bytes of nonce, then the ciphertext.
    """
    return seal_bytes(text.encode(), bound_to=bound_to)


def sealer() -> Callable[[str, str], bytes]:
    """Return what seals (text, bound_to) as seal() does, for thousands at a time.

    The key is looked up once: a third of the time of seal(). Not for keeping, as it
    does not notice a newer key.
    """
    version = max(settings.FIELD_KEYS)
    header = bytes([version])
    encrypt, random = _aead(settings.FIELD_KEYS[version]).encrypt, os.urandom

    def seal_one(text: str, bound_to: str) -> bytes:
        nonce = random(_NONCE)
        return (
            header + nonce + encrypt(nonce, text.encode(), header + bound_to.encode())
        )

    return seal_one


def unseal(blob: bytes | memoryview, *, bound_to: str) -> str:
    """Decrypt a sealed text. Raises Unreadable."""
    return unseal_bytes(blob, bound_to=bound_to).decode()


def seal_bytes(content: bytes, *, bound_to: str) -> bytes:
    """Encrypt a file's content; see seal()."""
    version = max(settings.FIELD_KEYS)
    header = bytes([version])
    nonce = secrets.token_bytes(_NONCE)
    sealed = _aead(settings.FIELD_KEYS[version]).encrypt(
        nonce, content, header + bound_to.encode()
    )
    return header + nonce + sealed


def unseal_bytes(blob: bytes | memoryview, *, bound_to: str) -> bytes:
    """Decrypt a sealed file. Raises Unreadable."""
    blob = bytes(blob)
    if len(blob) < 1 + _NONCE + _TAG:
        raise Unreadable("The sealed value is too short.")
    header, nonce, sealed = blob[:1], blob[1 : 1 + _NONCE], blob[1 + _NONCE :]
    key = settings.FIELD_KEYS.get(header[0])
    if key is None:
        raise Unreadable(f"Key version {header[0]} is not configured.")
    try:
        return _aead(key).decrypt(nonce, sealed, header + bound_to.encode())
    except InvalidTag:
        raise Unreadable("The sealed value does not belong here.") from None


def seal_json(value: Any, *, bound_to: str) -> bytes:
    """Encrypt a value of JSON types; see seal()."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return seal(text, bound_to=bound_to)


def unseal_json(blob: bytes | memoryview, *, bound_to: str) -> Any:
    """Decrypt a value of JSON types. Raises Unreadable."""
    return json.loads(unseal(blob, bound_to=bound_to))


def digest(purpose: str, text: str) -> bytes:
    """Return the blind index of a text: 32 bytes under the newest index key.

    `purpose` keeps apart equal texts of different fields ("national_id", "phone").
    """
    return _mac(settings.INDEX_KEYS[max(settings.INDEX_KEYS)], purpose, text)


def digester(purpose: str) -> Callable[[str], bytes]:
    """Return digest() of one purpose, for thousands of texts at a time.

    HMAC (RFC 2104) whose two hashes have read key and purpose already; a sixth of the
    time of digest(). Not for keeping, as it does not notice a newer key.
    """
    key = settings.INDEX_KEYS[max(settings.INDEX_KEYS)].ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + _label(purpose)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key)).copy

    def digest_one(text: str) -> bytes:
        inside = inner()
        inside.update(text.encode())
        outside = outer()
        outside.update(inside.digest())
        return outside.digest()

    return digest_one


def digests(purpose: str, text: str) -> list[bytes]:
    """Return the blind index under every index key, newest first, for look-up."""
    keys = settings.INDEX_KEYS
    return [_mac(keys[version], purpose, text) for version in sorted(keys)[::-1]]


def is_digest_of(stored: bytes | memoryview, purpose: str, text: str) -> bool:
    """Tell whether a blind index is of this text, under any of the index keys."""
    return bytes(stored) in digests(purpose, text)


def has_older_keys() -> bool:
    """Tell whether digests under an older index key may still be about.

    Two digests of one text then differ, until ``rotate_digests`` made them anew.
    """
    return len(settings.INDEX_KEYS) > 1


def code_mac(code: str, *, bound_to: str) -> bytes:
    """Return what is stored of a one-time code instead of the code itself."""
    return digest(f"code:{bound_to}", code)


def code_matches(stored: bytes, code: str, *, bound_to: str) -> bool:
    """Tell, in constant time, whether a typed code is the stored one."""
    candidates = digests(f"code:{bound_to}", code)
    return any([hmac.compare_digest(bytes(stored), mac) for mac in candidates])


@lru_cache(maxsize=32)
def _aead(key: bytes) -> AESGCM:
    return AESGCM(key)


def _mac(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, _label(purpose) + text.encode(), "sha256")


def _label(purpose: str) -> bytes:
    # The length stands first, so that no purpose can run over into the text.
    label = purpose.encode()
    return len(label).to_bytes(4, "big") + label
