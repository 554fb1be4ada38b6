"""Who is asked for a word: whose record lacks nothing else, once a quarter at most."""

from datetime import UTC, datetime, timedelta

import pytest

from complaints.actions import (
    campaigns,
    intake,
    inviting,
    prepared,
    selfnotices,
    switches,
)
from complaints.choices import Kind
from complaints.models import Campaign, Invitation, Prepared, QuietHours
from portal.common import crypto, outbox
from portal.common.models import DemoMessage
from portal.registry import corrections
from tests.factories import (
    NOON,
    TEST_WARRANT,
    knows,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")
DAY = timedelta(days=1)


@pytest.fixture
def commune():
    return make_unit("N26740", name="Phường Thử", parent=make_unit())


@pytest.fixture
def boss():
    return make_staff(make_organization(), "administrator")


def bare(commune, phone="+84900000215", name="Nguyen Thi Thu", **facts):
    """Make somebody whose name lost its marks, and nobody but they can say which."""
    return make_person(name, phone=phone, residence=commune, **facts)


def drain(at):
    for queue in ("report", "population", "route", "notify") * 3:
        outbox.drain(queue=queue, at=at)


def run(boss, *, at=NOON, rules=("A2",), invites=True):
    campaigns.start(rules=rules, cap=100, invites=invites, by=boss, at=at)
    drain(at)
    return Campaign.objects.latest("pk")


def invited():
    return sorted(Invitation.objects.values_list("person", "rule"))


def sent():
    return DemoMessage.objects.filter(provider_key__startswith="invite:").count()


def test_whose_name_lacks_its_marks_is_asked_and_told_nothing(commune, boss):
    person = bare(commune)

    run(boss)

    assert invited() == [(person.pk, "A2")]
    assert sent() == 1
    assert "Thu" not in inviting_text()


def inviting_text():
    message = DemoMessage.objects.get(provider_key__startswith="invite:")
    return crypto.unseal(message.text_sealed, bound_to=f"demo:{message.provider_key}")


@pytest.mark.parametrize("use", ["", "report"])
def test_nobody_is_promised_what_their_province_left_out(commune, boss, use):
    """The word would go to a person: at once it is corrected elsewhere alone."""
    bare(commune)
    switches.switch(
        "A2",
        is_on=False,
        reason="Tỉnh xin dừng",
        province=commune.parent_id,
        use=use,
        by=boss,
        at=NOON,
    )

    run(boss)

    assert invited() == []


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Nguyễn Thị Thử", "079158012345"),
        ("Lan", "079158012345"),
        ("Nguyen Thi Thu", None),
        ("Nguyễn Thị Thử", "012345567"),
    ],
)
def test_nobody_is_asked_whose_word_would_settle_nothing(commune, boss, name, number):
    bare(commune, name=name, national_id=number)

    run(boss)

    assert invited() == []


def swapped(commune, **facts):
    """Make somebody whose day and month of birth changed places, as is known."""
    knows("079158012345", "Nguyễn Thị Thử", "1958-03-08", "F")
    return make_person(born_on="1958-08-03", residence=commune, **facts)


def switch_on(boss, rule="B4"):
    switches.switch(rule, is_on=True, reason="Thử", by=boss, at=NOON)


def test_whose_birth_date_may_be_swapped_is_asked_whether_it_is_theirs(commune, boss):
    """Their word then stands beside what the rule found, for one click of staff."""
    switch_on(boss)
    person = swapped(commune)

    run(boss, rules=("B4",))

    assert invited() == [(person.pk, "B4")]
    text = inviting_text()
    assert "Ngay sinh" in text
    assert not {"08", "03", "1958"} & set(text.replace(".", " ").split())
    matter = intake.Matter(Kind.WRONG_PERSON, {"born_on": "1958-03-08"})
    submit(matter, sender=sender_for(person))
    drain(NOON)
    row = Prepared.objects.get()
    assert (row.state, row.complaint.kind) == ("open", Kind.WRONG_PERSON)


def test_nobody_is_asked_while_the_rule_is_off_that_would_hear_it(commune, boss):
    swapped(commune)

    run(boss, rules=("A1", "B4"))

    assert invited() == []


def test_nobody_is_asked_again_what_staff_have_decided(commune, boss):
    switch_on(boss)
    swapped(commune)
    run(boss, rules=("B4",), invites=False)
    station = Prepared.objects.get().organization
    prepared.refuse(Prepared.objects.get().ref, by=make_staff(station), at=NOON)

    run(boss, rules=("B4",))

    assert invited() == []


def test_every_word_that_is_asked_for_has_a_message_of_its_own():
    assert set(selfnotices.INVITED) == set(inviting.RULES)


def test_without_the_tick_nobody_is_written_to(commune, boss):
    bare(commune)

    run(boss, invites=False)

    assert invited() == []


def test_once_in_ninety_days_and_never_twice_a_quarter(commune, boss):
    bare(commune)
    run(boss)

    run(boss, at=NOON + 89 * DAY)
    assert len(invited()) == 1
    run(boss, at=NOON + 91 * DAY)
    assert len(invited()) == 2
    assert sent() == 2


def test_a_family_of_one_telephone_gets_one_message(commune, boss):
    for name, number in (
        ("Nguyen Van A", "079158012345"),
        ("Tran Van B", "079158012346"),
    ):
        bare(commune, name=name, national_id=number)

    run(boss)

    assert len(invited()) == 1


def test_who_has_just_changed_the_telephone_is_left_alone(commune, boss):
    person = bare(commune)
    corrections.correct_person(
        person.pk, {"phone": "+84900000999"}, warrant=TEST_WARRANT, at=NOON - DAY
    )

    run(boss)

    assert invited() == []


def test_by_night_it_waits_and_a_stopped_campaign_writes_no_more(
    commune, boss, gateway
):
    bare(commune)
    night = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)  # 23:00 in Vietnam
    assert QuietHours.objects.exists()

    campaigns.start(rules=["A2"], cap=100, invites=True, by=boss, at=night)
    outbox.drain(queue="report", at=night)
    drain(night)
    assert len(invited()) == 1
    assert gateway.sent == []
    Campaign.objects.update(state="stopped", ended_at=night)
    drain(night + timedelta(hours=12))

    assert gateway.sent == []


def test_the_quarter_is_that_of_the_calendar_here():
    assert inviting.quarter(NOON) == "2026Q4"
