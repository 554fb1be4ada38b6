"""The words for each level and doubt, in both languages of the portal."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

WORDS: Final = {
    ("name", "equal"): _("The names are the same."),
    ("name", "unmarked"): _("The names are the same but for missing accents."),
    ("name", "accent"): _("The names differ in an accent; the given name is the same."),
    ("name", "accent_given"): _("The given names differ in an accent."),
    ("name", "order"): _("The same name in another order."),
    ("name", "abbreviated"): _("One name is abbreviated."),
    ("name", "variant"): _("The names differ in i and y, or north and south."),
    ("name", "variant_given"): _("The given names differ in i and y, or in region."),
    ("name", "left_out"): _("A middle name is left out."),
    ("name", "typo"): _("The names differ in one letter."),
    ("name", "typo_given"): _("The given names differ in one letter."),
    ("name", "middle"): _("The middle names differ."),
    ("name", "sexed"): _("One name has Văn where the other has Thị."),
    ("name", "family"): _("The family names differ."),
    ("name", "given"): _("The given names differ."),
    ("name", "different"): _("The names differ."),
    ("birth", "equal"): _("The birth dates are the same."),
    ("birth", "swapped"): _("Day and month of birth are swapped."),
    ("birth", "slip"): _("The birth dates differ in one digit of day or month."),
    ("birth", "slip_year"): _("The birth dates differ in one digit of the year."),
    ("birth", "same_year"): _("Only the year of birth agrees."),
    ("birth", "far"): _("The birth dates differ."),
    ("birth", "month"): _("Month and year of birth agree; one side has no day."),
    ("birth", "year"): _("The year of birth agrees; one side has no more."),
    ("birth", "year_near"): _("The years of birth are near each other."),
    ("birth", "year_far"): _("The years of birth differ."),
    ("sex", "equal"): _("The sex is the same."),
    ("sex", "unlike"): _("The sex differs."),
    ("number", "verified"): _(
        "The same number, confirmed for both by the population database."
    ),
    ("number", "equal"): _("The same identity number, and it fits both."),
    ("number", "equal_old"): _("The same card or passport number."),
    ("number", "fits_one"): _(
        "The same identity number, but its digits fit only one of them."
    ),
    ("number", "fits_none"): _(
        "The same identity number, but its digits fit neither of them."
    ),
    ("number", "foreign"): _(
        "The same number, which the population database knows as somebody else's."
    ),
    ("number", "near"): _("The numbers differ in one digit or two swapped ones."),
    ("number", "row"): _("The numbers were given out in a row, as to twins."),
    ("number", "near_head"): _(
        "The numbers differ in one digit of place, sex or birth year."
    ),
    ("number", "different"): _("Two different identity numbers, each well formed."),
    ("number", "different_odd"): _(
        "Two different identity numbers, one of which does not fit its bearer."
    ),
    ("number", "different_old"): _("Two different numbers of old cards."),
    ("number", "different_passport"): _("Two different passports."),
    ("phone", "equal"): _("The same telephone."),
    ("phone", "near"): _("The telephones differ in one digit or two swapped ones."),
    ("phone", "different"): _("The telephones differ."),
    ("place", "equal"): _("They live in the same commune."),
    ("place", "area"): _("They may live in the same commune."),
    ("place", "province"): _("They live in the same province."),
    ("place", "elsewhere"): _("They live in different provinces."),
    ("dose", "same_site"): _("Has another dose from the same site."),
    ("dose", "home"): _("Lives in the commune of the site."),
    ("dose", "away"): _("Neither lives there nor has a dose from there."),
    ("gap", "fits"): _("The dose fits the doses on record."),
    ("gap", "crowded"): _("Has another dose within three weeks of it."),
    ("gap", "too_young"): _("Was too young for it that day."),
}

DOUBTS: Final = {
    "two_confirmed": _("Each number is confirmed for its bearer: two people."),
    "restricted": _("A record is restricted, so a person has to decide."),
    "unreadable": _("A number on record cannot be read: call technical support."),
    "given_name": _("Never certain while the given names differ."),
    "two_numbers": _("Never certain with two well-formed numbers."),
    "sexed": _("Never certain with Văn against Thị."),
    "row": _("Never certain with numbers that were given out in a row."),
    "near_number": _(
        "Never certain by nearly equal numbers without birth date and telephone or"
        " commune."
    ),
    "birth": _("Never certain while the birth dates differ."),
    "generation": _("Never certain with birth years as far apart as father and son."),
    "no_birth": _("Never certain without both birth dates."),
    "no_name": _("Never certain without both names."),
    "chain": _("The links between these records contradict each other."),
    "not_ahead": _("Another candidate fits nearly as well."),
    "same_day": _("Has a dose of that day already."),
    "orphan": _("The dose bears a name and nothing else."),
}


_NOTHING: Final = _("Nothing can be compared.")


def reasons(levels: Mapping[str, str], doubts: Iterable[str] = ()) -> list[str]:
    """Return a sentence for each level seen, then for each doubt that held it down."""
    found = [WORDS[item] for item in levels.items() if item in WORDS]
    found += [DOUBTS[doubt] for doubt in doubts]
    return [str(text) for text in found or [_NOTHING]]
