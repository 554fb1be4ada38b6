"""Whose signatures count besides our own: issuers of other countries, from a file.

Trust lists of the EU DCC give each signer's X.509 certificate; the id under which a
health certificate names it is the begin of that certificate's SHA-256. It says from
when until when it signs, and may say what for: then it signs nothing else (extended key
usages of the EU DCC's certificate governance).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_KID_BYTES: Final = 8
# Of what a signer may sign, by the part of the health certificate.
_USAGES: Final = {
    "1.3.6.1.4.1.1847.2021.1.1": "t",
    "1.3.6.1.4.1.1847.2021.1.2": "v",
    "1.3.6.1.4.1.1847.2021.1.3": "r",
}


class Unusable(ValueError):
    """The file is not there or holds something else; the text says what."""


@dataclass(frozen=True)
class Signer:
    """Somebody who signs certificates elsewhere: country or name, and the key.

    ``signs``: the parts that they may sign, all where their certificate names none.
    """

    name: str
    key: ec.EllipticCurvePublicKey
    since: datetime
    until: datetime
    signs: frozenset[str]

    def covers(self, content: Mapping[str, Any], *, issued_at: datetime) -> bool:
        """Tell whether they could sign this then."""
        parts = {part for part in _USAGES.values() if content.get(part)}
        return self.since <= issued_at <= self.until and parts <= self.signs


@lru_cache(maxsize=4)
def foreign(path: str) -> dict[bytes, Signer]:
    """Return the signers of a PEM file by the ids of their keys; none for ''.

    Raise Unusable. Read once: a new list takes a restart.
    """
    if not path:
        return {}
    try:
        certificates = x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise Unusable("it is no readable PEM file of certificates") from error
    found = {}
    for one in certificates:
        key = one.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != (
            ec.SECP256R1.name
        ):
            raise Unusable("it holds a key that is not on P-256")
        found[one.fingerprint(hashes.SHA256())[:_KID_BYTES]] = Signer(
            _name(one),
            key,
            one.not_valid_before_utc,
            one.not_valid_after_utc,
            _signs(one),
        )
    return found


def _signs(certificate: x509.Certificate) -> frozenset[str]:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return frozenset(_USAGES.values())
    named = {
        _USAGES[one.dotted_string]
        for one in usages.value
        if one.dotted_string in _USAGES
    }
    return frozenset(named or _USAGES.values())


def _name(certificate: x509.Certificate) -> str:
    for oid in (NameOID.COUNTRY_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            return str(attribute.value)
    return ""
