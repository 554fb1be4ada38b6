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
    numbers. Rules that prove what they change, and imports, take none.
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


def list_takes_two(*, corrections: int) -> bool:
    """Tell whether writing a list takes two: where it changes several doses at once.

    A dose that the list adds, or an orphan that it names, is one person's decision.
    """
    return corrections > 1


def list_undo_takes_two(*, doses: int, age: timedelta) -> bool:
    """Tell whether taking a whole list back takes two: several doses, some time later.

    A whole incident is two people's decision (decisions paper, "Two people").
    """
    return doses > 1 and age > TAKE_BACK


def undo_takes_two(*, took_two: bool, age: timedelta) -> bool:
    """Tell whether taking back takes two: what took two does, once people were told."""
    return took_two and age > TAKE_BACK
