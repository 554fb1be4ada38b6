"""What keeps the stack from starting is said in two lines, never in a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from portal.env import BASE_DIR
from portal.stack.console import Refused
from portal.stack.embedded import running_services
from portal.stack.folder import prepare

pytestmark = pytest.mark.stack


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-m", "portal.stack", "up"],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_refused(
    done: subprocess.CompletedProcess[str], problem: str, remedy: str
) -> None:
    assert done.returncode == 1
    assert problem in done.stderr
    assert remedy in done.stderr
    assert "Traceback" not in done.stderr


def test_an_occupied_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = start(DATA_DIR=str(tmp_path), PORT=str(port))

    assert_refused(done, f"port {port} is taken", "make run PORT=")
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named(tmp_path: Path, port: str) -> None:
    done = start(DATA_DIR=str(tmp_path), PORT=port)

    assert_refused(done, "PORT must be a number", "make run PORT=")


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    # A file in its place stops root too, whom permissions would not.
    (tmp_path / "file").touch()

    done = start(DATA_DIR=str(tmp_path / "file" / "data"), PORT="8123")

    assert_refused(done, "cannot be written", "make run DATA_DIR=")


def test_a_full_disk_is_named(data_dir: Path) -> None:
    with pytest.raises(Refused, match="is full") as caught:
        prepare(data_dir, least_free=10**18)

    assert "Make room" in caught.value.remedy


def test_a_second_stack_on_the_same_folder_is_refused(data_dir: Path) -> None:
    with running_services(data_dir, {"REDIS_URL": ""}):
        done = start(DATA_DIR=str(data_dir), PORT="8123")

    assert_refused(done, f"another stack runs on {data_dir}", "make run DATA_DIR=")


def test_a_database_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"postgresql://someone:hidden@127.0.0.1:{port}/none"

    done = start(
        DATA_DIR=str(tmp_path),
        PORT=str(port),
        DATABASE_URL=url,
        DATABASE_OWNER_URL=url,
        REDIS_URL="",
    )

    assert_refused(done, "the database does not answer", "DATABASE_URL")
    assert "hidden" not in done.stderr + done.stdout


def test_a_fresh_run_returns_the_exit_code_of_its_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal.stack", "run", "--", "sh", "-c", "exit 7"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 7
    assert done.stderr == ""
