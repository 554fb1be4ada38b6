"""What makes two reports the same matter: a keyed digest of whose, what, about what."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

from complaints.actions.reported import Matter, Sender
from complaints.choices import OPEN, Field, Kind
from complaints.models import Complaint
from portal.common import crypto, names

BY_FIELD: Final = frozenset({Kind.WRONG_DOSE, Kind.WRONG_PERSON})


def of(sender: Sender, matter: Matter) -> list[bytes]:
    """Return the key of a matter under every index key, the newest first."""
    whose = (
        _of_person(sender.person_id)
        if sender.person_id is not None
        else f"{sender.national_id or names.fold(sender.full_name)}|{sender.born_on}"
    )
    which = (
        _of_dose(matter.dose_id)
        if matter.dose_id is not None
        else _of_facts(
            matter.claims, matter.given_on or "", matter.site_id or "", matter.site_text
        )
    )
    return crypto.digests("subject", _text(whose, matter.kind, which, matter.claims))


def renewed(complaint: Complaint) -> bytes | None:
    """Return the key of a stored report under the newest index key.

    ``complaint`` with its submission and claims. None where it cannot be told any more
    what was sent: whose record it is, and facts that staff filled in, may have been
    added since, so that each is tried with and without.
    """
    found = _found(complaint)
    return found[0] if found else None


def under_all(complaint: Complaint) -> list[bytes]:
    """Return the key of a stored report under every index key, to find its like.

    Only its own where no other is about, or where it cannot be told any more.
    """
    found = _found(complaint) if crypto.has_older_keys() else []
    return found or [bytes(complaint.subject_key)]


def bring_along(known: Mapping[bytes, bytes]) -> None:
    """Bring ended reports under the newest key, as what they are about is at hand.

    ``known``: key of a matter under any index key -> under the newest. Without this a
    matter reported again while keys change would not count as such.
    """
    for key, newest in known.items():
        if key != newest:
            same = Complaint.objects.filter(subject_key=key)
            same.exclude(status__in=OPEN).update(subject_key=newest)


def _found(complaint: Complaint) -> list[bytes]:
    stored = bytes(complaint.subject_key)
    for text in _texts(complaint):
        under_every_key = crypto.digests("subject", text)
        if stored in under_every_key:
            return under_every_key
    return []


def _texts(complaint: Complaint) -> Iterator[str]:
    sent = complaint.submission
    claims = {claim.field: claim.claimed for claim in complaint.claims.all()}
    typed = f"{sent.national_id or sent.name_folded}|{sent.born_on}"
    people = [typed]
    if sent.person_id is not None:
        people.insert(0, _of_person(sent.person_id))
    about = []
    if complaint.dose_id is not None and complaint.kind != Kind.MISSING_DOSE:
        about = [_of_dose(complaint.dose_id)]
    else:
        for days, products, on, site in product((1, 0), repeat=4):
            said: dict[str, str] = {
                Field.GIVEN_ON: claims.get(Field.GIVEN_ON, "") if days else "",
                Field.PRODUCT: claims.get(Field.PRODUCT, "") if products else "",
            }
            about.append(
                _of_facts(
                    said,
                    (complaint.given_on or "") if on else "",
                    (complaint.site_id or "") if site else "",
                    complaint.site_text,
                )
            )
    for whose, which in product(people, about):
        yield _text(whose, complaint.kind, which, claims)


def _text(whose: str, kind: str, which: str, claims: Mapping[str, str]) -> str:
    # The fields belong to it: what is newly claimed must not vanish in an older matter.
    fields = ",".join(sorted(claims)) if kind in BY_FIELD else ""
    return f"{whose}|{kind}|{which}|{fields}"


def _of_person(person_id: int | None) -> str:
    return f"person:{person_id}"


def _of_dose(dose_id: int) -> str:
    return f"dose:{dose_id}"


def _of_facts(
    claims: Mapping[str, str], given_on: object, site_id: object, site_text: str
) -> str:
    return "|".join(
        [claims.get(name, "") for name in (Field.GIVEN_ON, Field.PRODUCT)]
        + [str(given_on), str(site_id), site_text]
    )
