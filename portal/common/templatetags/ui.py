"""Tags and filters of the design: icons, words for states, numbers, charts.

Everything here turns a value into markup; nothing reads the database or a clock.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField, BoundWidget
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.common import phones

register = template.Library()

TONES: Final = ("ok", "warn", "bad", "info", "plain")
_ICON_OF_TONE: Final = {
    "ok": "check",
    "warn": "warn",
    "bad": "warn",
    "info": "info",
    "plain": "doc",
}
# State or outcome -> (tone, icon). An unknown state is shown in plain grey, so a new
# state never breaks a page; the word itself always comes from the caller.
STATES: Final = {
    "draft": ("plain", "doc"),
    "received": ("info", "doc"),
    "in_review": ("info", "clock"),
    "waiting_citizen": ("warn", "warn"),
    "waiting_authority": ("info", "clock"),
    "awaiting_second": ("info", "clock"),
    "resolved": ("ok", "check"),
    "withdrawn": ("plain", "x"),
    "lapsed": ("plain", "clock"),
    "corrected": ("ok", "check"),
    "partly_corrected": ("ok", "check"),
    "kept": ("plain", "info"),
    "already_correct": ("ok", "check"),
    "upheld": ("ok", "check"),
}
_DUE_SOON_DAYS: Final = 3
_GRID_LINES: Final = 4
_CHART_WIDTH: Final = 1000
_CHART_HEIGHT: Final = 160
_MOST_LABELS: Final = 6
_SWAPPED: Final = str.maketrans(",.", ".,")


@register.simple_tag
@lru_cache(maxsize=64)
def icon(name: str) -> SafeString:
    """Return the drawing ``name`` of ``_icons.html``, hidden from screen readers."""
    return format_html(
        '<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name
    )


@register.simple_tag
def tag(word: str, tone: str = "plain", symbol: str = "") -> SafeString:
    """Return a state as word, icon and colour together (never colour alone).

    Raises ValueError for a tone that the style sheet does not know.
    """
    return _tag(str(word), tone, symbol)


# Lists repeat the same few tags on every line. Marked strings are told from plain
# ones, so that what one caller declared safe is never taken for another's.
@lru_cache(maxsize=256, typed=True)
def _tag(word: str, tone: str, symbol: str) -> SafeString:
    if tone not in TONES:
        raise ValueError(f"unknown tone {tone!r}; known: {', '.join(TONES)}")
    return format_html(
        '<strong class="tag {}">{}{}</strong>',
        tone,
        icon(symbol or _ICON_OF_TONE[tone]),
        word,
    )


@register.simple_tag
def status_tag(status: str, word: str) -> SafeString:
    """Return the tag of a state or an outcome; ``word`` is what people read."""
    tone, symbol = STATES.get(str(status), ("plain", "doc"))
    return tag(word, tone, symbol)


@register.simple_tag
def due_tag(due: datetime | date | None, at: datetime, paused: bool = False) -> str:
    """Return how many days are left, in days of the reader's calendar.

    Three days or fewer count as soon. A paused clock shows no number, because the
    day moves while somebody else has to act. Nothing due gives an empty string.
    """
    if due is None:
        return ""
    if paused:
        return tag(_("Clock stopped"), "plain", "clock")
    day = timezone.localtime(due).date() if isinstance(due, datetime) else due
    left = (day - timezone.localtime(at).date()).days
    if left < 0:
        word = ngettext("Overdue by %(n)s day", "Overdue by %(n)s days", -left)
        return tag(word % {"n": vn_number(-left)}, "bad", "warn")
    if left == 0:
        return tag(_("Due today"), "warn", "clock")
    word = ngettext("%(n)s day left", "%(n)s days left", left)
    tone = "warn" if left <= _DUE_SOON_DAYS else "info"
    return tag(word % {"n": vn_number(left)}, tone, "clock")


@register.filter
def vn_number(value: float | Decimal | None, places: int = 0) -> str:
    """Return a number as people write it here: 18.204 and 9,1 (English: 18,204).

    Django's Vietnamese locale never groups thousands, so this does. None is a dash.
    """
    if value is None:
        return "–"
    text = f"{value:,.{places}f}"
    if get_language() == "en":
        return text
    return text.translate(_SWAPPED)


@register.filter
def percent(share: float | Decimal | None, places: int = 1) -> str:
    """Return a share between 0 and 1 as a percentage: 0.874 is 87,4%."""
    return "–" if share is None else f"{vn_number(share * 100, places)}%"


@register.filter
def pretty_phone(phone: str) -> str:
    """Return a stored telephone as people write it."""
    return phones.pretty(phone)


@register.filter
def pretty_code(code: str) -> str:
    """Return a complaint code in groups that can be read aloud: 4829 1736 52."""
    plain = "".join(str(code).split())
    return " ".join(part for part in (plain[:4], plain[4:8], plain[8:]) if part)


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: Any) -> str:
    """Return the query string of this page with changes; None removes a name."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return query.urlencode()


@register.simple_tag
def wait_words(seconds: float) -> str:
    """Return a waiting time in words, rounded up to the minute or the hour."""
    minutes = max(1, math.ceil(seconds / 60))
    if minutes < 60:
        word = ngettext("%(n)s minute", "%(n)s minutes", minutes)
        return word % {"n": minutes}
    hours = math.ceil(minutes / 60)
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}


@register.filter
def choice_words(label: object) -> list[str]:
    """Return a choice's label as [words, small print]: cut at the first line end."""
    words, _end, small = str(label).partition("\n")
    return [words, small]


@register.simple_tag
def choice_input(option: BoundWidget) -> SafeString:
    """Return the bare radio button or check box of one choice."""
    return option.tag()


@register.simple_tag
def widget_parts(field: BoundField) -> list[dict[str, Any]]:
    """Return the parts of a field made of several inputs (day, month, year)."""
    return field.subwidgets[0].data.get("subwidgets", [])


@register.simple_tag
def described_by(field: BoundField) -> str:
    """Return the attribute that ties a group of inputs to its hint and error."""
    ids = field.aria_describedby
    return format_html(' aria-describedby="{}"', ids) if ids else ""


@register.simple_tag
def error_list(form: BaseForm) -> list[tuple[str, str]]:
    """Return (id of the input to jump to, message); whole-form errors come first.

    Choice lists have no input of their own: the link leads to their first choice.
    """
    faults = [("", str(message)) for message in form.non_field_errors()]
    for field in form:
        target = field.id_for_label or f"{field.auto_id}_0"
        faults += [(target, str(message)) for message in field.errors]
    return faults


@register.simple_tag
def cell_label(columns: Sequence[Mapping[str, Any]], position: int) -> str:
    """Return the heading of a cell, for tables that are cards on a telephone."""
    return str(columns[position]["label"])


@register.simple_tag
def cell_class(columns: Sequence[Mapping[str, Any]], position: int) -> str:
    """Return the class of a table cell: numbers stand right."""
    return mark_safe(' class="n"') if columns[position].get("number") else ""


@register.simple_tag
def steps_of(step: int, of: int) -> list[bool]:
    """Return for each step of a journey whether it has been reached."""
    return [number <= step for number in range(1, of + 1)]


@register.inclusion_tag("components/_lines.html")
def line_chart(chart: Mapping[str, Any]) -> dict[str, Any]:
    """Draw lines over a row of labels, with a legend and the same data as a table.

    ``chart``: title, note, unit, labels, series (label, tone "a" or "b", values with
    None where there is nothing), target, places after the comma (1). Raises
    ValueError when a series does not have one value per label.
    """
    labels, series = chart["labels"], chart["series"]
    for one in series:
        if len(one["values"]) != len(labels):
            raise ValueError(f"series {one['label']!r}: one value per label, please")
    target = chart.get("target")
    known = [v for one in series for v in one["values"] if v is not None]
    top = _round_top(max([*known, target or 0], default=0))
    every = math.ceil(len(labels) / _MOST_LABELS) or 1
    return {
        **chart,
        "places": chart.get("places", 1),
        "id": f"c{crc32(str(chart['title']).encode()):08x}",
        "lines": [
            {
                **one,
                "path": _path(one["values"], top),
                "last": next(
                    (v for v in reversed(one["values"]) if v is not None), None
                ),
            }
            for one in series
        ],
        "target_y": None if target is None else _y(target, top),
        "grid": [_CHART_HEIGHT * n // _GRID_LINES for n in range(_GRID_LINES + 1)],
        "y_labels": [top * (_GRID_LINES - n) / _GRID_LINES for n in range(5)],
        "y_places": 0 if top % _GRID_LINES == 0 else 1,
        # Counted from the end: the newest label is the one people look for.
        "x_labels": [
            label if (len(labels) - 1 - n) % every == 0 else ""
            for n, label in enumerate(labels)
        ],
        "table": [
            (label, [one["values"][n] for one in series])
            for n, label in enumerate(labels)
        ],
    }


@register.inclusion_tag("components/_bars.html")
def bar_chart(chart: Mapping[str, Any]) -> dict[str, Any]:
    """Draw one bar cut into its parts, with a legend that names every part.

    ``chart``: title, note, bars (label, value, tone 1 to 5, "warn" or "bad", url).
    """
    total = sum(bar["value"] for bar in chart["bars"])
    parts, start = [], 0.0
    for bar in chart["bars"]:
        width = _CHART_WIDTH * bar["value"] / total if total else 0
        parts.append({**bar, "x": f"{start:.1f}", "width": f"{max(width - 2, 0):.1f}"})
        start += width
    return {**chart, "parts": parts, "total": total}


def _round_top(highest: float) -> float:
    """Return the first comfortable axis end at or above the highest value."""
    if highest <= 0:
        return float(_GRID_LINES)
    size = 10 ** math.floor(math.log10(highest))
    steps = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10)
    return next(step * size for step in steps if step * size >= highest)


def _y(value: float, top: float) -> str:
    return f"{_CHART_HEIGHT * (1 - float(value) / top):.1f}"


def _path(values: Sequence[float | None], top: float) -> str:
    """Return the SVG path; a gap in the values is a gap in the line."""
    column = _CHART_WIDTH / len(values) if values else 0
    commands, pen_down = [], False
    for n, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        point = f"{column * (n + 0.5):.1f} {_y(value, top)}"
        # The tiny stroke makes a lone point visible with round line ends.
        commands.append(f"L{point}" if pen_down else f"M{point}h.1")
        pen_down = True
    return "".join(commands)
