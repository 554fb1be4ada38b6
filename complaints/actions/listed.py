"""Whether a list of a session that was sent names whoever reports a dose as missing."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from complaints.choices import Field, Verdict
from complaints.models import Claim, Complaint, Submission
from complaints.rules import sessions
from complaints.rules.sessions import Named
from portal.registry.imports import contents
from portal.registry.imports.contents import Opened
from portal.registry.models import SessionList, StagedRow

# Rows that may be somebody's dose of that session, new or on record.
SAY_A_DOSE: Final = (
    StagedRow.Verdict.NEW,
    StagedRow.Verdict.SAME,
    StagedRow.Verdict.DIFFERS,
    StagedRow.Verdict.AMBIGUOUS,
)
# Lists whose rows were compared with the registry and not taken back.
_READ: Final = (SessionList.State.CHECKED, SessionList.State.COMMITTED)
# So many rows of a site are opened at most, the newest first, while the case is locked.
_MOST: Final = 2000


def sender(of: Submission) -> Named:
    """Return who reports, as a row of a list could name them."""
    person = of.person
    return Named(
        full_name=person.full_name if person else of.full_name,
        born_on=of.born_on.isoformat() if of.born_on else "",
        number=of.national_id,
        phones=frozenset(filter(None, [of.phone])),
        person=person.surviving_id if person else None,
    )


def patient(row: Opened, *, person: int | None) -> Named:
    """Return whom a row names; ``person``: whose record it was found to be."""
    values = row.row.values
    return Named(
        full_name=values.full_name,
        born_on=values.born_on,
        number=values.id_number,
        phones=frozenset(values.phones),
        person=person,
    )


def names(case: Complaint, claims: Sequence[Claim]) -> bool:
    """Tell whether a list of the claimed site names the sender on the claimed day.

    And says the same where neither record nor citizen is right (``Verdict.OTHER``).
    Of a site whose lists are very long only the newest rows are looked at: who is not
    found there needs a second person, no less.
    """
    dose, said = case.dose, {}
    if dose is not None:
        said = {Field.SITE: dose.site.code, Field.GIVEN_ON: dose.given_on.isoformat()}
    said |= {Field(claim.field): claim.decided for claim in claims}
    who = sender(case.submission)
    # A row of somebody else on record is not about the sender.
    owners = Q(person=None)
    if who.person is not None:
        owners |= Q(person=who.person) | Q(person__merged_into=who.person)
    rows = StagedRow.objects.filter(
        owners,
        session_list__site__code=said.get(Field.SITE, ""),
        session_list__state__in=_READ,
        session_list__forgotten_at=None,
        verdict__in=SAY_A_DOSE,
        undone_at=None,
    )
    for row in rows.select_related("session_list", "person").order_by("-pk")[:_MOST]:
        opened = contents.unseal(row, of=row.session_list)
        day = opened.row.values.given_on
        owner = row.person.surviving_id if row.person else None
        if day is None or day.isoformat() != said.get(Field.GIVEN_ON):
            continue
        named = patient(opened, person=owner)
        if sessions.is_same(who, named) and _says(opened, claims):
            return True
    return False


def _says(row: Opened, claims: Sequence[Claim]) -> bool:
    """Tell whether a row bears each third value, of what rows say of a dose."""
    values = row.row.values
    said = {
        Field.PRODUCT: values.product or "",
        Field.LOT: values.lot,
        Field.DOSE_NUMBER: str(values.dose_number or ""),
    }
    others = [claim for claim in claims if claim.verdict == Verdict.OTHER]
    return all(said.get(Field(c.field), c.decided) == c.decided for c in others)
