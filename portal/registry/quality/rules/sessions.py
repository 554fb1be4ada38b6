"""Q28, Q39, Q47, Q48, Q51: what is seen only when many doses are put together."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from portal.registry.quality.rule import (
    VIETNAM,
    Case,
    Detail,
    Owner,
    Severity,
    Sql,
    Subject,
    rule,
)


def _limit(alias: str, key: str, day: str) -> str:
    """Return the join of a site's limit in force on a day."""
    return (
        f" JOIN q_limit {alias} ON {alias}.key = '{key}' AND {alias}.product_id = 0"
        f" AND {alias}.province_id = CASE WHEN {day} < s.province_from"
        "  THEN s.province_key_before ELSE s.province_key END"
        f" AND {alias}.age_from = -1"
        f" AND {day} >= {alias}.first AND {day} < {alias}.until"
    )


_ROUND: Final = (
    "to_char(p.born_on, 'MMDD') IN ('0101', '0701', '1231')"
    " AND p.born_precision = 'day'"
)


@rule(
    "Q28",
    Severity.WARNING,
    subject=Subject.SITE,
    owner=Owner.PROVINCE,
    message=_("More doses of a lot on one day than the site can give"),
    repair=_("Compare with the session's list: an audit of that day."),
    sql=Sql(
        select="SELECT g.site_id AS subject_id,"
        " to_char(g.given_on, 'YYYY-MM-DD ') || g.lot AS part,"
        " jsonb_build_object('given', g.doses) AS detail"
        " FROM q_session g JOIN q_site s ON s.id = g.site_id"
        + _limit("most", "Q28.per_day", "g.given_on")
        + " WHERE g.doses > most.number",
    ),
)
def beyond_throughput(case: Case) -> Detail | None:
    for dose in case.record.doses:
        if dose.session is None:
            continue
        most = case.limits.number(
            "Q28.per_day",
            on=dose.given_on,
            province=dose.site.province_on(dose.given_on),
        )
        if dose.session.on_lot > most:
            return {"given": dose.session.on_lot}
    return None


@rule(
    "Q39",
    Severity.INFORMATION,
    subject=Subject.SITE,
    owner=Owner.SITE,
    message=_("Far too many birth dates on 1 January, 1 July or 31 December"),
    repair=_("Where only the year is known, record it as a year."),
    sql=Sql(
        select="SELECT g.site_id AS subject_id, '' AS part,"
        " jsonb_build_object('people', g.people, 'round', g.on_round_days) AS detail"
        " FROM (SELECT u.site_id, count(*)::int AS people,"
        f"        (count(*) FILTER (WHERE {_ROUND}))::int AS on_round_days"
        "       FROM q_visitor u JOIN registry_person p ON p.id = u.person_id"
        "       GROUP BY u.site_id) g JOIN q_site s ON s.id = g.site_id"
        + _limit("least", "Q39.people", "%(today)s")
        + _limit("most", "Q39.percent", "%(today)s")
        + " WHERE g.people >= least.number"
        " AND g.on_round_days * 100 > g.people * most.number",
    ),
)
def round_birth_dates(case: Case) -> Detail | None:
    births = case.record.births
    if births is None:
        return None
    if births.people < case.limits.number("Q39.people", on=case.today):
        return None
    most = case.limits.number("Q39.percent", on=case.today)
    if births.on_round_days * 100 <= births.people * most:
        return None
    return {"people": births.people, "round": births.on_round_days}


@rule(
    "Q47",
    Severity.WARNING,
    owner=Owner.SECURITY,
    message=_("One account entered too much within an hour, or at night"),
    repair=_("Whoever answers for accounts asks its holder; a sample is checked."),
    sql=Sql(
        "d.entries > most.number OR d.entries IS NOT NULL"
        " AND (d.entry_hour >= late.number OR d.entry_hour < early.number)",
        detail="CASE WHEN d.entries > most.number"
        " THEN jsonb_build_object('entries', d.entries)"
        " ELSE jsonb_build_object('hour', d.entry_hour) END",
        limits={
            "most": "Q47.entries",
            "late": "Q47.night_from",
            "early": "Q47.night_to",
        },
    ),
)
def entered_too_fast(case: Case) -> Detail | None:
    dose = case.dose
    if dose.entries_in_hour is None or dose.recorded_at is None:
        return None
    if dose.entries_in_hour > case.limit("Q47.entries"):
        return {"entries": dose.entries_in_hour}
    hour = dose.recorded_at.astimezone(VIETNAM).hour
    is_night = hour >= case.limit("Q47.night_from") or hour < case.limit("Q47.night_to")
    return {"hour": hour} if is_night else None


@rule(
    "Q48",
    Severity.WARNING,
    subject=Subject.SITE,
    owner=Owner.SITE,
    message=_(
        "All people of a session share a birth date, an identity number or a lot"
    ),
    repair=_("Probably copied down a column: one repair from the list for all."),
    sql=Sql(
        select="SELECT g.site_id AS subject_id,"
        " to_char(g.given_on, 'YYYY-MM-DD ') || w.what AS part,"
        " jsonb_build_object('what', w.what, 'doses', g.doses) AS detail"
        " FROM q_day g JOIN q_site s ON s.id = g.site_id"
        + _limit("least", "Q48.doses", "g.given_on")
        + " CROSS JOIN LATERAL (VALUES ('birth', g.is_one_birth),"
        " ('number', g.is_one_number), ('lot', g.is_one_lot)) w (what, is_so)"
        " WHERE w.is_so AND g.doses >= least.number",
    ),
)
def copied_down(case: Case) -> Detail | None:
    for dose in case.record.doses:
        day = dose.session
        if day is None:
            continue
        least = case.limits.number(
            "Q48.doses",
            on=dose.given_on,
            province=dose.site.province_on(dose.given_on),
        )
        if day.doses < least:
            continue
        # A session of one lot is usual; one lot for two vaccines is not.
        for what, is_so in (
            ("birth", day.people > 1 and day.births == 1),
            ("number", day.people > 1 and day.numbers == 1),
            ("lot", day.lots == 1 and day.products > 1),
        ):
            if is_so:
                return {"what": what, "doses": day.doses}
    return None


@rule(
    "Q51",
    Severity.WARNING,
    subject=Subject.SITE,
    owner=Owner.SITE,
    message=_("The doses recorded of a session are not those drawn from the stock"),
    repair=_("Probably a list that was never sent: find and import it."),
)
def list_was_not_sent(case: Case) -> Detail | None:
    """Tell of a session whose doses are not those drawn. Not asked at rest.

    The ledger has deliveries to a site, by lot and day, and no issue of doses to a
    session: sites keep that in their own stock book. What was delivered less what is
    recorded may as well be on the shelf; Q26 asks the part of it that can be known.
    """
    for dose in case.record.doses:
        day = dose.session
        if day and day.drawn is not None and day.drawn != day.doses:
            return {"recorded": day.doses, "drawn": day.drawn}
    return None
