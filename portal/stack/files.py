"""Files of the data folder, written whole or not at all."""

import errno
import os
from pathlib import Path

from portal.stack.console import Refused


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file beside its place, then move it there; one before it stays till then.

    Raises Refused when it cannot be written.
    """
    part = path.with_suffix(".part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> Refused:
    """Return what to say where something could not be written."""
    if is_full(error):
        return Refused(
            f"the disk of {path} is full.",
            "Make room, or choose another disk: make run DATA_DIR=/path/to/folder",
        )
    return Refused(
        f"{path} cannot be written ({error.strerror}).",
        "Choose another folder: make run DATA_DIR=/path/to/folder",
    )


def is_full(error: OSError) -> bool:
    """Tell whether a disk, or somebody's share of it, has no room left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
