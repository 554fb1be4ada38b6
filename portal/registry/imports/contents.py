"""What a staged row holds, sealed: the original cells, the values, the findings."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Final

from django.db import connection

from portal.common import crypto
from portal.registry.imports.findings import Entry, Finding
from portal.registry.imports.owners import Owner
from portal.registry.imports.rows import Aside, ListRow, Reason, Values
from portal.registry.models import SessionList, StagedRow


@dataclass(frozen=True, slots=True)
class Findings:
    """Why a row has its verdict, and who it may be."""

    reasons: tuple[Reason, ...] = ()
    candidates: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A staged row with what is sealed in it."""

    staged: StagedRow
    row: ListRow
    findings: Findings = field(default=Findings())

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons: what the list alone told, then what the registry added."""
        return self.row.reasons + self.findings.reasons

    @property
    def entry(self) -> Entry:
        """The row as ``judging`` takes it, under its place."""
        staged = self.staged
        return Entry(
            key=staged.place,
            line=self.row.row,
            values=self.row.values,
            others=self.row.aside.others,
            said=staged.said,
            is_excluded=staged.is_excluded,
            is_chosen=staged.is_chosen,
            person=staged.person_id if staged.is_chosen else None,
            told=tuple(reason.code for reason in self.row.reasons),
            taken=staged.taken,
        )


def seal_content(row: ListRow, *, of: SessionList, place: int) -> bytes:
    """Seal what a row of a list says, for its place in that list."""
    return seal_row(row, bound_to=f"list:{of.ref}:{place}")


def seal_row(row: ListRow, *, bound_to: str) -> bytes:
    """Seal what a row says, for one place only."""
    values = asdict(row.values)
    values["given_on"] = row.values.given_on and row.values.given_on.isoformat()
    content = {
        "sheet": row.sheet,
        "row": row.row,
        "reasons": _reasons_out(row.reasons),
        "values": values,
        "cells": row.cells,
        "aside": asdict(row.aside),
    }
    return crypto.seal_json(content, bound_to=bound_to)


def seal_findings(finding: Finding, *, of: SessionList, place: int) -> bytes:
    """Seal why a row got its verdict, and the people it may be."""
    found = Findings(finding.reasons, finding.candidates)
    return seal_found(found, bound_to=f"list:{of.ref}:{place}:found")


def seal_found(found: Findings, *, bound_to: str) -> bytes:
    """Seal findings, for one place only."""
    content = {
        "reasons": _reasons_out(found.reasons),
        "candidates": [
            [o.person, o.grade, o.levels, o.doubts] for o in found.candidates
        ],
    }
    return crypto.seal_json(content, bound_to=bound_to)


def unseal(staged: StagedRow, *, of: SessionList) -> Opened:
    """Open a staged row of a list."""
    bound_to = f"list:{of.ref}:{staged.place}"
    row = open_row(staged.content_sealed, verdict=staged.said, bound_to=bound_to)
    if staged.findings_sealed is None:
        return Opened(staged, row)
    found = open_found(staged.findings_sealed, bound_to=f"{bound_to}:found")
    return Opened(staged, row, found)


def open_row(sealed: bytes | memoryview, *, verdict: str, bound_to: str) -> ListRow:
    """Open what ``seal_row`` sealed; ``verdict`` is what the list alone tells."""
    content = crypto.unseal_json(sealed, bound_to=bound_to)
    given_on = content["values"].pop("given_on")
    values = Values(
        **content["values"] | {"phones": tuple(content["values"]["phones"])},
        given_on=date.fromisoformat(given_on) if given_on else None,
    )
    return ListRow(
        sheet=content["sheet"],
        row=content["row"],
        verdict=verdict,
        reasons=_reasons_in(content["reasons"]),
        values=values,
        cells=tuple(content["cells"]),
        aside=Aside(**content["aside"] | {"others": tuple(content["aside"]["others"])}),
    )


def open_found(sealed: bytes | memoryview, *, bound_to: str) -> Findings:
    """Open what ``seal_found`` sealed."""
    found = crypto.unseal_json(sealed, bound_to=bound_to)
    candidates = tuple(
        Owner(person, grade, tuple(map(tuple, levels)), tuple(doubts))
        for person, grade, levels, doubts in found["candidates"]
    )
    return Findings(_reasons_in(found["reasons"]), candidates)


def settle(staged: StagedRow, finding: Finding, *, of: SessionList) -> None:
    """Put a finding into a staged row, unsaved."""
    staged.verdict = finding.verdict
    staged.person_id = finding.person
    staged.newcomer_digest = finding.newcomer
    staged.dose_digest = finding.dose_key
    staged.dose_id = finding.dose
    staged.findings_sealed = seal_findings(finding, of=of, place=staged.place)


def save(rows: Sequence[StagedRow]) -> None:
    """Save what was found of rows and done with them, in one statement."""
    names = ("id", *_SAVED)
    columns = [[getattr(row, name) for row in rows] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, columns)


# Nine columns of a thousand rows: Django's own bulk_update takes ten times as long.
_SAVED: Final = {
    "verdict": "text",
    "person_id": "bigint",
    "newcomer_digest": "bytea",
    "dose_digest": "bytea",
    "dose_id": "bigint",
    "findings_sealed": "bytea",
    "correction_id": "bigint",
    "taken": "text",
    "done_at": "timestamptz",
}
_SAVE: Final = (
    "UPDATE registry_stagedrow r SET "
    + ", ".join(f"{name} = u.{name}" for name in _SAVED)
    + " FROM unnest(%s::bigint[], "
    + ", ".join(f"%s::{kind}[]" for kind in _SAVED.values())
    + ") AS u (id, "
    + ", ".join(_SAVED)
    + ") WHERE r.id = u.id"
)


def fixed(row: ListRow, values: Values) -> ListRow:
    """Return the row as staff fixed it: its own reasons are answered by that."""
    return replace(row, values=values, verdict="", reasons=())


def _reasons_out(reasons: Iterable[Reason]) -> list[list[str]]:
    return [[r.code, r.column, r.cell, r.detail] for r in reasons]


def _reasons_in(rows: Iterable[list[str]]) -> tuple[Reason, ...]:
    return tuple(Reason(*row) for row in rows)


def as_contract(
    row: ListRow, verdict: str, reasons: Iterable[Reason]
) -> dict[str, Any]:
    """Return a row as the command prints it (contracts: import_session_list)."""
    values = asdict(row.values)
    values["given_on"] = row.values.given_on and row.values.given_on.isoformat()
    return {
        "sheet": row.sheet,
        "row": row.row,
        "verdict": verdict,
        "reasons": [asdict(reason) for reason in reasons],
        "values": values,
    }
