"""What the site has recorded of a list's days: nobody's doses, and namesakes.

So that a dose recorded under another writing of its owner is not written twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from django.db.models import Q

from portal.common.names import fold
from portal.registry.imports import owners
from portal.registry.imports.findings import Entry, Finding
from portal.registry.imports.rows import Reason
from portal.registry.matching import naming
from portal.registry.models import Dose, Person, StagedRow

# How the names of a row and of an orphan may agree for the orphan to be the row's.
ONE_NAME: Final = frozenset(
    ("equal", "unmarked", "accent", "abbreviated", "variant", "order", "left_out")
)


@dataclass
class Recorded:
    """Doses of these days at the site: those of nobody, and those by day and name."""

    orphans: list[Dose] = field(default_factory=list)
    by_name: dict[tuple[date, str], list[Dose]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def namesakes(self, entry: Entry) -> list[int]:
        """Return who of the row's name and birth year had this vaccine here that day.

        Only where the row or the record knows the year alone: whole birth dates are
        compared by the matching engine.
        """
        values, born = entry.values, owners.partial_date(entry.values.born_on)
        if values.given_on is None:
            return []
        return sorted(
            {
                dose.person.surviving_id
                for dose in self.by_name.get(
                    (values.given_on, fold(values.full_name)), ()
                )
                if dose.person is not None
                and dose.person.born_on is not None
                and dose.product.code == values.product
                and (
                    born is None
                    or (
                        dose.person.born_on.year == born.year
                        and "year" in (born.precision, dose.person.born_precision)
                    )
                )
            }
        )

    def of_orphan(self, entry: Entry, finding: Finding) -> Finding:
        """Hold a new dose against those on nobody's record; each is one row's at most.

        Whether it is the same dose staff decide, so that none is written twice.
        """
        values = entry.values
        if entry.taken == StagedRow.Taken.APART:
            return finding
        for orphan in self.orphans:
            if (
                orphan.given_on == values.given_on
                and orphan.product.code == values.product
                and naming.compare(values.full_name, orphan.name_recorded).level
                in ONE_NAME
            ):
                break
        else:
            if entry.taken != StagedRow.Taken.ORPHAN:
                return finding
            gone = (*finding.reasons, Reason("orphan_gone"))
            return replace(
                finding,
                verdict=StagedRow.Verdict.AMBIGUOUS,
                reasons=gone,
                dose_key=None,
            )
        self.orphans.remove(orphan)
        if entry.taken == StagedRow.Taken.ORPHAN:
            return replace(finding, dose=orphan.pk)
        here = Reason("orphan_here", detail=orphan.lot_number)
        return replace(
            finding,
            verdict=StagedRow.Verdict.AMBIGUOUS,
            reasons=(here, *finding.reasons),
            dose=orphan.pk,
            dose_key=None,
        )


def read(entries: Sequence[Entry], site: int | None) -> Recorded:
    """Return what the site has of the days of these rows, in one statement."""
    found = Recorded()
    days = {entry.values.given_on for entry in entries if entry.values.given_on}
    if site is None or not days:
        return found
    named = Q(person__name_folded__in={fold(e.values.full_name) for e in entries})
    rows = Dose.objects.filter(
        named | Q(person=None) & ~Q(name_recorded=""),
        site=site,
        given_on__in=days,
        status=Dose.Status.COMPLETED,
    ).select_related("person", "product")
    for dose in rows.order_by("pk"):
        if dose.person is None:
            found.orphans.append(dose)
        elif dose.person.status != Person.Status.ENTERED_IN_ERROR:
            found.by_name[dose.given_on, dose.person.name_folded].append(dose)
    return found
