from datetime import date
from random import Random

from complaints.demo import people
from portal.common import names
from portal.registry import national_id


def _families(count=400):
    chance = Random(7)
    humans = []
    for _ in range(count):
        humans += people.family(chance, province=1, commune=0, serial=len(humans))
    return humans


def test_columns_of_a_name_are_those_that_the_names_module_makes():
    for human in _families(200):
        assert people.spell(human.full_name) == (
            names.tidy(human.full_name),
            names.tone_key(human.full_name),
            names.fold(human.full_name),
            names.person_sort_key(human.full_name),
        )


def test_numbers_have_the_true_structure_and_are_nobody_elses():
    humans = _families()
    assert len({human.number for human in humans}) == len(humans)
    for human in humans:
        read = national_id.read(human.number)
        facts = national_id.structure(read.canonical)
        assert read.kind == "pin12"
        assert (facts.province_code, facts.sex) == ("001", human.sex)
        assert facts.birth_year == human.born_on.year


def test_families_share_telephones_and_nobody_is_younger_than_five():
    humans = _families()
    assert len({human.phone for human in humans}) < len(humans) * 0.75
    assert all(human.born_on <= date(2016, 7, 1) for human in humans)


def test_a_slip_is_always_another_name():
    chance = Random(3)
    for human in _families(200):
        slipped = people.slip(chance, human.full_name)
        assert names.tone_key(slipped) != names.tone_key(human.full_name)
