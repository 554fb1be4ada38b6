"""A matter's way in plain words, every hop, what comes next and by when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints import policies, retold, ways
from complaints.actions.drafts import PERSON_FIELDS
from complaints.actions.upstream import CHANGED
from complaints.choices import Actor, Field, Kind, Move, Outcome, Status, Verdict
from complaints.figures import Usual
from complaints.forms.casework import Wanted
from complaints.models import Claim, Complaint, Event
from complaints.notifications.sending import level_above
from complaints.views.cards import Words, moment, status_word
from complaints.views.receipt import late_words
from portal.registry import national_id

TONES: Final[dict[str, str]] = {
    Verdict.UPHELD: "ok",
    Verdict.OTHER: "ok",
    Verdict.KEPT: "warn",
    Verdict.ALREADY_CORRECT: "ok",
}
# Notes of these moves are written to the citizen; others are among staff.
FOR_THE_CITIZEN: Final = (
    Move.ASK,
    Move.RESOLVE,
    Move.COUNTERSIGN,
    Move.HAND_OVER,
    Move.ESCALATE,
    Move.WAIT,
    Move.EXTEND,
)

# What is claimed in these are somebody's name, birth date and number.
OF_A_PERSON: Final = (Kind.WRONG_PERSON, Kind.SPLIT_RECORD)
UPWARDS: Final = (Move.ESCALATE, Move.HAND_UP, Move.OVERDUE, Move.DISAGREE)


def steps(
    complaint: Complaint, events: Sequence[Event], *, at: datetime
) -> list[dict[str, str]]:
    """Return the events that concern the citizen, then what comes next."""
    # What was taken back within seconds, before anybody was told, never was.
    undone = {event.data.get("seq") for event in events if event.move == Move.UNDO}
    standing = [event for event in events if event.seq not in undone]
    told = [step for step in (_step(complaint, event) for event in standing) if step]
    if told and complaint.is_open:
        told[-1]["state"] = "now"
        return told + _to_come(complaint, at=at)
    return told


def _step(complaint: Complaint, event: Event) -> dict[str, str] | None:
    """Return one event in words; None for what only staff see."""
    if event.move == Move.NOTE and event.actor != Actor.CITIZEN:
        return None
    if event.move == Move.REFUSE_FILE and "submission" in event.data:
        # A photo of somebody who reported the same; they were told themselves.
        return None
    title = _title(complaint, event)
    if not title:
        return None
    state = "up" if event.move in UPWARDS else "done"
    return {
        "state": state,
        "title": title,
        "time": moment(event.at),
        "text": _text(complaint, event),
    }


def _title(complaint: Complaint, event: Event) -> str:
    holder = {"holder": event.holder.name}
    outcome = event.data.get("outcome", "")
    ended = Outcome(outcome).label if outcome in Outcome.values else ""
    titles: dict[str, str] = {
        Move.SUBMIT: _("Received"),
        Move.ROUTE: _("Sent to %(holder)s") % holder,
        Move.ACCEPT: _("Being checked"),
        Move.ASK: _("Needs more from you"),
        Move.ANSWER: _("You answered"),
        Move.HAND_OVER: _("Passed on to %(holder)s") % holder,
        Move.ESCALATE: _("Passed to a higher level: %(holder)s") % holder,
        Move.WAIT: _("Another body was asked: %(body)s")
        % {"body": event.data.get("authority", "")},
        Move.RESUME: _("No answer from that body yet; the check goes on without it")
        if "reply" not in event.data
        else _("That body answered; the check goes on"),
        Move.EXTEND: _("More time is needed; the due date moved once"),
        Move.PROPOSE: _("Decided; a second person checks it"),
        Move.COUNTERSIGN: str(ended) or _("Decided"),
        Move.DECLINE: _("Being checked again"),
        Move.RESOLVE: str(ended) or _("Decided"),
        Move.NOTE: _("You added something"),
        Move.REFUSE_FILE: _("A photo could not be used"),
        Move.JOIN: _("Reported again: counted, and seen by whoever has it"),
        Move.WITHDRAW: _("Withdrawn"),
        Move.OVERDUE: _("It is late; the level above was told")
        if level_above(event)
        else _("It is late and still being worked on"),
        Move.HAND_UP: _("A higher level answers for it, too"),
        Move.GIVE_BACK: _("Back at %(holder)s") % holder,
        Move.REMIND: _("You were reminded"),
        Move.LAPSE: _("No answer from you in time"),
        Move.DISAGREE: _("You answered late; it is open again at %(holder)s") % holder
        if event.data.get("after") == Status.LAPSED
        else _("You said it is still not right: now at %(holder)s") % holder,
        Move.REVERT: _("What was corrected automatically was put back"),
        Move.REOPEN: _("Checked once more and opened again: at %(holder)s") % holder,
        Move.PUT_BACK: _("What a list had changed was put back as it was"),
        Move.CONFIRM: _("You confirmed that it is right"),
    }
    return titles.get(event.move, "")


def _text(complaint: Complaint, event: Event) -> str:
    if event.move == Move.SUBMIT:
        return _("You reported: %(kind)s.") % {"kind": complaint.get_kind_display()}
    if event.move == Move.ROUTE:
        return " ".join(ways.why(event.data.get("path", [])))
    if event.move == Move.ESCALATE and event.data.get("why"):
        return _("Nobody there can work on it now.")
    if event.move == Move.GIVE_BACK:
        return _("Somebody can work on it there again.")
    if event.move in (Move.OVERDUE, Move.HAND_UP) and level_above(event):
        return _("%(above)s may decide it too.") % {"above": level_above(event)}
    if event.actor == Actor.CITIZEN or event.move in FOR_THE_CITIZEN:
        said = asked_for(event.data.get("reasons", []))
        said += retold.considered(event)
        return ". ".join([*said, *([event.note] if event.note else [])])
    return ""


def asked_for(reasons: Sequence[str]) -> list[str]:
    """Return what staff ask the citizen to send, in words."""
    return [str(Wanted(reason).label) for reason in reasons if reason in Wanted.values]


def _to_come(complaint: Complaint, *, at: datetime) -> list[dict[str, str]]:
    if complaint.status == Status.WAITING_CITIZEN:
        until = policies.answer_by(complaint)
        answer = {
            "title": _("You answer"),
            "time": _("by %(time)s at the latest") % {"time": moment(until)}
            if until
            else "",
            "text": _("The clock waits for you until then."),
        }
    else:
        answer = {
            "state": "late" if complaint.due_at < at else "next",
            "title": _("Answer to you"),
            "time": _("by %(time)s at the latest") % {"time": moment(complaint.due_at)},
            "text": late_words(is_top=_is_at_the_top(complaint)),
        }
    confirm = {
        "title": _("You confirm"),
        "text": _("You look at the result and say whether it is right now."),
    }
    return [{"state": "next"} | answer, {"state": "next"} | confirm]


def _is_at_the_top(complaint: Complaint) -> bool:
    """Tell whether nobody stands above who answers for it; routing may still change."""
    return complaint.routed_at is not None and complaint.holder.parent_id is None


def claims(
    complaint: Complaint,
    rows: Sequence[Claim],
    *,
    knows_sender: bool = True,
    words: Words | None = None,
) -> list[dict[str, Any]]:
    """Return what was claimed, what was recorded, and what came of each claim.

    Details of a person, the name on a dose too, are hidden from who has shown code and
    four digits alone.

    While a matter is open nothing came of it yet, whatever somebody proposed: a second
    person may still say no. ``now`` is what went on record, where anything did; what
    staff alone said is shown once it did, with nothing claimed. ``words`` of several
    matters are read at once by ``words_of``.
    """
    values = _values(complaint, rows)
    words = words or _words([values])
    is_ended = not complaint.is_open
    is_of_a_person = complaint.kind in OF_A_PERSON
    shown = []
    for row, before, after, now in values:
        is_number = row.field == Field.NATIONAL_ID and before and after
        masks = mask_pair(before, after) if is_number else ("", "")
        claimed = masks[1] if is_number else words.of(row.field, after)
        is_other = is_ended and row.verdict == Verdict.OTHER
        verdict = row.verdict if is_ended else ""
        shown.append(
            {
                "label": row.get_field_display(),
                "is_hidden": not knows_sender
                and (is_of_a_person or row.field in PERSON_FIELDS),
                "recorded": _dose(complaint)
                if row.field == Field.DOSE
                else (masks[0] if is_number else words.of(row.field, before))
                or _("nothing"),
                "claimed": claimed,
                "now": claimed
                if now == after
                else mask_pair(after, now)[1]
                if is_number
                else words.of(row.field, now),
                "is_other": is_other,
                "verdict": verdict,
                "word": _verdict(row),
                "ground": row.get_ground_display() if verdict and row.ground else "",
                "tone": TONES.get(row.verdict, "plain"),
            }
        )
    return shown


def words_of(complaints: Iterable[Complaint]) -> Words:
    """Return the words for what is claimed in many matters, read together."""
    return _words([_values(one, list(one.claims.all())) for one in complaints])


_Values = list[tuple[Claim, str, str, str]]


def _values(complaint: Complaint, rows: Sequence[Claim]) -> _Values:
    is_ended = not complaint.is_open
    return [
        (row, row.recorded, claimed, _put_on_record(row))
        for row in rows
        if (claimed := row.claimed) or is_ended
    ]


def _words(values: list[_Values]) -> Words:
    return Words(
        (row.field, text) for rows in values for row, *texts in rows for text in texts
    )


def _put_on_record(row: Claim) -> str:
    """Return what was decided of a claim, in the registry's words.

    Of a dose or a record staff note whose it is, which is not the citizen's to see.
    """
    is_whose = row.field in (Field.DOSE, Field.RECORD)
    return row.claimed if is_whose else row.decided


def _dose(complaint: Complaint) -> str:
    """Return the dose that is meant, as people name one; empty where none is shown."""
    dose = complaint.dose
    return f"{dose.given_on:%d/%m/%Y}, {dose.product.name}" if dose else ""


def mask_pair(one: str, other: str) -> tuple[str, str]:
    """Return two numbers masked, save where they differ; else both would look alike.

    Numbers of different length are told apart by how many digits they have.
    """
    if len(one) != len(other):
        length = _("%(mask)s (%(n)s digits)")
        first, second = (
            length % {"mask": national_id.mask(n), "n": len(n)} for n in (one, other)
        )
        return first, second
    last = len(one) - 3
    first, second = (
        "".join(
            char if at < 3 or at >= last or one[at] != other[at] else "•"
            for at, char in enumerate(number)
        )
        for number in (one, other)
    )
    return first, second


def _verdict(row: Claim) -> str:
    if row.verdict == Verdict.UPHELD:
        return _("Corrected")
    if row.verdict == Verdict.OTHER:
        return _("Corrected to another value")
    return row.get_verdict_display() if row.verdict else _("Not decided yet")


def usual(found: Usual | None) -> str:
    """Return in words how long this organization usually takes; '' if too few tell."""
    if found is None:
        return ""
    return _("Usual here: half within %(half)s, 8 of 10 within %(most)s.") % {
        "half": _length(found.p50),
        "most": _length(found.p80),
    }


def _length(seconds: int) -> str:
    hours = max(1, round(seconds / 3600))
    if hours < 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = round(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def since(complaint: Complaint, events: Sequence[Event]) -> str:
    """Return since when the present holder has it; '' where it never was passed on."""
    start = ""
    holder: int | None = None
    for event in events:
        if event.holder_id != holder:
            holder, start = event.holder_id, moment(event.at)
    return start if holder == complaint.holder_id else ""


def upstream(complaint: Complaint) -> str:
    """Return whether the national app shows the correction; empty without one."""
    if complaint.outcome not in CHANGED:
        return ""
    if complaint.confirmed_upstream_at is None:
        return _("The national app shows it too, usually within a day.")
    return _("The national platform has it too, since %(time)s.") % {
        "time": moment(complaint.confirmed_upstream_at)
    }


def answer_by(complaint: Complaint) -> str:
    """Return by when to answer what was asked and what then; '' if nothing is."""
    until = policies.answer_by(complaint)
    return (
        _("Answer by %(time)s. After that it stops, and you can open it again.")
        % {"time": moment(until)}
        if until
        else ""
    )


def headline(
    complaint: Complaint, *, may_disagree: bool, at: datetime
) -> dict[str, str]:
    """Return what to say first: the status word, and what the citizen should do.

    ``may_disagree``: whether an ended one can still be opened again.
    """
    due = {"date": moment(complaint.due_at)}
    if complaint.status == Status.WAITING_CITIZEN:
        text = _("They need something from you.")
        text += f" {answer_by(complaint)}"
    elif complaint.is_open and complaint.due_at < at and _is_at_the_top(complaint):
        text = _("It is late and still being worked on. You need not send it again.")
    elif complaint.is_open and complaint.due_at < at:
        text = _("It is late and passes to a higher level. You need not send it again.")
    elif complaint.is_open:
        text = (
            _("You will hear by %(date)s") % due
            + ". "
            + _("There is nothing for you to do now.")
        )
    elif complaint.status == Status.WITHDRAWN:
        text = _("You took this back. The record was not changed because of it.")
    elif complaint.status == Status.LAPSED:
        text = (
            _("The question was not answered in time. You can open it again here.")
            if may_disagree
            else _("The question was not answered in time. You can report it anew.")
        )
    elif complaint.confirmed_at:
        text = _("You confirmed that it is right.")
    elif may_disagree:
        text = _("Look at the result below and say whether it is right now.")
    else:
        text = _("Look at the result below. If it is not right, report it anew.")
    return {"word": status_word(complaint), "text": text}
