"""Load units, organizations, products, lots and holidays; safe to repeat."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from psycopg import sql

from portal.registry.reference.tables import Table, all_tables


class Command(BaseCommand):
    help = (
        "Load reference data. Safe to repeat: rows are added or brought up to date by "
        "their code, never deleted, and a second run changes nothing. Organizations "
        "that were changed in the portal are left as they are."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, **options: Any) -> None:
        totals: dict[str, dict[str, int]] = {}
        with transaction.atomic():
            for table in all_tables():
                total = totals.setdefault(
                    table.name, {"rows": 0, "added": 0, "changed": 0}
                )
                for name, count in load(table).items():
                    total[name] += count
            with connection.cursor() as cursor:
                for name in totals:
                    cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))
        if options["json"]:
            self.stdout.write(json.dumps(totals))
            return
        for name, total in totals.items():
            self.stdout.write(
                f"{name.removeprefix('registry_')}: {total['rows']} rows, "
                f"{total['added']} added, {total['changed']} changed"
            )


def load(table: Table) -> dict[str, int]:
    """Bring a table up to date with these rows; return how many were written.

    The rows go by COPY into a temporary table, where codes become ids. Runs inside the
    caller's transaction. Raises ``ValueError`` when a code names nothing, so that no
    row is dropped in silence.
    """
    names = _Names(table)
    with connection.cursor() as cursor:
        cursor.execute(names.fill("CREATE TEMP TABLE {staged} AS {empty}"))
        with cursor.copy(names.fill("COPY {staged} ({columns}) FROM STDIN")) as lines:
            for row in table.rows:
                lines.write_row(row)
        cursor.execute(names.fill("CREATE TEMP TABLE {ready} AS {resolved}"))
        for column in table.codes:
            cursor.execute(names.lost(column))
            if lost := cursor.fetchone():
                raise ValueError(f"{table.name}.{column}: no row has code {lost[0]!r}")
        cursor.execute(
            names.fill(
                "UPDATE {target} t SET {assignments} FROM {ready} r WHERE {same_key}"
                " AND ({old_values}) IS DISTINCT FROM ({new_values}) AND {ours}"
            )
        )
        changed = cursor.rowcount
        cursor.execute(
            names.fill(
                "INSERT INTO {target} ({columns}) SELECT {new_values} FROM {ready} r"
                " WHERE NOT EXISTS (SELECT FROM {target} t WHERE {same_key})"
            )
        )
        added = cursor.rowcount
        cursor.execute(names.fill("DROP TABLE {staged}, {ready}"))
    return {"rows": len(table.rows), "added": added, "changed": changed}


class _Names:
    """The identifiers of a table, put together as the statements need them."""

    def __init__(self, table: Table):
        self.table = table
        comma = sql.SQL(", ")
        self.parts = {
            "target": sql.Identifier(table.name),
            "staged": sql.Identifier("reference_staged"),
            "ready": sql.Identifier("reference_ready"),
            "columns": comma.join(map(sql.Identifier, table.columns)),
            "assignments": comma.join(
                sql.SQL("{0} = r.{0}").format(sql.Identifier(column))
                for column in table.columns
            ),
            "old_values": self._of("t"),
            "new_values": self._of("r"),
            "same_key": sql.SQL(" AND ").join(
                sql.SQL("t.{0} = r.{0}").format(sql.Identifier(column))
                for column in table.key
            ),
        }
        self.parts["ours"] = (
            sql.SQL("NOT {}").format(sql.Identifier("t", table.unless))
            if table.unless
            else sql.SQL("true")
        )
        self.parts["empty"] = self._empty()
        self.parts["resolved"] = self._resolved()

    def fill(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(**self.parts)

    def lost(self, column: str) -> sql.Composed:
        """Return the statement that finds a code without a row."""
        return sql.SQL(
            "SELECT s.{0} FROM {1} s LEFT JOIN {2} o ON o.code = s.{0}"
            " WHERE s.{0} IS NOT NULL AND o.id IS NULL LIMIT 1"
        ).format(
            sql.Identifier(column),
            self.parts["staged"],
            sql.Identifier(self.table.codes[column]),
        )

    def _of(self, prefix: str) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.Identifier(prefix, column) for column in self.table.columns
        )

    def _empty(self) -> sql.Composed:
        # The target's own types, except that foreign keys come as codes.
        columns = [
            sql.SQL("NULL::text AS {}" if column in self.table.codes else "{}").format(
                sql.Identifier(column)
            )
            for column in self.table.columns
        ]
        return sql.SQL("SELECT {} FROM {} LIMIT 0").format(
            sql.SQL(", ").join(columns), self.parts["target"]
        )

    def _resolved(self) -> sql.Composed:
        columns: list[sql.Composable] = []
        joins: list[sql.Composable] = []
        for column in self.table.columns:
            if column not in self.table.codes:
                columns.append(sql.Identifier("s", column))
                continue
            other = sql.Identifier(f"of_{column}")
            columns.append(sql.SQL("{}.id AS {}").format(other, sql.Identifier(column)))
            joins.append(
                sql.SQL(" LEFT JOIN {0} {1} ON {1}.code = {2}").format(
                    sql.Identifier(self.table.codes[column]),
                    other,
                    sql.Identifier("s", column),
                )
            )
        return sql.SQL("SELECT {} FROM {} s{}").format(
            sql.SQL(", ").join(columns), self.parts["staged"], sql.SQL("").join(joins)
        )
