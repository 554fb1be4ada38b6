"""Whose signatures count besides our own: issuers of other countries, from a file.

Trust lists of the EU DCC give each signer's X.509 certificate; the id under which a
health certificate names it is the begin of that certificate's SHA-256.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_KID_BYTES: Final = 8


class Unusable(ValueError):
    """The file is not there or holds something else; the text says what."""


@dataclass(frozen=True)
class Signer:
    """Somebody who signs certificates elsewhere: country or name, and the key."""

    name: str
    key: ec.EllipticCurvePublicKey


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
        found[one.fingerprint(hashes.SHA256())[:_KID_BYTES]] = Signer(_name(one), key)
    return found


def _name(certificate: x509.Certificate) -> str:
    for oid in (NameOID.COUNTRY_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            return str(attribute.value)
    return ""
