"""Rows of a session list read and normalised a second on one core, and the memory.

The list is like those of health stations: a title, names, days as text, numbers as
spreadsheets spoil them. It is read in a process of its own; the workbook is opened in
a child of that, and the memory is the most of both together. Then the command judges
the same list against the registry: its memory is what a server must have left.
"""

import io
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import django
import psycopg
import xlsxwriter
from django.core.management import call_command

from bench.rounds import Line
from bench.sizes import Sizes
from portal.common.names import fold
from portal.env import BASE_DIR
from portal.registry.imports import reading
from portal.registry.imports.rows import Vocabulary

ROWS = 100_000
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Võ", "Hoàng", "Đặng", "Bùi", "Đỗ", "Hồ")
_MIDDLES = ("Văn", "Thị Kim", "Ngọc", "Gia", "Thanh", "Bích", "Đức", "Thị Thu", "Hữu")
_GIVEN = ("Hùng", "Hoa", "Lộc", "Đạt", "Quỳnh", "Phúc", "Oanh", "Thuý", "Sơn", "Hoà")
_HEADER = ("STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CMND/CCCD")
_HEADER += ("Số điện thoại", "Địa chỉ", "Loại vắc xin", "Số lô", "Mũi", "Giờ tiêm")


_MOST_MIB = "300"


def measure(sizes: Sizes, owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Measure the reading alone, without the registry, then the command's dry run."""
    rows = ROWS if sizes.rounds > 3 else ROWS // 10
    path = folder / "list.xlsx"
    write(path, rows=rows)
    told = _in_its_own_process("read", str(path))
    (site,) = owner.execute(
        "SELECT code FROM registry_organization WHERE gives_doses ORDER BY id LIMIT 1"
    ).fetchall()[0]
    judged = _in_its_own_process("judge", str(path), site)
    return [
        Line(
            "session list read and normalised",
            "rows/s of one core",
            told["rows"] / told["seconds"],
            must="2,000",
        ),
        _memory("session list read: memory", told),
        _memory("import_session_list --dry-run: memory", judged),
    ]


def _memory(name: str, told: dict[str, float]) -> Line:
    return Line(
        name,
        "MiB",
        told["mebibytes"],
        must=_MOST_MIB,
        more={"rows": told["rows"], "MiB of the opener": told["of_opener"]}
        | {"s": told["seconds"]},
    )


def _in_its_own_process(*words: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.lists", *words],
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def write(path: Path, *, rows: int) -> None:
    """Write an invented list; the same rows each time."""
    chance = random.Random(2021)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("DS tiêm")
        sheet.write_string(0, 0, "DANH SÁCH TIÊM VẮC XIN NGÀY 14/08/2021")
        sheet.write_row(2, 0, _HEADER)
        for number in range(rows):
            sheet.write_row(number + 3, 0, _person(chance, number + 1))


def _person(chance: random.Random, number: int) -> list[str | int]:
    year, is_woman = chance.randrange(1940, 2003), chance.randrange(2)
    place = (
        f"79{is_woman + 2 * (year > 1999)}{year % 100:02}{chance.randrange(10**6):06}"
    )
    phone = f"9{chance.randrange(10**8):08}"
    spoilt = chance.randrange(5) == 0
    return [
        number,
        " ".join(map(chance.choice, (_FAMILIES, _MIDDLES, _GIVEN))),
        f"{chance.randrange(1, 29):02}/{chance.randrange(1, 13):02}/{year}",
        ("Nam", "Nữ")[is_woman],
        int(place) if spoilt else f"0{place}",
        int(phone) if spoilt else f"0{phone}",
        "nt" if chance.randrange(2) else f"{number} đường số 8",
        chance.choice(("AstraZeneca", "AZ", "nt")) if number > 1 else "AZ",
        chance.choice(("PV46677", "pv46677", "21O101")),
        chance.choice(("Mũi 1", "II", 2)),
        "8h30",
    ]


def _read(path: Path) -> int:
    words = {fold(word): "vaxzevria" for word in ("AstraZeneca", "AZ")}
    rows = reading.read(path, vocabulary=Vocabulary(words, {}), on=date(2022, 1, 1))
    return sum(1 for _row in rows)


class _Rows(io.StringIO):
    """Counts the rows of the document that is written, and keeps nothing."""

    count = 0

    def write(self, text: str) -> int:
        self.count += text.removeprefix(", ").startswith('{"sheet"')
        return len(text)


def _judge(path: Path, site: str) -> int:
    django.setup()
    rows = _Rows()
    call_command(
        *("import_session_list", str(path), "--site", site, "--dry-run", "--json"),
        stdout=rows,
    )
    return rows.count


def _measured(count: Callable[[], int]) -> dict[str, float]:
    begun = time.process_time()
    rows = count()
    opener = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "rows": rows,
        # Of both processes, as if they took turns on one core.
        "seconds": time.process_time() - begun + opener.ru_utime + opener.ru_stime,
        "mebibytes": (_most_kibibytes() + opener.ru_maxrss) / 1024,
        "of_opener": opener.ru_maxrss / 1024,
    }


def _most_kibibytes() -> int:
    """Return the most memory that this process has held.

    Not what getrusage says of us: it begins with what the caller held before it made
    this process. The opener's is at most that of ours, which is small then.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0])


if __name__ == "__main__":
    what, path, *site = sys.argv[1:]
    work = _read if what == "read" else _judge
    sys.stdout.write(json.dumps(_measured(lambda: work(Path(path), *site))))
