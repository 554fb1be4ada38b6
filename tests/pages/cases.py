"""Plain makers of what staff pages show: organizations, staff, cases with a history."""

import itertools
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from complaints.choices import (
    ENDED,
    Actor,
    Field,
    Kind,
    Move,
    Outcome,
    Status,
)
from complaints.models import Claim, Complaint, Event, Submission
from portal.accounts.models import Posting, User
from portal.common import codes, crypto, names, scope
from portal.registry import corrections
from portal.registry.models import Dose, Organization, Person, Product

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PASSWORD = "bốn từ rất dài 7391"
_numbers = itertools.count(1)

History = Sequence[tuple[Move, Status, datetime]]


def make_root() -> Organization:
    """Return the ministry, made once."""
    root, _ = Organization.objects.get_or_create(
        code="VN",
        defaults={
            "kind": "ministry",
            "name": "Bộ Y tế",
            "folded": "bo y te",
            "sort_key": "bo y te",
            "path": "/vn/",
            "opened_on": date(2020, 1, 1),
        },
    )
    return root


def make_organization(
    code: str, *, parent: Organization | None = None, name: str = ""
) -> Organization:
    """Return a new health station below a parent, by default below the ministry."""
    above = parent or make_root()
    name = name or f"Trạm Y tế {code}"
    return Organization.objects.create(
        code=code,
        kind="health_station",
        name=name,
        folded=names.fold(name),
        sort_key=names.sort_key(name),
        parent=above,
        path=f"{above.path}{code.lower()}/",
        gives_doses=True,
        opened_on=date(2020, 1, 1),
    )


def make_staff(
    organization: Organization, *, role: str = "staff", username: str = ""
) -> User:
    """Return an account with one posting since long ago."""
    user = User.objects.create_user(
        username=username or f"canbo{next(_numbers)}",
        password=PASSWORD,
        full_name="Lê Thị Lan",
    )
    Posting.objects.create(
        user=user, organization=organization, role=role, valid_from=NOW - timedelta(400)
    )
    return user


def make_person(*, full_name: str = "Nguyễn Thị Hường") -> Person:
    """Return a person on record, without numbers."""
    with corrections.writing("imports"):
        return Person.objects.create(
            full_name=full_name,
            name_key=names.tone_key(full_name),
            name_folded=names.fold(full_name),
            sort_key=names.person_sort_key(full_name),
            born_on=date(1958, 3, 8),
            sex="F",
        )


def make_dose(person: Person, site: Organization) -> Dose:
    """Return a dose given to the person at the site."""
    product, _ = Product.objects.get_or_create(
        code="AZ", defaults={"name": "AstraZeneca", "maker": "AstraZeneca"}
    )
    with corrections.writing("imports"):
        return Dose.objects.create(
            person=person,
            given_on=date(2021, 9, 14),
            product=product,
            lot_number="ABX4471",
            site=site,
            dose_number=1,
            recorded_at=NOW - timedelta(300),
        )


def make_submission(
    *,
    at: datetime,
    person: Person | None = None,
    full_name: str = "Nguyễn Thị Hường",
    national_id: str = "001158000123",
    phone: str = "+84900000215",
    channel: str = "self",
) -> Submission:
    """Return a submission as the intake writes it."""
    key = uuid.uuid4()
    return Submission.objects.create(
        key=key,
        body_digest=b"\0" * 32,
        code=codes.new_code(),
        person=person,
        channel=channel,
        full_name=full_name,
        name_folded=names.fold(full_name),
        born_on=date(1958, 3, 8),
        sex="F",
        national_id_sealed=crypto.seal(national_id, bound_to=f"submission:{key}"),
        national_id_digest=crypto.digest("national_id", national_id),
        phone_sealed=crypto.seal(phone, bound_to=f"submission:{key}"),
        phone_digest=crypto.digest("phone", phone),
        last4_digest=crypto.digest("last4", phone[-4:]),
        submitted_at=at,
    )


def make_case(
    holder: Organization,
    *,
    history: History = (),
    sent: datetime = NOW - timedelta(hours=5),
    kind: Kind = Kind.WRONG_DOSE,
    claims: dict[Field, tuple[str, str]] | None = None,
    dose: Dose | None = None,
    submission: Submission | None = None,
    by: User | None = None,
    **facts: object,
) -> Complaint:
    """Return a complaint after a history of (move, status after it, instant).

    ``by``: who made its moves but the first.
    """
    moves = [(Move.SUBMIT, Status.RECEIVED, sent), *history]
    _, status, last_at = moves[-1]
    rounds = list(
        itertools.accumulate(1 if m == Move.DISAGREE else 0 for m, *_ in moves)
    )
    ended_at = next(
        (
            at
            for (_, s, at), r in zip(moves, rounds, strict=True)
            if s in ENDED and r == rounds[-1]
        ),
        None,
    )
    with scope.system():
        complaint = Complaint.objects.create(
            submission=submission or make_submission(at=sent),
            number=1,
            kind=kind,
            status=status,
            outcome=Outcome.KEPT if status == Status.RESOLVED else "",
            round=rounds[-1] + 1,
            dose=dose,
            subject_key=uuid.uuid4().bytes * 2,
            holder=holder,
            submitted_at=sent,
            round_started_at=sent,
            due_at=facts.pop("due_at", sent + timedelta(hours=48)),
            paused_at=last_at if status == Status.WAITING_CITIZEN else None,
            ended_at=ended_at if status in ENDED else None,
            **facts,
        )
        Event.objects.bulk_create(
            Event(
                complaint=complaint,
                move=move,
                at=at,
                actor=Actor.STAFF,
                by=None if move == Move.SUBMIT else by,
                status=state,
                round=number + 1,
                holder=holder,
            )
            for (move, state, at), number in zip(moves, rounds, strict=True)
        )
        for field, (recorded, claimed) in (claims or {}).items():
            Claim.objects.create(
                complaint=complaint,
                field=field,
                recorded_sealed=crypto.seal(
                    recorded, bound_to=f"recorded:{complaint.pk}:{field}"
                ),
                claimed_sealed=crypto.seal(
                    claimed, bound_to=f"claimed:{complaint.pk}:{field}"
                ),
            )
        complaint.refresh_from_db()
    return complaint
