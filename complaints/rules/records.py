"""What a citizen says of a second record of theirs, as one claim's canonical text."""

_BETWEEN = "|"


def write(full_name: str, number: str) -> str:
    """Return the name on the other record, and its number where one is known."""
    return f"{full_name}{_BETWEEN}{number}" if number else full_name


def read(text: str) -> tuple[str, str]:
    """Return name and number of what ``write`` wrote; the number may be empty."""
    full_name, _, number = text.partition(_BETWEEN)
    return full_name, number
