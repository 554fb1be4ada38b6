"""Staff helping a citizen: the citizen's own pages in the session of who helps.

The session keeps the staff member signed in and gets, for 20 minutes at most, what a
citizen's session holds. It is for one person: looking up another is closed meanwhile.
Every page of the person's that is shown leaves an entry with staff, body and purpose.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest

from portal.accounts.assurance import Level
from portal.accounts.models import Assistance, User
from portal.audit import record as audit
from portal.registry.models import Organization, Person

LIFETIME: Final = timedelta(minutes=20)
# What a citizen's session may hold; it ends with the help.
CITIZEN_KEYS: Final = (
    "alike",
    "assist",
    "contact_change",
    "drafts",
    "eid",
    "level",
    "pending",
    "person",
    "proof",
    "proved_at",
    "relation",
    "report_code",
    "submissions",
)


@dataclass(frozen=True)
class Current:
    """The help that goes on in a session."""

    pk: int
    user_id: int
    organization_id: int
    way: str
    purpose: str
    ends_at: datetime


def begin(
    request: HttpRequest,
    *,
    by: User,
    organization: Organization,
    way: str,
    purpose: str,
    document: str,
    person: Person | None,
    submissions: list[int],
    at: datetime,
) -> Assistance:
    """Open a citizen's session for somebody whom staff help; the help is written down.

    ``person``: the record to open, at the counter only, a document having been seen.
    """
    finish(request, at=at)
    help_given = Assistance.objects.create(
        user=by,
        organization=organization,
        way=way,
        person=person,
        document=document,
        purpose=purpose,
        opened_at=at,
        ends_at=at + LIFETIME,
    )
    facts: dict[str, Any] = {
        "assist": {
            "id": help_given.pk,
            "user": by.pk,
            "organization": organization.pk,
            "way": way,
            "purpose": purpose,
            "ends_at": help_given.ends_at.isoformat(),
        },
        "proved_at": at.isoformat(),
        "submissions": submissions,
    }
    if person is not None:
        facts |= {"person": person.pk, "level": Level.COUNTER}
    for name, value in facts.items():
        request.session[name] = value
    return help_given


def current(request: HttpRequest, *, at: datetime) -> Current | None:
    """Return the help that goes on; one that is over is ended here."""
    kept = request.session.get("assist")
    if kept is None:
        return None
    ends_at = datetime.fromisoformat(kept["ends_at"])
    signed_in = request.session.get("_auth_user_id")
    if at >= ends_at or signed_in != str(kept["user"]):
        finish(request, at=min(at, ends_at))
        return None
    return Current(
        pk=kept["id"],
        user_id=kept["user"],
        organization_id=kept["organization"],
        way=kept["way"],
        purpose=kept["purpose"],
        ends_at=ends_at,
    )


def finish(request: HttpRequest, *, at: datetime) -> None:
    """End the help: nothing of the citizen's stays in the session."""
    kept = request.session.get("assist")
    if kept is not None:
        Assistance.objects.filter(pk=kept["id"], ended_at=None).update(ended_at=at)
    for name in CITIZEN_KEYS:
        request.session.pop(name, None)


def of(request: HttpRequest) -> Current | None:
    """Return the help in whose course a view was called."""
    found: Current | None = getattr(request, "assist", None)
    return found


def way_of(request: HttpRequest) -> str:
    """Return how the citizen is here; "self" where nobody helps."""
    help_given = of(request)
    return help_given.way if help_given else "self"


def helper(request: HttpRequest) -> User | None:
    """Return the member of staff who helps in this session, if any."""
    return request.user if of(request) else None  # type: ignore[return-value]  # theirs


def note_look(request: HttpRequest, help_given: Current, *, at: datetime) -> None:
    """Write down that staff saw a page of the person whom they help."""
    person_id = request.session.get("person")
    match = request.resolver_match
    if person_id is None or match is None or match.namespace != "citizen":
        return
    audit.look_up(
        at=at,
        actor="staff",
        actor_id=help_given.user_id,
        person_id=person_id,
        subject="assistance",
        subject_id=help_given.pk,
        organization=help_given.organization_id,
        detail=f"{help_given.purpose}: {match.url_name}",
    )
