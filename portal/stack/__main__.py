"""`python -m portal.stack up | services | run -- COMMAND`."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.env import without_settings
from portal.stack import folder
from portal.stack.console import Refused, complain, say
from portal.stack.embedded import fresh_services, running_services
from portal.stack.supervisor import Supervisor
from portal.stack.up import data_folder, up


def main(words: Sequence[str]) -> int:
    """Run one of the three commands and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m portal.stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="everything, until Ctrl-C")
    commands.add_parser("services", help="PostgreSQL and Redis only, until Ctrl-C")
    run = commands.add_parser("run", help="one command on fresh servers")
    run.add_argument(
        "--throwaway", action="store_true", help="do not wait for the disk: for tests"
    )
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    chosen = parser.parse_args(words)
    values = _with_programs(os.environ)
    try:
        if chosen.command == "run":
            command = chosen.words[1:] if chosen.words[:1] == ["--"] else chosen.words
            if not command:
                parser.error("a command is missing")
            return run_on_fresh(command, values, is_durable=not chosen.throwaway)
        if chosen.command == "services":
            serve(data_folder(values), values)
        else:
            return up(values)
    except Refused as refused:
        complain(refused)
        return 1
    return 0


def _with_programs(values: Mapping[str, str]) -> dict[str, str]:
    """Put the programs of this Python's environment first on the PATH."""
    programs = str(Path(sys.executable).parent)
    return {**values, "PATH": os.pathsep.join([programs, values.get("PATH", "")])}


def serve(data_dir: Path, values: Mapping[str, str]) -> None:
    """Hold both servers in the foreground, restarted when they die."""
    supervisor = Supervisor(
        changed=lambda children: folder.remember(data_dir, children)
    )
    supervisor.watch_signals()
    with running_services(data_dir, values) as running:
        for child in running.children:
            supervisor.add(child)
        say(f"DATABASE_URL={running.app_url}")
        say(f"DATABASE_OWNER_URL={running.owner_url}")
        # Its address holds a password, which a terminal should not keep.
        say(f"REDIS_URL and the secrets stand in {data_dir / 'environment.json'}")
        supervisor.run()
        supervisor.stop()


def run_on_fresh(
    command: Sequence[str], values: Mapping[str, str], *, is_durable: bool
) -> int:
    """Run a command on fresh servers in a temporary folder; return its exit code.

    The servers are stopped and the folder removed however the command ends.
    """
    stop = Supervisor()
    stop.watch_signals()
    # Ctrl-C reaches the command by itself, as it shares our terminal; we wait for it.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    # Fresh servers hold nothing real, so the checks of a production do not apply; and
    # nothing real comes in: invented numbers may be those of real subscribers.
    given = without_settings(values) | {"DEMO": "1"}
    with fresh_services(given, is_durable=is_durable) as running:
        try:
            process = subprocess.Popen(command, env=dict(running.environment))
        except OSError as error:
            raise Refused(
                f"{command[0]} cannot be run ({error.strerror}).",
                "Is it installed? `make check` and `make test` install what they need.",
            ) from error
        told = False
        while True:
            try:
                code = process.wait(0.1)
            except subprocess.TimeoutExpired:
                if stop.stopping and not told:
                    told = True
                    process.terminate()
            else:
                return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
