"""A load that is killed and run again leaves what an undisturbed one leaves."""

import json
import os
import signal

import psycopg
import pytest

from tests.databases import database, manage, start, url_of

pytestmark = pytest.mark.stack

_ROWS = (
    "SELECT p.full_name, p.born_on, d.number_digest FROM registry_person p"
    " JOIN registry_identitydocument d ON d.person_id = p.id ORDER BY 3, 1, 2",
    "SELECT i.number_digest, d.given_on, d.product_id, d.site_id, d.name_recorded"
    " FROM registry_dose d LEFT JOIN registry_identitydocument i"
    " ON i.person_id = d.person_id ORDER BY 1, 2, 5",
    "SELECT number, rows, doses, same, orphans, findings"
    " FROM registry_loadblock ORDER BY number",
    "SELECT sum(people), sum(doses) FROM registry_loadblock",
)


def write_file(path, rows, site):
    """Write doses of people who come back: each twice, some without a number."""
    with path.open("w", encoding="utf-8") as file:
        file.write("full_name,born_on,id_number,given_on,product,site\n")
        for n in range(rows):
            who = n * 7 % (rows // 2)
            number = "" if n % 50 == 0 else f"0791{who % 50 + 40}{who:06}"
            given = "2030-01-01" if n % 900 == 7 else f"2021-{8 + n * 2 // rows:02}-12"
            file.write(
                f"Nguyễn Văn {'ABCDE'[who % 5]}n,{1940 + who % 50}-03-08,{number},"
                f"{given},comirnaty,{site}\n"
            )


def content_of(name):
    with psycopg.connect(url_of(name)) as connection:
        return [connection.execute(query).fetchall() for query in _ROWS]


def blocks_in(name):
    with psycopg.connect(url_of(name)) as connection:
        row = connection.execute("SELECT count(*) FROM registry_loadblock").fetchone()
        return row[0]


@pytest.fixture
def twins(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    one, other = (f"load_{os.getpid()}_{n}" for n in (1, 2))
    with database(one):
        manage(one, "migrate", "--verbosity", "0")
        manage(one, "load_reference")
        with database(other, template=one):
            yield one, other


def test_a_load_killed_twice_leaves_what_an_undisturbed_one_leaves(twins, tmp_path):
    undisturbed, killed = twins
    path = tmp_path / "country.csv"
    with psycopg.connect(url_of(killed)) as connection:
        (site,) = connection.execute(
            "SELECT code FROM registry_organization WHERE gives_doses ORDER BY id"
        ).fetchone()
    write_file(path, 60_000, site)
    words = ("import_doses", str(path), "--json")

    start(undisturbed, *words).communicate(timeout=300)
    for wanted in (1, 3):
        process = start(killed, *words)
        while blocks_in(killed) < wanted:
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    process = start(killed, *words)
    report = json.loads(process.communicate(timeout=300)[0])

    assert report["rows_this_run"] < report["rows"] == 60_000
    assert content_of(killed) == content_of(undisturbed)
