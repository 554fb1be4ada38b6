"""Every list takes as many statements for many rows as for two, whosever they are."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints import rollups
from complaints.actions import preparing, referrals
from complaints.models import Message, ReportList
from complaints.rules.selfcorrection.rule import Edit, Operation
from portal.audit import record
from portal.common import outbox
from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_root,
    make_staff,
    make_unit,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.pages.citizen_steps import code_sent_to
from tests.pages.test_report_lists import file_of
from tests.scrutiny.test_rechecks import CLOSED, closed, draw

pytestmark = pytest.mark.usefixtures("all_rows", "own_limits")

PHONE = "+84900000215"
# Of any page: session, account and postings, badges of the menu, then the list.
MOST = 30


class World:
    """A department and its station, and what makes rows of each list there."""

    def __init__(self):
        self.now = timezone.now()
        make_product()
        self.province = make_unit()
        self.department = make_organization(
            kind="health_department", province=self.province
        )
        self.station = make_organization(
            parent=self.department,
            province=self.province,
            commune=make_unit("N26740", name="Phường Thử", parent=self.province),
        )
        self.made = 0
        self.client = Client()
        self.code, self.month = "", 10

    def number(self):
        """Return the next number, so that nothing of one row is another's."""
        self.made += 1
        return self.made

    def person(self, phone=""):
        n = self.number()
        return make_person(
            f"Người Thử {n}",
            national_id=f"0791580{n:05}",
            phone=phone or f"+849000{n:05}",
            residence=self.station.commune,
        )

    def case(self, **facts):
        n = self.number()
        facts.setdefault("sender", sender_for(phone=f"+849001{n:05}"))
        matter = missing_dose(self.station, given_on=f"2021-10-{n % 28 + 1:02}")
        case = only_complaint(submit(matter, at=self.now, **facts))
        outbox.drain(queue="route", at=self.now)
        case.refresh_from_db()
        return case

    def enter(self, role):
        """Sign in anew as somebody of that role, where such people are posted."""
        where = {"overseer": self.department, "administrator": make_root()}
        self.client = Client()
        self.client.force_login(make_staff(where.get(role, self.station), role))


def statements(client, address):
    """Return a page's statements, without a transaction's frame, and its length."""
    with CaptureQueriesContext(connection) as captured:
        page = client.get(address)
    assert page.status_code == 200
    asked = [query["sql"] for query in captured]
    kept = [sql for sql in asked if not sql.startswith(("SAVEPOINT", "RELEASE"))]
    return kept, len(page.content)


# What makes so many rows of each list -------------------------------------------------


def ask_others(world, rows):
    for _ in range(rows):
        referrals.wait(
            complaint_id=world.case().pk,
            authority=f"Công an phường {'ABCDEFGHIJKLMNOPQRST'[world.made]}",
            points=["given_on"],
            note="Xin xác nhận.",
            by=make_staff(world.station),
            at=world.now,
        )


def look(world, rows):
    for _ in range(rows):
        unit = make_organization(parent=world.department)
        record.look_up(
            at=world.now,
            actor="staff",
            actor_id=make_staff(unit).pk,
            person_id=world.person().pk,
            organization=unit.pk,
            subject="complaints.complaint",
        )


def fail_messages(world, rows):
    for _ in range(rows):
        world.case()
    Message.objects.update(state="failed", trouble="status_422")


def open_units(world, rows):
    for _ in range(rows):
        make_organization(parent=make_root(), name=f"Trạm Số {world.number()}")


def send_lists(world, rows, *, of=1):
    world.enter("clerk")
    for _ in range(rows):
        lines = [
            f"Trần Văn A;Nam;01/02/1990;0790900{n:05};0900{n:06};14/8/2021;AZ;;1;"
            f"{world.station.code};Chưa cập nhật mũi 1"
            for n in (world.number() for _ in range(of))
        ]
        address = reverse("casework:report_lists")
        sent = world.client.post(address, {"site": "", "file": file_of(*lines)})
        assert sent.status_code == 303
        for _ in range(3):
            outbox.drain(queue="import")


def send_one_list(world, rows):
    send_lists(world, 1, of=rows)


def report(world, rows):
    for _ in range(rows):
        world.case(sender=sender_for(phone=PHONE))


def report_and_count(world, rows):
    report(world, rows)
    rollups.rebuild_changed(at=world.now)


def report_at_once(world, rows):
    days = [f"2021-{9 + world.made % 3:02}-{n + 1:02}" for n in range(rows)]
    world.made += 1
    sent = submit(
        *(missing_dose(world.station, given_on=day) for day in days),
        sender=sender_for(phone=PHONE),
        at=world.now,
    )
    outbox.drain(queue="route", at=world.now)
    world.code = sent.submission.code


def prepare(world, rows):
    for _ in range(rows):
        one, other = world.person(), world.person()
        dose, _theirs = (make_dose(person, world.station) for person in (one, other))
        day, lot = dose.given_on.isoformat(), dose.lot_number
        ground = {"lot": lot, "product": "spikevax", "day": day, "others": 5}
        found = [
            Edit(Operation.DOSE, "product", "vaxzevria", "spikevax", dose.pk),
            Edit(Operation.MERGE, "record", "", str(other.pk), other.pk),
        ]
        preparing.keep(
            [
                preparing.Found(one.pk, rule, edit, ground)
                for rule, edit in zip(("B1", "B7"), found, strict=True)
            ],
            complaint=world.case(),
            at=world.now,
        )


def check_again(world, rows):
    for _ in range(rows):
        station = make_organization(parent=world.department)
        closed(station, by=make_staff(station), at=CLOSED.replace(month=world.month))
    first = date(2026, world.month, 1)
    draw(world.department, first=first, last=first + timedelta(days=29))
    world.month -= 1


def prove(world, address, typed):
    """Show a citizen's page that a code, or code and digits, opens."""
    world.client = Client()
    if "phone" in typed:
        world.client.post(address, typed)
        code = {"code": code_sent_to(PHONE)}
        return world.client.post("/cua-toi/xac-thuc/", code)
    return world.client.post(address, typed)


@pytest.mark.parametrize(
    ("make", "role", "page"),
    [
        (ask_others, "staff", "/lam-viec/co-quan-khac/"),
        (send_lists, "clerk", "/lam-viec/lap-ho/danh-sach/"),
        (prepare, "staff", "/lam-viec/chat-luong/de-xuat/"),
        (look, "overseer", "/quan-tri/truy-cap/"),
        (fail_messages, "administrator", "/quan-tri/tin-nhan/"),
        (open_units, "administrator", "/quan-tri/don-vi/"),
        (check_again, "overseer", "/quan-tri/kiem-tra/"),
        (report_and_count, "overseer", "/quan-tri/ho-so/"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_more_rows_take_no_more_statements(make, role, page):
    world = World()
    make(world, 2)
    world.enter(role)
    statements(world.client, page)
    few, short = statements(world.client, page)

    make(world, 6)

    world.enter(role)
    statements(world.client, page)
    many, long = statements(world.client, page)
    assert long > short, "nothing was added to the page"
    assert len(many) == len(few), many
    assert len(few) <= MOST


@pytest.mark.parametrize("make", [send_one_list])
def test_a_longer_list_of_reports_takes_no_more_statements(make):
    world, counts = World(), []
    for rows in (2, 8):
        make(world, rows)
        one = ReportList.objects.latest("pk")
        page = reverse("casework:report_list", args=[one.ref])
        statements(world.client, page)
        counts.append(len(statements(world.client, page)[0]))

    assert counts[0] == counts[1] <= MOST


def test_more_reports_of_ones_own_take_no_more_statements():
    world, counts = World(), []
    for rows in (2, 6):
        report(world, rows)
        prove(world, "/cua-toi/", {"phone": "0900 000 215"})
        counts.append(len(statements(world.client, "/cua-toi/danh-sach/")[0]))

    assert counts[0] == counts[1] <= MOST


def test_ten_matters_under_one_code_take_no_more_statements_than_two():
    world, counts = World(), []
    for rows in (2, 10):
        report_at_once(world, rows)
        typed = {"code": world.code, "phone_last4": "0215"}
        prove(world, "/theo-doi/", typed)
        counts.append(len(statements(world.client, f"/theo-doi/{world.code}/")[0]))

    assert counts[0] == counts[1] <= MOST
