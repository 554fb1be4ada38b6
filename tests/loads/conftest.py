"""A country's file written from rows, and taken in by the command."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import call_command

from tests.factories import make_organization, make_product
from tests.loads.test_lines import GOOD


@pytest.fixture
def ground():
    """Make the site and the vaccines that rows name."""
    make_organization("TYT-LOAD")
    make_product("comirnaty", "Comirnaty")
    make_product("vaxzevria", "Vaxzevria")


@pytest.fixture
def take_in(tmp_path):
    """Return what writes rows into a file, loads it and reads the report."""
    count = iter(range(100))

    def take_in(*rows, columns=tuple(GOOD)):
        path = tmp_path / f"doses-{next(count)}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, columns)
            out.writeheader()
            out.writerows({c: (GOOD | row)[c] for c in columns} for row in rows)
        told = StringIO()
        try:
            call_command(
                "import_doses", str(path), "--processes=1", "--json", stdout=told
            )
            code = 0
        except SystemExit as end:
            code = end.code
        report = json.loads(told.getvalue())
        with open(report["findings_file"], encoding="utf-8", newline="") as file:
            findings = [
                (int(f["row"]), f["column"], f["reason"], f["row_taken"])
                for f in csv.DictReader(file)
            ]
        assert code == (1 if findings else 0)
        return report, findings, path

    return take_in
