"""Issuing certificates, and revoking those that the record no longer agrees with.

One is issued to whoever asks for it, where nothing is missing; from then on it is kept
right: a correction makes it stale, and the next minute it is revoked and another one is
issued (rule A8).
"""

import hashlib
import logging
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from portal.audit import record as audit
from portal.common import crypto, names, outbox, scope
from portal.registry import countries
from portal.registry.certificates import content, hc1, trust
from portal.registry.corrections import born_text
from portal.registry.models import Certificate, Dose, Person

logger = logging.getLogger("registry.certificates")

# A signature holds for a year; the doses that it tells of do not end.
LASTS: Final = timedelta(days=365)
MOST: Final = 500
# So long a new one is tried for after one was revoked; then its owner asks again.
PATIENCE: Final = timedelta(days=7)
# Whose certificate was revoked is told when the register has mostly answered about the
# corrected record, so that the message can say whether there is a new one.
TOLD_AFTER: Final = timedelta(minutes=10)
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SIGNS: Final = 26

Keys = Mapping[bytes, ec.EllipticCurvePublicKey]


class Standing(StrEnum):
    """How a certificate that bears our signature stands with us."""

    IN_FORCE = "in_force"
    DOUBTED = "doubted"
    REVOKED = "revoked"
    NOT_OURS = "not_ours"


class CannotIssue(Exception):
    """No certificate yet; its text names the step that is missing.

    ``not_set_up``, ``no_doses``, ``not_matched``, ``another_name``, ``vaccine``,
    ``country``.
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
        if current is not None and _holds(current, person, at=at):
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
    stale = _stale(at=at, limit=limit)
    for certificate in stale:
        if not _tried(certificate.person_id, at=at):
            with scope.system(), transaction.atomic():
                row = Certificate.objects.select_for_update().get(pk=certificate.pk)
                if row.revoked_at is None:
                    person = Person.objects.get(pk=row.person_id)
                    _revoke(row, person, at=at)
    for person_id in _waiting(at=at)[:limit]:
        # Revoked while the register was asked anew, or its name was being put right.
        if not _tried(person_id, at=at):
            _lost(at=at).filter(person=person_id).update(tried_at=at)
    return len(stale)


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


def standing(identifier: str) -> Standing:
    """Return how the certificate with this identifier stands."""
    one = Certificate.objects.filter(identifier=identifier).first()
    if one is None:
        return Standing.NOT_OURS
    if one.revoked_at is not None:
        return Standing.REVOKED
    return Standing.DOUBTED if one.doubted else Standing.IN_FORCE


def doubted(people: Collection[int]) -> set[int]:
    """Return who of these people has a certificate that the record may contradict."""
    rows = Certificate.objects.filter(person__in=people, revoked_at=None, doubted=True)
    return set(rows.values_list("person", flat=True))


def product_of(medicinal: str) -> str:
    """Return our code of a product of the EU value set; empty for others."""
    codes = {there: ours for ours, (_vp, there, _ma) in content.PRODUCTS.items()}
    return codes.get(medicinal, "")


def read(text: str) -> hc1.Read:
    """Return what a certificate says, with our keys and those trusted here.

    What a trusted signer could not sign, or not then, counts as signed by nobody known.
    """
    found = hc1.read(text, keys=trusted())
    other = trust.foreign(settings.CERTIFICATE_TRUSTED).get(found.key)
    if (
        found.is_signed
        and other is not None
        and found.key not in own_keys()
        and not other.covers(found.content, issued_at=found.issued_at)
    ):
        return replace(found, is_signed=None)
    return found


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
    identifier = _identifier()
    dose, said = _said(person, identifier)
    newest = settings.CERTIFICATE_KEYS[max(settings.CERTIFICATE_KEYS)]
    made = Certificate(
        person=person,
        dose=dose,
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


def _said(person: Person, identifier: str) -> tuple[Dose, dict[str, Any]]:
    """Return the last dose, and what a certificate says of the record as it is now.

    Raise CannotIssue.
    """
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
    if last.country == countries.ELSEWHERE:
        raise CannotIssue("country")
    try:
        said = content.of_dose(
            full_name=person.full_name,
            born_on=born_text(person.born_on, person.born_precision),
            product=last.product.code,
            place=len(doses),
            needed=last.product.primary_doses,
            given_on=last.given_on,
            identifier=identifier,
            country=last.country or content.COUNTRY,
        )
    except KeyError as error:
        raise CannotIssue("vaccine") from error
    return last, said


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


def _tried(person_id: int, *, at: datetime) -> bool:
    """Issue what can be issued; return False where a step is missing.

    What nobody foresaw of one record is logged, and keeps nobody else waiting.
    """
    try:
        issue(person_id, at=at)
    except CannotIssue:
        return False
    except Exception:
        logger.exception("certificate.failed", extra={"subject": person_id})
    return True


def _lost(*, at: datetime) -> QuerySet[Certificate]:
    """Return what was revoked by a correction so lately that a new one is tried for."""
    return Certificate.objects.filter(
        reason=Certificate.Reason.STALE, revoked_at__gt=at - PATIENCE
    )


def _waiting(*, at: datetime) -> QuerySet[Certificate, int]:
    """Return who lost a certificate by a correction and might have a new one by now.

    Whoever was not tried yet or longest ago comes first, so that all have their turn.
    """
    mine = Certificate.objects.filter(person=OuterRef("person"), revoked_at=None)
    rows = _lost(at=at).filter(
        person__population=Person.Population.MATCHED, person__merged_into=None
    )
    return (
        rows.exclude(Exists(mine))
        .values("person")
        .annotate(tried=Max("tried_at"))
        .order_by(F("tried").asc(nulls_first=True), "person")
        .values_list("person", flat=True)
    )


def _holds(certificate: Certificate, person: Person, *, at: datetime) -> bool:
    """Tell whether a certificate says what the locked record says, and has not ended.

    What is said is compared, not when: a correction bears the moment at which its work
    was begun, and a certificate may be made between that and its writing.
    """
    if certificate.expires_at <= at:
        return False
    try:
        dose, said = _said(person, certificate.identifier)
    except CannotIssue:
        return False
    shown = hc1.read(certificate.text, keys={}).content
    return certificate.dose_id == dose.pk and shown == said


def _revoke(certificate: Certificate, person: Person, *, at: datetime) -> None:
    certificate.revoked_at = at
    certificate.reason = (
        Certificate.Reason.EXPIRED
        if certificate.expires_at <= at
        else Certificate.Reason.STALE
    )
    certificate.save(update_fields=["revoked_at", "reason"])
    if certificate.reason == Certificate.Reason.STALE:
        outbox.add("certificate_revoked", [certificate.pk], at=at, delay=TOLD_AFTER)
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
