"""The secrets of an installation, made once."""

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from portal.stack import files
from portal.stack.console import Refused

FILE: Final = "secrets.json"
NAMES: Final = frozenset({"SECRET_KEY", "FIELD_KEYS", "INDEX_KEYS"})


def ensure(data_dir: Path, *, may_create: Callable[[], bool]) -> dict[str, str]:
    """Return the secrets of this data folder; make them on the first start.

    They are never made anew beside existing data (`may_create`, asked only where the
    file is missing): what was sealed with lost keys would stay unreadable without
    anybody noticing.

    Raises Refused when the file is missing beside data, or cannot be read.
    """
    path = data_dir / FILE
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if may_create():
            return _create(path)
        raise Refused(
            f"{path} is missing, and without it the data that is there is unreadable.",
            "Put it back from the back-up, give SECRET_KEY, FIELD_KEYS and INDEX_KEYS, "
            "or start empty with another DATA_DIR.",
        ) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    if not isinstance(held, dict) or not held.keys() >= NAMES:
        raise _unreadable(path)
    return held


def _create(path: Path) -> dict[str, str]:
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": f"1:{_key()}",
        "INDEX_KEYS": f"1:{_key()}",
    }
    write_private(path, made)
    return made


def write_private(path: Path, content: dict[str, str]) -> None:
    """Write JSON that only this user can read, whole or not at all."""
    files.write_whole(path, json.dumps(content, indent=1), mode=0o600)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _unreadable(path: Path) -> Refused:
    return Refused(
        f"{path} cannot be read as secrets.",
        "Put it back from the back-up, or start empty with another DATA_DIR.",
    )
