"""The wire format HC1: CBOR, signed as COSE_Sign1 (ES256), zlib, base45.

After the "Electronic Health Certificate Specification" 1.0.5 of the EU eHealth Network:
a CWT (RFC 8392) with the certificate under claim -260, in COSE_Sign1 (RFC 9052) with
the algorithm and the key's id in the protected header. Pure.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import base45
import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PREFIX: Final = "HC1:"
_SIGN1: Final = 18
_ALG, _KID, _ES256 = 1, 4, -7
_ISSUER, _EXPIRES, _ISSUED, _HCERT = 1, 4, 6, -260
_PART: Final = 32
# A certificate is some 500 bytes; what grows beyond this is no certificate.
MOST_TEXT: Final = 8_000
_MOST_BYTES: Final = 32_000
_KID_BYTES: Final = 8


class Unreadable(ValueError):
    """The text is no HC1 certificate."""


@dataclass(frozen=True)
class Read:
    """What a certificate says, and whether a known key has signed it.

    ``key`` is the id of the key; ``is_signed`` None where that key is not known here.
    """

    content: dict[str, Any]
    issuer: str
    issued_at: datetime
    expires_at: datetime
    key: bytes
    is_signed: bool | None


def private_key(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of 32 bytes; hashed, so that any 32 bytes make one."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    number = int.from_bytes(hashlib.sha512(b"hc1" + scalar).digest())
    return ec.derive_private_key(number % (order - 1) + 1, ec.SECP256R1())


def key_id(public: ec.EllipticCurvePublicKey) -> bytes:
    """Return the id under which others know a key: the begin of its digest."""
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()[:_KID_BYTES]


def write(
    content: Mapping[str, Any],
    *,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issued_at: datetime,
    expires_at: datetime,
    kid: bytes = b"",
) -> str:
    """Return a certificate as its QR code holds it.

    ``kid``: the id of the key, where it is not the one that we make of it.
    """
    kid = kid or key_id(key.public_key())
    protected = cbor2.dumps({_ALG: _ES256, _KID: kid})
    payload = cbor2.dumps(
        {
            _ISSUER: issuer,
            _EXPIRES: int(expires_at.timestamp()),
            _ISSUED: int(issued_at.timestamp()),
            _HCERT: {1: dict(content)},
        }
    )
    parts = [protected, {}, payload, signed(key, protected, payload)]
    return packed(cbor2.dumps(cbor2.CBORTag(_SIGN1, parts)))


def signed(key: ec.EllipticCurvePrivateKey, protected: bytes, payload: bytes) -> bytes:
    """Return the ES256 signature of a protected header and payload: r and s."""
    der = key.sign(_to_sign(protected, payload), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(_PART) + s.to_bytes(_PART)


def packed(message: bytes) -> str:
    """Return a COSE message as a QR code holds it: zlib, base45, prefix."""
    return PREFIX + base45.b45encode(zlib.compress(message, 9)).decode()


def unpacked(text: str) -> bytes:
    """Return the COSE message of a QR code's text. Raise Unreadable."""
    text = text.strip()
    if not text.startswith(PREFIX) or len(text) > MOST_TEXT:
        raise Unreadable("not HC1")
    try:
        unpacker = zlib.decompressobj()
        message = unpacker.decompress(
            base45.b45decode(text.removeprefix(PREFIX)), _MOST_BYTES
        )
    except (ValueError, zlib.error) as error:
        raise Unreadable("not HC1") from error
    if unpacker.unconsumed_tail:
        raise Unreadable("too large")
    return message


def read(text: str, *, keys: Mapping[bytes, ec.EllipticCurvePublicKey]) -> Read:
    """Return what a certificate says. Raise Unreadable for anything else.

    ``keys``: those whose signatures are trusted, by id.
    """
    protected, unprotected, payload, signature = _parts(text)
    try:
        header = cbor2.loads(protected) if protected else {}
        kid = header.get(_KID, unprotected.get(_KID, b""))
        if not isinstance(kid, bytes):
            # bytes() of a number would take as much memory as the number says.
            raise TypeError("a key is named by bytes")
        claims = cbor2.loads(payload)
        content = claims[_HCERT][1]
        found = Read(
            content=dict(content),
            issuer=str(claims.get(_ISSUER, "")),
            issued_at=datetime.fromtimestamp(int(claims[_ISSUED]), UTC),
            expires_at=datetime.fromtimestamp(int(claims[_EXPIRES]), UTC),
            key=kid,
            is_signed=None,
        )
    except (
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
        OSError,
        cbor2.CBORError,
    ) as error:
        raise Unreadable("no health certificate") from error
    public = keys.get(found.key)
    if public is None:
        return found
    is_signed = header.get(_ALG) == _ES256 and _verifies(
        public, signature, _to_sign(protected, payload)
    )
    return Read(**vars_of(found) | {"is_signed": is_signed})


def vars_of(found: Read) -> dict[str, Any]:
    """Return the fields of what was read."""
    return {name: getattr(found, name) for name in Read.__dataclass_fields__}


def _parts(text: str) -> tuple[bytes, dict[Any, Any], bytes, bytes]:
    """Unwrap base45, zlib and COSE_Sign1; raise Unreadable."""
    message = unpacked(text)
    try:
        tagged = cbor2.loads(message)
        if isinstance(tagged, cbor2.CBORTag):
            if tagged.tag != _SIGN1:
                raise Unreadable("not COSE_Sign1")
            tagged = tagged.value
        protected, unprotected, payload, signature = tagged
    except (ValueError, TypeError, cbor2.CBORError) as error:
        raise Unreadable("not HC1") from error
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
        raise Unreadable("not COSE_Sign1")
    if not isinstance(unprotected, dict):
        raise Unreadable("not COSE_Sign1")
    return protected, unprotected, payload, signature


def _to_sign(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])


def _verifies(
    public: ec.EllipticCurvePublicKey, signature: bytes, message: bytes
) -> bool:
    if len(signature) != 2 * _PART:
        return False
    der = utils.encode_dss_signature(
        int.from_bytes(signature[:_PART]), int.from_bytes(signature[_PART:])
    )
    try:
        public.verify(der, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
