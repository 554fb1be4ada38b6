"""Other records that may be the same person's, as matching grades them (rule B7).

For staff only: a citizen never learns that such a record exists before it is theirs.
"""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from complaints.rules.selfcorrection import facts as told
from portal.registry.matching import rarity, weights
from portal.registry.matching.blocks import load
from portal.registry.matching.doubles import split_people
from portal.registry.models import Proposal


def of(person_id: int, *, at: datetime) -> tuple[told.Double, ...]:
    """Return the records that certainly or probably are this person's, likeliest first.

    Without those of which staff said that they are somebody else's, and those that are
    restricted. None before the weights of matching are in force.
    """
    try:
        in_force = weights.in_force(timezone.localdate(at))
    except LookupError:
        return ()
    found = split_people([person_id], weights=in_force, shares=rarity.current())
    grades = {
        (pair.other_id if pair.person_id == person_id else pair.person_id): (
            pair.judgement.grade
        )
        for pair in found
        if pair.judgement.grade in ("certain", "probable")
    }
    facts = load(grades.keys() - _refused(person_id))
    return tuple(
        told.Double(pk, grade, facts[pk].full_name, facts[pk].numbers)
        for pk, grade in grades.items()
        if pk in facts and not facts[pk].is_restricted
    )


def _refused(person_id: int) -> set[int]:
    """Return of whom staff said already that they are another person."""
    rows = Proposal.objects.filter(
        Q(person=person_id) | Q(other_person=person_id),
        kind=Proposal.Kind.PEOPLE,
        state=Proposal.State.REFUSED,
    )
    pairs = rows.values_list("person", "other_person")
    return {pk for pair in pairs for pk in pair if pk is not None} - {person_id}
