"""Counting measured matters: what each figure is, in SQL, and the group it is for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from django.db import connection

from complaints.models import Figure
from portal.common import scope

# Below this number of resolved matters a percentile says little (portals.md d2, 10).
FEW: Final = 20

By = Literal["organization", "kind", "channel", "month"]
SHARES: Final = (0.5, 0.75, 0.9)

# A plan made once for all parameters expects few rows and joins them by nested loops:
# a hundred times slower from the sixth repetition on.
PLAN_ANEW: Final = "SET LOCAL plan_cache_mode = force_custom_plan"

SUMS: Final = (
    "received",
    "resolved",
    "on_time",
    "open",
    "open_overdue",
    "lapsed",
    "withdrawn",
    "left_late",
    "answered",
    "unanswered",
    "answered_in_time",
    "answer_overdue",
    "untouched",
    "reopened",
    "corrected",
    "partly_corrected",
    "kept",
    "already_correct",
    "asked",
    "questions",
    "handed",
    "hand_overs",
    "disagreed",
    "reversed",
    "self_corrected",
    "kept_unseen",
    "refiled",
    "rated",
    "good",
    "poor",
    "waited",
    "checked",
    "paused",
    "elsewhere",
    "seconded",
)
PERCENTILES: Final = ("median", "p75", "p90", "first_answer_median")
# The day by which a matter belongs to a month, by cohort.
DAY: Final = {"opened": "sent_on", "closed": "ended_on"}

# Of rows m of complaints_measure; parameters are INSTANTS times the instant.
INSTANTS: Final = 2
COUNTS: Final = """
  count(*) AS received,
  count(*) FILTER (WHERE m.is_resolved) AS resolved,
  count(*) FILTER (WHERE m.is_on_time) AS on_time,
  count(*) FILTER (WHERE m.is_open) AS open,
  count(*) FILTER (WHERE m.is_open AND m.late_from < %s::timestamptz) AS open_overdue,
  count(*) FILTER (WHERE m.is_lapsed) AS lapsed,
  count(*) FILTER (WHERE NOT (m.is_open OR m.is_resolved OR m.is_lapsed)) AS withdrawn,
  count(*) FILTER (WHERE m.is_left_late) AS left_late,
  count(m.first_answer) AS answered,
  count(*) FILTER (WHERE m.is_open AND m.first_answer IS NULL) AS unanswered,
  count(m.first_answer) FILTER (WHERE m.answer_late_from IS NULL) AS answered_in_time,
  count(*) FILTER (WHERE m.first_answer IS NULL
    AND m.answer_late_from < %s::timestamptz) AS answer_overdue,
  count(*) FILTER (WHERE m.is_untouched) AS untouched,
  count(*) FILTER (WHERE m.rounds > 1) AS reopened,
  count(*) FILTER (WHERE m.outcome = 'corrected') AS corrected,
  count(*) FILTER (WHERE m.outcome = 'partly_corrected') AS partly_corrected,
  count(*) FILTER (WHERE m.outcome = 'kept') AS kept,
  count(*) FILTER (WHERE m.outcome = 'already_correct') AS already_correct,
  count(*) FILTER (WHERE m.asks > 0) AS asked,
  coalesce(sum(m.asks), 0) AS questions,
  count(*) FILTER (WHERE m.hops > 0) AS handed,
  coalesce(sum(m.hops), 0) AS hand_overs,
  count(*) FILTER (WHERE m.is_disagreed) AS disagreed,
  count(*) FILTER (WHERE m.is_reversed) AS reversed,
  count(*) FILTER (WHERE m.is_self_corrected) AS self_corrected,
  count(*) FILTER (WHERE m.is_kept_unseen) AS kept_unseen,
  count(*) FILTER (WHERE m.is_refiled) AS refiled,
  count(*) FILTER (WHERE m.rating <> '') AS rated,
  count(*) FILTER (WHERE m.rating = 'good') AS good,
  count(*) FILTER (WHERE m.rating = 'poor') AS poor,
  coalesce(sum(m.waited) FILTER (WHERE NOT m.is_open), 0) AS waited,
  coalesce(sum(m.checked) FILTER (WHERE NOT m.is_open), 0) AS checked,
  coalesce(sum(m.paused) FILTER (WHERE NOT m.is_open), 0) AS paused,
  coalesce(sum(m.elsewhere) FILTER (WHERE NOT m.is_open), 0) AS elsewhere,
  coalesce(sum(m.seconded) FILTER (WHERE NOT m.is_open), 0) AS seconded"""

# Of the same rows. Who waits for a first answer still takes longer than all who got
# one: where that is the middle one, there is no median yet.
_NOT_YET: Final = 2**31 - 1
TIMES: Final = f"""
  percentile_disc(ARRAY[0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY m.spent)
    FILTER (WHERE m.is_resolved) AS times,
  nullif(percentile_disc(0.5) WITHIN GROUP
      (ORDER BY coalesce(m.first_answer, {_NOT_YET}))
    FILTER (WHERE m.first_answer IS NOT NULL OR m.is_open), {_NOT_YET})
    AS first_answer_median"""
FIGURES: Final = f"{COUNTS},{TIMES}"


def words(values: Iterable[str]) -> str:
    """Return values of our own vocabulary as a list of SQL literals."""
    return ", ".join(f"'{value}'" for value in values)


@dataclass(frozen=True)
class Times:
    """The figures of one group; times in seconds, None where nothing was measured.

    ``first_answer_median`` is None as well where fewer than half were answered of
    those who were (``answered``) or still wait (``unanswered``).
    """

    received: int = 0
    resolved: int = 0
    on_time: int = 0
    open: int = 0
    open_overdue: int = 0
    lapsed: int = 0
    withdrawn: int = 0
    left_late: int = 0
    answered: int = 0
    unanswered: int = 0
    answered_in_time: int = 0
    answer_overdue: int = 0
    untouched: int = 0
    reopened: int = 0
    corrected: int = 0
    partly_corrected: int = 0
    kept: int = 0
    already_correct: int = 0
    asked: int = 0
    questions: int = 0
    handed: int = 0
    hand_overs: int = 0
    disagreed: int = 0
    reversed: int = 0
    self_corrected: int = 0
    kept_unseen: int = 0
    refiled: int = 0
    rated: int = 0
    good: int = 0
    poor: int = 0
    waited: int = 0
    checked: int = 0
    paused: int = 0
    elsewhere: int = 0
    seconded: int = 0
    median: int | None = None
    p75: int | None = None
    p90: int | None = None
    first_answer_median: int | None = None

    @property
    def due(self) -> int:
        """Return how many were resolved, or are open or ended past due."""
        return self.resolved + self.open_overdue + self.left_late

    @property
    def late(self) -> int:
        """Return how many of these were not on time."""
        return self.due - self.on_time

    @property
    def on_time_share(self) -> float | None:
        """Return the share on time of all that had to be done by now."""
        return self.on_time / self.due if self.due else None

    @property
    def answer_due(self) -> int:
        """Return how many staff answered, or should have answered by now."""
        return self.answered + self.answer_overdue

    @property
    def answered_in_time_share(self) -> float | None:
        """Return the share of these whom staff answered within the policy's time."""
        return self.answered_in_time / self.answer_due if self.answer_due else None

    @property
    def slowness(self) -> tuple[float, int]:
        """Return what puts groups into order, the slowest last.

        Where more than a tenth of what is due lies open, 90 % are not done yet, however
        fast the others were: such groups come after all others, by that share. The
        others by the time within which 90 % were done.
        """
        # In whole numbers: a tenth is none that a float can hold.
        if 10 * self.open_overdue > self.due:
            return self.open_overdue / self.due, self.p90 or 0
        return 0.0, self.p90 or 0

    @property
    def is_answered_by_few(self) -> bool:
        """Tell whether so few wait or waited for a first answer that it says little."""
        return self.answered + self.unanswered < FEW

    @property
    def is_few(self) -> bool:
        """Tell whether so few were resolved that percentiles say little."""
        return self.resolved < FEW

    @property
    def is_rated_by_few(self) -> bool:
        """Tell whether so few citizens said a word that its share says little."""
        return self.rated < FEW


def of_row(figures: Sequence) -> Times:
    """Return what the columns of FIGURES said."""
    *sums, times, first_answer = figures
    median, p75, p90 = times or (None, None, None)
    counts = dict(zip(SUMS, map(int, sums), strict=True))
    return Times(
        median=median, p75=p75, p90=p90, first_answer_median=first_answer, **counts
    )


def recount(
    *,
    path: str,
    first: date,
    last: date,
    at: datetime,
    by: By | None = None,
    kind: str = "",
    channel: str = "",
    cohort: Figure.Cohort = Figure.Cohort.OPENED,
) -> dict[str, Times]:
    """Return exact figures for one subtree and stretch of days.

    They are counted from every matter as it was last measured: whoever wants today's
    calls ``rollups.rebuild_changed`` first. ``kind``, ``channel``: of these alone,
    empty for all. ``first`` and ``last`` are both included, as Vietnamese days of
    sending (opened) or ending (closed). Keys are codes of organizations, kinds,
    channels, months or "all".
    """
    day = DAY[cohort]
    key = {
        None: "'all'",
        "organization": "o.code",
        "kind": "m.kind",
        "channel": "m.channel",
        "month": f"to_char(m.{day}, 'YYYY-MM')",
    }[by]
    statement = (
        f"SELECT {key} AS key,{FIGURES} FROM registry_organization o"
        " JOIN complaints_measure m ON m.holder_id = o.id"
        " WHERE starts_with(o.path, %s::text)"
        f" AND m.{day} BETWEEN %s::date AND %s::date"
        " AND (%s::text = '' OR m.kind = %s::text)"
        " AND (%s::text = '' OR m.channel = %s::text) GROUP BY 1 ORDER BY 1"
    )
    sliced = [kind, kind, channel, channel]
    with scope.system(), connection.cursor() as cursor:
        cursor.execute(PLAN_ANEW)
        cursor.execute(statement, [*[at] * INSTANTS, path, first, last, *sliced])
        return {key: of_row(figures) for key, *figures in cursor.fetchall()}
