"""What surrounds a case, in words: its lots, its session, the rules that fire."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from complaints import surroundings
from complaints.casefile import CaseFile
from complaints.filters import Filters
from complaints.surroundings import LotFacts, SessionFacts
from complaints.views import quality_words
from portal.common.templatetags.ui import percent, vn_number
from portal.registry.models import QualityFinding
from portal.registry.quality.rule import Severity
from portal.registry.quality.rules import RULES

TONES: Final = {"E": "bad", "W": "warn", "I": "info"}
# A day with more vaccines and lots than that is told by its largest.
MOST_LOTS: Final = 6


def of(file: CaseFile, *, paths: Sequence[str]) -> dict[str, Any]:
    """Return all three for the case page; ``paths``: what the reader may follow."""
    dose = file.complaint.dose
    where = file.complaint.site or (dose.site if dose else None)
    on = file.session.on if file.session else None
    return {
        "lots": lots(file.lots.values(), on=on),
        "session": session(file.session, site=where.code if where else ""),
        "findings": findings(file.findings, paths=paths, products=file.products),
        "is_grave": any(one.severity != "I" for one in file.findings),
    }


def lots(facts: Iterable[LotFacts], *, on: date | None) -> list[dict[str, Any]]:
    """Return each lot with what the ledger says of it, as label and value."""
    return [
        {
            "number": lot.number,
            "url": f"{reverse('casework:lot')}?{urlencode({'lot': lot.number})}",
            "lines": [
                (_("Vaccine"), lot.product),
                (_("Expiry"), _expiry(lot)),
                (_("Delivered to the site"), _deliveries(lot)),
                (_("Recorded at the site"), _recorded(lot)),
            ],
            "warning": _("It had expired on the day in question")
            if on and lot.was_usable(on) is False
            else "",
        }
        for lot in facts
    ]


def session(facts: SessionFacts | None, *, site: str) -> dict[str, Any] | None:
    """Return the session as label and value, and the queue narrowed to it."""
    if facts is None:
        return None
    day = f"{facts.on:%d/%m/%Y}"
    chosen = Filters(site=site, day=str(facts.on))
    given = [
        f"{product} {lot}".strip() + f": {vn_number(count)}"
        for product, lot, count in facts.recorded[:MOST_LOTS]
    ]
    if facts.recorded[MOST_LOTS:]:
        given.append("…")
    lines = [
        (_("Doses recorded"), vn_number(facts.total)),
        (_("By vaccine and lot"), "; ".join(given) or "–"),
        (_("Open reports that a dose is missing"), vn_number(facts.missing)),
    ]
    if facts.share is not None:
        lines.append(
            (_("Share recorded of all that are known of"), percent(facts.share))
        )
    return {
        "day": day,
        "lines": lines,
        "url": f"{reverse('casework:queue')}?{chosen.query}",
    }


def findings(
    rows: Sequence[QualityFinding], *, paths: Sequence[str], products: dict[str, str]
) -> list[dict[str, str]]:
    """Return the rules that fire, in words; with a link where the reader may follow."""
    return [
        {
            "tone": TONES.get(row.severity, "info"),
            "severity": str(Severity(row.severity).label),
            "words": str(RULES[row.rule].message) if row.rule in RULES else row.rule,
            "detail": quality_words.detail(row.detail, products),
            "url": reverse("casework:quality_finding", args=[row.rule, row.ref])
            if row.path.startswith(tuple(paths))
            else "",
        }
        for row in rows
    ]


def _expiry(lot: LotFacts) -> str:
    if lot.expires_on is None:
        return _("Not known")
    parts = [f"{lot.expires_on:%d/%m/%Y}"]
    parts += [
        _("extended to %(day)s (%(source)s)")
        % {"day": f"{longer.until:%d/%m/%Y}", "source": longer.source}
        for longer in lot.extensions
    ]
    return "; ".join(parts)


def _deliveries(lot: LotFacts) -> str:
    everywhere = _("%(doses)s doses to %(sites)s sites altogether") % {
        "doses": vn_number(lot.to_all[0]),
        "sites": vn_number(lot.to_all[1]),
    }
    if not lot.deliveries:
        return "; ".join([_("No delivery is known"), everywhere])
    days = [f"{day:%d/%m/%Y}: {vn_number(doses)}" for day, doses in lot.deliveries]
    return "; ".join([*days, everywhere])


def _recorded(lot: LotFacts) -> str:
    if lot.recorded > surroundings.MOST_COUNTED:
        return _("more than %(n)s") % {"n": vn_number(surroundings.MOST_COUNTED)}
    if not lot.delivered:
        return vn_number(lot.recorded)
    return _("%(n)s of %(delivered)s delivered") % {
        "n": vn_number(lot.recorded),
        "delivered": vn_number(lot.delivered),
    }
