"""Rows that repeat or contradict each other, looked at anew once staff changed one.

Of two equal rows the second is nobody's dose as long as the first stands; where that is
left out, or was somebody else's all along, the second has to be written.
"""

from dataclasses import dataclass

from django.db.models import Q

from portal.registry.imports import contents, repeats
from portal.registry.imports.rows import ListRow
from portal.registry.models import SessionList, StagedRow


@dataclass
class _Told:
    """A staged row, what it says, and what it is beside the others that stand."""

    staged: StagedRow
    row: ListRow
    found: ListRow

    @property
    def is_settled(self) -> bool:
        """Tell whether staff said what the row is, or it is written."""
        return self.staged.is_fixed or self.staged.done_at is not None


def look_again(one: SessionList, place: int) -> list[StagedRow]:
    """Look anew at the rows that hang together with one; save and return the changed.

    Those of the reader's verdicts that rested on a row which is left out, or says
    something else now, are gone. Call it under the list's lock, and judge them anew.
    """
    seen = repeats.Seen()
    told: list[_Told] = []
    for staged in _together(one, place):
        if staged.is_excluded:
            continue
        row = contents.unseal(staged, of=one).row
        found = seen.look(row if staged.is_fixed else repeats.alone(row))
        earlier = told[found.against - 1] if found.against else None
        here = _Told(staged, row, found)
        told.append(here)
        if here.is_settled:
            here.found = row
        if earlier is not None and not earlier.is_settled:
            earlier.found = repeats.contradicted(earlier.found, found)
    changed = [this for this in told if _content(this.row) != _content(this.found)]
    for this in changed:
        staged = this.staged
        staged.said = this.found.verdict
        staged.content_sealed = contents.seal_content(
            this.found, of=one, place=staged.place
        )
        staged.save(update_fields=["said", "content_sealed"])
    return [this.staged for this in changed]


def _together(one: SessionList, place: int) -> list[StagedRow]:
    """Return the rows that the reader held together with one, that one too, in order.

    As they were read: what staff changed since parts no row from its group.
    """
    known: dict[int, StagedRow] = {}
    asked: set[int] = set()
    wanted = {place}
    while wanted:
        asked |= wanted
        beside = Q(place__in=wanted) | Q(against__in=wanted)
        for row in one.staged.filter(beside):
            known[row.place] = row
        named = {row.against for row in known.values() if row.against}
        wanted = (named | known.keys()) - asked
    return [known[place] for place in sorted(known)]


def _content(row: ListRow) -> tuple[object, ...]:
    return row.verdict, row.reasons
