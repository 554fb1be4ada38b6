"""What a row of a unit's list of reports would become: whose, what, reported already.

Judging writes nothing but its own verdict. It runs in the dry run and again, in the
same transaction as the filing: what changed in between counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from django.db.models import Q
from django.utils import timezone

from complaints.actions import subject_keys
from complaints.actions.report_matters import Recorded, Unclear, of_row, sender_of
from complaints.actions.reported import Matter, Sender
from complaints.choices import Kind
from complaints.models import Complaint, ReportList, ReportRow
from complaints.rules import asked
from portal.common import scope
from portal.registry.imports import contents, owners
from portal.registry.imports.owners import Owner, Sought
from portal.registry.imports.reasons import ERRORS
from portal.registry.imports.rows import ListRow, Reason

Verdict = ReportRow.Verdict

# What stops a dose from being recorded and says nothing of a report: a row may tell of
# somebody's name alone, or of a dose that was not given.
_OF_DOSES: Final = frozenset(
    ("not_marked", "several_doses", "same_as_row", "twice_differs", "note_contradicts")
    + ("perhaps_row",)
)
# What a submission's name may have.
MOST_LETTERS: Final = 120
_NEEDED_BY_DOSES: Final = frozenset(("given_on", "product"))

_FOUND: Final = (
    *("verdict", "kind", "person", "findings_sealed", "submission", "done_at"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A row of a list with what is sealed in it."""

    staged: ReportRow
    row: ListRow
    findings: contents.Findings = contents.Findings()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons: what the cells told, then what comparing added."""
        return self.row.reasons + self.findings.reasons

    @property
    def words(self) -> str:
        """What the row says is wrong, and its note."""
        aside = self.row.aside
        return "; ".join(filter(None, (aside.complaint, aside.note)))


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with its reasons; of a new one also what would be sent."""

    verdict: str
    reasons: tuple[Reason, ...] = ()
    kind: str = ""
    person: int | None = None
    candidates: tuple[Owner, ...] = ()
    sender: Sender | None = None
    matter: Matter | None = None


def of_reports(row: ListRow) -> ListRow:
    """Return a row as a report's: what only a list of doses must say is let go."""
    kept = tuple(
        reason
        for reason in row.reasons
        if reason.code not in _OF_DOSES
        and not (reason.code == "missing" and reason.column in _NEEDED_BY_DOSES)
    )
    stops = any(reason.code in ERRORS for reason in kept)
    if len(row.values.full_name) > MOST_LETTERS:
        too_long = Reason("too_long", "full_name", detail=str(MOST_LETTERS))
        kept, stops = (*kept, too_long), True
    verdict = Verdict.ERROR.value if stops else ""
    return replace(row, reasons=kept, verdict=verdict)


def seal(row: ListRow, *, of: ReportList, place: int) -> bytes:
    """Seal what a row says, for its place in that list."""
    return contents.seal_row(row, bound_to=_bound(of, place))


def unseal(staged: ReportRow, *, of: ReportList) -> Opened:
    """Open a row of a list."""
    bound_to = _bound(of, staged.place)
    row = contents.open_row(
        staged.content_sealed, verdict=staged.said, bound_to=bound_to
    )
    if staged.findings_sealed is None:
        return Opened(staged, row)
    found = contents.open_found(staged.findings_sealed, bound_to=f"{bound_to}:found")
    return Opened(staged, row, found)


def settle(staged: ReportRow, judged: Judged, *, of: ReportList) -> None:
    """Put a judgement into a row, unsaved."""
    staged.verdict, staged.kind = judged.verdict, judged.kind
    staged.person_id = judged.person
    found = contents.Findings(judged.reasons, judged.candidates)
    staged.findings_sealed = contents.seal_found(
        found, bound_to=f"{_bound(of, staged.place)}:found"
    )


def judge(
    one: ReportList, rows: Sequence[Opened], *, at: datetime
) -> dict[int, Judged]:
    """Return what each row would become, by its place.

    Of equal ones the first is new, also where the list's other rows were judged before.
    """
    on = timezone.localdate(at)
    found: dict[int, Judged] = {}
    waiting: list[tuple[Opened, asked.Asked]] = []
    for row in rows:
        asks = _asked(row)
        early = _early(row, asks)
        if early is None:
            waiting.append((row, asks))
        else:
            found[row.staged.place] = early
    whose = _whose([row for row, _ in waiting], on=on)
    known = Recorded.read(judged.person for judged in whose.values())
    for row, asks in waiting:
        judged = whose[row.staged.place]
        if judged.verdict == Verdict.NEW:
            judged = _matter(row, asks, judged, known, one=one)
        found[row.staged.place] = replace(judged, kind=str(asks.kind))
    lines = {row.staged.place: row.row.row for row in rows}
    return _once(found, lines, _claimed_by_others(one, found))


def judge_again(
    one: ReportList, rows: Sequence[ReportRow], *, at: datetime
) -> list[tuple[Opened, Judged]]:
    """Judge rows and put what was found into them, unsaved; return both."""
    opened = [unseal(row, of=one) for row in rows]
    judged = judge(one, opened, at=at)
    for row in opened:
        settle(row.staged, judged[row.staged.place], of=one)
    return [(row, judged[row.staged.place]) for row in opened]


def judge_all(one: ReportList, rows: Sequence[ReportRow], *, at: datetime) -> None:
    """Judge rows of a list and save what was found."""
    judge_again(one, rows, at=at)
    save(rows)


def save(rows: Sequence[ReportRow]) -> None:
    """Save what was found of rows and what became of them."""
    ReportRow.objects.bulk_update(rows, _FOUND)


def _bound(one: ReportList, place: int) -> str:
    return f"reports:{one.ref}:{place}"


def _asked(row: Opened) -> asked.Asked:
    if row.staged.is_fixed and row.staged.kind:
        return asked.Asked(Kind(row.staged.kind))
    return asked.read(row.row.aside.complaint or row.row.aside.note)


def _early(row: Opened, asks: asked.Asked) -> Judged | None:
    """Return what is clear before the registry is asked."""
    kind = str(asks.kind) if asks.kind else ""
    if row.staged.is_excluded:
        return Judged(Verdict.EXCLUDED, (Reason("by_staff"),), kind)
    if row.staged.said:
        return Judged(Verdict.ERROR, kind=kind)
    if asks.kind is None:
        code = "several_things" if asks.is_several else "nothing_said"
        return Judged(Verdict.UNCLEAR, (Reason(code, "complaint"),))
    return None


def _whose(rows: Sequence[Opened], *, on: date) -> dict[int, Judged]:
    """Return for each row whose it is (new), or why that is not certain."""
    sought = {
        row.staged.place: Sought(row.row.values, row.row.aside.others)
        for row in rows
        if not row.staged.is_chosen
    }
    candidates = owners.find(sought, site=None, on=on) if sought else {}
    found = {}
    for row in rows:
        place = row.staged.place
        if row.staged.is_chosen:
            found[place] = Judged(Verdict.NEW, person=row.staged.person_id)
            continue
        offered = candidates[place]
        certain = [owner for owner in offered if owner.grade == "certain"]
        if len(certain) == 1:
            found[place] = Judged(Verdict.NEW, person=certain[0].person)
        elif not offered:
            found[place] = Judged(Verdict.NOT_FOUND, (Reason("nobody_fits"),))
        else:
            code = "fits_several" if len(offered) > 1 else "may_be_somebody"
            reason = Reason(code, detail=str(len(offered)))
            found[place] = Judged(Verdict.SEVERAL, (reason,), candidates=tuple(offered))
    return found


def _matter(
    row: Opened,
    asks: asked.Asked,
    judged: Judged,
    known: Recorded,
    *,
    one: ReportList,
) -> Judged:
    """Return a judgement with what would be sent, or as not clear."""
    person = known.people.get(judged.person or 0)
    doses = known.doses[judged.person]
    try:
        matter = of_row(row.row, asks, person, doses, site=one.site)
        sender = sender_of(row.row.values, person, language=one.language)
    except Unclear as unclear:
        [reason] = unclear.args
        return replace(judged, verdict=Verdict.UNCLEAR, reasons=(reason,))
    return replace(judged, matter=replace(matter, story=row.words), sender=sender)


def _claimed_by_others(
    one: ReportList, found: Mapping[int, Judged]
) -> dict[bytes, int]:
    """Return what the list's rows besides those in hand ask, and in which line.

    Only rows about the same people are opened: a list is judged in chunks, and equal
    rows may lie in two of them.
    """
    people = {judged.person for judged in found.values() if judged.matter}
    if not people:
        return {}
    about = Q(person__in=people - {None})
    if None in people:
        about |= Q(person=None)
    same = one.rows.filter(about, verdict=Verdict.NEW).exclude(place__in=list(found))
    others = [unseal(row, of=one) for row in same.order_by("place")]
    known = Recorded.read(other.staged.person_id for other in others)
    claimed: dict[bytes, int] = {}
    for other in others:
        asks, person = _asked(other), other.staged.person_id
        if asks.kind is None:
            continue
        judged = _matter(
            other, asks, Judged(Verdict.NEW, person=person), known, one=one
        )
        if judged.sender and judged.matter:
            keys = subject_keys.of(judged.sender, judged.matter)
            claimed.setdefault(keys[0], other.row.row)
    return claimed


def _once(
    found: dict[int, Judged], lines: Mapping[int, int], claimed: dict[bytes, int]
) -> dict[int, Judged]:
    """Tell which new rows are reported already, by others or by a row before.

    ``claimed``: what other rows of the list ask, and in which line.
    """
    subjects = {
        place: subject_keys.of(judged.sender, judged.matter)
        for place in lines
        if (judged := found[place]).sender and judged.matter
    }
    known = {key for keys in subjects.values() for key in keys}
    with scope.system():
        waiting = Complaint.objects.open().filter(subject_key__in=known)
        is_open = {bytes(key) for key in waiting.values_list("subject_key", flat=True)}
    for place, keys in subjects.items():
        if not is_open.isdisjoint(keys):
            reason = Reason("open_already")
        elif keys[0] in claimed:
            reason = Reason("like_row", detail=str(claimed[keys[0]]))
        else:
            claimed[keys[0]] = lines[place]
            continue
        found[place] = replace(
            found[place], verdict=Verdict.REPORTED, reasons=(reason,)
        )
    return found
