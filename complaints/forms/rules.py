"""New policies, ladders and office hours, as somebody proposes them."""

from datetime import date
from itertools import pairwise
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from complaints.choices import Kind
from complaints.models import Ladder, Policy, Rung
from portal.common.forms import DayField, Form
from portal.registry.models import Organization

WORKING_DAY: Final = 8
RUNGS: Final = 8
LEVELS: Final[tuple[tuple[str, Any], ...]] = (
    (Organization.Kind.HEALTH_STATION, _("Health stations")),
    (Organization.Kind.DISTRICT_CENTRE, _("Regional health centres")),
    (Organization.Kind.HOSPITAL, _("Hospitals")),
    (Organization.Kind.MOBILE_POINT, _("Mobile vaccination points")),
    (Organization.Kind.CDC, _("Provincial centres for disease control")),
    (Organization.Kind.HEALTH_DEPARTMENT, _("Provincial health departments")),
    (Organization.Kind.MINISTRY, _("The ministry")),
)
CLOCKS: Final = (("repair", _("Repair")), ("answer", _("First answer")))
ABOVE: Final = (
    (0, _("Whoever has the case")),
    (1, _("One level above")),
    (2, _("Two levels above")),
)
MOST: Final = 9999
WEEKDAYS: Final = (
    (0, _("Mon")),
    (1, _("Tue")),
    (2, _("Wed")),
    (3, _("Thu")),
    (4, _("Fri")),
    (5, _("Sat")),
    (6, _("Sun")),
)


def _time(label: Any, initial: str, *, required: bool = True) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        initial=initial,
        required=required,
        input_formats=["%H:%M", "%Hh%M", "%H"],
        widget=forms.TextInput(attrs={"class": "w4", "maxlength": 5}),
        error_messages={"invalid": _("Type a time, for example 07:30.")},
    )


class Proposal(Form):
    """What every proposal says besides: from which day, and on what it rests."""

    valid_from = DayField(
        label=_("In force from"),
        help_text=_("Tomorrow at the earliest. What is open keeps its rules."),
        is_recent=True,
    )
    source = forms.CharField(
        label=_("On what it rests"),
        help_text=_("Number and date of the dispatch or decision."),
        max_length=120,
        error_messages={"required": _("Name the dispatch or decision.")},
    )

    def facts(self) -> tuple[dict[str, Any], date, str]:
        """Return the content of the proposal, its first day and its source."""
        typed = self.cleaned_data
        return self.content(), typed["valid_from"], typed["source"]

    def content(self) -> dict[str, Any]:
        """Return what the row will hold."""
        raise NotImplementedError


class ForSome(Proposal):
    """What may hold for one organization and all below it."""

    organization = forms.CharField(
        label=_("One organization and all below it"),
        help_text=_("Its code, for example TYT-N10507. Leave empty for all."),
        max_length=32,
        required=False,
    )

    def clean_organization(self) -> str:
        """Refuse a code that no open organization bears."""
        code = self.cleaned_data["organization"].strip().upper()
        if code and not Organization.objects.filter(code=code, closed_on=None).exists():
            raise ValidationError(_("No open organization has this code."))
        return code


class PolicyProposal(ForSome):
    """A policy: for what, and how long everything may take."""

    kind = forms.ChoiceField(
        label=_("Kind of report"),
        choices=[("", _("All kinds")), *Kind.choices],
        required=False,
    )
    level = forms.ChoiceField(
        label=_("Who answers"),
        choices=[("", _("Everybody")), *LEVELS],
        required=False,
    )
    unit = forms.ChoiceField(
        label=_("Time is counted in"),
        choices=[
            ("hours", _("Hours, day and night")),
            ("days", _("Working days of eight office hours")),
        ],
        initial="hours",
        widget=forms.RadioSelect,
    )
    first_answer = forms.IntegerField(
        label=_("First answer within"), min_value=1, max_value=MOST
    )
    repair = forms.IntegerField(label=_("Repaired within"), min_value=1, max_value=MOST)
    extension = forms.IntegerField(
        label=_("One extension of at most"),
        help_text=_("0: it cannot be extended."),
        min_value=0,
        max_value=MOST,
        initial=0,
    )
    pause_days = forms.IntegerField(
        label=_("Longest wait for the citizen, in days"),
        min_value=0,
        max_value=60,
        initial=10,
    )
    disagree_days = forms.IntegerField(
        label=_("Days in which the citizen may disagree"),
        min_value=1,
        max_value=365,
        initial=30,
    )
    field_order = (
        "kind",
        "level",
        "organization",
        "unit",
        "first_answer",
        "repair",
        "extension",
        "pause_days",
        "disagree_days",
        "valid_from",
        "source",
    )

    def clean(self) -> None:
        """Refuse a first answer that may come after the repair."""
        typed = self.cleaned_data
        first, repair = typed.get("first_answer"), typed.get("repair")
        if first and repair and first > repair:
            words = _("The first answer comes before the repair, not after it.")
            self.add_error("first_answer", words)

    def content(self) -> dict[str, Any]:
        """Return the row's facts; times in hours."""
        typed = self.cleaned_data
        hours = WORKING_DAY if typed["unit"] == "days" else 1
        return {
            "kind": typed["kind"],
            "level": typed["level"],
            "organization": typed["organization"],
            "in_office": typed["unit"] == "days",
            "first_answer_hours": typed["first_answer"] * hours,
            "repair_hours": typed["repair"] * hours,
            "extension_hours": typed["extension"] * hours,
            "pause_days": typed["pause_days"],
            "disagree_days": typed["disagree_days"],
        }


def started_from(policy: Policy) -> dict[str, Any]:
    """Return what a policy's form starts with: the one that is in force."""
    hours = WORKING_DAY if policy.in_office else 1
    return {
        "unit": "days" if policy.in_office else "hours",
        "first_answer": policy.first_answer_hours // hours,
        "repair": policy.repair_hours // hours,
        "extension": policy.extension_hours // hours,
        "pause_days": policy.pause_days,
        "disagree_days": policy.disagree_days,
    }


class LadderProposal(Proposal):
    """A ladder: up to eight rungs, and when an organization counts as away."""

    idle_days = forms.IntegerField(
        label=_("Away after so many working days without a log-in"),
        help_text=_("Its waiting cases go to the level above. Leave empty: never."),
        min_value=1,
        max_value=60,
        required=False,
    )
    capacity = forms.IntegerField(
        label=_("Open cases that one organization can have"),
        help_text=_("What is beyond goes to the level above. Leave empty: no limit."),
        min_value=1,
        max_value=1_000_000,
        required=False,
    )

    def __init__(self, *args: Any, ladder: Ladder | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ladder is not None:
            self.fields["idle_days"].initial = ladder.idle_days
            self.fields["capacity"].initial = ladder.capacity
        known = (
            list(ladder.rungs.order_by("-clock", "share", "levels")) if ladder else []
        )
        for place in range(RUNGS):
            self._add_rung(place, known[place] if place < len(known) else None)
        self.order_fields(
            [
                *(f"{part}_{n}" for n in range(RUNGS) for part in _PARTS),
                "idle_days",
                "capacity",
                "valid_from",
                "source",
            ]
        )

    def _add_rung(self, place: int, rung: Rung | None) -> None:
        self.fields[f"share_{place}"] = forms.IntegerField(
            label=_("At percent of the time"),
            min_value=1,
            max_value=500,
            required=False,
            initial=rung.share if rung else None,
        )
        self.fields[f"clock_{place}"] = forms.ChoiceField(
            label=_("Of which time"),
            choices=CLOCKS,
            required=False,
            initial=rung.clock if rung else "repair",
        )
        self.fields[f"levels_{place}"] = forms.TypedChoiceField(
            label=_("Who is told"),
            choices=ABOVE,
            coerce=int,
            empty_value="",
            required=False,
            initial=rung.levels if rung else 0,
        )
        self.fields[f"hands_up_{place}"] = forms.BooleanField(
            label=_("It answers for the case from then on, too"),
            required=False,
            initial=bool(rung and rung.hands_up),
        )

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Return the fields of each rung, for the page."""
        return [
            {"number": n + 1, "fields": [self[f"{part}_{n}"] for part in _PARTS]}
            for n in range(RUNGS)
        ]

    @property
    def others(self) -> list[forms.BoundField]:
        """Return the fields besides those of the rungs."""
        names = ("idle_days", "capacity", "valid_from", "source")
        return [self[name] for name in names]

    def clean(self) -> None:
        """Refuse a ladder without rungs, a rung said twice, and a hand-up too early."""
        seen = set()
        for n, (clock, share, levels, hands_up) in self._rungs():
            if (clock, share, levels) in seen:
                self.add_error(f"share_{n}", _("This rung stands above already."))
            seen.add((clock, share, levels))
            if hands_up and (clock != "repair" or share <= 100 or not levels):
                words = _(
                    "Only a level above can join in, past the time for the repair."
                )
                self.add_error(f"hands_up_{n}", words)
        if not seen and not self.errors:
            self.add_error("share_0", _("Type at least one rung."))

    def content(self) -> dict[str, Any]:
        """Return the rungs and limits."""
        return {
            "rungs": [list(rung) for _n, rung in self._rungs()],
            "idle_days": self.cleaned_data["idle_days"],
            "capacity": self.cleaned_data["capacity"],
        }

    def _rungs(self) -> list[tuple[int, tuple[str, int, int, bool]]]:
        typed = self.cleaned_data
        return [
            (
                n,
                (
                    typed.get(f"clock_{n}") or "repair",
                    typed[f"share_{n}"],
                    typed.get(f"levels_{n}") or 0,
                    typed.get(f"hands_up_{n}", False),
                ),
            )
            for n in range(RUNGS)
            if typed.get(f"share_{n}")
        ]


class OfficeProposal(ForSome):
    """Office hours of the country, or of an organization and all below it."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"),
        choices=WEEKDAYS,
        coerce=int,
        initial=[0, 1, 2, 3, 4],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one day.")},
    )
    begins = _time(_("Opens at"), "07:30")
    break_begins = _time(_("Midday break from"), "11:30", required=False)
    break_ends = _time(_("Midday break until"), "13:00", required=False)
    ends = _time(_("Closes at"), "17:00")
    field_order = (
        "organization",
        "weekdays",
        "begins",
        "break_begins",
        "break_ends",
        "ends",
        "valid_from",
        "source",
    )

    def clean(self) -> None:
        """Refuse half a break, and times that do not follow each other."""
        typed = self.cleaned_data
        first, last = typed.get("break_begins"), typed.get("break_ends")
        if bool(first) != bool(last):
            name = "break_ends" if first else "break_begins"
            self.add_error(name, _("Type both ends of the break, or neither."))
            return
        names = ("begins", "break_begins", "break_ends", "ends")
        given = [(name, typed[name]) for name in names if typed.get(name)]
        for (_name, before), (name, after) in pairwise(given):
            if before >= after:
                self.add_error(name, _("This time comes after the one above it."))

    def content(self) -> dict[str, Any]:
        """Return the row's facts; times as texts."""
        typed = self.cleaned_data
        times = {
            name: f"{typed[name]:%H:%M}" if typed[name] else ""
            for name in ("begins", "ends", "break_begins", "break_ends")
        }
        return {
            "organization": typed["organization"],
            "weekdays": typed["weekdays"],
            **times,
        }


_PARTS: Final = ("share", "clock", "levels", "hands_up")
