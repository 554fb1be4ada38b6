"""Vaccination certificates on the photos of a report: proof that a signature carries.

What the code says is kept sealed with the photo and judged at each look, as a key may
be trusted, or a certificate revoked, only later.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from django.db.models import QuerySet

from complaints.actions import evidence
from complaints.choices import Kind
from complaints.models import Complaint, Evidence
from complaints.rules.selfcorrection import facts as told
from portal.common import names, pictures
from portal.common.objects import StoreFailed
from portal.registry.certificates import hc1, issuing


def on_file(content: bytes, media_type: str) -> str:
    """Return the text of the first certificate on a file, '' where there is none.

    A file that cannot be searched for codes bears none.
    """
    try:
        codes = pictures.codes_on(content, media_type)
    except pictures.Unopenable:
        return ""
    return next(filter(_is_one, codes), "")


def of_photo(row: Evidence) -> hc1.Read | None:
    """Return what the certificate on a photo says, with the keys known today.

    None where it bears none, or is not checked yet. Raise StoreFailed where the store
    is away: it is asked only where its check did not find that there is none.
    """
    if row.has_certificate is False or row.state != Evidence.State.CHECKED:
        return None
    try:
        text = evidence.read(evidence.certificate_of(row))
    except FileNotFoundError:
        return None
    return issuing.read(text.decode())


def of_report(case: Complaint, person: told.Person) -> tuple[told.Certified, ...]:
    """Return the doses that others certify of a person, on the photos of a report.

    Those of the portal itself only repeat what was on record; of another name or birth
    date it is somebody else's. Raise StoreFailed as ``of_photo``.
    """
    return of_files(Evidence.objects.filter(submission=case.submission_id), person)


def of_files(
    files: QuerySet[Evidence], person: told.Person
) -> tuple[told.Certified, ...]:
    """Return the doses that others certify of a person, on these photos."""
    photos = files.filter(state=Evidence.State.CHECKED).order_by("pk")
    found = []
    for read in filter(None, map(of_photo, photos)):
        signer = issuing.signer_of(read)
        if read.is_signed and signer and is_of(read, person.full_name, person.born_on):
            found += [
                told.Certified(day, product, f"certificate:{signer}", read.issued_at)
                for day, product in _doses(read.content)
            ]
    return tuple(found)


def heard(facts: told.Facts, kind: str, files: QuerySet[Evidence]) -> told.Facts:
    """Return the facts of what is said of a dose, with the photos that go with it.

    One that cannot be read yet may say otherwise, so it holds what is automatic.
    """
    if kind not in _OF_A_DOSE:
        return facts
    try:
        certificates = of_files(files, facts.person)
        is_unread = files.filter(state=Evidence.State.QUARANTINED).exists()
    except StoreFailed:
        certificates, is_unread = (), True
    before = replace(facts.before, photos_unread=is_unread)
    return replace(facts, certificates=certificates, before=before)


_OF_A_DOSE: Final = frozenset({Kind.WRONG_DOSE, Kind.DOUBLED_DOSE, Kind.NOT_MINE})


def is_of(read: hc1.Read, full_name: str, born_on: str) -> bool:
    """Tell whether a certificate bears a name, in any order of its parts, and a birth.

    Without accents: elsewhere they cannot be written. A year alone agrees with a day.
    """
    said, born = read.content.get("nam"), str(read.content.get("dob", ""))
    said = said if isinstance(said, dict) else {}
    name = " ".join(str(said.get(part, "")) for part in ("fn", "gn"))
    is_the_name = sorted(names.fold(name).split()) == sorted(
        names.fold(full_name).split()
    )
    shared = min(len(born), len(born_on))
    return is_the_name and shared >= 4 and born[:shared] == born_on[:shared]


def _is_one(text: str) -> bool:
    try:
        issuing.read(text)
    except hc1.Unreadable:
        return False
    return True


def _doses(content: dict[str, Any]) -> Iterable[tuple[date, str]]:
    """Yield day and our code of each dose that is told of wholly."""
    entries = content.get("v")
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        product = issuing.product_of(str(entry.get("mp", "")))
        try:
            day = date.fromisoformat(str(entry.get("dt", "")))
        except ValueError:
            continue
        if product:
            yield day, product
