"""Staff helping a citizen: the citizen's own pages in the session of who helps.

The session keeps the staff member signed in and gets what a citizen's session holds,
until nothing is opened for 20 minutes, an hour at most. It is for one person: looking
up another is closed meanwhile. A report that was begun can be gone on with for a day
by the same member of staff, once the same person has shown a document again.
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

REST: Final = timedelta(minutes=20)
LONGEST: Final = timedelta(hours=1)
# As long as a draft is kept.
DRAFTS_KEPT: Final = timedelta(hours=24)
# Written at most once a minute: a session is one more statement on each page.
_STEP: Final = timedelta(minutes=1)
# What a citizen's session may hold; it ends with the help.
CITIZEN_KEYS: Final = (
    "alike",
    "assist",
    "contact_change",
    "contact_stopped",
    "contact_taken",
    "drafts",
    "eid",
    "left_draft",
    "left_typed",
    "left_way",
    "level",
    "own",
    "pending",
    "photo_refused",
    "person",
    "proof",
    "proved_at",
    "relation",
    "report_codes",
    "resumed",
    "submissions",
)
# Which draft was asked for after the help had ended, and what was sent for it.
_SENT_LATE: Final = ("left_draft", "left_typed", "left_way")


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
    What the same member of staff began with this person is open again, and what was
    sent for it after the last help had ended is at hand still.
    """
    late = {name: request.session.get(name) for name in _SENT_LATE}
    finish(request, at=at)
    begun = _begun_with(person, by=by, at=at)
    help_given = Assistance.objects.create(
        user=by,
        organization=organization,
        way=way,
        person=person,
        document=document,
        purpose=purpose,
        opened_at=at,
        ends_at=at + REST,
        drafts=begun,
    )
    facts: dict[str, Any] = {
        "assist": {
            "id": help_given.pk,
            "user": by.pk,
            "organization": organization.pk,
            "way": way,
            "purpose": purpose,
            "opened_at": at.isoformat(),
            "ends_at": help_given.ends_at.isoformat(),
        },
        "proved_at": at.isoformat(),
        "submissions": submissions,
    }
    if person is not None:
        facts |= {"person": person.pk, "level": Level.COUNTER}
    if begun:
        facts["drafts"] = begun
    if late["left_draft"] in begun:
        facts |= {name: value for name, value in late.items() if value}
    for name, value in facts.items():
        request.session[name] = value
    return help_given


def _begun_with(person: Person | None, *, by: User, at: datetime) -> list[str]:
    """Return the keys of reports begun with a person today; who is unknown has none."""
    if person is None:
        return []
    rows = Assistance.objects.filter(
        user=by, person=person, opened_at__gt=at - DRAFTS_KEPT
    ).order_by("pk")
    kept = rows.values_list("drafts", flat=True)
    return list(dict.fromkeys(key for keys in kept for key in keys))


def note_draft(request: HttpRequest, key: str) -> None:
    """Remember a report that was begun while staff help; else do nothing."""
    help_given = of(request)
    if help_given is not None:
        row = Assistance.objects.get(pk=help_given.pk)
        row.drafts = list(dict.fromkeys([*row.drafts, key]))
        row.save(update_fields=["drafts"])


def current(request: HttpRequest, *, at: datetime) -> Current | None:
    """Return the help that goes on, which lasts longer by being used.

    One that is over is ended here.
    """
    kept = request.session.get("assist")
    if kept is None:
        return None
    ends_at = datetime.fromisoformat(kept["ends_at"])
    signed_in = request.session.get("_auth_user_id")
    if at >= ends_at or signed_in != str(kept["user"]):
        finish(request, at=min(at, ends_at))
        return None
    ends_at = _prolonged(request, kept, at=at)
    return Current(
        pk=kept["id"],
        user_id=kept["user"],
        organization_id=kept["organization"],
        way=kept["way"],
        purpose=kept["purpose"],
        ends_at=ends_at,
    )


def _prolonged(request: HttpRequest, kept: dict[str, Any], *, at: datetime) -> datetime:
    """Let a help that is used go on, an hour at most; return when it ends now."""
    before = datetime.fromisoformat(kept["ends_at"])
    opened_at = datetime.fromisoformat(kept.get("opened_at", kept["ends_at"]))
    ends_at = min(at + REST, max(opened_at + LONGEST, before))
    if ends_at - before < _STEP:
        return before
    request.session["assist"] = kept | {"ends_at": ends_at.isoformat()}
    Assistance.objects.filter(pk=kept["id"]).update(ends_at=ends_at)
    return ends_at


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
