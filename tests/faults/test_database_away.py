"""A database that is away is said in words, with 503 and when to come back."""

import json
import os
import subprocess
import sys

import psycopg
import pytest
from django.db import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from psycopg import errors

from portal.common import database
from portal.env import BASE_DIR

# Personal pages need the session, forms need what is stored; nobody listens on port 1.
PAGES = [
    ("GET", "/tra-cuu/ket-qua/"),
    ("GET", "/en/tra-cuu/ket-qua/"),
    ("GET", "/lam-viec/"),
    ("GET", "/quan-tri/"),
    ("GET", "/bao-sai/"),
]
NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nothing"


@pytest.mark.stack
def test_every_page_that_needs_the_database_says_that_it_is_away() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.ask_pages"],
        cwd=BASE_DIR,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": NOWHERE},
        input=json.dumps(PAGES),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    answers = json.loads(ended.stdout)

    assert [answer["status"] for answer in answers] == [503] * len(PAGES)
    assert {answer["retry_after"] for answer in answers} == {"30"}
    assert "Trang tạm đóng trong ít phút" in answers[0]["body"]
    assert "it will not be counted twice" in answers[1]["body"]


def raised(error: type[Exception], cause: Exception | None) -> Exception:
    """Return an exception of Django as it is after one of the driver."""
    try:
        raise error() from cause
    except error as made:
        return made


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (raised(OperationalError, psycopg.OperationalError()), True),
        (raised(InterfaceError, psycopg.InterfaceError()), True),
        (raised(OperationalError, errors.AdminShutdown()), True),
        (raised(OperationalError, errors.CannotConnectNow()), True),
        (raised(OperationalError, errors.TooManyConnections()), True),
        # As the driver files a server that only reads: with its own faults.
        (raised(InternalError, errors.ReadOnlySqlTransaction()), True),
        # The question's own fault, though the driver files some with the server's.
        (raised(OperationalError, errors.QueryCanceled()), False),
        (raised(OperationalError, errors.DeadlockDetected()), False),
        (raised(InternalError, errors.InFailedSqlTransaction()), False),
        (raised(DataError, errors.NumericValueOutOfRange()), False),
        (KeyError("code"), False),
        (None, False),
    ],
)
def test_only_a_server_that_is_away_counts(error: Exception | None, away: bool) -> None:
    assert database.is_away(error) is away


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_a_server_that_is_away() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    connection.close()
    assert database.is_away(caught.value)
