"""Names as typed: what is asked about one before it is sent."""

from collections.abc import Iterable

from complaints.actions import plausible
from complaints.choices import Check, Field
from complaints.rules.plausibility import Doubt


def doubts(full_name: str, *, others: Iterable[str] = ()) -> list[Doubt]:
    """Return what is to be asked about a name; the offer is a spelling with accents."""
    if not full_name:
        return []
    if len(full_name.split()) == 1:
        return [Doubt(Check.NAME_SHORT, Field.FULL_NAME)]
    spelt = plausible.spelling_of(full_name, others=filter(None, others))
    if not spelt:
        return []
    offer = (Field.FULL_NAME.value, spelt)
    return [Doubt(Check.NAME_PLAIN, Field.FULL_NAME, offers=(offer,))]
