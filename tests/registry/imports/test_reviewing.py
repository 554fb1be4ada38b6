"""Between dry run and commit: a row fixed, left out, given to somebody."""

from dataclasses import replace

import pytest

from portal.registry.imports import (
    committing,
    contents,
    jobs,
    reviewing,
    staging,
    wording,
)
from portal.registry.imports.committing import CannotCommit
from portal.registry.imports.meanings import ROLES
from portal.registry.imports.reviewing import NotOffered
from portal.registry.imports.rows import Reason
from portal.registry.models import ListColumns, Person
from tests.factories import make_organization, make_person, make_product
from tests.registry.imports.lists import (
    NOON,
    USUAL,
    Work,
    make_list,
    make_row,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("all_rows")


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
