"""Inviting people whose word would let a rule act, before they complain.

A rule that misses nothing but what only the person can say: how the name is spelt. The
message does not say it; the person looks the record up as always
and types it, and what is proved is corrected at once (``foreseeing``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from complaints.actions import selfservice
from complaints.models import Campaign, CampaignBatch, Invitation
from complaints.rules.selfcorrection import guard
from complaints.rules.selfcorrection.facts import Facts
from complaints.rules.selfcorrection.rule import Edit, Operation, State
from portal.common import names, outbox
from portal.registry.models import Telephone

KIND: Final = "invite"
# Nobody is written to more than once a quarter (issue of self-correction, part 4): not
# twice in one, and not at the end of one and the beginning of the next.
APART: Final = timedelta(days=90)
# Rule -> the first condition that fails where nothing but a word is missing, and field.
_WORD: Final = {
    "A2": ("no_spelling_given", "full_name"),
}


def whose_words(facts: Facts, *, rules: Sequence[str]) -> list[str]:
    """Return the rules for which nothing but this person's word is missing.

    None of whom a guardrail forbids an automatic change.
    """
    wanted = [rule for rule in _WORD if rule in rules]
    return [rule for rule in wanted if _lacks_a_word(rule, facts)]


def invite(
    people: Mapping[int, str], *, batch: CampaignBatch, at: datetime
) -> list[Invitation]:
    """Owe a message to those who got none for 90 days, one for each telephone."""
    wanted = _with_own_telephone(sorted(people), at=at)
    rows = Invitation.objects.bulk_create(
        [
            Invitation(
                person_id=pk, quarter=quarter(at), rule=people[pk], batch=batch, at=at
            )
            for pk in wanted
        ]
    )
    if rows:
        outbox.add(KIND, [row.pk for row in rows], at=at)
    return rows


def still_meant(subjects: Sequence[int]) -> list[int]:
    """Return the invitations whose campaign was not stopped nor their batch undone."""
    rows = Invitation.objects.filter(pk__in=subjects, batch__undone_at=None)
    return list(
        rows.exclude(batch__campaign__state=Campaign.State.STOPPED)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def quarter(at: datetime) -> str:
    """Return the quarter of an instant here: 2026Q4."""
    day = timezone.localdate(at)
    return f"{day.year}Q{(day.month + 2) // 3}"


def _lacks_a_word(rule: str, facts: Facts) -> bool:
    reason, field = _WORD[rule]
    person = facts.person
    edit = Edit(Operation.PERSON, field, "", "")
    if guard.reason_against(facts, (edit,)) or not person.national_id:
        return False
    _facts, said = selfservice.judged(facts, rules=[rule], may_ask=False)
    misses = [o for o in said if o.state == State.MISSES and o.reason == reason]
    if not misses:
        return False
    bare = names.fold(person.full_name) == " ".join(person.full_name.lower().split())
    # One word without a mark may well be right: Nam, Lan, Kim.
    return bare and len(person.full_name.split()) > 1


def _with_own_telephone(people: Sequence[int], *, at: datetime) -> list[int]:
    """Return who may be written to: no two by one telephone, nobody written to lately.

    Families share a telephone; six messages at once would frighten.
    """
    contacts = Telephone.objects.filter(person__in=people, is_contact=True)
    mine = dict(contacts.values_list("person", "number_digest"))
    sharing = Telephone.objects.filter(
        number_digest__in=list(mine.values()), is_contact=True
    ).values_list("person", "number_digest")
    owners = dict(sharing)
    lately = Invitation.objects.filter(person__in=list(owners)).filter(
        at__gt=at - APART
    ) | Invitation.objects.filter(person__in=list(owners), quarter=quarter(at))
    taken = {bytes(owners[pk]) for pk in lately.values_list("person", flat=True)}
    chosen = []
    for pk in people:
        digest = bytes(mine.get(pk, b""))
        if digest and digest not in taken:
            taken.add(digest)
            chosen.append(pk)
    return chosen
