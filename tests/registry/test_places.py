"""What people write for a place, and what we make of it.

places.csv is meant to be read and extended by people who know the places: the address
as written, the units that must be found, and whether we may be sure.
"""

import csv
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from portal.registry import places
from portal.registry.models.unit import AdministrativeUnit, UnitSuccession
from tests.factories import make_organization, make_unit

with Path(__file__).with_name("places.csv").open(encoding="utf-8") as file:
    ADDRESSES = [
        pytest.param(
            row["address"],
            set(row["expected"].split()),
            row["certain"] == "yes",
            id=f"{row['address']}: {row['why']}",
        )
        for row in csv.DictReader(file)
    ]

pytestmark = pytest.mark.django_db


def codes(candidates):
    return {candidate.unit.code for candidate in candidates}


def is_certain(candidates):
    return bool(candidates) and all(candidate.certain for candidate in candidates)


def unit(code):
    return AdministrativeUnit.objects.get(code=code)


@pytest.mark.parametrize(("address", "expected", "certain"), ADDRESSES)
def test_an_address_is_read_as_people_mean_it(reference, address, expected, certain):
    found = places.find_units(address)

    assert is_certain(found) == certain
    assert codes(found) == expected if certain else codes(found) >= expected


@pytest.mark.parametrize(("address", "expected", "certain"), ADDRESSES)
def test_composition_and_case_do_not_matter(reference, address, expected, certain):
    decomposed = unicodedata.normalize("NFD", address.upper())

    assert codes(places.find_units(decomposed)) == codes(places.find_units(address))


def test_every_old_commune_with_its_address_is_found(reference):
    """One in twenty of them, with certainty where the district has it once."""
    communes = AdministrativeUnit.objects.filter(epoch="old", level="commune")
    for commune in communes.select_related("parent__parent").order_by("code")[::20]:
        parts = (commune.name, commune.parent.name, commune.parent.parent.name)
        assert commune.code in codes(places.find_units(", ".join(parts)))


def test_a_name_that_moved_is_never_certain_by_province_alone(reference):
    """A new commune may bear the name of an old one that went into another."""
    moved = 0
    for row in UnitSuccession.objects.filter(old__level="province").select_related():
        old = AdministrativeUnit.objects.filter(
            level="commune", path__startswith=f"/{row.old.code}/"
        )
        new = {u.name: u.pk for u in row.new.parts.all()}
        for commune in old.filter(name__in=new).prefetch_related("successions"):
            homes = {succession.new_id for succession in commune.successions.all()}
            if new[commune.name] not in homes and row.old.name == row.new.name:
                moved += 1
                found = places.find_units(f"{commune.name}, {row.old.name}")
                assert commune.code in codes(found)
                assert not is_certain(found), f"{commune.code} {commune.name}"
    assert moved > 50


def test_a_split_commune_has_all_its_successors_today(reference):
    found = places.today(unit("00019"))

    assert [u.code for u in found][0] == "N00004"
    assert {u.code for u in found} == {"N00004", "N00070", "N00190", "N00226"}


def test_a_former_district_has_all_its_new_communes_today(reference):
    assert {u.code for u in places.today(unit("770"))} == {
        "N27154",
        "N27139",
        "N27142",
    }


def test_a_former_province_has_one_successor_and_a_new_unit_is_its_own(reference):
    assert [u.code for u in places.today(unit("74"))] == ["N79"]
    assert [u.code for u in places.today(unit("N79"))] == ["N79"]


@pytest.mark.parametrize(
    ("text", "on", "first"),
    [
        ("tyt p5 q11", date(2021, 8, 12), "TYT-27211"),
        ("Trạm Y tế Phường 5 (Quận 11)", None, "TYT-27211"),
        ("tyt p7 q3", date(2021, 8, 12), "TYT-27139"),
        ("trạm y tế xã tân hưng long an", date(2026, 1, 5), "TYT-N27721"),
        ("Xuân Hòa hcm", None, "TYT-N27139"),
        ("bv bình an", date(2021, 8, 12), "BV-79-10"),
        ("ttyt củ ch", None, "TTYT-783"),
    ],
)
def test_a_site_is_found_by_parts_of_its_name_and_place(reference, text, on, first):
    assert places.find_organizations(text, on=on)[0].code == first


with Path(__file__).with_name("sites_typed.csv").open(encoding="utf-8") as file:
    TYPED = [
        pytest.param(row["typed"], row["first"], id=f"{row['typed']}: {row['why']}")
        for row in csv.DictReader(file)
    ]


@pytest.mark.parametrize(("typed", "first"), TYPED)
def test_a_site_is_found_first_as_people_type_it(reference, typed, first):
    found = [site.code for site in places.find_organizations(typed, limit=8)]

    assert found[:1] == ([first] if first else [])


def test_only_sites_open_on_the_day_are_found(reference):
    text = "bệnh viện dã chiến thu dung số 90"

    assert places.find_organizations(text, on=date(2021, 8, 1))
    assert not places.find_organizations(text, on=date(2023, 8, 1))


def test_no_more_sites_than_asked_for(reference):
    assert len(places.find_organizations("trạm y tế", limit=3)) == 3
    assert places.find_organizations("") == []


def test_a_look_up_takes_one_statement_and_a_site_search_two(
    reference, django_assert_num_queries
):
    places.find_organizations("tyt p5 q11")

    with django_assert_num_queries(1):
        places.find_units("P.5 Q.11")
    with django_assert_num_queries(2):
        places.find_organizations("tyt p5 q11")


def test_a_unit_added_later_is_found_at_once(db):
    make_unit("N79")
    assert places.find_units("xã Zếch Zơ") == []

    make_unit("N99999", name="Xã Zếch Zơ", parent=unit("N79"))

    assert codes(places.find_units("xã Zếch Zơ")) == {"N99999"}


def test_a_site_without_a_place_is_found_by_its_name(db):
    make_organization("X-1", name="Phòng khám Hoa Sen")

    assert [o.code for o in places.find_organizations("phong kham hoa s")] == ["X-1"]


@pytest.mark.parametrize("text", ["", " , ;", "\0", "x" * 9000, "P 1 " * 900, "𝟙 ½"])
def test_nonsense_finds_nothing_certain_and_harms_nothing(reference, text):
    assert not is_certain(places.find_units(text))
