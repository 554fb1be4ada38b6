"""The paper against what was typed: which facts agree, which are more exact. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from complaints.choices import Check, Field
from portal.registry.quality.rules import lots

FIELDS: Final = (Field.GIVEN_ON, Field.PRODUCT, Field.LOT, Field.DOSE_NUMBER)
DIFFERS: Final = {
    Field.GIVEN_ON: Check.SLIP_DATE,
    Field.PRODUCT: Check.SLIP_PRODUCT,
    Field.LOT: Check.SLIP_LOT,
    Field.DOSE_NUMBER: Check.SLIP_NUMBER,
}
Facts = Mapping[str, str]
How = Literal["same", "adds", "differs"]


@dataclass(frozen=True)
class Compared:
    """One fact of the paper beside the same one as typed; both as canonical text."""

    field: Field
    paper: str
    typed: str
    how: How


def compare(paper: Facts, typed: Facts) -> list[Compared]:
    """Return each fact that the paper bears, compared with what was typed.

    "adds": nothing was typed, or only a part of it, such as the month of a day.
    """
    return [
        Compared(field, paper[field], typed.get(field, ""), _how(field, paper, typed))
        for field in FIELDS
        if paper.get(field)
    ]


def nothing_agrees(compared: list[Compared]) -> bool:
    """Tell whether two facts at least were compared and all of them differ."""
    judged = [one for one in compared if one.typed]
    return len(judged) > 1 and all(one.how == "differs" for one in judged)


def _how(field: Field, paper: Facts, typed: Facts) -> How:
    said, before = paper[field], typed.get(field, "")
    if said == before:
        return "same"
    if not before:
        return "adds"
    if field == Field.GIVEN_ON:
        if said.startswith(f"{before}-"):
            return "adds"
        # The paper's date was copied in part only.
        return "same" if before.startswith(f"{said}-") else "differs"
    if field == Field.LOT:
        return "same" if lots.is_same(said, before) else "differs"
    return "differs"
