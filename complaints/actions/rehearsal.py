"""The rules on invented people in the real registry: applied, taken back, all undone.

The measurement judges in memory; here a sample goes through the actions that run in
operation: reported or walked over, written with ledger rows, taken back by a person.
The whole is rolled back. Of tier A what concerns the person; doses need sessions that
the registry does not have.
"""

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, Final

from django.db import transaction

from complaints.actions import (
    claimed,
    intake,
    proving,
    selfcorrection,
    selfservice,
    switches,
)
from complaints.choices import Kind
from complaints.models import Campaign, CampaignBatch, Complaint, SelfCorrection
from complaints.rules.selfcorrection import judging
from complaints.rules.selfcorrection.facts import Facts, Said
from complaints.rules.selfcorrection.labelled.measurement import (
    Ask,
    Rates,
    is_right,
    neighbour,
)
from complaints.rules.selfcorrection.labelled.mistakes import Written, write
from complaints.rules.selfcorrection.labelled.world import make
from complaints.rules.selfcorrection.rule import Edit, Operation, Outcome, State, Tier
from portal.accounts.models import User
from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, Warrant
from portal.registry.models import IdentityDocument, NameAlias, Person

RULES: Final = ("A1", "A2", "A3", "A4")
_WARRANT: Final = Warrant("import", "rehearsal")
_FIELDS: Final = ("full_name", "born_on", "sex", "phone", "national_id")
# Of so many invented people one hundred and more have a mistake of the person.
_MANY: Final = 20


@dataclass
class Rehearsal:
    """What came of it: people, changes written, how many right, how many undone.

    ``restored``: records that were, once taken back, exactly as before.
    """

    people: int = 0
    settled: int = 0
    changes: int = 0
    right: int = 0
    changed: int = 0
    restored: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the counts."""
        return asdict(self)


def rehearse(*, sample: int, seed: int, at: datetime) -> Rehearsal:
    """Let rules act on a sample through the actions, take it back, keep nothing.

    Each of the sample has a mistake that a rule is for, or one to lead astray. The
    registry's own people are not looked at, save that their numbers are taken.
    """
    found = Rehearsal()
    with scope.system(), transaction.atomic():
        switches.lock()
        world = make(people=sample * _MANY, seed=seed)
        ask = neighbour(world, Rates(), Random(seed + 2))
        by = User.objects.create(username=f"rehearsal-{uuid.uuid4().hex[:12]}")
        batch = _batch(by, at=at)
        chance = Random(seed + 1)
        written = (write(world, n, chance) for n in range(len(world.humans)))
        for record in written:
            if found.people == sample:
                break
            if record.mistakes and not (record.missing or record.new_phone):
                _play(record, ask, batch, by, found, at=at)
        transaction.set_rollback(True)
    return found


def _play(
    record: Written,
    ask: Ask,
    batch: CampaignBatch,
    by: User,
    found: Rehearsal,
    *,
    at: datetime,
) -> None:
    try:
        with transaction.atomic():
            person, _added = corrections.add_person(
                {
                    "full_name": record.full_name,
                    "born_on": record.born_on,
                    "sex": record.sex,
                    "national_id": record.national_id,
                },
                warrant=_WARRANT,
                at=at,
            )
    except CannotCorrect:
        # A number that cannot be recorded is none that a rule could mend.
        return
    found.people += 1
    before = _snapshot(person.pk)
    if {"full_name", "national_id"} >= record.claims.keys() != set():
        found.settled += _report(record, person, ask, at=at)
    else:
        _walk_over(record, person.pk, ask, batch, at=at)
    rows = list(SelfCorrection.objects.filter(person=person).order_by("pk"))
    found.changes += len(rows)
    found.right += sum(_became_right(row, record) for row in rows)
    if rows:
        found.changed += 1
        selfcorrection.take_back(list({row.whole for row in rows}), by=by, at=at)
        found.restored += _snapshot(person.pk) == before


def _report(record: Written, person: Person, ask: Ask, *, at: datetime) -> bool:
    """Send what the owner says; tell whether it was settled on the spot."""
    sender = intake.Sender(
        full_name=person.full_name,
        born_on=person.born_on,
        sex=person.sex,
        national_id=record.national_id,
        phone="+84900000000",
        person_id=person.pk,
    )
    matter = intake.Matter(Kind.WRONG_PERSON, dict(record.claims))
    sent = intake.submit(key=uuid.uuid4(), sender=sender, matters=[matter], at=at)
    (case,) = Complaint.objects.filter(submission=sent.submission)
    facts = claimed.of_complaint(case, at=at)
    assert facts is not None
    facts, _said = _asked(facts, ask)
    return bool(selfservice.settle_now([case.pk], heard=facts.answers, at=at))


def _walk_over(
    record: Written, person_id: int, ask: Ask, batch: CampaignBatch, *, at: datetime
) -> None:
    """Apply what a campaign would."""
    _facts, said = _asked(proving.of_people([person_id], at=at)[person_id], ask)
    for outcome in judging.fired(said, Tier.A):
        selfcorrection.apply(person_id, outcome, province=None, batch=batch, at=at)


def _asked(facts: Facts, ask: Ask) -> tuple[Facts, list[Outcome]]:
    """Return facts with all that the population database says, and the rules' word."""
    while True:
        said = judging.judge(facts, rules=RULES)
        wanted = {o.question for o in said if o.state == State.ASKS and o.question}
        if not wanted:
            return facts, said
        heard = {
            question: _now(ask(question), facts) for question in sorted(wanted, key=str)
        }
        facts = replace(facts, answers={**facts.answers, **heard})


def _now(said: Said | None, facts: Facts) -> Said | None:
    return None if said is None else replace(said, at=facts.at)


def _became_right(row: SelfCorrection, record: Written) -> bool:
    """Tell whether a change that was written is the truth."""
    after = row.correction.after
    if row.place == "alias":
        kept = [name.partition(":")[2] for name in after if name.startswith("number:")]
        return set(kept) <= {record.human.number, record.human.old_number}
    edit = Edit(
        Operation.PERSON,
        row.place,
        row.correction.before.get(row.place, ""),
        after.get(row.place, ""),
    )
    return is_right(record, edit)


def _batch(by: User, *, at: datetime) -> CampaignBatch:
    campaign = Campaign.objects.create(
        rules=list(RULES),
        cap=0,
        state=Campaign.State.FINISHED,
        started_by=by,
        started_at=at,
        ended_at=at,
        last_person=0,
        total=0,
    )
    return CampaignBatch.objects.create(
        campaign=campaign, people=[], size=0, planned_at=at, done_at=at
    )


def _snapshot(person_id: int) -> tuple[Any, ...]:
    """Return all that a rule of the person could have changed."""
    person = Person.objects.get(pk=person_id)
    documents = IdentityDocument.objects.filter(person=person_id, is_void=False)
    aliases = NameAlias.objects.filter(person=person_id, is_void=False)
    return (
        [corrections.read_person(person, name) for name in _FIELDS],
        sorted((document.number, document.is_current) for document in documents),
        sorted(alias.full_name for alias in aliases),
    )
