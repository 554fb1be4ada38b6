"""Rows of a session list beside the reports of an incident: matched, decided, told."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from complaints.choices import OPEN, Field, Verdict
from complaints.models import (
    Incident,
    IncidentMember,
    QuietHours,
    Submission,
)
from complaints.rules import quiet, sessions
from complaints.rules.refused import Refused
from complaints.rules.sessions import Named
from portal.common import outbox, providers, scope
from portal.registry.imports import contents
from portal.registry.models import Person, SessionList, StagedRow, Telephone

TOLD: Final = (
    "[TIEM CHUNG] Noi tiem vua bo sung mui tiem con thieu cua ban vao ho so. Tra cuu de"
    " xem. Chua dung? Bao sai tai do. Hoi: {help}."
)
CHUNK: Final = 1000
Found = StagedRow.Verdict
# Rows that may be somebody's dose of that session, new or on record.
_SAY_A_DOSE: Final = (Found.NEW, Found.SAME, Found.DIFFERS, Found.AMBIGUOUS)


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
    reports = {m.pk: _reporter(m.complaint.submission) for m in members}
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
    """Return how the list decides a report; raise Refused where a person has to."""
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
    senders = incident.members.values("complaint__submission__person")
    written = StagedRow.objects.filter(
        session_list=incident.session_list_id,
        verdict=Found.NEW,
        done_at__isnull=False,
        undone_at=None,
        person__telephones__is_contact=True,
    ).exclude(person__in=senders.filter(complaint__submission__person__isnull=False))
    once = written.order_by().values("person").annotate(first=Min("pk"))
    return sorted(once.values_list("first", flat=True))


@outbox.outside_transaction
def tell(subjects: Sequence[int], *, at: datetime) -> None:
    """Say to people that a dose was added to their record. The outbox's handler.

    By day only; nobody is told of what was taken back meanwhile.
    """
    until = quiet.until(QuietHours.objects.all(), at=at) if providers.rings() else None
    if until is not None:
        outbox.postpone("incident_told", list(subjects), at=at, delay=until - at)
        return
    with scope.system():
        rows = list(
            StagedRow.objects.filter(pk__in=subjects, undone_at=None)
            .order_by("pk")
            .values_list("pk", "person")
        )
        phones = {
            row.person_id: row.number
            for row in Telephone.objects.filter(
                person__in=[person for _pk, person in rows], is_contact=True
            )
        }
    for place, (pk, person) in enumerate(rows):
        if person not in phones:
            continue
        try:
            providers.send_sms(
                phones[person],
                TOLD.format(help=settings.HELP_LINE),
                key=f"incident_told:{pk}",
                at=at,
            )
        except providers.Undelivered as trouble:
            rest = [waiting for waiting, _person in rows[place:]]
            outbox.postpone("incident_told", rest, at=at, delay=trouble.retry_after)
            return
        except providers.Undeliverable:
            continue


def _reporter(sender: Submission) -> Named:
    person = sender.person
    return Named(
        full_name=person.full_name if person else sender.full_name,
        born_on=sender.born_on.isoformat() if sender.born_on else "",
        number=sender.national_id,
        phones=frozenset(filter(None, [sender.phone])),
        person=person.surviving_id if person else None,
    )


def _rows(incident: Incident, people: Set[int]) -> Iterator[tuple[StagedRow, Named]]:
    """Yield the rows that may be about these people, a chunk in memory at a time.

    A row of somebody else on record is about none of them.
    """
    one = incident.session_list
    assert one is not None  # there is something to match
    after = 0
    while True:
        rows = one.staged.filter(place__gt=after, verdict__in=_SAY_A_DOSE)
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
            values = contents.unseal(row, of=one).row.values
            yield (
                row,
                Named(
                    full_name=values.full_name,
                    born_on=values.born_on,
                    number=values.id_number,
                    phones=frozenset(values.phones),
                    person=owner,
                ),
            )
