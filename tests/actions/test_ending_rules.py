"""A rule is withdrawn before its day, or ended from the next one, by one person."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints import policies
from complaints.actions import clockwork, rulebook
from complaints.actions.rolling_back import end_rule
from complaints.models import Ladder, OfficeHours, Policy, RuleDraft, Rung
from complaints.rules.refused import Refused
from portal.audit.models import Entry
from tests.factories import (
    NOON,
    make_organization,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = NOON.date()
FACTS = {
    "first_answer_hours": 12,
    "pause_days": 5,
    "disagree_days": 30,
}


@pytest.fixture
def boss():
    return make_staff(make_root(), "administrator")


def policy(*, hours=4800, begins=TODAY + DAY, **facts):
    return Policy.objects.create(
        repair_hours=hours, valid_from=begins, **(FACTS | facts)
    )


def test_a_policy_typed_wrongly_is_withdrawn_before_its_day(boss):
    wrong = policy()

    end_rule(Policy, wrong.pk, by=boss, at=NOON)

    later = NOON + 2 * DAY
    assert policies.policy_for("missing_dose", at=later).repair_hours == 48
    note = Entry.objects.get(subject="complaints.policy")
    assert (note.actor_id, note.detail) == (boss.pk, "withdrawn")
    policy(hours=72)
    assert policies.policy_for("missing_dose", at=later).repair_hours == 72


def test_a_units_own_policy_gives_way_to_the_general_one(boss):
    station = make_organization()
    own = policy(hours=24, begins=TODAY - 9 * DAY, organization=station)

    end_rule(Policy, own.pk, by=boss, at=NOON)

    def hours(at):
        return policies.policy_for("missing_dose", at=at, body=station).repair_hours

    assert (hours(NOON), hours(NOON + DAY)) == (24, 48), "what began today keeps it"
    with pytest.raises(Refused):
        end_rule(Policy, own.pk, by=boss, at=NOON + HOUR)


@pytest.mark.parametrize("model", [Policy, Ladder, OfficeHours])
def test_the_last_rule_for_everybody_stays(boss, model):
    with pytest.raises(Refused, match="quy định tiếp theo"):
        end_rule(model, model.objects.get().pk, by=boss, at=NOON)
    assert model.objects.get().valid_to is None


def test_of_two_general_rules_one_can_end_and_then_the_other_cannot(boss):
    old, new = Policy.objects.get(), policy(hours=24)

    end_rule(Policy, old.pk, by=boss, at=NOON)

    with pytest.raises(Refused):
        end_rule(Policy, new.pk, by=boss, at=NOON)


def test_a_rule_that_a_newer_one_followed_is_over_and_cannot_be_ended(client, boss):
    """It is what the newer one would give way to, and the record of what held."""
    client.force_login(boss)
    old = Policy.objects.get()
    new = policy(hours=24, begins=timezone.localdate() - DAY)
    listed = client.get(reverse("oversight:rules")).content.decode()
    pages = [
        reverse("oversight:rule_end", args=["chinh-sach", row.pk]) for row in (old, new)
    ]

    assert [page in listed for page in pages] == [False, True]
    assert '<button class="btn bad">' not in client.get(pages[0]).content.decode()
    with pytest.raises(Refused):
        end_rule(Policy, old.pk, by=boss, at=timezone.now())
    assert client.post(pages[0]).status_code == 422
    end_rule(Policy, new.pk, by=boss, at=timezone.now())


def test_who_ends_a_ladder_reads_that_passing_on_ends_with_it(client, boss):
    client.force_login(boss)
    day = timezone.localdate()
    ladder = Ladder.objects.create(
        valid_from=day, source="x", idle_days=17, capacity=4321
    )
    page = client.get(reverse("oversight:rule_end", args=["nac-nhac", ladder.pk]))

    words = page.content.decode()
    for said in ("Sau 17 ngày làm việc", "Quá 4.321 hồ sơ", "cho mọi hồ sơ"):
        assert said in words, said


def test_many_units_with_hours_of_their_own_take_no_more_statements(boss):
    for _number in range(5):
        OfficeHours.objects.create(
            organization=make_organization(),
            weekdays=[0],
            begins=time(6),
            ends=time(22),
            valid_from=TODAY - 9 * DAY,
            source="x",
        )
    country = OfficeHours.objects.get(organization=None)

    with CaptureQueriesContext(connection) as asked, pytest.raises(Refused):
        end_rule(OfficeHours, country.pk, by=boss, at=NOON)

    assert not [one for one in asked if 'FROM "registry_organization"' in one["sql"]]


def test_office_hours_of_a_unit_end_and_those_of_the_country_count(boss):
    station = make_organization()
    own = OfficeHours.objects.create(
        organization=station,
        weekdays=[0, 1, 2, 3, 4, 5, 6],
        begins=time(6),
        ends=time(22),
        valid_from=TODAY - 9 * DAY,
        source="x",
    )
    end_rule(OfficeHours, own.pk, by=boss, at=NOON)

    today = policies.calendar_of(station, at=NOON)
    assert today.spans(date(2026, 12, 6)), "a round of today keeps its Sundays"
    tomorrow = policies.calendar_of(station, at=NOON + DAY)
    assert tomorrow.spans(date(2026, 12, 6)) == []
    assert tomorrow.spans(date(2026, 12, 7)) == policies.calendar_of(
        None, at=NOON
    ).spans(date(2026, 12, 7))


def test_after_a_ladder_was_withdrawn_the_one_before_it_goes_on(boss):
    """Also for what is sent after the day on which the withdrawn one would begin."""
    ladder = Ladder.objects.create(valid_from=TODAY + DAY, source="x")
    Rung.objects.create(ladder=ladder, clock="repair", share=7, levels=0)
    end_rule(Ladder, ladder.pk, by=boss, at=NOON)
    station = make_organization(parent=make_organization(kind="health_department"))
    case = only_complaint(submit(missing_dose(station), at=NOON + 3 * DAY))
    drain_all(NOON + 3 * DAY)

    clockwork.run(at=NOON + 3 * DAY + 49 * HOUR)

    known = Ladder.objects.exclude(pk=ladder.pk).get().rungs.values_list("share")
    told = set(case.reached.values_list("share"))
    assert told
    assert told <= set(known)


def test_the_page_withdraws_and_says_who_did(client, boss):
    client.force_login(boss)
    tomorrow = timezone.localdate() + DAY
    row = policy(begins=tomorrow)
    listed = client.get(reverse("oversight:rules"))
    assert reverse("oversight:rule_end", args=["chinh-sach", row.pk]) in str(
        listed.content
    )
    address = reverse("oversight:rule_end", args=["chinh-sach", row.pk])
    assert "4.800 giờ" in client.get(address).content.decode()

    done = client.post(address, follow=True)

    assert "Đã rút" in done.content.decode()
    assert f"{boss.full_name or boss.username} đã rút" in done.content.decode()
    assert client.post(address).status_code == 422
    assert client.get(
        reverse("oversight:rule_end", args=["nac-nhac", 0])
    ).status_code == (404)
    draft = rulebook.propose(
        RuleDraft.Subject.POLICY,
        FACTS
        | {"kind": "", "level": "", "organization": "", "repair_hours": 48}
        | {"in_office": False, "extension_hours": 0},
        valid_from=tomorrow,
        source="QĐ 2",
        by=boss,
        at=timezone.now(),
    )
    other = make_staff(make_root(), "overseer")
    rulebook.confirm(draft.ref, by=other, at=timezone.now())
    assert Policy.objects.filter(valid_from=tomorrow, ended_at=None).count() == 1
