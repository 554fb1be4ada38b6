"""Whatever is done to people and doses can be taken back, in turn, exactly."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints import integrity
from portal.registry import corrections
from portal.registry.corrections import CannotCorrect, RecordMoved, Warrant, second
from portal.registry.models import Correction, Dose, Person
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)

NAMES = ["Trần Thị Bảo Lộc", "Trần Thị Bửu Lộc", "Trần Thị Hoà", "Trần Thị Hòa"]
NUMBERS = ["", "079158012345", "024618357", "79158012345", "B1234567"]
PHONES = ["", "+84900000215", "+84900000777"]
DAYS = ["2021-08-11", "2021-09-14", "2021-10-20"]
LOTS = ["", "ABX4471", "FG6270"]
BIRTHS = ["1958", "1958-03", "1958-03-08", "1958-08-03"]


class World:
    """A few people with doses, and somebody who signs what another proposes."""

    def __init__(self):
        self.site, self.other_site = make_organization(), make_organization()
        self.product = make_product()
        make_product("VC", "Vero Cell")
        people = [
            make_person("Trần Thị Bảo Lộc", national_id="079158012345"),
            make_person("Trần Thị Bửu Lộc", national_id="024618357", phone=""),
            make_person("Lê Văn Khác", national_id="", born_on="1960"),
        ]
        for person, days in zip(people, (DAYS, DAYS[:1], []), strict=True):
            for day in days:
                make_dose(person, self.site, given_on=day)
        nurse, lead = make_staff(self.site), make_staff(self.site, "lead")
        self.warrant = Warrant("complaint", "1-1", nurse.pk, lead.pk)

    def person(self, pick):
        keys = Person.objects.order_by("pk").values_list("pk", flat=True)
        return keys[pick % len(keys)]

    def dose(self, pick):
        keys = Dose.objects.order_by("pk").values_list("pk", flat=True)
        return keys[pick % len(keys)]

    def do(self, name, one, other):
        """Do something; return its leading correction."""
        by = {"warrant": self.warrant, "at": NOON}
        person, dose = self.person(one), self.dose(one)

        def pick(values):
            return values[other % len(values)]

        match name:
            case "full_name" | "born_on" | "sex" | "national_id" | "phone":
                values = {
                    "full_name": NAMES,
                    "born_on": BIRTHS,
                    "sex": ["", "F", "M"],
                    "national_id": NUMBERS,
                    "phone": PHONES,
                }[name]
                return corrections.correct_person(person, {name: pick(values)}, **by)
            case "two fields":
                changes = {"full_name": pick(NAMES), "national_id": pick(NUMBERS)}
                return corrections.correct_person(person, changes, **by)
            case "given_on" | "lot" | "product" | "site" | "dose_number":
                values = {
                    "given_on": DAYS,
                    "lot": LOTS,
                    "product": ["AZ", "VC"],
                    "site": [self.site.code, self.other_site.code],
                    "dose_number": ["", "1", "2"],
                }[name]
                return corrections.correct_dose(dose, {name: pick(values)}, **by)
            case "alias":
                return corrections.add_alias(person, number=pick(NUMBERS[1:]), **by)
            case "known as":
                return corrections.add_alias(person, full_name=pick(NAMES), **by)
            case "void":
                return corrections.void(dose, **by)
            case "restore":
                return corrections.restore(dose, **by)
            case "detach":
                return corrections.detach(dose, **by)
            case "attach":
                return corrections.attach(dose, to=self.person(other), **by)
            case "reassign":
                return corrections.reassign(dose, to=self.person(other), **by)
            case "merge":
                return corrections.merge(person, into=self.person(other), **by)
            case "split":
                facts = {"full_name": pick(NAMES), "born_on": pick(BIRTHS)}
                on_record = Person.objects.get(pk=person).doses.order_by("pk")
                doses = list(on_record.values_list("pk", flat=True)[:1])
                numbers = [n for n in NUMBERS[1:] if other % 2]
                return corrections.split(
                    person, facts, doses=doses, numbers=numbers[:1], **by
                )[1]
            case "add dose":
                facts = {
                    "given_on": pick(DAYS),
                    "product": "VC",
                    "site": self.site.code,
                }
                return corrections.add_dose(person, facts, **by)[1]
            case "add person":
                facts = {
                    "full_name": pick(NAMES),
                    "born_on": pick(BIRTHS),
                    "national_id": pick(NUMBERS),
                    "phone": pick(PHONES),
                }
                return corrections.add_person(facts, **by)[1]
        assert name == "undo"
        leads = Correction.objects.filter(part_of=None, reason="complaint")
        keys = list(leads.order_by("pk"))
        if not keys:
            raise CannotCorrect("nothing to take back")
        return corrections.undo(keys[one % len(keys)], **by)


@pytest.fixture
def world(all_rows):
    return World()


OPERATIONS = [
    *("full_name", "born_on", "sex", "national_id", "phone", "two fields"),
    *("given_on", "lot", "product", "site", "dose_number", "alias", "known as"),
    *("void", "restore", "detach", "attach", "reassign", "merge", "split"),
    *("add dose", "add person", "undo"),
]
STEPS = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 7), st.integers(0, 7)),
    min_size=1,
    max_size=12,
)


def snapshot():
    """Return all that is on record of everybody, by key; void belongings are none."""
    people = {
        ("person", p.pk): (
            *(p.full_name, p.name_key, p.name_folded, p.sort_key),
            *(p.born_on, p.born_precision, p.sex, p.population),
            *(p.population_at, p.population_wrong, p.population_source),
            *(p.status, p.merged_into_id, p.residence_id),
            frozenset(
                (d.number, d.kind, d.is_current)
                for d in p.documents.filter(is_void=False)
            ),
            frozenset(
                (t.number, t.is_contact) for t in p.telephones.filter(is_void=False)
            ),
            frozenset(
                p.aliases.filter(is_void=False).values_list("full_name", flat=True)
            ),
        )
        for p in Person.objects.all()
    }
    doses = {
        ("dose", row.pop("id")): tuple(
            value for name, value in row.items() if name != "version"
        )
        for row in Dose.objects.values()
    }
    return people | doses


def is_void(kind, row):
    return "entered_in_error" in row


@given(steps=STEPS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_taken_back_in_turn_restores_every_field(world, steps):
    point = transaction.savepoint()
    try:
        walk(world, steps)
    finally:
        transaction.savepoint_rollback(point)


def walk(world, steps):
    """Do what can be done of the steps, then take each of them back."""
    done = []
    for step in steps:
        before = snapshot()
        try:
            with transaction.atomic():
                done.append((world.do(*step), before))
        except CannotCorrect:
            assert snapshot() == before
    assert not any(integrity.check(at=NOON).values())
    for correction, before in reversed(done):
        corrections.undo(correction, warrant=world.warrant, at=NOON)
        now = snapshot()
        assert {key: now.get(key) for key in before} == before
        assert all(is_void(*item) for item in now.items() if item[0] not in before)
    assert not any(integrity.check(at=NOON).values())


def test_what_was_changed_again_is_not_taken_back_over_it(world):
    by = {"warrant": world.warrant, "at": NOON}
    dose = world.dose(0)
    first = corrections.correct_dose(dose, {"lot": "FG6270"}, **by)
    corrections.correct_dose(dose, {"lot": "FH1111"}, **by)
    other = corrections.correct_dose(dose, {"given_on": "2021-12-01"}, **by)

    with pytest.raises(RecordMoved):
        corrections.undo(first, **by)
    corrections.undo(other, **by)


def test_a_dose_is_not_given_back_to_a_record_that_is_no_more(world):
    by = {"warrant": world.warrant, "at": NOON}
    dose, owner, other = world.dose(0), world.person(0), world.person(2)
    moved = corrections.reassign(dose, to=other, **by)
    corrections.merge(owner, into=world.person(1), **by)

    with pytest.raises(CannotCorrect):
        corrections.undo(moved, **by)


def test_an_added_record_that_has_doses_by_now_is_not_taken_back(world):
    by = {"warrant": world.warrant, "at": NOON}
    facts = {"full_name": "Lê Thị Mới", "born_on": "1970"}
    person, added = corrections.add_person(facts, **by)
    make_dose(person, world.site)
    with pytest.raises(CannotCorrect):
        corrections.undo(added, **by)


@pytest.mark.parametrize(
    ("operation", "facts", "needs_two"),
    [
        ("change", {}, False),
        ("alias", {}, False),
        ("change", {"took_two": True}, True),
        ("attach", {}, True),
        ("add", {}, True),
        ("restore", {}, True),
        ("merge", {}, True),
        ("attach", {"reason": "rule"}, False),
    ],
)
def test_taking_back_is_no_way_round_two_people(operation, facts, needs_two):
    usual = {
        "reason": "review",
        "took_two": False,
        "age": timedelta(seconds=31),
    } | facts
    assert second.undo_takes_two(operation, **usual) is needs_two
    usual["age"] = timedelta(seconds=30)
    assert second.undo_takes_two(operation, **usual) is False


def test_what_one_person_put_back_in_time_is_not_done_again_by_one(world):
    lead = corrections.void(world.dose(0), warrant=world.warrant, at=NOON)
    alone = Warrant("undo", "1-1", world.warrant.proposed_by)
    back = corrections.undo(lead, warrant=alone, at=NOON + timedelta(seconds=10))
    with pytest.raises(corrections.NeedsSecond):
        corrections.undo(back, warrant=alone, at=NOON + timedelta(days=30))


@pytest.mark.parametrize(
    ("age", "needs_two"), [(0, False), (30, False), (31, True), (86400, True)]
)
def test_who_decided_may_take_it_back_alone_for_half_a_minute(world, age, needs_two):
    lead = corrections.void(world.dose(0), warrant=world.warrant, at=NOON)
    alone = Warrant("undo", "1-1", world.warrant.proposed_by)
    try:
        corrections.undo(lead, warrant=alone, at=NOON + timedelta(seconds=age))
    except corrections.NeedsSecond:
        assert needs_two
    else:
        assert not needs_two
