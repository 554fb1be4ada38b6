"""Between dry run and commit: a row fixed, left out, given to somebody."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.registry.imports import (
    committing,
    contents,
    jobs,
    reviewing,
    staging,
    wording,
)
from portal.registry.imports.committing import CannotCommit, Moved
from portal.registry.imports.meanings import ROLES
from portal.registry.imports.reviewing import NotOffered
from portal.registry.imports.rows import Reason
from portal.registry.models import Dose, ListColumns, Person, StagedRow
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)
from tests.registry.imports.conftest import as_csv
from tests.registry.imports.lists import (
    NOON,
    USUAL,
    Work,
    make_list,
    make_row,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("all_rows")
Taken = StagedRow.Taken
LATER = NOON + timedelta(days=1)


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization()


def commit(one):
    committing.commit(one.pk, by=None, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=None, at=NOON)


def test_a_fixed_cell_is_judged_anew_and_the_original_stays(site):
    person = make_person()
    fault = Reason("missing", column="born_on", cell="C7")
    one = make_list(site, [make_row(verdict="error", reasons=[fault], born_on="")])
    assert verdicts(one) == ["error"]

    row = reviewing.fix(one.pk, 1, USUAL, at=NOON)

    assert (row.verdict, row.person, row.is_fixed) == ("new", person, True)
    opened = contents.unseal(one.staged.get(), of=one)
    assert opened.row.values == USUAL
    assert opened.row.cells == ("1", "Nguyễn Thị Thử", "=1+1")
    assert opened.reasons == ()


def test_a_number_that_staff_left_standing_is_confirmed(site):
    one = make_list(site, [make_row(id_restored=True)])

    reviewing.fix(one.pk, 1, replace(USUAL, id_restored=True), at=NOON)
    commit(one)

    assert one.staged.get().person.documents.get().number == USUAL.id_number


def test_a_row_left_out_is_not_written_until_it_is_taken_in_again(site):
    one = make_list(site, [make_row()])

    assert reviewing.exclude(one.pk, 1, excluded=True, at=NOON).verdict == "excluded"
    assert reviewing.exclude(one.pk, 1, excluded=False, at=NOON).verdict == "new"
    reviewing.exclude(one.pk, 1, excluded=True, at=NOON)
    commit(one)

    assert not Person.objects.exists()


def test_where_the_first_of_two_is_left_out_the_second_has_the_dose(site):
    one = make_list(site, [make_row(1), make_row(2)])
    assert verdicts(one) == ["new", "duplicate"]

    reviewing.exclude(one.pk, 1, excluded=True, at=NOON)

    assert verdicts(one) == ["excluded", "new"]


def test_a_row_taken_in_again_is_judged_by_what_it_is_then(site):
    one = read_in(site, MAI, MAI)
    reviewing.exclude(one.pk, 2, excluded=True, at=NOON)
    reviewing.exclude(one.pk, 1, excluded=True, at=NOON)

    row = reviewing.exclude(one.pk, 2, excluded=False, at=NOON)

    assert row.verdict == "new"
    assert verdicts(one) == ["excluded", "new"]


def test_what_was_agreed_for_one_person_is_not_written_for_another(site):
    person = make_person(phone="")
    other = make_person(full_name="Nguyễn Thị Thủ", national_id="")
    one = make_list(site, [make_row()])
    reviewing.choose(one.pk, 1, person.pk, at=NOON)
    assert reviewing.take(one.pk, [1], Taken.PERSON, at=NOON)

    reviewing.choose(one.pk, 1, person.pk, at=NOON)
    assert one.staged.get().taken == Taken.PERSON
    reviewing.choose(one.pk, 1, other.pk, at=NOON)

    assert one.staged.get().taken == ""


def test_nothing_is_taken_of_a_row_that_is_another_than_the_one_seen(site):
    people = [make_person(phone="")]
    one = make_list(site, [make_row(1), make_row(2, given_on=date(2021, 10, 10))])
    for place in (1, 2):
        reviewing.choose(one.pk, place, people[0].pk, at=NOON)
    seen = {row.place: reviewing.stamp_of(row) for row in one.staged.all()}
    fixed(one, 1, lot="AB9")

    rows = reviewing.take(one.pk, [1, 2], Taken.PERSON, seen=seen, at=NOON)

    assert [row.place for row in rows] == [2]
    with pytest.raises(Moved):
        reviewing.take(one.pk, [1], Taken.PERSON, seen=seen, at=NOON)
    assert one.staged.get(place=1).taken == ""


def test_the_person_chosen_gets_the_dose(site):
    person = make_person(national_id="079158099999")
    one = make_list(site, [make_row()])
    assert verdicts(one) == ["ambiguous"]

    row = reviewing.choose(one.pk, 1, person.pk, at=NOON)
    commit(one)

    assert row.verdict == "new"
    assert person.doses.count() == 1


def test_none_of_the_people_offered_means_somebody_new(site):
    person = make_person(national_id="079158099999")
    one = make_list(site, [make_row()])

    reviewing.choose(one.pk, 1, None, at=NOON)
    commit(one)

    assert person.doses.count() == 0
    assert one.staged.get().person.full_name == USUAL.full_name


def test_nobody_is_chosen_who_was_not_offered(site):
    make_person(national_id="079158099999")
    other = make_person("Trần Văn Khác", national_id="079158000001")
    one = make_list(site, [make_row()])

    with pytest.raises(NotOffered):
        reviewing.choose(one.pk, 1, other.pk, at=NOON)


def test_nothing_is_changed_once_the_list_is_being_written(site):
    one = make_list(site, [make_row()])
    committing.commit(one.pk, by=None, at=NOON, queued=False)

    for change in (
        lambda: reviewing.fix(one.pk, 1, USUAL, at=NOON),
        lambda: reviewing.exclude(one.pk, 1, excluded=True, at=NOON),
        lambda: reviewing.choose(one.pk, 1, None, at=NOON),
        lambda: reviewing.set_columns(
            one.pk, {}, keep_for_site=False, by=None, at=NOON
        ),
    ):
        with pytest.raises(CannotCommit):
            change()


def test_other_columns_read_the_list_anew_and_are_kept_for_the_site(site):
    one = make_list(site, [make_row()])
    ListColumns.objects.create(
        site=site, columns={"so": "ordinal", "ten": "note"}, saved_at=NOON
    )

    reviewing.set_columns(
        one.pk,
        {"ten": "full_name"},
        keep_for_site=True,
        by=None,
        at=NOON,
        queued=False,
    )

    one.refresh_from_db()
    assert (one.state, one.rows_read, one.staged.count()) == ("reading", 0, 0)
    assert one.columns == {"ten": "full_name"}
    kept = ListColumns.objects.get(site=site).columns
    assert kept == {"so": "ordinal", "ten": "full_name"}


def test_every_role_of_a_column_has_words():
    assert set(wording.ROLES) == ROLES


@pytest.mark.parametrize("chunks", [(2, 0), (1, 1)])
def test_both_rows_of_one_number_wait_for_staff(site, chunks):
    first = make_row(1)
    fault = Reason("id_shared", "id_number", "", "1")
    second = make_row(2, full_name="Lê Thị Khác", verdict="error", reasons=[fault])
    rows = [first, replace(second, against=1)]
    one, _ = staging.take(
        content=b"twins", name="a", site=site, by=None, at=NOON, queued=False
    )
    staging.stage(one.pk, rows[: chunks[0]], after=0, at=NOON)
    if chunks[1]:
        staging.stage(one.pk, rows[1:], after=1, at=NOON)
    staging.close_reading(one.pk, at=NOON)
    jobs.finish(one.pk, (Work.JUDGE,), by=None, at=NOON)

    assert verdicts(one) == ["error", "error"]
    opened = contents.unseal(one.staged.get(place=1), of=one)
    assert [(r.code, r.detail) for r in opened.reasons] == [("id_shared", "2")]
    assert reviewing.fix(one.pk, 1, USUAL, at=NOON).verdict == "new"


HEAD = ["Họ và tên", "Ngày sinh", "Số CCCD", "Ngày tiêm", "Vắc xin", "Số lô"]
MAI = ["Mai Thị Bé", "08/03/1958", "079158012345", "14/08/2021", "AstraZeneca", "AB1"]
LAN = ["Lê Thị Lan", "08/03/1958", "079158012345", "14/08/2021", "AstraZeneca", "AB1"]


def read_in(site, *rows):
    """Take in a file of these rows and judge it."""
    one, _ = staging.take(
        content=as_csv([HEAD, *rows]),
        name="ds.csv",
        site=site,
        by=None,
        at=NOON,
        queued=False,
    )
    jobs.finish(one.pk, (Work.READ, Work.JUDGE), by=None, at=NOON)
    one.refresh_from_db()
    return one


def fixed(one, place, **values):
    said = contents.unseal(one.staged.get(place=place), of=one).row.values
    return reviewing.fix(one.pk, place, replace(said, **values), at=NOON)


def test_a_row_pasted_twice_is_written_where_the_first_is_left_out(site):
    one = read_in(site, MAI, MAI, MAI)
    assert verdicts(one) == ["new", "duplicate", "duplicate"]

    reviewing.exclude(one.pk, 1, excluded=True, at=NOON)
    assert verdicts(one) == ["excluded", "new", "duplicate"]

    reviewing.exclude(one.pk, 1, excluded=False, at=NOON)
    assert verdicts(one) == ["new", "duplicate", "duplicate"]


def test_a_row_pasted_twice_is_written_where_the_first_was_somebody_else(site):
    one = read_in(site, MAI, MAI)

    fixed(one, 1, full_name="Trần Văn Khác", id_number="079058000777")

    assert verdicts(one) == ["new", "new"]
    opened = contents.unseal(one.staged.get(place=2), of=one)
    assert "same_as_row" not in {reason.code for reason in opened.reasons}


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize(
    "other", [[*MAI[:-1], "AB2"], LAN], ids=["twice_differs", "id_shared"]
)
def test_of_two_rows_that_contradict_each_other_one_left_out_frees_the_other(
    site, place, other
):
    one = read_in(site, MAI, other)
    assert verdicts(one) == ["error", "error"]

    reviewing.exclude(one.pk, place, excluded=True, at=NOON)

    expected = ["new", "new"]
    expected[place - 1] = "excluded"
    assert verdicts(one) == expected
    reviewing.exclude(one.pk, place, excluded=False, at=NOON)
    assert verdicts(one) == ["error", "error"]


def test_rows_that_contradict_each_other_still_do_without_a_third(site):
    one = read_in(site, MAI, [*MAI[:-1], "AB2"], [*MAI[:-1], "AB3"])
    assert verdicts(one) == ["error"] * 3

    reviewing.exclude(one.pk, 1, excluded=True, at=NOON)

    assert verdicts(one) == ["excluded", "error", "error"]


def test_where_staff_confirm_that_two_are_two_the_first_stays_what_it_was(site):
    younger = [MAI[0], "1958", "", *MAI[3:]]
    one = read_in(site, MAI[:2] + [""] + MAI[3:], younger)
    before = verdicts(one)

    fixed(one, 2, born_on="1958-09-09")

    assert (before[0], verdicts(one)[0]) == ("new", "new")


def test_a_row_that_waited_is_written_later_and_taken_back_with_the_rest(site):
    make_person(national_id="079158099999")
    other = make_row(2, full_name="Lê Thị Hai", id_number="079158000002", phones=())
    one = make_list(site, [make_row(1), other])
    assert verdicts(one) == ["ambiguous", "new"]
    commit(one)
    one.refresh_from_db()
    first = one.committed_at

    reviewing.choose(one.pk, 1, None, at=NOON)
    committing.commit(one.pk, by=None, at=LATER, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=None, at=LATER)

    one.refresh_from_db()
    assert (one.state, one.rows_done, one.committed_at) == ("committed", 2, first)
    assert Dose.objects.filter(status="completed").count() == 2
    with pytest.raises(CannotCommit):
        committing.commit(one.pk, by=None, at=LATER, queued=False)
    with pytest.raises(CannotCommit):
        reviewing.exclude(one.pk, 2, excluded=True, at=LATER)
    # As old as its first row: taken back by two.
    asker, signer = (make_staff(site).pk for _ in range(2))
    assert not committing.undo(one.pk, by=asker, at=LATER, queued=False)
    assert committing.undo(one.pk, by=signer, at=LATER, queued=False)
    jobs.finish(one.pk, (Work.UNDO,), by=signer, at=LATER)
    assert not Dose.objects.filter(status="completed").exists()


def test_who_asked_to_take_back_has_not_asked_to_write_the_rest(site):
    people = [
        make_person(f"Lê Thị {name}", national_id=f"07915800000{n}")
        for n, name in enumerate(("Một", "Hai", "Ba"))
    ]
    doses = [make_dose(person, site) for person in people]
    rows = [
        make_row(
            n,
            full_name=person.full_name,
            id_number=f"07915800000{n - 1}",
            phones=(),
            given_on=date(2021, 8, 12),
            product=dose.product.code,
        )
        for n, (person, dose) in enumerate(zip(people, doses, strict=True), 1)
    ]
    one = make_list(site, [*rows, make_row(4)])
    assert verdicts(one) == ["differs"] * 3 + ["new"]
    asker, signer = (make_staff(site).pk for _ in range(2))
    commit(one)
    assert reviewing.take(one.pk, [1, 2], "list", at=NOON)
    assert not committing.undo(one.pk, by=asker, at=LATER, queued=False)

    assert not committing.commit(one.pk, by=signer, at=LATER, queued=False)

    one.refresh_from_db()
    assert (one.state, one.asked_for) == ("committed", "commit")
    assert committing.commit(one.pk, by=asker, at=LATER, queued=False)


def test_who_is_certain_can_be_overruled_and_a_choice_made_again(site):
    person, other = make_person(), make_person(full_name="Nguyễn Thị Thủ", phone="")
    one = make_list(site, [make_row()])
    offered = contents.unseal(one.staged.get(), of=one).findings.candidates
    assert {owner.person for owner in offered} >= {person.pk}

    reviewing.choose(one.pk, 1, None, at=NOON)
    assert one.staged.get().person is None

    for chosen in (person, other, person):
        row = reviewing.choose(one.pk, 1, chosen.pk, at=NOON)
        assert (row.verdict, row.person) == ("new", chosen)


def test_one_sheet_with_numbers_and_one_with_telephones_name_one_person(site):
    rows = [
        make_row(1, id_number="", id_kind=None, given_on=date(2021, 6, 1)),
        make_row(2, dose_number=2),
    ]
    one = make_list(site, rows)

    commit(one)

    person = Person.objects.get()
    assert person.doses.count() == 2
    assert person.documents.get().number == USUAL.id_number


def test_somebody_whom_an_earlier_part_of_the_list_added_is_asked_about(
    site, monkeypatch
):
    monkeypatch.setattr(committing, "BATCH", 1)
    monkeypatch.setattr(staging, "CHUNK", 1)
    rows = [
        make_row(1, id_number="", id_kind=None, given_on=date(2021, 6, 1)),
        make_row(2, dose_number=2),
    ]
    one = make_list(site, rows)

    commit(one)

    assert verdicts(one) == ["new", "ambiguous"]
    person = Person.objects.get()
    reviewing.choose(one.pk, 2, person.pk, at=NOON)
    commit(one)
    assert person.doses.count() == 2
