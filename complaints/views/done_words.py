"""What is said after a move that staff made."""

from typing import Final

from django.utils.translation import gettext_lazy

from complaints.choices import Move

DONE: Final = {
    Move.ACCEPT: gettext_lazy("You have taken the case on."),
    Move.COUNTERSIGN: gettext_lazy("Signed. The record is corrected."),
    Move.DECLINE: gettext_lazy("Sent back to whoever proposed it."),
    Move.RESOLVE: gettext_lazy("The case is decided."),
    Move.PROPOSE: gettext_lazy("Proposed. A second person has to sign."),
    Move.ASK: gettext_lazy(
        "The citizen was asked. The clock stands still meanwhile, in a round at most"
        " as long as the policy allows."
    ),
    Move.HAND_OVER: gettext_lazy("The case was handed over."),
    Move.ASSIGN: gettext_lazy("The case is given out as you chose."),
    Move.ESCALATE: gettext_lazy("The case was passed to the level above."),
    Move.EXTEND: gettext_lazy("The due date moved. The citizen is told the new one."),
    Move.WAIT: gettext_lazy("The case waits for them. Print the sheet below."),
    Move.RESUME: gettext_lazy("The case goes on."),
    Move.NOTE: gettext_lazy("The note is kept with the case."),
}
