"""Checking closed cases once more: drawing them, deciding again, the unit's answer."""

import secrets
import uuid
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import permissions, predecessors
from complaints.actions import reopening
from complaints.choices import Actor, Outcome
from complaints.models import Complaint, Event, Recheck, Sample
from complaints.rules.refused import Refused
from portal.accounts.models import Posting, User
from portal.audit import record as audit
from portal.audit.together import hang_together, together_with
from portal.common import scope
from portal.registry.models import Organization

Role = Posting.Role
# Who may check: leads and overseers of the units above.
CHECKERS: Final = (Role.LEAD, Role.OVERSEER)
# So long somebody keeps what they took; then another may take it.
KEPT: Final = timedelta(days=2)
# So many are looked at together; that they are the own household's is rare.
_TRIED: Final = 10

# Automatic decisions have samples of their own (self-correction). The digest orders
# them: no one chooses, anybody can repeat it. ``place`` first, so that where not all
# can be drawn each unit and outcome has one before any has two.
_DRAW: Final = """
WITH decided AS (
  SELECT e.id AS event_id, c.id AS complaint_id, e.holder_id, o.path, c.outcome,
    sha256(convert_to(%(seed)s || ':' || e.id, 'UTF8')) AS digest
  FROM registry_organization o
  JOIN complaints_complaint c ON c.holder_id = o.id AND c.status = 'resolved'
    AND c.ended_at >= %(begins)s AND c.ended_at < %(ends)s
  CROSS JOIN LATERAL (
    SELECT d.id, d.holder_id, d.actor FROM complaints_event d
    WHERE d.complaint_id = c.id AND d.move IN ('resolve', 'countersign')
    ORDER BY d.seq DESC LIMIT 1
  ) e
  WHERE o.path::text ~>=~ %(path)s::text AND o.path::text ~<~ %(end)s::text
    AND e.actor = 'staff' AND NOT EXISTS (
      SELECT FROM complaints_recheck drawn WHERE drawn.event_id = e.id
        AND (%(before)s::bigint IS NULL OR drawn.sample_id < %(before)s::bigint))
), placed AS (
  SELECT *, row_number() OVER (stratum ORDER BY digest) AS place,
    count(*) OVER stratum AS of_stratum, count(*) OVER () AS closed
  FROM decided WINDOW stratum AS (PARTITION BY holder_id, outcome)
)
SELECT event_id, complaint_id, holder_id, path, outcome, of_stratum, closed FROM placed
WHERE place <= %(each)s ORDER BY place, digest LIMIT %(most)s
"""


def draw(
    organization: Organization,
    *,
    first: date,
    last: date,
    per_stratum: int,
    most: int,
    by: User,
    at: datetime,
    seed: str = "",
) -> Sample:
    """Draw closed cases of these days, both included, at and below an organization.

    Without a seed one is made by chance, so that nobody steers what is drawn: nor by
    drawing again, as each organization draws its days once, and nothing that was drawn
    is drawn again. Raise Refused where the days are not over, were drawn from already,
    or nothing was closed in them.
    """
    if last >= timezone.localdate(at):
        raise Refused(_("Choose a month that is over."))
    seed = seed or secrets.token_hex(8)
    with scope.system(), transaction.atomic():
        # One draw at a time, as units above and below draw from the same decisions.
        Organization.objects.select_for_update(no_key=True).get(parent=None)
        if Sample.objects.filter(
            organization=organization, first__lte=last, last__gte=first
        ).exists():
            raise Refused(_("A sample of this month was drawn already."))
        rows = selected(
            organization.path,
            first=first,
            last=last,
            per_stratum=per_stratum,
            most=most,
            seed=seed,
        )
        if not rows:
            raise Refused(_("Staff closed no case there in this time."))
        sample = Sample.objects.create(
            organization=organization,
            path=organization.path,
            first=first,
            last=last,
            per_stratum=per_stratum,
            most=most,
            seed=seed,
            closed=rows[0][-1],
            by=by,
            at=at,
        )
        Recheck.objects.bulk_create(
            Recheck(
                sample=sample,
                event_id=event,
                complaint_id=complaint,
                organization_id=holder,
                path=path,
                stratum=Outcome(outcome),
                of_stratum=of_stratum,
            )
            for event, complaint, holder, path, outcome, of_stratum, _closed in rows
        )
        _note(by, None, sample.pk, f"drawn {len(rows)}", at=at)
        return sample


def selected(
    path: str,
    *,
    first: date,
    last: date,
    per_stratum: int,
    most: int,
    seed: str,
    before: int | None = None,
) -> list[tuple[int, int, int, str, str, int, int]]:
    """Return what a rule draws: event, case, unit, path, outcome, of how many, of all.

    What was drawn already is left out; ``before``: what earlier samples than that one
    drew, so that anybody can draw a sample once more and see the same. Needs the
    system's scope; writes nothing.
    """
    begins, ends = (
        timezone.make_aware(datetime.combine(day, datetime.min.time()))
        for day in (first, last + timedelta(days=1))
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _DRAW,
            {
                "seed": seed,
                "before": before,
                "path": path,
                "end": f"{path.removesuffix('/')}0",
                "begins": begins,
                "ends": ends,
                "each": per_stratum,
                "most": most,
            },
        )
        return cursor.fetchall()


def take(*, by: User, at: datetime) -> Recheck | None:
    """Give somebody a drawn case to check, the one they have first; None if none is.

    Of a unit below one of theirs that is not theirs; never a case in which they, or an
    account that hangs together with theirs, made a step, nor the own or a household's.
    """
    with scope.system(), transaction.atomic():
        own = Recheck.objects.filter(
            checker=by, verdict="", taken_at__gt=at - KEPT
        ).first()
        if own is not None:
            return own
        free = to_check(by, at=at).select_for_update(of=("self",), skip_locked=True)
        barred: list[int] = []
        while rows := list(
            free.exclude(pk__in=barred).order_by("sample_id", "pk")[:_TRIED]
        ):
            for row in rows:
                if _may(by, row, at=at):
                    row.checker, row.taken_at = by, at
                    row.save(update_fields=["checker", "taken_at"])
                    return row
            barred += [row.pk for row in rows]
    return None


def to_check(user: User, *, at: datetime) -> QuerySet[Recheck]:
    """Return what somebody may check, but for cases that may be their household's."""
    postings = list(
        user.current_postings(at=at).values_list(
            "organization_id", "organization__path", "role"
        )
    )
    below = Q(pk__in=[])
    for _key, path, role in postings:
        if role in CHECKERS:
            # Who checks has to see the case, whoever holds it by now.
            below |= Q(path__below=path, complaint__holder_path__below=path)
    near = {user.pk} | together_with(user.pk, at=at)
    made = Event.objects.filter(
        complaint=OuterRef("complaint"), actor=Actor.STAFF, by__in=near
    )
    return (
        Recheck.objects.filter(below)
        .filter(Q(checker=None) | Q(taken_at__lte=at - KEPT), verdict="")
        .exclude(organization__in=[key for key, _path, _role in postings])
        .exclude(Exists(made))
    )


def decide(
    ref: uuid.UUID, *, verdict: str, reason: str, note: str, by: User, at: datetime
) -> Recheck:
    """Say whether one would have decided the same.

    Raise Refused where it is not the checker's (any more), or was decided already.
    """
    with scope.system(), transaction.atomic():
        row = _locked(ref)
        if row.checker_id != by.pk:
            raise Refused(_("Somebody else checks this case by now."))
        if row.verdict:
            raise Refused(_("You have checked this case already."))
        if not _may(by, row, at=at):
            raise Refused(_("Somebody else has to check this case."))
        row.verdict, row.note, row.checked_at = verdict, note, at
        row.reason = reason if verdict == Recheck.Verdict.DISAGREE else ""
        row.save(update_fields=["verdict", "reason", "note", "checked_at"])
        _note(by, row.complaint.submission.person_id, row.pk, verdict, at=at)
        return row


def answer(
    ref: uuid.UUID, *, answer: str, note: str, by: User, at: datetime
) -> Recheck:
    """Say, for the unit that was disagreed with, who was right.

    Where the check was, the case is opened again (``reopening``). Raise Refused where
    nobody disagreed, it was answered already, or by whom leads another unit, checked it
    or is concerned by it.
    """
    with scope.system(), transaction.atomic():
        row = _locked(ref)
        if row.verdict != Recheck.Verdict.DISAGREE:
            raise Refused(_("Nobody disagreed with this decision."))
        if row.answer:
            raise Refused(_("It was answered already."))
        if not leads(by, row, at=at) or row.checker_id == by.pk:
            raise Refused(_("Who leads the unit that decided answers this."))
        permissions.require_other(by, row.complaint, ())
        row.answer, row.answer_note = answer, note
        row.answered_by, row.answered_at = by, at
        if answer == Recheck.Answer.ACCEPTED and reopening.open_again(
            row, by=by, at=at
        ):
            row.reopened_at = at
        row.save(
            update_fields=[
                "answer",
                "answer_note",
                "answered_by",
                "answered_at",
                "reopened_at",
            ]
        )
        _note(by, row.complaint.submission.person_id, row.pk, answer, at=at)
        return row


def leads(user: User, row: Recheck, *, at: datetime) -> bool:
    """Tell whether somebody leads the unit that decided, or answers in its place."""
    return row.organization_id in _led_by(user, at=at)


def to_answer(user: User, *, at: datetime) -> list[int]:
    """Return the checks that the units which somebody leads have to answer."""
    with scope.system():
        rows = Recheck.objects.filter(
            organization__in=_led_by(user, at=at),
            verdict=Recheck.Verdict.DISAGREE,
            answer="",
        )
        return list(rows.values_list("pk", flat=True))


def read(ref: uuid.UUID, *, by: User, at: datetime) -> Recheck | None:
    """Return a check that is in sight, or that somebody has to answer; else None.

    With its case, whoever holds that by now: of a case that is out of sight no more
    may be shown than its code.
    """
    in_sight = Recheck.objects.filter(ref=ref).exists()
    with scope.system():
        row = (
            Recheck.objects.select_related(
                "complaint__submission",
                "organization",
                "checker",
                "answered_by",
                "event",
            )
            .filter(ref=ref)
            .first()
        )
        if row is None or not (in_sight or leads(by, row, at=at)):
            return None
        return row


def _led_by(user: User, *, at: datetime) -> set[int]:
    postings = user.current_postings(at=at).filter(role=Role.LEAD)
    units = postings.values_list("organization", flat=True)
    return predecessors.answered_for(units, at=at)


def _locked(ref: uuid.UUID) -> Recheck:
    row = (
        Recheck.objects.select_for_update(of=("self",))
        .select_related("complaint__submission")
        .filter(ref=ref)
        .first()
    )
    if row is None:
        raise Refused(_("There is no such case to check."))
    return row


def _may(user: User, row: Recheck, *, at: datetime) -> bool:
    """Tell whether this very person is far enough from the case."""
    case = Complaint.objects.select_related("submission").get(pk=row.complaint_id)
    if permissions.concerns(user, case):
        return False
    others = (
        Event.objects.filter(complaint=case, actor=Actor.STAFF, by__isnull=False)
        .values_list("by", flat=True)
        .distinct()
    )
    return not any(
        other == user.pk or hang_together(other, user.pk, at=at) for other in others
    )


def _note(
    by: User, person: int | None, subject_id: int, detail: str, *, at: datetime
) -> None:
    audit.change(
        at=at,
        actor="staff",
        actor_id=by.pk,
        person_id=person,
        subject="recheck",
        subject_id=subject_id,
        detail=detail,
    )
