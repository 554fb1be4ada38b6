"""Q29 to Q42: number, telephone, birth date and name of a person."""

import unicodedata
from typing import Final

from django.utils.translation import gettext_lazy as _

from portal.common import names
from portal.registry.quality import numbers
from portal.registry.quality.facts import Person
from portal.registry.quality.numbers import Reading
from portal.registry.quality.rule import (
    YES,
    Case,
    Detail,
    Owner,
    Severity,
    Sql,
    Subject,
    age_on,
    rule,
)

# What the form at rest knows titles by (``names.begins_with_title``).
NAME_WORDS: Final = {
    "titles": sorted({names.tone_key(title) for title in names.TITLES}),
    "family_titles": sorted({names.tone_key(t) for t in names.TITLES_OF_FAMILIES}),
    "commonest": sorted(names.COMMONEST_FAMILIES),
    "families": sorted(names.FAMILIES),
}
_FEMALE, _MALE = names.tone_key("Thị"), names.tone_key("Văn")
_HAS_NUMBER: Final = "EXISTS (SELECT FROM q_number n WHERE n.person_id = p.id AND "


def _readings(person: Person | None) -> list[Reading]:
    if person is None:
        return []
    found = (numbers.read(number) for number in person.numbers)
    return [reading for reading in found if reading]


def _any_form(case: Case, form: str) -> Detail | None:
    forms = [reading.form for reading in _readings(case.person)]
    return YES if form in forms else None


@rule(
    "Q29",
    Severity.ERROR,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("The identity number has not 12 digits (nor the 9 of an old card)"),
    repair=_("Ask for the identity card, or compare with the population database."),
    sql=Sql(f"{_HAS_NUMBER} n.form = 'wrong')"),
)
def number_is_malformed(case: Case) -> Detail | None:
    return _any_form(case, "wrong")


@rule(
    "Q30",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.PORTAL,
    message=_("The identity number becomes a valid one when lost zeros are put back"),
    repair=_(
        "The portal puts the zeros back where birth date, sex and the population "
        "database agree; else the station confirms."
    ),
    sql=Sql(f"{_HAS_NUMBER} n.form = 'padded')"),
)
def number_lost_zeros(case: Case) -> Detail | None:
    return _any_form(case, "padded")


@rule(
    "Q31",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("The identity number begins with no known province or country"),
    repair=_("Compare the typing with the card."),
    sql=Sql(f"{_HAS_NUMBER} n.form = 'badpin')"),
)
def number_of_no_place(case: Case) -> Detail | None:
    return _any_form(case, "badpin")


@rule(
    "Q32",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("The identity number speaks of the other sex"),
    repair=_(
        "A hint only: such numbers were issued. The electronic identity or the "
        "population database decides."
    ),
    sql=Sql(f"p.sex <> '' AND {_HAS_NUMBER} n.sex <> '' AND n.sex <> p.sex)"),
)
def number_of_other_sex(case: Case) -> Detail | None:
    sex = case.person.sex if case.person else ""
    is_other = any(r.sex and sex and r.sex != sex for r in _readings(case.person))
    return YES if is_other else None


@rule(
    "Q33",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("The identity number speaks of another year of birth"),
    repair=_(
        "A hint only: such numbers were issued. The electronic identity or the "
        "population database decides."
    ),
    sql=Sql(f"{_HAS_NUMBER} n.birth_year <> extract(year FROM p.born_on))"),
)
def number_of_other_year(case: Case) -> Detail | None:
    born_on = case.person.born_on if case.person else None
    is_other = any(
        born_on and r.birth_year and r.birth_year != born_on.year
        for r in _readings(case.person)
    )
    return YES if is_other else None


@rule(
    "Q34",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("Another person has the same identity number"),
    repair=_(
        "Compare both: one person in two records, or a number typed for somebody else. "
        "Nothing is changed automatically meanwhile."
    ),
    sql=Sql(
        f"{_HAS_NUMBER} n.form = 'pin12' AND n.shared_by > 1)",
    ),
)
def number_is_shared(case: Case) -> Detail | None:
    has_pin = any(reading.form == "pin12" for reading in _readings(case.person))
    is_shared = case.person and case.person.number_shared_by > 1 and has_pin
    return YES if is_shared else None


@rule(
    "Q35",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("Two valid identity numbers of 12 digits are in force"),
    repair=_(
        "Look for the police's record of a number issued anew. Without one these are "
        "two people."
    ),
    sql=Sql(
        "(SELECT count(DISTINCT n.digest) FROM q_number n WHERE n.person_id = p.id"
        " AND n.form = 'pin12' AND NOT n.is_dummy) > 1",
    ),
)
def two_numbers(case: Case) -> Detail | None:
    person = case.person
    valid = {
        number
        for number in (person.numbers if person else ())
        if (reading := numbers.read(number))
        and reading.form == "pin12"
        and not reading.is_dummy
    }
    return YES if len(valid) > 1 else None


@rule(
    "Q36",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("The identity number only fills the box (all equal, 123456789)"),
    repair=_("Take the number off the record and ask for the true one."),
    sql=Sql(f"{_HAS_NUMBER} n.is_dummy)"),
)
def number_is_dummy(case: Case) -> Detail | None:
    return YES if any(r.is_dummy for r in _readings(case.person)) else None


@rule(
    "Q37",
    Severity.INFORMATION,
    subject=Subject.PERSON,
    owner=Owner.PORTAL,
    message=_("Unusually many people have this telephone"),
    repair=_("Nothing to do: it counts for nothing when people are matched."),
    sql=Sql(
        "p.phone_shared_by > most.number",
        detail="jsonb_build_object('people', p.phone_shared_by)",
        limits={"most": "Q37.people"},
    ),
)
def phone_is_shared(case: Case) -> Detail | None:
    if case.person is None:
        return None
    people = case.person.phone_shared_by
    most = case.limits.number("Q37.people", on=case.today)
    return {"people": people} if people > most else None


@rule(
    "Q38",
    Severity.ERROR,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("The contact telephone is no mobile number of Vietnam"),
    repair=_("Ask for the number and type it again."),
    sql=Sql("NOT p.phone_is_mobile"),
)
def phone_is_no_mobile(case: Case) -> Detail | None:
    phone = case.person.phone if case.person else ""
    return YES if phone and not numbers.is_mobile(phone) else None


@rule(
    "Q40",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("Born too long ago, or too old at the last dose"),
    repair=_("Correct the year: it is often off by 10 or 100."),
    sql=Sql(
        "extract(year FROM p.born_on) < oldest.number OR p.last_age > most.number",
        limits={"oldest": "Q40.year", "most": "Q40.age"},
    ),
)
def too_old(case: Case) -> Detail | None:
    person = case.person
    if person is None or person.born_on is None:
        return None
    if person.born_on.year < case.limits.number("Q40.year", on=case.today):
        return YES
    last = max((dose.given_on for dose in case.record.doses), default=None)
    if last is None:
        return None
    age = age_on(last, person.born_on, person.born_precision)
    return YES if age > case.limits.number("Q40.age", on=case.today) else None


@rule(
    "Q41",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_(
        "The name has digits, a title, one syllable only, no accent at all, or letters "
        "of a damaged kind"
    ),
    repair=_(
        "Compare with the identity card; the portal puts letters and spaces right by "
        "itself."
    ),
    sql=Sql("p.name_fault <> ''", detail="jsonb_build_object('what', p.name_fault)"),
)
def name_is_odd(case: Case) -> Detail | None:
    what = name_fault(case.person.full_name) if case.person else ""
    return {"what": what} if what else None


def name_fault(full_name: str) -> str:
    """Return the first thing that is odd about a name, or an empty string."""
    if not full_name:
        return ""
    if any(sign in "0123456789" for sign in full_name):
        return "digits"
    if " " not in full_name.strip(" "):
        return "syllable"
    if not unicodedata.is_normalized("NFC", full_name):
        return "letters"
    if names.begins_with_title(full_name.split()):
        return "title"
    return "accents" if full_name.isascii() else ""


@rule(
    "Q42",
    Severity.INFORMATION,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("Thị or Văn in the name disagrees with the sex"),
    repair=_("A hint only, never a reason to refuse: check the sex on the card."),
    sql=Sql(
        f"p.sex = 'M' AND p.name_key LIKE '%% {_FEMALE} %%'"
        f" OR p.sex = 'F' AND p.name_key LIKE '%% {_MALE} %%'"
    ),
)
def name_of_other_sex(case: Case) -> Detail | None:
    if case.person is None:
        return None
    middle = names.tone_key(case.person.full_name).split()[1:-1]
    is_other = (case.person.sex == "M" and _FEMALE in middle) or (
        case.person.sex == "F" and _MALE in middle
    )
    return YES if is_other else None
