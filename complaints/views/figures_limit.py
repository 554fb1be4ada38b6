"""The limit beside figures: what the policy of the last month asked for allows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import figures, policies
from complaints.rollups import Times
from complaints.views.figures_asked import Asked
from complaints.views.rule_tables import hours_words

# By a policy of working days no wall time tells who is late: the share on time does.
_MOSTLY: Final = 0.9
_HALF: Final = 0.5


@dataclass(frozen=True)
class Limit:
    """What an answer may take, in words; ``seconds`` None: counted in working days."""

    words: str
    seconds: int | None

    @property
    def days(self) -> float | None:
        """Return it as days of a chart; None where no line can show it."""
        return None if self.seconds is None else self.seconds / 86_400

    @property
    def key(self) -> str:
        """Return in words what the tones of tiles mean."""
        if self.seconds is None:
            return _(
                "Green: nine of ten on time, by a limit of %(limit)s. Yellow: half of"
                " them. Red: fewer, or more than half of what is due lies open."
            ) % {"limit": self.words}
        return _(
            "Green: within the limit of %(limit)s. Yellow: within four times that. Red:"
            " longer, or more than half of what is due lies open."
        ) % {"limit": self.words}

    def tone(self, times: Times) -> tuple[str, Any]:
        """Return the tone of a tile, and in a word why it has it."""
        if 2 * times.open_overdue > times.due:
            return "very-late", _("much lies overdue")
        if times.median is None:
            return "no-figure", _("nothing resolved")
        if self.seconds is None:
            share = times.on_time_share or 0
            is_late, is_very_late = share < _MOSTLY, share < _HALF
        else:
            is_late = times.median > self.seconds
            is_very_late = times.median > 4 * self.seconds
        if is_very_late:
            return "very-late", _("very slow")
        return ("late", _("slow")) if is_late else ("in-time", _("in time"))


def limit_of(asked: Asked) -> Limit:
    """Return the limit for what is asked: of its kind and unit, in its last month."""
    last_day = figures.month_after(asked.last, 1) - timedelta(days=1)
    policy = policies.usual(
        asked.kind,
        path=asked.chosen.path,
        day=min(last_day, timezone.localdate(asked.at)),
    )
    return Limit(
        hours_words(policy.repair_hours, in_office=policy.in_office),
        None if policy.in_office else policy.repair_hours * 3600,
    )
