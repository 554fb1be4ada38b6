"""What staff change between dry run and commit: a cell, a row, an owner, the columns.

Each change judges its row anew, and the rows that stand for the same dose or were read
together with it. Rows that waited while the others were written can be changed after
that as well.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import connection

from portal.common import scope
from portal.registry.imports import contents, freeing, knowing, staging, taking
from portal.registry.imports.committing import OPEN, CannotCommit, Moved
from portal.registry.imports.rows import Values
from portal.registry.imports.titles import NOTHING, Facts
from portal.registry.models import (
    ListColumns,
    ListJob,
    SessionList,
    StagedRow,
)

State = SessionList.State
Verdict, Taken = StagedRow.Verdict, StagedRow.Taken


class NotOffered(Exception):
    """The person chosen is not among those whom the row may name."""


def fix(
    pk: int, place: int, values: Values, *, seen: str = "", at: datetime
) -> StagedRow:
    """Replace what a row says by what staff read in it, and judge it again.

    A number that staff typed or left standing is confirmed by that, restored zeros
    too. Raise CannotCommit while the list is being written, and for a row that is
    written; Moved where the row is not what was ``seen`` any more (``stamp_of``).
    """

    def change(one: SessionList, row: StagedRow) -> None:
        opened = contents.unseal(row, of=one)
        confirmed = replace(values, id_restored=False)
        row.content_sealed = contents.seal_content(
            contents.fixed(opened.row, confirmed), of=one, place=place
        )
        row.said, row.is_fixed, row.taken = "", True, ""
        row.is_chosen, row.person = False, None

    fields = ("content_sealed", "said", "is_fixed", "taken")
    return _change(pk, place, change, fields, seen=seen, at=at)


def exclude(
    pk: int, place: int, *, excluded: bool, seen: str = "", at: datetime
) -> StagedRow:
    """Leave a row out of the commit, or take it in again. Raises as ``fix`` does."""

    def change(one: SessionList, row: StagedRow) -> None:
        row.is_excluded, row.taken = excluded, ""
        row.is_chosen, row.person = False, None

    return _change(pk, place, change, ("is_excluded", "taken"), seen=seen, at=at)


def exclude_all(pk: int, places: Collection[int], *, at: datetime) -> int:
    """Leave rows out that are not written; return how many. Raises as ``fix`` does."""
    with scope.system():
        one = _opened(pk)
        rows = one.staged.filter(place__in=places, done_at=None, is_excluded=False)
        chosen = list(rows.order_by("place").values_list("place", flat=True))
        for place in chosen:
            exclude(pk, place, excluded=True, at=at)
    return len(chosen)


def choose(
    pk: int, place: int, person: int | None, *, seen: str = "", at: datetime
) -> StagedRow:
    """Say whose row it is: one of its candidates, or (None) somebody new.

    Raise NotOffered for anybody else, and CannotCommit as ``fix`` does.
    """

    def change(one: SessionList, row: StagedRow) -> None:
        offered = contents.unseal(row, of=one).findings.candidates
        if person is not None and person not in {c.person for c in offered}:
            raise NotOffered
        if person is None or person != row.person_id:
            # What was agreed was agreed of somebody else.
            row.taken = ""
        row.is_chosen, row.person_id = True, person

    return _change(pk, place, change, ("taken",), seen=seen, at=at)


def stamp_of(row: StagedRow) -> str:
    """Return a mark of what a row is now: another one once anything of it changed."""
    parts = (
        bytes(row.content_sealed),
        bytes(row.findings_sealed or b""),
        f"{row.is_excluded}{row.taken}{row.done_at}".encode(),
    )
    return hashlib.sha256(b"|".join(parts)).hexdigest()[:16]


def take(
    pk: int,
    places: Collection[int],
    taken: str,
    *,
    seen: Mapping[int, str] | None = None,
    at: datetime,
) -> list[StagedRow]:
    """Say what becomes of rows that meet a dose on record; return those it can be.

    The list's values for rows that differ; the orphan, or a dose apart, for rows that
    meet one; "" for nothing. Rows for which it makes no sense are left alone, and those
    of which the record says something else by now than when they were shown, or that
    are not what was ``seen`` (``stamp_of``, by place). Raise CannotCommit while the
    list is being written; Moved where every row is another than the one seen.
    """
    with scope.system():
        one = _opened(pk)
        found = list(one.staged.filter(place__in=places, done_at=None))
        stamps = seen or {}
        same = [r for r in found if stamps.get(r.place) in (None, "", stamp_of(r))]
        if found and not same:
            raise Moved(one.state)
        same.sort(key=lambda row: row.place)
        rows = [row for row in same if taken in choices(row, of=one)]
        before = {row.place: _shown(row, taken, one) for row in rows}
        for row in rows:
            row.taken = taken
            row.save(update_fields=["taken"])
        _open_again(one)
        staging.judge_rows(one, rows, at=at)
        moved = [r for r in rows if _shown(r, taken, one) != before[r.place]]
        for row in moved:
            # The record is another than the one on the page.
            row.taken = ""
            row.save(update_fields=["taken"])
    return [row for row in rows if row not in moved]


def take_all(pk: int, *, revision: int | None = None) -> int:
    """Take the list's values for all rows that differ in what it may change.

    Return how many. Where a dose was given is no such thing (``taking.FIELDS``). Raise
    Moved where rows were changed since the ``revision`` that was looked at.
    """
    with scope.system():
        one = _opened(pk)
        if revision is not None and revision != one.revision:
            raise Moved(one.state)
        _open_again(one)
        differ = one.staged.filter(
            verdict=Verdict.DIFFERS, is_excluded=False, done_at=None
        )
        rows = [row.pk for row in differ.iterator() if _differences(row, one)[1]]
        # One array: a list may differ in more rows than a statement takes parameters.
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE registry_stagedrow SET taken = %s WHERE id = ANY(%s)",
                [Taken.LIST.value, rows],
            )
            return cursor.rowcount


def choices(row: StagedRow, *, of: SessionList) -> tuple[str, ...]:
    """Return what can be said of a row by ``take``, "" for nothing among it."""
    if row.done_at is not None:
        return ()
    if row.verdict == Verdict.DIFFERS:
        return ("", Taken.LIST.value) if _differences(row, of)[1] else ()
    if row.dose_id and row.verdict in (Verdict.AMBIGUOUS, Verdict.NEW):
        return ("", Taken.ORPHAN.value, Taken.APART.value)
    # A row bears one answer: to add to the person would forget that a dose is apart.
    is_free = row.taken in ("", Taken.PERSON)
    if row.verdict in (Verdict.SAME, Verdict.NEW) and is_free and _lacking(row, of):
        return ("", Taken.PERSON.value)
    return ("",) if row.taken else ()


def _differences(row: StagedRow, of: SessionList) -> tuple[int | None, dict[str, str]]:
    """Return which dose a row meets, and what of it the row's values would change."""
    found = contents.unseal(row, of=of).findings
    return row.dose_id, taking.differences(found.reasons)


def _shown(row: StagedRow, taken: str, of: SessionList) -> object:
    """Return what somebody who says this of a row has looked at."""
    if taken == Taken.LIST:
        return _differences(row, of)
    if taken == Taken.PERSON:
        return row.person_id, _lacking(row, of)
    return row.dose_id if taken == Taken.ORPHAN else None


def _lacking(row: StagedRow, of: SessionList) -> frozenset[str]:
    """Return what a row knows of its person that the record lacks."""
    return knowing.lacking(contents.unseal(row, of=of).findings.reasons)


def _opened(pk: int) -> SessionList:
    """Return a list whose rows staff may change, locked; raise CannotCommit else."""
    one = staging.lock(pk)
    if one.state not in OPEN or one.forgotten_at is not None:
        raise CannotCommit(one.state)
    return one


def _open_again(one: SessionList) -> None:
    """Whoever is to sign has to see what is written: what was asked is void."""
    one.asked_by, one.asked_for = None, ""
    one.revision += 1
    one.save(update_fields=["asked_by", "asked_for", "revision"])


def set_columns(
    pk: int,
    columns: Mapping[str, str],
    *,
    keep_for_site: bool,
    facts: Facts = NOTHING,
    by: int | None,
    at: datetime,
    queued: bool = True,
) -> None:
    """Read the list anew with these columns (heading -> role, as the reader has them).

    ``keep_for_site`` saves them for the site's next lists. ``facts`` hold for the rows
    of this list that say nothing of them.

    What staff changed in single rows is lost by that. Raise CannotCommit once the
    list is being written.
    """
    with scope.system():
        one = staging.lock(pk)
        if one.state not in (State.CHECKED, State.REFUSED):
            raise CannotCommit(one.state)
        if keep_for_site:
            # A column that nothing names is one of this list alone.
            lasting = {k: role for k, role in columns.items() if not k.startswith("#")}
            ListColumns.objects.update_or_create(
                site=one.site,
                defaults={
                    "columns": staging.saved_columns(one.site) | lasting,
                    "saved_by_id": by,
                    "saved_at": at,
                },
            )
        one.staged.all().delete()
        one.facts = {
            "given_on": facts.given_on.isoformat() if facts.given_on else "",
            "product": facts.product or "",
            "lot": facts.lot,
        }
        one.columns, one.state, one.refusal = dict(columns), State.READING, ""
        one.rows_read = one.rows_judged = 0
        one.asked_by, one.asked_for = None, ""
        one.revision += 1
        one.progress_at = at
        one.save()
        if queued:
            staging.owe(one, ListJob.Work.READ, by=by, at=at)


def _change(
    pk: int,
    place: int,
    change: Callable[[SessionList, StagedRow], None],
    fields: tuple[str, ...],
    *,
    seen: str,
    at: datetime,
) -> StagedRow:
    """Change a row under the list's lock and judge what hangs together anew."""
    with scope.system():
        one = _opened(pk)
        row = one.staged.get(place=place)
        if row.done_at is not None:
            raise CannotCommit(one.state)
        if seen and seen != stamp_of(row):
            raise Moved(one.state)
        _open_again(one)
        change(one, row)
        row.save(update_fields=[*fields, "is_chosen", "person"])
        # The row itself may be among them: what it says now is what is judged.
        freed = {each.place: each for each in freeing.look_again(one, place)}
        row = freed.setdefault(place, row)
        rows = [freed[each] for each in sorted(freed)]
        before = {each.dose_digest for each in rows} - {None}
        staging.judge_rows(one, rows, at=at)
        gone = before - {each.dose_digest for each in rows}
        if gone:
            # The first of the rows that stood behind these now has the dose.
            twins = one.staged.filter(
                dose_digest__in=gone, verdict=Verdict.DUPLICATE, done_at=None
            )
            staging.judge_rows(one, list(twins.order_by("place")), at=at)
        return row
