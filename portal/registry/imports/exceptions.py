"""What is wrong with a list as a whole."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: Final[dict[str, Promise]] = {
    "empty": _("The file holds no rows."),
    "unknown_kind": _(
        "This is not a spreadsheet. Save the list as XLSX, XLS, ODS or CSV."
    ),
    "damaged": _("The file is damaged and cannot be opened."),
    "password": _("The file is locked with a password. Save it without one."),
    "macros": _("The file carries macros. Save it as a plain XLSX."),
    "external_links": _(
        "The file takes values from other files. Paste the values and save it again."
    ),
    "embedded": _(
        "The file holds other files. Copy the list alone into a new workbook."
    ),
    "too_large": _("The file is too large. Split the list."),
    "too_many_rows": _("The file has too many rows. Split the list."),
    "too_wide": _("A row has too many columns or a cell too much text."),
    "inflates": _("The file unpacks to far more than its size; it was not opened."),
    "sprawls": _(
        "The file takes too much memory: a cell stands far from the list, or the list "
        "is too long. Copy the list into a new file."
    ),
    "web_page": _("This is a web page under another name. Save it as XLSX."),
    "encoding": _("The letters cannot be read. Save the list as CSV UTF-8."),
    "old_font": _(
        "The letters are of an old font, and it is not clear which. Change the list to"
        " a Unicode font such as Times New Roman, then save it as XLSX."
    ),
    "no_header": _(
        "No line names the columns: at least a name and one of birth date, number "
        "or telephone."
    ),
    "columns": _("The saved columns do not fit this list."),
    "load_columns": _(
        "The first line must name the columns of a load; missing or unknown:"
    ),
    "changed": _("The file was changed since its load began. Load the old one first."),
    "key_change": _("The keys of the digests are being changed. Finish that first."),
}


class CannotRead(ValueError):
    """A list that is refused as a whole; `code` is a key of WORDS.

    `detail` holds a figure or the name of a part, never what a cell says.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail

    @property
    def words(self) -> Promise:
        """The reason for a person, in the language of the moment."""
        return WORDS[self.code]
