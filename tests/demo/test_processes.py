"""Two processes into bare tables write what one writes chunk by chunk."""

import json
import os

import psycopg
import pytest

from tests.databases import database, manage, url_of

pytestmark = pytest.mark.stack

_ROWS = (
    "SELECT ref, full_name, born_on, sex, residence_id, population, version"
    " FROM registry_person ORDER BY ref",
    "SELECT d.ref, p.ref, d.given_on, d.product_id, d.lot_number, d.lot_id, d.site_id,"
    " d.dose_number, d.status, d.source, d.name_recorded, d.recorded_at, d.version"
    " FROM registry_dose d LEFT JOIN registry_person p ON p.id = d.person_id"
    " ORDER BY d.ref",
    "SELECT p.ref, kind, number_digest, source, is_current FROM"
    " registry_identitydocument JOIN registry_person p ON p.id = person_id"
    " ORDER BY p.ref, number_digest",
    "SELECT code, full_name, submitted_at FROM complaints_submission ORDER BY code",
)


@pytest.fixture
def twins(tmp_path, monkeypatch):
    """Yield the names of two databases with the reference data and nobody in them."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    one, other = (f"twin_{os.getpid()}_{n}" for n in (1, 2))
    with database(one):
        manage(one, "migrate", "--verbosity", "0")
        manage(one, "load_reference")
        with database(other, template=one):
            yield one, other


def test_two_processes_into_bare_tables_write_what_one_writes_by_chunks(twins):
    words = ("seed_demo", "--people=5000", "--at=2026-11-02T05:00:00Z", "--json")

    together = json.loads(manage(twins[0], *words, "--processes=2"))
    # The application's role does not own the tables, so it cannot take indexes off.
    alone = json.loads(
        manage(twins[1], *words, "--processes=1", role="DATABASE_URL"),
    )

    for count in ("people", "doses", "complaints"):
        assert together[count] == alone[count] > 0
    rows = []
    for name in twins:
        with psycopg.connect(url_of(name)) as connection:
            rows.append([connection.execute(query).fetchall() for query in _ROWS])
    assert rows[0] == rows[1]
