"""What is in force, to come or over, and what a proposal says: tables and words."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.actions import rolling_back, rulebook
from complaints.choices import Kind
from complaints.forms import rules as forms
from complaints.models import Ladder, OfficeHours, Policy, RuleDraft, Rung
from portal.common import dated
from portal.common.templatetags.ui import vn_number
from portal.registry import workdays

Subject = RuleDraft.Subject
_YEAR: Final = timedelta(days=365)


def policy_table(today: date, *, may_run: bool) -> dict[str, Any]:
    """Return all policies as a table, those for the same cases together.

    ``may_run``: each that can be ended leads to where that is done.
    """
    rows = list(
        Policy.objects.select_related("organization", "ended_by").order_by(
            "-valid_from"
        )
    )
    known: dict[tuple[Any, ...], list[Policy]] = {}
    for row in rows:
        key = (row.kind, row.level, row.organization_id)
        known.setdefault(key, []).append(row)
    return {
        "caption": _("Policies"),
        "columns": [
            {"label": _("For what")},
            {"label": _("State")},
            {"label": _("First answer within")},
            {"label": _("Repaired within")},
            {"label": _("One extension of at most")},
            {"label": _("Waits for the citizen")},
            {"label": _("On what it rests")},
        ],
        "rows": [
            {
                "cells": [policy_title(row), _state(row, same, today), *_times(row)],
                "url": _end_url(row, "chinh-sach", same, today, may_run=may_run),
            }
            for same in known.values()
            for row in same
        ],
    }


def policy_title(row: Policy) -> str:
    """Return in words which cases a policy is for."""
    kind = str(Kind(row.kind).label) if row.kind else _("All kinds")
    if row.organization:
        return f"{kind} · {row.organization.name}"
    if row.level:
        return f"{kind} · {dict(forms.LEVELS)[row.level]}"
    return kind


def _times(row: Policy) -> list[str]:
    extension = (
        hours_words(row.extension_hours, in_office=row.in_office)
        if row.extension_hours
        else _("None")
    )
    days = ngettext("%(n)s day", "%(n)s days", row.pause_days)
    return [
        hours_words(row.first_answer_hours, in_office=row.in_office),
        hours_words(row.repair_hours, in_office=row.in_office),
        extension,
        days % {"n": row.pause_days},
        row.source,
    ]


def hours_words(hours: int, *, in_office: bool) -> str:
    """Return a policy's time in words: hours, or working days where they are whole."""
    if not in_office:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": vn_number(hours)}
    days, rest = divmod(hours, forms.WORKING_DAY)
    if rest:
        words = ngettext("%(n)s office hour", "%(n)s office hours", hours)
        return words % {"n": vn_number(hours)}
    words = ngettext("%(n)s working day", "%(n)s working days", days)
    return words % {"n": vn_number(days)}


def _end_url(
    row: Any, word: str, same: Sequence[Any], today: date, *, may_run: bool
) -> str:
    """Return where a rule is ended; empty for who may not, and where it is over."""
    if not may_run or not rolling_back.can_end(row, same, today=today):
        return ""
    return reverse("oversight:rule_end", args=[word, row.pk])


def _state(row: Any, same: Sequence[Any], today: date) -> str:
    """Return whether a dated row is in force, to come or over."""
    if row.ended_by is not None:
        who = row.ended_by.full_name or row.ended_by.username
        if row.valid_to == row.valid_from:
            return _("Withdrawn by %(name)s") % {"name": who}
        return _("From %(first)s to before %(last)s; ended by %(name)s") % {
            "first": day_words(row.valid_from),
            "last": day_words(row.valid_to),
            "name": who,
        }
    if row.valid_from > today:
        return _("From %(day)s") % {"day": day_words(row.valid_from)}
    current = dated.in_force(same, day=today)
    if current == row:
        return _("In force since %(day)s") % {"day": day_words(row.valid_from)}
    return _("Over; began on %(day)s") % {"day": day_words(row.valid_from)}


def ladder(
    one: Ladder, all_of_them: Sequence[Ladder], today: date, *, may_run: bool
) -> dict[str, Any]:
    """Return a ladder in words, with whether it is in force."""
    rungs = sorted(one.rungs.all(), key=lambda r: (r.clock, r.share, r.levels))
    return {
        "state": _state(one, all_of_them, today),
        "source": one.source,
        "lines": [*map(rung_words, rungs), *_away_words(one)],
        "url": _end_url(one, "nac-nhac", all_of_them, today, may_run=may_run),
    }


def rung_words(rung: Rung) -> str:
    """Return a rung as a sentence."""
    told = dict(forms.ABOVE)[rung.levels]
    time = dict(forms.CLOCKS)[rung.clock]
    words = _("%(time)s, at %(share)s %%: %(told)s is told") % {
        "time": time,
        "share": rung.share,
        "told": told,
    }
    return words + _(" and answers for the case, too") if rung.hands_up else words


def _away_words(ladder: Ladder) -> list[str]:
    words = []
    if ladder.idle_days is not None:
        words.append(
            _("After %(n)s working days without a log-in its cases go one level up.")
            % {"n": ladder.idle_days}
        )
    if ladder.capacity is not None:
        words.append(
            _("What is beyond %(n)s open cases goes to the level above.")
            % {"n": vn_number(ladder.capacity)}
        )
    return words


def office_table(today: date, *, may_run: bool) -> dict[str, Any]:
    """Return all office hours as a table."""
    rows = list(
        OfficeHours.objects.select_related("organization", "ended_by").order_by(
            "-valid_from"
        )
    )
    found = []
    for row in rows:
        same = [r for r in rows if r.organization_id == row.organization_id]
        (_label, days), (_label, hours) = _opens(row)
        found.append(
            {
                "cells": [
                    _office_name(row),
                    days,
                    hours,
                    _state(row, same, today),
                    row.source,
                ],
                "url": _end_url(row, "gio-lam-viec", same, today, may_run=may_run),
            }
        )
    return {
        "caption": _("Office hours"),
        "columns": [
            {"label": label}
            for label in (
                _("Organization"),
                _("Days"),
                _("Hours"),
                _("State"),
                _("On what it rests"),
            )
        ],
        "rows": found,
    }


def _office_name(row: OfficeHours) -> str:
    return row.organization.name if row.organization else _("The whole country")


def _opens(row: OfficeHours) -> list[tuple[str, str]]:
    """Return the days and the hours of an office, each with its label."""
    names = [label for _day, label in forms.WEEKDAYS]
    hours = f"{row.begins:%H:%M}–{row.ends:%H:%M}"
    if row.break_begins and row.break_ends:
        hours = (
            f"{row.begins:%H:%M}–{row.break_begins:%H:%M}, "
            f"{row.break_ends:%H:%M}–{row.ends:%H:%M}"
        )
    days = _days(sorted(row.weekdays), [str(name) for name in names])
    return [(_("Days"), days), (_("Hours"), hours)]


def _days(weekdays: Sequence[int], names: Sequence[str]) -> str:
    """Return days of the week in words; a row of them by its ends."""
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{names[weekdays[0]]} – {names[weekdays[-1]]}"
    return ", ".join(names[day] for day in weekdays)


def days_table(today: date) -> dict[str, Any]:
    """Return the days of a year from now on that are not as their weekday says."""
    found = workdays.known(today, today + _YEAR)
    return {
        "caption": _("Days off, and days worked instead"),
        "columns": [
            {"label": label}
            for label in (
                _("Day"),
                _("Which holiday"),
                _("These days are"),
                _("On what it rests"),
            )
        ],
        "rows": [
            {
                "cells": [
                    day_words(one.day),
                    one.name or _("Swapped for a day off"),
                    _what(is_worked=one.is_worked),
                    one.source or _("The law"),
                ]
            }
            for one in found
        ],
    }


def _what(*, is_worked: bool) -> str:
    return _("Worked, as a swap") if is_worked else _("Days off")


def rule_facts(row: Policy | Ladder | OfficeHours) -> list[tuple[str, str]]:
    """Return what a rule says, label by label."""
    facts = [
        (_("In force from"), day_words(row.valid_from)),
        (_("On what it rests"), row.source),
    ]
    if isinstance(row, OfficeHours):
        return [(_("For what"), _office_name(row)), *_opens(row), *facts]
    if isinstance(row, Ladder):
        words = "; ".join(map(rung_words, row.rungs.order_by("clock", "share")))
        facts = [(_("Who is told, and when"), words), *facts]
        if away := " ".join(_away_words(row)):
            facts.insert(1, (_("What is passed on"), away))
        return facts
    return [*_policy_facts(row), *facts]


def draft_facts(row: RuleDraft) -> list[tuple[str, str]]:
    """Return what a proposal says, label by label."""
    facts = [
        (_("In force from"), day_words(row.valid_from)),
        (_("On what it rests"), row.source),
    ]
    if row.subject == Subject.LADDER:
        return facts
    if row.subject == Subject.DAYS:
        days = rulebook.as_days(row)
        return [
            (_("Which holiday"), days[0].name),
            (_("These days are"), _what(is_worked=days[0].is_workday)),
            (_("First day"), day_words(days[0].day)),
            (_("Last day"), day_words(days[-1].day)),
            facts[1],
        ]
    if row.subject == Subject.OFFICE:
        hours = rulebook.as_office(row)
        return [(_("For what"), _office_name(hours)), *_opens(hours), *facts]
    return [*_policy_facts(rulebook.as_policy(row)), *facts]


def _policy_facts(policy: Policy) -> list[tuple[str, str]]:
    first, repair, extension, pause, _source = _times(policy)
    return [
        (_("For what"), policy_title(policy)),
        (_("First answer within"), first),
        (_("Repaired within"), repair),
        (_("One extension of at most"), extension),
        (_("Waits for the citizen"), pause),
        (_("Days in which the citizen may disagree"), vn_number(policy.disagree_days)),
    ]


def draft_lines(row: RuleDraft) -> list[str]:
    """Return the rungs and limits of a proposed ladder; none for a policy."""
    if row.subject != Subject.LADDER:
        return []
    ladder, rungs = rulebook.as_ladder(row)
    return [*map(rung_words, rungs), *_away_words(ladder)]


def day_words(day: date) -> str:
    """Return a day as people here write it."""
    return f"{day:%d/%m/%Y}"
