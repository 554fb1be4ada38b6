"""The rules on invented people in the real registry: applied, taken back, all undone.

The measurement judges in memory; here a sample goes through the actions that run in
operation: reported or walked over, written with ledger rows, taken back by a person.
Every rule that changes something by itself is among them, the telephone by its page.
The whole is rolled back.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any, Final

from django.db import connection, transaction

from complaints.actions import (
    claimed,
    intake,
    proving,
    selfcorrection,
    selfservice,
    switches,
    telephones,
)
from complaints.actions.staging_ground import Ground, Placed
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
from complaints.rules.selfcorrection.labelled.mistakes import MISTAKES, write
from complaints.rules.selfcorrection.labelled.world import make
from complaints.rules.selfcorrection.labelled.written import Mistake, Written
from complaints.rules.selfcorrection.rule import Edit, Operation, Outcome, State, Tier
from complaints.rules.selfcorrection.table import AUTOMATIC
from portal.accounts import contact
from portal.accounts.models import ContactChange, User
from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect
from portal.registry.models import (
    Dose,
    IdentityDocument,
    NameAlias,
    Person,
    Telephone,
)

_TELEPHONE: Final = telephones.RULE
RULES: Final = tuple(rule for rule in AUTOMATIC if rule != _TELEPHONE)
_FIELDS: Final = ("full_name", "born_on", "sex", "phone", "national_id")
_DOSE_FIELDS: Final = ("given_on", "product", "lot", "site", "dose_number", "status")
# Of so many invented people one hundred and more have a mistake; in a small world
# hardly anybody has a lot on the same day as somebody else.
_MANY: Final = 20
_WORLD: Final = 2_000


@dataclass
class Rehearsal:
    """What came of it: people, changes written, how many right, how many undone.

    ``settled``: reports that were settled on the spot. ``others_changed``: after how
    many of the people anything was different on anybody else's record. ``restored``:
    records that were, once taken back, exactly as before. ``rules``: changes by rule.
    """

    people: int = 0
    settled: int = 0
    others_changed: int = 0
    changes: int = 0
    right: int = 0
    changed: int = 0
    restored: int = 0
    rules: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return the counts."""
        return asdict(self) | {"rules": dict(sorted(self.rules.items()))}


def rehearse(
    *,
    sample: int,
    seed: int,
    mistakes: tuple[Mistake, ...] = MISTAKES,
    at: datetime,
) -> Rehearsal:
    """Let rules act on a sample through the actions, take it back, keep nothing.

    Each of the sample has a mistake that a rule is for, or one to lead astray; how
    often each comes ``mistakes`` says. The registry's own people are not looked at,
    save that their numbers are taken.
    """
    found = Rehearsal()
    with scope.system(), transaction.atomic():
        switches.lock()
        world = make(people=max(sample * _MANY, _WORLD), seed=seed)
        ask = neighbour(world, Rates(), Random(seed + 2))
        by = User.objects.create(username=f"rehearsal-{uuid.uuid4().hex[:12]}")
        batch = own_batch(by, at=at)
        chance = Random(seed + 1)
        records = [write(world, n, chance, mistakes) for n in range(len(world.humans))]
        ground = Ground(world, records)
        for record in records:
            if found.people == sample:
                break
            if record.mistakes:
                _play(record, ground, ask, batch, by, found, at=at)
        transaction.set_rollback(True)
    return found


def _play(
    record: Written,
    ground: Ground,
    ask: Ask,
    batch: CampaignBatch,
    by: User,
    found: Rehearsal,
    *,
    at: datetime,
) -> None:
    try:
        with transaction.atomic():
            placed = ground.put(record, at=at)
    except CannotCorrect:
        # A number that cannot be recorded is none that a rule could mend.
        return
    found.people += 1
    person = placed.person
    before, others = snapshot(person.pk), _others(person.pk)
    found.settled += _report(record, placed, ask, at=at)
    _walk_over(person.pk, ask, batch, at=at)
    rows = list(SelfCorrection.objects.filter(person=person).order_by("pk"))
    right = [_became_right(row, record, placed) for row in rows]
    found.rules.update(row.rule for row in rows)
    # Behind the rest, as nothing else is automatic for three days after it.
    telephone = _change_telephone(record, person.pk, ask, at=at)
    if telephone is not None:
        right.append(telephone.new == record.new_phone)
        found.rules[_TELEPHONE] += 1
    found.others_changed += _others(person.pk) != others
    found.changes += len(right)
    found.right += sum(right)
    if not right:
        return
    found.changed += 1
    if telephone is not None:
        contact.stop(code=telephone.code, at=at)
    selfcorrection.take_back(list({row.whole for row in rows}), by=by, at=at)
    found.restored += snapshot(person.pk) == before


def _report(record: Written, placed: Placed, ask: Ask, *, at: datetime) -> int:
    """Send what the owner says; return how many reports were settled on the spot."""
    person = placed.person
    sender = intake.Sender(
        full_name=person.full_name,
        born_on=person.born_on,
        sex=person.sex,
        national_id=record.national_id,
        phone="+84900000000",
        person_id=person.pk,
    )
    matters = _matters(record, placed)
    if not matters:
        return 0
    sent = intake.submit(key=uuid.uuid4(), sender=sender, matters=matters, at=at)
    settled = 0
    for case in Complaint.objects.filter(submission=sent.submission).order_by("number"):
        facts = claimed.of_complaint(case, at=at)
        assert facts is not None
        facts, _said = asked(facts, ask, RULES)
        settled += len(selfservice.settle_now([case.pk], heard=facts.answers, at=at))
    return settled


def _matters(record: Written, placed: Placed) -> Sequence[intake.Matter]:
    """Return what the owner of a record reports of it."""
    own = {
        name: value
        for name, value in record.claims.items()
        if name in ("full_name", "national_id")
    }
    found = [intake.Matter(Kind.WRONG_PERSON, own)] if own else []
    truth = {dose.key: dose for dose in record.given}
    for dose in record.doses:
        is_true = truth.get(dose.key)
        if is_true is None and dose.entry != "service":
            found.append(
                intake.Matter(
                    Kind.DOUBLED_DOSE, {"dose": "void"}, dose_id=placed.keys[dose.key]
                )
            )
        elif is_true is not None and is_true.number != dose.number:
            found.append(
                intake.Matter(
                    Kind.WRONG_DOSE,
                    {"dose_number": str(is_true.number)},
                    dose_id=placed.keys[dose.key],
                )
            )
    return found[: intake.MOST_MATTERS]


def _walk_over(person_id: int, ask: Ask, batch: CampaignBatch, *, at: datetime) -> None:
    """Apply what a campaign would."""
    facts, said = asked(proving.of_people([person_id], at=at)[person_id], ask, RULES)
    for outcome in judging.fired(said, Tier.A):
        selfcorrection.apply(
            person_id,
            outcome,
            province=None,
            batch=batch,
            answers=facts.answers,
            at=at,
        )


def _change_telephone(
    record: Written, person_id: int, ask: Ask, *, at: datetime
) -> ContactChange | None:
    """Change the telephone as its page does, where the rule for it says so."""
    if not record.new_phone:
        return None
    facts = replace(
        proving.of_people([person_id], at=at)[person_id],
        claims={"phone": record.new_phone},
        proved_phones=record.proved_phones,
    )
    _facts, said = asked(facts, ask, [_TELEPHONE])
    if not judging.fired(said, Tier.A):
        return None
    try:
        return telephones.change(
            person_id=person_id,
            phone=record.new_phone,
            way=ContactChange.Way.BOTH_PHONES,
            language="vi",
            at=at,
        )
    except contact.CannotChange:
        # Switched off, or its cap is reached: the page would not change it either.
        return None


def asked(facts: Facts, ask: Ask, rules: Sequence[str]) -> tuple[Facts, list[Outcome]]:
    """Return facts with all that the population database says, and the rules' word."""
    while True:
        said = judging.judge(facts, rules=rules)
        wanted = {o.question for o in said if o.state == State.ASKS and o.question}
        if not wanted:
            return facts, said
        heard = {
            question: _now(ask(question), facts) for question in sorted(wanted, key=str)
        }
        facts = replace(facts, answers={**facts.answers, **heard})


def _now(said: Said | None, facts: Facts) -> Said | None:
    return None if said is None else replace(said, at=facts.at)


def _became_right(row: SelfCorrection, record: Written, placed: Placed) -> bool:
    """Tell whether a change that was written is the truth."""
    before, after = row.correction.before, row.correction.after
    if row.place == "alias":
        kept = [name.partition(":")[2] for name in after if name.startswith("number:")]
        return set(kept) <= {record.human.number, record.human.old_number}
    place, _colon, name = row.place.rpartition(":")
    operation, target = Operation.PERSON, 0
    if place:
        target = placed.told[int(place.partition(":")[2])]
        operation = Operation.VOID if name == "status" else Operation.DOSE
    edit = Edit(operation, name, before.get(name, ""), after.get(name, ""), target)
    return is_right(record, edit)


def own_batch(by: User, *, at: datetime) -> CampaignBatch:
    """Return a batch under which changes are written that nobody reported."""
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


def snapshot(person_id: int) -> tuple[Any, ...]:
    """Return all that a rule could have changed of a record, its doses too.

    With what follows from it: the keys by which it is found, what the population
    database said of it, the lot that a number names.
    """
    person = Person.objects.get(pk=person_id)
    documents = IdentityDocument.objects.filter(person=person_id, is_void=False)
    telephones = Telephone.objects.filter(person=person_id, is_void=False)
    aliases = NameAlias.objects.filter(person=person_id, is_void=False)
    doses = Dose.objects.filter(person=person_id).select_related("product", "site")
    return (
        (person.merged_into_id, person.status, person.is_restricted),
        (person.name_key, person.name_folded, person.sort_key, person.residence_id),
        (person.population, person.population_wrong),
        [corrections.read_person(person, name) for name in _FIELDS],
        sorted((document.number, document.is_current) for document in documents),
        sorted((one.number, one.is_contact) for one in telephones),
        sorted(alias.full_name for alias in aliases),
        [
            (
                *(dose.pk, dose.origin_id, dose.lot_id, dose.name_recorded),
                *(dose.source, dose.country, *map(_fact_of(dose), _DOSE_FIELDS)),
            )
            for dose in doses.order_by("pk")
        ],
    )


# A change of a number, telephone or name is one of its person's version, too.
_OTHERS: Final = """
SELECT count(*), sum(hashtextextended(format('%%s %%s %%s', id, version, status), 0))
FROM registry_person WHERE id <> %(person)s
UNION ALL
SELECT count(*), sum(hashtextextended(
  format('%%s %%s %%s %%s', id, version, status, person_id), 0))
FROM registry_dose WHERE person_id IS DISTINCT FROM %(person)s
"""


def _others(person_id: int) -> list[tuple[int, int]]:
    """Return a digest of everybody's record but one, and of the doses of nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS, {"person": person_id})
        return cursor.fetchall()


def _fact_of(dose: Dose) -> Callable[[str], str]:
    return lambda name: (
        dose.status if name == "status" else corrections.read_dose(dose, name)
    )
