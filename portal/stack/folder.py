"""The data folder: may we use it, is it free, what did a killed stack leave behind."""

import fcntl
import hashlib
import json
import os
import pwd
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from portal.stack import files
from portal.stack.account import Account
from portal.stack.console import Refused, say
from portal.stack.supervisor import Child, end_group

# A first start with the demo's 20,000 people leaves 210 MB behind.
LEAST_FREE: Final = 300_000_000
# sun_path holds 108 bytes on Linux and 104 on macOS; the file's name takes 20.
_LONGEST_FOLDER = 80
# PostgreSQL takes a list of folders, its client one of hosts; Redis quotes its own.
_PARTING = frozenset(',"\\')
_CHILDREN = "children.json"


def prepare(data_dir: Path, *, least_free: int = LEAST_FREE) -> None:
    """Make the folder and prove that it takes data.

    Raises Refused when it cannot be written or the disk is nearly full.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir) as probe:
            probe.write(b"0" * 65_536)
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        raise files.cannot_write(data_dir, error) from error
    if free < least_free:
        raise Refused(
            f"the disk of {data_dir} is full ({free // 1_000_000} MB free, "
            f"{least_free // 1_000_000} MB needed).",
            "Make room, or choose another disk: make run DATA_DIR=/path/to/folder",
        )


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the folder for one stack; the system lets go of it however we end.

    Raises Refused while another stack holds it, and where it is another user's: what
    one of two wrote the other could not read, and PostgreSQL starts for its owner only.
    """
    path = data_dir / "stack.lock"
    try:
        owner = path.stat().st_uid if path.exists() else os.geteuid()
        if owner != os.geteuid():
            raise Refused(
                f"{data_dir} was made by {_name_of(owner)}, and you are "
                f"{_name_of(os.geteuid())}.",
                f"Start as {_name_of(owner)}, or choose another folder: "
                "make run DATA_DIR=/path/to/folder",
            )
        lock = path.open("a+")
    except OSError as error:
        raise files.cannot_write(path, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise Refused(
                f"another stack runs on {data_dir} (process {lock.read().strip()}).",
                "Stop that one with Ctrl-C, or give this one its own folder and port: "
                "make run DATA_DIR=var2 PORT=8010",
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def run_folder(data_dir: Path, account: Account) -> Path:
    """Return a private folder for sockets; under /tmp where the path cannot serve.

    The name under /tmp is a hash, so it can be guessed: a folder there that belongs
    to somebody else is refused.
    """
    folder = data_dir / "run"
    if len(os.fsencode(folder)) > _LONGEST_FOLDER or _PARTING & set(str(folder)):
        name = f"{os.geteuid()}:{data_dir}".encode()
        folder = Path("/tmp") / f"dumui-{hashlib.sha256(name).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat().st_uid
    if folder.is_symlink() or owner not in {os.geteuid(), account.user}:
        raise Refused(
            f"{folder} belongs to somebody else.",
            f"Remove it (rm -r {folder}), or choose a shorter data folder: "
            "make run DATA_DIR=/path",
        )
    account.own(folder)
    account.open_way(folder)
    return folder


def remember(data_dir: Path, children: list[Child]) -> None:
    """Note the running children, for the start after one that was killed.

    Only that start reads it: where it cannot be written a line says so, and what runs
    goes on.
    """
    rows = []
    for child in filter(Child.is_alive, children):
        try:
            rows.append([child.pid, psutil.Process(child.pid).create_time()])
        except psutil.NoSuchProcess:
            continue
    try:
        files.write_whole(data_dir / _CHILDREN, json.dumps(rows))
    except Refused as refused:
        say(f"{refused.problem} What runs goes on.")


def end_leftovers(data_dir: Path) -> None:
    """End what a stack that was killed left running; the caller holds the lock.

    A process is taken for ours only if its number and its time of birth both agree.
    """
    try:
        rows = json.loads((data_dir / _CHILDREN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for pid, born in reversed(rows):
        if pid and _is_alive(pid, born):
            say(f"ending process {pid}, left over from a stack that was killed")
            # SIGINT is the fast and clean stop of PostgreSQL; all others obey it too.
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + 10
            while _is_alive(pid, born) and time.monotonic() < deadline:
                time.sleep(0.05)
            end_group(pid)
    (data_dir / _CHILDREN).unlink()


def _is_alive(pid: int, born: float) -> bool:
    try:
        process = psutil.Process(pid)
        return (
            abs(process.create_time() - born) < 1
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False
