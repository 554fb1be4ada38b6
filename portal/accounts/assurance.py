"""How sure a citizen's session is of who sits there, and what that opens.

| Level | Proved by | Record | Own data | New contact | During the hold |
|---|---|---|---|---|---|
| new_phone | a code to a telephone that is on no record | no | no | after 72 h | no |
| recorded_phone | a code to the telephone on record | yes | yes | at once | no |
| counter | a paper shown to staff | yes | no | at once | yes |
| eid | the national e-ID, verified level | yes | yes | at once | yes |

"Own data" are who looked at the record and everything held. It is the citizen's alone,
so not for the screen of a counter. "At once" takes a code to the new telephone besides,
and the old contact is told. The hold follows a change of contact (``contact``).
"""

from dataclasses import dataclass
from typing import Final

from django.db.models import TextChoices
from django.http import HttpRequest


class Level(TextChoices):
    """What a session rests on, weakest first."""

    NEW_PHONE = "new_phone"
    RECORDED_PHONE = "recorded_phone"
    COUNTER = "counter"
    EID = "eid"


@dataclass(frozen=True)
class Rights:
    """What a level opens; the columns of the table above."""

    sees_record: bool
    sees_own_data: bool
    changes_contact_at_once: bool
    passes_hold: bool


RIGHTS: Final = {
    Level.NEW_PHONE: Rights(False, False, False, False),
    Level.RECORDED_PHONE: Rights(True, True, True, False),
    Level.COUNTER: Rights(True, False, True, True),
    Level.EID: Rights(True, True, True, True),
}


def level_of(request: HttpRequest) -> Level:
    """Return the level of a session; one that proved nothing has the weakest."""
    return Level(request.session.get("level", Level.NEW_PHONE))


def rights_of(request: HttpRequest) -> Rights:
    """Return what the session of this request opens."""
    return RIGHTS[level_of(request)]
