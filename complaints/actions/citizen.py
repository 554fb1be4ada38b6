"""What a citizen does with a complaint of theirs. The view has proved that it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from complaints import policies
from complaints.actions import moving, subject_keys
from complaints.choices import Actor, Move, Status
from complaints.models import Complaint, Rating, Submission
from complaints.rules.refused import Refused
from portal.common import crypto, scope


@contextmanager
def _own(complaint_id: int) -> Iterator[Complaint]:
    with scope.system():
        yield moving.lock(complaint_id)


def _proved_alone(own: Complaint) -> None:
    """Raise Refused where the unit that sent a report could speak as its citizen.

    Nobody may close or praise in the citizen's name what he or she decides. To answer
    and to disagree stay open: neither ends a case in the unit's favour.
    """
    if own.submission.is_known_to_its_unit:
        raise Refused(
            _(
                "A unit sent this report for you, without a telephone."
                " Ask whoever has it now."
            )
        )


def answer(*, complaint_id: int, note: str, at: datetime) -> Complaint:
    """Answer what staff asked; the clock goes on."""
    note = moving.require_text(note, message=_("Write your answer first."))
    with _own(complaint_id) as own:
        moving.move(own, Move.ANSWER, actor=Actor.CITIZEN, at=at, note=note)
    return own


def add(*, complaint_id: int, note: str, at: datetime) -> Complaint:
    """Add something to a complaint that is open."""
    note = moving.require_text(note, message=_("Write what you want to add."))
    with _own(complaint_id) as own:
        moving.move(own, Move.NOTE, actor=Actor.CITIZEN, at=at, note=note)
    return own


def withdraw(*, complaint_id: int, at: datetime) -> Complaint:
    """Take a complaint back. Raise Refused as ``_proved_alone`` does."""
    with _own(complaint_id) as own:
        _proved_alone(own)
        # A proposal that nobody signed yet falls with it.
        own.claims.update(verdict="", ground="", decided_sealed=None)
        moving.move(own, Move.WITHDRAW, actor=Actor.CITIZEN, at=at)
    return own


def confirm(*, complaint_id: int, at: datetime) -> Complaint:
    """Say that it is right now. Raise Refused as ``_proved_alone`` does."""
    with _own(complaint_id) as own:
        _proved_alone(own)
        moving.move(own, Move.CONFIRM, actor=Actor.CITIZEN, at=at, confirmed_at=at)
    return own


def choose_news(*, submission_id: int, language: str, has_accents: bool) -> None:
    """Keep in which language, and with which letters, a citizen is written to."""
    Submission.objects.filter(pk=submission_id).update(
        language=language, has_accents=has_accents
    )


def rate(*, complaint_id: int, word: str, note: str, at: datetime) -> Rating:
    """Say how a matter was handled, once it has an answer; the last word counts."""
    with _own(complaint_id) as own:
        _proved_alone(own)
        if own.status != Status.RESOLVED:
            raise Refused(_("There is no answer to rate yet."))
        note = note.strip()
        bound = f"rating:{own.pk}:{own.round}"
        rating, _is_new = Rating.objects.update_or_create(
            complaint=own,
            round=own.round,
            defaults={
                "word": word,
                "note_sealed": crypto.seal(note, bound_to=bound) if note else None,
                "at": at,
            },
        )
    return rating


def disagree(*, complaint_id: int, note: str, at: datetime) -> Complaint:
    """Say that it is still not right: a new round one level up, by somebody else.

    After a lapse nobody decided yet: by whoever had it, or answers in its place.
    Possible within the policy's days after the end (30). What was decided stays in
    the events; the claims are open again.
    """
    note = moving.require_text(note, message=_("Say what is still not right."))
    with _own(complaint_id) as own:
        days = policies.policy_for(own.kind, at=at).disagree_days
        if own.ended_at and at > own.ended_at + timedelta(days=days):
            raise Refused(
                _("More than %(days)s days have passed. Please send a new report.")
                % {"days": days}
            )
        was_resolved = own.status == Status.RESOLVED
        to = (moving.above if was_resolved else moving.answering)(own.holder, at=at)
        same = subject_keys.under_all(own)
        if Complaint.objects.open().filter(subject_key__in=same).exists():
            raise Refused(
                _("You have reported this again already; follow that report.")
            )
        moving.move(
            own,
            Move.DISAGREE,
            actor=Actor.CITIZEN,
            at=at,
            note=note,
            data={"to": to.name},
            holder=to,
            assignee=None,
            **moving.new_round(own, body=to, at=at),
        )
    return own
