"""Inviting people whose word would let a rule act, before they complain.

A rule that misses nothing but what only the person can say: how the name is spelt; or
that finds day and month of birth swapped, which the person knows best ("is this your
birth date?"). The message says neither; the person looks the record up as always and
types it. What is proved is corrected at once (``foreseeing``); a birth date, which only
staff correct, stands before them with the person's word beside what the rule found.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from complaints.actions import selfservice
from complaints.models import Campaign, CampaignBatch, Invitation, Prepared
from complaints.rules.selfcorrection import guard, judging
from complaints.rules.selfcorrection.facts import Facts
from complaints.rules.selfcorrection.rule import Edit, Operation, State
from portal.common import names, outbox
from portal.registry.models import Telephone

KIND: Final = "invite"
# Nobody is written to more than once a quarter (issue of self-correction, part 4): not
# twice in one, and not at the end of one and the beginning of the next.
APART: Final = timedelta(days=90)


def whose_words(facts: Facts, *, rules: Sequence[str]) -> list[str]:
    """Return the rules for which nothing but this person's word is missing.

    None of whom a guardrail forbids an automatic change.
    """
    return [
        rule
        for rule, (field, lacks) in _WORD.items()
        if rule in rules
        and facts.person.national_id
        and not guard.reason_against(facts, (Edit(Operation.PERSON, field, "", ""),))
        and lacks(facts)
    ]


def invite(
    people: Mapping[int, str], *, batch: CampaignBatch, at: datetime
) -> list[Invitation]:
    """Owe a message to those who got none for 90 days, one for each telephone.

    To nobody of whom staff have decided the same already.
    """
    decided = Prepared.objects.filter(
        person__in=list(people), state__in=(Prepared.State.MADE, Prepared.State.REFUSED)
    )
    said = decided.values_list("person", "rule")
    known = {pk for pk, rule in said if people[pk] == rule}
    wanted = _with_own_telephone(sorted(people.keys() - known), at=at)
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


def _lacks_accents(facts: Facts) -> bool:
    """A2 lacks nothing but how the name is spelt."""
    _facts, said = selfservice.judged(facts, rules=["A2"], may_ask=False)
    name = facts.person.full_name
    bare = names.fold(name) == " ".join(name.lower().split())
    # One word without a mark may well be right: Nam, Lan, Kim.
    return (
        bare
        and len(name.split()) > 1
        and any(
            one.state == State.MISSES and one.reason == "no_spelling_given"
            for one in said
        )
    )


def _may_be_swapped(facts: Facts) -> bool:
    """B4 finds day and month of birth swapped: a person decides, this one knows."""
    _facts, said = selfservice.judged(facts, rules=["B4"], may_ask=False)
    return bool(judging.fired(said))


# Rule -> the field that a word is wanted of, and whether it is. The message of each is
# ``selfnotices.INVITED``.
_WORD: Final[Mapping[str, tuple[str, Callable[[Facts], bool]]]] = {
    "A2": ("full_name", _lacks_accents),
    "B4": ("born_on", _may_be_swapped),
}
RULES: Final = tuple(_WORD)


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
