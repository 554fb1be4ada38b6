"""The numbers of a table of figures: a page of them has hundreds."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def figure_cells(cells: Iterable[Mapping[str, Any]]) -> SafeString:
    """Return the cells of a row: ``text``, perhaps ``url`` of what stands behind it.

    ``few``: marked by an asterisk. Made here, as a template's conditions took a third
    of the whole page.
    """
    return mark_safe("".join(map(_cell, cells)))  # noqa: S308 - each part is escaped


def _cell(cell: Mapping[str, Any]) -> str:
    text = escape(cell["text"])
    if url := cell.get("url"):
        text = format_html('<a href="{}">{}</a>', url, text)
    mark = "<sup>*</sup>" if cell.get("few") else ""
    return f'<td class="n">{text}{mark}</td>'
