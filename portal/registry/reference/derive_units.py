"""Derive the administrative units and their successions from vietnamadminunits.

Run at build time only, from a folder with the unpacked package (MIT, version 1.0.4):

    python -m portal.registry.reference.derive_units --package DIR

It writes units.csv.gz, successions.csv.gz and aliases.csv.gz beside itself, the same
bytes on every run. Coordinates are left out: those of the old units came from a
commercial geocoder. The package's list of old units stands at 1 January 2025; communes
merged between 2021 and 2025 are kept as aliases of the commune they went into.
"""

import argparse
import csv
import gzip
import io
import json
import math
import re
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from portal.common.names import fold

HERE = Path(__file__).parent

# Resolution 202/2025/QH15 and Law 72/2025/QH15: new provinces and communes from
# 1 July 2025, districts end. The old list has no dates; the day stands for "before
# the first dose of the campaign".
OLD_FROM, REFORM = "2021-01-01", "2025-07-01"

# Names that people write and the package does not know (or knows only as keys).
PROVINCE_ALIASES = {
    "01": ("HN", "Ha Noi city"),
    "31": ("HP",),
    "46": ("Thừa Thiên Huế", "Thừa Thiên - Huế", "TT Huế", "TTH"),
    "48": ("ĐN", "Da Nang city"),
    "66": ("Đắc Lắc", "Dak Lak", "Daklak", "Đăk Lăk"),
    "67": ("Đắc Nông", "Daknong", "Đăk Nông"),
    "77": ("BR-VT", "BRVT", "Bà Rịa", "Vũng Tàu", "Bà Rịa Vũng Tàu"),
    "79": ("TP.HCM", "HCM", "HCMC", "Sài Gòn", "SG", "Tp Hồ Chí Minh", "TPHCM"),
    "92": ("CT",),
}
# Districts as they were in 2021 that the list of 2025 no longer has, by district code.
DISTRICT_ALIASES = {"769": ("Quận 2", "Quận 9", "Quận Thủ Đức")}

WORDS = {
    "thanhpho": "Thành phố",
    "thitran": "Thị trấn",
    "phuong": "Phường",
    "huyen": "Huyện",
    "thixa": "Thị xã",
    "quan": "Quận",
    "xa": "Xã",
}
TYPED = re.compile(rf"({'|'.join(WORDS)})(.+)")


class Unit(NamedTuple):
    """A row of units.csv.gz; ``parent`` is the code of the unit that holds it."""

    code: str
    epoch: str
    level: str
    name: str
    parent: str
    valid_from: str
    valid_to: str


def new_code(official: str) -> str:
    """Return our code of a unit of the new epoch.

    The reform gave nearly every new unit the official code of an old one (3,316 of
    3,321 communes), so the number alone no longer names a unit.
    """
    return f"N{official}"


def units(old: Sequence[Mapping], new: Sequence[Mapping]) -> list[Unit]:
    """Return all units of both epochs, ordered by epoch, level and code."""
    found = set()
    for row in old:
        province, district = row["provinceCode"], row["districtCode"]
        span = (OLD_FROM, REFORM)
        found.add(Unit(province, "old", "province", row["province"], "", *span))
        found.add(Unit(district, "old", "district", row["district"], province, *span))
        if row["wardCode"]:
            name = row["ward"]
            found.add(Unit(row["wardCode"], "old", "commune", name, district, *span))
    for row in new:
        province, commune = new_code(row["provinceCode"]), new_code(row["wardCode"])
        span = (REFORM, "")
        found.add(Unit(province, "new", "province", row["province"], "", *span))
        found.add(Unit(commune, "new", "commune", row["ward"], province, *span))
    levels = ("province", "district", "commune")
    return sorted(found, key=lambda u: (u.epoch == "new", levels.index(u.level), u))


def successions(
    old: Sequence[Mapping], new: Sequence[Mapping], crosswalk: Mapping
) -> list[tuple[str, str, int]]:
    """Return (old code, new code, is default) for provinces, districts and communes.

    A district's default is the new commune that takes most of its old communes.
    """
    news = {
        (row["provinceKey"], row["wardKey"]): new_code(row["wardCode"]) for row in new
    }
    targets: dict[str, list[tuple[str, bool]]] = {}
    for province, communes in crosswalk["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for commune, keys in communes.items():
            for key in keys:
                targets[key] = [(news[province, commune], True)]
    for province, divided in crosswalk["DICT_PROVINCE_WARD_DIVIDED"].items():
        for key, parts in divided.items():
            targets[key] = [
                (news[province, part["newWardKey"]], part["isDefaultNewWard"])
                for part in parts
            ]

    rows: set[tuple[str, str, int]] = set()
    weights: dict[str, Counter] = defaultdict(Counter)
    for row in old:
        key = f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"
        for code, is_default in targets[key]:
            weights[row["districtCode"]][code] += 1 + 1000 * is_default
            if row["wardCode"]:
                rows.add((row["wardCode"], code, int(is_default)))
    for district, weight in weights.items():
        most = min(weight, key=lambda code: (-weight[code], code))
        rows.update((district, code, int(code == most)) for code in weight)

    new_provinces = {row["provinceKey"]: row["provinceCode"] for row in new}
    old_provinces = {row["provinceKey"]: row["provinceCode"] for row in old}
    for into, keys in crosswalk["DICT_PROVINCE"].items():
        code = new_code(new_provinces[into])
        rows.update((old_provinces[key], code, 1) for key in keys)
    return sorted(rows)


def aliases(old: Sequence[Mapping], legacy: Mapping) -> list[tuple[str, str]]:
    """Return (code, other name): merged communes, former districts, city nicknames.

    Spellings that follow from a name by rule (P.7, P 07, Q3, xã without its type) are
    not stored; ``places`` derives them for names and aliases alike.
    """
    spaced = _Spacer(old)
    rows: set[tuple[str, str]] = set()
    for code, names in {**PROVINCE_ALIASES, **DISTRICT_ALIASES}.items():
        rows.update((code, name) for name in names)
    for row in old:
        for column, code, name in (
            ("districtAlias", row["districtCode"], row["district"]),
            ("wardAlias", row["wardCode"], row["ward"]),
        ):
            if name is None:  # five island districts have no communes
                continue
            keys = json.loads(row[column] or "[]")
            rows.update((code, alias) for alias in _readable(keys, name, spaced))
    districts = {(r["provinceKey"], r["districtKey"]): r["districtCode"] for r in old}
    for province, divided in legacy["DICT_PROVINCE_DISTRICT_DIVIDED"].items():
        for former, entry in divided.items():
            for district in entry["districts"]:
                if district != former and TYPED.fullmatch(former):
                    words = _readable([former], "", spaced)
                    rows.update((districts[province, district], w) for w in words)
    return sorted(rows)


def _readable(keys: Iterable[str], name: str, spaced: "_Spacer") -> Iterable[str]:
    """Yield names for the package's run-together keys that say something new.

    Keys without a type word only repeat a typed one or misspell the present name.
    """
    typed = {key: TYPED.fullmatch(key) for key in map(_plain, keys)}
    # "phuongmao" is no phường where "xaphuongmao" stands beside it.
    said = {_plain(name), *(match[2] for match in typed.values() if match)}
    for key, match in typed.items():
        if not match or key in said:
            continue
        number = re.fullmatch(r"0?(\d{1,2})", match[2])
        rest = str(int(number[1])) if number else spaced(match[2]).title()
        yield f"{WORDS[match[1]]} {rest}"


def _plain(text: str) -> str:
    return fold(text).replace(" ", "")


class _Spacer:
    """Puts spaces back into a run-together name, by the syllables of all names."""

    def __init__(self, rows: Sequence[Mapping]):
        words: Counter[str] = Counter()
        for row in rows:
            for column in ("province", "district", "ward"):
                words.update(fold(row[column] or "").split())
        total = sum(words.values())
        self.cost = {
            word: math.log(total / count) + 1
            for word, count in words.items()
            if len(word) > 1 or word.isdigit()
        }

    def __call__(self, key: str) -> str:
        return " ".join(self._best(key)[1])

    @lru_cache(4096)  # noqa: B019 - lives as long as this short script
    def _best(self, key: str) -> tuple[float, tuple[str, ...]]:
        if not key:
            return 0.0, ()
        options: list[tuple[float, tuple[str, ...]]] = [(30.0 + len(key), (key,))]
        for end in range(1, min(len(key), 7) + 1):
            cost = self.cost.get(key[:end])
            if cost is not None:
                rest, words = self._best(key[end:])
                options.append((cost + rest, (key[:end], *words)))
        return min(options)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence]) -> int:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last count is the answer
        writer.writerow(row)
    # No time and no file name in the header, so that equal rows are equal bytes.
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    return count


def main(arguments: Sequence[str] | None = None) -> None:
    """Derive the three files from the package's folder and say how many rows each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--into", type=Path, default=HERE)
    options = parser.parse_args(arguments)
    data = options.package / "data"

    database = sqlite3.connect(f"file:{data / 'dataset.db'}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    old = database.execute("SELECT * FROM admin_units_legacy").fetchall()
    new = database.execute("SELECT * FROM admin_units").fetchall()
    database.close()
    crosswalk = json.loads((data / "converter_2025.json").read_text("utf-8"))
    legacy = json.loads((data / "parser_legacy.json").read_text("utf-8"))

    for name, header, rows in (
        ("units", Unit._fields, units(old, new)),
        (
            "successions",
            ("old", "new", "is_default"),
            successions(old, new, crosswalk),
        ),
        ("aliases", ("unit", "name"), aliases(old, legacy)),
    ):
        count = _write(options.into / f"{name}.csv.gz", header, rows)
        sys.stdout.write(f"{name}: {count}\n")


if __name__ == "__main__":
    main()
