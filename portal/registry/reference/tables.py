"""Turn the files of reference data into rows of the tables, codes still as codes.

Column names are the database's; a foreign key is given as the code of its target and
looked up while loading (see ``load_reference``).
"""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from portal.common.names import fold, sort_key
from portal.registry.reference.organizations import build

HERE = Path(__file__).parent


class Table(NamedTuple):
    """Rows for one table; no row points to another of the same batch.

    ``key`` names the columns that tell a row from another; ``codes`` maps a foreign
    key's column to the table whose ``code`` it gives. ``unless``: a column of the table
    that is true where a row was changed by hand and is left as it is.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    codes: Mapping[str, str]
    rows: Sequence[tuple]
    unless: str = ""


def all_tables() -> Iterator[Table]:
    """Yield the tables in batches, those that others point to first.

    A table that points to itself comes level by level, parents before children.
    """
    units = _read("units.csv.gz")
    successions = _read("successions.csv.gz")
    yield from _by_level(_units(units))
    yield Table(
        "registry_unitsuccession",
        ("old_id", "new_id", "is_default", "valid_from"),
        ("old_id", "new_id"),
        {"old_id": _UNIT, "new_id": _UNIT},
        _successions(units, successions),
    )
    yield Table(
        "registry_unitalias",
        ("unit_id", "name", "folded"),
        ("unit_id", "folded"),
        {"unit_id": _UNIT},
        _aliases(_read("aliases.csv.gz")),
    )
    yield from _organizations(units, successions)
    yield from _products(_read("products.csv"), _read("lots.csv"))
    yield _thresholds(_read("thresholds.csv"))
    yield Table(
        "registry_holiday",
        ("day", "name", "is_workday", "source"),
        ("day",),
        {},
        [
            (row["day"], row["name"], row["is_workday"] == "1", row["source"])
            for row in _read("holidays.csv")
        ],
        unless="is_own",
    )


_UNIT = "registry_administrativeunit"
_BODY = "registry_organization"


def _read(name: str) -> list[dict[str, str]]:
    data = (HERE / name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    return list(csv.DictReader(io.StringIO(text)))


def _by_level(table: Table) -> Iterator[Table]:
    path = table.columns.index("path")
    levels: dict[int, list[tuple]] = {}
    for row in table.rows:
        levels.setdefault(row[path].count("/"), []).append(row)
    for _, rows in sorted(levels.items()):
        yield table._replace(rows=rows)


def _units(units: Sequence[Mapping[str, str]]) -> Table:
    paths: dict[str, str] = {}
    rows = []
    for unit in units:
        code, name, parent = unit["code"], unit["name"], unit["parent"]
        paths[code] = f"{paths.get(parent, '/')}{code}/"
        rows.append(
            (code, unit["epoch"], unit["level"], name, fold(name), sort_key(name))
            + (parent or None, paths[code])
            + (unit["valid_from"], unit["valid_to"] or None)
        )
    columns: tuple[str, ...] = (
        "code",
        "epoch",
        "level",
        "name",
        "folded",
        "sort_key",
        "parent_id",
    )
    columns += ("path", "valid_from", "valid_to")
    return Table(_UNIT, columns, ("code",), {"parent_id": _UNIT}, rows)


def _successions(
    units: Sequence[Mapping[str, str]], successions: Sequence[Mapping[str, str]]
) -> list[tuple]:
    begins = {unit["code"]: unit["valid_from"] for unit in units}
    return [
        (row["old"], row["new"], row["is_default"] == "1", begins[row["new"]])
        for row in successions
    ]


def _aliases(aliases: Sequence[Mapping[str, str]]) -> list[tuple]:
    # Two spellings of an alias may fold alike ("BR-VT", "BR VT"): the first is kept.
    rows: dict[tuple[str, str], tuple] = {}
    for row in aliases:
        folded = fold(row["name"])
        rows.setdefault((row["unit"], folded), (row["unit"], row["name"], folded))
    return list(rows.values())


def _organizations(units: Sequence, successions: Sequence) -> Iterator[Table]:
    bodies, successors = build(units, successions)
    columns: tuple[str, ...] = (
        "code",
        "kind",
        "name",
        "folded",
        "sort_key",
        "parent_id",
        "path",
    )
    columns += ("commune_id", "province_id", "gives_doses", "opened_on", "closed_on")
    table = Table(
        _BODY,
        (*columns, "phone"),
        ("code",),
        {"parent_id": _BODY, "commune_id": _UNIT, "province_id": _UNIT},
        [
            (body.code, body.kind, body.name, fold(body.name), sort_key(body.name))
            + (body.parent or None, body.path)
            + (body.commune or None, body.province or None, body.gives_doses)
            + (body.opened_on, body.closed_on or None, "")
            for body in bodies
        ],
        unless="is_own",
    )
    yield from _by_level(table)
    yield Table(
        "registry_organizationsuccession",
        ("old_id", "new_id", "valid_from", "reason"),
        ("old_id", "new_id"),
        {"old_id": _BODY, "new_id": _BODY},
        [tuple(successor) for successor in successors],
    )


def _products(products: Sequence, lots: Sequence) -> Iterator[Table]:
    columns: tuple[str, ...] = ("code", "name", "maker", "approved_on", "min_age_years")
    columns += ("primary_doses", "cvx")
    yield Table(
        "registry_product",
        columns,
        ("code",),
        {},
        [
            (row["code"], row["name"], row["maker"], row["approved_on"] or None)
            + (int(row["min_age_years"]), int(row["primary_doses"]), row["cvx"])
            for row in products
        ],
    )
    names: dict[str, tuple] = {}
    for row in products:
        for name in (row["name"], row["code"], *row["aliases"].split("|")):
            names.setdefault(fold(name), (row["code"], name, fold(name)))
    yield Table(
        "registry_productalias",
        ("product_id", "name", "folded"),
        ("folded",),
        {"product_id": "registry_product"},
        list(names.values()),
    )
    yield Table(
        "registry_lot",
        ("number", "product_id", "expires_on"),
        ("number",),
        {"product_id": "registry_product"},
        [(row["number"], row["product"], row["expires_on"]) for row in lots],
    )


def _thresholds(thresholds: Sequence[Mapping[str, str]]) -> Table:
    product = "registry_product"
    return Table(
        "registry_threshold",
        ("code", "rule", "name", "product_id", "previous_id", "province_id")
        + ("age_from", "age_to", "valid_from", "valid_to", "number", "day")
        + ("unit", "source"),
        ("code",),
        {"product_id": product, "previous_id": product, "province_id": _UNIT},
        [tuple(value or None for value in row.values()) for row in thresholds],
    )
