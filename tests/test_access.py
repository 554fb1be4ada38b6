"""Every address, by GET and POST, by every actor, against the table of access.csv.

One row an address and method: the status that each actor gets. An address without a
row fails. A POST carries no fields: 422 means that the form was reached, 404 that it
does not exist for this actor, 302 to the log-in or look-up.
"""

import csv
import secrets
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from complaints import rollups
from complaints.actions import (
    addresses,
    bulk,
    data_requests,
    drafts,
    report_lists,
    rulebook,
)
from complaints.models import (
    CampaignDate,
    Complaint,
    Delegation,
    Evidence,
    FigureReview,
    Incident,
    MonthCorrection,
    Policy,
    PublishedMonth,
    Referral,
    SavedView,
    StandardText,
    UnitChange,
    Wording,
)
from complaints.models.access_sign import AccessSign
from complaints.models.recheck import Recheck, Sample
from complaints.notifications import texts
from complaints.notifications.words import WORDS
from complaints.open_figures import NOTHING, last_month
from portal.audit import record
from portal.audit.models import Entry
from portal.common import outbox, scope
from portal.registry.models import QualityFinding
from tests.factories import (
    make_dose,
    make_organization,
    make_orphan,
    make_pair,
    make_person,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.registry.imports.lists import make_list, make_row

SMALL_LIST = "Họ và tên;Ngày sinh;Số điện thoại\nNguyễn Thị Thử;8/3/1958;0900000215\n"
TABLE = Path(__file__).with_name("access.csv")
ACTORS = (
    "anonymous",
    "citizen_a",
    "citizen_b",
    "clerk_a",
    "staff_a",
    "staff_b",
    "lead_a",
    "overseer",
    "administrator",
)
# A page about a person, opened by somebody who may: exactly one line in the log.
LOGGED = {
    ("casework:quality_pair", "GET"): {"clerk_a", "staff_a", "lead_a", "overseer"},
    ("casework:quality_finding", "GET"): {
        "clerk_a",
        "staff_a",
        "lead_a",
        "overseer",
    },
    ("oversight:access_log", "GET"): {"overseer", "administrator"},
    ("oversight:access_entry", "GET"): {"overseer", "administrator"},
    ("oversight:access_sign", "GET"): {"overseer", "administrator"},
    ("oversight:recheck", "GET"): {"lead_a", "overseer", "administrator"},
    ("casework:case", "GET"): {"clerk_a", "staff_a", "lead_a", "overseer"},
    ("casework:referral", "GET"): {"clerk_a", "staff_a", "lead_a", "overseer"},
    ("casework:referral_sheet", "GET"): {"clerk_a", "staff_a", "lead_a", "overseer"},
    ("citizen:record", "GET"): {"citizen_a", "citizen_b"},
}


# Whose "ref" is that of a request about personal data.
REQUESTS = {"oversight:data_request"}
# Whose "number" is that of a sheet to another body.
SHEETS = {"casework:referral", "casework:referral_sheet", "casework:referral_file"}
# Whose "ref" is that of an account of site A.
ACCOUNTS = {"accounts:account"}


class World:
    """Two sites below one department, a citizen of each with a report and a draft."""

    def __init__(self):
        at = timezone.now()
        province = make_organization(kind="health_department")
        self.a, self.b = (make_organization(parent=province) for _ in range(2))
        self.staff = {
            "clerk_a": make_staff(self.a, "clerk"),
            "staff_a": make_staff(self.a),
            "staff_b": make_staff(self.b),
            "lead_a": make_staff(self.a, "lead"),
            "overseer": make_staff(province, "overseer"),
            "administrator": make_staff(province.parent, "administrator"),
        }
        self.citizens = {
            "citizen_a": self._citizen(self.a, "079158012345", "+84900000215", at),
            "citizen_b": self._citizen(self.b, "079158012346", "+84900000216", at),
        }
        outbox.drain(queue="route", at=at)
        self.case = self.citizens["citizen_a"]["case"]
        self.finding = QualityFinding.objects.create(
            rule="Q34",
            severity="W",
            subject="person",
            subject_id=self.citizens["citizen_a"]["person"].pk,
            person_id=self.citizens["citizen_a"]["person"].pk,
            organization=self.a,
            path=self.a.path,
            since=at,
        )
        self.pair = make_pair(
            self.citizens["citizen_a"]["person"],
            self.a,
            kind="owner",
            dose=make_orphan("Nguyễn Thị Thử", self.a),
        )
        self.list = make_list(self.a, [make_row()], content=SMALL_LIST.encode(), at=at)
        self.reports, _ = report_lists.take(
            content=SMALL_LIST.encode(),
            name="phan-anh.csv",
            organization=self.a,
            site=None,
            language="vi",
            by=self.staff["clerk_a"],
            at=at,
        )
        for _round in range(2):
            outbox.drain(queue="import", at=at)
        self.incident = Incident.objects.create(
            site=self.a, holder=self.a, given_on=at, lot="ABX6318", formed_at=at
        )
        self.bulk = bulk.choose(
            Complaint.objects.filter(pk=self.case.pk),
            by=self.staff["staff_a"],
            at=at,
            language="vi",
        )
        self.view = SavedView.objects.create(
            name="Quá hạn",
            query="view=overdue",
            by=self.staff["staff_a"],
            organization=self.a,
            made_at=at,
        )
        asked = addresses.ask(self.case.submission, "thu@example.vn", at=at)
        self.token = asked.token
        self.request = data_requests.ask(
            person_id=self.citizens["citizen_a"]["person"].pk,
            kind="restrict",
            text="Không đưa vào tệp nào.",
            at=at,
        )
        self.evidence = Evidence.objects.create(
            submission=self.case.submission,
            media_type="image/jpeg",
            sha256=b"x" * 32,
            bytes=1,
            uploaded_at=at,
        )
        self.rule_draft = self._rule_draft(at)
        self.text = StandardText.objects.create(
            organization=self.a,
            move="ask",
            language="vi",
            title="Ảnh mờ",
            text="Gửi ảnh rõ hơn.",
            made_by=self.staff["lead_a"],
            made_at=at,
        )
        self.referral = Referral.objects.create(
            event=self.case.events.latest("seq"),
            complaint=self.case,
            authority_name="Công an phường Thử",
            points=["given_on"],
            expected_at=at,
            state="expired",
            ended_at=at,
        )
        self.reply = FigureReview.objects.create(
            complaint=self.case,
            holder=self.a,
            reason="Hệ thống ngừng hai ngày.",
            flagged_by=self.staff["lead_a"],
            flagged_at=at,
            month=timezone.localdate(at).replace(day=1),
        )
        self.routing_draft = rulebook.propose(
            "route",
            {
                "kind": "",
                "organization": self.a.code,
                "with_below": False,
                "to": self.b.code,
            },
            valid_from=timezone.localdate(at) + timedelta(days=9),
            source="QĐ 1",
            by=self.staff["administrator"],
            at=at,
        )
        self.text_draft = rulebook.propose(
            "text",
            {"key": "submit", **texts.write(WORDS["submit"])},
            valid_from=timezone.localdate(at) + timedelta(days=9),
            source="QĐ 1",
            by=self.staff["administrator"],
            at=at,
        )
        self.wording = Wording.objects.create(
            key="submit",
            content=texts.write(WORDS["submit"]),
            valid_from=timezone.localdate(at),
            source="QĐ 1",
        )
        self.delegation = Delegation.objects.create(
            organization=self.b,
            to=self.a,
            valid_from=timezone.localdate(at),
            source="QĐ 1",
        )
        self.unit_change = UnitChange.objects.create(
            organization=self.a,
            kind="renamed",
            day=timezone.localdate(at) + timedelta(days=9),
            name_after="Trạm Y tế Mới",
            reason="QĐ 1",
            by=self.staff["administrator"],
            at=at,
            state="planned",
        )
        PublishedMonth.objects.create(
            month=last_month(timezone.localdate()),
            edition=1,
            rows=[],
            country=asdict(NOTHING),
            at=at,
        )
        self.month_correction = MonthCorrection.objects.create(
            month=last_month(timezone.localdate()),
            edition=2,
            reason="QĐ 1",
            proposed_by=self.staff["overseer"],
            proposed_at=at,
        )
        self.campaign_date = CampaignDate.objects.create(
            organization=self.a,
            name="QĐ 1",
            begins_on=timezone.localdate(at),
            due_on=timezone.localdate(at) + timedelta(days=9),
            by=self.staff["overseer"],
            at=at,
        )
        self.sign, self.entry = self._looked(at)
        self.recheck = self._drawn(at)

    def _drawn(self, at):
        """Draw the case of site A as if it had been closed."""
        sample = Sample.objects.create(
            organization=self.a,
            path=self.a.path,
            first=at,
            last=at,
            per_stratum=1,
            most=1,
            seed="x",
            closed=1,
            by=self.staff["overseer"],
            at=at,
        )
        return Recheck.objects.create(
            sample=sample,
            complaint=self.case,
            event=self.case.events.latest("seq"),
            organization=self.a,
            path=self.a.path,
            stratum="kept",
            of_stratum=1,
        )

    def _looked(self, at):
        """Let somebody of site A have looked at citizen A, and be asked about it."""
        person = self.citizens["citizen_a"]["person"]
        record.look_up(
            at=at,
            actor="staff",
            actor_id=self.staff["staff_a"].pk,
            person_id=person.pk,
            organization=self.a.pk,
            subject="complaints.complaint",
            subject_id=self.case.pk,
        )
        sign = AccessSign.objects.create(
            rule="own",
            tie="phone",
            user=self.staff["staff_a"],
            person=person,
            organization=self.a,
            path=self.a.path,
            day=timezone.localdate(at),
            begins=at,
            ends=at,
            count=1,
            found_at=at,
        )
        return sign, Entry.objects.latest("pk")

    def _rule_draft(self, at):
        return rulebook.propose(
            "ladder",
            {"rungs": [["repair", 50, 0, False]], "idle_days": None, "capacity": None},
            valid_from=timezone.localdate(at) + timedelta(days=9),
            source="QĐ 1",
            by=self.staff["overseer"],
            at=at,
        )

    def _citizen(self, site, number, phone, at):
        person = make_person(national_id=number, phone=phone)
        make_dose(person, site)
        sender = sender_for(person, phone=phone)
        case = only_complaint(submit(missing_dose(site), sender=sender, at=at))
        draft = drafts.start(
            relation="self",
            person_id=person.pk,
            matter={"kind": "missing_dose", "claims": {}},
            at=at,
        )
        return {"person": person, "case": case, "draft": draft}

    def client(self, actor):
        """Return a browser in which the actor has signed in or proved a telephone."""
        client = Client()
        if actor in self.staff:
            client.force_login(self.staff[actor])
        elif actor in self.citizens:
            mine = self.citizens[actor]
            session = client.session
            session["proved_at"] = session["seen_at"] = timezone.now().isoformat()
            session["person"] = mine["person"].pk
            session["level"] = "recorded_phone"
            session["submissions"] = [mine["case"].submission_id]
            session["drafts"] = [str(mine["draft"].key)]
            session.save()
        return client

    def address(self, name):
        """Return the address, filled with what belongs to site A and citizen A."""
        code = self.case.submission.code
        known = {
            "draft": self.citizens["citizen_a"]["draft"].key,
            "ref": self.request.ref if name in REQUESTS else self.evidence.ref,
            "list_ref": self.list.ref,
            "reports_ref": self.reports.ref,
            "bulk_ref": self.bulk.ref,
            "incident_ref": self.incident.ref,
            "view_ref": self.view.ref,
            "place": 1,
            "rule_code": "A3",
            "subject": "chinh-sach",
            "draft_ref": self.rule_draft.ref,
            "page": 1,
            "series": self.text.series,
            "step": "ghi-chu",
            "number": 1,
            "rule": "Q34",
            "finding": self.finding.ref,
            "pair": self.pair.ref,
            "code": code,
            "key": "submit",
            "month": f"{last_month(timezone.localdate()):%Y-%m}",
            "form": "csv",
            "token": self.token,
            "unit_code": self.a.code,
            "change_ref": self.unit_change.ref,
            "row": self.delegation.pk,
            "entry_id": self.entry.pk,
            "sign_ref": self.sign.ref,
            "recheck_ref": self.recheck.ref,
            "reply_ref": self.reply.ref,
            "date_ref": self.campaign_date.ref,
            "correction_ref": self.month_correction.ref,
        }
        if name == "casework:incident_move":
            known["step"] = "de-xuat"
        if name in SHEETS:
            known["number"] = int(self.referral.number)
        if name == "oversight:routing_draft":
            known["draft_ref"] = self.routing_draft.ref
        if name == "oversight:text_draft":
            known["draft_ref"] = self.text_draft.ref
        if name == "oversight:rule_end":
            known["row"] = Policy.objects.get().pk
        if name == "oversight:text_end":
            known["row"] = self.wording.pk
        if name in ACCOUNTS:
            known["ref"] = self.staff["staff_a"].ref
        if name == "casework:quality_pair_decide":
            known["step"] = "dung"
        wanted = NAMES[name]
        return reverse(name, kwargs={key: known[key] for key in wanted})


def named(patterns, space=""):
    """Yield the name of each address and the parameters in it."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.app_name}:" if pattern.app_name else space
            yield from named(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", list(pattern.pattern.converters)


NAMES = dict(named(get_resolver().url_patterns))


def table():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def statuses(world, name, method):
    """Return what each actor gets; nothing that one does lasts for the next."""
    address, found = world.address(name), {}
    for actor in ACTORS:
        point = transaction.savepoint()
        before = Entry.objects.filter(verb="look_up").count()
        response = world.client(actor).generic(
            method, address, content_type="application/x-www-form-urlencoded"
        )
        found[actor] = str(response.status_code)
        if actor in LOGGED.get((name, method), ()):
            assert Entry.objects.filter(verb="look_up").count() == before + 1, actor
        transaction.savepoint_rollback(point)
    return found


@pytest.fixture
def world(db, settings):
    # Keys of its own, so that no other test's tries count against the limits.
    settings.INDEX_KEYS = {1: secrets.token_bytes(32)}
    with scope.system():
        made = World()
        # Files of figures are given out once all is counted.
        rollups.rebuild_changed(at=timezone.now())
    return made


def test_every_address_has_its_rows():
    rows = {(row["name"], row["method"]) for row in table()}
    assert rows == {(name, method) for name in NAMES for method in ("GET", "POST")}


def area_of(row):
    return row["name"].partition(":")[0] if ":" in row["name"] else "portal"


@pytest.mark.parametrize("area", sorted({area_of(row) for row in table()}))
def test_addresses_open_to_those_who_may_and_to_nobody_else(world, area):
    expected, found = {}, {}
    for row in table():
        if area_of(row) == area:
            key = f"{row['method']} {row['name']}"
            expected[key] = {actor: row[actor] for actor in ACTORS}
            found[key] = {
                # What depends on the machine names both answers: "200|404".
                actor: row[actor] if status in row[actor].split("|") else status
                for actor, status in statuses(world, row["name"], row["method"]).items()
            }
    assert found == expected
