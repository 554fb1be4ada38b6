"""What a row says of a person beyond the record, or otherwise than it.

It changes no verdict: the dose is the dose. But a new number in a list is how most
numbers come to be known, and a telephone that differs may be the first sign of another
person, so that neither is passed over in silence.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from portal.common import crypto, phones
from portal.common.names import tone_key
from portal.registry import identity, national_id
from portal.registry.corrections import born_text
from portal.registry.imports.rows import Reason, Values

# The record has nothing there, or less; only this can be taken over from a list.
LACKS: Final = "person_lacks"
DIFFERS: Final = "person_differs"
_READ: Final = """
SELECT p.id, p.full_name, p.born_on, p.born_precision, p.sex,
  ARRAY(SELECT d.number_digest FROM registry_identitydocument d
        WHERE d.person_id = p.id AND NOT d.is_void),
  (SELECT d.number_sealed FROM registry_identitydocument d
   WHERE d.person_id = p.id AND d.is_current ORDER BY d.id DESC LIMIT 1),
  ARRAY(SELECT t.number_digest FROM registry_telephone t
        WHERE t.person_id = p.id AND NOT t.is_void),
  (SELECT t.number_sealed FROM registry_telephone t
   WHERE t.person_id = p.id AND NOT t.is_void
   ORDER BY t.is_contact DESC, t.id LIMIT 1)
FROM registry_person p WHERE p.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is on record of a person; numbers as digests, those in force sealed."""

    full_name: str
    pk: int
    born_on: str
    sex: str
    numbers: frozenset[bytes]
    number_sealed: bytes | memoryview | None
    phones: frozenset[bytes]
    phone_sealed: bytes | memoryview | None

    def beside(self, values: Values) -> tuple[Reason, ...]:
        """Return in what a row says more of the person than this, or otherwise."""
        return tuple(
            filter(
                None,
                (
                    self._name(values.full_name),
                    self._birth(values.born_on),
                    self._sex(values.sex or ""),
                    self._number(values.id_number, is_sure=not values.id_restored),
                    self._phone(values.phones),
                ),
            )
        )

    def _name(self, said: str) -> Reason | None:
        # Without accents a name says nothing that another writing of it does not.
        if said.isascii() or tone_key(said) == tone_key(self.full_name):
            return None
        return Reason(DIFFERS, "full_name", "", self.full_name)

    def _birth(self, said: str) -> Reason | None:
        if self.born_on.startswith(said):
            return None
        if said.startswith(self.born_on):
            return Reason(LACKS, "born_on", "", self.born_on)
        return Reason(DIFFERS, "born_on", "", self.born_on)

    def _sex(self, said: str) -> Reason | None:
        if not said or said == self.sex:
            return None
        return Reason(DIFFERS if self.sex else LACKS, "sex", "", self.sex)

    def _number(self, said: str, *, is_sure: bool) -> Reason | None:
        # Zeros that were put back nobody has confirmed: nothing is added by them.
        if not said or self.numbers.intersection(identity.number_digests(said)):
            return None
        number = self._clear(self.number_sealed)
        is_newer = national_id.read(said).kind == "pin12" and (
            national_id.read(number).kind == "cmnd9" if number else True
        )
        if not number and not is_sure:
            return None
        code = LACKS if is_sure and (is_newer or not number) else DIFFERS
        return Reason(code, "id_number", "", national_id.mask(number))

    def _phone(self, said: Collection[str]) -> Reason | None:
        if not said or any(
            self.phones.intersection(crypto.digests("phone", phone)) for phone in said
        ):
            return None
        if not self.phones:
            return Reason(LACKS, "phones")
        return Reason(
            DIFFERS, "phones", "", phones.mask(self._clear(self.phone_sealed))
        )

    def _clear(self, sealed: bytes | memoryview | None) -> str:
        return crypto.unseal(sealed, bound_to=f"person:{self.pk}") if sealed else ""


def read(people: Iterable[int]) -> dict[int, Recorded]:
    """Return what is on record of these people, in one statement."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [wanted])
        return {
            pk: Recorded(
                name,
                pk,
                born_text(born_on, precision),
                sex,
                frozenset(map(bytes, numbers)),
                number,
                frozenset(map(bytes, telephones)),
                telephone,
            )
            for pk, name, born_on, precision, sex, *more in cursor.fetchall()
            for numbers, number, telephones, telephone in [more]
        }


def lacking(reasons: Iterable[Reason]) -> frozenset[str]:
    """Return what the record lacks, by the reasons of a row."""
    return frozenset(reason.column for reason in reasons if reason.code == LACKS)


def differing(reasons: Iterable[Reason]) -> frozenset[str]:
    """Return what the record says otherwise, by the reasons of a row."""
    return frozenset(reason.column for reason in reasons if reason.code == DIFFERS)


def still_lacking(
    person: int, values: Values, wanted: frozenset[str]
) -> frozenset[str] | None:
    """Return what a record lacks now of what was to be added to it.

    None where it says something else there by now.
    """
    beside = read([person])[person].beside(values)
    if wanted & differing(beside):
        return None
    return wanted & lacking(beside)


def changes(values: Values, lacks: Collection[str]) -> Mapping[str, str]:
    """Return what a row would add to the person's record, as corrections take it.

    But for the telephone (``telephones``).
    """
    said = {
        "born_on": values.born_on,
        "sex": values.sex or "",
        "national_id": number(values),
    }
    fields = {"id_number": "national_id"}
    return {
        field: said[field]
        for item in lacks
        if (field := fields.get(item, item)) in said
    }


def telephones(values: Values, lacks: Collection[str]) -> Sequence[str]:
    """Return by which telephones a row lets a person be recognised.

    None of them becomes the contact: nobody typed a code from it, and what a code to
    the contact opens is the whole record.
    """
    return values.phones[:1] if "phones" in lacks else ()


def number(values: Values) -> str:
    """Return the number as the list has it: zeros put back are not confirmed yet."""
    return values.id_number.lstrip("0") if values.id_restored else values.id_number
