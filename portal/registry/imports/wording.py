"""Verdicts, columns and reasons of a list in words, in the language of the moment."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.registry.imports import reasons
from portal.registry.imports.rows import Reason
from portal.registry.models import Product, StagedRow
from portal.registry.quality import words
from portal.registry.quality.rules import RULES

Verdict = StagedRow.Verdict
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

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
_SEXES: Final[dict[str, Promise]] = {"M": _("Male"), "F": _("Female")}
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
_OTHERWISE: Final = _("%(column)s: the person's record says otherwise.")
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
    "person_lacks": _("%(column)s: the list says more than the person's record."),
    "person_differs": _("%(column)s: the person's record says %(detail)s."),
    "number_repeats": _("The record has a dose with this number on another day."),
    "not_taken": _("The database did not take this row."),
    "changed_since": _(
        "The record was changed after this was looked at; nothing was taken."
    ),
    "person_not_added": _(
        "The dose was written; what the list knows of the person was not added, as"
        " the record says something else by now."
    ),
    "person_kept": _(
        "What the list added to the person's record was changed since: it stays."
    ),
    "orphan_here": _(
        "The site has this dose on nobody's record, lot %(detail)s. Say whether it is"
        " the same one."
    ),
    "orphan_gone": _("The dose on nobody's record has an owner by now. Look again."),
}


def of(reason: Reason, products: Mapping[str, str] | None = None) -> str:
    """Return a reason as a sentence, with its cell where it names one.

    ``products``: names by code (``product_names``). A code that is no longer known, in
    a row staged before, stands for itself.
    """
    names = products or {}
    if reason.code in RULES:
        # A rule of data quality: its own words, and the figures beside its limits.
        figures = words.detail(_figures(reason.detail), names)
        return f"{RULES[reason.code].message}{f' ({figures})' if figures else ''}."
    said = str(REASONS.get(reason.code, reason.code)) % {
        "column": COLUMNS.get(reason.column, reason.column),
        "detail": shown(reason.column, reason.detail, names) or "–",
    }
    return f"{reason.cell}: {said}" if reason.cell else said


def briefly(reason: Reason, products: Mapping[str, str] | None = None) -> str:
    """Return a reason as ``of``, without what is on record of the person.

    That is told on the row's own page alone, which notes a look at them.
    """
    if reason.code == "person_differs":
        return str(_OTHERWISE) % {"column": COLUMNS.get(reason.column, reason.column)}
    return of(reason, products)


def of_all(found: Iterable[Reason], products: Mapping[str, str] | None = None) -> str:
    """Return reasons as one text, briefly."""
    return " ".join(briefly(reason, products) for reason in found)


def product_names() -> dict[str, str]:
    """Return the names of vaccines by code."""
    return dict(Product.objects.values_list("code", "name"))


def shown(column: str, value: str, products: Mapping[str, str]) -> str:
    """Return a value of a row or of the record as people write it."""
    if column == "product":
        return products.get(value, value)
    if column == "sex" and value in _SEXES:
        return str(_SEXES[value])
    if column in ("given_on", "born_on") and _DAY.fullmatch(value):
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return value


def _figures(detail: str) -> dict[str, Any]:
    """Return what ``checking`` wrote of a finding: "days=12 least=21"."""
    pairs = (pair.partition("=") for pair in detail.split(" ") if "=" in pair)
    return {
        name: int(value) if value.isdigit() else value for name, _sign, value in pairs
    }
