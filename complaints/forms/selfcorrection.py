"""What people decide about the rules of self-correction."""

from typing import Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.actions import switches
from complaints.actions.campaigns import RULES as OF_CAMPAIGNS
from complaints.models import RuleSwitch, SelfCorrection
from complaints.rules.selfcorrection.rule import Tier
from complaints.rules.selfcorrection.table import RULES
from portal.common import codes
from portal.common.templatetags.ui import percent
from portal.registry.models import AdministrativeUnit

# In ten thousandths. Less than the product promises is for those who can say why.
_THRESHOLDS: Final = (9_990, 9_950, 9_900, 9_800, 9_500)


def _thresholds() -> list[tuple[str, str]]:
    own = _("As the rule says")
    return [("", str(own)), *((str(n), percent(n / 10_000)) for n in _THRESHOLDS)]


def _of_campaigns() -> list[tuple[str, str]]:
    """Return the rules that a campaign can ask, with the tier and which are off."""
    rows = switches.newest(OF_CAMPAIGNS)
    at = timezone.now()
    states = {
        code: switches.state_of(
            code, use=RuleSwitch.Use.CAMPAIGN, rows=rows[code], at=at
        )
        for code in OF_CAMPAIGNS
    }
    acts, prepares = _("acts by itself"), _("is put before staff")
    return [
        (
            code,
            ", ".join(
                [
                    f"{code} {RULES[code].name}",
                    str(acts if RULES[code].tier == Tier.A else prepares),
                    *([] if states[code].is_on else [str(_("off at present"))]),
                ]
            ),
        )
        for code in OF_CAMPAIGNS
    ]


class Switch(forms.Form):
    """Switch a rule on or off, from now on, with the reason."""

    is_on = forms.TypedChoiceField(
        label=_("From now on"),
        choices=[("yes", _("On")), ("no", _("Off"))],
        widget=forms.RadioSelect,
        coerce=lambda word: word == "yes",
    )
    province = forms.ModelChoiceField(
        label=_("Province"),
        queryset=AdministrativeUnit.objects.none(),
        required=False,
        empty_label=_("The whole country"),
        to_field_name="code",
    )
    use = forms.ChoiceField(
        label=_("Where it acts"),
        choices=[("", _("Everywhere")), *RuleSwitch.Use.choices],
        required=False,
    )
    daily_cap = forms.IntegerField(
        label=_("Changes a day at most"), required=False, min_value=0, max_value=10**7
    )
    least_precision = forms.TypedChoiceField(
        label=_("Halts itself where its sample may be below"),
        choices=_thresholds,
        coerce=int,
        empty_value=None,
        required=False,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        error_messages={"required": _("Say why the rule is switched.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["province"].queryset = AdministrativeUnit.objects.filter(
            epoch="new", level="province"
        ).order_by("sort_key", "pk")


class Finding(forms.Form):
    """Say of a sampled change that it was right or wrong, and by what one knows it."""

    finding = forms.ChoiceField(
        label=_("The change was"),
        choices=SelfCorrection.Finding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether the change was right or wrong.")},
    )
    against = forms.ChoiceField(
        label=_("Held against"),
        choices=SelfCorrection.Against.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what you held the change against.")},
    )


class Changes(forms.Form):
    """What rules changed, narrowed: what makes no sense narrows nothing."""

    rule = forms.ChoiceField(
        label=_("Rule"),
        choices=[("", _("All rules")), *((code, code) for code in RULES)],
        required=False,
    )
    report = forms.CharField(label=_("Code of a report"), max_length=20, required=False)
    left = forms.BooleanField(label=_("Only what still stands"), required=False)
    batch = forms.IntegerField(
        min_value=1, max_value=10**12, required=False, widget=forms.HiddenInput
    )
    after = forms.IntegerField(min_value=1, max_value=10**12, required=False)

    def clean_report(self) -> str:
        """Return the code's digits, however it was typed; a number behind it goes."""
        return codes.read(self.cleaned_data["report"])


class Campaign(forms.Form):
    """Begin, stop, go on, or take a batch back; but the first say which is meant."""

    move = forms.ChoiceField(
        choices=[
            ("start", _("Begin")),
            ("stop", _("Stop")),
            ("resume", _("Go on")),
            ("undo", _("Take back")),
        ]
    )
    rules = forms.MultipleChoiceField(
        label=_("Rules"),
        choices=_of_campaigns,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"required": _("Choose at least one rule.")},
    )
    cap = forms.IntegerField(
        label=_("Changes at most"),
        min_value=1,
        max_value=10**8,
        required=False,
        initial=1000,
    )
    invites = forms.BooleanField(
        label=_("Write to people whose word would settle it"),
        required=False,
        help_text=_("By text message, by day, once in three months at most."),
    )
    meant = forms.IntegerField(required=False, min_value=1)

    def clean(self) -> None:
        """Ask for what a move needs."""
        move = self.cleaned_data.get("move")
        if move == "start" and not self.cleaned_data.get("rules"):
            self.add_error("rules", _("Choose at least one rule."))
        if move == "start" and not self.cleaned_data.get("cap"):
            self.add_error("cap", _("Say how many changes it may make at most."))
        if move in ("stop", "resume", "undo") and not self.cleaned_data.get("meant"):
            self.add_error("move", _("Which campaign is meant?"))
