"""Reference data for the tests that read it: loaded once a module, then undone."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction


@pytest.fixture(scope="module")
def reference(django_db_setup, django_db_blocker):
    """Load the reference data in a transaction around all tests of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_reference", stdout=StringIO())
        # Once here, or else every test checks the keys of all these rows as it ends.
        connection.check_constraints()
        yield
        transaction.set_rollback(True)
