"""What a row would mean for the registry: the verdict, for many rows at a time.

Judging reads and writes nothing. It runs in the dry run and again, in the same
transaction as the writing, when a list is committed: what changed in between counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, Protocol

from portal.common import crypto
from portal.registry.imports import checking, knowing, newcoming, owners, session
from portal.registry.imports.findings import Entry, Finding
from portal.registry.imports.owners import Owner, Sought
from portal.registry.imports.rows import Reason, Values
from portal.registry.models import Dose, StagedRow

Verdict = StagedRow.Verdict

# The same product and number again within two weeks is one dose with a date corrected
# (rule Q19 of domain paper d); nearer than that nobody is vaccinated twice.
RE_ENTRY: Final = timedelta(days=13)


class Others(Protocol):
    """What the list's rows that are not judged now have claimed and added."""

    def doses(self, keys: Collection[bytes]) -> Mapping[bytes, int]:
        """Return which of these doses a row stands for, and the row's line."""

    def people(self, keys: Collection[bytes]) -> Mapping[bytes, int]:
        """Return which of these newcomers the list has added, and who they are."""

    def added(self, people: Collection[int]) -> Collection[int]:
        """Return which of these people the list itself has added."""


class NoOthers:
    """For rows that are judged all at once."""

    def doses(self, keys: Collection[bytes]) -> Mapping[bytes, int]:
        """Return nothing: no row stands outside."""
        return {}

    def people(self, keys: Collection[bytes]) -> Mapping[bytes, int]:
        """Return nothing: nobody was added."""
        return {}

    def added(self, people: Collection[int]) -> Collection[int]:
        """Return nothing: nobody was added."""
        return ()


def judge(
    entries: Sequence[Entry],
    *,
    site: int | None,
    on: date,
    others: Others | None = None,
) -> dict[int, Finding]:
    """Return a finding for each entry, by its key, in the order of the entries.

    ``site`` is where the doses were given (None: not said, and not compared), ``on``
    is today. Of rows that claim one and the same dose the first has it.
    """
    others = others or NoOthers()
    found: dict[int, Finding] = {}
    open_entries = []
    for entry in entries:
        early = _early(entry, on=on)
        if early:
            found[entry.key] = early
        else:
            open_entries.append(entry)
    people = _owners(open_entries, others, site=site, on=on)
    theirs = [one.person for one in people.values() if one.person is not None]
    doses, recorded_of = _doses(theirs), knowing.read(theirs)
    known = checking.Known.read(site) if open_entries else None
    here = session.read(open_entries, site)
    for entry in open_entries:
        finding = people[entry.key]
        if not finding.verdict and finding.person is None and not entry.is_chosen:
            finding = _doubted(entry, finding, here.namesakes(entry))
        if not finding.verdict:
            recorded = doses[finding.person]
            finding = _compare(entry, finding, recorded, site=site)
            if finding.verdict == Verdict.NEW and known is not None:
                finding = _checked(entry, finding, recorded, known, on=on)
            if finding.verdict == Verdict.NEW:
                finding = here.of_orphan(entry, finding)
            if finding.person is not None and finding.person in recorded_of:
                # Beside the verdict, which is about the dose.
                beside = recorded_of[finding.person].beside(entry.values)
                finding = replace(finding, reasons=finding.reasons + beside)
        found[entry.key] = finding
    in_order = {entry.key: found[entry.key] for entry in entries}
    return _once(in_order, {entry.key: entry.line for entry in entries}, others)


def _once(
    found: dict[int, Finding], lines: Mapping[int, int], others: Others
) -> dict[int, Finding]:
    """Leave each new dose to the first row that claims it."""
    new = [one.dose_key for one in found.values() if one.verdict == Verdict.NEW]
    claimed = dict(others.doses([key for key in new if key]))
    for key, finding in found.items():
        if finding.verdict != Verdict.NEW or not finding.dose_key:
            continue
        if finding.dose_key in claimed:
            reason = Reason("same_as_row", detail=str(claimed[finding.dose_key]))
            found[key] = replace(finding, verdict=Verdict.DUPLICATE, reasons=(reason,))
        else:
            claimed[finding.dose_key] = lines[key]
    return found


def _early(entry: Entry, *, on: date) -> Finding | None:
    """Return what is clear before the registry is asked."""
    if entry.is_excluded:
        return Finding(Verdict.EXCLUDED, (Reason("by_staff"),))
    if entry.said:
        return Finding(entry.said)
    reasons = faults(entry.values, on=on)
    return Finding(Verdict.ERROR, reasons) if reasons else None


def faults(values: Values, *, on: date) -> tuple[Reason, ...]:
    """Return why a row can be no dose: what is missing or cannot be.

    The reader names these with their cells; this also covers rows that staff fixed.
    Rules Q01 and Q02 of domain paper (d).
    """
    missing = tuple(
        Reason("missing", column=column)
        for column in ("full_name", "born_on", "given_on", "product")
        if not getattr(values, column)
    )
    if missing:
        return missing
    assert values.given_on is not None  # it is not missing
    born = owners.partial_date(values.born_on)
    if values.given_on > on:
        return (Reason("in_the_future", column="given_on"),)
    if born and values.given_on < born.first():
        return (Reason("before_birth", column="given_on"),)
    return ()


def _owners(
    entries: Sequence[Entry], others: Others, *, site: int | None, on: date
) -> dict[int, Finding]:
    """Return for each entry whose it is, or the verdict where that is not certain."""
    newcomers = newcoming.keys(entries)
    added = others.people(list(newcomers.values()))
    sought = {
        entry.key: Sought(entry.values, entry.others)
        for entry in entries
        if entry.is_chosen or newcomers[entry.key] not in added
    }
    candidates = owners.find(sought, site=site, on=on) if sought else {}
    # Two rows of a list are two people unless their keys agree or all speaks for one:
    # a twin written before is no reason to doubt the other one.
    own = others.added({o.person for row in candidates.values() for o in row})
    found = {}
    for entry in entries:
        newcomer = newcomers[entry.key]
        known = candidates.get(entry.key, [])
        if entry.is_chosen and entry.person is not None:
            finding = Finding("", person=entry.person)
        elif newcomer in added:
            finding = Finding("", person=added[newcomer], newcomer=newcomer)
        elif entry.is_chosen:
            finding = Finding("", newcomer=newcomer)
        else:
            offered = [o for o in known if o.person not in own or _is_one(o)]
            finding = _whose(offered, newcomer, own)
        # Kept where it is clear as well: staff may know better.
        found[entry.key] = replace(finding, candidates=tuple(known))
    return found


def _is_one(owner: Owner) -> bool:
    """Tell whether all speaks for somebody whom another row of the list added."""
    levels = dict(owner.levels)
    alike = all(levels.get(item) == "equal" for item in ("name", "birth", "phone"))
    return owner.grade == "certain" or (alike and "number" not in levels)


def _whose(
    candidates: list[Owner], newcomer: bytes, own: Collection[int] = ()
) -> Finding:
    """Return whose a row is; whom the list itself added staff have to confirm."""
    certain = [owner for owner in candidates if owner.grade == "certain"]
    if len(certain) == 1 and certain[0].person not in own:
        return Finding("", person=certain[0].person)
    if not candidates:
        return Finding("", newcomer=newcomer)
    several = len(candidates) > 1
    code = "fits_several" if several else "may_be_somebody"
    return Finding(
        Verdict.AMBIGUOUS,
        (Reason(code, detail=str(len(candidates))),),
        candidates=tuple(candidates),
    )


def _doubted(entry: Entry, finding: Finding, people: list[int]) -> Finding:
    """Doubt a newcomer who may be somebody vaccinated in that very session.

    A row that tells little of a person must not become a second one with the same dose.
    """
    offered = [Owner(person, "possible") for person in people]
    return _whose(offered, finding.newcomer or b"") if offered else finding


def _doses(people: Iterable[int]) -> Mapping[int | None, list[Dose]]:
    """Return the valid doses of all these people, in one statement."""
    doses: dict[int | None, list[Dose]] = defaultdict(list)
    rows = Dose.objects.filter(
        person_id__in=set(people), status=Dose.Status.COMPLETED
    ).select_related("product", "site")
    for dose in rows.order_by("given_on", "pk"):
        doses[dose.person_id].append(dose)
    return doses


def _compare(
    entry: Entry, finding: Finding, doses: list[Dose], *, site: int | None
) -> Finding:
    """Hold a row against the doses on its owner's record."""
    values = entry.values
    who = str(finding.person or (finding.newcomer or b"").hex())
    key = crypto.digest("list_dose", f"{who}|{values.given_on}|{values.product}")
    recorded = _counterpart(values, doses)
    warnings = _warnings(values, doses)
    if recorded is None:
        new = replace(finding, verdict=Verdict.NEW, reasons=warnings)
        return replace(new, dose_key=key)
    reasons = _differences(values, recorded, site=site)
    return replace(
        finding,
        verdict=Verdict.DIFFERS if reasons else Verdict.SAME,
        reasons=reasons,
        dose=recorded.pk,
        dose_key=key,
    )


def _checked(
    entry: Entry,
    finding: Finding,
    recorded: Sequence[Dose],
    known: checking.Known,
    *,
    on: date,
) -> Finding:
    """Ask the quality rules about a new dose: an error stops it, a warning is told."""
    reasons, stops = known.faults(
        entry.values,
        recorded,
        is_newcomer=finding.person is None,
        said={*entry.told, *(reason.code for reason in finding.reasons)},
        on=on,
    )
    if stops:
        finding = replace(finding, verdict=Verdict.ERROR, dose_key=None)
    return replace(finding, reasons=finding.reasons + reasons)


def _counterpart(values: Values, doses: list[Dose]) -> Dose | None:
    """Return the dose on record that the row is about, if there is one.

    The same day and product first, then the same day, then the same product and
    number within the days of a re-entry.
    """
    same_day = [dose for dose in doses if dose.given_on == values.given_on]
    for dose in same_day:
        if dose.product.code == values.product:
            return dose
    if same_day:
        return same_day[0]
    for dose in doses:
        if (
            values.given_on is not None
            and values.dose_number is not None
            and dose.dose_number == values.dose_number
            and dose.product.code == values.product
            and abs(dose.given_on - values.given_on) <= RE_ENTRY
        ):
            return dose
    return None


def _differences(values: Values, dose: Dose, *, site: int | None) -> tuple[Reason, ...]:
    """Name the fields in which a row that says something contradicts the record.

    ``detail`` is what is recorded. What a row leaves empty contradicts nothing.
    """
    pairs = (
        ("given_on", values.given_on, dose.given_on),
        ("product", values.product, dose.product.code),
        ("lot", values.lot or None, dose.lot_number),
        ("dose_number", values.dose_number, dose.dose_number),
    )
    reasons = [
        Reason(
            "differs", column=column, detail=str("" if on_record is None else on_record)
        )
        for column, said, on_record in pairs
        if said is not None and said != on_record
    ]
    if site is not None and dose.site_id != site:
        reasons.append(Reason("differs", column="site", detail=dose.site.name))
    return tuple(reasons)


def _warnings(values: Values, doses: list[Dose]) -> tuple[Reason, ...]:
    """Name what a person should look at before a new dose is written."""
    warnings = []
    if values.dose_number and any(
        dose.dose_number == values.dose_number for dose in doses
    ):
        warnings.append(Reason("number_repeats", column="dose_number"))
    return tuple(warnings)
