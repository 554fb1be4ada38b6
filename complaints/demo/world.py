"""Where the invented people live and are vaccinated: read once, then handed around."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from complaints import policies
from complaints.actions import atlas as atlases
from complaints.choices import Kind
from complaints.rules import terms
from complaints.rules.clock import Terms
from complaints.rules.responsibility import Atlas, Facts, responsible_for
from portal.registry.models import (
    AdministrativeUnit,
    Holiday,
    Lot,
    Organization,
    Product,
)

# Ho Chi Minh City, Hà Nội and Hải Dương, which went into Hải Phòng in 2025. People of
# few communes make queues as long as real ones; past that the whole country is used.
DEMO_PROVINCES = ("79", "01", "30")
PEOPLE_PER_COMMUNE = 350
FIRST_DAY, LAST_DAY = date(2021, 3, 8), date(2022, 12, 31)
USED_PRODUCTS = ("vaxzevria", "vero-cell", "comirnaty", "spikevax", "abdala")
_OPEN_LOTS = 6


@dataclass(frozen=True, slots=True)
class Point:
    """A mobile point: where and how long."""

    id: int
    opened_on: date
    closed_on: date


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of 2021 with its station and the mobile points of its district."""

    unit: int
    code: str
    province: int
    district: int
    station: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Who answers, how it was found, who stands above, and how quick they are."""

    holder: int
    path: list
    is_certain: bool
    above: int
    pace: str


@dataclass
class World:
    """All that generation needs to know; plain data, so that processes can share it."""

    people: int
    seed: int
    at: datetime
    tray: int
    terms: Terms
    communes: list[Commune]
    by_province: dict[int, list[int]]
    products: dict[str, int]
    lots: dict[tuple[int, str, int], tuple[int, str]]
    stray_lots: dict[str, tuple[int, str]]
    codes: dict[int, str]
    by_site: dict[int, Held]
    by_residence: dict[int, Held]
    names: dict[int, str]
    days_off: frozenset[date]
    police: dict[int, tuple[int, str]]
    staff: dict[int, list[int]] = field(default_factory=dict)

    @property
    def holders(self) -> set[int]:
        """Return every organization that may hold a complaint."""
        held = [*self.by_site.values(), *self.by_residence.values()]
        return {h.holder for h in held} | {h.above for h in held}


def month_of(day: date) -> int:
    """Return the number of a month, counted through the years."""
    return day.year * 12 + day.month


def read(*, people: int, seed: int, at: datetime) -> World:
    """Read the world for so many people. Raise LookupError without reference data."""
    communes = _communes(people)
    if not communes:
        raise LookupError(
            "There are no communes: run `manage.py load_reference` first."
        )
    sites = {c.station for c in communes} | {p.id for c in communes for p in c.points}
    by_province: dict[int, list[int]] = {}
    for number, commune in enumerate(communes):
        by_province.setdefault(commune.province, []).append(number)
    by_site, by_residence = _held(sites, communes, at)
    held = [*by_site.values(), *by_residence.values()]
    known = sites | {h.holder for h in held} | {h.above for h in held}
    known |= set(Organization.objects.filter(parent=None).values_list("pk", flat=True))
    rows = Organization.objects.filter(pk__in=known).values_list("pk", "code", "name")
    named = {pk: (code, name) for pk, code, name in rows}
    products = dict(Product.objects.values_list("code", "pk"))
    of_product = _lots_of_products()
    policy = policies.policy_for(Kind.MISSING_DOSE, at=at)
    return World(
        people=people,
        seed=seed,
        at=at,
        tray=Organization.objects.get(parent=None).pk,
        terms=terms.terms(policy),
        communes=communes,
        by_province=by_province,
        products=products,
        lots=_lots(communes, of_product),
        stray_lots={code: lots[-1][:2] for code, lots in of_product.items()},
        codes={pk: code for pk, (code, _) in named.items()},
        by_site=by_site,
        by_residence=by_residence,
        names={pk: name for pk, (_, name) in named.items()},
        days_off=frozenset(
            Holiday.objects.filter(is_workday=False).values_list("day", flat=True)
        ),
        police=_police(held),
    )


def allocations(world: World) -> Iterator[str]:
    """Yield lines of lot, organization, day and doses as COPY reads them.

    Each lot is there before it is used, half as much again as the campaign needs at
    that place, so that the recorded doses of a lot never exceed what was delivered.
    """
    doses = 2 * max(100, world.people // len(world.communes))
    places = {
        (commune.district, site)
        for commune in world.communes
        for site in (commune.station, *(point.id for point in commune.points))
    }
    districts: dict[int, list[int]] = {}
    for district, site in sorted(places):
        districts.setdefault(district, []).append(site)
    for (district, _, month), (lot, _number) in world.lots.items():
        first = date((month - 1) // 12, (month - 1) % 12 + 1, 1)
        day = first - timedelta(days=2)
        for site in districts[district]:
            yield f"{lot}\t{site}\t{day}\t{doses}\n"


def _communes(people: int) -> list[Commune]:
    stations = Organization.objects.filter(
        kind=Organization.Kind.HEALTH_STATION,
        commune__epoch=AdministrativeUnit.Epoch.OLD,
    )
    demo = stations.filter(commune__parent__parent__code__in=DEMO_PROVINCES)
    wanted = max(len(DEMO_PROVINCES) * 4, people // PEOPLE_PER_COMMUNE)
    chosen = demo if wanted <= demo.count() else stations
    rows = chosen.order_by("commune__parent__code", "commune__code").values_list(
        "pk",
        "commune_id",
        "commune__code",
        "commune__parent_id",
        "commune__parent__parent__code",
    )
    points = _points()
    by_province: dict[str, list[Commune]] = {}
    for station, unit, code, district, province in rows:
        # The kind of station and the epoch were asked for: these have both.
        assert unit is not None
        assert code is not None
        assert district is not None
        assert province is not None
        by_province.setdefault(province, []).append(
            Commune(
                unit, code, int(province), district, station,
                tuple(points.get(district, ())),
            )
        )  # fmt: skip
    total = sum(map(len, by_province.values()))
    communes: list[Commune] = []
    for _, of_province in sorted(by_province.items()):
        share = max(4, -(-wanted * len(of_province) // total))
        communes += of_province[:share]
    return communes


def _points() -> dict[int, list[Point]]:
    points: dict[int, list[Point]] = {}
    rows = Organization.objects.filter(
        kind=Organization.Kind.MOBILE_POINT, commune__isnull=False
    ).order_by("code")
    for pk, district, opened_on, closed_on in rows.values_list(
        "pk", "commune__parent_id", "opened_on", "closed_on"
    ):
        if district is not None:
            points.setdefault(district, []).append(
                Point(pk, opened_on, closed_on or LAST_DAY)
            )
    return points


def _police(held: list[Held]) -> dict[int, tuple[int, str]]:
    """Return by holder the police of its province, who confirm where people live."""
    kind = Organization.Kind.POLICE
    of_province = {
        province: (pk, name)
        for province, pk, name in Organization.objects.filter(kind=kind)
        .exclude(province=None)
        .values_list("province_id", "pk", "name")
    }
    holders = Organization.objects.filter(pk__in={one.holder for one in held})
    return {
        pk: of_province[province]
        for pk, province in holders.values_list("pk", "province_id")
        if province in of_province
    }


def _lots_of_products() -> dict[str, list[tuple[int, str, date]]]:
    lots: dict[str, list[tuple[int, str, date]]] = {}
    rows = Lot.objects.order_by("expires_on", "number")
    for pk, number, expires_on, code in rows.values_list(
        "pk", "number", "expires_on", "product__code"
    ):
        if expires_on is not None:
            lots.setdefault(code, []).append((pk, number, expires_on))
    return lots


def _lots(
    communes: list[Commune], of_product: dict[str, list[tuple[int, str, date]]]
) -> dict[tuple[int, str, int], tuple[int, str]]:
    """Choose the lot that a district uses of each product in each month."""
    chosen = {}
    districts = sorted({commune.district for commune in communes})
    for product in USED_PRODUCTS:
        for month in range(month_of(FIRST_DAY), month_of(LAST_DAY) + 1):
            end = date(month // 12, month % 12 + 1, 1)
            sound = [lot for lot in of_product[product] if lot[2] >= end][:_OPEN_LOTS]
            sound = sound or of_product[product][-1:]
            for number, district in enumerate(districts):
                lot = sound[(number + month) % len(sound)]
                chosen[district, product, month] = lot[:2]
    return chosen


def _held(
    sites: set[int], communes: list[Commune], at: datetime
) -> tuple[dict[int, Held], dict[int, Held]]:
    by_site = {site: Facts(Kind.MISSING_DOSE, site=site) for site in sites}
    by_residence = {
        c.unit: Facts(Kind.WRONG_PERSON, residence=c.code) for c in communes
    }
    day = timezone.localdate(at)
    atlas = atlases.read([*by_site.values(), *by_residence.values()], day=day)

    def held(facts: Facts) -> Held:
        answer = responsible_for(facts, atlas=atlas, day=day)
        return Held(
            answer.body,
            [[reason.step, *reason.names] for reason in answer.path],
            answer.is_certain,
            _above(answer.body, atlas, day),
            _pace(atlas.bodies[answer.body].code),
        )

    return (
        {site: held(facts) for site, facts in by_site.items()},
        {unit: held(facts) for unit, facts in by_residence.items()},
    )


def _above(body: int, atlas: Atlas, day: date) -> int:
    """Return what ``moving.above`` does, from what was read of all bodies at once."""
    above = atlas.bodies[body].parent
    while above is not None:
        current = atlas.bodies[above]
        if current.parent is None or (
            current.opened_on <= day and current.is_open(day)
        ):
            return above
        above = current.parent
    return body


def _pace(code: str) -> str:
    """Return how quick a body is; by its code, so that it stays what it is."""
    number = sum(ord(sign) * (n + 3) for n, sign in enumerate(code)) % 20
    return "good" if number < 9 else "fair" if number < 15 else "bad"
