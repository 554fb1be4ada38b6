"""The embedded servers keep what was committed, whatever was done to them."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from portal.env import BASE_DIR, without_settings
from portal.stack import secrets
from portal.stack.console import Refused
from portal.stack.embedded import Running, running_services
from tests.machine import need_redis

pytestmark = pytest.mark.stack

# Without the caller's servers, and without a broker where none is needed.
NO_BROKER = {"REDIS_URL": ""}


def keep_a_row(running: Running) -> None:
    with psycopg.connect(running.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")


def count_rows(running: Running) -> int:
    with psycopg.connect(running.app_url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return row[0]


def test_rows_outlive_a_killed_database_and_the_next_start(data_dir: Path) -> None:
    with running_services(data_dir, NO_BROKER) as running:
        keep_a_row(running)
        assert running.postgres is not None
        os.kill(running.postgres.pid, signal.SIGKILL)
        assert running.postgres.process is not None
        running.postgres.process.wait(10)

    with running_services(data_dir, NO_BROKER) as running:
        assert count_rows(running) == 1


def test_rows_outlive_a_killed_stack_whose_servers_went_on(data_dir: Path) -> None:
    environment = without_settings(os.environ)
    environment |= {"DATA_DIR": str(data_dir), "REDIS_URL": ""}
    stack = subprocess.Popen(
        [sys.executable, "-m", "portal.stack", "services"],
        cwd=BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert stack.stdout is not None
    with stack.stdout:
        lines = iter(stack.stdout.readline, "")
        url = next(line for line in lines if line.startswith("DATABASE_OWNER_URL="))
        url = url.strip().partition("=")[2]
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        next(line for line in lines if line.startswith("REDIS_URL"))
        stack.kill()
        stack.wait(10)
    orphan = int(
        (data_dir / "postgres" / "postmaster.pid").read_text("utf-8").split()[0]
    )
    assert psutil.pid_exists(orphan)

    with running_services(data_dir, NO_BROKER) as running:
        assert count_rows(running) == 1
        assert running.postgres is not None
        assert running.postgres.pid != orphan


def test_a_lock_with_the_number_of_another_living_process_is_stale(
    data_dir: Path,
) -> None:
    with running_services(data_dir, NO_BROKER) as running:
        keep_a_row(running)
    lock = data_dir / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n1\n5432\n", encoding="utf-8")

    with running_services(data_dir, NO_BROKER) as running:
        assert count_rows(running) == 1


def test_a_half_made_database_is_made_anew(data_dir: Path) -> None:
    half = data_dir / "postgres.part"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n", encoding="utf-8")

    with running_services(data_dir, NO_BROKER) as running:
        keep_a_row(running)
        assert count_rows(running) == 1
    assert not half.exists()


def test_a_folder_that_is_no_database_is_left_alone(data_dir: Path) -> None:
    foreign = data_dir / "postgres" / "letter.txt"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("mine", encoding="utf-8")

    with (
        pytest.raises(Refused, match="not a PostgreSQL database"),
        running_services(data_dir, NO_BROKER),
    ):
        pass
    assert foreign.read_text(encoding="utf-8") == "mine"


def test_lost_secrets_are_not_made_anew_beside_data(data_dir: Path) -> None:
    with running_services(data_dir, NO_BROKER) as running:
        with psycopg.connect(running.owner_url) as connection:
            connection.execute("CREATE TABLE django_migrations (id int)")
        # The same database, as a server of one's own, and a folder that lost its keys.
        outer = NO_BROKER | {"DATABASE_URL": running.owner_url}
        other = data_dir.with_name("other")
        with (
            pytest.raises(Refused, match="secrets.json is missing"),
            running_services(other, outer),
        ):
            pass
        own = {name: running.environment[name] for name in secrets.NAMES}
        with running_services(other, outer | own) as beside:
            assert beside.environment["FIELD_KEYS"] == own["FIELD_KEYS"]
    (data_dir / "secrets.json").unlink()

    with (
        pytest.raises(Refused, match="secrets.json is missing"),
        running_services(data_dir, NO_BROKER),
    ):
        pass


def test_secrets_are_private_and_stay_the_same(data_dir: Path) -> None:
    with running_services(data_dir, NO_BROKER) as running:
        first = running.environment["FIELD_KEYS"]
    assert (data_dir / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (data_dir / "environment.json").stat().st_mode & 0o777 == 0o600

    with running_services(data_dir, NO_BROKER) as running:
        assert running.environment["FIELD_KEYS"] == first


def test_a_folder_with_a_long_path_works(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    try:
        with running_services(deep, NO_BROKER) as running:
            keep_a_row(running)
            assert count_rows(running) == 1
            assert "host=/tmp/dumui-" in running.app_url
    finally:
        socket_folder = Path(running.app_url.partition("host=")[2])
        shutil.rmtree(socket_folder, ignore_errors=True)


def test_the_application_role_writes_rows_but_makes_no_tables(shared: Running) -> None:
    keep_a_row(shared)
    with psycopg.connect(shared.app_url) as connection:
        connection.execute("UPDATE kept SET n = 2")
        connection.execute("DELETE FROM kept")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (n int)")
    with (
        psycopg.connect(shared.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("TRUNCATE kept")


def test_a_database_made_by_the_owner_has_the_same_grants(shared: Running) -> None:
    with psycopg.connect(shared.owner_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE test_dumui")
    with psycopg.connect(shared.owner_url, dbname="test_dumui") as connection:
        connection.execute("CREATE TABLE kept (id serial, n int)")
    with psycopg.connect(shared.app_url, dbname="test_dumui") as connection:
        connection.execute("INSERT INTO kept (n) VALUES (1)")


def test_the_cluster_checks_its_pages_and_sorts_by_code_point(shared: Running) -> None:
    with psycopg.connect(shared.app_url) as connection:
        row = connection.execute(
            "SELECT current_setting('data_checksums'), current_setting('fsync'),"
            " datlocale FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("on", "on", "C.UTF-8")


def test_redis_wants_its_password_and_keeps_nothing(data_dir: Path) -> None:
    need_redis()
    with running_services(data_dir) as running:
        with redis.Redis.from_url(running.redis_url) as client:
            client.set("a", "1")
            port = client.connection_pool.connection_kwargs["port"]
        with (
            redis.Redis(port=port) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.get("a")
    with (
        running_services(data_dir) as running,
        redis.Redis.from_url(running.redis_url) as client,
    ):
        assert client.get("a") is None
