"""Rows that meet a dose on record: the list's value taken, an orphan attached."""

import importlib
from datetime import date, timedelta

import pytest
from django.db import connection

from portal.accounts.models import User
from portal.common import crypto
from portal.registry import corrections
from portal.registry.imports import (
    committing,
    contents,
    jobs,
    reviewing,
    vocabulary,
)
from portal.registry.imports.committing import NotAlone, Together
from portal.registry.imports.conflict import Own
from portal.registry.models import Correction, Dose, SessionList, StagedRow
from tests.factories import (
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_orphan,
    make_person,
    make_product,
    make_staff,
    opened_by,
)
from tests.registry.imports.lists import NOON, Work, make_list, make_row, verdicts

pytestmark = pytest.mark.usefixtures("all_rows")
State, Taken = SessionList.State, StagedRow.Taken
LATER = NOON + timedelta(minutes=5)
DAY = date(2021, 8, 14)


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization()


@pytest.fixture
def nurse(site):
    return make_staff(site).pk


@pytest.fixture
def colleague(site):
    return make_staff(site).pk


def commit(one, by, *, at=NOON):
    began = committing.commit(one.pk, by=by, at=at, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=by, at=at)
    one.refresh_from_db()
    return began


def undo(one, by, *, at=NOON):
    began = committing.undo(one.pk, by=by, at=at, queued=False)
    jobs.finish(one.pk, (Work.UNDO,), by=by, at=at)
    one.refresh_from_db()
    return began


def different(site, *, n=1, **facts):
    """Make somebody whose recorded dose is not what the list's row says."""
    person = make_person(
        f"Nguyễn Thị {'ABCDEGH'[n]}",
        national_id=f"0791580{n:05}",
        phone=f"+849{n:08}",
    )
    usual = {"given_on": "2021-08-14", "lot": "PV1", "dose_number": "1"}
    return make_dose(person, site, **usual | facts)


def row_about(dose, n=1, **values):
    return make_row(
        n,
        full_name=dose.person.full_name,
        id_number=f"0791580{n:05}",
        phones=(f"+849{n:08}",),
        **values,
    )


def test_a_row_that_differs_changes_nothing_unless_staff_take_it(site, nurse):
    dose = different(site)
    one = make_list(site, [row_about(dose)])
    assert verdicts(one) == ["differs"]

    commit(one, nurse)

    dose.refresh_from_db()
    assert (dose.lot_number, dose.version) == ("PV1", 1)
    assert one.staged.get().done_at is None


def test_the_lists_value_is_taken_with_what_was_before(site, nurse):
    dose = different(site, given_on="2021-08-12")
    one = make_list(site, [row_about(dose)])

    (row,) = reviewing.take(one.pk, [1], Taken.LIST, at=NOON)
    assert row.verdict == "differs"
    assert commit(one, nurse)

    dose.refresh_from_db()
    assert (dose.lot_number, dose.given_on, dose.version) == ("ABX6318", DAY, 2)
    made = one.staged.get().correction
    assert (made.operation, made.reason, made.source) == (
        "change",
        "import",
        "session_list",
    )
    assert made.before == {"lot": "PV1", "given_on": "2021-08-12"}
    assert made.proposed_by_id == nurse
    assert one.rows_done == 0


def test_where_it_was_given_is_never_taken_from_a_list(site, nurse):
    elsewhere = make_organization()
    dose = different(elsewhere, lot="ABX6318")
    one = make_list(site, [row_about(dose)])

    assert verdicts(one) == ["differs"]
    assert reviewing.choices(one.staged.get(), of=one) == ()
    assert reviewing.take(one.pk, [1], Taken.LIST, at=NOON) == []


def test_several_corrections_by_a_list_take_a_second_person(site, nurse, colleague):
    doses = [different(site, n=n) for n in (1, 2)]
    one = make_list(site, [row_about(dose, n) for n, dose in enumerate(doses, 1)])
    assert reviewing.take_all(one.pk) == 2

    assert not commit(one, nurse)
    assert (one.state, one.asked_by_id) == (State.CHECKED, nurse)
    with pytest.raises(NotAlone):
        commit(one, nurse)
    made = make_staff(site)
    opened_by(User.objects.get(pk=nurse), made, at=NOON)
    with pytest.raises(Together):
        commit(one, made.pk)
    assert commit(one, colleague)

    assert (one.state, one.asked_by_id) == (State.COMMITTED, None)
    for dose in doses:
        dose.refresh_from_db()
        assert dose.lot_number == "ABX6318"
    signed = {
        (row.correction.proposed_by_id, row.correction.approved_by_id)
        for row in one.staged.select_related("correction")
    }
    assert signed == {(nurse, colleague)}


def test_what_changes_after_it_was_asked_has_to_be_asked_again(site, nurse, colleague):
    doses = [different(site, n=n) for n in (1, 2, 3)]
    one = make_list(site, [row_about(dose, n) for n, dose in enumerate(doses, 1)])
    reviewing.take(one.pk, [1, 2], Taken.LIST, at=NOON)
    commit(one, nurse)

    reviewing.take(one.pk, [3], Taken.LIST, at=NOON)

    assert not commit(one, colleague)
    committing.withdraw(one.pk)
    one.refresh_from_db()
    assert one.asked_by_id is None


def test_all_that_differ_are_not_those_that_differ_by_the_site_alone(site, nurse):
    elsewhere = make_organization()
    doses = [different(elsewhere, lot="ABX6318"), different(site, n=2)]
    one = make_list(site, [row_about(dose, n) for n, dose in enumerate(doses, 1)])
    assert verdicts(one) == ["differs", "differs"]

    assert reviewing.take_all(one.pk) == 1

    # One correction, so that one person writes it, and no row ends as an error.
    assert commit(one, nurse)
    assert verdicts(one) == ["differs", "differs"]
    doses[1].refresh_from_db()
    assert (doses[1].lot_number, doses[1].version) == ("ABX6318", 2)


@pytest.mark.parametrize(
    "changes", [{"lot": "PV2"}, {"dose_number": "2"}, {"given_on": "2021-08-12"}]
)
def test_what_changed_since_staff_saw_it_is_not_taken(site, nurse, changes):
    dose = different(site)
    one = make_list(site, [row_about(dose)])
    reviewing.take(one.pk, [1], Taken.LIST, at=NOON)
    corrections.correct_dose(
        dose.pk,
        changes,
        before={
            f: {"lot": "PV1", "dose_number": "1"}.get(f, "2021-08-14") for f in changes
        },
        warrant=TEST_WARRANT,
        at=NOON,
    )

    commit(one, nurse)

    dose.refresh_from_db()
    row = one.staged.get()
    assert (dose.version, row.verdict, row.done_at) == (2, "error", None)
    opened = contents.unseal(row, of=one)
    assert opened.findings.reasons[0].code == "changed_since"
    assert one.state == State.COMMITTED


def test_a_value_is_taken_of_what_the_page_showed_only(site):
    dose = different(site)
    one = make_list(site, [row_about(dose)])
    corrections.correct_dose(
        dose.pk,
        {"lot": "PV2"},
        before={"lot": "PV1"},
        warrant=TEST_WARRANT,
        at=NOON,
    )

    assert reviewing.take(one.pk, [1], Taken.LIST, at=NOON) == []

    assert one.staged.get().taken == ""
    # Shown again, with what the record says by now.
    assert len(reviewing.take(one.pk, [1], Taken.LIST, at=NOON)) == 1


@pytest.mark.parametrize("known", ["phone", "number", "record"])
def test_a_list_that_names_whoever_writes_it_takes_a_second(
    site, nurse, colleague, known
):
    rows = [
        make_row(),
        make_row(
            2,
            full_name="Nguyễn Thị Khác",
            id_number="079158099999",
            phones=("+84900000999",),
        ),
    ]
    digests = {
        "phone": Own(phone=crypto.digest("phone", "+84900000215")),
        "number": Own(number=crypto.digest("national_id", "079158012345")),
        "record": Own(phone=crypto.digest("phone", "+84900000777")),
    }
    if known == "record":
        make_person("Nguyễn Thị Thử", phone="+84900000777")
    one = make_list(site, rows)
    own = digests[known]

    began = committing.commit(one.pk, by=nurse, own=own, at=NOON, queued=False)

    one.refresh_from_db()
    assert (began, one.state, one.asked_by_id) == (False, State.CHECKED, nurse)
    assert commit(one, colleague)
    assert one.rows_done == 2


def test_a_list_that_names_others_is_one_persons(site, nurse):
    one = make_list(site, [make_row()])
    own = Own(
        crypto.digest("phone", "+84900000888"),
        crypto.digest("national_id", "079158077777"),
    )

    assert committing.commit(one.pk, by=nurse, own=own, at=NOON, queued=False)


def test_a_taken_value_is_put_back_with_the_list(site, nurse, colleague):
    dose = different(site)
    one = make_list(site, [row_about(dose)])
    reviewing.take(one.pk, [1], Taken.LIST, at=NOON)
    commit(one, nurse)

    assert not undo(one, nurse, at=LATER)
    assert undo(one, colleague, at=LATER)

    dose.refresh_from_db()
    assert (dose.lot_number, dose.status) == ("PV1", "completed")
    assert one.staged.get().undone_at == LATER


def test_a_list_of_several_doses_is_taken_back_by_two(site, nurse, colleague):
    rows = [
        make_row(n, full_name=f"Nguyễn Thị {name}", id_number=f"0791580{n:05}")
        for n, name in enumerate(("Ân", "Bảo"), 1)
    ]
    one = make_list(site, rows)
    commit(one, nurse)

    assert not undo(one, nurse, at=LATER)
    with pytest.raises(NotAlone):
        undo(one, nurse, at=LATER)
    assert undo(one, colleague, at=LATER)

    assert one.state == State.UNDONE
    undone = Correction.objects.filter(operation="undo", target="dose")
    assert {(c.needs_second, c.proposed_by_id, c.approved_by_id) for c in undone} == {
        (True, nurse, colleague)
    }


def test_whoever_wrote_a_list_takes_it_back_alone_for_half_a_minute(site, nurse):
    rows = [
        make_row(n, full_name=f"Nguyễn Thị {name}", id_number=f"0791580{n:05}")
        for n, name in enumerate(("Ân", "Bảo"), 1)
    ]
    one = make_list(site, rows)
    commit(one, nurse)

    assert undo(one, nurse, at=NOON + timedelta(seconds=20))

    assert one.state == State.UNDONE


def test_an_orphan_at_the_site_waits_for_staff_and_is_not_written_twice(site, nurse):
    person = make_person()
    orphan = make_orphan("NGUYEN THI THU", site, given_on="2021-08-14", lot_number="X")
    one = make_list(site, [make_row()])
    assert verdicts(one) == ["ambiguous"]
    opened = contents.unseal(one.staged.get(), of=one)
    assert [reason.code for reason in opened.reasons] == ["orphan_here"]

    (row,) = reviewing.take(one.pk, [1], Taken.ORPHAN, at=NOON)
    assert (row.verdict, row.dose_id) == ("new", orphan.pk)
    commit(one, nurse)

    orphan.refresh_from_db()
    assert orphan.person_id == person.pk
    assert person.doses.count() == 1
    assert one.staged.get().correction.operation == "attach"
    assert one.rows_done == 1


def test_an_orphan_of_somebody_unknown_gets_a_record_and_loses_it_again(
    site, nurse, colleague
):
    orphan = make_orphan("Nguyễn Thị Thử", site, given_on="2021-08-14")
    one = make_list(site, [make_row()])
    reviewing.take(one.pk, [1], Taken.ORPHAN, at=NOON)
    commit(one, nurse)
    orphan.refresh_from_db()
    added = orphan.person
    assert added.full_name == "Nguyễn Thị Thử"

    assert not undo(one, nurse, at=LATER)
    assert undo(one, colleague, at=LATER)

    orphan.refresh_from_db()
    added.refresh_from_db()
    assert (orphan.person_id, added.status) == (None, "entered_in_error")
    assert one.rows_done == 0


def test_what_one_may_take_back_of_a_list_goes_back_with_its_orphan(site, nurse):
    person = make_person()
    orphan = make_orphan("NGUYEN THI THU", site, given_on="2021-08-14", lot_number="X")
    one = make_list(site, [make_row()])
    reviewing.take(one.pk, [1], Taken.ORPHAN, at=NOON)
    commit(one, nurse)

    # Asked for in time; the worker comes to it when half a minute is over.
    assert committing.undo(one.pk, by=nurse, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.UNDO,), by=nurse, at=LATER)

    orphan.refresh_from_db()
    assert (orphan.person_id, person.doses.count()) == (None, 0)
    assert one.staged.get().is_kept is False


def test_a_dose_apart_is_written_beside_the_orphan(site, nurse):
    person = make_person()
    orphan = make_orphan("Nguyễn Thị Thử", site, given_on="2021-08-14")
    one = make_list(site, [make_row()])

    (row,) = reviewing.take(one.pk, [1], Taken.APART, at=NOON)
    assert (row.verdict, row.dose_id) == ("new", None)
    commit(one, nurse)

    orphan.refresh_from_db()
    assert orphan.person_id is None
    assert person.doses.count() == 1


def test_a_dose_apart_stays_apart_where_the_person_lacks_something(site):
    make_person(national_id="")
    make_orphan("Nguyễn Thị Thử", site, given_on="2021-08-14")
    one = make_list(site, [make_row()])
    assert reviewing.take(one.pk, [1], Taken.APART, at=NOON)

    assert reviewing.take(one.pk, [1], Taken.PERSON, at=NOON) == []

    assert (verdicts(one), one.staged.get().taken) == (["new"], Taken.APART)


def test_what_waited_before_an_upgrade_says_what_was_asked(site, nurse):
    lists = [
        make_list(site, [make_row()], content=f"list {n}".encode()) for n in range(3)
    ]
    for one, state in zip(lists, ("checked", "committed", "checked"), strict=True):
        asked = None if one is lists[2] else nurse
        SessionList.objects.filter(pk=one.pk).update(state=state, asked_by=asked)

    before = importlib.import_module("portal.registry.migrations.0010_who_asked")
    with connection.cursor() as cursor:
        cursor.execute(before.FILLED)

    assert list(
        SessionList.objects.order_by("pk").values_list("asked_for", flat=True)
    ) == ["commit", "undo", ""]


def test_an_orphan_that_found_its_owner_meanwhile_is_not_taken(site, nurse):
    make_person()
    orphan = make_orphan("Nguyễn Thị Thử", site, given_on="2021-08-14")
    one = make_list(site, [make_row()])
    reviewing.take(one.pk, [1], Taken.ORPHAN, at=NOON)
    from_elsewhere = make_person("Trần Văn Khác", national_id="", phone="")
    corrections.attach(orphan.pk, to=from_elsewhere.pk, warrant=TEST_WARRANT, at=NOON)

    commit(one, nurse)

    row = one.staged.get()
    assert (row.verdict, row.done_at) == ("ambiguous", None)
    opened = contents.unseal(row, of=one)
    assert "orphan_gone" in [reason.code for reason in opened.reasons]


@pytest.mark.parametrize(
    "orphan",
    [
        {"name": "Trần Văn Khác"},
        {"given_on": "2021-08-15"},
        {"product": "PF"},
        {"elsewhere": True},
    ],
)
def test_what_is_another_name_day_vaccine_or_site_is_no_orphan_of_the_row(site, orphan):
    place = make_organization() if orphan.get("elsewhere") else site
    make_orphan(
        orphan.get("name", "Nguyễn Thị Thử"),
        place,
        given_on=orphan.get("given_on", "2021-08-14"),
        product=make_product(orphan.get("product", "AZ")),
    )

    assert verdicts(make_list(site, [make_row()])) == ["new"]


def test_one_orphan_is_offered_to_one_row_only(site):
    make_orphan("Nguyễn Thị Thử", site, given_on="2021-08-14")
    rows = [
        make_row(1),
        make_row(2, id_number="079158099999", phones=("+84900000999",)),
    ]

    assert sorted(verdicts(make_list(site, rows))) == ["ambiguous", "new"]
    assert Dose.objects.filter(person=None).count() == 1


def test_what_is_only_given_abroad_is_no_word_of_lists(site):
    make_product("coronavac", "CoronaVac (Sinovac)")

    known = vocabulary.load().products

    assert "astrazeneca" in known
    assert vocabulary.ABROAD.isdisjoint(known.values())
