"""The whole portal with one command: servers, steps, processes, addresses."""

import base64
import json
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from portal.env import BASE_DIR, Environment, Misconfigured, host_of
from portal.stack import addresses, folder
from portal.stack.console import Refused, say
from portal.stack.embedded import Running, running_services
from portal.stack.steps import Steps, fingerprint
from portal.stack.supervisor import Child, Command, Supervisor

_READY_WITHIN = 90.0
_PROBE_EVERY = 0.25
_QUEUES = "route,notify,import,report"
_ASKS = "population"
_LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"


def up(values: Mapping[str, str]) -> int:
    """Run everything until a signal comes; return the exit code.

    It is 0, save where the signal came before anybody could use the portal and was no
    Ctrl-C: whoever started it and went away should not read that all went well.

    `values` is the environment: PORT, HOST, DATA_DIR, DATABASE_URL, REDIS_URL, DEMO.
    Raises Refused when something keeps it from starting.
    """
    begun = time.monotonic()
    host = values.get("HOST", "") or "127.0.0.1"
    port = _port(values.get("PORT", "") or "8000")
    data_dir = data_folder(values)
    folder.prepare(data_dir)
    # Before the port: who starts twice should read that a stack runs already.
    with folder.locked(data_dir):
        folder.end_leftovers(data_dir)
    addresses.check_port(host, port)
    settings = settings_of(values, host=host, port=port)
    supervisor = Supervisor(
        changed=lambda children: folder.remember(data_dir, children)
    )
    supervisor.watch_signals()
    say(f"data folder {data_dir}")
    was_begun = False
    with running_services(
        data_dir, values, settings, is_stopping=lambda: supervisor.stopping
    ) as running:
        try:
            for child in running.children:
                supervisor.add(child)
            _take_steps(
                Steps(data_dir, running.environment, running.owner_url, supervisor)
            )
            was_begun = not supervisor.stopping
            if was_begun:
                children = portal_children(data_dir, running)
                # The page first: two cores start two programs faster than four.
                for child in children[:2]:
                    supervisor.add(child)
                _announce(supervisor, data_dir, settings, begun)
                for child in children[2:] if not supervisor.stopping else ():
                    supervisor.add(child)
            supervisor.run()
        finally:
            supervisor.stop()
    say("stopped; the data is kept")
    early = supervisor.stopped_by if not was_begun else None
    return 128 + early if early and early != signal.SIGINT else 0


def data_folder(values: Mapping[str, str]) -> Path:
    """Return DATA_DIR, by default `var` in the project's folder."""
    return (BASE_DIR / (values.get("DATA_DIR", "") or "var")).resolve()


def settings_of(values: Mapping[str, str], *, host: str, port: int) -> dict[str, str]:
    """Return what the portal's processes are told beside the caller's variables.

    The address it listens on is let in, so that it can be asked whether it is ready.
    Raises Refused where DEMO is neither on nor off.
    """
    here = addresses.http(addresses.own(host), port)
    base_url = addresses.http(addresses.shown(host), port)
    is_demo = _is_demo(values)
    settings = {
        "DEMO": "1" if is_demo else "0",
        "HOST": host,
        "PORT": str(port),
        "BASE_URL": values.get("BASE_URL", "") or base_url,
        "ALLOWED_HOSTS": f"{values.get('ALLOWED_HOSTS', '') or _LOCAL_HOSTS},"
        f"{host_of(here)}",
        "PYTHONUNBUFFERED": "1",
    }
    if is_demo and not values.get("POPULATION_URL"):
        settings |= neighbour()
    if is_demo and not values.get("EID_ISSUER"):
        settings |= eid(settings["BASE_URL"])
    if is_demo and not values.get("FEED_TOKEN"):
        settings |= platform(here)
    return settings


def _is_demo(values: Mapping[str, str]) -> bool:
    environment = Environment({"DEMO": values.get("DEMO", "") or "1"})
    is_demo = environment.flag("DEMO")
    try:
        environment.finish()
    except Misconfigured as error:
        raise Refused(
            f"DEMO must be 1 or 0, not {values['DEMO']!r}.",
            "For example: make run DEMO=0",
        ) from error
    return is_demo


def neighbour() -> dict[str, str]:
    """Return where the demo's population database will listen, and its shared key.

    Another program may take the free port before it starts: then the supervisor tries
    in vain, says so, and comparisons wait for the next start.
    """
    port = addresses.free_port()
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "POPULATION_URL": f"http://127.0.0.1:{port}",
        "POPULATION_KEYS": f"1:{key}",
        "POPULATION_SIMULATOR": str(port),
    }


def eid(base_url: str) -> dict[str, str]:
    """Return where the demo's e-ID will listen, and what it knows the portal by.

    Browsers are sent there, so it is reached by the portal's own host name.
    """
    port = addresses.free_port()
    return {
        "EID_ISSUER": f"http://{host_of(base_url) or 'localhost'}:{port}",
        "EID_CLIENT_ID": "du-mui",
        "EID_CLIENT_SECRET": secrets.token_urlsafe(32),
        "EID_SIMULATOR": str(port),
    }


def platform(here: str) -> dict[str, str]:
    """Return where the demo's national platform reads corrections, and its token."""
    return {"FEED_TOKEN": secrets.token_urlsafe(50), "PLATFORM_SIMULATOR": here}


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65_536:
        return int(text)
    raise Refused(
        f"PORT must be a number from 1 to 65535, not {text!r}.",
        "For example: make run PORT=8010",
    )


def _take_steps(steps: Steps) -> None:
    """Bring database and static files up to this code; skip what is so already."""
    identity = steps.database_identity()
    state = (BASE_DIR / "requirements.lock").stat()
    # The packages' own migrations and static files change with the lock file.
    lock = f"{state.st_size} {state.st_mtime_ns}"

    def schema() -> str:
        code = fingerprint(_ours("migrations"))
        return f"{identity} {lock} {code} {steps.applied_migrations()}"

    def reference() -> str:
        registry = BASE_DIR / "portal" / "registry"
        read = fingerprint([registry / "reference", registry / "management"])
        return f"{identity} {read}"

    def static() -> str:
        there = (steps.data_dir / "static").exists()
        return f"{lock} {fingerprint(_ours('static'))} {there}"

    # Each time: what may not reach the public hangs on settings, which no stamp knows.
    steps.manage("check", "--tag", "security", "--database", "default")
    quiet = ("--no-input", "--verbosity", "0")
    steps.manage_once(schema, "migrate", *quiet)
    steps.manage_once(reference, "load_reference")
    if steps.environment["DEMO"] == "1":
        seed = ("seed_demo", "--people", steps.environment.get("DEMO_PEOPLE", "20000"))
        if not steps.manage_once(lambda: identity, *seed):
            # Its file names the address of this start, and how cases stand today.
            steps.manage(*seed, "--file-only")
    steps.manage_once(static, "collectstatic", *quiet)


def _ours(name: str) -> list[Path]:
    """Return all folders of that name in the code."""
    tops = (BASE_DIR / "portal", BASE_DIR / "complaints")
    return sorted(path for top in tops for path in top.glob(f"**/{name}"))


def portal_children(data_dir: Path, running: Running) -> list[Child]:
    """Return the portal's own processes, in the order of their start.

    Web and poller alone make a whole portal: without a broker there are no others.
    """
    env = running.environment
    web = (
        "granian --interface wsgi --workers 2 --blocking-threads 1 --no-ws "
        "--respawn-failed-workers --workers-kill-timeout 15"
    )
    celery = "celery -A portal.celery"
    (data_dir / "beat").mkdir(exist_ok=True)
    words = {
        "web": [
            *_module(web),
            *("--host", env["HOST"], "--port", env["PORT"], "portal.wsgi:application"),
        ],
        "poller": [sys.executable, "manage.py", "work", "--poll"],
        "worker": _module(
            f"{celery} worker -Q {_QUEUES} --concurrency 2 --loglevel INFO "
            "--without-gossip --without-mingle --without-heartbeat"
        ),
        # One task at a time, without the time limits that a slow neighbour would meet.
        "asker": _module(
            f"{celery} worker -Q {_ASKS} --pool solo --loglevel INFO -n asker@%h "
            "--without-gossip --without-mingle --without-heartbeat"
        ),
        "beat": [
            *_module(f"{celery} beat --loglevel INFO --pidfile="),
            f"--schedule={data_dir / 'beat' / 'schedule'}",
        ],
    }
    if not running.redis_url:
        del words["worker"], words["asker"], words["beat"]
    if port := env.get("POPULATION_SIMULATOR"):
        simulator = ["manage.py", "population_simulator", "--port", port]
        words["neighbour"] = [sys.executable, *simulator]
    if port := env.get("EID_SIMULATOR"):
        name = host_of(env["EID_ISSUER"])
        where = ["--host", env["HOST"], "--name", name, "--port", port]
        words["eid"] = [sys.executable, "manage.py", "eid_simulator", *where]
    if url := env.get("PLATFORM_SIMULATOR"):
        follower = ["manage.py", "platform_simulator", "--url", url]
        words["platform"] = [sys.executable, *follower]
    return [
        Child(
            Command(
                name=name,
                words=command,
                environment=env,
                log=data_dir / "log" / f"{name}.log",
                folder=BASE_DIR,
            )
        )
        for name, command in words.items()
    ]


def _module(line: str) -> list[str]:
    return [sys.executable, "-m", *line.split()]


def _announce(
    supervisor: Supervisor, data_dir: Path, settings: Mapping[str, str], begun: float
) -> None:
    """Wait until the portal answers, then say where it is and who may come in."""
    here = addresses.http(addresses.own(settings["HOST"]), int(settings["PORT"]))
    probe = _Probe(f"{here}/readyz")
    supervisor.run(until=probe.is_over)
    if supervisor.stopping:
        return
    if not probe.ready:
        say(
            f"{probe.url} has not answered 200 for {_READY_WITHIN:.0f} s "
            f"(last: {probe.last}); going on. Logs: {data_dir / 'log'}"
        )
        return
    say()
    say(f"Ready after {time.monotonic() - begun:.1f} s: {settings['BASE_URL']}/")
    if settings["DEMO"] == "1":
        _introduce(data_dir / "demo.json", settings["BASE_URL"])
    say(f"Logs in {data_dir / 'log'}. Ctrl-C stops everything; the data is kept.")


class _Probe:
    """Asks one address now and then whether the portal is ready."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ready = False
        self.last = "no answer"
        self._deadline = time.monotonic() + _READY_WITHIN
        self._next = 0.0
        # A proxy of the environment knows nothing of our loopback address.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def is_over(self) -> bool:
        """Ask if it is time to; return whether waiting has an end."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PROBE_EVERY
            try:
                with self._opener.open(self.url, timeout=2) as answer:
                    self.ready = answer.status == 200
            except (OSError, urllib.error.HTTPError) as error:
                self.last = str(error)
        return self.ready or now > self._deadline


def _introduce(path: Path, base_url: str) -> None:
    """Print the demo's people; a file of another shape is named, not guessed at."""
    try:
        demo = json.loads(path.read_text(encoding="utf-8"))
        people = [
            f"  {p['full_name']}, {p['national_id']}, born {p['born_on']}, "
            f"{p['phone']} ({p['label']})"
            for p in demo["citizens"]
        ]
        # One for each role; the file has the others.
        by_role = {s["role"]: s for s in reversed(demo["staff"])}
        staff = [
            f"  {s['username']} / {s['password']} ({s['role']}, {s['organization']})"
            for s in by_role.values()
        ]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        say(f"{path} cannot be read: {error!r}")
        return
    say("\nPeople of the demo (all invented):")
    for line in people[:8]:
        say(line)
    say(f"Their messages arrive at {base_url}/demo/dien-thoai/")
    say(f"\nStaff, at {base_url}/dang-nhap/:")
    for line in staff:
        say(line)
    say(f"All of them, with second factors: {path}\n")
