"""What is asked about before sending, in words, and how the citizen answers it.

A doubt never stops anybody: its offers are buttons, and who holds to what was typed
says why in a few words, which staff read beside the claim.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.actions.intake import Held
from complaints.choices import Check, Field
from complaints.rules.plausibility import Doubt
from complaints.views.cards import Words

MOST_REASON: Final = 500

# The facts of a doubt stand in the words: what seems wrong, and what to do.
WORDS: Final = {
    Check.NAME_PLAIN: gettext_lazy(
        "The name has no accents. Reports without accents are often refused."
    ),
    Check.NAME_SHORT: gettext_lazy(
        "The name is a single word. Type family name, middle name and given name."
    ),
    Check.BEFORE_CAMPAIGN: gettext_lazy(
        "Vaccination began on %(day)s. Is the date right?"
    ),
    Check.BEFORE_APPROVAL: gettext_lazy(
        "%(product)s was approved on %(day)s, after this date. Is the date or the"
        " vaccine another one?"
    ),
    Check.BEFORE_BIRTH: gettext_lazy(
        "The dose would lie before the birth. Compare both dates."
    ),
    Check.TOO_YOUNG: gettext_lazy(
        "At %(age)s years nobody was given %(product)s then; it began at %(least)s."
        " Compare birth date, date and vaccine."
    ),
    Check.LOT_UNKNOWN: gettext_lazy(
        "We know no lot %(lot)s. Compare each letter and digit with the paper."
    ),
    Check.LOT_OTHER_PRODUCT: gettext_lazy(
        "Lot %(lot)s is %(product)s, not the vaccine chosen. Compare with the paper."
    ),
    Check.LOT_NOT_YET: gettext_lazy(
        "Lot %(lot)s arrived on %(day)s, after this date. Compare date and lot."
    ),
    Check.LOT_OVER: gettext_lazy(
        "Lot %(lot)s was in use until %(day)s, before this date. Compare date and lot."
    ),
    Check.SLIP_DATE: gettext_lazy("You keep a date that the paper does not bear."),
    Check.SLIP_PRODUCT: gettext_lazy(
        "You keep a vaccine that the paper does not bear."
    ),
    Check.SLIP_LOT: gettext_lazy("You keep a lot that the paper does not bear."),
    Check.SLIP_NUMBER: gettext_lazy(
        "You keep a dose number that the paper does not bear."
    ),
    Check.PAPER_NAME: gettext_lazy(
        "You did not tick that the paper bears this name. Compare it letter by letter."
    ),
    Check.PAPER_BIRTH: gettext_lazy(
        "You did not tick that the paper bears this birth date. Compare both."
    ),
    Check.PAPER_LACKS: gettext_lazy(
        "A paper without date or vaccine proves little. Is there another one?"
    ),
    Check.PAPER_FORM: gettext_lazy(
        "A screening form proves no dose. Send the slip you got after the injection."
    ),
    Check.PAPER_OTHER: gettext_lazy(
        "Only a paper proves a dose. Take a photo of the slip, as in the picture."
    ),
    Check.PAPER_COVERED: gettext_lazy(
        "What is covered cannot be checked. Take a photo of the whole paper."
    ),
    Check.PAPER_ALTERED: gettext_lazy(
        "A paper changed by hand is often refused. Is there an unchanged one?"
    ),
    Check.PHOTO_UNREADABLE: gettext_lazy(
        "A photo can hardly be read. Take it again as said beside it."
    ),
    Check.SLIP_NOTHING: gettext_lazy(
        "Nothing on the paper agrees with what you typed. Is it the right paper?"
    ),
}


def as_shown(found: Sequence[Doubt], field: str = "") -> list[dict[str, Any]]:
    """Return doubts in words, with a button for each offer."""
    words = Words(
        pair
        for doubt in found
        for pair in [
            *doubt.offers,
            (Field.PRODUCT.value, doubt.facts.get("product", "")),
        ]
    )
    shown = []
    for doubt in found:
        facts = dict(doubt.facts)
        if "product" in facts:
            facts["product"] = words.of(Field.PRODUCT, facts["product"])
        shown.append(
            {
                "check": doubt.check.value,
                "text": str(WORDS[doubt.check]) % facts,
                "offers": [
                    (f"{name}:{value}", _("Use %(value)s") % {"value": named})
                    for name, value in doubt.offers
                    if (named := words.of(name, value))
                ],
            }
        )
    return shown


def taken(request: HttpRequest) -> QueryDict:
    """Return what was sent, with an offer that was pressed in its field."""
    data: QueryDict = request.POST
    name, colon, value = data.get("take", "").partition(":")
    if colon and name in (Field.PRODUCT, Field.LOT, Field.FULL_NAME):
        changed: Any = data.copy()
        changed[name] = value
        return changed
    return data


def reason_of(request: HttpRequest) -> str:
    """Return why the citizen holds to it, as typed."""
    return request.POST.get("insist", "").strip()[:MOST_REASON]


def are_answered(request: HttpRequest, found: Iterable[Doubt]) -> bool:
    """Tell whether the citizen saw exactly these doubts, or more, and gave a reason.

    Keeping a name takes no reason: the button beside it says enough.
    """
    seen = set(request.POST.get("doubted", "").split(","))
    open_doubts = {doubt.check.value for doubt in found}
    if not open_doubts <= seen:
        return False
    is_only_name = open_doubts <= {Check.NAME_PLAIN, Check.NAME_SHORT}
    return bool(reason_of(request)) or (is_only_name and "keep" in request.POST)


def held(request: HttpRequest, found: Iterable[Doubt]) -> list[dict[str, str]]:
    """Return the doubts that the citizen held against, for the draft."""
    reason = reason_of(request)
    return [asdict(Held(doubt.check.value, doubt.said, reason)) for doubt in found]


def context(
    request: HttpRequest, found: Sequence[Doubt], *, before: str = ""
) -> dict[str, Any]:
    """Return what ``citizen/_doubts.html`` needs."""
    names = {Check.NAME_PLAIN, Check.NAME_SHORT}
    return {
        "doubts": as_shown(found),
        "doubted": ",".join(doubt.check.value for doubt in found),
        "insist": reason_of(request) or before,
        "may_keep": bool(found) and all(doubt.check in names for doubt in found),
        "lacks_reason": bool(found)
        and "doubted" in request.POST
        and "take" not in request.POST
        and not reason_of(request),
    }
