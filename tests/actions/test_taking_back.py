"""What rules changed is taken back: who hears of it, whose own it is, what stays."""

from datetime import UTC, datetime, timedelta

import pytest

from complaints.actions import campaigns, prepared, preparing, selfcorrection
from complaints.choices import Kind
from complaints.models import Campaign, Prepared, SelfCorrection
from complaints.rules.refused import Refused
from portal.common import crypto, outbox
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.models import Person
from tests.actions.test_prepared import contradicted
from tests.actions.test_prepared import report as report_dose
from tests.actions.test_selfcorrection import clone
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

PHONE = "+84900000215"
NIGHT = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)  # 23:00 in Vietnam
HOUR = timedelta(hours=1)


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def boss(station):
    return make_staff(station, "administrator")


def untidy(station, name="Nguyễn Thị Hoà", **facts):
    """Make somebody whose tone mark stands where old typewriters put it."""
    person = make_person(residence=station.commune, **facts)
    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(full_name=name)
    person.refresh_from_db()
    return person


def walk(*rules, boss, at=NOON):
    campaigns.start(rules=rules, cap=100, by=boss, at=at)
    for queue in ("report", "population") * 4:
        outbox.drain(queue=queue, at=at)
    return Campaign.objects.latest("pk").batches.get()


def told(kind, at=NOON):
    """Send what is owed and return how many messages of a kind went out."""
    outbox.drain(queue="notify", at=at)
    return DemoMessage.objects.filter(provider_key__startswith=f"{kind}:").count()


# Who hears of it.
def test_what_was_changed_and_put_back_in_one_night_is_told_to_nobody(
    station, boss, gateway
):
    untidy(station)
    batch = walk("A1", boss=boss, at=NIGHT)
    outbox.drain(queue="notify", at=NIGHT)
    campaigns.undo_batch(batch.pk, by=boss, at=NIGHT + 2 * HOUR)
    outbox.drain(queue="notify", at=NIGHT + 2 * HOUR)

    outbox.drain(queue="notify", at=NIGHT + 12 * HOUR)

    assert gateway.sent == []


def test_of_two_changes_of_a_night_one_of_which_stands_the_person_hears(
    station, boss, gateway
):
    person = untidy(station)
    clone(make_dose(person, station))
    walk("A1", "A6", boss=boss, at=NIGHT)
    for row in SelfCorrection.objects.filter(rule="A6"):
        selfcorrection.undo(row.ref, by=boss, at=NIGHT + HOUR)

    outbox.drain(queue="notify", at=NIGHT + 12 * HOUR)

    (text,) = gateway.texts()
    assert "duoc tu sua" in text


def test_whoever_heard_of_three_changes_hears_once_that_they_were_put_back(
    station, boss
):
    person = untidy(station)
    first = make_dose(person, station)
    clone(first)
    clone(first)
    batch = walk("A1", "A6", boss=boss)
    assert SelfCorrection.objects.count() == 3
    assert told("self_done") == 1

    campaigns.undo_batch(batch.pk, by=boss, at=NOON)

    assert told("self_undone") == 1


def test_a_family_of_one_telephone_hears_once(station, boss):
    for n, name in enumerate(("Nguyễn Thị Hoà", "Nguyễn Văn Khoẻ", "Lê Thị Thuý")):
        untidy(station, name, national_id=f"07915801234{n}", phone=PHONE)
    batch = walk("A1", boss=boss)

    assert SelfCorrection.objects.count() == 3
    assert told("self_done") == 1
    campaigns.undo_batch(batch.pk, by=boss, at=NOON)
    assert told("self_undone") == 1


def test_a_click_that_was_taken_back_before_anybody_was_told_is_told_to_nobody(
    station, boss
):
    contradicted(station)
    walk("B1", boss=boss)
    ref = Prepared.objects.get().ref
    prepared.accept(ref, by=make_staff(station), at=NOON)
    prepared.take_back(ref, by=boss, at=NOON)

    assert (told("prepared_done"), told("prepared_undone")) == (0, 0)


# Whose own it is.
def own_record(person, user):
    user.phone_digest = crypto.digest("phone", PHONE)
    user.save(update_fields=["phone_digest"])
    return user


def test_nobody_takes_back_alone_what_was_changed_on_the_own_record(station, boss):
    untidy(station)
    walk("A1", boss=boss)
    (row,) = SelfCorrection.objects.all()
    own = own_record(row.person, make_staff(station, "administrator"))

    with pytest.raises(Refused, match="Người khác"):
        selfcorrection.undo(row.ref, by=own, at=NOON)

    row.refresh_from_db()
    assert (row.undone_at, row.finding) == (None, "")


def test_with_a_batch_the_own_record_stays_for_somebody_else(station, boss):
    own, other = untidy(station), untidy(station, national_id=None, phone=None)
    batch = walk("A1", boss=boss)

    found = campaigns.undo_batch(batch.pk, by=own_record(own, boss), at=NOON)

    assert [row.person_id for row in found.rows] == [other.pk]
    assert [row.person_id for row in found.moved] == [own.pk]


# What stays.
def test_a_batch_that_is_still_at_work_says_so(station, boss):
    untidy(station)
    campaigns.start(rules=["A1"], cap=100, by=boss, at=NOON)
    batch = Campaign.objects.get().batches.get()

    with pytest.raises(Refused, match="đang làm dở"):
        campaigns.undo_batch(batch.pk, by=boss, at=NOON)


def test_what_a_report_asks_for_by_now_is_not_withdrawn_with_its_batch(station, boss):
    dose = contradicted(station)
    batch = walk("B1", boss=boss)
    case = report_dose(dose, {"product": "spikevax"})
    preparing.look_at([case.pk], at=NOON)
    assert Prepared.objects.get().complaint_id == case.pk

    campaigns.undo_batch(batch.pk, by=boss, at=NOON)

    row = Prepared.objects.get()
    assert (row.state, row.complaint.kind) == ("open", Kind.WRONG_DOSE)
