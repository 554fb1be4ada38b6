"""Opening a submission by its code: what a citizen may see without a record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from complaints.choices import Status
from complaints.models import Complaint, Submission
from portal.common import crypto, names, scope


@dataclass(frozen=True)
class Earlier:
    """A matter that was open already when it was reported again.

    ``code`` is empty where somebody else filed it; nothing of their words is here.
    """

    kind: str
    status: str
    holder: str
    since: datetime
    due_at: datetime
    is_open: bool
    is_asked: bool
    code: str


def with_last_four(*, code: str, last4: str, full_name: str) -> Submission | None:
    """Return the submission of a code if these are the digits of its telephone.

    Of one without a telephone the digits are the year of birth, and the name must be
    its own, marks and case aside: a year alone is guessed in some sixty tries. Both
    are looked for in one statement, so a wrong code and wrong digits are alike.
    """
    found = Submission.objects.filter(
        code=code, last4_digest__in=crypto.digests("last4", last4)
    ).first()
    if found is None or found.phone_digest is not None:
        return found
    name = names.fold(full_name)
    return found if name and name == found.name_folded else None


def with_telephone(telephone: str, *, limit: int) -> list[Submission]:
    """Return the submissions sent with a telephone that was proved, newest first."""
    found = Submission.objects.filter(
        phone_digest__in=crypto.digests("phone", telephone)
    )
    return list(found.order_by("-submitted_at", "-pk")[:limit])


def own(submissions: list[int]) -> "QuerySet[Complaint]":
    """Return the complaints of submissions that the session proved, with their parts.

    The database's row policy holds the same set; this is the first of the two nets.
    """
    return (
        Complaint.objects.filter(submission__in=submissions)
        .select_related("submission", "holder", "dose__product")
        .order_by("submission", "number")
    )


def joined_by(submission: Submission) -> list[Earlier]:
    """Return what is known of the open matters that this submission joined."""
    with scope.system():
        rows = list(
            Complaint.objects.filter(joinings__submission=submission)
            .select_related("submission", "holder")
            .order_by("pk")
        )
    return earlier(rows, phone=submission.phone)


def earlier(rows: Iterable[Complaint], *, phone: str) -> list[Earlier]:
    """Return of matters reported before what may be told to who has this telephone."""
    same_phone = crypto.digests("phone", phone) if phone else []
    return [
        Earlier(
            kind=row.get_kind_display(),
            status=row.get_outcome_display() or row.get_status_display(),
            holder=row.holder.name,
            since=row.submitted_at,
            due_at=row.due_at,
            is_open=row.is_open,
            is_asked=row.status == Status.WAITING_CITIZEN,
            code=(
                row.submission.code
                if _telephone_of(row.submission) in same_phone
                else ""
            ),
        )
        for row in rows
    ]


def same_sender(submission: Submission, joined: Iterable[Complaint]) -> list[int]:
    """Return the submissions of joined matters that came from the same telephone."""
    own = _telephone_of(submission)
    return [
        complaint.submission_id
        for complaint in joined
        if own is not None and _telephone_of(complaint.submission) == own
    ]


def _telephone_of(submission: Submission) -> bytes | None:
    digest = submission.phone_digest
    return None if digest is None else bytes(digest)
