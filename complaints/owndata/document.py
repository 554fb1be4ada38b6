"""One's own data as a page to print; a PDF is that page, where Pango is present."""

from datetime import datetime
from typing import Any, Final

from django.template.loader import render_to_string

from complaints.models import DataRequest, Submission
from complaints.owndata import looks
from portal.common import pdf
from portal.registry import identity
from portal.registry.models import IdentityDocument, Telephone

TEMPLATE: Final = "citizen/own_data_print.html"
# A row of a table costs 7 ms of a processor (ux paper, section 4): the newest ones.
MOST_ROWS: Final = 200


def context(person_id: int, *, at: datetime, today: Any) -> dict[str, Any]:
    """Return what the page to print shows. All rows must be open."""
    people = looks.people_of(person_id)
    person, _number = identity.opened(person_id)
    rows = looks.entries(people, before=None, limit=MOST_ROWS + 1)
    return {
        "person": person,
        "made_at": at,
        "numbers": list(
            IdentityDocument.objects.filter(person__in=people).order_by("pk")
        ),
        "telephones": list(
            Telephone.objects.filter(person__in=people, is_void=False).order_by("pk")
        ),
        "doses": identity.record(person_id, on=today),
        "reports": list(
            Submission.objects.filter(person__in=people)
            .prefetch_related("complaints")
            .order_by("-pk")[:MOST_ROWS]
        ),
        "requests": list(
            DataRequest.objects.filter(person__in=people).order_by("-pk")[:MOST_ROWS]
        ),
        "looks": looks.in_words(rows[:MOST_ROWS]),
        "has_more": len(rows) > MOST_ROWS,
        "most": MOST_ROWS,
    }


def drawn(facts: dict[str, Any]) -> bytes:
    """Return the page to print as PDF; only where ``pdf.is_available``."""
    return pdf.render(render_to_string(TEMPLATE, facts | {"is_pdf": True}))
