"""Writes the compound files that XLS comes in, well formed, whatever they hold."""

import struct

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
# Streams below this length would lie in a stream of their own; tests pad them.
SMALLEST = 4096


def compound(entries: dict[str, bytes | None]) -> bytes:
    """Return a compound file of streams (bytes) and empty storages (None), by name."""
    sectors: list[bytes] = []
    chains: list[int] = []
    starts = {}
    for name, content in entries.items():
        if content is None:
            continue
        starts[name] = len(sectors)
        data = content.ljust(SMALLEST, b"\0")
        parts = [data[n : n + _SECTOR] for n in range(0, len(data), _SECTOR)]
        sectors += [part.ljust(_SECTOR, b"\0") for part in parts]
        chains += [*range(len(chains) + 1, len(chains) + len(parts)), _END]
    directory = [_entry("Root Entry", 5, child=1 if entries else _FREE)]
    for order, (name, content) in enumerate(entries.items(), 1):
        following = order + 1 if order < len(entries) else _FREE
        if content is None:
            directory.append(_entry(name, 1, right=following))
            continue
        size = max(len(content), SMALLEST)
        directory.append(_entry(name, 2, right=following, at=starts[name], size=size))
    text = b"".join(directory)
    text += b"\0" * (-len(text) % _SECTOR)
    directory_at = len(sectors)
    parts = [text[n : n + _SECTOR] for n in range(0, len(text), _SECTOR)]
    sectors += parts
    chains += [*range(len(chains) + 1, len(chains) + len(parts)), _END]
    fat_at = len(sectors)
    fat = [*chains, _FAT]
    fat += [_FREE] * (_SECTOR // 4 - len(fat))
    sectors.append(struct.pack(f"<{len(fat)}I", *fat))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, directory_at, 0, SMALLEST, _END, 0, _END, 0),
    )
    table = [fat_at, *[_FREE] * 108]
    return header + struct.pack("<109I", *table) + b"".join(sectors)


def _entry(
    name: str,
    kind: int,
    *,
    right: int = _FREE,
    child: int = _FREE,
    at: int = 0,
    size: int = 0,
) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII36xIQ", text, len(text), kind, 1, _FREE, right, child, at, size
    )


def record(kind: int, body: bytes = b"") -> bytes:
    """Return one record of a workbook's stream."""
    return struct.pack("<HH", kind, len(body)) + body


def book(*records: bytes, version: int = 0x0600) -> bytes:
    """Return a workbook's stream: its globals with these records among them."""
    begin = record(0x0809, struct.pack("<HH12x", version, 5))
    return begin + b"".join(records) + record(0x000A)
