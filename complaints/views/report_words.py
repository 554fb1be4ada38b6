"""A list of reports in words: states, verdicts, why a row has its verdict."""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.models import ReportList, ReportRow
from portal.registry.imports import wording
from portal.registry.imports.rows import Reason

State, Verdict = ReportList.State, ReportRow.Verdict

STATES: Final[dict[str, Promise]] = {
    State.READING: _("Being read"),
    State.JUDGING: _("Being compared"),
    State.CHECKED: _("Checked, nothing sent yet"),
    State.FILING: _("Reports are being sent"),
    State.FILED: _("Reports sent"),
    State.REFUSED: _("Cannot be read"),
}
VERDICTS: Final[dict[str, Promise]] = {
    Verdict.NEW: _("New report"),
    Verdict.REPORTED: _("Reported already"),
    Verdict.NOT_FOUND: _("Person not found"),
    Verdict.SEVERAL: _("Fits several people"),
    Verdict.UNCLEAR: _("Not clear what is asked"),
    Verdict.EXCLUDED: _("Left out"),
    Verdict.ERROR: _("Error"),
}
TONES: Final[dict[str, str]] = {
    Verdict.NEW: "ok",
    Verdict.NOT_FOUND: "warn",
    Verdict.SEVERAL: "warn",
    Verdict.UNCLEAR: "warn",
    Verdict.ERROR: "bad",
}
# Codes of comparing; those of the reader are the session lists'.
_REASONS: Final[dict[str, Promise]] = {
    "nothing_said": _("The row does not say what is wrong. Choose it."),
    "several_things": _("The row names several things. Give each its own row."),
    "nobody_fits": _(
        "Nobody on record fits. Correct the row, or send it without a record."
    ),
    "needs_record": _("This can only be reported about a record."),
    "recorded_already": _("A dose of this day is on record already."),
    "nothing_differs": _("What the row says is recorded so already."),
    "which_dose": _("Which of %(detail)s doses is meant? Give its day or number."),
    "doubles_none": _("No other dose on record is like this one."),
    "too_long": _("The name is longer than %(detail)s letters."),
    "cannot_be_stored": _("This row cannot be stored. Report it at the counter."),
    "sent_otherwise": _(
        "This row was sent before with other facts, under %(detail)s. If it is another"
        " matter, report it at the counter."
    ),
    "open_already": _("This matter is open already."),
    "like_row": _("The same matter as in row %(detail)s."),
}


def of(reason: Reason) -> str:
    """Return a reason as a sentence."""
    if reason.code == "refused":
        # Words of the action that refused the row, in the language of then.
        return reason.detail
    words = _REASONS.get(reason.code)
    if words is None:
        return wording.of(reason)
    return str(words) % {"detail": reason.detail or "–"}


def of_all(found: Iterable[Reason]) -> str:
    """Return reasons as one text."""
    return " ".join(of(reason) for reason in found)


def result(row: ReportRow) -> str:
    """Return what became of a row, in words."""
    is_sent = row.done_at and row.verdict == Verdict.NEW
    return str(_("Report sent") if is_sent else VERDICTS.get(row.verdict, ""))
