"""Verdicts, columns and reasons of a list in words, in the language of the moment."""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.registry.imports import reasons
from portal.registry.imports.rows import Reason
from portal.registry.models import StagedRow
from portal.registry.quality.rules import RULES

Verdict = StagedRow.Verdict

VERDICTS: Final[dict[str, Promise]] = {
    Verdict.NEW: _("New dose"),
    Verdict.SAME: _("Recorded already"),
    Verdict.DIFFERS: _("Differs from the record"),
    Verdict.AMBIGUOUS: _("Whose is not certain"),
    Verdict.POSTPONED: _("Postponed, no dose"),
    Verdict.DUPLICATE: _("Twice in the list"),
    Verdict.EXCLUDED: _("Left out"),
    Verdict.ERROR: _("Error"),
}
TONES: Final[dict[str, str]] = {
    Verdict.NEW: "ok",
    Verdict.SAME: "",
    Verdict.DIFFERS: "warn",
    Verdict.AMBIGUOUS: "warn",
    Verdict.POSTPONED: "",
    Verdict.DUPLICATE: "",
    Verdict.EXCLUDED: "",
    Verdict.ERROR: "bad",
}
COLUMNS: Final[dict[str, Promise]] = {
    "full_name": _("Full name"),
    "sex": _("Sex"),
    "born_on": _("Birth date"),
    "id_number": _("Identity number"),
    "phones": _("Telephone"),
    "given_on": _("Day of the injection"),
    "product": _("Vaccine"),
    "lot": _("Lot number"),
    "dose_number": _("Dose number"),
    "site": _("Vaccination site"),
}
# What a column of a list can be taken for (``meanings.ROLES``).
ROLES: Final[dict[str, Promise]] = {
    **COLUMNS,
    "ordinal": _("Running number"),
    "family_name": _("Family and middle name"),
    "given_name": _("Given name"),
    "sex_male": _("Mark: male"),
    "sex_female": _("Mark: female"),
    "born_male": _("Birth date of men"),
    "born_female": _("Birth date of women"),
    "born_day": _("Day of birth"),
    "born_month": _("Month of birth"),
    "born_year": _("Year of birth"),
    "id_old": _("Old card number (9 digits)"),
    "id_new": _("Identity number (12 digits)"),
    "dose": _("Mark: dose given"),
    "product_mark": _("Mark: this vaccine"),
    "address": _("Address"),
    "note": _("Note"),
    "time": _("Time of day"),
    "postponed": _("Mark: put off, no dose"),
    "agreed": _("Agreed to the injection"),
    "done": _("Mark: injection given"),
    "other_name": _("A second person on the row"),
    "complaint": _("What is reported"),
}
# Codes of judging and committing; those of the reader are in ``reasons``.
REASONS: Final[dict[str, Promise]] = {
    **reasons.WORDS,
    "missing": _("%(column)s is missing."),
    "in_the_future": _("The day lies in the future."),
    "before_birth": _("The day lies before the birth date."),
    "same_as_row": _("The same dose as in line %(detail)s of the list."),
    "by_staff": _("Left out by staff."),
    "fits_several": _("Fits %(detail)s people on record."),
    "may_be_somebody": _("May be somebody on record, but not for certain."),
    "differs": _("%(column)s: recorded is %(detail)s."),
    "number_repeats": _("The record has a dose with this number on another day."),
    "not_taken": _("The database did not take this row."),
    "changed_since": _(
        "The record was changed after this was looked at; nothing was taken."
    ),
    "orphan_here": _(
        "The site has this dose on nobody's record, lot %(detail)s. Say whether it is"
        " the same one."
    ),
    "orphan_gone": _("The dose on nobody's record has an owner by now. Look again."),
}


def of(reason: Reason) -> str:
    """Return a reason as a sentence, with its cell where it names one.

    A code that is no longer known, in a row staged before, stands for itself.
    """
    if reason.code in RULES:
        # A rule of data quality: its own words, which take nothing in.
        return f"{RULES[reason.code].message}."
    words = str(REASONS.get(reason.code, reason.code)) % {
        "column": COLUMNS.get(reason.column, reason.column),
        "detail": reason.detail or "–",
    }
    return f"{reason.cell}: {words}" if reason.cell else words


def of_all(found: Iterable[Reason]) -> str:
    """Return reasons as one text."""
    return " ".join(of(reason) for reason in found)
