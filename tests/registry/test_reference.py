"""The shipped files say what the law and the brief say, and load without loss."""

import csv
import gzip
import json
import re
from collections import Counter
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from portal.common.names import fold
from portal.registry import reference as folder
from portal.registry.management.commands.load_reference import load
from portal.registry.models.product import Lot, Product, ProductAlias
from portal.registry.models.site import (
    Holiday,
    Organization,
    OrganizationSuccession,
)
from portal.registry.models.unit import AdministrativeUnit, UnitSuccession
from portal.registry.reference import invent_lots, organizations, tables

FILES = Path(folder.__file__).parent


def read(name):
    with gzip.open(FILES / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def structure():
    return organizations.build(read("units.csv.gz"), read("successions.csv.gz"))


def test_the_units_are_those_of_both_epochs():
    counts = Counter((u["epoch"], u["level"]) for u in read("units.csv.gz"))

    assert counts == {
        ("old", "province"): 63,
        ("old", "district"): 696,
        ("old", "commune"): 10_035,
        ("new", "province"): 34,
        ("new", "commune"): 3_321,
    }


def test_every_old_unit_has_one_default_successor_and_471_communes_are_split():
    units = {u["code"]: u for u in read("units.csv.gz")}
    rows = read("successions.csv.gz")
    defaults = Counter(row["old"] for row in rows if row["is_default"] == "1")
    all_of = Counter(row["old"] for row in rows)

    assert set(defaults) == {c for c, u in units.items() if u["epoch"] == "old"}
    assert set(defaults.values()) == {1}
    split = [c for c, n in all_of.items() if n > 1 and units[c]["level"] == "commune"]
    assert len(split) == 471
    assert max(all_of[code] for code in split) == 5
    reached = {row["new"] for row in rows}
    assert reached == {c for c, u in units.items() if u["epoch"] == "new"}


def test_a_commune_stays_within_the_province_that_took_its_own():
    units = {u["code"]: u for u in read("units.csv.gz")}
    rows = read("successions.csv.gz")
    into = {r["old"]: r["new"] for r in rows if units[r["old"]]["level"] == "province"}

    for row in rows:
        old, new = units[row["old"]], units[row["new"]]
        if old["level"] == "commune":
            province = units[old["parent"]]["parent"]
            assert new["parent"] == into[province], row


def test_no_coordinates_are_shipped():
    for name in ("units", "successions", "aliases"):
        text = gzip.decompress((FILES / f"{name}.csv.gz").read_bytes()).decode()
        assert not re.search(r"\d+\.\d{3}", text)


def test_there_is_a_station_for_every_commune_and_a_centre_for_every_district(
    structure,
):
    bodies, _ = structure
    kinds = Counter(body.kind for body in bodies)

    assert kinds["health_station"] == 10_035 + 3_321
    assert kinds["district_centre"] == 696
    assert kinds["health_department"] == kinds["cdc"] == kinds["police"] == 34
    assert len({body.path for body in bodies}) == len(bodies)


def test_paths_are_the_way_to_the_ministry_and_parents_come_first(structure):
    paths = {}
    for body in structure[0]:
        above = paths[body.parent] if body.parent else "/"
        assert re.fullmatch(re.escape(above) + r"[\w-]+/", body.path), body
        paths[body.code] = body.path


def test_every_station_of_2021_leads_to_an_open_one(structure):
    bodies, successors = structure
    by_code = {body.code: body for body in bodies}
    after = {}
    for row in successors:
        after.setdefault(row.old, []).append(row.new)

    for body in bodies:
        if body.kind == "health_station" and body.closed_on:
            assert all(not by_code[new].closed_on for new in after[body.code])


def test_successors_make_no_loop_and_one_chain_has_three_steps(structure):
    after = {}
    for row in structure[1]:
        after.setdefault(row.old, set()).add(row.new)

    def steps(code, seen=()):
        assert code not in seen, f"a loop at {code}"
        return max(
            (1 + steps(n, (*seen, code)) for n in after.get(code, ())), default=0
        )

    assert max(steps(code) for code in after) == 3


def test_a_closed_hospital_without_successor_ran_a_mobile_point(structure):
    bodies, successors = structure
    lost = next(body for body in bodies if body.code == "BV-79-90")

    assert lost.closed_on
    assert lost.code not in {row.old for row in successors}
    assert "BV-79-90" in {b.parent for b in bodies if b.kind == "mobile_point"}


def test_army_and_police_hospitals_stand_under_their_own_branch(structure):
    for body in structure[0]:
        if body.kind == "branch":
            assert body.path.startswith(("/vn/QY/", "/vn/CAND/"))


def test_lots_are_normalised_unique_and_the_same_on_every_run():
    rows = invent_lots.lots()

    assert rows == invent_lots.lots()
    assert all(number == number.upper().replace(" ", "") for number, _, _ in rows)
    assert len({number for number, _, _ in rows}) == len(rows)
    assert set(Counter(product for _, product, _ in rows).values()) == {40}
    with (FILES / "lots.csv").open(encoding="utf-8") as file:
        shipped = [tuple(row.values()) for row in csv.DictReader(file)]
    assert shipped == [(n, p, day.isoformat()) for n, p, day in rows]


@pytest.mark.django_db
def test_everything_is_loaded(reference):
    assert AdministrativeUnit.objects.count() == 14_149
    assert UnitSuccession.objects.count() == len(read("successions.csv.gz"))
    assert Organization.objects.count() > 14_000
    assert OrganizationSuccession.objects.count() > 10_500
    assert Lot.objects.filter(product__code="comirnaty").count() == 40
    assert ProductAlias.objects.get(folded=fold("Pfizer")).product.code == "comirnaty"
    assert Product.objects.get(code="abdala").primary_doses == 3


@pytest.mark.django_db
def test_loading_again_changes_nothing(reference):
    before = list(Organization.objects.order_by("pk").values_list())
    out = StringIO()

    call_command("load_reference", "--json", stdout=out)

    counts = json.loads(out.getvalue())
    assert {c["added"] + c["changed"] for c in counts.values()} == {0}
    assert list(Organization.objects.order_by("pk").values_list()) == before


@pytest.mark.django_db
def test_a_row_that_was_altered_is_brought_up_to_date(reference):
    Product.objects.filter(code="abdala").update(primary_doses=2)
    out = StringIO()

    call_command("load_reference", "--json", stdout=out)

    changed = {n: c["changed"] for n, c in json.loads(out.getvalue()).items()}
    assert {name for name, count in changed.items() if count} == {"registry_product"}
    assert Product.objects.get(code="abdala").primary_doses == 3


@pytest.mark.django_db
def test_an_organization_that_was_changed_in_the_portal_is_left_alone(reference):
    code = "TYT-N10507"
    Organization.objects.filter(code=code).update(name="Tên Mới", is_own=True)
    out = StringIO()

    call_command("load_reference", "--json", stdout=out)

    assert json.loads(out.getvalue())["registry_organization"]["changed"] == 0
    assert Organization.objects.get(code=code).name == "Tên Mới"


def test_a_code_that_names_nothing_is_refused(reference):
    row = ("ABC1", "no-such-product", "2022-01-01")
    table = tables.Table(
        "registry_lot",
        ("number", "product_id", "expires_on"),
        ("number",),
        {"product_id": "registry_product"},
        [row],
    )

    with pytest.raises(ValueError, match="no-such-product"):
        load(table)


@pytest.mark.django_db
def test_tet_and_swapped_days_are_known_from_2021_to_2027(reference):
    days = {holiday.day: holiday for holiday in Holiday.objects.all()}

    assert {day.year for day in days} == set(range(2021, 2028))
    for day in (date(2021, 2, 12), date(2025, 1, 29), date(2026, 2, 17)):
        assert not days[day].is_workday
    worked = {day for day, holiday in days.items() if holiday.is_workday}
    assert date(2024, 5, 4) in worked
    assert all(day.weekday() == 5 for day in worked)
    assert all(holiday.source for holiday in days.values())
