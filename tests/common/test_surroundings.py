"""A full disk and a database that is away are said in two lines by every command."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DataError, OperationalError
from psycopg import errors

from portal.common.surroundings import in_words
from portal.env import BASE_DIR

NOWHERE = "postgresql://nobody:hidden@127.0.0.1:1/nothing"


def caused(error, cause):
    """Return an exception as it is after another one caused it."""
    try:
        raise error from cause
    except type(error) as made:
        return made


FULL = errors.DiskFull('could not extend file "base/1": No space left\nHINT: Check it.')


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FULL, 'the disk is full (could not extend file "base/1": No space left).'),
        (caused(OperationalError("full"), FULL), "the disk is full"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (caused(OperationalError("gone"), errors.AdminShutdown()), "database is away"),
        (caused(DataError("odd"), errors.NumericValueOutOfRange()), None),
        (OSError(errno.EACCES, "Permission denied"), None),
        (KeyError("code"), None),
    ],
)
def test_only_what_lies_in_the_surroundings_is_put_in_words(error, words):
    said = in_words(error)

    assert said is None if words is None else words in said


def manage(*words, stdout=subprocess.DEVNULL, **variables):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"} | variables,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.stack
def test_a_step_whose_database_is_away_ends_without_a_traceback():
    done = manage("migrate", DATABASE_URL=NOWHERE)

    assert done.returncode == 1
    assert "Cannot go on: the database is away" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


@pytest.mark.stack
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_step_that_fills_the_disk_ends_without_a_traceback():
    with Path("/dev/full").open("w") as full:
        done = manage("diffsettings", "--all", stdout=full, PYTHONUNBUFFERED="1")

    assert done.returncode == 1
    assert "Cannot go on: the disk is full" in done.stderr
    assert "Make room" in done.stderr
    assert "Traceback" not in done.stderr
