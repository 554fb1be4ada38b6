"""What the queue is narrowed to, on screen: fields, chosen ones in words, views."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import casefile, counting, filters, saved_views, worklist
from complaints.filters import Filters
from complaints.models.complaint import ComplaintQuerySet
from complaints.saved_views import Offer, Unit
from complaints.views.casework import paths_of
from complaints.views.receivers_of import organizations
from portal.accounts.access import StaffRequest
from portal.common import codes, crypto

SEARCH: Final = "queue_search"
# In the address of a queue whose fields for filters are shown.
OPEN: Final = "filters"
# In the order of the page, "view" aside, which the pills choose.
LABELS: Final[dict[str, Promise]] = {
    "kind": gettext_lazy("What is wrong"),
    "due": gettext_lazy("When it is due"),
    "waits": gettext_lazy("Who has to act"),
    "photo": gettext_lazy("Photo of a paper"),
    "again": gettext_lazy("How often it was reported"),
    "assignee": gettext_lazy("Taken on by"),
    "unit": gettext_lazy("Unit below"),
    "site": gettext_lazy("Vaccination site"),
    "day": gettext_lazy("Date given"),
    "lot": gettext_lazy("Lot number"),
}


@dataclass
class Asked:
    """What an address asks for, and the cases that fit.

    ``wrong``: by name what was not understood; then no case fits, as leaving a filter
    out would show, and move, more than was meant. ``words``: of a search.
    ``sites``: those that a typed place may mean.
    """

    filters: Filters
    wrong: dict[str, str]
    offer: Offer
    words: str
    cases: ComplaintQuerySet
    sites: list[Any]


def asked_for(request: StaffRequest, mine: ComplaintQuerySet, *, at: datetime) -> Asked:
    """Return the cases that an address asks for; search and filters hold together.

    The words of a search may be personal: the address says "*" for those kept sealed.
    """
    chosen, wrong = filters.read(request.GET)
    offer = saved_views.offered(
        user=request.user,
        organizations={posting.organization_id for posting in request.postings},
        chosen=chosen,
        with_choices=bool(wrong) or OPEN in request.GET or "site_text" in request.GET,
    )
    sites = _sites(request, offer, wrong, at=at)
    if len(sites) == 1:
        chosen = replace(chosen, site=sites[0].code)
    words = search_words(request)
    if request.GET.get("q") and not words:
        wrong["q"] = _("The search is no longer kept. Type it once more.")
    path = offer.path_of(chosen.unit, within=paths_of(request))
    if chosen.unit and path is None:
        wrong["unit"] = _("Choose one of the list.")
    cases = mine.none() if wrong else worklist.search(mine, words) if words else mine
    cases = chosen.narrow(
        cases, path=path, user=request.user, at=at, also_ended=bool(words)
    )
    return Asked(chosen, wrong, offer, words, cases, sites)


def search_words(request: StaffRequest) -> str:
    """Return what is searched for: the code in the address, or what was sealed."""
    typed = request.GET.get("q", "")
    if typed != "*":
        code = codes.clean(typed)
        return code if codes.is_valid(code) else ""
    try:
        sealed = base64.b64decode(request.session.get(SEARCH, ""))
        return crypto.unseal(sealed, bound_to=f"search:{request.user.pk}")
    except (binascii.Error, crypto.Unreadable):
        return ""


def views(
    request: StaffRequest, asked: Asked, mine: ComplaintQuerySet, *, at: datetime
) -> tuple[list[dict[str, Any]], int]:
    """Return built-in and saved views with their counts, and how many cases fit.

    All counted by one statement. The number that fits is 0 where it is not known
    exactly: in a search, or above ``worklist.MOST_COUNTED``.
    """
    most, most_saved = worklist.MOST_COUNTED, worklist.MOST_COUNTED_SAVED
    user, paths = request.user, paths_of(request)
    named = [
        (str(label), Filters(view=view), most) for view, label in worklist.VIEWS.items()
    ]
    counts = [
        counting.of_view(view, paths=paths, user=user, at=at, most=most)
        for view in worklist.VIEWS
    ]
    for one in asked.offer.saved:
        label = _("%(view)s (unit)") % {"view": one.name} if one.is_shared else one.name
        named.append((label, one.filters, most_saved))
        cases = one.filters.narrow(mine, path=one.path, user=user, at=at)
        counts.append(counting.of(cases, most=most_saved))
    is_exact = not asked.words and not asked.wrong
    if is_exact and not asked.filters.is_plain:
        counts.append(counting.of(asked.cases, most=most))
    found = counting.ask(counts)
    shown = [
        {
            "label": label,
            "url": f"{reverse('casework:queue')}?{of.query or 'view=all'}",
            "count": min(count, limit),
            "is_more": count > limit,
            "is_current": is_exact and of == asked.filters,
        }
        for (label, of, limit), count in zip(named, found, strict=False)
    ]
    if not is_exact:
        return shown, 0
    built_in = list(worklist.VIEWS).index(asked.filters.view)
    fits = found[built_in] if asked.filters.is_plain else found[-1]
    return shown, fits if fits <= most else 0


def panel(request: StaffRequest, asked: Asked) -> dict[str, Any]:
    """Return the chosen filters in words, and the fields if they are to be shown.

    Most pages are read without them, and they cost as much as thirty lines.
    """
    chosen = asked.filters
    is_open = OPEN in request.GET or bool(set(asked.wrong) - {"q"})
    fields = []
    for name, label in LABELS.items() if is_open else ():
        typed = request.GET.get(name, "")
        fields.append(
            {
                "name": name,
                "label": label,
                "value": typed
                if name in asked.wrong
                else _shown(name, getattr(chosen, name)),
                "choices": _choices(name, asked),
                "error": asked.wrong.get(name, ""),
            }
        )
    return {
        "fields": fields,
        "view": chosen.view,
        # What was typed is kept until it has become one site.
        "site_text": request.GET.get("site_text", "")[:200]
        if len(asked.sites) != 1
        else "",
        "code": asked.words if codes.is_valid(asked.words) else "",
        "site_error": asked.wrong.get("site_text", ""),
        "is_open": is_open,
        "open_url": _address(request, **{OPEN: "open"}) + "#filters",
        "close_url": _address(request, **{OPEN: None}),
        "query": chosen.query,
        "chips": [
            {
                "label": f"{LABELS[name]}: {words}" if name in LABELS else words,
                "url": f"?{_with_words(asked, chosen.without(name))}",
            }
            for name, words in in_words(chosen, asked.offer)
        ],
    }


def _address(request: StaffRequest, **changed: str | None) -> str:
    """Return the address of this page with some of its parts changed; None: gone."""
    query = request.GET.copy()
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


def in_words(chosen: Filters, offer: Offer) -> list[tuple[str, str]]:
    """Return the chosen filters as name and words."""
    return [(name, _words(name, value, offer)) for name, value in chosen.chosen.items()]


def _words(name: str, value: str, offer: Offer) -> str:
    if name in filters.CHOICES:
        return str(filters.CHOICES[name][value])
    if name == "assignee":
        return str(
            filters.ASSIGNEE.get(value)
            or dict(offer.colleagues).get(value)
            or _("A colleague")
        )
    if name == "unit":
        return next((u.name for u in offer.units if u.code == value), value)
    if name == "site":
        return offer.site.name if offer.site else value
    return _shown(name, value)


def _shown(name: str, value: str) -> str:
    return casefile.day_words(value) if name == "day" else value


def _choices(name: str, asked: Asked) -> list[tuple[str, str]]:
    """Return value and label of each choice; none for a field that is typed."""
    offer = asked.offer
    if name in filters.CHOICES:
        return [(value, str(label)) for value, label in filters.CHOICES[name].items()]
    if name == "assignee":
        known = [(value, str(label)) for value, label in filters.ASSIGNEE.items()]
        return [*known, *offer.colleagues]
    if name == "unit":
        return [(unit.code, unit.name) for unit in offer.units]
    if name == "site":
        found: Iterable[Unit] = asked.sites or ([offer.site] if offer.site else [])
        return [(site.code, site.name) for site in found]
    return []


def _sites(
    request: StaffRequest, offer: Offer, wrong: dict[str, str], *, at: datetime
) -> list[Any]:
    """Return the sites that a typed place may mean; say what to do unless it is one."""
    typed = request.GET.get("site_text", "").strip()[:200]
    if not typed:
        if request.GET.get("site") and offer.site is None:
            wrong["site"] = _("Choose one of the list.")
        return []
    found = organizations(typed, at=at)
    # One of them was chosen already from the list that the words had led to.
    chosen = [site for site in found if site.code == request.GET.get("site")]
    if chosen:
        return chosen
    if not found:
        wrong["site_text"] = _("No such site is known. Type a part of its name.")
    elif len(found) > 1:
        wrong["site"] = _("Several sites fit: choose one of the list.")
    return found


def _with_words(asked: Asked, chosen: Filters) -> str:
    """Return an address's filters, with the search that goes on beside them."""
    code = asked.words if codes.is_valid(asked.words) else "*"
    parts = [chosen.query] if chosen.query else []
    return "&".join([*parts, f"q={code}"] if asked.words else parts)
