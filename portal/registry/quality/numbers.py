"""What an identity number or telephone as typed says, in the few words rules need."""

from dataclasses import dataclass

from portal.common import phones
from portal.registry import national_id


@dataclass(frozen=True, slots=True)
class Reading:
    """``form``: pin12, badpin (no such place or century), cmnd9, passport, padded
    (becomes a number when its lost zeros are put back) or wrong. ``sex`` and
    ``birth_year`` are what a pin12 says.
    """

    form: str
    is_dummy: bool = False
    sex: str = ""
    birth_year: int | None = None


def read(number: str) -> Reading | None:
    """Return what a number says; None for an empty text."""
    found = national_id.read(number)
    if "empty" in found.problems:
        return None
    is_dummy = "dummy" in found.problems
    if found.kind == "pin12":
        said = national_id.structure(found.canonical)
        if is_dummy:
            return Reading("pin12", is_dummy)
        if said is None:
            return Reading("badpin")
        return Reading("pin12", False, said.sex, said.birth_year)
    if found.kind in ("cmnd9", "passport"):
        return Reading(found.kind, is_dummy)
    padded = national_id.restore_zeros(number, born_year=None, sex=None)
    return Reading("padded" if padded else "wrong", is_dummy)


def is_mobile(phone: str) -> bool:
    """Tell whether a telephone number is a mobile number of Vietnam, old or new."""
    try:
        phones.normalise(phone)
    except phones.NotAPhone:
        return False
    return True
