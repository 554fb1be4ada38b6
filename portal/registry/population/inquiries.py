"""One question on whose answer a complaint waits, and for how long at most."""

from datetime import datetime, timedelta
from typing import Final

from portal.common import crypto, outbox
from portal.registry.models import IdentityDocument, Person, PopulationInquiry

# A citizen's complaint is routed within a minute whatever fails (trust paper, section
# D); half of it may be spent on hoping for an answer.
PATIENCE: Final = timedelta(seconds=30)


def open_one(
    *, about: int, person: Person, claimed: str, at: datetime
) -> PopulationInquiry:
    """Owe the question whether a claimed number fits a person; once per complaint.

    ``inquiry_due`` follows when the answer is there, and at the end of patience
    whatever happened: nobody waits for a neighbour that is silent.
    """
    inquiry, is_new = PopulationInquiry.objects.get_or_create(
        about=about,
        defaults={
            "person": person,
            "claimed_sealed": crypto.seal(claimed, bound_to=f"inquiry:{about}"),
            "asked_at": at,
            "due_at": at + PATIENCE,
        },
    )
    if is_new:
        outbox.add("inquiry", [inquiry.pk], at=at)
        outbox.add("inquiry_due", [inquiry.pk], at=at, delay=PATIENCE)
    return inquiry


def claimed_number(inquiry: PopulationInquiry) -> str:
    """Return the number in clear."""
    return crypto.unseal(inquiry.claimed_sealed, bound_to=f"inquiry:{inquiry.about}")


def is_used_by_another(number: str, *, person_id: int) -> bool:
    """Tell whether another person has this number on record."""
    return (
        IdentityDocument.objects.filter(
            number_digest__in=crypto.digests("national_id", number), is_void=False
        )
        .exclude(person_id=person_id)
        .exclude(person__merged_into=person_id)
        .exclude(person__status=Person.Status.ENTERED_IN_ERROR)
        .exists()
    )
