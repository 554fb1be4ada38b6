"""Another telephone: one's own reports follow it, and back where it was stopped."""

import pytest

from complaints.choices import Relation
from portal.accounts import contact
from portal.common import outbox
from tests.factories import (
    NOON,
    make_organization,
    make_person,
    make_product,
    missing_dose,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")
OLD, NEW, OTHER = "+84900000215", "+84912345678", "+84900000999"


@pytest.fixture
def site():
    make_product()
    return make_organization(name="Trạm Y tế Hòa Bình")


@pytest.fixture
def person():
    return make_person(phone=OLD)


def report(site, person, day, **facts):
    matter = missing_dose(site, given_on=day)
    return submit(matter, sender=sender_for(person, **facts)).submission


def change(person, *, way=contact.Way.BOTH_PHONES):
    made = contact.ask(person_id=person.pk, phone=NEW, way=way, language="vi", at=NOON)
    outbox.drain(queue="route", at=NOON)
    return made


def telephones(*submissions):
    found = []
    for submission in submissions:
        submission.refresh_from_db()
        found.append(submission.phone)
    return found


def test_what_was_reported_with_the_old_telephone_is_told_to_the_new_one(
    gateway, site, person
):
    mine = report(site, person, "2021-10-07")

    change(person)

    assert telephones(mine) == [NEW]
    outbox.drain(queue="notify", at=NOON)
    about = [b["to"] for _h, b in gateway.sent if mine.code[:4] in b["text"]]
    assert set(about) == {NEW}


def test_what_others_sent_or_with_other_telephones_stays(site, person):
    for_a_child = report(site, person, "2021-10-07", relation=Relation.CHILD)
    elsewhere = report(site, person, "2021-10-08", phone=OTHER)
    neighbour = make_person("Trần Thử Bên", national_id="079090000001", phone=OLD)
    theirs = report(site, neighbour, "2021-10-09")

    change(person)

    assert telephones(for_a_child, elsewhere, theirs) == [OLD, OTHER, OLD]


def test_while_a_change_waits_nothing_follows_yet(site, person):
    mine = report(site, person, "2021-10-07")

    change(person, way=contact.Way.PAPER)

    assert telephones(mine) == [OLD]


def test_a_change_that_was_stopped_gives_back_what_followed_and_no_more(site, person):
    before = report(site, person, "2021-10-07")
    made = change(person)
    since = report(site, person, "2021-10-08", phone=NEW)

    contact.stop(code=made.code, at=NOON)
    outbox.drain(queue="route", at=NOON)

    assert telephones(before, since) == [OLD, NEW]
    assert before.moved_by is None
