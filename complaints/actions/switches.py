"""Which rules may act, how often, and when one halts itself.

Switches are read at each use, so a rule that is switched off acts no more from that
moment on, in every process.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import RuleSwitch, SelfCorrection
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.bounds import wilson
from complaints.rules.selfcorrection.table import RULES
from portal.accounts.models import User
from portal.audit import record as audit

Use = RuleSwitch.Use
Finding = SelfCorrection.Finding

# A fiftieth of all changes is looked at by people (domain paper c: a daily sample).
SAMPLED: Final = 50
# Cap, halt and switch of a rule are decided by one process at a time.
_LOCK: Final = 0x73656C66
_HALTED: Final = "halted itself"


@dataclass(frozen=True)
class Sample:
    """What people found of a rule's changes since it was last switched on."""

    right: int
    wrong: int

    @property
    def low(self) -> float:
        """Return the lower bound of its precision at 95 %."""
        return wilson(self.right, self.right + self.wrong)[0]

    @property
    def precision(self) -> float | None:
        """Return the share found right; None before anybody looked."""
        n = self.right + self.wrong
        return self.right / n if n else None


@dataclass(frozen=True)
class State:
    """How a rule stands in a province for a use, and what it did today."""

    is_on: bool
    reason: str
    cap: int | None
    least_precision: int
    today: int

    @property
    def left(self) -> int | None:
        """Return how many changes it may still make today; None: as many as come."""
        return None if self.cap is None else max(0, self.cap - self.today)


def state_of(
    rule: str,
    *,
    province: int | None = None,
    use: str = "",
    rows: Sequence[RuleSwitch] | None = None,
    at: datetime,
) -> State:
    """Return how a rule stands; with neither province nor use, as it does at large.

    ``rows``: its switches in force, where they are read already (``newest``).
    """
    if rows is None:
        rows = newest([rule])[rule]
    applying = [
        row
        for row in rows
        if row.province_id in (None, province) and row.use in ("", use)
    ]
    off = [row for row in applying if not row.is_on]
    at_large = next((r for r in applying if r.province_id is None and not r.use), None)
    is_on = not off and (at_large is not None or RULES[rule].is_on_at_first)
    reason = ""
    if not is_on:
        halted = any(row.by_id is None for row in off)
        reason = "rule_halted" if halted else "rule_off"
    caps = [row.daily_cap for row in applying if row.daily_cap is not None]
    cap = min(caps, default=None)
    today = _made_on_the_day(rule, at=at) if cap is not None else 0
    if is_on and cap is not None and today >= cap:
        is_on, reason = False, "cap_reached"
    least = max((r.least_precision for r in applying), default=LEAST_PRECISION)
    return State(is_on, reason, cap, least, today)


LEAST_PRECISION: Final = RuleSwitch._meta.get_field("least_precision").default


def newest(rules: Collection[str]) -> dict[str, list[RuleSwitch]]:
    """Return by rule the switches in force: the newest of each province and use."""
    found: dict[str, dict[tuple[int | None, str], RuleSwitch]] = {
        rule: {} for rule in rules
    }
    for row in RuleSwitch.objects.filter(rule__in=rules).order_by("-pk"):
        found[row.rule].setdefault((row.province_id, row.use), row)
    return {rule: list(rows.values()) for rule, rows in found.items()}


def switch(
    rule: str,
    *,
    is_on: bool,
    reason: str,
    by: User,
    at: datetime,
    province: int | None = None,
    use: str = "",
    daily_cap: int | None = None,
    least_precision: int = LEAST_PRECISION,
) -> RuleSwitch:
    """Switch a rule from this moment on; the switch before is kept.

    Raise Refused for a rule that does not exist, and without a reason.
    """
    if rule not in RULES:
        raise Refused(_("There is no such rule."))
    if not reason.strip():
        raise Refused(_("Say why."))
    with transaction.atomic():
        lock()
        row = RuleSwitch.objects.create(
            rule=rule,
            province_id=province,
            use=use,
            is_on=is_on,
            daily_cap=daily_cap,
            least_precision=least_precision,
            reason=reason.strip()[:200],
            by=by,
            at=at,
        )
        _note(row)
    return row


def sample_of(rule: str) -> Sample:
    """Return what people found of a rule's changes since it was last switched on."""
    on = (
        RuleSwitch.objects.filter(rule=rule, is_on=True, province=None, use="")
        .order_by("-pk")
        .first()
    )
    # A firing that changed several fields at once is one, not several.
    looked_at = SelfCorrection.objects.filter(rule=rule)
    if on is not None:
        looked_at = looked_at.filter(at__gte=on.at)
    counts = looked_at.aggregate(
        right=Count("whole", Q(finding=Finding.RIGHT), distinct=True),
        wrong=Count("whole", Q(finding=Finding.WRONG), distinct=True),
    )
    return Sample(**counts)


def halt_where_wrong(rule: str, *, at: datetime) -> RuleSwitch | None:
    """Switch a rule off where its sample says that it is too often wrong.

    That is when something was found wrong and the lower bound of the precision is
    under the threshold. A rule of which nothing was found wrong goes on: a small
    sample has a low bound by itself.
    """
    state = state_of(rule, at=at)
    sample = sample_of(rule)
    if not sample.wrong or sample.low * 10_000 >= state.least_precision:
        return None
    if state.reason == "rule_halted":
        return None
    row = RuleSwitch.objects.create(
        rule=rule,
        is_on=False,
        least_precision=state.least_precision,
        reason=f"{_HALTED}: {sample.wrong} of {sample.right + sample.wrong} wrong",
        by=None,
        at=at,
    )
    _note(row)
    return row


def lock() -> None:
    """Let one transaction at a time decide on caps and switches."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def in_force(
    rules: Collection[str], *, province: int | None, use: str, at: datetime
) -> tuple[list[str], dict[str, str]]:
    """Return the rules that may act here now, and why each of the others may not."""
    on: list[str] = []
    off: dict[str, str] = {}
    if not rules:
        return on, off
    for rule, rows in newest(rules).items():
        state = state_of(rule, province=province, use=use, rows=rows, at=at)
        if state.is_on:
            on.append(rule)
        else:
            off[rule] = state.reason
    return on, off


def _made_on_the_day(rule: str, *, at: datetime) -> int:
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    made = SelfCorrection.objects.filter(rule=rule, at__gte=today, at__lte=at)
    return made.values("whole").distinct().count()


def _note(row: RuleSwitch) -> None:
    audit.change(
        at=row.at,
        actor="staff" if row.by_id else "system",
        actor_id=row.by_id,
        person_id=None,
        subject="complaints.rule",
        subject_id=row.pk,
        detail=f"{row.rule} {'on' if row.is_on else 'off'}",
    )
