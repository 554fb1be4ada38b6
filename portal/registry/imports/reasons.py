"""What the reader says about rows, in words; which of it stops a row."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Codes that make a row an error: nothing of it is taken before somebody looked.
ERRORS: Final = frozenset(
    ("missing", "in_the_future", "before_birth", "nothing_identifies", "formula_lost")
    + ("formula_text",)
    + ("id_rounded", "id_length", "id_letters", "id_shared", "phone_rounded")
    + ("born_unread", "born_future", "born_twice", "born_century", "born_leftover")
    + ("given_unread", "given_range", "given_leftover", "as_above")
    + ("product_unknown", "product_several", "lot_rounded", "several_doses")
    + ("twice_differs", "perhaps_row", "note_contradicts", "not_marked", "two_people")
)

# Words take %(detail)s. What the comparison with the registry says as well ("missing",
# "in_the_future", "before_birth", "same_as_row") has its words there.
WORDS: Final[dict[str, Promise]] = {
    "nothing_identifies": _(
        "No birth date, number or telephone says who of this name it is."
    ),
    "as_above": _("“As above” cannot stand here: write it out."),
    "formula": _("A formula: its value was taken as the file holds it."),
    "formula_lost": _("A formula without a value: write the value itself."),
    "formula_text": _("The text begins like a formula; it was read as text."),
    "id_rounded": _(
        "The spreadsheet rounded the number: its last digits are lost. Enter it again."
    ),
    "id_length": _("The number has %(detail)s digits; 9 or 12 are right."),
    "id_letters": _("The number holds letters and is no passport's."),
    "id_dummy": _("The number only fills the cell; it was left out."),
    "id_structure": _("The first four digits fit no province, country or century."),
    "id_sex": _("The number says another sex."),
    "id_born": _("The number says another birth year."),
    "id_restored": _("Zeros that the spreadsheet took were put back: please confirm."),
    "id_several": _("The cell holds several numbers; the new one was taken."),
    "id_shared": _("The same number stands in line %(detail)s under another name."),
    "phone_rounded": _("The spreadsheet rounded the telephone number."),
    "phone_landline": _("A landline number; messages cannot reach it."),
    "phone_unread": _("This is no telephone number."),
    "name_note": _("What stands in brackets was left out of the name."),
    "name_comma": _("The name before the comma was read as the family name."),
    "name_title": _("A title was left out of the name."),
    "name_digits": _("The name holds digits."),
    "name_abbreviated": _("The name is abbreviated."),
    "name_unaccented": _("The name is written without accents."),
    "name_single": _("The name is one word."),
    "name_of_carer": _("A baby under the name of a parent."),
    "sex_unread": _("This names no sex."),
    "sex_contradicts": _("The columns say two different sexes."),
    "born_unread": _("This is no birth date."),
    "born_future": _("The birth date lies in the future."),
    "born_twice": _("Both the men's and the women's column are filled."),
    "born_century": _("The year has two digits and both centuries are possible."),
    "born_two_digits": _("The year has two digits; read as %(detail)s."),
    "born_order": _("The month stands before the day; read as %(detail)s."),
    "born_serial": _("The spreadsheet's number of a day; read as %(detail)s."),
    "born_year_as_date": _("A year that the spreadsheet took for a day: %(detail)s."),
    "born_month_only": _("The day is not said; the year alone was taken."),
    "born_about": _("The year is said to be about right."),
    "born_swapped": _("The spreadsheet may have exchanged day and month."),
    "born_leftover": _("A count that the spreadsheet took for a day."),
    "given_unread": _("This is no day of an injection."),
    "given_range": _("The title names several days; say which one it was."),
    "given_order": _("The month stands before the day; read as %(detail)s."),
    "given_serial": _("The spreadsheet's number of a day; read as %(detail)s."),
    "given_swapped": _("The spreadsheet may have exchanged day and month."),
    "given_leftover": _("A count that the spreadsheet took for a day."),
    "product_unknown": _("No vaccine is known by this name."),
    "product_several": _("Several vaccines are named here."),
    "product_typo": _("A slip of the pen; read as %(detail)s."),
    "product_by_lot": _("The vaccine is not said; the lot says %(detail)s."),
    "lot_letters": _("Letters among digits; read as %(detail)s."),
    "lot_several": _("The cell holds several lots; none was taken."),
    "lot_rounded": _("The spreadsheet rounded the lot number."),
    "lot_of_other": _("This lot is one of %(detail)s."),
    "dose_unread": _("This is no number of a dose."),
    "dose_kind": _("An additional or booster dose; the number is not said."),
    "several_doses": _("The row holds several doses; give each its own row."),
    "one_of_several": _("One of %(detail)s doses that stand on this row."),
    "not_marked": _("Others are marked as vaccinated, this one is not."),
    "two_people": _("Two people stand on this row: give each a row of their own."),
    "note_postponed": _("Postponed: no dose was given."),
    "note_contradicts": _("The note speaks of a dose put off and of one given."),
    "note_entered": _("The note says that the dose is entered already."),
    "note_duplicate": _("The note says that this person is in the list twice."),
    "note_elsewhere": _("The note tells of another dose elsewhere."),
    "perhaps_row": _(
        "Perhaps the same person as in line %(detail)s: leave one out, or confirm both."
    ),
    "twice_differs": _(
        "The same person and day as in line %(detail)s, with other facts."
    ),
}
