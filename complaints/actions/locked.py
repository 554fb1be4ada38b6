"""A case locked for a member of staff: what every move of theirs begins with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from complaints import permissions
from complaints.actions import moving, undoing
from complaints.choices import Actor, Move, Status
from complaints.models import Complaint, Event
from complaints.rules import workflow
from portal.accounts.models import User
from portal.common import scope
from portal.registry.models import Organization


@dataclass(frozen=True)
class Turn:
    """A case that is locked for somebody who may make a move on it now."""

    case: Complaint
    step: Move
    by: User
    at: datetime
    before: dict[str, Any]
    part_of: Mapping[str, str]

    def move(
        self,
        step: Move | None = None,
        *,
        note: str = "",
        data: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Event:
        """Make the move, or the one that it came to; ``changes``: new facts of it."""
        event = moving.move(
            self.case,
            step or self.step,
            actor=Actor.STAFF,
            by=self.by,
            at=self.at,
            note=note.strip(),
            data={**(data or {}), **self.part_of},
            **changes,
        )
        undoing.keep(event, self.before)
        return event

    def pass_to(
        self, to: Organization, step: Move | None = None, *, note: str, **changes: Any
    ) -> None:
        """Let another organization have the case, with the reason.

        Nobody has it there yet; who proposed stays the one who may not sign.
        """
        data = {"from": self.case.holder.name, "to": to.name}
        if self.case.status != Status.AWAITING_SECOND:
            changes["assignee"] = None
        self.move(step, note=note, data=data, holder=to, **changes)


@contextmanager
def turn(
    complaint_id: int,
    step: Move,
    *,
    by: User,
    at: datetime,
    version: int | None,
    part_of: Mapping[str, str] | None = None,
    by_list: bool = False,
) -> Iterator[Turn]:
    """Lock the case and check that this person may make this move now, from its status.

    ``part_of``: of what the move is a part, kept with its event: {"bulk": its ref}.
    ``by_list``: as ``permissions.require`` has it.
    """
    with scope.system():
        case = moving.lock(complaint_id, version=version)
        permissions.require(by, step, case, by_list=by_list, at=at)
        # Before anything is read for it: an action may count on the status it is from.
        workflow.target(step, status=Status(case.status), actor=Actor.STAFF)
        yield Turn(case, step, by, at, undoing.facts_of(case), part_of or {})
