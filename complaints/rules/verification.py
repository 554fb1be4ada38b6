"""What becomes of a claim before a person looks: applied, proposed, or asked about."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from complaints.choices import Field, Kind
from portal.registry import national_id


class Judgement(StrEnum):
    """How far proof carries a claim."""

    APPLY = "apply"
    ASK = "ask"


@dataclass(frozen=True)
class Holder:
    """The person on record, as the rules need it."""

    full_name: str
    born_on: date
    born_precision: str
    sex: str
    number: str


@dataclass(frozen=True)
class Decision:
    """The judgement of a claim, and the rule that reached it."""

    judgement: Judgement
    rule: str = ""


def restorable_number(claimed: str, *, person: Holder) -> bool:
    """Tell whether a claimed number is the recorded one with its zeros put back.

    Rule A3, before the population database is asked: the recorded number lost leading
    zeros (a spreadsheet took it for an amount), the result is structurally valid and
    agrees with birth year and sex.
    """
    restored = national_id.restore_zeros(
        person.number, born_year=person.born_on.year, sex=person.sex or None
    )
    return restored is not None and restored == claimed


def judge(
    kind: str,
    field: str,
    claimed: str,
    *,
    person: Holder | None,
    is_confirmed: bool,
    is_used_by_another: bool,
) -> Decision:
    """Judge one claim.

    ``is_confirmed``: the population database knows the claimed number with this
    person's name, birth date and sex. ``is_used_by_another``: somebody else has the
    number on record; then a person must look, whatever else agrees.
    """
    if (
        kind == Kind.WRONG_PERSON
        and field == Field.NATIONAL_ID
        and person is not None
        and is_confirmed
        and not is_used_by_another
        and restorable_number(claimed, person=person)
    ):
        return Decision(Judgement.APPLY, "A3")
    return Decision(Judgement.ASK)
