"""A unit's word on its figures: decided above, told beside, never counted in."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import replies, rollups
from complaints.actions import replying
from complaints.choices import Kind, Move, Status
from complaints.figures import month_after
from complaints.models import Complaint, Figure, FigureReview, Measure, Watermark
from complaints.rollups import recount
from complaints.rules.refused import Refused
from portal.common import scope
from portal.registry.models import Organization, OrganizationSuccession
from tests.pages.cases import make_case, make_organization, make_root, make_staff

pytestmark = pytest.mark.django_db


class World:
    """A province with a station that resolved three cases, one of them very late."""

    def __init__(self):
        self.now = timezone.now()
        self.province = make_organization("SYT", name="Sở Y tế Thử")
        self.station = make_organization("TYT-1", parent=self.province)
        self.cases = [self.resolved(hours) for hours in (2, 4, 200)]
        self.lead = make_staff(self.station, role="lead")
        self.overseer = make_staff(self.province, role="overseer")
        with scope.system():
            rollups.rebuild_all(at=self.now)
        this = timezone.localdate(self.now).replace(day=1)
        self.span = {"first": month_after(this, -1), "last": this, "at": self.now}

    def resolved(self, hours):
        sent = self.now - timedelta(hours=hours + 1)
        return make_case(
            self.station,
            sent=sent,
            kind=Kind.WRONG_DOSE,
            history=[(Move.RESOLVE, Status.RESOLVED, sent + timedelta(hours=hours))],
            touched_at=sent + timedelta(hours=hours),
        )

    def rights(self, user):
        held = user.postings.current(at=self.now).select_related("organization")
        return {"by": user, "postings": list(held), "at": self.now}

    def flag(self, case=None, by=None):
        with scope.system():
            return replying.flag(
                case or self.cases[2],
                reason="Hệ thống ngừng tám ngày.",
                **self.rights(by or self.lead),
            )

    def decide(self, row, *, accept=True, by=None):
        return replying.decide(
            row.ref,
            accept=accept,
            answer="Có biên bản.",
            **self.rights(by or self.overseer),
        )

    def total(self, path):
        days = self.span["first"], month_after(self.span["last"], 1)
        found = recount(
            path=path,
            first=days[0],
            last=days[1] - timedelta(days=1),
            at=self.now,
        )
        return found["all"]


@pytest.fixture
def world(db):
    return World()


def test_what_is_accepted_stands_beside_and_the_figures_stay(world):
    before = world.total(world.station.path)
    kept = list(Figure.objects.order_by("pk").values())

    row = world.decide(world.flag())

    assert world.total(world.station.path) == before
    with scope.system():
        rollups.rebuild_all(at=world.now)
    assert len(kept) == Figure.objects.count()
    said = replies.beside(world.station, before, is_whole=False, **world.span)
    assert (said.waiting, said.accepted) == (0, 1)
    assert (said.without.received, said.without.resolved) == (2, 2)
    assert (said.without.on_time, said.without.median) == (2, 2 * 3600)
    assert row.version == 1
    assert row.before["received"] == row.after["received"] + 1


def test_without_them_is_a_plain_recount_of_the_others(world):
    world.decide(world.flag())
    for unit, is_whole in ((world.station, False), (world.province, True)):
        total = world.total(world.province.path)
        said = replies.beside(unit, total, is_whole=is_whole, **world.span)
        with scope.system():
            Measure.objects.filter(complaint=world.cases[2]).update(holder=make_root())
        others = world.total(world.province.path)
        with scope.system():
            Measure.objects.filter(complaint=world.cases[2]).update(
                holder=world.station
            )
        names = ("received", "resolved", "on_time", "open", "reopened")
        assert [getattr(said.without, name) for name in names] == [
            getattr(others, name) for name in names
        ]


def test_what_counts_elsewhere_now_is_left_out_of_nobodys_figures(world):
    world.decide(world.flag())
    beside = make_organization("TYT-2", parent=world.province)
    with scope.system():
        Measure.objects.filter(complaint=world.cases[2]).update(holder=beside)

    here, there = (
        replies.beside(unit, world.total(unit.path), is_whole=False, **world.span)
        for unit in (world.station, beside)
    )

    assert (here.accepted, here.moved, here.without) == (1, 1, None)
    assert there is None


def test_each_accepted_case_is_a_version_of_its_own(world):
    rows = [world.decide(world.flag(case)) for case in world.cases[1:]]
    months = {row.month for row in rows}
    if len(months) == 1:
        assert [row.version for row in rows] == [1, 2]
        assert rows[1].before == rows[0].after
    else:
        assert [row.version for row in rows] == [1, 1]


def test_refused_cases_change_nothing_and_may_be_flagged_again(world):
    row = world.decide(world.flag(), accept=False)
    assert row.version is None
    total = world.total(world.station.path)
    assert replies.beside(world.station, total, is_whole=False, **world.span) is None
    assert world.flag().state == "waiting"


def test_only_the_unit_flags_and_only_who_is_above_decides(world):
    beside = make_organization("TYT-2", parent=world.province)
    with pytest.raises(Refused):
        world.flag(by=make_staff(beside, role="lead"))
    with pytest.raises(Refused):
        world.flag(by=world.overseer)
    row = world.flag()
    with pytest.raises(Refused):
        world.flag()
    for by in (world.lead, make_staff(world.station, role="overseer")):
        with pytest.raises(Refused):
            world.decide(row, by=by)
    world.decide(row)
    with pytest.raises(Refused):
        world.decide(row)


def test_what_a_unit_said_stays_with_it_wherever_the_case_goes(client, world):
    row = world.flag()
    beside = make_organization("TYT-2", parent=world.province)
    with scope.system():
        Complaint.objects.filter(pk=row.complaint_id).update(holder=beside)
    address = reverse("oversight:reply", args=[row.ref])
    client.force_login(world.lead)
    assert address in client.get(reverse("oversight:replies")).content.decode()
    assert client.get(address).status_code == 200
    successor = make_staff(beside, role="lead")
    client.force_login(successor)
    assert client.get(address).status_code == 404

    # When the unit closes, what was said goes to its successor.
    today = timezone.localdate(world.now)
    Organization.objects.filter(pk=world.station.pk).update(closed_on=today)
    OrganizationSuccession.objects.create(
        old=world.station, new=beside, valid_from=today, reason="Sáp nhập"
    )
    assert client.get(address).status_code == 200


def test_the_pages_take_a_flag_and_a_decision(client, world):
    client.force_login(world.lead)
    pages = reverse("oversight:replies")
    code = world.cases[2].reference
    wrong = client.post(pages, {"code": "1234", "reason": "Hệ thống ngừng"})
    assert wrong.status_code == 422
    assert 'id="id_code_error"' in wrong.content.decode()
    done = client.post(pages, {"code": code, "reason": "Hệ thống ngừng"}, follow=True)
    assert "Hệ thống ngừng" in done.content.decode()
    with scope.system():
        own = reverse("oversight:reply", args=[FigureReview.objects.get().ref])
    assert 'value="accept"' not in client.get(own).content.decode()

    client.force_login(world.overseer)
    assert 'value="accept"' in client.get(own).content.decode()
    empty = client.post(own, {"action": "accept", "answer": ""})
    assert empty.status_code == 422
    done = client.post(own, {"action": "accept", "answer": "Có biên bản."}, follow=True)
    assert "Có biên bản." in done.content.decode()
    shown = client.get(reverse("oversight:times"), {"organization": "TYT-1"})
    assert "1 đã chấp nhận" in shown.content.decode()


def test_nothing_is_accepted_while_figures_are_counted_anew(world):
    """Before and after are kept for ever: of all that was sent, not of a part."""
    row = world.flag()
    Watermark.objects.filter(name="figures").delete()

    with pytest.raises(Refused, match="tính lại từ đầu"):
        world.decide(row)
    rollups.rebuild_changed(at=world.now)

    assert world.decide(row).version == 1


def test_what_fell_due_since_the_figures_were_counted_takes_nothing_below_zero():
    told = rollups.Times(received=3, open=3, open_overdue=0)
    part = rollups.Times(received=1, open=1, open_overdue=1)

    without = replies.less(told, part)

    assert (without.received, without.open, without.open_overdue) == (2, 2, 0)
