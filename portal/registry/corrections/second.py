"""Which changes take two people (decisions paper, "Two people"). Pure."""

from datetime import timedelta
from typing import Final

from portal.registry.models import Correction

Operation, Reason, Source = (
    Correction.Operation,
    Correction.Reason,
    Correction.Source,
)

# Who decided may take it back alone for so long, before anybody is told.
TAKE_BACK: Final = timedelta(seconds=30)

# A dose that rests on one of these is one person's decision to add.
PROOFS: Final = frozenset(
    {
        Source.SESSION_LIST,
        Source.ORPHAN,
        Source.SLIP,
        Source.PHOTO,
        Source.OTHER_RECORD,
    }
)
_ALWAYS: Final = frozenset({Operation.DETACH, Operation.REASSIGN, Operation.SPLIT})
# To take one of these back is to take a dose off a record, to void it, or to part two
# records: what takes two people when it is done by its name.
_TAKEN_OFF: Final = frozenset(
    {Operation.ADD, Operation.RESTORE, Operation.ATTACH, Operation.MERGE}
)


def takes_two(
    operation: str,
    *,
    reason: str,
    source: str = "",
    is_exact_clone: bool = False,
    numbers_differ: bool = False,
    concerns_oneself: bool = False,
) -> bool:
    """Tell whether a change of the registry takes a second person.

    ``is_exact_clone``: the dose to be voided stands on the record once more, equal in
    every fact. ``numbers_differ``: the records to be joined have different valid
    numbers. Rules that prove what they change take none, and imports none by the dose:
    a whole list is asked about by ``list_takes_two``.
    """
    if reason in (Reason.RULE, Reason.IMPORT):
        return False
    if concerns_oneself or operation in _ALWAYS:
        return True
    if operation == Operation.VOID:
        return not is_exact_clone
    if operation in (Operation.ADD, Operation.RESTORE):
        return source not in PROOFS
    return operation == Operation.MERGE and numbers_differ


def list_takes_two(*, corrections: int, concerns_oneself: bool = False) -> bool:
    """Tell whether writing a list takes two: where it changes several doses at once.

    A dose that the list adds, or an orphan that it names, is one person's decision,
    unless it is that of the person who decides or of a relative.
    """
    return corrections > 1 or concerns_oneself


def list_undo_takes_two(*, doses: int, age: timedelta) -> bool:
    """Tell whether taking a list back takes two: where it voids doses, some time later.

    One dose as much as many: else a list of one would be a way round.
    """
    return doses > 0 and age > TAKE_BACK


def undo_takes_two(
    operation: str, *, reason: str, took_two: bool, age: timedelta
) -> bool:
    """Tell whether taking a correction back takes two, once half a minute is over.

    What took two does, and what takes a dose or a record away from somebody by being
    taken back. What a rule did alone one person may put back, as it was before.
    """
    if age <= TAKE_BACK:
        return False
    return took_two or (operation in _TAKEN_OFF and reason != Reason.RULE)
