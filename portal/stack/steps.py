"""The steps between running servers and running portal: each once, each in words."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.env import BASE_DIR
from portal.stack import files, folder, postgres
from portal.stack.console import Refused, say
from portal.stack.supervisor import Child, Command, Supervisor, end_group

_STAMPS = "stamps.json"
_STOP_WITHIN = 15.0


@dataclass(frozen=True)
class Steps:
    """Runs `manage.py` commands as the owner of the tables, and remembers some."""

    data_dir: Path
    environment: Mapping[str, str]
    owner_url: str
    supervisor: Supervisor

    def manage(self, *words: str) -> None:
        """Run a command with its output visible; nothing once we are told to stop.

        Raises Refused, naming the command, when it fails.
        """
        if self.supervisor.stopping:
            return
        say(f"... {words[0]}")
        code = self._run([sys.executable, "manage.py", *words])
        if code and not self.supervisor.stopping:
            raise Refused(
                f"`manage.py {words[0]}` failed (exit code {code}).",
                "Its message stands above; the data is as that command left it. "
                "The next start takes this step again.",
            )

    def manage_once(self, stamp: Callable[[], str], *words: str) -> bool:
        """Run a command unless it succeeded before with the same stamp; say if it ran.

        The stamp is taken again afterwards, as a command may change what it is of.
        """
        path = self.data_dir / _STAMPS
        try:
            stamps = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # Unknown is not done: these commands may be run twice.
            stamps = {}
        if stamps.get(words[0]) == stamp():
            return False
        self.manage(*words)
        if not self.supervisor.stopping:
            stamps[words[0]] = stamp()
            files.write_whole(path, json.dumps(stamps, indent=1))
        return True

    def database_identity(self) -> str:
        """Return what tells this database from any other, one made anew included.

        Raises Refused when the database cannot be reached.
        """
        return postgres.ask(
            self.owner_url,
            "SELECT system_identifier, oid FROM pg_control_system(), pg_database"
            " WHERE datname = current_database()",
        )

    def applied_migrations(self) -> str:
        """Return a digest of what the database says of its own schema.

        A database put back from an older back-up tells itself from its former self.
        Raises Refused when the database cannot be reached.
        """
        if not postgres.holds_tables(self.owner_url):
            return "none"
        return postgres.ask(
            self.owner_url,
            "SELECT md5(string_agg(app || '.' || name, ',' ORDER BY app, name))"
            " FROM django_migrations",
        )

    def _run(self, words: Sequence[str]) -> int:
        environment = {**self.environment, "DATABASE_URL": self.owner_url}
        process = subprocess.Popen(
            words,
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        # It outlives us if we are killed; the next start has to end it first, or two
        # of the same write at once.
        servers = [member.child for member in self.supervisor.members]
        log = self.data_dir / "log" / "steps.log"
        step = Child(Command("step", words, environment, log, BASE_DIR), process)
        folder.remember(self.data_dir, [*servers, step])
        try:
            return self._wait(process)
        finally:
            folder.remember(self.data_dir, servers)

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for a step, or end it when we are told to stop; return its code."""
        told = None
        while process.poll() is None:
            now = time.monotonic()
            if self.supervisor.stopping and told is None:
                process.send_signal(signal.SIGINT)
                told = now
            if told is not None and now - told > _STOP_WITHIN:
                end_group(process.pid)
            time.sleep(0.05)
        return process.returncode


def fingerprint(folders: Iterable[Path]) -> str:
    """Return a digest of names, sizes and times of all files below `folders`."""
    digest = hashlib.sha256()
    for top in folders:
        for path, names, found in os.walk(top):
            names[:] = sorted(name for name in names if name != "__pycache__")
            for file in sorted(found):
                state = os.stat(os.path.join(path, file))
                row = f"{path}/{file}:{state.st_size}:{state.st_mtime_ns}\n"
                digest.update(row.encode())
    return digest.hexdigest()
