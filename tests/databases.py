"""Databases of a test's own, for commands that commit, and are killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from portal.env import BASE_DIR


def url_of(database: str, role: str = "DATABASE_OWNER_URL") -> str:
    """Return the address of a database on the running stack."""
    return urlunsplit(urlsplit(os.environ[role])._replace(path=f"/{database}"))


def start(
    database: str, *words: str, role: str = "DATABASE_OWNER_URL"
) -> subprocess.Popen[str]:
    """Start a command on a database, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": url_of(database, role),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def manage(database: str, *words: str, role: str = "DATABASE_OWNER_URL") -> str:
    """Run a command on a database to its good end; return what it printed."""
    process = start(database, *words, role=role)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return told


@contextmanager
def database(name: str, *, template: str = "template1") -> Iterator[str]:
    """Make a database for a while; yield its name."""
    with psycopg.connect(url_of("postgres"), autocommit=True) as owner:
        owner.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield name
        finally:
            drop = sql.SQL("DROP DATABASE {}").format(sql.Identifier(name))
            try:
                owner.execute(drop + sql.SQL(" (FORCE)"))
            except psycopg.errors.InsufficientPrivilege:
                # Somebody of another role is just leaving, or a vacuum is at work:
                # without force the server waits for the one and stops the other.
                owner.execute(drop)
