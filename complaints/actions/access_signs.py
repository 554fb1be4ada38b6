"""Listing unusual looks at people's data, and writing down what came of asking."""

import uuid
from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import permissions, policies
from complaints.choices import Unusual
from complaints.models import AccessSign, Watermark
from complaints.rules import unusual
from complaints.rules.refused import Refused
from complaints.scrutiny import looks
from portal.accounts.models import User
from portal.audit import record as audit
from portal.audit.together import TOGETHER, hang_together
from portal.common import scope
from portal.registry.models import Organization

# A day is looked at once more until so long after its midnight: then it is complete.
_LATE: Final = timedelta(hours=3)
# So many days at most are made up for at once after an outage; the rest an hour later.
_DAYS: Final = 14
_DAY: Final = timedelta(days=1)
WATERMARK: Final = "unusual looks"


def find(*, at: datetime) -> int:
    """List what was unusual since it was looked last, day by day; return how much.

    Also of days whose end nobody looked at, as the portal was away. Safe to repeat: a
    sign is found once, and counted anew until it is reviewed.
    """
    found = 0
    with scope.system():
        Watermark.objects.get_or_create(name=WATERMARK)
        mark = Watermark.objects.select_for_update().get(name=WATERMARK)
        begins = _midnight(min(mark.at or at, at) - _LATE)
        for _number in range(_DAYS):
            ends = min(begins + _DAY, at)
            if ends > begins:
                found += _find(begins=begins, ends=ends, at=at)
            if ends == at:
                break
            begins = ends
        mark.at = max(mark.at or ends, ends)
        mark.save(update_fields=["at"])
    return found


def review(
    ref: uuid.UUID, *, outcome: str, note: str, by: User, at: datetime
) -> AccessSign:
    """Write down whether an unusual look had a reason, by somebody else, once.

    Raise Refused where it was reviewed already, its day is not over, or it concerns
    the reviewer: looks of their own among others, their own record, an account that
    they opened.
    """
    with scope.system():
        row = AccessSign.objects.select_for_update().filter(ref=ref).first()
        if row is None:
            raise Refused(_("There is no such entry."))
        if row.outcome:
            raise Refused(_("Somebody has reviewed it already."))
        if row.rule == Unusual.GLASS:
            if at < row.ends:
                raise Refused(_("It is open still. Review it when that is over."))
        elif row.day >= timezone.localdate(at):
            raise Refused(_("Its day is not over. Review it from tomorrow on."))
        accounts = _accounts(row)
        if by.pk in accounts:
            raise Refused(_("These are your own looks. Somebody else reviews them."))
        if any(hang_together(user, by.pk, at=at) for user in accounts):
            raise Refused(str(TOGETHER))
        permissions.require_other(by, None, [row.person_id] if row.person_id else [])
        row.outcome, row.note = outcome, note
        row.reviewed_by, row.reviewed_at = by, at
        row.save(update_fields=["outcome", "note", "reviewed_by", "reviewed_at"])
        audit.change(
            at=at,
            actor="staff",
            actor_id=by.pk,
            person_id=None,
            subject="access_sign",
            subject_id=row.pk,
            detail=f"reviewed: {outcome}",
        )
        return row


def _accounts(row: AccessSign) -> list[int]:
    """Return whose looks a sign is about; a person who was sought names nobody."""
    if row.user_id is not None:
        return [row.user_id]
    assert row.person_id is not None
    # The last look lies at the very end.
    ends = row.ends + timedelta(microseconds=1)
    return looks.who_looked(row.person_id, begins=row.begins, ends=ends)


def _find(*, begins: datetime, ends: datetime, at: datetime) -> int:
    facts = looks.facts(begins=begins, ends=ends)
    bodies = Organization.objects.in_bulk({one.organization for one in facts.hours})
    calendars = policies.calendars(bodies.values(), at=begins)
    offices = {pk: calendars[pk] for pk in bodies}
    # One of a kind: of an account in two units at once the larger number stays.
    signs: dict[tuple[object, ...], unusual.Sign] = {}
    for sign in sorted(unusual.signs(facts, offices=offices), key=lambda s: s.count):
        signs[sign.rule, sign.user, sign.person, sign.begins] = sign
    paths = dict(
        Organization.objects.filter(
            pk__in={sign.organization for sign in signs.values()}
        ).values_list("pk", "path")
    )
    reviewed = set(
        AccessSign.objects.filter(day=timezone.localdate(begins))
        .exclude(outcome="")
        .values_list("rule", "user", "person", "begins")
    )
    rows = [
        AccessSign(
            rule=sign.rule,
            tie=sign.tie,
            user_id=sign.user,
            person_id=sign.person,
            organization_id=sign.organization,
            path=paths[sign.organization],
            day=timezone.localdate(begins),
            begins=sign.begins,
            ends=sign.ends,
            count=sign.count,
            usual=sign.usual,
            found_at=at,
        )
        for key, sign in signs.items()
        if key not in reviewed
    ]
    with transaction.atomic():
        AccessSign.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["rule", "user", "person", "begins"],
            update_fields=["organization", "path", "ends", "count", "usual", "tie"],
        )
    return len(rows)


def _midnight(at: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))
