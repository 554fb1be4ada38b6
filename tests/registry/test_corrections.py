"""Corrections, one by one: what changes, what stays findable, what is refused."""

from datetime import timedelta

import pytest

from portal.audit.models import Entry
from portal.common.forms import PartialDate
from portal.registry import corrections, identity
from portal.registry.corrections import (
    CannotCorrect,
    NeedsSecond,
    RecordMoved,
    Warrant,
    second,
)
from portal.registry.models import Correction, Dose, Person
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)

pytestmark = pytest.mark.usefixtures("all_rows")
BORN = PartialDate(1958, 3, 8)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def site():
    return make_organization()


@pytest.fixture
def one(site):
    staff = make_staff(site)
    return Warrant("complaint", "1234567890-1", proposed_by=staff.pk)


@pytest.fixture
def two(site, one):
    lead = make_staff(site, "lead")
    return Warrant("complaint", one.reference, one.proposed_by, lead.pk)


def found(number="", full_name=""):
    people = identity.find(national_id=number, full_name=full_name, born=BORN)
    return [person.pk for person in people]


# Fields and what was there before ---------------------------------------------------


def test_a_name_put_right_keeps_the_old_one_findable(one):
    person = make_person("Trần Thị Bửu Lộc")

    corrections.correct_person(
        person.pk, {"full_name": "Trần Thị Bảo Lộc"}, warrant=one, at=NOON
    )

    assert found(full_name="Trần Thị Bảo Lộc") == [person.pk]
    assert found(full_name="tran thi buu loc") == [person.pk]


def test_a_new_number_keeps_the_old_one_findable(one):
    person = make_person(national_id="024618357")

    corrections.correct_person(
        person.pk, {"national_id": "079158012345"}, warrant=one, at=NOON
    )

    assert found(number="079158012345") == found(number="024618357") == [person.pk]
    assert corrections.read_person(person, "national_id") == "079158012345"


def test_another_number_or_name_can_be_added_without_changing_the_record(one):
    person = make_person()

    corrections.add_alias(person.pk, number="024618357", warrant=one, at=NOON)
    corrections.add_alias(person.pk, full_name="Nguyễn Tư", warrant=one, at=NOON)

    assert found(number="024618357") == found(full_name="Nguyễn Tư") == [person.pk]
    assert corrections.read_person(person, "national_id") == "079158012345"
    with pytest.raises(CannotCorrect):
        corrections.add_alias(person.pk, number="024618357", warrant=one, at=NOON)


def test_what_was_said_of_other_values_is_not_said_of_the_new_ones(one):
    person = make_person()
    with corrections.writing("population"):
        Person.objects.filter(pk=person.pk).update(
            population="mismatched",
            population_wrong="born_on",
            population_source="simulator",
            population_at=NOON,
        )

    change = corrections.correct_person(
        person.pk, {"born_on": "1958-03-09"}, warrant=one, at=NOON
    )

    person.refresh_from_db()
    assert (person.population, person.population_wrong) == ("not_sent", "")
    assert person.population_at is None
    corrections.undo(change, warrant=one, at=NOON)
    person.refresh_from_db()
    assert (person.population, person.population_wrong) == ("mismatched", "born_on")
    assert (person.population_source, person.population_at) == ("simulator", NOON)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("born_on", "1958-13-01"),
        ("born_on", "hôm qua"),
        ("sex", "X"),
        ("residence", "N00000"),
        ("given_on", "2021-02-30"),
        ("product", "nothing"),
        ("site", "nowhere"),
        ("dose_number", "hai"),
    ],
)
def test_a_value_that_cannot_be_read_changes_nothing(site, one, field, value):
    person = make_person()
    dose = make_dose(person, site)
    correct, pk = (
        (corrections.correct_person, person.pk)
        if field in ("born_on", "sex", "residence")
        else (corrections.correct_dose, dose.pk)
    )
    with pytest.raises(CannotCorrect):
        correct(pk, {field: value}, warrant=one, at=NOON)
    assert not Correction.objects.filter(reason="complaint").exists()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"given_on": "2999-01-01"}, "Q01"),
        ({"given_on": "1957-12-31"}, "Q02"),
        ({"given_on": "2021-10-07"}, "Q17"),
        ({"given_on": "2021-10-08"}, ""),
        ({"lot": "ABX0001"}, ""),
    ],
    ids=["the future", "before birth", "a dose of that day", "another day", "a lot"],
)
def test_a_day_that_cannot_be_is_not_recorded(site, one, changes, rule):
    person = make_person(born_on="1958")
    dose = make_dose(person, site)
    make_dose(person, site, given_on="2021-10-07")
    if not rule:
        corrections.correct_dose(dose.pk, changes, warrant=one, at=NOON)
        return
    with pytest.raises(corrections.Impossible) as refused:
        corrections.correct_dose(dose.pk, changes, warrant=one, at=NOON)
    assert refused.value.rule == rule
    dose.refresh_from_db()
    assert str(dose.given_on) == "2021-08-12"


def test_what_was_wrong_before_does_not_stop_another_correction(site, one):
    dose = make_dose(make_person(), site)
    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(given_on="1950-01-01")

    corrections.correct_dose(dose.pk, {"lot": "X1"}, warrant=one, at=NOON)
    with pytest.raises(corrections.Impossible):
        corrections.add_dose(
            dose.person_id,
            {"given_on": "1950-01-02", "product": "AZ", "site": site.code},
            warrant=one,
            at=NOON,
        )


@pytest.mark.parametrize("field", ["status", "person", "version", "merged_into"])
def test_only_facts_are_changed_as_facts(site, one, field):
    dose = make_dose(make_person(), site)
    with pytest.raises(CannotCorrect):
        corrections.correct_dose(dose.pk, {field: "1"}, warrant=one, at=NOON)
    with pytest.raises(CannotCorrect):
        corrections.correct_person(dose.person_id, {field: "1"}, warrant=one, at=NOON)


def test_a_decision_on_what_is_no_longer_recorded_is_refused(site, one):
    dose = make_dose(make_person(), site, given_on="2021-08-12")
    seen = {"given_on": "2021-08-12"}
    corrections.correct_dose(dose.pk, {"given_on": "2021-08-13"}, warrant=one, at=NOON)

    with pytest.raises(RecordMoved):
        corrections.correct_dose(
            dose.pk, {"given_on": "2021-08-14"}, before=seen, warrant=one, at=NOON
        )
    with pytest.raises(CannotCorrect):
        corrections.correct_dose(
            dose.pk, {"given_on": "2021-08-13"}, warrant=one, at=NOON
        )


def test_each_version_stays_in_the_ledger_with_reason_and_source(site):
    person = make_person()
    dose = make_dose(person, site, given_on="2021-08-12")
    slip = Warrant("complaint", "1234567890-1", source="slip_seen")
    for day in ("2021-08-13", "2021-08-14"):
        corrections.correct_dose(dose.pk, {"given_on": day}, warrant=slip, at=NOON)

    kept = Correction.objects.filter(target="dose", target_id=dose.pk)
    steps = list(kept.order_by("version_before"))
    assert [step.version_before for step in steps] == [0, 1, 2]
    assert [step.before.get("given_on") for step in steps[1:]] == [
        "2021-08-12",
        "2021-08-13",
    ]
    assert {(s.reason, s.reason_ref, s.source) for s in steps[1:]} == {
        ("complaint", "1234567890-1", "slip_seen")
    }
    assert Entry.objects.filter(verb="change", person=person.pk).count() == 4


def test_the_log_of_changes_names_fields_and_never_values(one):
    person = make_person("Trần Thị Bửu Lộc")
    corrections.correct_person(
        person.pk,
        {"full_name": "Trần Thị Bảo Lộc", "national_id": "079158012399"},
        warrant=one,
        at=NOON,
    )
    detail = Entry.objects.filter(verb="change").latest("pk").detail
    assert detail == "full_name,name,national_id,number,population"


# Doses and whose they are -----------------------------------------------------------


def test_an_exact_clone_is_voided_by_one_person_anything_else_by_two(site, one, two):
    person = make_person()
    first = make_dose(person, site)
    with corrections.writing("imports"):
        clone = Dose.objects.create(
            person=person,
            given_on=first.given_on,
            product=first.product,
            lot_number=first.lot_number,
            site=site,
            recorded_at=NOON,
        )

    corrections.void(clone.pk, warrant=one, at=NOON)
    with pytest.raises(NeedsSecond):
        corrections.void(first.pk, warrant=one, at=NOON)
    corrections.void(first.pk, warrant=two, at=NOON)

    assert not person.doses.filter(status="completed").exists()
    with pytest.raises(CannotCorrect):
        corrections.void(first.pk, warrant=two, at=NOON)
    with pytest.raises(CannotCorrect):
        corrections.correct_dose(first.pk, {"lot": "X"}, warrant=two, at=NOON)


def test_a_voided_dose_can_count_again_unless_another_took_its_place(site, one, two):
    person = make_person()
    dose = make_dose(person, site)
    corrections.void(dose.pk, warrant=two, at=NOON)
    with pytest.raises(NeedsSecond):
        corrections.restore(dose.pk, warrant=one, at=NOON)
    corrections.restore(dose.pk, warrant=two, at=NOON)
    assert person.doses.filter(status="completed").count() == 1
    corrections.void(dose.pk, warrant=two, at=NOON)
    make_dose(person, site)
    with pytest.raises(CannotCorrect):
        corrections.restore(dose.pk, warrant=two, at=NOON)


def test_a_detached_dose_remembers_its_record_and_finds_its_owner(site, one, two):
    wrong, right = make_person(), make_person("Lê Văn Khác", national_id="")
    dose = make_dose(wrong, site)
    with pytest.raises(NeedsSecond):
        corrections.detach(dose.pk, warrant=one, at=NOON)

    corrections.detach(dose.pk, warrant=two, at=NOON)
    dose.refresh_from_db()
    assert (dose.person, dose.origin) == (None, wrong)

    corrections.attach(dose.pk, to=right.pk, warrant=one, at=NOON)
    dose.refresh_from_db()
    assert (dose.person, dose.origin) == (right, wrong)
    with pytest.raises(CannotCorrect):
        corrections.attach(dose.pk, to=wrong.pk, warrant=two, at=NOON)


def test_a_dose_goes_to_whom_it_was_given_by_two_people(site, one, two):
    wrong, right = make_person(), make_person("Lê Văn Khác", national_id="")
    dose = make_dose(wrong, site)
    with pytest.raises(NeedsSecond):
        corrections.reassign(dose.pk, to=right.pk, warrant=one, at=NOON)

    corrections.reassign(
        dose.pk, to=right.pk, before={"person": str(wrong.pk)}, warrant=two, at=NOON
    )

    dose.refresh_from_db()
    assert (dose.person, dose.origin) == (right, wrong)
    with pytest.raises(CannotCorrect):
        corrections.reassign(dose.pk, to=right.pk, warrant=two, at=NOON)
    corrections.reassign(dose.pk, to=wrong.pk, warrant=two, at=NOON)
    dose.refresh_from_db()
    assert (dose.person, dose.origin) == (wrong, None)


def test_nobody_is_given_a_dose_that_they_have(site, two):
    wrong, right = make_person(), make_person("Lê Văn Khác", national_id="")
    dose = make_dose(wrong, site)
    make_dose(right, site)
    with pytest.raises(CannotCorrect):
        corrections.reassign(dose.pk, to=right.pk, warrant=two, at=NOON)


@pytest.mark.parametrize("source", ["", "population"])
def test_adding_a_dose_on_somebodys_word_takes_two(site, one, two, source):
    person, product = make_person(), make_product()
    facts = {"given_on": "2021-10-07", "product": product.code, "site": site.code}
    alone = Warrant("complaint", "1-1", proposed_by=one.proposed_by, source=source)
    with pytest.raises(NeedsSecond):
        corrections.add_dose(person.pk, facts, warrant=alone, at=NOON)
    assert not Dose.objects.exists()
    corrections.add_dose(person.pk, facts, warrant=two, at=NOON)


def test_what_concerns_oneself_always_takes_two(one):
    person = make_person()
    own = Warrant("complaint", "1-1", one.proposed_by, concerns_oneself=True)
    with pytest.raises(NeedsSecond):
        corrections.correct_person(person.pk, {"sex": "M"}, warrant=own, at=NOON)


def test_nobody_signs_what_they_proposed():
    with pytest.raises(CannotCorrect):
        Warrant("complaint", "1-1", proposed_by=7, approved_by=7)


@pytest.mark.parametrize(
    ("operation", "facts", "two"),
    [
        ("change", {}, False),
        ("alias", {}, False),
        ("attach", {}, False),
        ("add", {}, True),
        ("add", {"source": "session_list"}, False),
        ("add", {"source": "orphan"}, False),
        ("add", {"source": "slip_seen"}, False),
        ("add", {"source": "photo"}, False),
        ("restore", {}, True),
        ("void", {"is_exact_clone": True}, False),
        ("void", {"is_exact_clone": False, "source": "session_list"}, True),
        ("detach", {"source": "session_list"}, True),
        ("reassign", {"source": "session_list"}, True),
        ("split", {"source": "session_list"}, True),
        ("merge", {"numbers_differ": False}, False),
        ("merge", {"numbers_differ": True}, True),
        ("change", {"concerns_oneself": True}, True),
        ("void", {"is_exact_clone": True, "concerns_oneself": True}, True),
    ],
)
def test_what_takes_two_people(operation, facts, two):
    assert second.takes_two(operation, reason="complaint", **facts) is two
    assert second.takes_two(operation, reason="rule", **facts) is False


# Two records of one person, one record of two people --------------------------------


def test_two_records_become_one_that_both_numbers_and_names_find(site, two):
    right = make_person("Trần Thị Bảo Lộc")
    other = make_person("Trần Thị Bửu Lộc", national_id="024618357")
    kept, moved = (
        make_dose(right, site, given_on="2021-10-20"),
        make_dose(other, site, given_on="2021-08-11"),
    )

    lead = corrections.merge(other.pk, into=right.pk, warrant=two, at=NOON)

    for number in ("079158012345", "024618357"):
        assert found(number=number) == [right.pk]
    for name in ("Trần Thị Bảo Lộc", "Trần Thị Bửu Lộc"):
        assert found(full_name=name) == [right.pk]
    doses = identity.record(other.pk, on=NOON.date())
    assert [dose.pk for dose in doses] == [moved.pk, kept.pk]
    assert identity.opened(other.pk)[0] == right
    moved.refresh_from_db()
    assert (moved.person, moved.origin) == (right, other)
    assert lead.parts.count() == 1
    assert [p.pk for p in identity.sharing("+84900000215")] == [right.pk]


def test_a_record_without_a_number_is_joined_by_one_person(one):
    right, other = make_person(), make_person(national_id="")
    corrections.merge(other.pk, into=right.pk, warrant=one, at=NOON)


@pytest.mark.parametrize(
    ("first", "other", "needs_two"),
    [
        ("079158012345", "024618357", True),
        ("079158012345", "079158012399", True),
        ("079158012345", "079158012345", False),
        ("079158012345", "79158012345", False),
        ("079158012345", "", False),
    ],
)
def test_different_valid_numbers_need_two_people(one, first, other, needs_two):
    right, twin = make_person(national_id=first), make_person(national_id=other)
    try:
        corrections.merge(twin.pk, into=right.pk, warrant=one, at=NOON)
    except NeedsSecond:
        assert needs_two
    else:
        assert not needs_two


@pytest.mark.parametrize(
    ("first", "other", "shared", "needs_two"),
    [
        ("079158012345", "079158012399", ["024618357", "024618357"], True),
        ("079158012345", "079158012399", ["", "079158012345"], True),
        ("005158012345", "079158012399", ["", ""], True),
        ("024618357", "079158012345", ["", "024618357"], False),
        ("B1234567", "079158012345", ["024618357", "024618357"], True),
    ],
    ids=[
        "an old card's number on both",
        "an alias that equals the other's number",
        "a number that no rule made",
        "the old card of whoever has the new number",
        "a passport and an old card on both",
    ],
)
def test_a_shared_alias_does_not_make_one_of_two_numbers(
    one, first, other, shared, needs_two
):
    people = [make_person(national_id=number) for number in (first, other)]
    for person, alias in zip(people, shared, strict=True):
        if alias:
            corrections.add_alias(person.pk, number=alias, warrant=one, at=NOON)
    right, twin = people
    try:
        corrections.merge(twin.pk, into=right.pk, warrant=one, at=NOON)
    except NeedsSecond:
        assert needs_two
    else:
        assert not needs_two


def test_what_was_joined_before_follows_and_no_record_is_joined_twice(site, two):
    first, middle, last = (
        make_person(national_id=n) for n in ("024618357", "", "079158012345")
    )
    dose = make_dose(first, site)
    corrections.merge(first.pk, into=middle.pk, warrant=two, at=NOON)
    corrections.merge(middle.pk, into=last.pk, warrant=two, at=NOON)

    dose.refresh_from_db()
    first.refresh_from_db()
    assert (dose.person, dose.origin, first.merged_into) == (last, first, last)
    assert found(number="024618357") == [last.pk]
    with pytest.raises(RecordMoved):
        corrections.merge(first.pk, into=last.pk, warrant=two, at=NOON)
    with pytest.raises(CannotCorrect):
        corrections.merge(last.pk, into=last.pk, warrant=two, at=NOON)


def test_what_is_done_to_a_joined_record_is_done_to_the_surviving_one(site, two):
    right, other = make_person(), make_person("Trần Thị Bửu Lộc", national_id="")
    corrections.merge(other.pk, into=right.pk, warrant=two, at=NOON)

    dose = make_dose(other, site)
    corrections.correct_person(other.pk, {"sex": "M"}, warrant=two, at=NOON)

    right.refresh_from_db()
    assert (dose.person, right.sex) == (right, "M")


def test_joining_is_taken_back_in_turn_and_new_doses_stay(site, two):
    right, other = make_person(), make_person(national_id="024618357")
    moved = make_dose(other, site)
    lead = corrections.merge(other.pk, into=right.pk, warrant=two, at=NOON)
    new = make_dose(right, site, given_on="2022-01-02")

    back = corrections.undo(lead, warrant=two, at=LATER)

    moved.refresh_from_db()
    other.refresh_from_db()
    assert (moved.person, moved.origin, other.status) == (other, None, "active")
    assert list(right.doses.all()) == [new]
    assert (back.operation, back.reverses) == ("undo", lead)
    with pytest.raises(CannotCorrect):
        corrections.undo(lead, warrant=two, at=LATER)
    with pytest.raises(CannotCorrect):
        corrections.undo(lead.parts.get(), warrant=two, at=LATER)


def test_a_record_of_two_people_is_taken_apart(site, one, two):
    person = make_person(national_id="024618357")
    corrections.correct_person(
        person.pk, {"national_id": "079158012345"}, warrant=TEST_WARRANT, at=NOON
    )
    mine = make_dose(person, site)
    theirs = make_dose(person, site, given_on="2021-10-07")
    facts = {"full_name": "Nguyễn Thị Thơ", "born_on": "1960", "sex": "F"}
    with pytest.raises(NeedsSecond):
        corrections.split(person.pk, facts, doses=[theirs.pk], warrant=one, at=NOON)

    other, lead = corrections.split(
        person.pk,
        facts,
        doses=[theirs.pk],
        numbers=["024618357"],
        warrant=two,
        at=NOON,
    )

    assert list(person.doses.all()) == [mine]
    assert list(other.doses.all()) == [theirs]
    assert found(number="024618357") == []  # born in 1960, not in 1958
    born = PartialDate(1960, None, None)
    people = identity.find(national_id="024618357", full_name="", born=born)
    assert [p.pk for p in people] == [other.pk]
    corrections.undo(lead, warrant=two, at=LATER)
    assert set(person.doses.all()) == {mine, theirs}
    assert found(number="024618357") == [person.pk]


@pytest.mark.parametrize("what", ["dose", "number", "nothing"])
def test_only_what_stands_on_the_record_is_split_off(site, two, what):
    person, stranger = make_person(), make_person(national_id="024618357")
    own, foreign = make_dose(person, site), make_dose(stranger, site)
    doses = {"dose": [own.pk, foreign.pk], "nothing": []}.get(what, [own.pk])
    with pytest.raises(CannotCorrect):
        corrections.split(
            person.pk,
            {"full_name": "Nguyễn Thị Thơ", "born_on": "1960"},
            doses=doses,
            numbers=["024618357"] if what == "number" else [],
            warrant=two,
            at=NOON,
        )
    assert Person.objects.count() == 2


# Certificates ------------------------------------------------------------------------


def test_what_a_certificate_shows_makes_it_stale_and_a_telephone_does_not(site, two):
    person = make_person()
    corrections.correct_person(
        person.pk, {"phone": "+84900000777"}, warrant=two, at=NOON
    )
    person.refresh_from_db()
    assert person.certificate_stale_since is None

    corrections.correct_person(person.pk, {"born_on": "1958"}, warrant=two, at=NOON)
    person.refresh_from_db()
    assert person.certificate_stale_since == NOON


@pytest.mark.parametrize("what", ["facts", "void", "reassign", "merge", "undo"])
def test_a_change_of_a_dose_makes_every_owners_certificate_stale(site, two, what):
    person, other = make_person(), make_person(national_id="")
    dose = make_dose(person, site)
    change = corrections.correct_dose(dose.pk, {"lot": "B2"}, warrant=two, at=NOON)
    both = what in ("reassign", "merge")
    if what == "void":
        corrections.void(dose.pk, warrant=two, at=LATER)
    elif what == "facts":
        corrections.correct_dose(dose.pk, {"lot": "C3"}, warrant=two, at=LATER)
    elif what == "undo":
        corrections.undo(change, warrant=two, at=LATER)
    elif what == "reassign":
        corrections.reassign(dose.pk, to=other.pk, warrant=two, at=LATER)
    else:
        corrections.merge(person.pk, into=other.pk, warrant=two, at=LATER)

    stale = Person.objects.filter(certificate_stale_since__gte=LATER)
    assert set(stale) == ({person, other} if both else {person})


def test_a_telephone_that_was_replaced_opens_nothing_any_more(two):
    person = make_person("Trần Thị Bảo Lộc")
    old = corrections.read_person(person, "phone")
    assert [p.pk for p in identity.sharing(old)] == [person.pk]

    change = corrections.correct_person(
        person.pk, {"phone": "+84900000777"}, warrant=two, at=NOON
    )

    assert identity.sharing(old) == []
    assert [p.pk for p in identity.sharing("+84900000777")] == [person.pk]
    corrections.undo(change, warrant=two, at=NOON)
    assert [p.pk for p in identity.sharing(old)] == [person.pk]
