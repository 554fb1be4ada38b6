"""What changed since the rules last looked: spans of keys that triggers wrote.

A run takes some, checks them and deletes them in one transaction, so that nothing is
lost when it fails, and what is written meanwhile waits for the next one.
"""

from typing import Any, Final

from portal.registry import spans
from portal.registry.models import QualityChange
from portal.registry.spans import Span

__all__ = ["Kind", "Span", "mark_all", "take"]

Kind = QualityChange.Kind
# Keys in one transaction: enough for set-based work, little enough for memory and for
# the half minute that a worker has.
SPAN: Final = 60_000
_SPANS: Final = {Kind.PEOPLE: SPAN, Kind.ORPHANS: 20 * SPAN, Kind.SITES: SPAN // 20}

_EXTENTS: Final = {
    Kind.PEOPLE: "SELECT min(id), max(id) FROM registry_person",
    Kind.ORPHANS: "SELECT min(id), max(id) FROM registry_dose",
    Kind.SITES: "SELECT min(id), max(id) FROM registry_organization",
}


def mark_all(cursor: Any) -> None:
    """Ask for a full run: everything counts as changed."""
    cursor.execute(
        "INSERT INTO registry_qualitychange (kind, first, last) VALUES ('all', 0, 0)"
    )


def take(cursor: Any) -> list[Span]:
    """Take what one transaction can check, changes before full runs; [] for nothing."""
    _spread_all(cursor)
    return _take_changes(cursor) or _take_sweep(cursor)


def _spread_all(cursor: Any) -> None:
    """Turn the wish for a full run into spans, which make up for all that waits."""
    cursor.execute(
        "DELETE FROM registry_qualitychange WHERE EXISTS"
        " (SELECT FROM registry_qualitychange WHERE kind = 'all')"
    )
    if not cursor.rowcount:
        return
    for kind, extent in _EXTENTS.items():
        cursor.execute(
            "INSERT INTO registry_qualitychange (kind, first, last)"
            f" SELECT %s, g, least(g + %s - 1, e.most) FROM ({extent}) e (least, most),"
            " generate_series(e.least, e.most, %s::bigint) g ORDER BY g",
            [kind.value, _SPANS[kind], _SPANS[kind]],
        )
    cursor.execute(
        "INSERT INTO registry_qualitychange (kind, first, last) VALUES ('count', 0, 0)"
    )


def _take_changes(cursor: Any) -> list[Span]:
    return spans.take(
        cursor,
        "registry_qualitychange",
        kinds=(Kind.PERSON, Kind.DOSE, Kind.SITE),
        most=SPAN,
    )


def _take_sweep(cursor: Any) -> list[Span]:
    cursor.execute(
        "DELETE FROM registry_qualitychange WHERE id ="
        " (SELECT min(id) FROM registry_qualitychange) RETURNING kind, first, last"
    )
    return [Span(*row) for row in cursor.fetchall()]
