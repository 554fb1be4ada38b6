"""Bringing the registry in line with what was decided of each claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from complaints import permissions, subjects
from complaints.actions import orphans
from complaints.choices import CHANGING, Field, Kind, Outcome, Verdict
from complaints.models import Claim, Complaint
from complaints.rules.refused import Refused
from portal.accounts.models import User
from portal.common import crypto
from portal.registry import corrections
from portal.registry.corrections import (
    CannotCorrect,
    Impossible,
    NeedsSecond,
    RecordMoved,
    Warrant,
)
from portal.registry.models import Correction, Dose, IdentityDocument, Person
from portal.registry.quality.rules import RULES

Decided = Mapping[int, tuple[str, str]]
# A claim of one of these names another record: to be joined, or to have the dose.
_OTHERS: Final = frozenset({Field.RECORD, Field.DOSE})


@dataclass(frozen=True)
class Deciders:
    """Who decided: one person, or the one who proposed and the one who signed.

    ``concerns_oneself``: the first of them is concerned, or a relative is.
    """

    proposed_by: int | None = None
    approved_by: int | None = None
    concerns_oneself: bool = False


def derive_outcome(verdicts: list[str]) -> Outcome:
    """Return how a complaint ends, from the verdicts of its claims."""
    distinct = set(verdicts)
    if distinct == {Verdict.UPHELD}:
        return Outcome.CORRECTED
    if distinct & set(CHANGING):
        return Outcome.PARTLY_CORRECTED
    if distinct == {Verdict.ALREADY_CORRECT}:
        return Outcome.ALREADY_CORRECT
    return Outcome.KEPT


def write_verdicts(
    claims: list[Claim], decided: Decided, found: Mapping[str, str]
) -> None:
    """Set verdict and ground on each claim; raise Refused where one is left out.

    ``found``: the values of what is right otherwise than recorded and claimed.
    """
    for claim in claims:
        verdict, ground = decided.get(claim.pk, ("", ""))
        if verdict not in Verdict.values:
            raise Refused(
                _("Decide each point: right as claimed, or kept as recorded.")
            )
        if verdict == Verdict.KEPT and not ground:
            raise Refused(_("Say on which ground the record is kept."))
        claim.verdict = verdict
        claim.ground = ground if verdict == Verdict.KEPT else ""
        if verdict == Verdict.OTHER:
            _write_other(claim, found.get(claim.field, ""))
        claim.save(update_fields=["verdict", "ground", "decided_sealed"])


def _write_other(claim: Claim, value: str) -> None:
    """Take in what is right instead; raise Refused where that is no third value."""
    if not value or claim.field in _OTHERS:
        raise Refused(_("Type the value that is right."))
    if value == claim.claimed:
        raise Refused(_("That is what the citizen says: record it as claimed."))
    if value == claim.recorded:
        raise Refused(_("That is what is recorded: keep it as recorded."))
    claim.decided_sealed = crypto.seal(
        value, bound_to=f"decided:{claim.complaint_id}:{claim.field}"
    )


def require_basis(decided: Decided, *, note: str, source: str) -> None:
    """Raise Refused where a third value is to be recorded without a word or a proof."""
    if not any(verdict == Verdict.OTHER for verdict, _ground in decided.values()):
        return
    if not note.strip():
        raise Refused(_("Explain to the citizen why another value is right."))
    if not source:
        raise Refused(
            _(
                "Say what the other value rests on: a list, the slip, another record,"
                " or a photo that was sent."
            )
        )


def require_second(claims: list[Claim], *, source: str) -> None:
    """Raise NeedsSecond where nothing that is here speaks for a third value.

    Neither record nor citizen says it, so it would be one person's word alone.
    """
    if not source and any(claim.verdict == Verdict.OTHER for claim in claims):
        raise NeedsSecond("a second person has to sign this value")


def fill_in(
    complaint: Complaint, claims: list[Claim], filled: Mapping[str, str]
) -> None:
    """Take in what staff supply: facts of a missing dose, or which record is meant.

    Where the citizen knew nothing they become claims of their own, upheld and without a
    word of the citizen's, so that the case shows what was recorded and nobody takes it
    for theirs; ``moving.forget_verdicts`` takes them off again. Where the citizen's was
    vague, or not right, they stand beside it.
    """
    known = {claim.field: claim for claim in claims}
    for field, value in filled.items():
        if not value:
            continue
        decided = crypto.seal(value, bound_to=f"decided:{complaint.pk}:{field}")
        if field in known:
            claim = known[field]
            claim.decided_sealed = decided
            claim.save(update_fields=["decided_sealed"])
            continue
        claim = Claim.objects.create(
            complaint=complaint,
            field=field,
            recorded_sealed=crypto.seal(
                "", bound_to=f"recorded:{complaint.pk}:{field}"
            ),
            claimed_sealed=crypto.seal("", bound_to=f"claimed:{complaint.pk}:{field}"),
            decided_sealed=decided,
            verdict=Verdict.UPHELD,
        )
        claims.append(claim)


def look_again(complaint: Complaint, claims: list[Claim], *, seen: int | None) -> None:
    """Take the record as it is now for what claims are compared with, if it was seen.

    ``seen``: the version of the record that the page showed. Where the record has moved
    on since, the claims stay as they are and ``apply`` says so.
    """
    row, read = subjects.of(complaint)
    if row is None or row.version != seen:
        return
    for claim in claims:
        now = read(row, claim.field)
        if now != claim.recorded:
            claim.recorded_sealed = crypto.seal(
                now, bound_to=f"recorded:{complaint.pk}:{claim.field}"
            )
            claim.save(update_fields=["recorded_sealed"])


def apply(
    complaint: Complaint,
    claims: list[Claim],
    *,
    deciders: Deciders,
    source: str = "",
    orphan: int | None = None,
    at: datetime,
) -> Correction | None:
    """Change the registry by the upheld claims; return the correction, or None.

    ``source``: what the decision rests on (``Correction.Source``). ``orphan``: the dose
    on nobody's record that a report of a missing one is given. Raise Refused in
    words where the record cannot be changed that way or is not what it was when this
    was reported; NeedsSecond where it takes another person, and change nothing.
    """
    upheld = [claim for claim in claims if claim.verdict in CHANGING]
    if not upheld:
        return None
    warrant = Warrant(
        Correction.Reason.COMPLAINT,
        complaint.reference,
        proposed_by=deciders.proposed_by,
        approved_by=deciders.approved_by,
        source=source,
        concerns_oneself=deciders.concerns_oneself,
    )
    try:
        if orphan is not None and complaint.kind == Kind.MISSING_DOSE:
            correction = _give(complaint, upheld, orphan, warrant=warrant, at=at)
        else:
            correction = _apply(complaint, upheld, warrant=warrant, at=at)
    except NeedsSecond:
        raise
    except RecordMoved as error:
        raise Refused(
            _(
                "The record was changed since this was reported. Look at it as it is "
                "now, then decide."
            )
        ) from error
    except Impossible as error:
        rule = RULES[error.rule]
        raise Refused(f"{rule.message}. {rule.repair}") from error
    except CannotCorrect as error:
        raise Refused(
            _(
                "The record cannot be changed like that: it may say so already, or "
                "day, vaccine or site are missing."
            )
        ) from error
    for claim in upheld:
        claim.correction = correction
        claim.save(update_fields=["correction"])
    return correction


def _apply(
    complaint: Complaint, upheld: list[Claim], *, warrant: Warrant, at: datetime
) -> Correction:
    values: dict[str, str] = {claim.field: claim.decided for claim in upheld}
    before = {claim.field: claim.recorded for claim in upheld}
    if complaint.kind == Kind.MISSING_DOSE:
        if not {"given_on", "product", "site"} <= values.keys():
            raise CannotCorrect("given_on, product and site are needed")
        return _add(complaint, values, warrant=warrant, at=at)
    if complaint.kind == Kind.FOREIGN_DOSE:
        if not {"given_on", "product", "country"} <= values.keys():
            raise CannotCorrect("given_on, product and country are needed")
        # Whoever looked at the proof puts it on record.
        values["site"] = complaint.holder.code
        return _add(complaint, values, warrant=warrant, at=at)
    if complaint.kind == Kind.WRONG_PERSON:
        person_id = _person_of(complaint, warrant=warrant, at=at)
        return corrections.correct_person(
            person_id, values, before=before, warrant=warrant, at=at
        )
    if complaint.kind == Kind.SPLIT_RECORD:
        other = _record_meant(values[Field.RECORD])
        own = complaint.submission.person
        if other is None or own is None:
            raise CannotCorrect("which two records")
        return corrections.merge(
            other.pk, into=own.surviving_id, warrant=warrant, at=at
        )
    if complaint.dose_id is None:
        raise CannotCorrect("no dose is meant")
    if complaint.kind in (Kind.NOT_MINE, Kind.DOUBLED_DOSE):
        return _take_off(complaint, values[Field.DOSE], warrant=warrant, at=at)
    return corrections.correct_dose(
        complaint.dose_id, values, before=before, warrant=warrant, at=at
    )


def _add(
    complaint: Complaint, values: dict[str, str], *, warrant: Warrant, at: datetime
) -> Correction:
    """Put a dose on the sender's record, which is made where there is none."""
    person_id = _person_of(complaint, warrant=warrant, at=at)
    dose, correction = corrections.add_dose(person_id, values, warrant=warrant, at=at)
    complaint.dose = dose
    return correction


def _give(
    complaint: Complaint,
    upheld: list[Claim],
    orphan: int,
    *,
    warrant: Warrant,
    at: datetime,
) -> Correction:
    """Give a dose on nobody's record to the sender; fill in what it alone lacks."""
    person_id = _person_of(complaint, warrant=warrant, at=at)
    correction = corrections.attach(orphan, to=person_id, warrant=warrant, at=at)
    dose = Dose.objects.get(pk=orphan)
    has = orphans.facts_of(dose)
    lacking = {
        claim.field: claim.decided
        for claim in upheld
        if claim.field in orphans.FILLED and claim.decided and claim.field not in has
    }
    if lacking:
        corrections.correct_dose(
            orphan, lacking, before=dict.fromkeys(lacking, ""), warrant=warrant, at=at
        )
    complaint.dose = dose
    return correction


def _take_off(
    complaint: Complaint, decided: str, *, warrant: Warrant, at: datetime
) -> Correction:
    """Void a dose recorded twice; give one that is somebody else's to them, if known.

    Where nobody is known it becomes an orphan, for whom an owner is looked for.
    """
    dose_id, own = complaint.dose_id, complaint.submission.person
    assert dose_id is not None
    before = {"person": str(own.surviving_id)} if own else None
    if complaint.kind == Kind.DOUBLED_DOSE:
        return corrections.void(dose_id, before=before, warrant=warrant, at=at)
    owner = _record_meant(decided)
    if owner is None:
        return corrections.detach(dose_id, before=before, warrant=warrant, at=at)
    return corrections.reassign(
        dose_id, to=owner.pk, before=before, warrant=warrant, at=at
    )


def require_other(claims: list[Claim], by: User) -> None:
    """Raise Refused where the other record that a decision means is the user's own."""
    for claim in claims:
        if claim.verdict not in CHANGING or claim.field not in _OTHERS:
            continue
        other = _record_meant(claim.decided)
        if other is not None:
            permissions.require_other(by, None, [other.pk, other.surviving_id])


def _record_meant(text: str) -> Person | None:
    """Return the record that staff chose, or None where none was."""
    try:
        return Person.objects.get(ref=UUID(text))
    except (ValueError, Person.DoesNotExist):
        return None


def _person_of(complaint: Complaint, *, warrant: Warrant, at: datetime) -> int:
    """Return whose record it is: the proved one, the one found, or a new one."""
    submission = complaint.submission
    if submission.person_id is not None:
        return submission.person_id
    person = None
    if submission.national_id_digest is not None and submission.born_on is not None:
        found = IdentityDocument.objects.filter(
            number_digest__in=crypto.digests("national_id", submission.national_id),
            is_void=False,
            person__born_on=submission.born_on,
        ).exclude(person__status=Person.Status.ENTERED_IN_ERROR)
        answering = found.values_list(Coalesce("person__merged_into", "person"))
        people = list(Person.objects.filter(pk__in=answering)[:2])
        if len(people) > 1:
            raise CannotCorrect("the number belongs to several people")
        person = next(iter(people), None)
    if person is None:
        if submission.born_on is None:
            raise CannotCorrect("the birth date is not known")
        facts = {
            "full_name": submission.full_name,
            "born_on": submission.born_on.isoformat(),
        }
        facts |= {"phone": submission.phone} if submission.phone else {}
        facts |= {"sex": submission.sex} if submission.sex else {}
        if submission.national_id:
            facts["national_id"] = submission.national_id
        person, _added = corrections.add_person(facts, warrant=warrant, at=at)
    submission.person = person
    submission.save(update_fields=["person"])
    return person.pk


def changed_field_names(claims: list[Claim]) -> list[str]:
    """Return which fields changed, for the event: names only, never values."""
    return sorted(Field(c.field).value for c in claims if c.verdict in CHANGING)
