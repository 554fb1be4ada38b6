"""Sheets that ask the police who lives somewhere, and what came back."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from complaints.choices import Move, Reply
from complaints.demo.copying import Rows
from complaints.demo.history import EXPECTED, Step
from complaints.demo.world import World
from portal.common import codes

_CODES: Final = 9 * 10**8
# Shares no factor with the number of codes, so that no two sheets bear one number.
_SPREAD: Final = 611_953_231


class Sheet(NamedTuple):
    """What goes to another body: its number, and who is asked."""

    number: str
    authority: int | None
    name: str


def sheet(world: World, holder: int, nth: int) -> Sheet:
    """Return the nth sheet of all, from a holder to the police of its province."""
    body = str(10**8 + nth * _SPREAD % _CODES)
    authority, name = world.police.get(holder, (None, "Công an xã"))
    return Sheet(body + codes.check_digit(body), authority, name)


def data(sheet: Sheet, step: Step) -> dict[str, Any]:
    """Return what the event of asking holds, or of going on; of others nothing."""
    if step.move not in (Move.WAIT, Move.RESUME):
        return {}
    said = {"authority": sheet.name, "referral": sheet.number}
    if step.move == Move.RESUME and step.who is not None:
        said["reply"] = Reply.CLAIMED.value
    return said


def add(
    rows: Rows,
    sheet: Sheet,
    steps: list[Step],
    *,
    event: int,
    complaint: int,
    points: list[str],
    answered_by: Callable[[Step | None], int | None],
) -> None:
    """Add a sheet as it stands after these steps of the case; one asks, once."""
    asked = next(step for step in steps if step.move == Move.WAIT)
    back = next((step for step in steps if step.move == Move.RESUME), None)
    answer = back if back and back.who is not None else None
    rows.add(
        "complaints_referral",
        rows.new_id("complaints_referral"), sheet.number, event, complaint,
        sheet.authority, sheet.name, points, asked.at + EXPECTED,
        "answered" if answer else "expired" if back else "waiting",
        back.at if back else None,
        Reply.CLAIMED.value if answer else "",
        answer.at if answer else None,
        answered_by(answer),
    )  # fmt: skip
