"""What the citizen's pages show of a record and of what was reported about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.choices import Field, Kind, Status
from complaints.models import Complaint
from complaints.rules import records
from portal.common import codes, phones
from portal.common.names import fold
from portal.registry import countries, national_id
from portal.registry.certificates import issuing
from portal.registry.identity import RecordedDose
from portal.registry.models import Organization, Person, Product


@dataclass
class Reported:
    """What this session may see of earlier reports."""

    items: list[dict[str, str]] = field(default_factory=list)
    open_doses: set[int] = field(default_factory=set)


def reported(submissions: list[int]) -> Reported:
    """Return the reports of these submissions, newest first: one statement."""
    found = Reported()
    if not submissions:
        return found
    rows = (
        Complaint.objects.filter(submission__in=submissions)
        .select_related("submission")
        .order_by("-submission_id", "number")
    )
    for complaint in rows:
        if complaint.is_open and complaint.dose_id:
            found.open_doses.add(complaint.dose_id)
        code = complaint.submission.code
        words = f"{complaint.get_kind_display()}. {status_word(complaint)}"
        if complaint.is_open:
            words += ". " + _("You will hear by %(date)s") % {
                "date": moment(complaint.due_at)
            }
        if found.items and found.items[-1]["code"] == code:
            found.items[-1]["small"] += f" · {words}"
            continue
        found.items.append(
            {
                "code": code,
                "url": reverse("citizen:status", args=[code]),
                "label": codes.pretty(code),
                "small": words,
            }
        )
    return found


def dose_card(
    dose: RecordedDose, *, person: Person, open_doses: set[int]
) -> dict[str, Any]:
    """Return a recorded dose as the card shows it, with its buttons."""
    place = dose.place
    bears_another = bool(dose.name_recorded) and (
        fold(dose.name_recorded) != fold(person.full_name)
    )
    # Once two records are joined the name on the slip is explained, not wrong.
    other_name = is_under_another(dose, person)
    if dose.pk in open_doses:
        tone, state, icon = "info", _("Being checked"), "clock"
    elif other_name:
        tone, state, icon = "warn", _("Bears another name"), "warn"
    elif person.population == Person.Population.MISMATCHED:
        tone, state, icon = "warn", _("Does not match population register"), "warn"
    elif person.population == Person.Population.MATCHED:
        tone, state, icon = "ok", _("Verified"), "check"
    else:
        tone, state, icon = "plain", _("Not compared yet"), "info"
    wrong = report_url(Kind.WRONG_DOSE, dose.ref)
    card: dict[str, Any] = {
        "id": f"mui-{place}",
        "title": _("Dose %(n)s") % {"n": place},
        "day": day(dose.given_on),
        "tone": tone,
        "state": state,
        "icon": icon,
        "day_wrong": wrong + "#id_given_on_0",
        "rows": [
            (_("Vaccine"), dose.product_name, "", wrong + "#id_product"),
            (_("Lot number"), dose.lot or _("Not recorded"), "", wrong + "#id_lot"),
            _place_row(dose, wrong + "#id_site_text"),
        ],
        "actions": [
            {
                "url": wrong,
                "label": _("Report dose %(n)s as wrong") % {"n": place},
                "style": "sec",
            },
            {
                "url": report_url(Kind.NOT_MINE, dose.ref),
                "label": _("I did not have this dose"),
                "style": "plain",
            },
        ],
    }
    if dose.dose_number and dose.dose_number != place:
        number_wrong = wrong + "#id_dose_number"
        card["rows"].append((_("Dose number"), str(dose.dose_number), "", number_wrong))
    if bears_another and dose.is_joined:
        card["rows"].append((_("Entered under the name"), dose.name_recorded, "", ""))
    if other_name:
        card["alert_title"] = _("Dose %(n)s bears another name.") % {"n": place}
        card["alert"] = _(
            "This dose was entered for “%(dose)s”, your record says “%(person)s”."
        ) % {"dose": dose.name_recorded, "person": person.full_name}
        card["alert_url"] = wrong + "#id_own_name"
    return card


def _place_row(dose: RecordedDose, wrong: str) -> tuple[str, str, str, str]:
    """Return where a dose was given, as a row of its card."""
    if dose.country:
        by = _("put on record by %(body)s") % {"body": dose.site_name}
        return (_("Country or territory"), countries.name_of(dose.country), by, "")
    now = _("now: %(site)s") % {"site": dose.site_today} if dose.site_today else ""
    return (_("Vaccination site"), dose.site_name, now, wrong)


def report_url(kind: str, dose: str = "") -> str:
    """Return the address that begins a report of this kind, about this dose."""
    query = f"?kind={kind}" + (f"&dose={dose}" if dose else "")
    return reverse("citizen:report") + query


def further(doses: list[RecordedDose]) -> list[dict[str, str]]:
    """Return the reports that belong to no single dose."""
    items = [
        {
            "url": report_url(Kind.MISSING_DOSE),
            "label": _("Report a missing dose"),
            "small": _("You had it, but it is not shown above"),
        }
    ]
    if len(doses) > 1:
        items.append(
            {
                "url": report_url(Kind.DOUBLED_DOSE),
                "label": _("Dose recorded twice"),
                "small": "",
            }
        )
    items.append(
        {
            "url": report_url(Kind.FOREIGN_DOSE),
            "label": str(Kind.FOREIGN_DOSE.label),
            "small": _("With the foreign certificate, if you have it"),
        }
    )
    items.append(
        {
            "url": report_url(Kind.SPLIT_RECORD),
            "label": _("Some of my doses stand on another record"),
            "small": _("Under another spelling of the name, or an old number"),
        }
    )
    items.append(
        {
            "url": report_url(Kind.WRONG_PERSON),
            "label": _("Personal details are wrong"),
            "small": _("Name, birth date, sex, identity number or telephone"),
        }
    )
    return items


def facts_of_person(
    person: Person, national: str, *, telephone: str, puts_right_phone: bool
) -> list[tuple[str, str, str]]:
    """Return label, value and the address that puts it right, of each detail.

    ``puts_right_phone``: whether this session may change the telephone by itself.
    """
    wrong = report_url(Kind.WRONG_PERSON)
    sexes: dict[str, str] = {Person.Sex.MALE: _("Male"), Person.Sex.FEMALE: _("Female")}
    other_phone = (
        reverse("citizen:contact") if puts_right_phone else wrong + "#id_phone"
    )
    facts = [
        (_("Full name"), person.full_name, wrong + "#id_full_name"),
        (_("Birth date"), born(person), wrong + "#id_born_on_0"),
        (_("Sex"), sexes.get(person.sex, ""), wrong + "#id_sex"),
        (
            _("Identity number"),
            number(national) if national else "",
            wrong + "#id_national_id",
        ),
        (_("Telephone"), phones.mask_end(telephone), other_phone),
    ]
    nothing = _("Not recorded")
    return [(label, value or nothing, address) for label, value, address in facts]


def what_is_missing(doses: list[RecordedDose]) -> str:
    """Return in words how many doses the first course lacks, '' if none."""
    needed = max((dose.primary_doses for dose in doses), default=0)
    lacking = needed - len(doses)
    if lacking <= 0:
        return ""
    return ngettext(
        "The first course needs %(n)s more dose. If you had it, report it.",
        "The first course needs %(n)s more doses. If you had them, report them.",
        lacking,
    ) % {"n": lacking}


def certificate(person: Person, doses: list[RecordedDose]) -> tuple[str, str]:
    """Return why there is no certificate and who must act, and the tone of it.

    The first step that is missing, in the order in which they follow (decision
    5772/QĐ-BYT of 2021: compared with the register, signed by the site, then
    centrally). One sentence: more would hide who has to do something.
    """
    steps = {
        Person.Population.MISMATCHED: _(
            "No certificate yet: report which of your details is wrong, then the"
            " commune corrects it."
        ),
        Person.Population.NO_NUMBER: _(
            "No certificate yet: your identity number is not on record, so please"
            " report it."
        ),
        Person.Population.BAD_FORMAT: _(
            "No certificate yet: the identity number on record is malformed, so please"
            " report the right one."
        ),
        Person.Population.NOT_SENT: _(
            "No certificate yet: we compare your details with the register; you need"
            " not do anything."
        ),
    }
    if not doses:
        return "", ""
    other = next((dose for dose in doses if is_under_another(dose, person)), None)
    if other is not None:
        words = _(
            "No certificate yet: report the name on dose %(n)s, then its site corrects"
            " it."
        ) % {"n": other.place}
        return words, "warn"
    if person.population != Person.Population.MATCHED:
        waits = person.population == Person.Population.NOT_SENT
        return steps[Person.Population(person.population)], "info" if waits else "warn"
    if issuing.is_set_up():
        return _("You can open your certificate below."), "ok"
    if person.certificate_stale_since:
        words = _(
            "Corrected on %(day)s: the vaccination site and then the department sign a"
            " new certificate."
        ) % {"day": day(timezone.localdate(person.certificate_stale_since))}
        return words, "info"
    return _(
        "No certificate yet: the vaccination site and then the department sign it; you"
        " need not do anything."
    ), "info"


def is_under_another(dose: RecordedDose, person: Person) -> bool:
    """Tell whether a dose bears another name that no joining of records explains."""
    return (
        bool(dose.name_recorded)
        and fold(dose.name_recorded) != fold(person.full_name)
        and not dose.is_joined
    )


def status_word(complaint: Complaint) -> str:
    """Return the status in the words of the citizen: an ended one by its outcome."""
    if complaint.outcome:
        return complaint.get_outcome_display()
    if complaint.status == Status.IN_REVIEW and complaint.round > 1:
        return _("Being checked again")
    return complaint.get_status_display()


def born(person: Person) -> str:
    """Return a birth date as far as it is recorded."""
    return partial_day(
        person.born_on.isoformat()[
            : {"year": 4, "month": 7, "day": 10}[person.born_precision]
        ]
    )


def number(national: str) -> str:
    """Return an identity number masked; with its length where that is a wrong one."""
    masked = national_id.mask(national)
    if national.isdigit() and len(national) not in (9, 12):
        return _("%(mask)s (%(n)s digits)") % {"mask": masked, "n": len(national)}
    return masked


def day(value: date) -> str:
    """Return a date as 24/11/2026, in both languages."""
    return value.strftime("%d/%m/%Y")


def moment(value: datetime) -> str:
    """Return an instant as 08:14 24/11/2026 in the zone of Vietnam."""
    return formats.date_format(timezone.localtime(value), "H:i d/m/Y")


def partial_day(iso: str) -> str:
    """Return ISO text of a date, known in part, the way people write it."""
    return "/".join(reversed(iso.split("-")))


class Words:
    """Claims' values as people read them: names for codes, numbers masked."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        """Read the names of the products and sites among (field, value) pairs."""
        pairs = list(values)
        products = {v for f, v in pairs if f == Field.PRODUCT and v}
        sites = {v for f, v in pairs if f == Field.SITE and v}
        self._names = dict(
            Product.objects.filter(code__in=products).values_list("code", "name")
            if products
            else ()
        )
        self._names |= dict(
            Organization.objects.filter(code__in=sites).values_list("code", "name")
            if sites
            else ()
        )

    def of(self, name: str, value: str) -> str:
        """Return one value in words; empty stays empty."""
        if not value:
            return ""
        if name in (Field.PRODUCT, Field.SITE):
            return self._names.get(value, value)
        if name in (Field.GIVEN_ON, Field.BORN_ON):
            return partial_day(value)
        if name == Field.COUNTRY:
            return countries.name_of(value)
        if name == Field.SEX:
            return {"M": _("Male"), "F": _("Female")}.get(value, value)
        if name == Field.NATIONAL_ID:
            return national_id.mask(value)
        if name == Field.PHONE:
            return phones.mask(value)
        if name == Field.DOSE:
            return _("Should not be on record")
        if name == Field.RECORD:
            full_name, number = records.read(value)
            masked = national_id.mask(number) if number else ""
            return ", ".join(filter(None, (full_name, masked)))
        return value
