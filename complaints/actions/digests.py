"""Telling staff what is due: one e-mail a person and hour, in their office hours."""

from collections import defaultdict
from datetime import datetime
from typing import Final

from django.utils import timezone

from complaints import policies
from complaints.actions.reminders import climb, still_matters
from complaints.choices import Unusual
from complaints.models import (
    AccessSign,
    Digest,
    OfficeHours,
    QuietHours,
    Reached,
    StandIn,
)
from complaints.rules import quiet
from portal.accounts.models import Posting
from portal.common import outbox, scope
from portal.registry.models import Organization

Role = Posting.Role
# Who is told at the organization that holds a case, and who where it looks from above.
AT_WORK: Final = (Role.STAFF, Role.LEAD)
ABOVE: Final = (Role.LEAD, Role.OVERSEER)
# What one run tells of at most; the rest follows in the next.
MOST: Final = 20_000

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
        rows = _waiting()
        waiting, over = still_matters(rows)
        targets = {
            row.pk: climb(row.complaint.holder, row.levels, at=at) for row in waiting
        }
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
        for row in waiting:
            target = targets[row.pk]
            if target.pk not in there:
                continue
            roles = AT_WORK if row.levels == 0 else ABOVE
            told = written.add(target, roles, f"{row.clock}:{row.share}:{row.levels}")
            if told is not None:
                row.told_at, row.told, row.organization = at, told, target
        for row in over:
            row.told_at = at
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
        Reached.objects.bulk_update(
            [row for row in (*waiting, *over) if row.told_at],
            ["told_at", "told", "organization"],
        )
        digests = Digest.objects.bulk_create(
            Digest(user_id=user, organization=where, hour=hour, counts=counts)
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
        return not self._users(target, roles) & self._busy

    def add(self, target: Organization, roles: tuple[str, ...], key: str) -> int | None:
        """Count one more for everybody with a role there; return how many people.

        None where somebody of them was written to within the hour: then all wait.
        """
        if not self.can(target, roles):
            return None
        users = self._users(target, roles)
        for user in users:
            _where, counts = self.digests.setdefault(user, (target, defaultdict(int)))
            counts[key] += 1
        return len(users)

    def _users(self, target: Organization, roles: tuple[str, ...]) -> set[int]:
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


def _waiting() -> list[Reached]:
    return list(
        Reached.objects.filter(told_at=None)
        .select_related("complaint__holder__parent__parent")
        .order_by("pk")[:MOST]
    )


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
