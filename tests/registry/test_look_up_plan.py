"""A look-up opens the records of those who were found, however many are expected."""

import json

import pytest
from django.db import connection

from portal.common.forms import PartialDate
from portal.registry import identity
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def _scans(plan):
    """Yield the scans of people and telephones of a plan."""
    if plan.get("Relation Name") in ("registry_person", "registry_telephone"):
        yield plan
    for part in plan.get("Plans", ()):
        yield from _scans(part)


def test_nobody_elses_record_is_read_though_the_planner_expects_thousands():
    make_person(full_name="Nguyễn Văn Linh", born_on="1946-12-14")
    seen = []

    def note(execute, sql, params, many, context):
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        identity.find(
            national_id="",
            full_name="Nguyễn Văn Linh",
            born=PartialDate(1946, 12, 14),
        )

    ((sql, params),) = seen
    with connection.cursor() as cursor:
        # Another test's rows, long gone, may still stand in what the planner knows.
        for table in ("person", "telephone", "identitydocument", "namealias"):
            forget = "SELECT pg_clear_relation_stats('public', %s)"
            cursor.execute(forget, [f"registry_{table}"])
        # As for a common name: whole tables side by side rather than row by row.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    scans = list(
        _scans((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    )
    assert len(scans) >= 4
    # By an index or by a bitmap of one; reading all in key order has no condition.
    assert all({"Index Cond", "Recheck Cond"} & scan.keys() for scan in scans)
