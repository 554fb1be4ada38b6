"""What keeps the stack from starting is said in two lines, never in a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from portal.env import BASE_DIR, without_settings
from portal.stack import folder
from portal.stack.addresses import free_port
from portal.stack.console import Refused
from portal.stack.embedded import running_services
from portal.stack.folder import prepare
from portal.stack.postgres import ask
from portal.stack.up import settings_of, up

pytestmark = pytest.mark.stack


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**without_settings(os.environ), **variables}
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


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:%zzhidden@h/n",
        "postgresql://u:a@hidden@h/n",
        "postgresql://u:hidden/a@h/n",
        "host=h hidden",
    ],
)
def test_an_unreadable_database_address_is_not_repeated(url: str) -> None:
    with pytest.raises(Refused, match="cannot be read") as caught:
        ask(url, "SELECT 1")

    assert "hidden" not in str(caught.value)
    assert caught.value.__context__ is None


def test_windows_is_refused_in_words() -> None:
    program = "import portal, sys; sys.platform = 'win32'; import portal.stack.__main__"

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert_refused(done, "run on Linux and macOS", "WSL 2")


def test_an_occupied_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = start(DATA_DIR=str(tmp_path), PORT=str(port))

    assert_refused(done, f"port {port} is taken", "make run PORT=")
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(Refused, match="PORT must be a number") as caught:
        up({"PORT": port})

    assert "make run PORT=" in caught.value.remedy


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
    port = free_port()
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


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be two users")
def test_a_folder_of_another_user_is_named_in_either_order(data_dir: Path) -> None:
    prepare(data_dir)
    lock = data_dir / "stack.lock"
    lock.touch()
    os.chown(lock, 65_534, -1)
    with pytest.raises(Refused, match="was made by nobody") as caught:
        folder.locked(data_dir).__enter__()
    assert caught.value.remedy.startswith("Start as nobody")

    os.chown(lock, 0, -1)
    os.seteuid(65_534)
    try:
        with pytest.raises(Refused, match="was made by root, and you are nobody"):
            folder.locked(data_dir).__enter__()
    finally:
        os.seteuid(0)


def test_what_cannot_be_written_while_all_runs_is_said_and_runs_on(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # A folder in the file's place stops root too, as a full disk would.
    (data_dir / "children.part").mkdir(parents=True)

    folder.remember(data_dir, [])

    assert "children.json cannot be written" in capfd.readouterr().out


def test_settings_that_cannot_be_kept_are_named_before_anything_starts(
    data_dir: Path,
) -> None:
    (data_dir / "secrets.part").mkdir(parents=True)

    with (
        pytest.raises(Refused, match="secrets.json cannot be written"),
        running_services(data_dir, {"REDIS_URL": ""}),
    ):
        pass


def test_who_is_told_to_go_while_postgresql_comes_up_waits_no_longer(
    data_dir: Path,
) -> None:
    with (
        pytest.raises(Refused, match="stopped before PostgreSQL was up"),
        running_services(data_dir, {"REDIS_URL": ""}, is_stopping=lambda: True),
    ):
        pass

    assert not (data_dir / "postgres" / "postmaster.pid").exists()


HOSTS = {
    "": ("http://localhost:8010", "127.0.0.1"),
    "0.0.0.0": ("http://localhost:8010", "127.0.0.1"),
    "::": ("http://localhost:8010", "[::1]"),
    "::1": ("http://[::1]:8010", "[::1]"),
    "192.168.1.5": ("http://192.168.1.5:8010", "192.168.1.5"),
}


@pytest.mark.parametrize("host", HOSTS)
def test_where_it_listens_it_is_reached_and_let_in(host: str) -> None:
    base_url, let_in = HOSTS[host]

    told = settings_of({"HOST": host}, host=host or "127.0.0.1", port=8010)

    assert told["BASE_URL"] == base_url
    assert let_in in told["ALLOWED_HOSTS"].split(",")
    assert told["PLATFORM_SIMULATOR"] == f"http://{let_in}:8010"


@pytest.mark.parametrize(
    ("word", "demo"),
    [("", "1"), ("1", "1"), ("true", "1"), ("Yes", "1"), ("0", "0"), ("off", "0")],
)
def test_the_demo_is_switched_in_any_usual_spelling(word: str, demo: str) -> None:
    told = settings_of({"DEMO": word}, host="127.0.0.1", port=8010)

    assert told["DEMO"] == demo
    assert ("EID_SIMULATOR" in told) == (demo == "1")


def test_a_demo_that_is_neither_on_nor_off_is_named() -> None:
    with pytest.raises(Refused, match="DEMO must be 1 or 0, not 'maybe'"):
        settings_of({"DEMO": "maybe"}, host="127.0.0.1", port=8010)


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
