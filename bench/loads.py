"""A country's file taken in, beside bare SQL that puts the same rows into like tables.

The floor's tables have the same columns, indexes and references. It copies the file as
it is into an unlogged table and adds people and doses by one statement a table: it
seals nothing, folds no names, judges no row and keeps no ledger.
"""

import csv
import json
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

import psycopg

from bench.rounds import Line, in_turn, line
from bench.sizes import Sizes
from complaints.demo import people
from portal.env import BASE_DIR
from portal.registry.models import Organization

_COLUMNS: Final = (
    "full_name", "born_on", "sex", "id_number", "phone", "given_on", "product", "lot",
    "site", "dose_number",
)  # fmt: skip
_TABLES: Final = ("person", "identitydocument", "telephone", "dose")
_REFERENCES: Final = """
SELECT format('ALTER TABLE floor.load_%%s ADD %%s',
  replace(conrelid::regclass::text, 'registry_', ''),
  replace(pg_get_constraintdef(oid), 'REFERENCES registry_person(',
    'REFERENCES floor.load_person('))
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])"""
_ADD: Final = (
    """
CREATE TEMP TABLE load_fresh ON COMMIT DROP AS
SELECT DISTINCT ON (id_number) nextval('floor.load_ids') AS id, s.*
FROM floor.load_staged s
WHERE NOT EXISTS (SELECT 1 FROM floor.load_identitydocument d
                  WHERE d.number_digest = sha256(s.id_number::bytea))
ORDER BY id_number""",
    """
INSERT INTO floor.load_person (id, ref, full_name, name_key, name_folded, sort_key,
  born_on, born_precision, sex, population, is_restricted, version)
SELECT id, gen_random_uuid(), full_name, lower(full_name), lower(full_name),
  lower(full_name), born_on, 'day', sex, 'not_sent', false, 1 FROM load_fresh""",
    """
INSERT INTO floor.load_identitydocument (id, person_id, kind, number_sealed,
  number_digest, source, is_current)
SELECT nextval('floor.load_ids'), id, 'pin12', id_number::bytea,
  sha256(id_number::bytea), 'upload', true FROM load_fresh""",
    """
INSERT INTO floor.load_telephone (id, person_id, number_sealed, number_digest,
  is_contact)
SELECT nextval('floor.load_ids'), id, phone::bytea, sha256(phone::bytea), true
FROM load_fresh""",
    """
INSERT INTO floor.load_dose (id, ref, person_id, given_on, product_id, lot_number,
  lot_id, site_id, dose_number, status, source, name_recorded, recorded_at, version)
SELECT nextval('floor.load_ids'), gen_random_uuid(), d.person_id, s.given_on, v.id,
  s.lot, l.id, o.id, s.dose_number, 'completed', 'upload', s.full_name, now(), 1
FROM floor.load_staged s
JOIN floor.load_identitydocument d ON d.number_digest = sha256(s.id_number::bytea)
JOIN registry_product v ON v.code = s.product
JOIN registry_organization o ON o.code = s.site
LEFT JOIN registry_lot l ON l.number = s.lot""",
)


def measure(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Take in files of the same size in turn, each of other people."""
    _make(owner)
    count = iter(range(1_000))

    def ours(_round: int) -> float:
        path = _file(folder, next(count), rows=sizes.load_rows)
        done = subprocess.run(
            [sys.executable, "manage.py", "import_doses", str(path), "--json"],
            cwd=BASE_DIR,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        told = json.loads(done.stdout)
        # A few families fall upon a number of the people who are there already.
        assert told["doses"] > 0.99 * told["rows"]
        return float(told["rows_per_second"])

    def floor(_round: int) -> float:
        return _load_bare(owner, _file(folder, next(count), rows=sizes.load_rows))

    rates = in_turn({"ours": ours, "floor": floor}, rounds=sizes.rounds)
    return [
        line(
            f"import_doses, files of {sizes.load_rows:,} rows",
            "rows/s",
            rates["ours"],
            rates["floor"],
            floor_name="rows/s bare SQL",
            must="0.5x",
        )
    ]


def _make(owner: psycopg.Connection) -> None:
    owner.execute("CREATE SEQUENCE floor.load_ids")
    for table in _TABLES:
        owner.execute(
            f"CREATE TABLE floor.load_{table} (LIKE registry_{table} INCLUDING ALL)"
        )
    references = owner.execute(
        _REFERENCES,
        [[f"registry_{table}" for table in _TABLES]],
    )
    for (statement,) in references.fetchall():
        owner.execute(statement)
    owner.execute(
        "CREATE UNLOGGED TABLE floor.load_staged (full_name text, born_on date,"
        " sex text, id_number text, phone text, given_on date, product text, lot text,"
        " site text, dose_number smallint)"
    )


def _load_bare(owner: psycopg.Connection, path: Path) -> float:
    """Return rows a second."""
    begun = time.perf_counter()
    with owner.transaction():
        owner.execute("TRUNCATE floor.load_staged")
        with (
            path.open("rb") as file,
            owner.cursor().copy(
                "COPY floor.load_staged FROM STDIN (FORMAT csv, HEADER)"
            ) as out,
        ):
            while block := file.read(1 << 20):
                out.write(block)
        owner.execute("ANALYZE floor.load_staged")
        for statement in _ADD:
            doses = owner.execute(statement).rowcount
    return doses / (time.perf_counter() - begun)


def _file(folder: Path, number: int, *, rows: int) -> Path:
    """Write doses of invented people whom no other number has."""
    chance = Random(f"load:{number}")
    sites = list(
        Organization.objects.filter(gives_doses=True)
        .order_by("pk")
        .values_list("code", flat=True)[:3000]
    )
    path = folder / f"load-{number}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(_COLUMNS)
        written = serial = 0
        while written < rows:
            for human in people.family(
                chance, province=95 - number % 60, commune=0, serial=500_000 + serial
            ):
                serial += 1
                day = date(2021, 8, 1) + timedelta(days=int(chance.random() * 100))
                for dose in range(1, 3 + (chance.random() < 0.5)):
                    out.writerow(
                        (
                            human.full_name, human.born_on, human.sex, human.number,
                            f"0{human.phone[3:]}", day, "comirnaty", "FF2752",
                            sites[int(chance.random() * len(sites))], dose,
                        )
                    )  # fmt: skip
                    day += timedelta(days=30)
                    written += 1
    return path
