"""Both servers of a data folder, with everything a process needs to use them."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.env import STACK_FILE
from portal.stack import account, folder, postgres, redis, secrets
from portal.stack.supervisor import Child


@dataclass(frozen=True)
class Running:
    """Addresses of the servers, the processes that are ours, and the environment.

    `redis_url` is empty where there is no broker; `superuser_url` where the database
    is not ours. `environment` is the whole environment of a process of the portal.
    """

    owner_url: str
    app_url: str
    superuser_url: str
    redis_url: str
    postgres: Child | None
    redis: Child | None
    environment: Mapping[str, str]

    @property
    def children(self) -> list[Child]:
        """Return our server processes in the order of their start."""
        return [child for child in (self.postgres, self.redis) if child is not None]


@contextmanager
def running_services(
    data_dir: Path,
    given: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    *,
    is_durable: bool = True,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Running]:
    """Hold PostgreSQL and Redis of `data_dir`; stop them at the end.

    `given` holds the caller's variables, by default none: DATABASE_URL and REDIS_URL
    in it take the place of our servers (an empty REDIS_URL: no broker), and secrets
    in it that of the folder's own. `settings` are further variables for every process
    of this stack; they win over `given`. A stack that is not durable does not wait for
    the disk: for tests. `is_stopping` is asked while PostgreSQL comes up.

    Raises Refused when the folder cannot be used, a server does not start or the
    secrets of what a database holds are lost.
    """
    # An empty variable counts as absent, save that of the broker.
    given = {k: v for k, v in (given or {}).items() if v or k == "REDIS_URL"}
    data_dir = data_dir.resolve()
    folder.prepare(data_dir)
    with ExitStack() as stack:
        stack.enter_context(folder.locked(data_dir))
        folder.end_leftovers(data_dir)
        user = account.current()
        run_folder = folder.run_folder(data_dir, user)
        owner_url = app_url = given.get("DATABASE_URL", "")
        owner_url = given.get("DATABASE_OWNER_URL", "") or owner_url
        own = {}
        if not all(n in given or f"{n}_FILE" in given for n in secrets.NAMES):
            own = secrets.ensure(
                data_dir, may_create=lambda: not _holds_data(data_dir, owner_url)
            )
        redis_url = given.get("REDIS_URL")
        superuser_url = ""
        database = broker = None
        if not app_url:
            database = postgres.start(
                data_dir,
                run_folder,
                user,
                is_durable=is_durable,
                is_stopping=is_stopping,
            )
            stack.callback(database.child.stop)
            owner_url = database.url(postgres.OWNER)
            app_url = database.url(postgres.APPLICATION)
            superuser_url = database.superuser_url
        if redis_url is None:
            broker = redis.start(data_dir, run_folder)
            redis_url = broker.url if broker else ""
            if broker:
                stack.callback(broker.child.stop)
        made = own | {
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": app_url,
            "DATABASE_OWNER_URL": owner_url,
            "REDIS_URL": redis_url,
        }
        running = Running(
            owner_url=owner_url,
            app_url=app_url,
            superuser_url=superuser_url,
            redis_url=redis_url,
            postgres=database.child if database else None,
            redis=broker.child if broker else None,
            environment={
                **made,
                **given,
                **(settings or {}),
                "DATA_DIR": str(data_dir),
            },
        )
        folder.remember(data_dir, running.children)
        # For commands started by hand (see portal.env). What the caller gave is not
        # written: a password of theirs stays where it was.
        ours = {name: value for name, value in made.items() if name not in given}
        secrets.write_private(data_dir / STACK_FILE, {**ours, **(settings or {})})
        yield running


def _holds_data(data_dir: Path, owner_url: str) -> bool:
    """Tell whether there may be something that was sealed with secrets of before."""
    if owner_url:
        return postgres.holds_tables(owner_url)
    return (data_dir / "postgres" / "PG_VERSION").exists()


@contextmanager
def fresh_services(given: Mapping[str, str], *, is_durable: bool) -> Iterator[Running]:
    """Hold both servers on an empty temporary folder, which goes away at the end."""
    with tempfile.TemporaryDirectory(
        prefix="dumui-", ignore_cleanup_errors=True
    ) as name:
        # PostgreSQL's own user must get through when we are root.
        os.chmod(name, 0o711)
        with running_services(Path(name), given, is_durable=is_durable) as running:
            yield running
