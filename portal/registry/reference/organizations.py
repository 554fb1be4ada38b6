"""Build the national structure: who gave doses in 2021 and who answers today.

Real lists of sites may not be passed on, so the structure is built from the units by
rule: it has the true number and shape of bodies, while hospitals and mobile points
are invented. The same units give the same organizations on every run.

Paths are of today's structure: a closed station stands where its successor stands,
so that whoever answers for it today also sees its past.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

LONG_AGO, REFORM = "2000-01-01", "2025-07-01"
MERGED = "Sắp xếp đơn vị hành chính từ 01/07/2025"

# Hospitals of the ministries of defence and public security answer to their own
# branch, never to a province.
BRANCHES = {
    "QY": (
        "Cục Quân y - Bộ Quốc phòng",
        (
            ("108", "Bệnh viện Trung ương Quân đội 108", "01"),
            ("103", "Bệnh viện Quân y 103", "01"),
            ("17", "Bệnh viện Quân y 17", "48"),
            ("175", "Bệnh viện Quân y 175", "79"),
            ("121", "Bệnh viện Quân y 121", "92"),
        ),
    ),
    "CAND": (
        "Cục Y tế - Bộ Công an",
        (
            ("19-8", "Bệnh viện 19-8", "01"),
            ("199", "Bệnh viện 199", "48"),
            ("30-4", "Bệnh viện 30-4", "79"),
        ),
    ),
}
# Provinces where the campaign of 2021 used many more mobile points.
BUSY, MANY, FEW = frozenset({"01", "74", "75", "79"}), 12, 4
POINTS = (
    ("Trường Tiểu học", "station"),
    ("Nhà thi đấu", "centre"),
    ("Hội trường", "hospital"),
    ("Trường THCS", "station"),
)


class Body(NamedTuple):
    """An organization by codes; empty text where there is none."""

    code: str
    kind: str
    name: str
    parent: str
    path: str
    commune: str
    province: str
    gives_doses: bool
    opened_on: str
    closed_on: str


class Successor(NamedTuple):
    """A row of organization successions by codes."""

    old: str
    new: str
    valid_from: str
    reason: str


def build(
    units: Sequence[Mapping], successions: Iterable[Mapping]
) -> tuple[list[Body], list[Successor]]:
    """Return all organizations, parents before children, and their successors."""
    structure = _Structure(units, successions)
    structure.heads()
    structure.centres()
    structure.stations()
    structure.hospitals()
    structure.mobile_points()
    structure.branches()
    return list(structure.bodies.values()), structure.successors


class _Structure:
    def __init__(self, units: Sequence[Mapping], successions: Iterable[Mapping]):
        self.units = {unit["code"]: unit for unit in units}
        self.below: dict[str, list[Mapping]] = defaultdict(list)
        for unit in units:
            self.below[unit["parent"]].append(unit)
        self.targets: dict[str, list[str]] = defaultdict(list)
        self.default: dict[str, str] = {}
        for row in successions:
            self.targets[row["old"]].append(row["new"])
            if row["is_default"] == "1":
                self.default[row["old"]] = row["new"]
        self.bodies: dict[str, Body] = {}
        self.successors: list[Successor] = []

    def level(self, epoch: str, level: str) -> list[Mapping]:
        wanted = (epoch, level)
        return [u for u in self.units.values() if (u["epoch"], u["level"]) == wanted]

    def add(self, code: str, kind: str, name: str, parent: str, **facts: Any) -> None:
        """Put a body below its parent, whose path and province it inherits."""
        above = self.bodies[parent]
        segment = facts.pop("segment", code)
        self.bodies[code] = Body(
            code=code,
            kind=kind,
            name=name,
            parent=parent,
            path=f"{above.path}{segment}/",
            commune=facts.pop("commune", ""),
            province=facts.pop("province", above.province),
            gives_doses=facts.pop("gives_doses", True),
            opened_on=facts.pop("opened_on", LONG_AGO),
            closed_on=facts.pop("closed_on", ""),
        )
        if facts:
            raise TypeError(f"unknown facts: {sorted(facts)}")

    def heads(self) -> None:
        """Add the ministry, health departments, CDCs and the identity police."""
        self.bodies["VN"] = Body(
            "VN", "ministry", "Bộ Y tế", "", "/vn/", "", "", False, LONG_AGO, ""
        )
        for unit in self.level("new", "province"):
            number, name = _official(unit), _lower_type(unit["name"])
            facts = {"province": unit["code"], "gives_doses": False}
            self.add(
                f"SYT-{number}",
                "health_department",
                f"Sở Y tế {_short(unit['name'])}",
                "VN",
                segment=number,
                **facts,
            )
            self.add(
                f"CDC-{number}",
                "cdc",
                f"Trung tâm Kiểm soát bệnh tật {name}",
                f"SYT-{number}",
                **facts,
            )
            self.add(
                f"CA-{number}",
                "police",
                f"Công an {name} (Cảnh sát quản lý hành chính)",
                f"SYT-{number}",
                **facts,
            )

    def centres(self) -> None:
        """Add one regional health centre for each former district."""
        districts = self.level("old", "district")
        shorts = Counter((d["parent"], _short(d["name"])) for d in districts)
        for unit in districts:
            alone = shorts[unit["parent"], _short(unit["name"])] == 1
            name = _short(unit["name"]) if alone else _lower_type(unit["name"])
            self.add(
                f"TTYT-{unit['code']}",
                "district_centre",
                f"Trung tâm Y tế khu vực {name}",
                self.department_of(unit["parent"]),
                segment=unit["code"],
            )

    def stations(self) -> None:
        """Add the stations of new communes, then those of the old ones, now closed."""
        origins: dict[str, Counter] = defaultdict(Counter)
        for unit in self.level("old", "commune"):
            for target in self.targets[unit["code"]]:
                is_default = self.default[unit["code"]] == target
                origins[target][unit["parent"]] += 1 + 1000 * is_default
        for unit in self.level("old", "district"):
            for target in self.targets[unit["code"]]:
                origins[target][unit["code"]] += 0
        for unit in self.level("new", "commune"):
            counts = origins[unit["code"]]
            district = min(counts, key=lambda code: (-counts[code], code))
            self.add(
                f"TYT-{unit['code']}",
                "health_station",
                f"Trạm Y tế {unit['name']}",
                f"TTYT-{district}",
                segment=unit["code"],
                commune=unit["code"],
                opened_on=REFORM,
            )
        for unit in self.level("old", "commune"):
            successor = self.bodies[f"TYT-{self.default[unit['code']]}"]
            district = self.units[unit["parent"]]["name"]
            self.add(
                f"TYT-{unit['code']}",
                "health_station",
                f"Trạm Y tế {unit['name']} ({district})",
                successor.parent,
                segment=unit["code"],
                commune=unit["code"],
                closed_on=REFORM,
            )
            for target in self.targets[unit["code"]]:
                self.follow(f"TYT-{unit['code']}", f"TYT-{target}", REFORM, MERGED)

    def hospitals(self) -> None:
        """Add invented hospitals: one of the province, two of districts, some closed.

        In Ho Chi Minh City one hospital went through three successors, and a field
        hospital closed with nobody after it.
        """
        for unit in self.level("old", "province"):
            number, name = unit["code"], _lower_type(unit["name"])
            districts = self.parts(number)
            self.add(
                f"BV-{number}-01",
                "hospital",
                f"Bệnh viện Đa khoa {name}",
                self.department_of(number),
                commune=self.first_commune(districts[0]["code"]),
            )
            for n, district in enumerate(districts[1:3], 2):
                self.add(
                    f"BV-{number}-{n:02}",
                    "hospital",
                    f"Bệnh viện Đa khoa khu vực {_short(district['name'])}",
                    self.department_of(number),
                    commune=self.first_commune(district["code"]),
                )
        chain = (
            ("10", "Bệnh viện Bình An", LONG_AGO, "2021-12-31"),
            ("11", "Bệnh viện Đa khoa Bình An", "2021-12-31", "2023-07-01"),
            ("12", "Bệnh viện Đa khoa An Khánh", "2023-07-01", REFORM),
            ("13", "Bệnh viện Đa khoa Sông Sài Gòn", REFORM, ""),
        )
        commune = self.first_commune("769")
        for number, name, opened_on, closed_on in chain:
            self.add(
                f"BV-79-{number}",
                "hospital",
                name,
                "SYT-79",
                commune=commune if opened_on < REFORM else self.default[commune],
                opened_on=opened_on,
                closed_on=closed_on,
            )
        for (before, *_, day), (after, *_) in zip(chain, chain[1:], strict=False):
            reason = "Đổi tên và tổ chức lại bệnh viện"
            self.follow(f"BV-79-{before}", f"BV-79-{after}", day, reason)
        self.add(
            "BV-79-90",
            "hospital",
            "Bệnh viện Dã chiến thu dung số 90",
            "SYT-79",
            commune=commune,
            opened_on="2021-07-01",
            closed_on="2022-03-31",
        )

    def mobile_points(self) -> None:
        """Add schools, gyms and halls of the campaign, each below who ran it."""
        for unit in self.level("old", "province"):
            number = unit["code"]
            districts = self.parts(number)
            for n in range(1, (MANY if number in BUSY else FEW) + 1):
                word, runner = POINTS[(n - 1) % len(POINTS)]
                district = districts[(n - 1) % len(districts)]["code"]
                commune = self.first_commune(district)
                parent = {
                    "station": f"TYT-{commune}",
                    "centre": f"TTYT-{district}",
                    "hospital": f"BV-{number}-01",
                }[runner]
                if parent not in self.bodies:  # an island without communes
                    parent = f"TTYT-{district}"
                place = self.units[district]["name"]
                if commune:
                    place = f"{self.units[commune]['name']} ({place})"
                self.add(
                    f"LD-{number}-{n:02}",
                    "mobile_point",
                    f"Điểm tiêm lưu động {word} {place}",
                    parent,
                    commune=commune,
                    opened_on="2021-06-01",
                    closed_on="2021-12-31" if n % 2 else "2022-06-30",
                )
        self.add(
            "LD-79-90",
            "mobile_point",
            "Điểm tiêm lưu động Khu cách ly số 90",
            "BV-79-90",
            commune=self.bodies["BV-79-90"].commune,
            opened_on="2021-07-15",
            closed_on="2021-12-31",
        )

    def branches(self) -> None:
        """Add the hospitals of the army and the police below their own heads."""
        for head, (name, hospitals) in BRANCHES.items():
            self.add(head, "branch", name, "VN", gives_doses=False)
            for number, hospital, province in hospitals:
                code = f"{head}-{number}"
                self.add(code, "branch", hospital, head, province=f"N{province}")

    def follow(self, old: str, new: str, day: str, reason: str) -> None:
        self.successors.append(Successor(old, new, day, reason))

    def parts(self, code: str) -> list[Mapping]:
        """Return the districts or communes of an old unit, by code."""
        return self.below.get(code, [])

    def first_commune(self, district: str) -> str:
        communes = self.parts(district)
        return communes[0]["code"] if communes else ""

    def department_of(self, old_province: str) -> str:
        """Return the department of the province that it went into."""
        return f"SYT-{_official(self.units[self.default[old_province]])}"


def _official(unit: Mapping) -> str:
    return unit["code"].removeprefix("N")


def _lower_type(name: str) -> str:
    return name[0].lower() + name[1:]


def _short(name: str) -> str:
    """Return a name without its type, but "Quận 11" whole."""
    for word in ("Thành phố ", "Tỉnh ", "Thị xã ", "Huyện ", "Quận "):
        rest = name.removeprefix(word)
        if rest != name and not rest.isdigit():
            return rest
    return name
