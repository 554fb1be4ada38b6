"""A list becomes doses once, whatever happens meanwhile, and can be taken back."""

import time

import pytest
from django.db import connection, transaction

from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.common.forms import PartialDate
from portal.common.models import Outbox
from portal.registry import corrections, identity
from portal.registry.imports import committing, contents, jobs, staging
from portal.registry.imports.committing import CannotCommit
from portal.registry.models import Correction, Dose, ListJob, Person, SessionList
from tests.factories import (
    LONG_AGO,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_staff,
)
from tests.registry.imports.lists import NOON, Work, make_list, make_row, verdicts

pytestmark = pytest.mark.usefixtures("all_rows")
BORN = PartialDate(1958, 3, 8)


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization()


@pytest.fixture
def nurse(site):
    return make_staff(site)


def commit(one, *, by=None):
    committing.commit(one.pk, by=by and by.pk, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=by and by.pk, at=NOON)
    one.refresh_from_db()
    return one


def undo(one, *, by=None):
    committing.undo(one.pk, by=by and by.pk, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.UNDO,), by=by and by.pk, at=NOON)
    one.refresh_from_db()
    return one


def many(count, **values):
    """Return rows about as many different people."""
    return [
        make_row(
            n,
            id_number=f"0791580{n:05}",
            full_name=f"Nguyễn Thị {'ABCDEĐGHIKLMNOPQRSTUVXY'[n % 23]}",
            phones=(f"+849{n:08}",),
            **values,
        )
        for n in range(1, count + 1)
    ]


def test_a_committed_row_is_a_dose_with_its_proof(site, nurse):
    person = make_person()
    one = commit(make_list(site, [make_row()]), by=nurse)

    dose = person.doses.get()

    assert (dose.product.code, dose.lot_number, dose.dose_number) == (
        "AZ",
        "ABX6318",
        1,
    )
    assert (dose.site, dose.source, dose.version) == (site, Dose.Source.UPLOAD, 1)
    row = one.staged.get()
    assert (row.dose, row.person, row.done_at) == (dose, person, NOON)
    proof = row.correction
    assert (proof.target_id, proof.version_before) == (dose.pk, 0)
    assert (proof.reason, proof.reason_ref) == ("import", committing.reference(one))
    assert (proof.proposed_by, proof.approved_by) == (nurse, None)
    assert (proof.operation, proof.source) == ("add", "session_list")
    assert not any(proof.before.values())
    assert proof.after == {
        "status": "completed",
        "person": str(person.pk),
        "given_on": "2021-08-14",
        "product": "AZ",
        "lot": "ABX6318",
        "site": site.code,
        "dose_number": "1",
    }
    entry = Entry.objects.get(subject="registry.dose", subject_id=dose.pk)
    assert (entry.person, entry.actor_id) == (person.pk, nurse.pk)
    assert (one.state, one.rows_done, one.committed_at) == ("committed", 1, NOON)


def test_somebody_unknown_is_added_with_number_and_telephones(site):
    phones = ("+84900000215", "+84900000216")
    commit(make_list(site, [make_row(phones=phones)]))

    [person] = identity.find(
        national_id="079158012345", full_name="Nguyễn Thị Thử", born=BORN
    )

    assert person.full_name == "Nguyễn Thị Thử"
    assert corrections.read_person(person, "phone") == "+84900000215"
    assert person.telephones.count() == 2
    added = Correction.objects.get(target="person", target_id=person.pk)
    assert added.after == {
        "status": "active",
        "full_name": "Nguyễn Thị Thử",
        "born_on": "1958-03-08",
        "sex": "F",
        "national_id": "079158012345",
        "phone": "+84900000215",
        "number:079158012345": "current",
        "telephone:+84900000215": "current",
        "telephone:+84900000216": "alias",
    }


def test_a_number_with_restored_zeros_is_recorded_as_the_list_has_it(site):
    rows = [make_row(id_restored=True)]
    one = commit(make_list(site, rows))

    person = one.staged.get().person

    assert corrections.read_person(person, "national_id") == "79158012345"
    assert verdicts(make_list(site, rows, content=b"again")) == ["same"]


def test_two_doses_of_somebody_unknown_make_one_person(site):
    rows = [make_row(1), make_row(2, given_on=make_day(9, 25), dose_number=2)]

    one = commit(make_list(site, rows))

    assert verdicts(one) == ["new", "new"]
    person = Person.objects.get(full_name="Nguyễn Thị Thử")
    assert person.doses.count() == 2


def test_two_doses_of_somebody_unknown_in_two_batches_make_one_person(
    site, monkeypatch
):
    monkeypatch.setattr(committing, "BATCH", 1)
    usual = {"id_number": "", "id_kind": None}
    rows = [
        make_row(1, **usual),
        make_row(2, given_on=make_day(9, 25), dose_number=2, **usual),
    ]

    commit(make_list(site, rows))

    assert Person.objects.get(full_name="Nguyễn Thị Thử").doses.count() == 2


def make_day(month, day):
    return make_row().values.given_on.replace(month=month, day=day)


def test_only_new_doses_are_written(site):
    person = make_person()
    make_dose(person, site, given_on="2021-08-14", lot="ABX6318", dose_number="1")
    rows = [
        make_row(1),
        make_row(2, lot="PV46677"),
        make_row(3, verdict="postponed"),
        make_row(4, born_on=""),
        make_row(5, id_number="079158099999", given_on=make_day(9, 25)),
    ]
    one = make_list(site, rows)
    assert verdicts(one) == ["same", "differs", "postponed", "error", "ambiguous"]
    before = Correction.objects.count()

    commit(one)

    assert one.rows_done == 0
    assert Correction.objects.count() == before


def test_the_same_file_again_is_the_same_list(site):
    first = make_list(site, [make_row()])

    again, is_new = staging.take(
        content=b"a list", name="khac.xlsx", site=site, by=None, at=NOON
    )

    assert (again.pk, is_new) == (first.pk, False)


def test_the_same_rows_in_another_file_change_nothing(site):
    commit(make_list(site, many(30)))
    before = (Dose.objects.count(), Person.objects.count(), Correction.objects.count())

    again = commit(make_list(site, many(30), content=b"saved again"))

    assert set(verdicts(again)) == {"same"}
    now = (Dose.objects.count(), Person.objects.count(), Correction.objects.count())
    assert now == before


def test_a_dose_recorded_since_the_dry_run_is_not_written_again(site):
    person = make_person()
    one = make_list(site, [make_row()])
    make_dose(person, site, given_on="2021-08-14", lot="ABX6318", dose_number="1")

    commit(one)

    assert verdicts(one) == ["same"]
    assert person.doses.count() == 1


def test_a_row_that_the_database_does_not_take_holds_up_no_other(site):
    rows = many(5)
    rows[2] = make_row(3, id_number="079158099999", full_name="Dài " * 40)

    one = commit(make_list(site, rows))

    assert verdicts(one) == ["new", "new", "error", "new", "new"]
    assert one.rows_done == Dose.objects.count() == 4
    assert Person.objects.count() == 4
    fault = contents.unseal(one.staged.get(place=3), of=one)
    assert [r.code for r in fault.reasons] == ["not_taken"]


def test_an_unchecked_list_cannot_be_committed_and_a_committed_one_not_again(site):
    one = make_list(site, [make_row()], judged=False)
    with pytest.raises(CannotCommit):
        commit(one)
    jobs.finish(one.pk, (Work.JUDGE,), by=None, at=NOON)
    commit(one)
    with pytest.raises(CannotCommit):
        commit(one)


def test_twins_of_a_list_stay_two_people_whatever_batch_they_fall_in(site, monkeypatch):
    monkeypatch.setattr(committing, "BATCH", 1)
    rows = [
        make_row(1, full_name="Lê Thị Hoa", id_number="079158000001"),
        make_row(2, full_name="Lê Thị Hoà", id_number="079158000002"),
    ]

    one = commit(make_list(site, rows))

    assert verdicts(one) == ["new", "new"]
    assert Person.objects.count() == 2


def everything_of(people):
    """Return what a look-up and a record page show of people, and who is found."""
    shown = {}
    for number, name in people:
        found = identity.find(national_id=number, full_name=name, born=BORN)
        shown[number] = [
            (
                one.pk,
                one.full_name,
                one.version,
                identity.record(one.pk, on=NOON.date()),
            )
            for one in found
        ]
    return shown


def test_undo_restores_what_was_there_exactly(site, nurse):
    known = make_person()
    make_dose(known, site)
    rows = [make_row(1), *many(3)[1:]]
    people = [(row.values.id_number, row.values.full_name) for row in rows]
    before = everything_of(people)
    one = commit(make_list(site, rows), by=nurse)
    assert everything_of(people) != before

    undo(one, by=nurse)

    assert everything_of(people) == before
    assert (one.state, one.rows_done) == ("undone", 0)
    added = Correction.objects.filter(reason_ref=committing.reference(one))
    assert added.filter(reason="import").count() == added.filter(reason="undo").count()
    assert all(c.reverses.reason == "import" for c in added.filter(reason="undo"))
    assert all(c.proposed_by == nurse for c in added)


def test_undo_leaves_a_dose_that_was_changed_since(site):
    one = commit(make_list(site, many(2)))
    changed, other = (row.dose for row in one.staged.order_by("place"))
    corrections.correct_dose(
        changed.pk, {"lot": "PV46677"}, warrant=TEST_WARRANT, at=LONG_AGO
    )

    undo(one)

    changed.refresh_from_db()
    other.refresh_from_db()
    assert (changed.status, other.status) == ("completed", "entered_in_error")
    assert [row.is_kept for row in one.staged.order_by("place")] == [True, False]
    assert changed.person.status == "active"
    assert other.person.status == "entered_in_error"


def test_after_undo_the_same_file_can_be_sent_again(site):
    first = undo(commit(make_list(site, many(3))))

    again = commit(make_list(site, many(3)))

    assert again.pk != first.pk
    assert again.rows_done == 3
    assert Dose.objects.filter(status="completed").count() == 3


def test_a_worker_takes_a_list_all_the_way(site, nurse):
    one = make_list(site, many(3), judged=False)
    staging.owe(one, ListJob.Work.JUDGE, by=None, at=NOON)
    outbox.drain(queue="import", at=NOON)
    one.refresh_from_db()
    assert one.state == "checked"

    committing.commit(one.pk, by=nurse.pk, at=NOON)
    outbox.drain(queue="import", at=NOON)

    one.refresh_from_db()
    assert (one.state, one.rows_done) == ("committed", 3)
    assert not Outbox.objects.filter(kind="list", done_at=None).exists()


def test_a_slice_that_runs_out_of_time_leaves_the_rest_to_the_next(site, monkeypatch):
    monkeypatch.setattr(committing, "BATCH", 2)
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 0.0)
    one = make_list(site, many(5))
    committing.commit(one.pk, by=None, at=NOON)

    assert not committing.commit_slice(one.pk, by=None, at=NOON, until=time.monotonic())

    one.refresh_from_db()
    assert (one.state, one.rows_done) == ("committing", 2)
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 20.0)
    outbox.drain(queue="import", at=NOON)
    one.refresh_from_db()
    assert (one.state, one.rows_done) == ("committed", 5)


def test_expired_lists_are_forgotten_with_rows_and_file(site):
    one = commit(make_list(site, many(2)))
    later = NOON + staging.RETENTION

    assert staging.forget_expired(at=NOON) == 0
    # Nothing waits for a commit after which the worker may be killed.
    assert staging.forget_expired(at=later) == 1

    one.refresh_from_db()
    assert (one.staged.count(), one.name, one.forgotten_at) == (0, "", later)
    assert Dose.objects.filter(status="completed").count() == 2
    with pytest.raises(FileNotFoundError):
        staging.content_of(one)
    with pytest.raises(CannotCommit):
        undo(one)


def test_a_list_is_unreadable_in_the_database_and_in_the_storage(site):
    content = "Nguyễn Thị Thử;079158012345".encode()
    one = make_list(site, [make_row()], content=content)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l::text, r::text FROM registry_sessionlist l, registry_stagedrow r"
        )
        stored = " ".join(cursor.fetchone())
    with staging.default_storage.open(staging.file_name(one)) as file:
        sealed = file.read()

    for secret in ("Thử".encode(), b"079158012345", b"ds.xlsx"):
        assert secret not in sealed
        assert secret.hex() not in stored
    assert staging.content_of(one) == content


@pytest.mark.parametrize("role", ["staff", ""])
def test_strangers_see_no_list_and_nobody_writes_one_but_the_system(site, role):
    make_list(site, [make_row()])
    other = make_organization()

    with scope.staff([other.path] if role else []):
        assert not SessionList.objects.exists()
    with scope.staff([site.path]):
        assert SessionList.objects.count() == 1
        one = SessionList.objects.get()
        assert one.staged.count() == 1
        one.progress_at = NOON
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            one.save()
