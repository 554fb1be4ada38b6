"""``python -m bench [--quick] [--only WORDS] [--json FILE]`` on fresh servers.

Started by ``make bench``, which gives it an empty PostgreSQL and Redis by
``portal.stack run``. Refuses a database that has rows already.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

# The portal's modules can be imported only after Django is set up.
from bench import (  # noqa: E402
    alike,
    bulk,
    lists,
    loads,
    pages,
    quality,
    routing,
    staff,
    wide,
)
from bench.floor import schema  # noqa: E402
from bench.rounds import Line  # noqa: E402
from bench.sizes import FULL, QUICK, Sizes  # noqa: E402
from portal.env import BASE_DIR  # noqa: E402
from portal.stack.console import say  # noqa: E402

Part = Callable[[Sizes, psycopg.Connection, Path], list[Line]]
PARTS: dict[str, Part] = {
    "pages": pages.measure,
    "alike": alike.measure,
    "queue": staff.measure_few,
    "routing": routing.measure,
    "loads": loads.measure,
    "long_queue": staff.measure_many,
    "wide_queue": wide.measure,
    "bulk": bulk.measure,
    "figures": staff.measure_figures,
    "lists": lists.measure,
    "quality": quality.measure,
}

# Sizes that can be given one by one.
_SIZES: dict[str, str] = {
    "people": "so many invented people",
    "closed": "so many complaints behind the figures, a fifth of them open",
    "holders": "of so many organizations",
    "days": "sent in so many days up to now",
    "rounds": "so many rounds",
}


def main(words: Sequence[str]) -> int:
    """Fill the database, take all measures, print the table, write the document."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    for name, meaning in _SIZES.items():
        parser.add_argument(f"--{name}", type=int, help=meaning)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument(
        "--json", type=Path, default=BASE_DIR / "var" / "bench.json", metavar="FILE"
    )
    chosen = parser.parse_args(words)
    # So that the servers are stopped in order, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    sizes = QUICK if chosen.quick else FULL
    given = {name: getattr(chosen, name) for name in _SIZES}
    sizes = replace(sizes, **{name: n for name, n in given.items() if n})
    begun = time.monotonic()
    folder = Path(os.environ["DATA_DIR"])
    lines = [_fill(sizes)]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        schema.make(owner, people=sizes.people)
        for name, part in PARTS.items():
            if name in chosen.only:
                say(f"... {name}, {time.monotonic() - begun:.0f} s")
                found = part(sizes, owner, folder)
                # At once as well: who stops a long run keeps what it has found.
                say(table(found))
                lines += found
    say()
    say(table(lines))
    say(f"{time.monotonic() - begun:.0f} s in all")
    _write(chosen.json, sizes, lines)
    return 0


def table(lines: Sequence[Line]) -> str:
    """Return the figures as columns."""
    rows = [("measure", "ours", "floor", "ratio (range)", "must", "more")]
    for line in lines:
        ratio = ""
        if line.ratio is not None and line.ratio_range is not None:
            low, high = line.ratio_range
            ratio = f"{line.ratio:.2f}x ({low:.2f}-{high:.2f})"
        rows.append(
            (
                line.name,
                f"{line.ours:,.1f} {line.unit}",
                "" if line.floor is None else f"{line.floor:,.1f} {line.floor_name}",
                ratio,
                line.must,
                ", ".join(f"{name} {_short(v)}" for name, v in line.more.items()),
            )
        )
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)
        ).rstrip()
        for row in rows
    )


def _short(value: object) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def _fill(sizes: Sizes) -> Line:
    """Migrate, load reference data and invented people, who are a measure too."""
    as_owner = {**os.environ, "DATABASE_URL": os.environ["DATABASE_OWNER_URL"]}

    def manage(*words: str) -> str:
        say(f"... {words[0]}")
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=BASE_DIR,
            env=as_owner,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    manage("migrate", "--verbosity", "0")
    manage("load_reference")
    manage("collectstatic", "--no-input", "--verbosity", "0")
    told = json.loads(manage("seed_demo", "--people", str(sizes.people), "--json"))
    return Line(
        "invented people by COPY",
        "people/s",
        told["people_per_second"],
        must="20,000",
        more={"people": told["people"], "doses": told["doses"]},
    )


def _write(path: Path, sizes: Sizes, lines: Sequence[Line]) -> None:
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
            "django": django.get_version(),
        },
        "sizes": asdict(sizes),
        "lines": [line.as_json() for line in lines],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    say(f"Written to {path}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
