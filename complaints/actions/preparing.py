"""What rules of tier B find is put before staff, and nothing is changed by it.

For a report as soon as it is with somebody; for everybody else by a campaign. What is
decided of it is ``actions.prepared``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q

from complaints.actions import (
    certified,
    claimed,
    doubles,
    orphans,
    proving,
    routing,
    selfcorrection,
    selfservice,
    switches,
)
from complaints.choices import OPEN, Field, Kind
from complaints.models import CampaignBatch, Complaint, Prepared, RuleSwitch
from complaints.rules.selfcorrection import guard, judging
from complaints.rules.selfcorrection.facts import Facts
from complaints.rules.selfcorrection.rule import Edit, Operation, Outcome, State
from complaints.rules.selfcorrection.table import (
    OF_DOUBLED,
    OF_MISSING,
    OF_OTHERS,
    OF_SPLIT,
)
from complaints.rules.selfcorrection.table import RULES as TABLE
from portal.common import crypto, outbox, scope
from portal.common.objects import StoreFailed
from portal.registry.models import Dose, Organization, Person, PopulationInquiry
from portal.registry.population import inquiries, neighbour
from portal.registry.population.protocol import MOST, Question

KIND: Final = "prepare"
OF_DOSES: Final = ("B1", "B2", "B3")
OF_PEOPLE: Final = ("B4",)
# Those that a campaign can ask. What is missing nobody knows before it is reported;
# without a report, pairs are found and put forward by ``registry.proposals``.
RULES: Final = (*OF_DOSES, *OF_PEOPLE)
OF_REPORTS: Final = (*OF_MISSING, *OF_DOUBLED, *OF_SPLIT)
EVERY: Final = (*RULES, *OF_REPORTS)
_BY_KIND: Final = {
    Kind.MISSING_DOSE: OF_MISSING,
    Kind.WRONG_DOSE: OF_DOSES,
    Kind.DOUBLED_DOSE: OF_DOUBLED,
    Kind.WRONG_PERSON: OF_PEOPLE,
    Kind.SPLIT_RECORD: OF_SPLIT,
}
# Staff look at the case within hours; the neighbour may be away for a while.
PATIENCE: Final = timedelta(minutes=30)
_ROUNDS: Final = 3
STORE_AWAY: Final = timedelta(minutes=1)

Purpose = PopulationInquiry.Purpose


@dataclass(frozen=True)
class Found:
    """A change that a rule would make to somebody's record, and what it rests on."""

    person_id: int
    rule: str
    edit: Edit
    ground: dict[str, Any]


def owe(ids: Sequence[int], *, at: datetime) -> None:
    """Owe a look at those of these reports about which rules of tier B may say much."""
    if not ids:
        return
    cases = Complaint.objects.filter(
        pk__in=ids,
        kind__in=_BY_KIND,
        status__in=OPEN,
        submission__person__isnull=False,
    ).exclude(kind__in=(Kind.WRONG_DOSE, Kind.DOUBLED_DOSE), dose=None)
    # Most missing doses stand nowhere: nobody has to look for those.
    cases = cases.filter(~Q(kind=Kind.MISSING_DOSE) | orphans.there_are())
    with scope.system():
        meant = sorted(cases.values_list("pk", flat=True))
        if meant:
            outbox.add(KIND, meant, at=at)


def look_at(subjects: Sequence[int], *, at: datetime) -> None:
    """Prepare what rules find for these reports. The outbox's handler; repeatable.

    Where the store of photos is away, reports are owed again: a certificate that cannot
    be read may say otherwise.
    """
    with scope.system():
        cases = list(
            Complaint.objects.filter(pk__in=subjects, status__in=OPEN)
            .select_related("submission__person", "holder")
            .prefetch_related("claims")
            .order_by("pk")
        )
        people = {
            case.pk: case.submission.person.surviving_id
            for case in cases
            if case.submission.person is not None
        }
        recorded = proving.of_people(sorted(set(people.values())), at=at)
        for place, case in enumerate(cases):
            facts = recorded.get(people.get(case.pk, 0))
            if facts is None:
                continue
            try:
                _look_at(case, people[case.pk], facts, at=at)
            except StoreFailed:
                rest = [left.pk for left in cases[place:]]
                # Other handlers look at reports too, for which nothing is owed yet.
                outbox.add(KIND, rest, at=at, delay=STORE_AWAY)
                outbox.postpone(KIND, rest, at=at, delay=STORE_AWAY)
                return


def look_for_owners(subjects: Sequence[int], *, at: datetime) -> None:
    """Look again at reports that a dose may be missing in which came to be nobody's.

    It came after the report: with a late list, or taken off another record. The
    outbox's handler; repeatable.
    """
    with scope.system():
        look_at(orphans.lacking(subjects), at=at)


def go_on(inquiry_ids: Sequence[int], *, at: datetime) -> None:
    """Go on with reports whose questions are answered or nobody answers."""
    about = PopulationInquiry.objects.filter(
        pk__in=inquiry_ids, purpose=Purpose.PREPARE
    ).values_list("about", flat=True)
    look_at(sorted(set(about)), at=at)


def with_report(
    case: Complaint, person_id: int, facts: Facts, *, at: datetime
) -> Facts:
    """Return the facts of a record with what a report claims and may be about.

    Those are for staff alone: doses on nobody's record, other records of the person.
    With it the doses that certificates on its photos prove.
    """
    said = {claim.field: claim.claimed for claim in case.claims.all()}
    facts = claimed.with_claims(facts, case.kind, said, dose_id=case.dose_id)
    if case.kind == Kind.WRONG_DOSE:
        return replace(facts, certificates=certified.of_report(case, facts.person))
    if case.kind == Kind.MISSING_DOSE:
        near = orphans.near(case, person_id, facts.person.full_name)
        return replace(facts, orphans=near)
    if case.kind == Kind.SPLIT_RECORD:
        return replace(facts, doubles=doubles.of(person_id, at=at))
    return facts


def found_in(person_id: int, facts: Facts, rules: Sequence[str]) -> list[Found]:
    """Return what these rules would change of a record; nothing is asked."""
    _facts, said = selfservice.judged(facts, rules=rules, may_ask=False)
    return [
        Found(person_id, outcome.rule, outcome.edits[0], ground_of(facts, outcome))
        for outcome in judging.fired(said)
    ]


def ground_of(facts: Facts, outcome: Outcome) -> dict[str, Any]:
    """Return what a change rests on, in counts and codes; nothing personal."""
    edit = outcome.edits[0]
    ground: dict[str, Any] = {
        "proofs": [[str(proof.kind), proof.source] for proof in outcome.proofs]
    }
    dose = next((d for d in facts.counting if d.key == edit.target), None)
    if dose is None or edit.operation != Operation.DOSE:
        return ground
    after = {edit.field: edit.after}
    day = after.get("given_on", dose.given_on.isoformat())
    lot, product = after.get("lot", dose.lot), after.get("product", dose.product)
    if edit.field == "given_on":
        others = facts.days.get((dose.site, dose.lot), {})
        n = sum(count for on, count in others.items() if on.isoformat() == day)
    else:
        n = facts.sessions.get((dose.site, dose.given_on), {}).get((lot, product), 0)
    return ground | {"lot": lot, "product": product, "day": day, "others": n}


def decided() -> dict[str, dict[str, int]]:
    """Return by rule how much waits, was recorded and was refused, nationwide."""
    with scope.system():
        rows = Prepared.objects.values("rule").annotate(
            waiting=Count("pk", Q(state__in=("open", "signing"))),
            made=Count("pk", Q(state="made")),
            refused=Count("pk", Q(state="refused")),
        )
        return {
            row["rule"]: {name: row[name] for name in ("waiting", "made", "refused")}
            for row in rows.order_by("rule")
        }


def keep(
    found: Sequence[Found],
    *,
    complaint: Complaint | None = None,
    batch: CampaignBatch | None = None,
    at: datetime,
) -> int:
    """Put what was found before whoever answers for it; return how much is new.

    What was put forward once is not again, whatever became of it. What waits already
    is brought beside the ``complaint`` about it, and so is what nobody decided before
    the report that it went with had ended, or the record was another one for a while.
    """
    rows = Prepared.objects.filter(person__in={one.person_id for one in found})
    if complaint is not None:
        # Not joined: a report that it came to go with meanwhile would not be there.
        rows = rows.select_for_update().prefetch_related("complaint")
    known = {(row.person_id, row.place, row.rule): row for row in rows}
    fresh, again = [], []
    for one in found:
        row = known.get((one.person_id, one.edit.place, one.rule))
        if row is None:
            fresh.append(one)
        elif complaint is None and row.state == Prepared.State.OPEN:
            again.append(row.pk)
        elif complaint is not None and _is_free(row):
            _seal(row, one)
            row.complaint, row.ground, row.seen_at = complaint, one.ground, at
            row.save(update_fields=["complaint", "ground", "seen_at", "edit_sealed"])
            open_again([row])
    Prepared.objects.filter(pk__in=again).update(seen_at=at)
    if complaint is not None:
        bodies = [complaint.holder] * len(fresh)
    else:
        bodies = bodies_of(fresh, at=at) if fresh else []
    Prepared.objects.bulk_create(
        [
            _row(one, body, complaint, batch, at=at)
            for one, body in zip(fresh, bodies, strict=True)
        ],
        # Another process may have looked at the same record meanwhile.
        ignore_conflicts=True,
    )
    return len(fresh)


def _is_free(row: Prepared) -> bool:
    """Tell whether a row may go with a report: undecided, and with no open one."""
    if row.state == Prepared.State.GONE:
        return True
    is_undecided = row.state in (Prepared.State.OPEN, Prepared.State.SIGNING)
    if row.complaint is None:
        return row.state == Prepared.State.OPEN
    return is_undecided and row.complaint.status not in OPEN


def _look_at(case: Complaint, person_id: int, facts: Facts, *, at: datetime) -> None:
    facts = with_report(case, person_id, facts, at=at)
    wanted = _BY_KIND.get(Kind(case.kind), ())
    if wanted == OF_PEOPLE and Field.BORN_ON not in facts.claims:
        wanted = ()
    rules, _off = switches.in_force(
        wanted,
        province=selfcorrection.province_of(person_id),
        use=RuleSwitch.Use.REPORT,
        at=at,
    )
    if not rules:
        return
    asked = list(
        PopulationInquiry.objects.filter(about=case.pk, purpose=Purpose.PREPARE)
    )
    facts = replace(facts, answers=selfservice.said_in(asked))
    if any(row.answered_at is None and row.due_at > at for row in asked):
        return
    questions = questions_of(facts, rules)
    if questions and neighbour.is_set_up() and len(asked) < _ROUNDS:
        inquiries.open_one(
            about=case.pk,
            purpose=Purpose.PREPARE,
            round_=len(asked) + 1,
            questions=questions,
            due_at=at + PATIENCE,
            at=at,
        )
        return
    found = [
        one
        for one in found_in(person_id, facts, rules)
        if one.rule in OF_OTHERS or one.edit.target in (0, case.dose_id)
    ]
    if found:
        # Other open reports may be about the same field; this one is what it is for.
        beside = proving.of_people([person_id], but_complaint=case.pk, at=at)[person_id]
        found = [one for one in found if not guard.reason_to_decide(beside, one.edit)]
    keep(found, complaint=case, at=at)
    # What was asked is kept no longer than it is needed.
    PopulationInquiry.objects.filter(about=case.pk, purpose=Purpose.PREPARE).delete()


def open_again(rows: Iterable[Prepared]) -> None:
    """Put rows forward again whose decision was taken back."""
    for row in rows:
        row.state, row.correction = Prepared.State.OPEN, None
        row.proposed_by = row.decided_by = row.decided_at = None
        row.save(
            update_fields=[
                "state",
                "correction",
                "proposed_by",
                "decided_by",
                "decided_at",
            ]
        )


def questions_of(facts: Facts, rules: Sequence[str]) -> list[Question]:
    """Return what these rules would ask the population database of a record."""
    _facts, said = selfservice.judged(facts, rules=rules, may_ask=True)
    wanted = {o.question for o in said if o.state == State.ASKS and o.question}
    return sorted(wanted, key=inquiries.vars_of)[:MOST]


def bodies_of(found: Sequence[Found], *, at: datetime) -> list[Organization]:
    """Return who answers for each: the dose's site, for a person the residence."""
    doses = {one.edit.target for one in found if one.edit.target}
    sites: dict[int, int] = dict(
        Dose.objects.filter(pk__in=doses).values_list("pk", "site_id")
    )
    homes: dict[int, str | None] = dict(
        Person.objects.filter(pk__in={one.person_id for one in found}).values_list(
            "pk", "residence__code"
        )
    )
    waiting = [
        routing.Waiting(
            place,
            Kind.WRONG_DOSE if one.edit.target else Kind.WRONG_PERSON,
            sites.get(one.edit.target),
            "",
            None,
            homes.get(one.person_id),
        )
        for place, one in enumerate(found)
    ]
    answering = routing.foresee(waiting, at=at)
    rows = Organization.objects.in_bulk({body.id for body, _ in answering.values()})
    return [rows[answering[one.pk][0].id] for one in waiting]


def _row(
    one: Found,
    body: Organization,
    complaint: Complaint | None,
    batch: CampaignBatch | None,
    *,
    at: datetime,
) -> Prepared:
    row = Prepared(
        rule=one.rule,
        version=TABLE[one.rule].version,
        person_id=one.person_id,
        place=one.edit.place,
        ground=one.ground,
        organization=body,
        path=body.path,
        complaint=complaint,
        batch=batch,
        found_at=at,
        seen_at=at,
    )
    _seal(row, one)
    return row


def _seal(row: Prepared, one: Found) -> None:
    row.edit_sealed = crypto.seal_json(
        {
            "operation": str(one.edit.operation),
            "field": one.edit.field,
            "target": str(one.edit.target),
            "before": one.edit.before,
            "after": one.edit.after,
        },
        bound_to=f"prepared:{row.ref}",
    )
