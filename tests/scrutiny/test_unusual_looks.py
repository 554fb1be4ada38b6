"""Unusual looks as the log tells them: found once, reviewed by somebody else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.actions import access_signs
from complaints.models import AccessSign
from complaints.rules.refused import Refused
from complaints.scrutiny import looks
from portal.audit import record
from portal.audit.models import Entry
from portal.common import crypto
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_staff,
    missing_dose,
    opened_by,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

# A Monday, ten o'clock in Vietnam, and its evening.
TEN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 2, 16, 30, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def department():
    return make_organization(kind="health_department")


@pytest.fixture
def station(department):
    return make_organization(parent=department)


def person(number, phone=""):
    return make_person(f"Người Thử {number}", national_id="", phone=phone)


def look(user, unit, someone, *, at=TEN, subject="registry.finding"):
    record.look_up(
        at=at,
        actor="staff",
        actor_id=user.pk,
        person_id=someone.pk,
        organization=unit.pk,
        subject=subject,
    )


def found():
    return [
        (row.rule, row.user_id, row.person_id, row.count, row.organization_id)
        for row in AccessSign.objects.order_by("rule", "user", "person")
    ]


def test_a_nurse_at_her_own_record_her_telephones_and_her_familys(station):
    nurse = make_staff(station)
    own = make_person(national_id="079158012345", phone="+84900000215")
    child = person("Con", "+84900000215")
    sister = person("Chị", "+84900000217")
    stranger = person("Lạ", "+84900000218")
    nurse.phone_digest = crypto.digest("phone", "+84900000217")
    nurse.number_digest = crypto.digest("national_id", "079158012345")
    nurse.save(update_fields=["phone_digest", "number_digest"])
    for someone in (own, child, sister, stranger):
        make_dose(someone, station)
        look(nurse, station, someone)

    access_signs.find(at=EVENING)

    rows = AccessSign.objects.order_by("person")
    assert [(r.rule, r.person_id, r.tie, r.count) for r in rows] == [
        ("own", own.pk, "number", 1),
        ("own", child.pk, "family", 1),
        ("own", sister.pk, "phone", 1),
    ]


def test_who_has_a_case_a_dose_or_reported_there_is_no_stranger_to_a_unit(station):
    nurse, other = make_staff(station), make_organization()
    vaccinated, reporter, away = person(1), person(2), person(3)
    make_dose(vaccinated, station)
    make_dose(away, other)
    submit(missing_dose(other), sender=sender_for(reporter), at=TEN)
    strangers = [away, person(4), person(5)]
    for someone in (vaccinated, reporter, *strangers):
        look(nurse, station, someone)
        look(nurse, station, someone, at=TEN + timedelta(hours=1))

    access_signs.find(at=EVENING)

    assert found() == [("no_case", nurse.pk, None, 3, station.pk)]


def test_looks_within_cases_are_never_those_of_strangers(station):
    nurse = make_staff(station)
    for number in range(5):
        look(nurse, station, person(number), subject="complaints.complaint")
    access_signs.find(at=EVENING)
    assert found() == []


def test_many_in_an_hour_and_at_night_are_found_once_and_counted_anew(station):
    nurse = make_staff(station)
    people = [person(number) for number in range(33)]
    for someone in people:
        make_dose(someone, station)
        look(nurse, station, someone, at=NIGHT)
    access_signs.find(at=NIGHT + timedelta(minutes=10))
    look(nurse, station, person("thêm"), at=NIGHT + timedelta(minutes=20))

    access_signs.find(at=EVENING)
    access_signs.find(at=EVENING)

    assert found() == [
        ("at_night", nurse.pk, None, 34, station.pk),
        ("many", nurse.pk, None, 34, station.pk),
    ]


def test_a_person_sought_by_many_belongs_to_whoever_is_above_all_of_them(department):
    famous = person("Nổi Tiếng")
    for _ in range(5):
        unit = make_organization(parent=department)
        look(make_staff(unit), unit, famous, subject="complaints.complaint")

    access_signs.find(at=EVENING)

    assert found() == [("sought", None, famous.pk, 5, department.pk)]


def test_the_paths_of_units_lead_to_what_is_above_all():
    assert looks.common(["/vn/79/a/", "/vn/79/b/"]) == "/vn/79/"
    assert looks.common(["/vn/79/", "/vn/79/b/"]) == "/vn/79/"
    assert looks.common(["/vn/7/", "/vn/79/"]) == "/vn/"


def test_yesterday_is_complete_after_midnight(station):
    nurse = make_staff(station)
    for number in range(3):
        look(nurse, station, person(number), at=TEN + timedelta(hours=13))
    just_after = datetime(2026, 11, 2, 17, 20, tzinfo=UTC)
    access_signs.find(at=just_after)
    assert {row[0] for row in found()} == {"at_night", "no_case"}


def test_after_an_outage_the_days_are_made_up_for(station):
    nurse, other = make_staff(station), make_staff(station)
    access_signs.find(at=NIGHT)
    for number in range(3):
        look(nurse, station, person(number), at=EVENING)
        look(other, station, person(number), at=TEN + timedelta(days=1))

    access_signs.find(at=TEN + timedelta(days=3))

    assert {(row[0], row[1]) for row in found()} == {
        ("at_night", nurse.pk),
        ("no_case", nurse.pk),
        ("no_case", other.pk),
    }
    days = set(AccessSign.objects.values_list("day", flat=True))
    assert sorted(day.day for day in days) == [2, 3]


def test_a_long_outage_is_made_up_for_part_by_part(station):
    nurse = make_staff(station)
    access_signs.find(at=TEN)
    for number in range(3):
        look(nurse, station, person(number), at=TEN + timedelta(days=21))
    back = TEN + timedelta(days=30)
    assert [access_signs.find(at=back) for _ in range(4)] == [0, 1, 0, 0]


def test_a_day_takes_the_same_statements_whatever_happened(station):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            access_signs.find(at=EVENING)
        return len(captured)

    few = statements()
    for number in range(9):
        someone = person(number)
        for nurse in [make_staff(station) for _ in range(5)]:
            look(nurse, station, someone, at=NIGHT)
    # The signs themselves take what is read and written of them: four more.
    assert statements() <= few + 4


# Reviewing ------------------------------------------------------------------------


@pytest.fixture
def sign(station):
    nurse = make_staff(station)
    for number in range(3):
        look(nurse, station, person(number))
    access_signs.find(at=EVENING)
    return AccessSign.objects.get()


def review(sign, by, *, at=NEXT_DAY):
    return access_signs.review(
        sign.ref, outcome="justified", note="Hỏi trạm: tiêm lưu động.", by=by, at=at
    )


def test_a_review_says_who_asked_when_and_what_came_of_it(sign, department):
    overseer = make_staff(department, "overseer")

    row = review(sign, overseer)

    row.refresh_from_db()
    assert (row.outcome, row.reviewed_by, row.reviewed_at) == (
        "justified",
        overseer,
        NEXT_DAY,
    )
    entry = Entry.objects.filter(subject="access_sign").get()
    assert (entry.actor_id, entry.detail) == (overseer.pk, "reviewed: justified")
    # What was reviewed stays as it was counted then.
    access_signs.find(at=EVENING)
    assert AccessSign.objects.get().outcome == "justified"


def test_nobody_reviews_the_own_looks(sign):
    with pytest.raises(Refused, match="chính bạn"):
        review(sign, sign.user)


def test_nobody_reviews_that_a_person_was_sought_who_looked_too(department):
    famous = person("Nổi Tiếng")
    unit = make_organization(parent=department)
    nurses = [make_staff(unit) for _ in range(4)]
    overseer = make_staff(department, "overseer")
    near, far = (make_staff(department, "overseer") for _ in range(2))
    opened_by(near, nurses[0], at=TEN)
    for user in (*nurses, overseer):
        look(user, unit, famous, subject="complaints.complaint")
    # Who looks at the sign itself audits.
    look(far, department, famous, at=EVENING, subject="audit.entry")
    access_signs.find(at=EVENING)
    sought = AccessSign.objects.get()

    with pytest.raises(Refused, match="chính bạn"):
        review(sought, overseer)
    with pytest.raises(Refused, match="người thứ ba"):
        review(sought, near)
    assert review(sought, far).reviewed_by == far


def test_nobody_reviews_for_an_account_that_they_opened(sign, department):
    overseer = make_staff(department, "overseer")
    opened_by(overseer, sign.user, at=TEN)
    with pytest.raises(Refused, match="người thứ ba"):
        review(sign, overseer)


def test_a_day_that_is_not_over_waits(sign, department):
    with pytest.raises(Refused, match="chưa hết"):
        review(sign, make_staff(department, "overseer"), at=EVENING)


def test_a_review_is_given_once(sign, department):
    review(sign, make_staff(department, "overseer"))
    with pytest.raises(Refused, match="Đã có người xem xét"):
        review(sign, make_staff(department, "overseer"))
