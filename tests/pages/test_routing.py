"""The routing workbench: explain one, replay a draft, publish it, roll it back."""

import json
import re
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from complaints.actions import replaying
from complaints.models import Complaint, Delegation, Event, Replay, RuleDraft
from portal.common import outbox, scope
from portal.common.models import Outbox
from portal.common.templatetags.ui import pretty_code
from tests.factories import (
    make_organization,
    make_root,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = pytest.mark.django_db


class World:
    """A department with two stations; three reports at one, one at the other."""

    def __init__(self):
        self.now = timezone.now()
        self.department = make_organization("SYT-1", kind="health_department")
        self.first = make_organization("TYT-1", parent=self.department, name="Trạm Một")
        self.second = make_organization(
            "TYT-2", parent=self.department, name="Trạm Hai"
        )
        self.cases = [
            self.case(site, n)
            for n, site in enumerate([self.first] * 3 + [self.second], 1)
        ]

    def case(self, site, n):
        matter = missing_dose(site, given_on=f"2021-08-{n:02}")
        sender = sender_for(phone=f"+8490000{n:04}", full_name=f"Người Số {n}")
        found = only_complaint(submit(matter, sender=sender, at=self.now))
        drain_all(self.now)
        found.refresh_from_db()
        return found


@pytest.fixture
def world(db):
    with scope.system():
        return World()


@pytest.fixture
def administrator(client):
    user = make_staff(make_root(), "administrator", full_name="Quản Trị Một")
    client.force_login(user)
    return user


def proposal(**typed):
    day = timezone.localdate() + timedelta(days=3)
    usual = {
        "organization": "TYT-1",
        "kind": "",
        "to": "TYT-2",
        "valid_from_0": day.day,
        "valid_from_1": day.month,
        "valid_from_2": day.year,
        "source": "QĐ 12/2026",
    }
    return usual | typed


def page(name, *args):
    return reverse(f"oversight:{name}", args=args)


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_way_of_one_report_is_explained(client, world, administrator):
    asked = {"place": "TYT-1", "kind": "missing_dose", "residence": ""}
    shown = text(client.get(page("routing"), asked))
    assert "Chắc chắn" in shown
    assert "Trạm Một" in shown

    Delegation.objects.create(
        organization=world.first,
        to=world.second,
        valid_from=timezone.localdate(),
        source="QĐ 1",
    )
    assert "Trạm Một để Trạm Hai trả lời" in text(client.get(page("routing"), asked))


def test_the_command_says_the_same(world, capsys):
    Delegation.objects.create(
        organization=world.first,
        to=world.second,
        valid_from=timezone.localdate(),
        source="QĐ 1",
    )
    call_command("explain_routing", site="TYT-1", given_on=date(2021, 8, 1), json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["organization"]["code"] == "TYT-2"
    assert said["path"][-1] == {
        "step": "delegated",
        "reason": "Trạm Một để Trạm Hai trả lời việc này.",
    }
    assert said["certain"] is True


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ({"place": "Chẳng Có Nơi Này"}, ["nothing_known"]),
        (
            {"site": "TYT-1", "residence": "Chẳng Có Nơi Này"},
            ["residence_unknown", "gave_the_dose"],
        ),
    ],
)
def test_the_command_gives_a_reason_for_each_step_and_says_what_it_left_out(
    world, capsys, asked, steps
):
    call_command("explain_routing", given_on=date(2021, 8, 1), json=True, **asked)

    said = json.loads(capsys.readouterr().out)

    assert [reason["step"] for reason in said["path"]] == steps
    assert all(reason["reason"] for reason in said["path"])
    assert said["certain"] is False


def test_who_is_asked_about_somebody_who_lives_nowhere_known_is_not_certain(
    client, world, administrator
):
    asked = {"place": "TYT-1", "kind": "missing_dose", "residence": "Chẳng Có"}
    shown = text(client.get(page("routing"), asked))

    assert "Chưa chắc chắn" in shown


def test_nothing_said_is_asked_for_beside_the_field(client, administrator):
    shown = client.get(page("routing"), {"kind": "missing_dose", "place": ""})
    assert 'id="id_place_error"' in shown.content.decode()


def test_a_draft_shows_where_last_months_reports_would_have_gone(
    client, world, administrator
):
    shown = text(client.post(page("routing_new"), proposal(), follow=True))

    assert "4 trong 4 phản ánh" in shown
    assert "3 phản ánh sẽ sang nơi khác" in shown
    assert "3 Trạm Một Trạm Hai" in shown
    row = Replay.objects.get()
    assert row.pairs == [
        {
            "from": "TYT-1",
            "from_name": "Trạm Một",
            "to": "TYT-2",
            "to_name": "Trạm Hai",
            "n": 3,
        }
    ]
    assert {one["case"] for one in row.examples} == {
        case.reference for case in world.cases[:3]
    }
    with scope.system():
        assert not Complaint.objects.filter(holder=world.second).exclude(
            pk=world.cases[3].pk
        )


def test_it_counts_what_is_true_once_it_is_in_force(client, world, administrator):
    client.post(page("routing_new"), proposal(kind="missing_dose"))
    client.force_login(make_staff(make_root(), "administrator"))
    draft = RuleDraft.objects.get()
    client.post(page("routing_draft", draft.ref), {"action": "confirm"})
    assert Delegation.objects.get().kind == "missing_dose"

    later = timezone.now() + timedelta(days=4)
    with scope.system():
        matter = missing_dose(world.first, given_on="2021-09-09")
        case = only_complaint(submit(matter, at=later))
        drain_all(later)
        case.refresh_from_db()
        assert case.holder == world.second
        way = Event.objects.get(complaint=case, move="route").data["path"]
    assert way[-1] == ["delegated", "Trạm Một", "Trạm Hai"]


def test_two_people_publish_and_one_rolls_back(client, world, administrator):
    client.post(page("routing_new"), proposal())
    draft = RuleDraft.objects.get()
    own = page("routing_draft", draft.ref)
    assert client.post(own, {"action": "confirm"}).status_code == 422
    assert not Delegation.objects.exists()

    client.force_login(make_staff(make_root(), "administrator"))
    client.post(own, {"action": "confirm"})
    row = Delegation.objects.get()
    shown = text(client.get(page("routing")))
    assert "Trạm Hai trả lời thay Trạm Một" in shown

    client.post(page("routing_end", row.pk))
    row.refresh_from_db()
    assert row.valid_to == row.valid_from
    again = client.post(page("routing_end", row.pk), follow=True)
    assert "không còn hiệu lực" in text(again)
    # The same may be published again.
    client.post(page("routing_new"), proposal())
    assert RuleDraft.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"organization": "KHONG"}, "organization"),
        ({"to": ""}, "to"),
        ({"to": "TYT-1"}, "to"),
        ({"source": ""}, "source"),
        ({"valid_from_2": "2020"}, "valid_from"),
    ],
)
def test_a_row_that_cannot_be_is_refused_beside_its_field(
    client, world, administrator, typed, field
):
    answer = client.post(page("routing_new"), proposal(**typed))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not RuleDraft.objects.exists()


def test_a_draft_of_routing_is_no_policy(client, world, administrator):
    client.post(page("routing_new"), proposal())
    draft = RuleDraft.objects.get()
    assert client.get(page("rule_draft", draft.ref)).status_code == 404
    assert str(draft.ref) not in client.get(page("rules")).content.decode()


def test_many_reports_are_routed_again_by_a_worker_part_by_part(
    client, world, administrator, monkeypatch
):
    monkeypatch.setattr(replaying, "AT_ONCE", 1)
    monkeypatch.setattr(replaying, "CHUNK", 3)
    client.post(page("routing_new"), proposal())
    draft = RuleDraft.objects.get()
    running = client.get(page("routing_draft", draft.ref))
    assert "hx-trigger" in running.content.decode()
    row = Replay.objects.get()
    assert (row.state, row.looked) == ("running", 0)

    outbox.drain(queue="report")

    row.refresh_from_db()
    assert (row.state, row.looked, row.total) == ("done", 4, 4)
    assert row.pairs[0]["n"] == 3


def test_codes_and_counts_of_the_whole_country_are_for_who_runs_it(
    client, world, administrator
):
    client.post(page("routing_new"), proposal())
    own = page("routing_draft", RuleDraft.objects.get().ref)
    case = world.cases[0].reference
    assert pretty_code(case) in text(client.get(own))
    for role, place in (
        ("lead", world.first),
        ("lead", world.department),
        ("overseer", make_root()),
        ("administrator", world.department),
    ):
        client.force_login(make_staff(place, role))
        for headers in ({}, {"HX-Request": "true"}):
            shown = client.get(own, headers=headers)
            assert shown.status_code == 200
            assert pretty_code(case) not in text(shown)
            assert "phản ánh sẽ sang nơi khác" not in text(shown)


def too_slow(execute, sql, params, many, context):
    """Let the database sleep longer than a part may take."""
    done = execute(sql, params, many, context)
    if "statement_timeout" in sql:
        execute("SELECT pg_sleep(20)", None, False, context)
    return done


def test_a_replay_that_takes_too_long_is_stopped_and_says_so(
    client, world, administrator, monkeypatch
):
    monkeypatch.setattr(replaying, "PART_SECONDS", 0.02)
    with connection.execute_wrapper(too_slow):
        shown = client.post(page("routing_new"), proposal(), follow=True)

    row = Replay.objects.get()
    assert (row.state, row.looked) == ("stopped", 0)
    assert row.done_at is not None
    assert "một phần chạy quá lâu" in text(shown)
    assert "hx-trigger" not in shown.content.decode()


def test_a_worker_leaves_no_replay_running_that_takes_too_long(
    client, world, administrator, monkeypatch
):
    monkeypatch.setattr(replaying, "AT_ONCE", 1)
    client.post(page("routing_new"), proposal())
    monkeypatch.setattr(replaying, "PART_SECONDS", 0.02)
    with connection.execute_wrapper(too_slow):
        outbox.drain(queue="report")

    assert Replay.objects.get().state == "stopped"
    assert not Outbox.objects.filter(kind="replay", done_at=None).exists()
