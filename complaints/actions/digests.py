"""Telling staff what is due: one e-mail a person and hour, in their office hours."""

from collections import defaultdict
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from complaints import policies
from complaints.actions.reminders import RUNS, climb
from complaints.choices import OPEN, Unusual
from complaints.models import (
    AccessSign,
    Complaint,
    Digest,
    Event,
    OfficeHours,
    QuietHours,
    Reached,
    StandIn,
)
from complaints.models.ladder import ABOVE, AT_WORK, Clock
from complaints.rules import quiet
from complaints.rules.clock import ANSWERS
from portal.accounts.models import Posting
from portal.common import outbox, scope
from portal.registry.models import Organization

Role = Posting.Role
People = dict[int, dict[str, set[int]]]


def tell(*, at: datetime) -> int:
    """Make a digest for everybody who has something due; return how many.

    Only where the office is open and no quiet hours are; a person who was written to
    within this hour is written to in the next. Sending follows by the outbox.
    """
    if quiet.until(QuietHours.objects.all(), at=at) is not None or _all_closed(at=at):
        return 0
    hour = timezone.localtime(at).replace(minute=0, second=0, microsecond=0)
    with scope.system():
        _drop_what_is_over(at=at)
        targets = _targets(at=at)
        news = list(
            StandIn.objects.filter(told_at=None).select_related("organization", "by")
        )
        back = list(
            StandIn.objects.filter(until__isnull=False, told_back_at=None)
            .exclude(told_at=None)
            .select_related("organization", "by")
        )
        bodies = {target.pk: target for target in targets.values()}
        for away in (*news, *back):
            bodies[away.by_id] = away.by
            bodies[away.organization_id] = away.organization
        opened = list(
            AccessSign.objects.filter(rule=Unusual.GLASS, told_at=None).select_related(
                "organization"
            )
        )
        bodies |= {sign.organization_id: sign.organization for sign in opened}
        there = _open(bodies, at=at)
        people = _people(there, at=at)
        busy = set(Digest.objects.filter(hour=hour).values_list("user_id", flat=True))
        written = _Writing(people, busy)
        for target, levels, clock, share, n in _mark_told(
            {pair: one for pair, one in targets.items() if one.pk in there},
            written,
            at=at,
        ):
            key = f"{clock}:{share}:{levels}"
            written.add(bodies[target], _roles(levels), key, n)
        for sign in opened:
            told = None
            if sign.organization_id in there:
                told = written.add(sign.organization, ABOVE, "glass:now:0")
            if told is not None:
                sign.told_at = at
        AccessSign.objects.bulk_update(
            [sign for sign in opened if sign.told_at], ["told_at"]
        )
        for news_of, word, mark in (
            (news, "away", "told_at"),
            (back, "back", "told_back_at"),
        ):
            for away in news_of:
                _tell_both(away, word, mark, written, there, at=at)
        since = _take_over_waiting(written)
        digests = Digest.objects.bulk_create(
            Digest(
                user_id=user,
                organization=where,
                hour=hour,
                counts=counts,
                since=since.get(user),
            )
            for user, (where, counts) in written.digests.items()
        )
        outbox.add("digest", [digest.pk for digest in digests], at=at)
        return len(digests)


class _Writing:
    """The digests of one run, each person's counts put together."""

    def __init__(self, people: People, busy: set[int]) -> None:
        self._people, self._busy = people, busy
        self.digests: dict[int, tuple[Organization, dict[str, int]]] = {}

    def can(self, target: Organization, roles: tuple[str, ...]) -> bool:
        """Tell whether nobody of them was written to within the hour yet."""
        return not self.users(target, roles) & self._busy

    def add(
        self, target: Organization, roles: tuple[str, ...], key: str, n: int = 1
    ) -> int | None:
        """Count so many more for everybody with a role there; return how many people.

        None where somebody of them was written to within the hour: then all wait.
        """
        if not self.can(target, roles):
            return None
        users = self.users(target, roles)
        for user in users:
            _where, counts = self.digests.setdefault(user, (target, defaultdict(int)))
            counts[key] += n
        return len(users)

    def users(self, target: Organization, roles: tuple[str, ...]) -> set[int]:
        """Return who has one of these roles there."""
        by_role = self._people.get(target.pk, {})
        return {user for role in roles for user in by_role.get(role, ())}


def _tell_both(
    row: StandIn,
    word: str,
    mark: str,
    written: _Writing,
    there: set[int],
    *,
    at: datetime,
) -> None:
    """Tell the organization and the one standing in for it, once both are there.

    Where somebody of either was written to within the hour both wait.
    """
    if not {row.by_id, row.organization_id} <= there:
        return
    both, roles = (row.by, row.organization), (*AT_WORK, Role.OVERSEER)
    if not all(written.can(body, roles) for body in both):
        return
    for body, side in zip(both, ("for", "of"), strict=True):
        written.add(body, roles, f"{word}:{side}:{row.reason}")
    setattr(row, mark, at)
    row.save(update_fields=[mark])


def _take_over_waiting(written: _Writing) -> dict[int, datetime]:
    """Put letters that still wait to be sent into the new ones.

    Those put off over night, say; one that somebody is sending now stays its own.
    Return by person since when the new letter counts.
    """
    since: dict[int, datetime] = {}
    waiting = Digest.objects.filter(
        user__in=written.digests, sent_at=None, refused_at=None
    )
    for old in waiting.order_by("hour"):
        if not outbox.withdraw("digest", [old.pk]):
            continue
        _where, counts = written.digests[old.user_id]
        for key, n in old.counts.items():
            counts[key] += n
        since.setdefault(old.user_id, old.since or old.hour)
        old.delete()
    return since


def _drop_what_is_over(*, at: datetime) -> None:
    """Mark what needs no telling: the case ended, began a new round, was answered."""
    waiting = Reached.objects.filter(told_at=None)
    waiting.filter(
        ~Q(complaint__status__in=OPEN) | ~Q(complaint__round=F("round"))
    ).update(told_at=at)
    answers = Event.objects.filter(
        complaint=OuterRef("complaint"), round=OuterRef("round"), move__in=ANSWERS
    )
    waiting.filter(Exists(answers), clock=Clock.ANSWER).update(told_at=at)


def _targets(*, at: datetime) -> dict[tuple[int, int], Organization]:
    """Return by holder and levels above it who is told of what waits to be told.

    While its clock pauses a case waits.
    """
    running = Complaint.objects.filter(RUNS, pk=OuterRef("complaint"))
    pairs = set(
        Reached.objects.filter(Exists(running), told_at=None)
        .values_list("complaint__holder", "levels")
        .distinct()
    )
    holders = Organization.objects.filter(pk__in={holder for holder, _ in pairs})
    known = {one.pk: one for one in holders.select_related("parent__parent")}
    return {pair: climb(known[pair[0]], pair[1], at=at) for pair in pairs}


def _roles(levels: int) -> tuple[str, ...]:
    return AT_WORK if levels == 0 else ABOVE


# However many wait: of each case the highest rung of a clock says it all.
_TELL: Final = """
WITH asked AS (
  SELECT * FROM unnest(%(holders)s::bigint[], %(levels)s::smallint[],
                       %(targets)s::bigint[], %(people)s::smallint[])
    AS a(holder, levels, target, people)
), waiting AS (
  SELECT r.id, asked.target, asked.people, r.share = max(r.share)
    OVER (PARTITION BY r.complaint_id, r.clock, r.levels) AS is_highest
  FROM complaints_reached r
  JOIN complaints_complaint c ON c.id = r.complaint_id AND c.round = r.round
  JOIN asked ON asked.holder = c.holder_id AND asked.levels = r.levels
  WHERE r.told_at IS NULL
    AND (c.paused_at IS NULL OR c.overdue_at > c.paused_at)
), told AS (
  UPDATE complaints_reached r SET told_at = %(at)s,
    told = CASE WHEN is_highest THEN people ELSE 0 END,
    organization_id = CASE WHEN is_highest THEN target END
  FROM waiting WHERE waiting.id = r.id AND r.told_at IS NULL
  RETURNING r.organization_id, r.levels, r.clock, r.share
)
SELECT organization_id, levels, clock, share, count(*) FROM told
WHERE organization_id IS NOT NULL GROUP BY 1, 2, 3, 4"""


def _mark_told(
    targets: dict[tuple[int, int], Organization], written: _Writing, *, at: datetime
) -> list[tuple[int, int, str, int, int]]:
    """Mark all that can be told now; return target, levels, clock, share, how many.

    Where somebody was written to within the hour, all of that office waits.
    """
    free = [
        (holder, levels, target.pk, len(written.users(target, _roles(levels))))
        for (holder, levels), target in targets.items()
        if written.can(target, _roles(levels))
    ]
    if not free:
        return []
    names = ("holders", "levels", "targets", "people")
    columns = dict(zip(names, map(list, zip(*free, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_TELL, columns | {"at": at})
        return cursor.fetchall()


def _all_closed(*, at: datetime) -> bool:
    """Tell whether no office in the country can be open: no need to look who waits."""
    own = OfficeHours.objects.exclude(organization=None).exists()
    return not own and not policies.calendar_of(None, at=at).is_open(at)


def _open(bodies: dict[int, Organization], *, at: datetime) -> set[int]:
    """Return which organizations work at this instant."""
    found = policies.calendars(bodies.values(), at=at) if bodies else {}
    return {
        pk for pk, calendar in found.items() if pk is not None and calendar.is_open(at)
    }


def _people(bodies: set[int], *, at: datetime) -> People:
    """Return by organization and role who can be written to."""
    found: People = defaultdict(lambda: defaultdict(set))
    postings = Posting.objects.current(at=at).filter(
        organization__in=bodies, user__is_active=True
    )
    rows = postings.exclude(user__email="").values_list(
        "organization_id", "role", "user_id"
    )
    for body, role, user in rows:
        found[body][role].add(user)
    return found
