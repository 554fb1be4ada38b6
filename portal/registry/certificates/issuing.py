"""Issuing certificates, and revoking those that the record no longer agrees with.

One is issued to whoever asks for it, where nothing is missing; from then on it is kept
right: a correction makes it stale, and the next minute it is revoked and another one is
issued (rule A8).
"""

import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from portal.audit import record as audit
from portal.common import crypto, names, scope
from portal.registry.certificates import content, hc1, trust
from portal.registry.corrections import born_text
from portal.registry.models import Certificate, Dose, Person

# A signature holds for a year; the doses that it tells of do not end.
LASTS: Final = timedelta(days=365)
MOST: Final = 500
# So long a new one is tried for after one was revoked; then its owner asks again.
PATIENCE: Final = timedelta(days=7)
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SIGNS: Final = 26

Keys = Mapping[bytes, ec.EllipticCurvePublicKey]


class CannotIssue(Exception):
    """No certificate yet; its text names the step that is missing.

    ``not_set_up``, ``no_doses``, ``not_matched``, ``another_name``, ``vaccine``.
    """


def is_set_up() -> bool:
    """Tell whether this installation has a key to sign with."""
    return bool(settings.CERTIFICATE_KEYS)


def issue(person_id: int, *, at: datetime) -> Certificate:
    """Return the certificate in force, made now where there is none.

    Raise CannotIssue where a step is missing.
    """
    with scope.system(), transaction.atomic():
        person = Person.objects.select_for_update(of=("self",)).get(pk=person_id)
        current = in_force(person.pk)
        if person.merged_into_id is not None:
            if current is not None:
                _revoke(current, person, at=at)
            return issue(person.surviving_id, at=at)
        if current is not None and not _is_stale(current, person, at=at):
            if current.doubted:
                # What changed is as it was again.
                current.doubted = False
                current.save(update_fields=["doubted"])
            return current
        made = _made(person, at=at)
        if current is not None:
            _revoke(current, person, at=at)
        made.save()
        _note(made, "issued", at=at)
    return made


def in_force(person_id: int) -> Certificate | None:
    """Return the certificate that somebody has now, stale or not."""
    return Certificate.objects.filter(person=person_id, revoked_at=None).first()


def renew(*, at: datetime, limit: int = MOST) -> int:
    """Revoke what is stale or has ended and issue anew; return how many were looked at.

    Where nothing can be issued by now the revocation stands alone. Harmless to repeat.
    """
    done = 0
    for certificate in _stale(at=at, limit=limit):
        try:
            issue(certificate.person_id, at=at)
        except CannotIssue:
            with scope.system(), transaction.atomic():
                row = Certificate.objects.select_for_update().get(pk=certificate.pk)
                if row.revoked_at is None:
                    person = Person.objects.get(pk=row.person_id)
                    _revoke(row, person, at=at)
        done += 1
    for person_id in _waiting(at=at)[:limit]:
        # Revoked while the register was asked anew, or its name was being put right.
        with suppress(CannotIssue):
            issue(person_id, at=at)
    return done


def revoked(
    *, after: tuple[datetime, int] | None, until: datetime, limit: int
) -> list[Certificate]:
    """Return what was revoked behind a place in the list, in the order of revocation.

    A place is the instant of a revocation and the key of its certificate. ``until``
    lies a little back, so that none that is being written now comes in before it.
    """
    rows = Certificate.objects.filter(revoked_at__lte=until)
    if after is not None:
        at, key = after
        rows = rows.filter(Q(revoked_at__gt=at) | Q(revoked_at=at, pk__gt=key))
    return list(rows.order_by("revoked_at", "pk")[:limit])


def is_revoked(identifier: str) -> bool:
    """Tell whether a certificate of ours with this identifier was revoked."""
    return Certificate.objects.filter(
        identifier=identifier, revoked_at__isnull=False
    ).exists()


def product_of(medicinal: str) -> str:
    """Return our code of a product of the EU value set; empty for others."""
    codes = {there: ours for ours, (_vp, there, _ma) in content.PRODUCTS.items()}
    return codes.get(medicinal, "")


def read(text: str) -> hc1.Read:
    """Return what a certificate says, with our keys and those trusted here."""
    return hc1.read(text, keys=trusted())


def own_keys() -> Keys:
    """Return the keys that signed here, old ones too, by their ids."""
    return {
        hc1.key_id(public): public
        for scalar in settings.CERTIFICATE_KEYS.values()
        if (public := _key(scalar).public_key())
    }


def trusted() -> Keys:
    """Return all keys whose signatures count here; nobody's id stands before ours."""
    others = trust.foreign(settings.CERTIFICATE_TRUSTED)
    return {kid: one.key for kid, one in others.items()} | dict(own_keys())


def signer_of(found: hc1.Read) -> str:
    """Return who else signed a certificate, by country or name; '' for ourselves."""
    if found.key in own_keys():
        return ""
    others = trust.foreign(settings.CERTIFICATE_TRUSTED)
    return others[found.key].name if found.key in others else ""


@lru_cache(maxsize=8)
def _key(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    return hc1.private_key(scalar)


def _made(person: Person, *, at: datetime) -> Certificate:
    """Return a new certificate, not saved. Raise CannotIssue."""
    if not is_set_up():
        raise CannotIssue("not_set_up")
    doses = list(
        Dose.objects.filter(person=person, status=Dose.Status.COMPLETED)
        .select_related("product")
        .order_by("given_on", "pk")
    )
    if not doses:
        raise CannotIssue("no_doses")
    if person.population != Person.Population.MATCHED:
        raise CannotIssue("not_matched")
    named = names.fold(person.full_name)
    if any(
        dose.name_recorded
        and dose.origin_id is None
        and names.fold(dose.name_recorded) != named
        for dose in doses
    ):
        raise CannotIssue("another_name")
    last = doses[-1]
    identifier = _identifier()
    try:
        said = content.of_dose(
            full_name=person.full_name,
            born_on=born_text(person.born_on, person.born_precision),
            product=last.product.code,
            place=len(doses),
            needed=last.product.primary_doses,
            given_on=last.given_on,
            identifier=identifier,
        )
    except KeyError as error:
        raise CannotIssue("vaccine") from error
    newest = settings.CERTIFICATE_KEYS[max(settings.CERTIFICATE_KEYS)]
    made = Certificate(
        person=person,
        dose=last,
        identifier=identifier,
        revocation=digest_of(identifier),
        issued_at=at,
        expires_at=at + LASTS,
    )
    text = hc1.write(
        said,
        key=_key(newest),
        issuer=content.COUNTRY,
        issued_at=at,
        expires_at=made.expires_at,
    )
    made.text_sealed = crypto.seal(text, bound_to=f"certificate:{made.ref}")
    return made


def digest_of(identifier: str) -> bytes:
    """Return what the public list shows of a certificate: nobody can guess back."""
    return hashlib.sha256(identifier.encode()).digest()[:16]


def _identifier() -> str:
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_SIGNS))
    return f"URN:UVCI:01:{content.COUNTRY}:{drawn}"


def _stale(*, at: datetime, limit: int) -> list[Certificate]:
    """Return what may have to be revoked; each part has its index."""
    running = Certificate.objects.filter(revoked_at=None)
    doubted = running.filter(doubted=True).order_by("pk")[:limit]
    ended = running.filter(expires_at__lte=at).order_by("expires_at")[:limit]
    return list({one.pk: one for one in (*doubted, *ended)}.values())


def _waiting(*, at: datetime) -> QuerySet[Certificate, int]:
    """Return who lost a certificate by a correction and might have a new one by now."""
    mine = Certificate.objects.filter(person=OuterRef("person"), revoked_at=None)
    rows = Certificate.objects.filter(
        reason=Certificate.Reason.STALE,
        revoked_at__gt=at - PATIENCE,
        person__population=Person.Population.MATCHED,
        person__merged_into=None,
    ).exclude(Exists(mine))
    return rows.order_by("person").values_list("person", flat=True).distinct()


def _is_stale(certificate: Certificate, person: Person, *, at: datetime) -> bool:
    since = person.certificate_stale_since
    return (
        certificate.expires_at <= at
        or person.merged_into_id is not None
        or person.population != Person.Population.MATCHED
        or (since is not None and since > certificate.issued_at)
    )


def _revoke(certificate: Certificate, person: Person, *, at: datetime) -> None:
    certificate.revoked_at = at
    certificate.reason = (
        Certificate.Reason.EXPIRED
        if certificate.expires_at <= at
        else Certificate.Reason.STALE
    )
    certificate.save(update_fields=["revoked_at", "reason"])
    _note(certificate, f"revoked {certificate.reason}", at=at)


def _note(certificate: Certificate, what: str, *, at: datetime) -> None:
    audit.change(
        at=at,
        actor="system",
        actor_id=None,
        person_id=certificate.person_id,
        subject="registry.certificate",
        subject_id=certificate.pk,
        detail=what,
    )
