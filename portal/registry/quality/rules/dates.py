"""Q01 to Q08: the day of a dose against birth, death, campaign and approval."""

from django.utils.translation import gettext_lazy as _

from portal.registry.quality.rule import (
    YES,
    Case,
    Detail,
    Owner,
    Severity,
    Sql,
    rule,
)

_ELSEWHERE = ("foreign", "trial")


@rule(
    "Q01",
    Severity.ERROR,
    owner=Owner.SITE,
    message=_("The dose lies in the future"),
    repair=_("Compare with the slip or the session's list and correct the day."),
    sql=Sql("d.given_on > %(today)s"),
)
def in_the_future(case: Case) -> Detail | None:
    return YES if case.dose.given_on > case.today else None


@rule(
    "Q02",
    Severity.ERROR,
    owner=Owner.SITE,
    message=_("The dose lies before the person's birth"),
    repair=_(
        "Find out which of the two dates is wrong. The year is often off by 1, 10 or "
        "100."
    ),
    sql=Sql("d.given_on < d.born_on"),
)
def before_birth(case: Case) -> Detail | None:
    born_on = case.person.born_on if case.person else None
    return YES if born_on and case.dose.given_on < born_on else None


@rule(
    "Q03",
    Severity.WARNING,
    owner=Owner.STATION,
    message=_("The dose lies after the person's death"),
    repair=_(
        "The site and the commune of residence compare their papers; where they "
        "contradict each other, the province is told of a possible fraud."
    ),
)
def after_death(case: Case) -> Detail | None:
    """Tell of a dose after death. Not asked at rest: no day of death is on record.

    Deaths are registered by the commune's justice officer, not by vaccination sites.
    The population database answers which of number, name, birth date and sex is wrong
    and nothing else, so that the portal would keep a day that nobody vouches for.
    """
    died_on = case.person.died_on if case.person else None
    return YES if died_on and case.dose.given_on > died_on else None


@rule(
    "Q04",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The dose lies before the campaign began"),
    repair=_("Correct the year by the slip, or record where the dose came from."),
    sql=Sql(
        "d.given_on < %(campaign_start)s AND d.source NOT IN ('foreign', 'trial')",
    ),
)
def before_the_campaign(case: Case) -> Detail | None:
    begins = case.limits.day("Q04.campaign_start", on=case.today)
    is_early = case.dose.given_on < begins and case.dose.source not in _ELSEWHERE
    return YES if is_early else None


@rule(
    "Q05",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The dose lies before the vaccine was approved in Vietnam"),
    repair=_("See which vaccine the site gave on that day and correct the vaccine."),
    sql=Sql(
        "d.given_on < d.approved_on AND d.source NOT IN ('foreign', 'trial')",
        detail="jsonb_build_object('approved_on', d.approved_on)",
    ),
)
def before_approval(case: Case) -> Detail | None:
    approved_on = case.dose.product.approved_on
    if approved_on is None or case.dose.source in _ELSEWHERE:
        return None
    if case.dose.given_on >= approved_on:
        return None
    return {"approved_on": approved_on.isoformat()}


@rule(
    "Q06",
    Severity.INFORMATION,
    owner=Owner.SITE,
    message=_("The dose lies before the vaccine first came to the province"),
    repair=_("Check day and vaccine against the session's list."),
    sql=Sql(
        "d.given_on < d.first_arrival_on AND d.source NOT IN ('foreign', 'trial')",
        detail="jsonb_build_object('first_arrival_on', d.first_arrival_on)",
    ),
)
def before_first_arrival(case: Case) -> Detail | None:
    first = case.dose.first_arrival_on
    if first is None or case.dose.given_on >= first:
        return None
    if case.dose.source in _ELSEWHERE:
        return None
    return {"first_arrival_on": first.isoformat()}


@rule(
    "Q07",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The vaccine is not approved in Vietnam"),
    repair=_("Ask for the foreign or trial paper and record where it was given."),
    sql=Sql("d.approved_on IS NULL AND d.source NOT IN ('foreign', 'trial')"),
)
def not_approved(case: Case) -> Detail | None:
    dose = case.dose
    is_odd = dose.product.approved_on is None and dose.source not in _ELSEWHERE
    return YES if is_odd else None


@rule(
    "Q08",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The person was too young for the vaccine on that day"),
    repair=_("Check the birth date first, then the vaccine."),
    sql=Sql(
        "d.age >= 0 AND d.age < least.number",
        detail="jsonb_build_object('age', d.age, 'least', least.number)",
        limits={"least": "Q08.min_age"},
    ),
)
def too_young(case: Case) -> Detail | None:
    # A dose before birth is Q02.
    if case.age is None or case.age < 0:
        return None
    least = case.limit("Q08.min_age")
    return {"age": case.age, "least": least} if case.age < least else None
