"""What the self-correction rules are told of a report: the record, and what is claimed.

The same for a report that was sent and for one that is about to be.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from complaints.actions import certified, proving, signs_of_fraud
from complaints.choices import Field, Kind
from complaints.models import Complaint
from complaints.rules.selfcorrection import facts as told
from complaints.rules.selfcorrection.places import place_of
from portal.common import names
from portal.registry import national_id
from portal.registry.models import Dose

_WHOLE_DAY: Final = len("2021-09-14")


def of_complaint(complaint: Complaint, *, at: datetime) -> told.Facts | None:
    """Return the facts of a report: the sender's record, claims, signs of fraud.

    With what certificates on its photos say, where it is about a dose.

    None where the sender proved no record.
    """
    person = complaint.submission.person
    if person is None:
        return None
    claims = {claim.field: claim.claimed for claim in complaint.claims.order_by("pk")}
    facts = of_matter(
        person.surviving_id,
        complaint.kind,
        claims,
        dose_id=complaint.dose_id,
        fraud=signs_of_fraud.of_submission(
            complaint.submission,
            person.surviving_id,
            is_doubted=complaint.caveats.exists(),
        ),
        identity=identity_of(complaint.submission.vouched),
        but_complaint=complaint.pk,
        at=at,
    )
    if facts is None:
        return None
    return certified.heard(facts, complaint.kind, complaint.submission.evidence.all())


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

    ``claims``: field -> value as claims keep it. ``fraud``: signs beside those that the
    record itself bears. ``but_complaint``: the report itself,
    where it was sent, so that it is not held up by its own being open. None where the
    record was merged or taken back meanwhile.
    """
    facts = proving.of_people([person_id], at=at, but_complaint=but_complaint).get(
        person_id
    )
    if facts is None:
        return None
    facts = with_claims(facts, kind, claims, dose_id=dose_id)
    signs = (*facts.before.fraud, *fraud)
    facts = replace(facts, before=replace(facts.before, fraud=signs), identity=identity)
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
