"""A page of one case reads rows of that case, however many others there are."""

import json

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Kind
from complaints.models import Joining
from tests.pages.cases import (
    make_case,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_submission,
)
from tests.pages.test_case import LOT, address
from tests.pages.test_case_photos import make_evidence
from tests.pages.test_queue import ago

pytestmark = pytest.mark.django_db

LONG = {"complaint", "submission", "event", "claim", "evidence", "joining"}


def scans_without_condition(sql, params):
    """Return the long tables of which a statement would read every row.

    Indexes are all that is left to the planner, which expects many rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_clear_relation_stats('public', relname) FROM pg_class"
            " WHERE relname LIKE 'complaints_%%' AND relkind = 'r'",
            [],
        )
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return [
        scan["Relation Name"]
        for scan in _parts(plan[0]["Plan"])
        if scan.get("Relation Name", "").removeprefix("complaints_") in LONG
        and not {"Index Cond", "Recheck Cond", "TID Cond"} & scan.keys()
    ]


def _parts(plan):
    """Yield the parts of a plan, but for row policies: for few rows they read all."""
    yield plan
    for part in plan.get("Plans", ()):
        if part["Parent Relationship"] != "SubPlan":
            yield from _parts(part)


@pytest.fixture
def ministry():
    return make_organization("VN-1")


@pytest.fixture
def case(ministry):
    """Return a case of somebody with others, a photo, and a report that joined it."""
    station, person = make_organization("TYT-1", parent=ministry), make_person()
    case = make_case(
        station,
        sent=ago(hours=5),
        claims=LOT,
        dose=make_dose(person, station),
        submission=make_submission(at=ago(hours=5), person=person),
        reported_again=1,
    )
    make_case(
        station,
        sent=ago(hours=9),
        kind=Kind.MISSING_DOSE,
        submission=make_submission(at=ago(hours=9), person=person),
    )
    again = make_submission(at=ago(hours=1), person=person)
    Joining.objects.create(submission=again, complaint=case, at=timezone.now())
    make_evidence(case)
    return case


@pytest.mark.parametrize("page", ["case", "photo"])
def test_a_page_of_a_case_reads_no_table_from_end_to_end(client, case, ministry, page):
    client.force_login(make_staff(ministry))
    photo = case.submission.evidence.get()
    url = (
        address(case)
        if page == "case"
        else reverse("casework:evidence", args=[photo.ref])
    )
    seen = []

    def note(execute, sql, params, many, context):
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert client.get(url).status_code == 200

    read = {
        sql[:200]: found
        for sql, params in seen
        if "complaints_" in sql and sql.startswith("SELECT")
        if (found := scans_without_condition(sql, params))
    }
    assert read == {}
    assert len(seen) > 5
