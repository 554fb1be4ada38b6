"""The people of a unit that closes: they go to the successor, or their postings end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from complaints.models import UnitChange
from complaints.rules.refused import Refused
from portal.accounts import staffing
from portal.accounts.models import Posting, User


def hand_on(change: UnitChange, *, at: datetime) -> list[dict[str, Any]]:
    """End the postings at a unit, or let them go on at the successor; return both.

    Deputies go with whom they stand for. By whoever decided, with what they may give;
    raise Refused where that is not enough.
    """
    rows = change.organization.postings.not_over(at=at).select_related("user")
    principals = list(rows.filter(deputy_for=None).order_by("pk"))
    deputies = list(rows.exclude(deputy_for=None).order_by("pk"))
    held = change.by.postings.current(at=at).select_related("organization")
    facts: dict[str, Any] = {"by": change.by, "postings": list(held), "at": at}
    kept: list[dict[str, Any]] = []
    try:
        for posting in principals:
            mine = [row for row in deputies if row.deputy_for_id == posting.pk]
            was = _was(posting)
            kept += [was, *map(_was, mine)]
            staffing.end_now(posting=posting, **facts)
            given = _give_on(change, posting, facts)
            if given is None:
                continue
            was["given"] = given.pk
            for row in mine:
                staffing.deputise(
                    posting=given,
                    deputy=row.user,
                    valid_from=max(row.valid_from, at),
                    valid_to=row.valid_to,
                    **facts,
                )
    except staffing.NotYours as refused:
        raise _not_yours(refused) from refused
    return kept


def take_back(
    change: UnitChange, *, by: User, postings: Sequence[Posting], at: datetime
) -> None:
    """End what was given at the successor and let the postings here go on.

    Those that had not begun were deleted, and are given again. Raise Refused.
    """
    facts: dict[str, Any] = {"by": by, "postings": list(postings), "at": at}
    rows = change.facts.get("postings", [])
    given = Posting.objects.filter(pk__in=[row.get("given") for row in rows])
    back: dict[int, Posting] = {}
    try:
        for posting in given.select_related("organization").order_by("pk"):
            staffing.end_now(posting=posting, **facts)
        # Whom they stand for comes before the deputies.
        for row in rows:
            before = Posting.objects.filter(pk=row["posting"]).first()
            if before is None:
                before = _post_again(change, row, back, facts)
            else:
                until = _instant(row["valid_to"])
                staffing.change_end(posting=before, valid_to=until, **facts)
            back[row["posting"]] = before
    except staffing.NotYours as refused:
        raise _not_yours(refused) from refused


def _give_on(
    change: UnitChange, posting: Posting, facts: dict[str, Any]
) -> Posting | None:
    """Post somebody at the successor, unless the people stay or are there already."""
    there = posting.user.postings.filter(organization=change.successor, valid_to=None)
    if change.staff != UnitChange.Staff.MOVE or there.exists():
        return None
    assert change.successor is not None
    return staffing.post(
        user=posting.user,
        organization=change.successor,
        role=posting.role,
        valid_from=max(posting.valid_from, facts["at"]),
        valid_to=posting.valid_to,
        **facts,
    )


def _post_again(
    change: UnitChange,
    row: dict[str, Any],
    back: dict[int, Posting],
    facts: dict[str, Any],
) -> Posting:
    """Give a posting again that was deleted, as it had not begun at the closing."""
    user = User.objects.get(pk=row["user"])
    begins, until = _instant(row["valid_from"]), _instant(row["valid_to"])
    assert begins is not None
    begins = max(begins, facts["at"])
    if row["deputy_for"] is not None:
        assert until is not None
        return staffing.deputise(
            posting=back[row["deputy_for"]],
            deputy=user,
            valid_from=begins,
            valid_to=until,
            **facts,
        )
    return staffing.post(
        user=user,
        organization=change.organization,
        role=row["role"],
        valid_from=begins,
        valid_to=until,
        **facts,
    )


def _was(posting: Posting) -> dict[str, Any]:
    return {
        "posting": posting.pk,
        "user": posting.user_id,
        "role": posting.role,
        "deputy_for": posting.deputy_for_id,
        "valid_from": posting.valid_from.isoformat(),
        "valid_to": posting.valid_to.isoformat() if posting.valid_to else None,
    }


def _instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def _not_yours(refused: staffing.NotYours) -> Refused:
    words = _("The people of this unit are not all yours to post: %(why)s")
    return Refused(words % {"why": refused})
