"""Q09 to Q20: a dose among the other doses of the same person."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from portal.registry.quality.rule import (
    YES,
    Case,
    Detail,
    Owner,
    Severity,
    Sql,
    Subject,
    rule,
)

_LATER = "(d.recorded_at, d.id) > (e.recorded_at, e.id)"


@rule(
    "Q09",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("A child got two different vaccines"),
    repair=_("The site of the later dose checks the vaccine against its list."),
    sql=Sql(
        "d.age < child.number AND d.position <= d.series"
        " AND d.previous_id <> d.product_id",
        detail="jsonb_build_object('age', d.age)",
        limits={"child": "Q09.child_age"},
    ),
)
def child_with_two_products(case: Case) -> Detail | None:
    place, age = case.place, case.age
    if place is None or place.previous is None or not place.is_primary or age is None:
        return None
    is_mixed = place.previous.product.code != case.dose.product.code
    return {"age": age} if is_mixed and age < case.limit("Q09.child_age") else None


@rule(
    "Q10",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("Too few days since the dose before"),
    repair=_("Check the days of both doses, then whether one was recorded twice."),
    sql=Sql(
        "d.position <= d.series AND d.gap > 0 AND d.gap < least.number - grace.number",
        detail="jsonb_build_object('days', d.gap, 'least', least.number)",
        limits={"least": "Q10.interval", "grace": "Q10.grace"},
    ),
)
def interval_too_short(case: Case) -> Detail | None:
    gap = case.gap
    # The same day is Q17 and Q18.
    if not gap or case.place is None or not case.place.is_primary:
        return None
    least = case.limit("Q10.interval")
    is_short = gap < least - case.limit("Q10.grace")
    return {"days": gap, "least": least} if is_short else None


@rule(
    "Q11",
    Severity.INFORMATION,
    owner=Owner.PORTAL,
    message=_("Unusually long between two primary doses"),
    repair=_("Nothing to repair: it counts in reports of coverage only."),
    sql=Sql(
        "d.position <= d.series AND d.gap > most.number",
        detail="jsonb_build_object('days', d.gap)",
        limits={"most": "Q11.interval"},
    ),
)
def interval_too_long(case: Case) -> Detail | None:
    gap = case.gap
    if gap is None or case.place is None or not case.place.is_primary:
        return None
    return {"days": gap} if gap > case.limit("Q11.interval") else None


@rule(
    "Q12",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The booster came earlier than the rule of that day allowed"),
    repair=_("Work out again which kind of dose it is; then check the day."),
    sql=Sql(
        # Without a recorded kind it may be an additional dose, which Q13 judges.
        "d.position > d.series AND d.gap >= additional.number"
        " AND d.gap < least.number - grace.number",
        detail="jsonb_build_object('days', d.gap, 'least', least.number)",
        limits={
            "least": "Q12.interval",
            "grace": "Q12.grace",
            "additional": "Q13.interval",
        },
    ),
)
def booster_too_early(case: Case) -> Detail | None:
    gap = case.gap
    if gap is None or case.place is None or case.place.is_primary:
        return None
    kind = case.dose.kind
    if kind not in ("booster", "") or (not kind and gap < case.limit("Q13.interval")):
        return None
    least = case.limit("Q12.interval")
    is_early = gap < least - case.limit("Q12.grace")
    return {"days": gap, "least": least} if is_early else None


@rule(
    "Q13",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("A dose beyond the series too soon after the last"),
    repair=_("Work out again which kind of dose it is; then check the day."),
    sql=Sql(
        "d.position > d.series AND d.gap > 0 AND d.gap < least.number",
        detail="jsonb_build_object('days', d.gap, 'least', least.number)",
        limits={"least": "Q13.interval"},
    ),
)
def additional_too_early(case: Case) -> Detail | None:
    gap = case.gap
    if not gap or case.place is None or case.place.is_primary:
        return None
    if case.dose.kind not in ("additional", ""):
        return None
    least = case.limit("Q13.interval")
    return {"days": gap, "least": least} if gap < least else None


@rule(
    "Q14",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.SITE,
    message=_("The numbers of the doses have a hole or a repeat"),
    repair=_(
        "Number the doses again by their days; look for the missing one among the "
        "doses without an owner."
    ),
    sql=Sql(
        "p.number_count > p.number_distinct"
        " OR p.number_most - p.number_distinct > p.dose_count - p.number_count",
        detail="jsonb_build_object('what', CASE WHEN p.number_count >"
        " p.number_distinct THEN 'repeat' ELSE 'hole' END)",
    ),
)
def numbers_do_not_run(case: Case) -> Detail | None:
    doses = case.record.doses
    numbers = [dose.number for dose in doses if dose.number is not None]
    if case.person is None or not numbers:
        return None
    if len(numbers) > len(set(numbers)):
        return {"what": "repeat"}
    # A dose without a number may be the one that is missing.
    is_holed = max(numbers) - len(set(numbers)) > len(doses) - len(numbers)
    return {"what": "hole"} if is_holed else None


@rule(
    "Q15",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("A third primary dose is recorded as a booster"),
    repair=_("Work out the kind again: Abdala has three primary doses."),
)
def third_primary_as_booster(case: Case) -> Detail | None:
    """Tell of a third primary dose that an entry calls booster. Not asked at rest.

    Nothing to find there: the kind is never kept, the portal works it out from vaccine
    and days each time (domain paper c, kind 12), so that a recorded one cannot differ.
    """
    place, dose = case.place, case.dose
    is_wrong = (
        place is not None
        and dose.product.primary_doses == 3
        and place.position == 3
        and place.is_primary
        and dose.kind == "booster"
    )
    return YES if is_wrong else None


@rule(
    "Q16",
    Severity.WARNING,
    subject=Subject.PERSON,
    owner=Owner.STATION,
    message=_("More doses than the campaign gave anybody"),
    repair=_("Check whether two people were put into one record."),
    sql=Sql(
        "p.doses_by_then > most.number",
        detail="jsonb_build_object('doses', p.doses_by_then)",
        limits={"most": "Q16.doses"},
    ),
)
def too_many_doses(case: Case) -> Detail | None:
    if case.person is None:
        return None
    by = case.limits.day("Q16.by", on=case.today)
    doses = sum(dose.given_on <= by for dose in case.record.doses)
    return (
        {"doses": doses}
        if doses > case.limits.number("Q16.doses", on=case.today)
        else None
    )


@rule(
    "Q17",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The same vaccine twice on the same day"),
    repair=_(
        "Whoever entered it later checks: a dose recorded twice is marked as entered "
        "in error, never deleted."
    ),
    sql=Sql(
        "EXISTS (SELECT FROM q_dose e WHERE e.person_id = d.person_id"
        " AND e.given_on = d.given_on AND e.product_id = d.product_id"
        f" AND {_LATER})",
    ),
)
def twice_on_a_day(case: Case) -> Detail | None:
    dose = case.dose
    is_second = any(
        other.given_on == dose.given_on
        and other.product.code == dose.product.code
        and case.is_entered_after(n)
        for n, other in case.others()
    )
    return YES if is_second else None


@rule(
    "Q18",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("Two doses on one day, at different sites or of different vaccines"),
    repair=_("One is another person's or has a wrong day: both sites check."),
    sql=Sql(
        "EXISTS (SELECT FROM q_dose e WHERE e.person_id = d.person_id"
        " AND e.given_on = d.given_on"
        " AND (e.site_id <> d.site_id OR e.product_id <> d.product_id)"
        f" AND {_LATER})",
    ),
)
def two_places_on_a_day(case: Case) -> Detail | None:
    dose = case.dose
    is_second = any(
        other.given_on == dose.given_on
        and (other.site.code, other.product.code) != (dose.site.code, dose.product.code)
        and case.is_entered_after(n)
        for n, other in case.others()
    )
    return YES if is_second else None


@rule(
    "Q19",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The same vaccine and dose number again a few days apart"),
    repair=_(
        "Probably entered again with another day: find the right day, mark the other "
        "as entered in error."
    ),
    sql=Sql(
        "EXISTS (SELECT FROM q_dose e WHERE e.person_id = d.person_id"
        " AND e.product_id = d.product_id AND e.number = d.number"
        " AND abs(e.given_on - d.given_on) BETWEEN 1 AND most.number"
        f" AND {_LATER})",
        limits={"most": "Q19.days"},
    ),
)
def entered_again(case: Case) -> Detail | None:
    dose = case.dose
    if dose.number is None:
        return None
    most = timedelta(days=case.limit("Q19.days"))
    is_again = any(
        other.product.code == dose.product.code
        and other.number == dose.number
        and timedelta(0) < abs(other.given_on - dose.given_on) <= most
        and case.is_entered_after(n)
        for n, other in case.others()
    )
    return YES if is_again else None


@rule(
    "Q20",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("A vaccine of one dose with a higher dose number in the primary series"),
    repair=_("Check the vaccine against the list of the session."),
    sql=Sql(
        "d.primary_doses = 1 AND d.number > 1 AND d.position <= d.series",
        detail="jsonb_build_object('number', d.number)",
    ),
)
def single_dose_numbered_higher(case: Case) -> Detail | None:
    dose, place = case.dose, case.place
    if place is None or not place.is_primary or dose.kind == "booster":
        return None
    if dose.product.primary_doses != 1 or (dose.number or 0) <= 1:
        return None
    return {"number": dose.number}
