"""What the pages of pairs show: lines of the list, two records side by side, words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.casefile import day_words
from complaints.views import quality_words
from portal.common import crypto, phones
from portal.common.templatetags.ui import vn_number
from portal.registry import national_id
from portal.registry.corrections import born_text
from portal.registry.matching import wording
from portal.registry.matching.doubles import DOSE_WORDS
from portal.registry.models import Dose, Organization, Person, Proposal

Kind, State, Choice = Proposal.Kind, Proposal.State, Proposal.Choice
# More are told as "more than".
MOST_COUNTED: Final = 1_000
_MOST_DOSES: Final = 20
KINDS: Final = {
    Kind.OWNER: gettext_lazy("Doses without a person"),
    Kind.PEOPLE: gettext_lazy("People recorded twice"),
    Kind.DOSES: gettext_lazy("Doses recorded twice"),
}
TITLES: Final = {
    Kind.OWNER: gettext_lazy("Whose dose is it?"),
    Kind.PEOPLE: gettext_lazy("One person recorded twice?"),
    Kind.DOSES: gettext_lazy("One dose recorded twice?"),
}
# What is asked, what yes and no mean, what a decision came to; by kind.
WORDS: Final = {
    Kind.OWNER: {
        "yes": gettext_lazy("Give the dose to this person"),
        "no": gettext_lazy("Not this person's dose"),
        "made": gettext_lazy("The dose stands on this person's record."),
    },
    Kind.PEOPLE: {
        "yes": gettext_lazy("Join the two records"),
        "no": gettext_lazy("Two different people"),
        "made": gettext_lazy("The two records are joined."),
    },
    Kind.DOSES: {
        "yes": gettext_lazy("Take the other one off as entered in error"),
        "no": gettext_lazy("Two real doses"),
        "made": gettext_lazy("One of the two was entered in error and counts no more."),
    },
}
SURE: Final = (
    gettext_lazy("Almost certain"),
    gettext_lazy("Likely"),
    gettext_lazy("Possible"),
    gettext_lazy("Nobody found"),
)
TONES: Final = {1: "ok", 2: "info", 3: "warn"}
_SAID: Final = {
    Person.Population.NOT_SENT: gettext_lazy("not yet asked"),
    Person.Population.MATCHED: gettext_lazy("agrees"),
    Person.Population.MISMATCHED: gettext_lazy("does not agree"),
    Person.Population.NO_NUMBER: gettext_lazy("no number to ask by"),
    Person.Population.BAD_FORMAT: gettext_lazy("the number is malformed"),
}
# What tells most of two records stands first.
_TOLD_FIRST: Final = (
    *("number", "name", "birth", "phone", "place", "sex", "dose", "gap"),
)
_COUNT: Final = " UNION ALL ".join(
    f"SELECT '{kind}', '{state}', count(*) FROM (SELECT FROM registry_proposal"
    f" WHERE kind = '{kind}' AND state = '{state}' {leading}"
    " AND path::text ~>=~ %(first)s AND path::text ~<~ %(end)s LIMIT %(most)s) x"
    for kind in Kind.values
    for state, leading in (("open", "AND is_leading"), ("signing", ""))
)
# What rules prepared is counted with them: one statement for the whole page.
PREPARED: Final = ("prepared", "open")
_COUNT_ALL: Final = (
    f"{_COUNT} UNION ALL SELECT '{PREPARED[0]}', '{PREPARED[1]}', count(*)"
    " FROM (SELECT FROM complaints_prepared WHERE state IN ('open', 'signing')"
    " AND path::text ~>=~ %(first)s AND path::text ~<~ %(end)s LIMIT %(most)s) x"
)
_NUMBERS: Final = """
SELECT person_id, 'number', number_sealed FROM registry_identitydocument
WHERE person_id = ANY(%(people)s) AND is_current
UNION ALL
SELECT person_id, 'phone', number_sealed FROM registry_telephone
WHERE person_id = ANY(%(people)s) AND is_contact
"""


def counts(path: str) -> dict[tuple[str, str], str]:
    """Return how many pairs wait at and below a path, by kind and state: a statement.

    Exact up to 1,000, "1.000+" beyond.
    """
    bounds: dict[str, str | int] = {
        "first": path,
        "end": f"{path.removesuffix('/')}0",
        "most": MOST_COUNTED + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_ALL, bounds)
        rows = cursor.fetchall()
    return {(kind, state): _counted(n) for kind, state, n in rows}


def links(chosen: Organization) -> list[dict[str, str]]:
    """Return the way to each kind of pair, with how many wait: one statement."""
    waiting = counts(chosen.path)
    address = reverse("casework:quality_pairs")
    here = {"organization": chosen.code}
    return [
        {
            "url": f"{address}?{urlencode(here | {'kind': kind})}",
            "label": str(label),
            "count": waiting[kind, "open"],
        }
        for kind, label in KINDS.items()
    ] + [
        {
            "url": f"{reverse('casework:quality_prepared')}?{urlencode(here)}",
            "label": _("Corrections ready for a click"),
            "count": waiting[PREPARED],
        }
    ]


def _counted(n: int) -> str:
    if n > MOST_COUNTED:
        return f"{vn_number(MOST_COUNTED)}+"
    return vn_number(n)


def columns(kind: str) -> list[dict[str, Any]]:
    """Return the heads of the list."""
    heads = {
        Kind.OWNER: (_("Date given"), _("Vaccine"), _("Whose it may be")),
        Kind.PEOPLE: (_("Person"), _("Other record"), _("Why")),
        Kind.DOSES: (_("Date given"), _("Person"), _("Why")),
    }[Kind(kind)]
    return [{"label": label} for label in (*heads, _("How sure"), _("Unit"))]


def lines(rows: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Return the lines of the list; people are masked."""
    return [
        {
            "url": f"{row.ref}/",
            "cells": [*_line(row), how_sure(row), row.organization.name],
        }
        for row in rows
    ]


def _line(row: Proposal) -> tuple[str, str, str]:
    masked = quality_words.masked
    why = " ".join(reasons(row)[:2]) or "–"
    if row.kind == Kind.PEOPLE:
        return masked(row.person), masked(row.other_person), why
    assert row.dose is not None
    day = f"{row.dose.given_on:%d/%m/%Y}"
    if row.kind == Kind.DOSES:
        return day, masked(row.person), why
    owner = masked(row.person) if row.person else _("Nobody found")
    return day, row.dose.product.name, owner


def how_sure(one: Proposal) -> str:
    """Return the grade in words."""
    return str(SURE[one.strength - 1])


def reasons(one: Proposal) -> list[str]:
    """Return the evidence as sentences in the reader's language."""
    if one.kind == Kind.DOSES:
        return [str(DOSE_WORDS[one.evidence["level"]])]
    if not one.evidence:
        return []
    levels: dict[str, str] = one.evidence["levels"]
    told = sorted(levels, key=_TOLD_FIRST.index)
    return wording.reasons({k: levels[k] for k in told}, one.evidence["doubts"])


def titles(one: Proposal) -> tuple[str, str]:
    """Return how the two are told apart where one has to be chosen."""
    if one.kind == Kind.DOSES:
        return _entry(one.dose), _entry(one.other_dose)
    return _("Record A"), _("Record B")


def likelier(one: Proposal) -> str:
    """Return which of the two is marked to stay: the one the register confirms."""
    confirmed = [
        person is not None and person.population == Person.Population.MATCHED
        for person in (one.person, one.other_person)
    ]
    return Choice.OTHER if confirmed == [False, True] else Choice.FIRST


def _entry(dose: Dose | None) -> str:
    assert dose is not None
    return _("%(day)s, lot %(lot)s, entered %(entered)s") % {
        "day": f"{dose.given_on:%d/%m/%Y}",
        "lot": dose.lot_number or "–",
        "entered": f"{timezone.localtime(dose.recorded_at):%d/%m/%Y %H:%M}",
    }


def sides(one: Proposal) -> dict[str, Any]:
    """Return the two records as columns: heads, and rows that say where they differ.

    Two statements: numbers and telephones, doses.
    """
    if one.kind == Kind.DOSES:
        rows = _compared(_dose_facts(one.dose), _dose_facts(one.other_dose))
        heads = (_("Entered first"), _("Entered later"))
        return {"heads": heads, "rows": rows, "about": _about(one.person)}
    people = [p for p in (one.person, one.other_person) if p is not None]
    opened = _opened(people)
    facts = _person_facts(people, opened)
    if one.kind == Kind.PEOPLE:
        heads = (_("Record A"), _("Record B"))
        numbers = {opened.get((person.pk, "number")) for person in people}
        rows = _compared(facts[0], facts[1])
        for row in rows:
            # Two numbers may look alike once they are masked.
            if row["label"] == _("Identity number"):
                row["differs"] = len(numbers) > 1
        return {"heads": heads, "rows": rows}
    assert one.dose is not None
    dose = {
        _("Name as recorded with the dose"): one.dose.name_recorded,
        **_dose_facts(one.dose),
    }
    return {
        "dose": [{"label": k, "value": v or "–"} for k, v in dose.items()],
        "person": [{"label": k, "value": v or "–"} for k, v in facts[0].items()]
        if facts
        else [],
    }


def _compared(
    left: Mapping[str, str], right: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "left": left[label],
            "right": right[label],
            "differs": left[label] != right[label],
        }
        for label in left
    ]


def _about(person: Person | None) -> str:
    assert person is not None
    born = day_words(born_text(person.born_on, person.born_precision))
    return f"{person.full_name}, {born}"


def _dose_facts(dose: Dose | None) -> dict[str, str]:
    assert dose is not None
    return {
        _("Date given"): f"{dose.given_on:%d/%m/%Y}",
        _("Vaccine"): dose.product.name,
        _("Lot number"): dose.lot_number,
        _("Dose number"): str(dose.dose_number or ""),
        _("Vaccination site"): dose.where,
        _("Entered"): f"{timezone.localtime(dose.recorded_at):%d/%m/%Y %H:%M}",
    }


def _opened(people: Sequence[Person]) -> dict[tuple[int, str], str]:
    """Return numbers and telephones in force, by person and which of the two."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, {"people": [person.pk for person in people]})
        return {
            (pk, what): crypto.unseal(sealed, bound_to=f"person:{pk}")
            for pk, what, sealed in cursor.fetchall()
        }


def _person_facts(
    people: Sequence[Person], opened: Mapping[tuple[int, str], str]
) -> list[dict[str, str]]:
    """Return what is on record of people, numbers and telephones masked."""
    keys = [person.pk for person in people]
    given: dict[int, list[str]] = {pk: [] for pk in keys}
    for dose in (
        Dose.objects.filter(person__in=keys, status=Dose.Status.COMPLETED)
        .select_related("product", "site")
        .order_by("given_on", "pk")[:_MOST_DOSES]
    ):
        assert dose.person_id is not None
        given[dose.person_id].append(
            f"{dose.given_on:%d/%m/%Y} {dose.product.name}, {dose.where}"
        )
    sexes = {"M": _("Male"), "F": _("Female")}
    return [
        {
            _("Full name"): one.full_name,
            _("Birth date"): day_words(born_text(one.born_on, one.born_precision)),
            _("Sex"): sexes.get(one.sex, ""),
            _("Identity number"): national_id.mask(opened.get((one.pk, "number"), "")),
            _("Telephone"): phones.mask(opened[one.pk, "phone"])
            if (one.pk, "phone") in opened
            else "",
            _("Lives in"): one.residence.name if one.residence else "",
            _("Population register"): str(_SAID[Person.Population(one.population)]),
            _("Doses on record"): "; ".join(given[one.pk]),
        }
        for one in people
    ]


def others(one: Proposal) -> list[dict[str, str]]:
    """Return the other likely owners of an orphan, the likeliest first."""
    if one.kind != Kind.OWNER or one.state != State.OPEN:
        return []
    rows = (
        Proposal.objects.filter(kind=Kind.OWNER, dose=one.dose_id, state=State.OPEN)
        .exclude(pk=one.pk)
        .exclude(person=None)
        .select_related("person")
        .order_by("strength", "-score", "pk")
    )
    return [
        {
            "url": f"../{row.ref}/",
            "label": f"{quality_words.masked(row.person)}: {how_sure(row)}",
        }
        for row in rows
    ]


def said(one: Proposal) -> str:
    """Return who decided what and when, '' while nothing is."""
    if one.state == State.SIGNING and one.proposed_by:
        return _("%(who)s proposed it. A second person has to sign.") % {
            "who": one.proposed_by.full_name
        }
    if one.decided_by is None or one.decided_at is None:
        return ""
    what = WORDS[Kind(one.kind)]["made" if one.state == State.MADE else "no"]
    who = [user.full_name for user in (one.proposed_by, one.decided_by) if user]
    return " · ".join(
        [
            str(what),
            ", ".join(who),
            f"{timezone.localtime(one.decided_at):%d/%m/%Y %H:%M}",
        ]
    )


def about(
    people: Iterable[int | None], dose: int | None = None
) -> list[dict[str, str]]:
    """Return the waiting pairs about people or a dose that the reader may see."""
    keys = [pk for pk in people if pk is not None]
    found = Proposal.objects.filter(state__in=(State.OPEN, State.SIGNING))
    meant = Q(person__in=keys) | Q(other_person__in=keys)
    if dose is not None:
        meant |= Q(dose=dose) | Q(other_dose=dose)
    rows = found.filter(meant).exclude(person=None).order_by("strength", "pk")[:5]
    return [
        {"ref": str(row.ref), "label": f"{TITLES[Kind(row.kind)]} {how_sure(row)}"}
        for row in rows
    ]
