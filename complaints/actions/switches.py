"""Which rules may act, how often, and when one halts itself.

Switches are read at each use, so a rule that is switched off acts no more from that
moment on, in every process. To switch waits for nobody: what is under way asks again
before each change.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import RuleSwitch, SelfCorrection
from complaints.rules.refused import Refused
from complaints.rules.selfcorrection.bounds import wilson
from complaints.rules.selfcorrection.table import RULES
from portal.accounts.models import ContactChange, User
from portal.audit import record as audit
from portal.registry import places
from portal.registry.models import AdministrativeUnit

Use = RuleSwitch.Use
Finding = SelfCorrection.Finding
Way = ContactChange.Way

# A fiftieth of all changes is looked at by people (domain paper c: a daily sample).
SAMPLED: Final = 50
# The begin of a campaign, and the halt of a rule, are decided by one process at a time;
# so are the changes of one rule, where it has a cap.
_LOCK: Final = 0x73656C66
_HALTED: Final = "halted itself"


@dataclass(frozen=True)
class Sample:
    """What people found of a rule's changes; see ``sample_of``."""

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
    """How a rule stands in a province for a use; ``reason`` says why it is off."""

    is_on: bool
    reason: str
    least_precision: int


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
    # What was switched on was another rule, if its version was another.
    is_chosen = any(
        row.province_id is None
        and not row.use
        and row.is_on
        and row.version == RULES[rule].version
        for row in applying
    )
    is_on = not off and (is_chosen or RULES[rule].is_on_at_first)
    reason = ""
    if not is_on:
        halted = any(row.by_id is None for row in off)
        reason = "rule_halted" if halted else "rule_off"
    if is_on and any(_has_reached_its_cap(row, at=at) for row in applying):
        is_on, reason = False, "cap_reached"
    chosen = [r.least_precision for r in applying if r.least_precision is not None]
    least = max(chosen, default=RULES[rule].least_precision)
    return State(is_on, reason, least)


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
    least_precision: int | None = None,
) -> RuleSwitch:
    """Switch a rule from this moment on; the switch before is kept.

    ``least_precision`` in ten thousandths, None for the rule's own. Waits for nothing
    that acts by the rule. Raise Refused for a rule that does not exist, and without a
    reason.
    """
    if rule not in RULES:
        raise Refused(_("There is no such rule."))
    if not reason.strip():
        raise Refused(_("Say why."))
    with transaction.atomic():
        row = RuleSwitch.objects.create(
            rule=rule,
            version=RULES[rule].version,
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
    """Return what people found of a rule, as it is now, since it was let on again.

    That is since it was last switched on after it was off or had halted: a new cap or
    reason while it is on forgets nothing. What was found counts, also of changes that
    were made before; of an earlier version it says nothing.
    """
    at_large = RuleSwitch.objects.filter(rule=rule, province=None, use="")
    on = at_large.filter(is_on=True).order_by("-pk").first()
    off = on and at_large.filter(is_on=False, pk__lt=on.pk).order_by("-pk").first()
    # A firing that changed several fields at once is one, not several.
    looked_at = SelfCorrection.objects.filter(rule=rule, version=RULES[rule].version)
    if off:
        again = at_large.filter(is_on=True, pk__gt=off.pk).order_by("pk")
        looked_at = looked_at.filter(checked_at__gte=again.values("at")[:1])
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
        version=RULES[rule].version,
        is_on=False,
        least_precision=state.least_precision,
        reason=f"{_HALTED}: {sample.wrong} of {sample.right + sample.wrong} wrong",
        by=None,
        at=at,
    )
    _note(row)
    return row


def lock() -> None:
    """Let one transaction at a time begin a campaign, or judge a sample."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def keep_to_caps(rules: Collection[str], *, waits: bool = True) -> bool:
    """Let one transaction at a time act by those of these rules that have a cap.

    The others act side by side. Return False where that would mean to wait and
    ``waits`` is False.
    """
    capped = {
        rule
        for rule, rows in newest(rules).items()
        if any(row.daily_cap is not None for row in rows)
    }
    take = "pg_advisory_xact_lock" if waits else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        # In one order, so that no two wait for each other.
        for rule in sorted(capped):
            cursor.execute(f"SELECT {take}(%s, hashtext(%s))", [_LOCK, rule])
            (is_taken,) = cursor.fetchone()
            if is_taken is False:
                return False
    return True


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


def _has_reached_its_cap(row: RuleSwitch, *, at: datetime) -> bool:
    """Tell whether a rule made today what a switch allows, where that holds."""
    if row.daily_cap is None:
        return False
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = today + timedelta(days=1)
    if row.rule == "A7":
        # It acts where people change their telephone, which is kept there. What waits
        # counts when it is asked for, and is asked about again once it is due.
        changed = ContactChange.objects.filter(
            Q(way=Way.PAPER, requested_at__gte=today, requested_at__lt=at)
            | Q(way__in=(Way.EID, Way.BOTH_PHONES), applied_at__range=(today, at))
        )
        if row.province is not None:
            return _living_in(row.province, changed) >= row.daily_cap
        return changed.count() >= row.daily_cap
    # All of the day: who waited for the cap's lock began earlier than who had it.
    made = SelfCorrection.objects.filter(rule=row.rule, at__gte=today, at__lt=tomorrow)
    if row.province_id is not None:
        made = made.filter(province=row.province_id)
    if row.use:
        made = made.filter(batch__isnull=row.use == RuleSwitch.Use.REPORT)
    return made.values("whole").distinct().count() >= row.daily_cap


def _living_in(province: AdministrativeUnit, changed: QuerySet[ContactChange]) -> int:
    """Return how many were of people who live in what is a province today."""
    homes = Counter(changed.values_list("person__residence", flat=True))
    today = places.today_of(pk for pk in homes if pk is not None)
    return sum(
        homes[pk]
        for pk, units in today.items()
        if {unit.path.split("/")[1] for unit in units} == {province.code}
    )


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
