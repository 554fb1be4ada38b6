"""Everything that is held about a person, as plain values: for their own file.

Nothing is left out but what is about somebody else: the telephone of who reported for
them, and notes that staff wrote for each other.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Q

from complaints.models import (
    Complaint,
    DataRequest,
    Invitation,
    Prepared,
    ReportRow,
    SelfCorrection,
)
from complaints.owndata import looks, reports
from complaints.rules.selfcorrection.table import OF_OTHERS
from portal.accounts.models import Assistance, ContactChange, OneTimeCode
from portal.registry.models import (
    Certificate,
    Correction,
    Dose,
    IdentityDocument,
    NameAlias,
    Person,
    PopulationInquiry,
    Proposal,
    QualityFinding,
    StagedRow,
    Telephone,
)

# The first, and of the rest the newest: nobody reads more, and a page has an end.
MOST_LOOKS: Final = 10_000
Facts = dict[str, Any]
Purpose = PopulationInquiry.Purpose


def everything(person_id: int, *, at: datetime) -> Facts:
    """Return all that is held about a person, in types that JSON knows.

    All rows must be open: call it where the system's scope is.
    """
    people = looks.people_of(person_id)
    facts: Facts = {"made_at": at.isoformat()}
    for name, part in PARTS.items():
        facts[name] = part(people)
    return facts


def _records(people: list[int]) -> list[Facts]:
    rows = Person.objects.filter(pk__in=people).select_related("residence")
    return [
        {
            "full_name": row.full_name,
            "born_on": row.born_on.isoformat(),
            "born_precision": row.born_precision,
            "sex": row.sex,
            "residence": row.residence.name if row.residence else "",
            "status": row.status,
            "is_restricted": row.is_restricted,
            "population_register": row.population,
            "population_register_at": _iso(row.population_at),
            "population_register_wrong": row.population_wrong,
            "version": row.version,
        }
        for row in rows.order_by("pk")
    ]


def _numbers(people: list[int]) -> list[Facts]:
    rows = IdentityDocument.objects.filter(person__in=people).order_by("pk")
    return [
        {
            "kind": row.kind,
            "number": row.number,
            "source": row.source,
            "is_current": row.is_current,
            "is_void": row.is_void,
        }
        for row in rows
    ]


def _telephones(people: list[int]) -> list[Facts]:
    rows = Telephone.objects.filter(person__in=people).order_by("pk")
    return [
        {"number": row.number, "is_contact": row.is_contact, "is_void": row.is_void}
        for row in rows
    ]


def _names(people: list[int]) -> list[Facts]:
    rows = NameAlias.objects.filter(person__in=people).order_by("pk")
    return [{"full_name": row.full_name, "is_void": row.is_void} for row in rows]


def _doses(people: list[int]) -> list[Facts]:
    rows = Dose.objects.filter(person__in=people).select_related("product", "site")
    return [
        {
            "given_on": row.given_on.isoformat(),
            "product": row.product.name,
            "lot": row.lot_number,
            "site": row.site.name,
            "country": row.country,
            "dose_number": row.dose_number,
            "status": row.status,
            "source": row.source,
            "name_recorded": row.name_recorded,
            "version": row.version,
        }
        for row in rows.order_by("given_on", "pk")
    ]


def _corrections(people: list[int]) -> list[Facts]:
    doses = Dose.objects.filter(person__in=people).values_list("pk", flat=True)
    rows = [
        *Correction.objects.filter(target="person", target_id__in=people),
        *Correction.objects.filter(target="dose", target_id__in=list(doses)),
    ]
    return [
        {
            "at": row.applied_at.isoformat(),
            "of": row.target,
            "operation": row.operation,
            "before": row.before,
            "after": row.after,
            "reason": row.reason,
            "rests_on": row.source,
        }
        for row in sorted(rows, key=lambda row: (row.applied_at, row.pk))
    ]


def _contact_changes(people: list[int]) -> list[Facts]:
    rows = ContactChange.objects.filter(person__in=people).order_by("pk")
    return [
        {
            "asked_at": row.requested_at.isoformat(),
            "way": row.way,
            "state": row.state,
            "new": row.new,
            "old": row.old,
            "applied_at": _iso(row.applied_at),
            "stopped_at": _iso(row.stopped_at),
        }
        for row in rows
    ]


def _help(people: list[int]) -> list[Facts]:
    rows = Assistance.objects.filter(person__in=people).select_related("organization")
    return [
        {
            "at": row.opened_at.isoformat(),
            "body": row.organization.name,
            "way": row.way,
            "document_seen": row.document,
            "purpose": row.purpose,
            "ended_at": _iso(row.ended_at),
        }
        for row in rows.order_by("pk")
    ]


def _requests(people: list[int]) -> list[Facts]:
    rows = DataRequest.objects.filter(person__in=people).order_by("pk")
    return [
        {
            "kind": row.kind,
            "asked_at": row.asked_at.isoformat(),
            "text": row.text,
            "due_at": row.due_at.isoformat(),
            "extension": row.extension,
            "outcome": row.outcome,
            "answer": row.answer,
            "ended_at": _iso(row.ended_at),
        }
        for row in rows
    ]


def _codes(people: list[int]) -> list[Facts]:
    rows = OneTimeCode.objects.filter(person__in=people).order_by("pk")
    return [
        {
            "for": row.purpose,
            "sent_at": _iso(row.sent_at),
            "used_at": _iso(row.used_at),
        }
        for row in rows
    ]


def _questions(people: list[int]) -> list[Facts]:
    about = Complaint.objects.filter(submission__person__in=people)
    rows = PopulationInquiry.objects.filter(
        purpose__in=(Purpose.COMPLAINT, Purpose.PREPARE), about__in=about.values("pk")
    ).order_by("pk")
    return [
        {
            "asked_at": row.asked_at.isoformat(),
            "answered_at": _iso(row.answered_at),
            "fits": None
            if row.answers is None or None in row.answers
            else not any(row.answers),
        }
        for row in rows
    ]


def _self_corrections(people: list[int]) -> list[Facts]:
    rows = SelfCorrection.objects.filter(person__in=people).order_by("pk")
    return [
        {
            "rule": f"{row.rule}.{row.version}",
            "field": row.place,
            "at": row.at.isoformat(),
            "proofs": row.proofs,
            "undone_at": _iso(row.undone_at),
            "found": row.finding,
        }
        for row in rows
    ]


def _prepared(people: list[int]) -> list[Facts]:
    # A dose on nobody's record, or another record, is perhaps somebody else's: it is
    # told once it is theirs.
    perhaps = Q(rule__in=OF_OTHERS) & ~Q(state=Prepared.State.MADE)
    rows = Prepared.objects.filter(person__in=people).exclude(perhaps).order_by("pk")
    return [
        {
            "rule": f"{row.rule}.{row.version}",
            "field": row.place,
            "found_at": row.found_at.isoformat(),
            "state": row.state,
            "decided_at": _iso(row.decided_at),
        }
        for row in rows
    ]


def _invitations(people: list[int]) -> list[Facts]:
    rows = Invitation.objects.filter(person__in=people).order_by("pk")
    return [{"rule": row.rule, "at": row.at.isoformat()} for row in rows]


def _certificates(people: list[int]) -> list[Facts]:
    rows = Certificate.objects.filter(person__in=people).order_by("pk")
    return [
        {
            "identifier": row.identifier,
            "text": row.text,
            "issued_at": row.issued_at.isoformat(),
            "revoked_at": _iso(row.revoked_at),
        }
        for row in rows
    ]


def _proposals(people: list[int]) -> list[Facts]:
    """Return what was proposed about these records; the other record is not theirs."""
    rows = Proposal.objects.filter(Q(person__in=people) | Q(other_person__in=people))
    return [
        {
            "kind": row.kind,
            "state": row.state,
            "choice": row.choice,
            "found_at": row.found_at.isoformat(),
            "decided_at": _iso(row.decided_at),
        }
        for row in rows.order_by("pk")
    ]


def _findings(people: list[int]) -> list[Facts]:
    rows = QualityFinding.objects.filter(person_id__in=people).order_by("pk")
    return [{"rule": row.rule, "since": row.since.isoformat()} for row in rows]


def _list_rows(people: list[int]) -> list[Facts]:
    doses, reports = (
        rows.filter(person__in=people).order_by("pk").values("verdict", "done_at")
        for rows in (StagedRow.objects, ReportRow.objects)
    )
    return [{**row, "done_at": _iso(row["done_at"])} for row in (*doses, *reports)]


def _looks(people: list[int]) -> list[Facts]:
    rows = looks.entries(people, before=None, limit=MOST_LOOKS)
    words = looks.in_words(rows)
    return [
        {"at": look.at.isoformat(), "who": look.who, "what": look.what}
        for look in words
    ]


def _iso(value: datetime | date | None) -> str:
    return value.isoformat() if value else ""


PARTS: Final[dict[str, Callable[[list[int]], list[Facts]]]] = {
    "records": _records,
    "numbers": _numbers,
    "telephones": _telephones,
    "other_names": _names,
    "doses": _doses,
    "changes": _corrections,
    "reports": reports.of,
    "contact_changes": _contact_changes,
    "help_given": _help,
    "data_requests": _requests,
    "codes": _codes,
    "questions_to_the_register": _questions,
    "quality_findings": _findings,
    "self_corrections": _self_corrections,
    "prepared_corrections": _prepared,
    "invitations": _invitations,
    "certificates": _certificates,
    "proposals": _proposals,
    "rows_of_lists": _list_rows,
    "looks": _looks,
}
