"""What staff change in a list of reports before it is sent: a row, whose it is.

Each change judges its row anew, and those that were only like it. Rows that waited when
the others were sent can be changed still, and sent then; a row that was sent cannot.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from complaints.actions import report_lists, report_rows
from complaints.actions.report_rows import Opened
from complaints.choices import Kind
from complaints.models import ReportList, ReportRow
from complaints.rules.refused import Refused
from portal.common import scope
from portal.registry.imports import contents
from portal.registry.imports.rows import Values


def fix(
    ref: uuid.UUID, place: int, *, values: Values, kind: Kind, site: str, at: datetime
) -> ReportRow:
    """Replace what a row says, and what it asks, by what staff read in it.

    A number that staff typed or left standing is confirmed by that, restored zeros
    too. ``site``: the words for the place. Raise Refused while the list is
    being sent, and once this row was.
    """

    def change(one: ReportList, opened: Opened) -> None:
        row = contents.fixed(opened.row, replace(values, id_restored=False))
        row = replace(row, aside=replace(row.aside, site=site))
        staged = opened.staged
        staged.content_sealed = report_rows.seal(row, of=one, place=place)
        staged.said, staged.is_fixed, staged.kind = "", True, kind
        staged.is_chosen, staged.person_id = False, None

    return _change(ref, place, change, at=at)


def exclude(ref: uuid.UUID, place: int, *, excluded: bool, at: datetime) -> ReportRow:
    """Leave a row out, or take it in again. Raises as ``fix`` does."""

    def change(one: ReportList, opened: Opened) -> None:
        opened.staged.is_excluded = excluded

    return _change(ref, place, change, at=at)


def choose(
    ref: uuid.UUID, place: int, person: int | None, *, at: datetime
) -> ReportRow:
    """Say whose row it is: one of those it may name, or (None) nobody on record.

    Raise Refused for anybody else, and as ``fix`` does.
    """

    def change(one: ReportList, opened: Opened) -> None:
        offered = {owner.person for owner in opened.findings.candidates}
        if person is not None and person not in offered:
            raise Refused(_("This person is not among those whom the row may name."))
        opened.staged.is_chosen, opened.staged.person_id = True, person

    return _change(ref, place, change, at=at)


def _change(
    ref: uuid.UUID,
    place: int,
    change: Callable[[ReportList, Opened], None],
    *,
    at: datetime,
) -> ReportRow:
    with scope.system():
        one = report_lists.lock(ref)
        row: ReportRow = one.rows.get(place=place)
        if one.state not in report_lists.REVIEWED or row.done_at is not None:
            raise report_lists.moved_on()
        before = row.person_id
        change(one, report_rows.unseal(row, of=one))
        row.save()
        report_rows.judge_all(one, [row], at=at)
        # What was only like this row may now have to be sent in its place.
        alike = one.rows.filter(
            verdict=ReportRow.Verdict.REPORTED, person=before, done_at=None
        ).exclude(pk=row.pk)
        report_rows.judge_all(one, list(alike.order_by("place")), at=at)
    return row
