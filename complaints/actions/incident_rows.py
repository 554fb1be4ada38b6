"""Rows of a session list beside the reports of an incident: matched, decided, told."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from complaints.actions import listed
from complaints.choices import OPEN, Field, Status, Verdict
from complaints.models import Incident, IncidentMember
from complaints.rules import sessions
from complaints.rules.refused import Refused
from complaints.rules.sessions import Named
from portal.common import scope
from portal.registry.imports import contents
from portal.registry.models import Person, SessionList, StagedRow

CHUNK: Final = 1000
Found = StagedRow.Verdict


@dataclass(frozen=True)
class Decision:
    """What the list makes of a report: a verdict a claim, and what the list adds."""

    verdicts: dict[int, tuple[str, str]]
    filled: dict[str, str] = field(default_factory=dict)


def match(incident: Incident, *, at: datetime) -> None:
    """Note on each member which row of the list is about it, if just one is."""
    members = list(
        incident.members.filter(complaint__status__in=OPEN)
        .select_related("complaint__submission__person")
        .order_by("pk")
    )
    reports = {m.pk: listed.sender(m.complaint.submission) for m in members}
    people = {report.person for report in reports.values() if report.person}
    rows = {row.pk: named for row, named in _rows(incident, people)}
    found = sessions.pair(reports, rows)
    for member in members:
        member.row_id = found.get(member.pk)
    IncidentMember.objects.bulk_update(members, ["row"], batch_size=CHUNK)
    incident.matched_at = at
    incident.save(update_fields=["matched_at"])


def list_of(incident: Incident) -> SessionList | None:
    """Return the incident's list, also where the list itself is out of sight."""
    with scope.system():
        known = SessionList.objects.filter(incidents=incident)
        return known.select_related("site").first()


def counts(incident: Incident) -> dict[str, int]:
    """Return how many reports are members, open, matched, settled and left.

    ``others``: new doses of the list of people who never complained.
    """
    state = IncidentMember.State
    with scope.system():
        found: dict[str, int] = incident.members.aggregate(
            members=Count("pk"),
            open=Count("pk", filter=Q(complaint__status__in=OPEN)),
            matched=Count("pk", filter=Q(row__isnull=False)),
            settled=Count("pk", filter=Q(state=state.SETTLED)),
            left=Count("pk", filter=Q(state=state.LEFT)),
            put_back=Count("pk", filter=Q(back=IncidentMember.Back.DONE)),
            kept=Count("pk", filter=Q(back=IncidentMember.Back.STAYS)),
        )
        matched = incident.members.filter(row__isnull=False).values("row")
        found["others"] = (
            StagedRow.objects.filter(
                session_list=incident.session_list_id, verdict=Found.NEW
            )
            .exclude(pk__in=matched)
            .count()
        )
    return found


def outlook(
    incident: Incident, *, after: int, limit: int
) -> list[tuple[IncidentMember, str]]:
    """Return a page of members, each with why the list cannot decide it ('': it can).

    Nothing is said of members before the rows were matched, or once they are decided.
    """
    with scope.system():
        incident.session_list = list_of(incident)
        members = list(
            incident.members.filter(pk__gt=after)
            .select_related("complaint__submission", "row")
            .prefetch_related("complaint__claims")
            .order_by("pk")[:limit]
        )
        return [(member, _why_not(incident, member)) for member in members]


def _why_not(incident: Incident, member: IncidentMember) -> str:
    is_waiting = member.state == IncidentMember.State.WAITING
    if not is_waiting or incident.matched_at is None:
        return ""
    if member.complaint.status not in OPEN:
        return _("It ended before, by itself.")
    try:
        decision(incident, member)
    except Refused as refused:
        return str(refused)
    return ""


def decision(incident: Incident, member: IncidentMember) -> Decision:
    """Return how the list decides a report; raise Refused where a person has to.

    So that the preview of an incident says what will happen, that of a report which
    waits for somebody as well: no decision is possible then.
    """
    if member.complaint.status == Status.WAITING_CITIZEN:
        raise Refused(_("It waits for the citizen's answer, then somebody decides."))
    if member.complaint.status == Status.AWAITING_SECOND:
        raise Refused(_("A second person has its proposal before them."))
    row, one = member.row, incident.session_list
    if row is None or one is None:
        raise Refused(_("No row of the list is about this person alone."))
    claims = list(member.complaint.claims.all())
    is_written = row.done_at is not None and row.undone_at is None
    if row.verdict == Found.SAME or is_written:
        right = (Verdict.ALREADY_CORRECT.value, "")
        return Decision(dict.fromkeys((claim.pk for claim in claims), right))
    if row.verdict != Found.NEW or row.dose_id is not None:
        raise Refused(_("The row itself waits for somebody. Look at it in the list."))
    values = contents.unseal(row, of=one).row.values
    said = {claim.field: claim.claimed for claim in claims}
    assert values.given_on is not None  # a new dose has its day
    words = sessions.contradiction(
        claimed_day=said.get(Field.GIVEN_ON, ""),
        claimed_product=said.get(Field.PRODUCT, ""),
        day=values.given_on,
        product=values.product or "",
    )
    if words:
        raise Refused(words)
    listed = {
        Field.GIVEN_ON: values.given_on.isoformat(),
        Field.PRODUCT: values.product or "",
        Field.LOT: values.lot,
        Field.SITE: one.site.code,
        Field.DOSE_NUMBER: str(values.dose_number or ""),
    }
    upheld = (Verdict.UPHELD.value, "")
    return Decision(
        dict.fromkeys((claim.pk for claim in claims), upheld),
        {str(f): v for f, v in listed.items() if v and said.get(f) != v},
    )


def others(incident: Incident) -> list[int]:
    """Return a row for each person whom the list gave a dose and who never complained.

    Once a person, however many doses; those without a telephone are left out.
    """
    members = IncidentMember.objects.filter(
        incident__session_list=incident.session_list_id
    )
    senders = members.values("complaint__submission__person")
    written = StagedRow.objects.filter(
        session_list=incident.session_list_id,
        verdict=Found.NEW,
        done_at__isnull=False,
        undone_at=None,
        person__telephones__is_contact=True,
    ).exclude(person__in=senders.filter(complaint__submission__person__isnull=False))
    once = written.order_by().values("person").annotate(first=Min("pk"))
    return sorted(once.values_list("first", flat=True))


def _rows(incident: Incident, people: Set[int]) -> Iterator[tuple[StagedRow, Named]]:
    """Yield the rows that may be about these people, a chunk in memory at a time.

    A row of somebody else on record is about none of them.
    """
    one = incident.session_list
    assert one is not None  # there is something to match
    after = 0
    while True:
        rows = one.staged.filter(place__gt=after, verdict__in=listed.SAY_A_DOSE)
        chunk = list(rows.order_by("place")[:CHUNK])
        if not chunk:
            return
        after = chunk[-1].place
        owners = [row.person_id for row in chunk if row.person_id]
        survivors = {
            person.pk: person.surviving_id
            for person in Person.objects.filter(pk__in=owners).only("merged_into")
        }
        for row in chunk:
            owner = survivors.get(row.person_id or 0)
            if owner is not None and owner not in people:
                continue
            yield row, listed.patient(contents.unseal(row, of=one), person=owner)
