"""What a citizen does with a complaint of theirs. The view has proved that it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from complaints import policies
from complaints.actions import moving, reopening
from complaints.choices import Actor, Move, Status
from complaints.models import Complaint, Rating, Submission
from complaints.rules.refused import Refused
from portal.common import crypto, scope

_TOLD: Final = (Move.ANSWER, Move.NOTE)
# A page that loads slowly is tapped again; later the same words are meant anew.
_SECOND_TAP: Final = timedelta(minutes=10)


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


def _is_repeat(
    own: Complaint, moves: Sequence[Move], note: str, *, at: datetime
) -> bool:
    """Tell whether the citizen said just this a moment ago, as by a second tap."""
    last = (
        own.events.filter(move__in=moves, actor=Actor.CITIZEN, at__gt=at - _SECOND_TAP)
        .order_by("-seq")
        .first()
    )
    return last is not None and last.note == note


def hold(complaint_id: int) -> None:
    """Lock a complaint until the transaction ends: a second tap waits for the first."""
    with _own(complaint_id):
        pass


def tell(
    *, complaint_id: int, note: str, brings_photo: bool = False, at: datetime
) -> Complaint:
    """Answer what staff asked, so that the clock goes on; else add to an open matter.

    ``brings_photo``: a photo that was not sent before came along. Without one the same
    words again are a second tap, and change nothing.
    """
    note = moving.require_text(note, message=_("Write what you want to add."))
    with _own(complaint_id) as own:
        is_asked = own.status == Status.WAITING_CITIZEN
        if not brings_photo and not is_asked and _is_repeat(own, _TOLD, note, at=at):
            return own
        step = Move.ANSWER if is_asked else Move.NOTE
        moving.move(own, step, actor=Actor.CITIZEN, at=at, note=note)
    return own


def withdraw(*, complaint_id: int, at: datetime) -> Complaint:
    """Take a complaint back; once is enough. Raise Refused as ``_proved_alone``."""
    with _own(complaint_id) as own:
        _proved_alone(own)
        if own.status == Status.WITHDRAWN:
            return own
        # A proposal that nobody signed yet falls with it.
        moving.forget_verdicts(own)
        moving.move(own, Move.WITHDRAW, actor=Actor.CITIZEN, at=at)
    return own


def confirm(*, complaint_id: int, at: datetime) -> Complaint:
    """Say that it is right now; once is enough. Raise Refused as ``_proved_alone``."""
    with _own(complaint_id) as own:
        _proved_alone(own)
        if own.status == Status.RESOLVED and own.confirmed_at is not None:
            return own
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


def may_disagree(own: Complaint, *, at: datetime) -> bool:
    """Tell whether an answer, or a lapse, can still be said to be not right."""
    is_over = own.status in (Status.RESOLVED, Status.LAPSED)
    return is_over and _days_over(own, at=at) is None


def _days_over(own: Complaint, *, at: datetime) -> int | None:
    """Return its policy's days where they have passed since the end, else None."""
    if own.ended_at is None:
        return None
    days = policies.of_case(own).disagree_days
    return days if at > own.ended_at + timedelta(days=days) else None


def disagree(*, complaint_id: int, note: str, at: datetime) -> Complaint:
    """Say that it is still not right: a new round one level up, by somebody else.

    After a lapse nobody decided yet: by whoever had it, or answers in its place.
    Possible within the days after the end that its policy gives (30), as the answer
    said. What was decided stays in the events; the claims are open again. The same
    words again are a second tap.
    """
    note = moving.require_text(note, message=_("Say what is still not right."))
    with _own(complaint_id) as own:
        if own.is_open and _is_repeat(own, (Move.DISAGREE,), note, at=at):
            return own
        days = _days_over(own, at=at)
        if days is not None:
            raise Refused(
                _("More than %(days)s days have passed. Please send a new report.")
                % {"days": days}
            )
        was_resolved = own.status == Status.RESOLVED
        to = (moving.above if was_resolved else moving.answering)(own.holder, at=at)
        data = (
            {"to": to.name}
            | ({} if was_resolved else {"after": own.status})
            | ({"stays": True} if was_resolved and to.pk == own.holder_id else {})
        )
        event = reopening.unless_reported_again(
            own,
            lambda: moving.move(
                own,
                Move.DISAGREE,
                actor=Actor.CITIZEN,
                at=at,
                note=note,
                data=data,
                holder=to,
                assignee=None,
                **moving.new_round(own, body=to, at=at),
            ),
        )
        if event is None:
            raise Refused(
                _("You have reported this again already; follow that report.")
            )
    return own
