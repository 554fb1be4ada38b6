"""Under which name the rules know a field that a report is about."""

from complaints.choices import Field, Kind

_OF_A_DOSE = frozenset({Kind.WRONG_DOSE, Kind.NOT_MINE, Kind.DOUBLED_DOSE})


def place_of(kind: str, dose_id: int | None, field: str) -> str:
    """Return the place (``Edit.place``) of a claimed field: lot of dose 7 and so on."""
    if kind == Kind.DOUBLED_DOSE and field == Field.DOSE:
        return f"dose:{dose_id}:status"
    if kind == Kind.WRONG_DOSE and field == Field.FULL_NAME:
        # No rule sets it: that of the person is another one.
        return f"dose:{dose_id}:name_recorded"
    return f"dose:{dose_id}:{field}" if kind in _OF_A_DOSE else field
