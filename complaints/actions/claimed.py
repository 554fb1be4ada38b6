"""What the self-correction rules are told of a report: the record, and what is claimed.

The same for a report that was sent and for one that is about to be.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from django.db.models import QuerySet

from complaints.actions import proving
from complaints.choices import Field, Kind
from complaints.models import Complaint, Evidence
from complaints.rules.selfcorrection import facts as told
from complaints.rules.selfcorrection.places import place_of
from portal.common import names
from portal.registry import national_id
from portal.registry.models import Dose

_WHOLE_DAY: Final = len("2021-09-14")


def of_complaint(complaint: Complaint, *, at: datetime) -> told.Facts | None:
    """Return the facts of a report: the sender's record, claims, signs of fraud.

    None where the sender proved no record.
    """
    person = complaint.submission.person
    if person is None:
        return None
    claims = {claim.field: claim.claimed for claim in complaint.claims.order_by("pk")}
    return of_matter(
        person.surviving_id,
        complaint.kind,
        claims,
        dose_id=complaint.dose_id,
        fraud=signs_of_fraud(
            person.surviving_id,
            Evidence.objects.filter(submission=complaint.submission_id),
            is_doubted=complaint.caveats.exists(),
        ),
        identity=identity_of(complaint.submission.vouched),
        but_complaint=complaint.pk,
        at=at,
    )


def identity_of(vouched: Mapping[str, str] | None) -> told.Identity | None:
    """Return what the e-ID said of a sender as rules are told it; None without one."""
    if vouched is None:
        return None
    return told.Identity(
        numbers=(vouched["national_id"],),
        full_name=vouched["full_name"],
        born_on=vouched["born_on"],
        sex=vouched["sex"],
        at=datetime.fromisoformat(vouched["at"]),
    )


def of_matter(
    person_id: int,
    kind: str,
    claims: Mapping[str, str],
    *,
    dose_id: int | None,
    fraud: tuple[str, ...] = (),
    identity: told.Identity | None = None,
    but_complaint: int | None = None,
    at: datetime,
) -> told.Facts | None:
    """Return the facts of what somebody says is wrong with a record.

    ``claims``: field -> value as claims keep it. ``but_complaint``: the report itself,
    where it was sent, so that it is not held up by its own being open. None where the
    record was merged or taken back meanwhile.
    """
    facts = proving.of_people([person_id], at=at, but_complaint=but_complaint).get(
        person_id
    )
    if facts is None:
        return None
    facts = with_claims(facts, kind, claims, dose_id=dose_id)
    facts = replace(facts, before=replace(facts.before, fraud=fraud), identity=identity)
    return proving.with_used_numbers({person_id: facts})[person_id]


def with_claims(
    facts: told.Facts, kind: str, claims: Mapping[str, str], *, dose_id: int | None
) -> told.Facts:
    """Return the facts of a record with what is claimed of it."""
    if kind == Kind.MISSING_DOSE:
        return replace(facts, missing=_missing(claims))
    written = {
        place_of(kind, dose_id, field): _as_written(kind, field, value)
        for field, value in claims.items()
    }
    return replace(facts, claims=written)


def signs_of_fraud(
    person_id: int, files: QuerySet[Evidence], *, is_doubted: bool
) -> tuple[str, ...]:
    """Return why a person should look before anything is automatic.

    One of the ``files`` was sent about somebody else, too; the sender was asked about a
    doubt and held to it; the record's doses are at two sites of different provinces on
    one day.
    """
    signs = []
    elsewhere = (
        Evidence.objects.filter(
            sha256__in=files.values("sha256"), submission__isnull=False
        )
        .exclude(pk__in=files.values("pk"))
        .exclude(submission__person=person_id)
    )
    if elsewhere.exists():
        signs.append("same_file")
    if is_doubted:
        signs.append("doubt_kept")
    provinces: dict[date, set[int | None]] = defaultdict(set)
    for day, province in Dose.objects.filter(
        person=person_id, status=Dose.Status.COMPLETED
    ).values_list("given_on", "site__province"):
        provinces[day].add(province)
    if any(len(places - {None}) > 1 for places in provinces.values()):
        signs.append("two_provinces_one_day")
    return tuple(signs)


def _as_written(kind: str, field: str, claimed: str) -> str:
    """Return what is claimed as the rules would write it."""
    if field == Field.FULL_NAME:
        return names.tidy(claimed)
    if field == Field.NATIONAL_ID:
        return national_id.read(claimed).canonical
    if kind == Kind.DOUBLED_DOSE and field == Field.DOSE:
        return Dose.Status.ENTERED_IN_ERROR.value
    return claimed


def _missing(claims: Mapping[str, str]) -> told.Missing:
    day = claims.get(Field.GIVEN_ON, "")
    return told.Missing(
        given_on=date.fromisoformat(day) if len(day) == _WHOLE_DAY else None,
        product=claims.get(Field.PRODUCT, ""),
        site=claims.get(Field.SITE, ""),
    )
