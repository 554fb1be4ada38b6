"""The row of the registry that claims are about field by field, as it is now."""

from collections.abc import Callable
from typing import Any

from complaints.choices import Kind
from complaints.models import Complaint
from portal.registry import corrections


def of(complaint: Complaint) -> tuple[Any, Callable[[Any, str], str]]:
    """Return the dose or person whose fields are claimed, or None; and how it is read.

    Where the record was joined to another one, that one answers.
    """
    person = complaint.submission.person
    if complaint.kind == Kind.WRONG_PERSON and person is not None:
        return person.merged_into or person, corrections.read_person
    dose = complaint.dose if complaint.kind == Kind.WRONG_DOSE else None
    return dose, corrections.read_dose


def version(complaint: Complaint) -> int:
    """Return the version of the record that is looked at; 0 where there is none."""
    row, _read = of(complaint)
    return row.version if row else 0


def present(complaint: Complaint, field: str) -> str | None:
    """Return what a claimed field of the record says now; None where there is none."""
    row, read = of(complaint)
    return None if row is None else read(row, field)
