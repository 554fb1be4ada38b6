"""What each figure means: one table for page, command and docs/figures.md."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Definition:
    """A figure's name and what is counted, in words for whoever reads the page."""

    label: Any
    meaning: Any


DEFINITIONS: Final[dict[str, Definition]] = {
    "received": Definition(
        _("Received"),
        _("Complaints that were sent (or, by ending, that ended) in these months."),
    ),
    "resolved": Definition(
        _("Resolved"),
        _(
            "Decided and not reopened since. Withdrawn and lapsed ones"
            " are not resolved."
        ),
    ),
    "median": Definition(
        _("Half done within"),
        _(
            "Hours round the clock from sending to the last answer, nights and holidays"
            " included. Waiting for the citizen is taken out, in each round at most as"
            " long as the policy allows. Rounds are summed. Resolved complaints only."
        ),
    ),
    "p75": Definition(
        _("75 % done within"), _("The same for three of four resolved complaints.")
    ),
    "p90": Definition(
        _("90 % done within"), _("The same for nine of ten resolved complaints.")
    ),
    "on_time": Definition(
        _("On time"),
        _(
            "Resolved within the policy's time without an extension, divided by all"
            " resolved and all that are past due: open, or ended without a decision."
            " Rounds are summed, each by the policy of its own day."
        ),
    ),
    "first_answer": Definition(
        _("First answer"),
        _(
            "Staff asked or decided within this for half of those whom they answered"
            " or who still wait. What the portal decides by itself is no answer of"
            " staff. Not yet: fewer than half were answered."
        ),
    ),
    "answered_in_time": Definition(
        _("First answer on time"),
        _(
            "First answers of staff within the policy's time for it, divided by all"
            " first answers and all that are past due for one. The time runs from the"
            " sending, also where the portal put it right and it was disputed."
        ),
    ),
    "open": Definition(_("Open"), _("Not ended, as it stands now.")),
    "open_overdue": Definition(
        _("Open and overdue"),
        _("Open, and the policy's time without an extension is over."),
    ),
    "lapsed": Definition(
        _("Lapsed"),
        _("Ended as the citizen did not answer a question. Nobody decided."),
    ),
    "withdrawn": Definition(
        _("Withdrawn"), _("Taken back by the citizen before its round was decided.")
    ),
    "untouched": Definition(
        _("Never looked at by staff"),
        _(
            "Open, and no member of staff has made any step. Taking on many at once is"
            " none. It counts here from the first minute."
        ),
    ),
    "reopened": Definition(
        _("Reopened"),
        _("In a second round or later. Its time is the sum of all rounds."),
    ),
    "corrected": Definition(
        _("Resolved: corrected"),
        _("Of all resolved: the last decision put right all that was reported."),
    ),
    "partly_corrected": Definition(
        _("Resolved: partly corrected"),
        _(
            "Of all resolved: the last decision put right a part, and kept the rest as"
            " recorded."
        ),
    ),
    "kept": Definition(
        _("Resolved: kept as recorded"),
        _(
            "Of all resolved: the last decision left the record as it is, with its"
            " reason."
        ),
    ),
    "already_correct": Definition(
        _("Resolved: it was right already"),
        _("Of all resolved: the last decision found in the record what was reported."),
    ),
    "still_open": Definition(
        _("Still open after"),
        _(
            "The share that was not resolved after so many days, estimated from"
            " resolved and open complaints together (Kaplan and Meier). Who leaves old"
            " cases open, or lets them lapse, does not look faster."
        ),
    ),
    "ledger": Definition(
        _("Where the days went"),
        _(
            "How long ended complaints stood in each state, and with whom. Time with an"
            " earlier holder counts here for that holder."
        ),
    ),
    "handed": Definition(
        _("Handed on"),
        _(
            "Passed to another organization at least once. The clock ran on. Behind"
            " the dash how often in all."
        ),
    ),
    "asked": Definition(
        _("Citizen was asked"),
        _(
            "At least one question to the citizen that was not taken back. Behind the"
            " dash how many in all."
        ),
    ),
    "disagreed": Definition(
        _("Citizen disagreed"), _("The citizen said that it is still not right.")
    ),
    "reversed": Definition(
        _("Decision reversed"),
        _(
            "A later round decided otherwise, an automatic correction was taken back,"
            " or the unit accepted that a check decided otherwise."
        ),
    ),
    "self_corrected": Definition(
        _("Corrected by the portal"),
        _(
            "Proved and put right by a rule, without staff. Its time"
            " counts as any other."
        ),
    ),
    "kept_unseen": Definition(
        _("Kept without a look"),
        _(
            "The record was kept, or found right, and the decision is the only step"
            " that staff made. Taking on many at once is none."
        ),
    ),
    "refiled": Definition(
        _("Reported again"),
        _("The same matter was sent again within 30 days after it had ended."),
    ),
    "good": Definition(
        _("Handled well, say citizens"),
        _(
            "Of those who said how it was handled, after an answer, those who said"
            " good. The newest word of a complaint counts. Beside it how many said one."
        ),
    ),
    "poor": Definition(
        _("Handled poorly, say citizens"), _("The same for those who said poor.")
    ),
    "forecast": Definition(
        _("Backlog gone in"),
        _(
            "Open complaints divided by what ends more than arrives, at the pace of the"
            " last 28 days. Four of five times it lies between the two bounds."
        ),
    ),
    "burndown": Definition(
        _("Days to keep"),
        _(
            "What is open now less what was sent, plus what ended since each day; one"
            " opened again counts as open all the while. The line leads evenly to"
            " nothing. Expected: at the pace of the last 28 days, four of five times"
            " between the bounds."
        ),
    ),
    "peers": Definition(
        _("Among its peers"),
        _(
            "Organizations of the same kind with at least 20 resolved in the month,"
            " from the fastest to the slowest by median. The month is the last of those"
            " asked for that has ended."
        ),
    ),
    "whose": Definition(
        _("Whose figure"),
        _(
            "A complaint counts for who holds it now, or who ended it. What a unit"
            " handed away, and which of its decisions were disputed or reversed, stands"
            " beside."
        ),
    ),
}
