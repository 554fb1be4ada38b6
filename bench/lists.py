"""Rows of a session list read and normalised a second on one core, and the memory.

The list is like those of health stations: a title, names, days as text, numbers as
spreadsheets spoil them. It is read in a process of its own; the workbook is opened in
a child of that, and the memory is the most of both together.
"""

import json
import random
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import psycopg
import xlsxwriter

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


def measure(sizes: Sizes, _owner: psycopg.Connection, folder: Path) -> list[Line]:
    """Measure the reading alone, without the registry."""
    rows = ROWS if sizes.rounds > 3 else ROWS // 10
    path = folder / "list.xlsx"
    write(path, rows=rows)
    done = subprocess.run(
        [sys.executable, "-m", "bench.lists", str(path)],
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        check=True,
    )
    told = json.loads(done.stdout)
    return [
        Line(
            "session list read and normalised",
            "rows/s of one core",
            told["rows"] / told["seconds"],
            must="2,000",
            more={"rows": told["rows"], "MiB": told["mebibytes"]}
            | {"MiB of the opener": told["of_opener"]},
        )
    ]


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


def _read(path: Path) -> dict[str, float]:
    words = {fold(word): "vaxzevria" for word in ("AstraZeneca", "AZ")}
    begun = time.process_time()
    rows = 0
    for _row in reading.read(
        path, vocabulary=Vocabulary(words, {}), on=date(2022, 1, 1)
    ):
        rows += 1
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
    sys.stdout.write(json.dumps(_read(Path(sys.argv[1]))))
