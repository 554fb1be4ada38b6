"""A file cut into blocks of whole lines, always in the same places.

A record is a line: cells hold no line breaks, so that one quotation mark too many
spoils one line and not the rest of the file.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from portal.registry.imports.exceptions import CannotRead

# About 8,000 rows: a transaction, and what a kill may cost.
SIZE: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 16


class Block(NamedTuple):
    """Lines of the file: their bytes' place and digest, the number of the first."""

    number: int
    begins: int
    ends: int
    first_row: int
    digest: str


def fingerprint(path: Path) -> str:
    """Return what tells the file from another: its size, beginning and end.

    A change in between is noticed by the digest of its block.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(SIZE))
        file.seek(max(0, size - SIZE), os.SEEK_SET)
        digest.update(file.read(SIZE))
    return digest.hexdigest()


def cut(path: Path, *, header_ends: int) -> Iterator[Block]:
    """Yield the blocks after the header, in order; rows count from 1, the header's.

    Raise CannotRead("too_wide") for a line that never ends.
    """
    number, begins, row = 0, header_ends, 2
    with path.open("rb") as file:
        file.seek(begins)
        rest = b""
        while True:
            read = file.read(SIZE)
            content = rest + read
            if not content:
                return
            length = content.rfind(b"\n") + 1
            if not read:
                length = len(content)
            elif len(content) - length > _LONGEST_LINE:
                row += content.count(b"\n")
                raise CannotRead("too_wide", f"row {row}")
            elif not length:
                rest = content
                continue
            digest = hashlib.sha256(memoryview(content)[:length]).hexdigest()
            yield Block(number, begins, begins + length, row, digest)
            row += content.count(b"\n", 0, length)
            number, begins = number + 1, begins + length
            rest = content[length:]


def read(path: Path, block: Block) -> bytes:
    """Return the bytes of a block."""
    with path.open("rb") as file:
        file.seek(block.begins)
        return file.read(block.ends - block.begins)
