"""The rows of the pages of data quality: findings, the record behind one, its cases."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.choices import OPEN
from complaints.models import Complaint
from complaints.views import quality_words
from portal.registry import identity, national_id
from portal.registry.models import Dose, Person, Product, QualityFinding, SessionList
from portal.registry.quality.rule import Rule, Subject

MOST_DOSES: Final = 50


def finding_rows(page: Sequence[QualityFinding]) -> list[dict[str, Any]]:
    """Return the rows of a list of findings, people masked: at most two statements."""
    words = _subjects(page)
    products = product_names() if any("lot_product" in f.detail for f in page) else {}
    return [
        {
            "url": reverse("casework:quality_finding", args=[one.rule, one.ref]),
            "cells": [
                *words.get(one.subject_id, (_which_site(one),)),
                quality_words.detail(one.detail, products) or "–",
                one.organization.name,
                f"{timezone.localtime(one.since):%d/%m/%Y}",
            ],
        }
        for one in page
    ]


def which(rule: Rule) -> list[str]:
    """Return the heads of the columns that say what a finding is about; short first."""
    if rule.subject == Subject.DOSE:
        return [_("Date given"), _("Vaccine"), _("Person")]
    if rule.subject == Subject.PERSON:
        return [_("Person")]
    if rule.subject == Subject.COMPLAINT:
        return [_("Code")]
    if rule.subject == Subject.ROW:
        return [_("Session list")]
    return [_("Which")]


def _which_site(one: QualityFinding) -> str:
    return quality_words.site_words(one, None) or _("this site")


def _subjects(page: Sequence[QualityFinding]) -> dict[int, tuple[str, ...]]:
    """Return what each finding is about, masked, as ``_which`` heads it: one statement.

    Nothing for sites: day and lot stand in the finding itself.
    """
    keys = [one.subject_id for one in page]
    subject = page[0].subject if page else ""
    if subject == Subject.DOSE:
        doses: Iterable[Dose] = Dose.objects.filter(pk__in=keys).select_related(
            "product", "person"
        )
        return {
            dose.pk: (
                f"{dose.given_on:%d/%m/%Y}",
                dose.product.name,
                quality_words.masked(dose.person),
            )
            for dose in doses
        }
    if subject == Subject.PERSON:
        people = Person.objects.in_bulk(keys)
        return {pk: (quality_words.masked(one),) for pk, one in people.items()}
    if subject == Subject.ROW:
        lists = SessionList.objects.filter(pk__in=keys)
        return {one.pk: (f"{one.uploaded_at:%d/%m/%Y}",) for one in lists}
    if subject == Subject.COMPLAINT:
        cases = Complaint.objects.filter(pk__in=keys).select_related("submission")
        return {case.pk: (case.pretty_reference,) for case in cases}
    return {}


def product_names() -> dict[str, str]:
    """Return the names of vaccines by code."""
    return dict(Product.objects.values_list("code", "name"))


def person_rows(person_id: int | None) -> list[dict[str, str]]:
    """Return the person of a finding as label and value; the number stays masked."""
    if person_id is None:
        return []
    person, number = identity.opened(person_id)
    born: date = person.born_on
    shown = {
        Person.Precision.YEAR: f"{born:%Y}",
        Person.Precision.MONTH: f"{born:%m/%Y}",
        Person.Precision.DAY: f"{born:%d/%m/%Y}",
    }[Person.Precision(person.born_precision)]
    sex = {"M": _("Male"), "F": _("Female")}.get(person.sex, "–")
    return [
        {"label": _("Full name"), "value": person.full_name},
        {"label": _("Birth date"), "value": shown},
        {"label": _("Sex"), "value": sex},
        {"label": _("Identity number"), "value": national_id.mask(number) or "–"},
    ]


def dose_rows(one: QualityFinding) -> list[dict[str, Any]]:
    """Return the doses of the person, or the orphan in question, marked where found."""
    doses = Dose.objects.filter(status=Dose.Status.COMPLETED)
    if one.person_id is not None:
        doses = doses.filter(person=one.person_id)
    elif one.subject == Subject.DOSE:
        doses = doses.filter(pk=one.subject_id)
    else:
        return []
    found = doses.select_related("product", "site").order_by("given_on", "pk")[
        :MOST_DOSES
    ]
    return [
        {
            "dose": dose,
            "is_it": one.subject == Subject.DOSE and dose.pk == one.subject_id,
            "recorded": f"{timezone.localtime(dose.recorded_at):%d/%m/%Y %H:%M}",
        }
        for dose in found
    ]


def list_url(one: QualityFinding) -> str:
    """Return the way to the list whose rows wait; '' for a finding of another kind."""
    if one.subject != Subject.ROW:
        return ""
    found = SessionList.objects.filter(pk=one.subject_id).first()
    return reverse("casework:list", args=[found.ref]) if found else ""


def cases(one: QualityFinding) -> list[dict[str, str]]:
    """Return the open cases about it that the reader may see: the way to mend it."""
    about = []
    if one.subject == Subject.COMPLAINT:
        about.append(Q(pk=one.subject_id))
    if one.subject == Subject.DOSE:
        about.append(Q(dose=one.subject_id))
    if one.person_id is not None:
        about.append(Q(submission__person=one.person_id))
    if one.rule == "Q54":
        about.append(Q(site=one.subject_id, given_on=_day_of(one.part)))
    # Each by its own index: an OR across tables would read every case in sight.
    first, *rest = [
        Complaint.objects.filter(q).order_by().values("pk")
        for q in about or [Q(pk__in=[])]
    ]
    cases = (
        Complaint.objects.filter(pk__in=first.union(*rest), status__in=OPEN)
        .select_related("submission", "holder")
        .order_by("due_at", "pk")[:10]
    )
    return [
        {
            "url": reverse(
                "casework:case", args=[int(case.submission.code), case.number]
            ),
            "label": f"{case.pretty_reference}: {case.get_kind_display()}",
            "holder": case.holder.name,
        }
        for case in cases
    ]


def _day_of(part: str) -> date | None:
    try:
        return date.fromisoformat(part[:10])
    except ValueError:
        return None
