"""Q43 to Q46: the site on that day, and when the dose was written down."""

from django.utils.translation import gettext_lazy as _

from portal.registry.quality.rule import (
    YES,
    Case,
    Detail,
    Owner,
    Severity,
    Sql,
    local_day,
    rule,
)


@rule(
    "Q43",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The site was not open, or held no session, on that day"),
    repair=_("Check site and day; a mobile point's parent answers for it."),
    sql=Sql("d.given_on < d.opened_on OR d.given_on >= d.closed_on"),
)
def site_was_not_open(case: Case) -> Detail | None:
    day, site = case.dose.given_on, case.dose.site
    is_shut = (
        (site.opened_on is not None and day < site.opened_on)
        or (site.closed_on is not None and day >= site.closed_on)
        or site.session_held is False
    )
    return YES if is_shut else None


@rule(
    "Q44",
    Severity.WARNING,
    owner=Owner.PORTAL,
    message=_("The site's commune did not exist on that day"),
    repair=_("Show the commune of that day by the table of old and new units."),
    sql=Sql("d.given_on < d.unit_from OR d.given_on >= d.unit_to"),
)
def commune_was_not_there(case: Case) -> Detail | None:
    day, site = case.dose.given_on, case.dose.site
    is_out = (site.unit_from is not None and day < site.unit_from) or (
        site.unit_to is not None and day >= site.unit_to
    )
    return YES if is_out else None


@rule(
    "Q45",
    Severity.WARNING,
    owner=Owner.SITE,
    message=_("The dose was recorded more than a day after it was given"),
    repair=_(
        "Nothing to repair if the day is right: it counts for the site's timeliness. "
        "Check the day first."
    ),
    sql=Sql(
        "d.source IN ('service', 'upload')"
        " AND d.recorded_on - d.given_on > most.number",
        detail="jsonb_build_object('days', d.recorded_on - d.given_on, 'is_late_entry',"
        " d.recorded_on - d.given_on >= late.number)",
        limits={"most": "Q45.days", "late": "Q45.late"},
    ),
)
def recorded_late(case: Case) -> Detail | None:
    dose = case.dose
    # A late entry says so itself; that is no contradiction.
    if dose.recorded_at is None or dose.source not in ("service", "upload"):
        return None
    days = (local_day(dose.recorded_at) - dose.given_on).days
    if days <= case.limit("Q45.days"):
        return None
    return {"days": days, "is_late_entry": days >= case.limit("Q45.late")}


@rule(
    "Q46",
    Severity.ERROR,
    owner=Owner.SITE,
    message=_("The dose was recorded before the day on which it was given"),
    repair=_("Correct the day by the slip or the session's list."),
    sql=Sql("d.recorded_on < d.given_on"),
)
def recorded_before(case: Case) -> Detail | None:
    dose = case.dose
    is_before = dose.recorded_at and local_day(dose.recorded_at) < dose.given_on
    return YES if is_before else None
