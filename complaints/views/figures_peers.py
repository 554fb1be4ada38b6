"""Where an organization stands among others of its kind, in words and as a table."""

from typing import Any

from django.utils.translation import gettext as _

from complaints.insight import Peers
from complaints.views.oversight_tables import hours
from portal.common.templatetags.ui import vn_number


def told(peers: Peers) -> dict[str, Any] | None:
    """Return where the organization stands among its peers; None without another one.

    Peers are not named: most lie outside what the reader oversees.
    """
    facts = {"n": vn_number(len(peers.medians)), "month": f"{peers.month:%m/%Y}"}
    if not peers.medians:
        text = _("No peer has resolved enough in %(month)s to compare.") % facts
        return {"text": text, "table": None}
    if len(peers.medians) == 1 and peers.mine is not None:
        return None
    text = _("%(n)s peers in %(month)s.") % facts
    if peers.place is not None:
        facts |= {"place": vn_number(peers.place), "mine": hours(peers.mine)}
        text = _("Place %(place)s of %(n)s in %(month)s, with %(mine)s.") % facts
    return {"text": text, "table": _places(peers)}


def _places(peers: Peers) -> dict[str, Any]:
    """Return the quarters of the peers and the neighbours, from the fastest on."""
    medians = list(peers.medians)
    told: dict[int, str] = {}
    if peers.place is not None:
        mine = peers.place - 1
        told[mine - 1] = _("Next faster one")
        told[mine + 1] = _("Next slower one")
    last = len(medians) - 1
    told |= {
        0: _("Fastest"),
        last // 4: _("A quarter is at least as fast"),
        last // 2: _("The middle one"),
        3 * last // 4: _("Three quarters are at least as fast"),
        last: _("Slowest"),
    }
    if peers.place is not None:
        told[peers.place - 1] = _("This unit")
    return {
        "caption": _("Peers, from the fastest to the slowest"),
        "columns": [
            {"label": _("Organization")},
            {"label": _("Place"), "number": True},
            {"label": _("Half within"), "number": True},
        ],
        "rows": [
            {"cells": [told[place], vn_number(place + 1), hours(medians[place])]}
            for place in sorted(told)
            if 0 <= place <= last
        ],
    }
