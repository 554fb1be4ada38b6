"""A small demo, written once a module and undone after it."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from portal.common import scope

NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
PEOPLE = 2000


def seed(*words):
    """Run the command on the reference data; return its report."""
    out = StringIO()
    call_command("seed_demo", f"--at={NOW.isoformat()}", "--json", *words, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """Yield the command's report and the demo's file; all rows are open."""
    folder = tmp_path_factory.mktemp("data")
    with (
        django_db_blocker.unblock(),
        override_settings(DATA_DIR=folder, DEMO=settings.DEMO),
        transaction.atomic(),
    ):
        call_command("load_reference", stdout=StringIO())
        report = seed(f"--people={PEOPLE}")
        # Once here, or else every test checks the keys of all these rows as it ends.
        connection.check_constraints()
        with scope.system():
            yield report, folder / "demo.json"
        transaction.set_rollback(True)
