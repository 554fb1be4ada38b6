"""What an upheld complaint did to a record, and the ledger's entry of it."""

import json
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final, NamedTuple
from uuid import UUID

from complaints.choices import Kind
from complaints.demo import doses as campaign
from complaints.demo.copying import Rows
from complaints.demo.doses import Dose
from complaints.demo.records import Flaw, Number, Record
from complaints.demo.world import World

# As crypto.seal_json() writes them.
_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Owner(NamedTuple):
    """A record with the keys that its rows will have; ``dose_ids`` goes by id()."""

    record: Record
    person: int
    dose_ids: dict[int, int]


class Decision(NamedTuple):
    """Which complaint, when, and who decided; a second person where it took two."""

    reference: str
    at: datetime
    proposed_by: int | None
    approved_by: int | None


def mend(
    owner: Owner,
    flaw: Flaw,
    decision: Decision,
    *,
    rows: Rows,
    chance: Random,
    world: World,
    seal: Callable[[str, str], bytes],
) -> int:
    """Put the flaw right in the record to be written; return the ledger entry's key.

    A dose that was missing joins the record and ``owner.dose_ids``.
    """
    before = {name: sides[0] for name, sides in flaw.facts.items()}
    after = {name: sides[1] for name, sides in flaw.facts.items()}
    operation = "change"
    if flaw.kind == Kind.WRONG_PERSON:
        target, target_id, version = "person", owner.person, owner.record.version
        _mend_person(owner.record)
    elif flaw.given is not None:
        target, version, operation = "dose", 0, "add"
        before = {}
        after |= {"status": "completed", "person": str(owner.person)}
        _add(owner, flaw.given, rows.new_id("registry_dose"), decision.at)
        target_id = owner.dose_ids[id(flaw.given)]
    else:
        assert flaw.dose is not None
        target, target_id = "dose", owner.dose_ids[id(flaw.dose)]
        version = flaw.dose.version
        flaw.dose.version += 1
        if flaw.kind == Kind.NOT_MINE:
            flaw.dose.is_orphan, operation = True, "detach"
            before, after = {"person": str(owner.person)}, {"person": ""}
        elif flaw.kind == Kind.DOUBLED_DOSE:
            flaw.dose.status, operation = "entered_in_error", "void"
            before, after = {"status": "completed"}, {"status": "entered_in_error"}
        else:
            _mend_dose(flaw.dose, after, world)
    pk = rows.new_id("registry_correction")
    ref = UUID(int=chance.getrandbits(128), version=4)
    rows.add(
        "registry_correction",
        pk, ref, target, target_id, version, operation,
        seal(_json(before), f"before:{ref}"), seal(_json(after), f"after:{ref}"),
        "complaint", decision.reference, decision.approved_by is not None,
        decision.proposed_by, decision.approved_by, decision.at, None,
    )  # fmt: skip
    return pk


def _add(owner: Owner, dose: Dose, pk: int, at: datetime) -> None:
    dose.source, dose.typed_in = "late_entry", campaign.seconds(at)
    dose.name = owner.record.full_name
    owner.record.doses.append(dose)
    owner.dose_ids[id(dose)] = pk


def _mend_person(record: Record) -> None:
    human = record.human
    record.version += 1
    record.full_name = human.full_name
    record.born_on, record.sex = human.born_on, human.sex
    record.precision, record.population = "day", "matched"
    if all(number.text != human.number for number in record.numbers):
        old = [number._replace(is_current=False) for number in record.numbers]
        right = Number("pin12", human.number, source="correction")
        record.numbers = [*old, right]


def _mend_dose(dose: Dose, after: dict[str, str], world: World) -> None:
    if "given_on" in after:
        dose.given_on = type(dose.given_on).fromisoformat(after["given_on"])
    dose.product = after.get("product", dose.product)
    if "lot" in after:
        dose.lot_number = after["lot"]
        dose.lot = next(pk for pk, text in world.lots.values() if text == after["lot"])
    if "site" in after:
        dose.site = next(
            pk for pk, code in world.codes.items() if code == after["site"]
        )
