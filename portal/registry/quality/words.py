"""What explains a finding of a rule, in words of the language in force."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.common.templatetags.ui import vn_number

# Words for a fault's short name; asked for in the reader's language.
_WHATS = {
    "repeat": lambda: _("a number twice"),
    "hole": lambda: _("a number is missing"),
    "arrival": lambda: _("before the lot came"),
    "expiry": lambda: _("after its expiry"),
    "digits": lambda: _("digits"),
    "syllable": lambda: _("one syllable only"),
    "letters": lambda: _("damaged letters"),
    "title": lambda: _("a title"),
    "accents": lambda: _("no accents"),
    "birth": lambda: _("one birth date"),
    "number": lambda: _("one identity number"),
    "lot": lambda: _("one lot for several vaccines"),
}


def detail(found: Mapping[str, Any], products: Mapping[str, str]) -> str:
    """Return what explains a finding: the number beside its limit, a day, a word."""
    parts = []
    if "days" in found:
        days = found["days"]
        parts.append(ngettext("%(n)s day", "%(n)s days", days) % {"n": vn_number(days)})
    if "age" in found:
        parts.append(_("%(n)s years old") % {"n": found["age"]})
    if "least" in found:
        parts.append(_("at least %(n)s") % {"n": found["least"]})
    if "what" in found:
        parts.append(_WHATS[found["what"]]())
    for name in ("approved_on", "first_arrival_on"):
        if name in found:
            parts.append(f"{date.fromisoformat(found[name]):%d/%m/%Y}")
    if "lot_product" in found:
        code = found["lot_product"]
        parts.append(_("lot of %(product)s") % {"product": products.get(code, code)})
    if "given" in found:
        parts.append(_("%(n)s recorded") % {"n": vn_number(found["given"])})
    if "delivered" in found:
        parts.append(_("%(n)s delivered") % {"n": vn_number(found["delivered"])})
    if "people" in found:
        parts.append(_("%(n)s people") % {"n": vn_number(found["people"])})
    if "doses" in found:
        parts.append(_("%(n)s doses") % {"n": vn_number(found["doses"])})
    if "number" in found:
        parts.append(_("dose %(n)s") % {"n": found["number"]})
    if "round" in found:
        parts.append(_("%(n)s on such a day") % {"n": vn_number(found["round"])})
    if "rows" in found:
        parts.append(_("%(n)s rows wait") % {"n": vn_number(found["rows"])})
    if "entries" in found:
        parts.append(_("%(n)s entries in an hour") % {"n": vn_number(found["entries"])})
    if "hour" in found:
        parts.append(_("entered at %(n)s o'clock") % {"n": found["hour"]})
    if "complaints" in found:
        parts.append(_("%(n)s complaints") % {"n": vn_number(found["complaints"])})
    return ", ".join(parts)
