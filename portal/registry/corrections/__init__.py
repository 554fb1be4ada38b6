"""The only writer of people and doses: each change leaves its before and after.

The database refuses any other writer (migration ``registry/0002_guards``). Everything
is the same kind of step, a row's fields set to new values under its next version
(``ledger``), so that everything can be undone the same way (``undoing``).
"""

from portal.registry.corrections.doses import (
    add_apart,
    add_dose,
    attach,
    correct_dose,
    detach,
    is_exact_clone,
    reassign,
    restore,
    void,
)
from portal.registry.corrections.ledger import mark_stale, writing
from portal.registry.corrections.people import (
    add_alias,
    add_person,
    change_contact,
    correct_person,
    merge,
    restrict,
    split,
)
from portal.registry.corrections.undoing import undo
from portal.registry.corrections.values import born_text, read_dose, read_person
from portal.registry.corrections.warrant import (
    CannotCorrect,
    Impossible,
    NeedsSecond,
    RecordMoved,
    Warrant,
)

__all__ = [
    "CannotCorrect",
    "Impossible",
    "NeedsSecond",
    "RecordMoved",
    "Warrant",
    "add_alias",
    "add_apart",
    "add_dose",
    "add_person",
    "attach",
    "born_text",
    "change_contact",
    "correct_dose",
    "correct_person",
    "detach",
    "is_exact_clone",
    "mark_stale",
    "merge",
    "read_dose",
    "read_person",
    "reassign",
    "restore",
    "restrict",
    "split",
    "undo",
    "void",
    "writing",
]
