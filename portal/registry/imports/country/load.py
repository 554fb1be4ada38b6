"""A country's file taken in block by block, by several processes, resumable.

A block is one transaction: its rows, its line in the ledger and its entry in the audit.
One that is in the ledger is passed over, so that a load that was killed is simply run
again. Per row there is neither ledger nor audit entry (docs/adr).
"""

import csv
import hashlib
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import django
from django.conf import settings
from django.db import connections

from portal.audit import record as audit
from portal.common import crypto
from portal.registry import corrections
from portal.registry.imports.country import blocks
from portal.registry.imports.country.blocks import Block
from portal.registry.imports.country.lines import (
    Header,
    Known,
    Line,
    Refusal,
    read_header,
    reader,
)
from portal.registry.imports.country.merge import merge, reserve
from portal.registry.imports.exceptions import CannotRead
from portal.registry.models import (
    AdministrativeUnit,
    Load,
    LoadBlock,
    Lot,
    Organization,
    Product,
    ProductAlias,
)

# Blocks given out before their turn, per process.
_AHEAD: Final = 2
Finding = tuple[int, str, str, bool]


@dataclass
class Counted:
    """What became of rows: added, on record already, or refused.

    ``orphans`` are doses whose owner is unknown; they are among ``doses``.
    """

    rows: int = 0
    people: int = 0
    doses: int = 0
    same: int = 0
    orphans: int = 0
    refused: int = 0

    def add(self, other: "Counted") -> None:
        """Add what became of other rows."""
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)


class _Job(NamedTuple):
    """All that a process needs to take blocks in."""

    path: Path
    load: int
    header: Header
    known: Known
    at: datetime
    by: int | None


def load_file(
    path: Path, *, by: int | None, at: datetime, processes: int
) -> Iterator[Counted]:
    """Take a file in, yielding what became of each block that was not there yet.

    Raise CannotRead for a file that is refused as a whole, with nothing taken in:
    unknown columns, no rows, a line without end, or one that changed since its load
    began.
    """
    if len(settings.INDEX_KEYS) > 1:
        # Half of the people would stand under the other key and be added again.
        raise CannotRead("key_change")
    with path.open("rb") as file:
        header = read_header(file.read(blocks.SIZE))
    load = _begin_load(path, by=by, at=at)
    job = _Job(path, load.pk, header, _known(), load.begun_at, by)
    # Read now, as nobody may share a connection with a process that is forked.
    done = dict(load.blocks.values_list("number", "digest"))
    todo = _todo(path, header, done)
    if processes < 2:
        for block in todo:
            yield take_in(job, block)
    else:
        connections.close_all()
        with ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context(
                "fork" if sys.platform == "linux" else "spawn"
            ),
            initializer=_begin_process,
            initargs=(job,),
        ) as pool:
            waiting: deque[Future[Counted]] = deque()
            for block in islice(todo, processes * _AHEAD):
                waiting.append(pool.submit(_take_in_here, block))
            while waiting:
                told = waiting.popleft().result()
                for block in islice(todo, 1):
                    waiting.append(pool.submit(_take_in_here, block))
                yield told
    with corrections.writing("imports"):
        Load.objects.filter(pk=load.pk, done_at=None).update(done_at=at)


def counted(path: Path) -> Counted:
    """Return what became of all rows of a file, of earlier runs too."""
    total = Counted()
    for block in _blocks_of(path):
        total.add(
            Counted(
                block.rows,
                block.people,
                block.doses,
                block.same,
                block.orphans,
                block.refused,
            )
        )
    return total


def write_findings(path: Path, *, into: Path) -> int:
    """Write row, column and reason of what was not taken; return how many there are.

    What the rows say stays out, so that the file may be sent around. Whole or not at
    all, for this user only.
    """
    part = into.with_name(into.name + ".part")
    part.unlink(missing_ok=True)
    count = 0
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600),
        "w",
        encoding="utf-8",
        newline="",
    ) as file:
        rows = csv.writer(file)
        rows.writerow(("row", "column", "reason", "row_taken"))
        for block in _blocks_of(path):
            for row, column, reason, is_taken in block.findings:
                rows.writerow((row, column, reason, "yes" if is_taken else "no"))
                count += 1
    part.replace(into)
    return count


def take_in(job: _Job, block: Block) -> Counted:
    """Take in one block, unless another process did meanwhile."""
    content = blocks.read(job.path, block)
    if hashlib.sha256(content).hexdigest() != block.digest:
        raise CannotRead("changed")
    lines, findings = _judge(job, block, content)
    rows = content.count(b"\n") + (not content.endswith(b"\n"))
    with corrections.writing("imports"):
        ledger, is_new = LoadBlock.objects.get_or_create(
            load_id=job.load,
            number=block.number,
            defaults={
                "first_row": block.first_row,
                "rows": rows,
                "digest": block.digest,
                "loaded_at": job.at,
            },
        )
        if not is_new:
            return Counted()
        person_ids = reserve("registry_person", len(lines))
        dose_ids = reserve("registry_dose", len(lines))
        merged = merge(
            _packed(lines, person_ids, dose_ids),
            load=job.load,
            first_dose=min(dose_ids, default=0),
            at=job.at,
        )
        findings += [(*refused, False) for refused in merged.refused]
        told = Counted(
            rows,
            merged.people,
            merged.doses,
            len(lines) - merged.doses - len(merged.refused),
            merged.orphans,
            len(findings),
        )
        refused = {row for row, *_ in findings}
        findings += [(*left_out, True) for left_out in merged.left_out]
        findings += [
            (row, column, reason, True)
            for row, line in lines
            if row not in refused
            for column, reason in line.said
        ]
        for name, count in asdict(told).items():
            setattr(ledger, name, count)
        ledger.person_ids, ledger.dose_ids = _runs(person_ids), _runs(dose_ids)
        ledger.findings = sorted(findings)
        ledger.save()
        audit.change(
            at=job.at,
            actor="staff" if job.by else "system",
            actor_id=job.by,
            person_id=None,
            subject="registry.loadblock",
            subject_id=ledger.pk,
            detail=f"people={told.people},doses={told.doses}",
        )
    return told


def _begin_load(path: Path, *, by: int | None, at: datetime) -> Load:
    with corrections.writing("imports"):
        load, _ = Load.objects.get_or_create(
            fingerprint=blocks.fingerprint(path),
            defaults={
                "name": path.name[:255],
                "size": path.stat().st_size,
                "by_id": by,
                "begun_at": at,
            },
        )
    return load


def _blocks_of(path: Path) -> Iterator[LoadBlock]:
    return (
        LoadBlock.objects.filter(load__fingerprint=blocks.fingerprint(path))
        .order_by("number")
        .iterator(chunk_size=200)
    )


def _todo(path: Path, header: Header, done: dict[int, str]) -> Iterator[Block]:
    is_empty = True
    for block in blocks.cut(path, header_ends=header.ends):
        is_empty = False
        digest = done.get(block.number)
        if digest is None:
            yield block
        elif digest != block.digest:
            raise CannotRead("changed")
    if is_empty:
        raise CannotRead("empty")


def _known() -> Known:
    products = dict(Product.objects.values_list("code", "pk"))
    aliases = dict(ProductAlias.objects.values_list("folded", "product_id"))
    return Known(
        products=aliases | products,
        sites=dict(Organization.objects.values_list("code", "pk")),
        units=dict(AdministrativeUnit.objects.values_list("code", "pk")),
        lots=dict(Lot.objects.values_list("number", "pk")),
    )


_shared: list[_Job] = []


def _begin_process(job: _Job) -> None:
    django.setup()
    _shared[:] = [job]


def _take_in_here(block: Block) -> Counted:
    return take_in(_shared[0], block)


def _judge(
    job: _Job, block: Block, content: bytes
) -> tuple[list[tuple[int, Line]], list[Finding]]:
    """Return the lines that can be taken, with their rows, and what is wrong with the
    others. Empty lines are passed over."""
    read = reader(job.header, job.known, at=job.at)
    lines: list[tuple[int, Line]] = []
    findings: list[Finding] = []
    texts = content.decode("utf-8", "surrogateescape").split("\n")
    for row, text in enumerate(texts, block.first_row):
        text = text.removesuffix("\r")
        if not text:
            continue
        try:
            lines.append((row, read(text)))
        except Refusal as refusal:
            findings.append((row, refusal.column, refusal.reason, False))
    return lines, findings


def _packed(
    lines: list[tuple[int, Line]], person_ids: list[int], dose_ids: list[int]
) -> bytes:
    """Return lines as COPY reads them, numbers and telephones sealed."""
    seal = crypto.sealer()
    of_number, of_phone = crypto.digester("national_id"), crypto.digester("phone")
    of_identity = crypto.digester("load")
    packed = []
    for (row, line), person, dose in zip(lines, person_ids, dose_ids, strict=True):
        bound = f"person:{person}"
        number = phone = "\\N\t\\N"
        identity = restored = "\\N"
        if line.phone:
            digest = of_phone(line.phone)
            phone = f"{_bytes(seal(line.phone, bound))}\t{_bytes(digest)}"
            identity = _bytes(
                of_identity(f"{line.phone}|{line.name.key}|{line.born_on}")
            )
        if line.id_number:
            digest = of_number(line.id_number)
            number = f"{_bytes(seal(line.id_number, bound))}\t{_bytes(digest)}"
            if line.restored:
                digest = of_number(line.restored)
                restored = _bytes(digest)
            identity = _bytes(digest)
        packed.append(
            f"{row}\t{person}\t{dose}\t{identity}\t{_text(line.name.full_name)}\t"
            f"{line.name.key}\t{line.name.folded}\t{line.name.sort_key}\t"
            f"{line.born_on}\t{line.precision}\t{line.sex}\t{_or_null(line.residence)}"
            f"\t{line.id_kind}\t{number}\t{phone}\t{line.given_on}\t{line.product}\t"
            f"{line.lot_number}\t{_or_null(line.lot)}\t{line.site}\t"
            f"{_or_null(line.dose_number)}\t{line.recorded_at}\t{restored}\n"
        )
    return "".join(packed).encode()


def _text(value: str) -> str:
    """Return a text as COPY reads it. A backslash would take what follows it along.

    Keys of names and what the other readers let through hold none.
    """
    return value.replace("\\", "\\\\")


def _bytes(value: bytes) -> str:
    return f"\\\\x{value.hex()}"


def _or_null(value: int | None) -> str:
    return "\\N" if value is None else str(value)


def _runs(keys: list[int]) -> list[list[int]]:
    """Return [first, last] of each run of neighbouring keys."""
    runs: list[list[int]] = []
    for key in keys:
        if runs and key == runs[-1][1] + 1:
            runs[-1][1] = key
        else:
            runs.append([key, key])
    return runs
