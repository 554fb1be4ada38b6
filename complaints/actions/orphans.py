"""Doses on nobody's record that may be the missing one of a report (rule B5).

For staff only: a citizen never learns that such a dose exists before it is theirs.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from complaints.choices import CHANGING, OPEN, Kind
from complaints.models import Complaint
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection import facts as told
from portal.common import names
from portal.registry.corrections import read_dose
from portal.registry.models import Dose, Proposal

# A campaign's day at a large site leaves hundreds; one that fits bears the name.
_MOST: Final = 500
# Names alone are read quickly: more than a site gives doses on a day.
_MOST_NAMES: Final = 5000
_SHOWN: Final = 5
# What a dose that was found may lack and the report says.
FILLED: Final = ("lot", "dose_number")
FACTS: Final = ("given_on", "product", "site", *FILLED)
# Somebody looked at those that fit and said that none of them is meant: no dose's key.
NONE: Final = 0


_ORPHANS: Final = Dose.objects.filter(
    person=None, status=Dose.Status.COMPLETED
).exclude(name_recorded="")
_OWNERS: Final = Proposal.objects.filter(
    kind=Proposal.Kind.OWNER,
    state__in=(Proposal.State.OPEN, Proposal.State.SIGNING),
)


def near(case: Complaint, person_id: int, full_name: str) -> tuple[told.Orphan, ...]:
    """Return the orphans of a report's day, at its site or by its person's name.

    Without a site those are asked for to which matching already found a name.
    """
    if case.given_on is None:
        return ()
    doses = list(_of_day(case.given_on, case.site_id, full_name))
    rival = _is_asked_for_twice(case, person_id, full_name)
    likely: dict[int | None, dict[int, float]] = defaultdict(dict)
    for dose, person, score in _OWNERS.filter(
        dose__in=doses, person__isnull=False
    ).values_list("dose", "person", "score"):
        likely[dose][person] = score
    return tuple(
        told.Orphan(
            key=dose.pk,
            given_on=dose.given_on,
            product=dose.product.code,
            lot=dose.lot_number,
            site=dose.site.code,
            name=dose.name_recorded,
            is_matched=_is_likeliest(likely[dose.pk], person_id),
            is_anothers=_is_likely_anothers(likely[dose.pk], person_id)
            or (rival and names.fold(dose.name_recorded) == names.fold(full_name)),
        )
        for dose in doses
    )


def named_like_sender(case: Complaint) -> list[Dose]:
    """Return the orphans of a report by somebody without a record, of its day and site.

    Those entered under the sender's name, accents aside: rules look at them only where
    there is a record to give them to (``near``), so staff choose.
    """
    sender, day, site = case.submission, case.given_on, case.site_id
    if case.kind != Kind.MISSING_DOSE or sender.person_id is not None:
        return []
    if day is None or site is None:
        return []
    rows = _ORPHANS.filter(given_on=day, site=site).order_by("pk")
    wanted = names.fold(sender.full_name)
    called = rows.values_list("pk", "name_recorded")[:_MOST_NAMES]
    alike = [pk for pk, name in called if names.fold(name) == wanted][:_SHOWN]
    return list(rows.filter(pk__in=alike).select_related("product", "site"))


def require_choice(
    case: Complaint, decided: Mapping[int, tuple[str, str]], *, orphan: int | None
) -> None:
    """Raise Refused where a dose is to be recorded beside one that may be the same.

    ``orphan``: which one was chosen, ``NONE`` where somebody saw that none is meant.
    """
    if orphan is not None:
        return
    changes = any(verdict in CHANGING for verdict, _ground in decided.values())
    if changes and named_like_sender(case):
        raise Refused(
            _(
                "A dose on nobody's record fits this report. Open the case and choose"
                " it, or none: else it would be recorded twice."
            )
        )


def _is_likeliest(scores: Mapping[int, float], person_id: int) -> bool:
    mine = scores.get(person_id)
    return mine is not None and mine == max(scores.values())


def _is_likely_anothers(scores: Mapping[int, float], person_id: int) -> bool:
    """Tell whether matching finds others as likely, or this person not at all."""
    mine = scores.get(person_id)
    return any(
        mine is None or score >= mine
        for person, score in scores.items()
        if person != person_id
    )


def _is_asked_for_twice(case: Complaint, person_id: int, full_name: str) -> bool:
    """Tell whether somebody else of that name misses a dose of that day there, too."""
    others = Complaint.objects.filter(
        kind=Kind.MISSING_DOSE,
        status__in=OPEN,
        given_on=case.given_on,
        submission__person__name_folded=names.fold(full_name),
    ).exclude(submission__person=person_id)
    if case.site_id is not None:
        others = others.filter(Q(site=case.site_id) | Q(site=None))
    return others.exclude(submission__person__merged_into=person_id).exists()


def there_are() -> Q:
    """Return the condition on reports that ``near`` would find some; see there."""
    day = OuterRef("given_on")
    there = _ORPHANS.filter(given_on=day, site=OuterRef("site"))
    named = _OWNERS.filter(
        dose__given_on=day,
        name_folded=OuterRef("submission__person__name_folded"),
    )
    return Q(Exists(there)) | Q(Exists(named), site=None)


def lacking(doses: Collection[int]) -> list[int]:
    """Return the open reports of a missing dose that one of these orphans may be.

    Of its day and, folded, its name; whether it fits wholly the rule says.
    """
    told_of = _ORPHANS.filter(pk__in=doses).values_list("given_on", "name_recorded")
    wanted = {(day, names.fold(name)) for day, name in told_of}
    cases = Complaint.objects.filter(
        kind=Kind.MISSING_DOSE,
        status__in=OPEN,
        routed_at__isnull=False,
        given_on__in={day for day, _name in wanted},
        submission__person__name_folded__in={name for _day, name in wanted},
    )
    return sorted(
        pk
        for pk, day, name in cases.values_list(
            "pk", "given_on", "submission__person__name_folded"
        )
        if (day, name) in wanted
    )


def facts_of(dose: Dose) -> dict[str, str]:
    """Return what is on record of a dose, by field, without what it lacks."""
    found = {field: read_dose(dose, field) for field in FACTS}
    return {field: value for field, value in found.items() if value}


def _of_day(day: date, site: int | None, full_name: str) -> QuerySet[Dose]:
    rows = _ORPHANS.filter(given_on=day)
    if site is not None:
        rows = rows.filter(site=site)
    else:
        named = _OWNERS.filter(name_folded=names.fold(full_name))
        rows = rows.filter(pk__in=named.values("dose"))
    return rows.select_related("product", "site").order_by("pk")[:_MOST]
