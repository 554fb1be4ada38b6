"""What the queue is narrowed to, on screen: fields, chosen ones in words, views."""

import base64
import binascii
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import casefile, filters, queue_counts, saved_views, worklist
from complaints.filters import Filters
from complaints.models.complaint import ComplaintQuerySet
from complaints.saved_views import Offer, Unit
from complaints.views.receivers_of import organizations
from portal.accounts import access
from portal.accounts.access import StaffRequest
from portal.common import codes, crypto

SEARCHES: Final = "queue_searches"
# Before the key of a search, so that no key is taken for a code.
SEALED: Final = "*"
MOST_SEARCHES: Final = 10
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
    out would show, and move, more than was meant. ``words``: of a search; ``q``: what
    an address says for them.
    ``sites``: those that a typed place may mean.
    """

    filters: Filters
    wrong: dict[str, str]
    offer: Offer
    words: str
    q: str
    cases: ComplaintQuerySet
    sites: list[Any]


def asked_for(request: StaffRequest, mine: ComplaintQuerySet, *, at: datetime) -> Asked:
    """Return the cases that an address asks for; search and filters hold together.

    The words of a search may be personal: the address names those kept sealed by a key
    (``keep_search``).
    """
    chosen, wrong = filters.read(request.GET)
    offer = saved_views.offered(
        user=request.user,
        organizations={posting.organization_id for posting in request.postings},
        chosen=chosen,
        with_choices=bool(wrong) or OPEN in request.GET or "site_text" in request.GET,
        at=at,
    )
    sites = _sites(request, offer, wrong, at=at)
    if len(sites) == 1:
        chosen = replace(chosen, site=sites[0].code)
    words, typed = search_words(request), request.GET.get("q", "")
    if typed and not words:
        wrong["q"] = _("The search is no longer kept. Type it once more.")
    path = offer.path_of(chosen.unit, within=access.readable_paths(request))
    if chosen.unit and path is None:
        wrong["unit"] = _("Choose one of the list.")
    cases = chosen.narrow(
        mine.none() if wrong else mine,
        path=path,
        user=request.user,
        at=at,
        also_ended=bool(words),
    )
    if words:
        cases = worklist.search(cases, words)
    return Asked(chosen, wrong, offer, words, _kept_as(words, typed), cases, sites)


def keep_search(request: StaffRequest, words: str) -> str:
    """Keep the words of a search sealed; return what the address says instead.

    An address means one search, whatever is looked for in another tab meanwhile.
    """
    sealed = crypto.seal(words, bound_to=f"search:{request.user.pk}")
    key = secrets.token_hex(4)
    kept = request.session.get(SEARCHES, {})
    latest = list(kept.items())[-MOST_SEARCHES + 1 :]
    request.session[SEARCHES] = {
        **dict(latest),
        key: base64.b64encode(sealed).decode(),
    }
    return f"{SEALED}{key}"


def search_words(request: StaffRequest) -> str:
    """Return what is searched for: the code in the address, or what was sealed."""
    typed = request.GET.get("q", "")
    if not typed.startswith(SEALED):
        code = codes.clean(typed)
        return code if codes.is_valid(code) else ""
    kept = request.session.get(SEARCHES, {}).get(typed.removeprefix(SEALED), "")
    try:
        sealed = base64.b64decode(kept)
        return crypto.unseal(sealed, bound_to=f"search:{request.user.pk}")
    except (binascii.Error, crypto.Unreadable):
        return ""


def _kept_as(words: str, typed: str) -> str:
    """Return how an address names a search: its code, or the key of its words."""
    return "" if not words else words if codes.is_valid(words) else typed


def views(
    request: StaffRequest,
    asked: Asked,
    mine: ComplaintQuerySet,
    *,
    at: datetime,
    is_whole: bool,
) -> tuple[list[dict[str, Any]], int | None]:
    """Return built-in and saved views with their counts, and how many cases fit.

    All counted by one statement, as far as ``worklist.MOST_COUNTED`` and one more. None
    where nothing was counted: in what is not understood, and in a search that one page
    shows whole (``is_whole``).
    """
    most, most_saved = worklist.MOST_COUNTED, worklist.MOST_COUNTED_SAVED
    user, paths = request.user, access.readable_paths(request)
    named = [
        (str(label), Filters(view=view), most) for view, label in worklist.VIEWS.items()
    ]
    counts = [
        queue_counts.of_view(view, paths=paths, user=user, at=at, most=most)
        for view in worklist.VIEWS
    ]
    for one in asked.offer.saved:
        label = _("%(view)s (unit)") % {"view": one.name} if one.is_shared else one.name
        named.append((label, one.filters, most_saved))
        cases = one.filters.narrow(mine, path=one.path, user=user, at=at)
        counts.append(queue_counts.of(cases, most=most_saved))
    is_exact = not asked.words and not asked.wrong
    is_built_in = is_exact and asked.filters.is_plain
    is_counted = not asked.wrong and not (asked.words and is_whole)
    if is_counted and not is_built_in:
        counts.append(queue_counts.of(asked.cases, most=most))
    found = queue_counts.ask(counts)
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
    if not is_counted:
        return shown, None
    built_in = list(worklist.VIEWS).index(asked.filters.view)
    return shown, found[built_in] if is_built_in else found[-1]


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
        "q": asked.q,
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
    parts = [chosen.query] if chosen.query else []
    return "&".join([*parts, f"q={asked.q}"] if asked.q else parts)
