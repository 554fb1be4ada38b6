"""Parts of a parsed bundle, whatever stands in their place."""

from collections.abc import Callable
from typing import Any
from uuid import UUID


def uuid_of(text: object) -> UUID | None:
    """Return the reference in a text, None where it holds none."""
    try:
        return UUID(str(text).removeprefix("urn:uuid:"))
    except ValueError:
        return None


def list_of(value: Any) -> list[Any]:
    """Return a list, empty where there is none."""
    return value if isinstance(value, list) else []


def first_of(value: Any) -> dict[str, Any]:
    """Return the first object of a list, empty where there is none."""
    found = list_of(value)[:1]
    return found[0] if found and isinstance(found[0], dict) else {}


def object_in(of: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside another, empty where there is none."""
    value = of.get(name)
    return value if isinstance(value, dict) else {}


def text_in(of: dict[str, Any], name: str) -> str:
    """Return a text inside an object, bare of blanks; "" where there is none."""
    value = of.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def in_order(value: Any, key: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
    """Return the objects of a list in order."""
    return sorted((one for one in list_of(value) if isinstance(one, dict)), key=key)


def is_old(identifier: dict[str, Any]) -> bool:
    """Tell whether a number is no longer in force."""
    return identifier.get("use") == "old"


def rank(telecom: dict[str, Any]) -> int:
    """Return the place of a telephone among others."""
    place = telecom.get("rank")
    return place if isinstance(place, int) else 1
