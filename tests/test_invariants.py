"""Each promise of the database, and an attempt to break it in plain SQL."""

import json
import os
import uuid
from datetime import date, time, timedelta
from io import StringIO

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg import sql

from complaints import integrity, rollups
from complaints.actions import addresses, casework, undoing
from complaints.models import (
    AccessSign,
    Bulk,
    BulkItem,
    BulkRun,
    Campaign,
    CampaignBatch,
    CampaignDate,
    Caveat,
    Claim,
    Clue,
    Complaint,
    DataRequest,
    Delegation,
    Digest,
    Event,
    Evidence,
    Figure,
    FigureReview,
    GamingSign,
    Incident,
    IncidentMember,
    IncidentNotice,
    IncidentRun,
    Invitation,
    Lease,
    Message,
    MonthCorrection,
    OwnFile,
    Prepared,
    Presence,
    PublishedMonth,
    Rating,
    Reached,
    Recheck,
    Referral,
    Replay,
    ReportJob,
    ReportList,
    ReportRow,
    RuleDraft,
    RuleSwitch,
    Sample,
    SavedView,
    SelfCorrection,
    Skip,
    StandardText,
    StandIn,
    SubtreeFigure,
    TakeBack,
    UnitChange,
    UnitChangeCase,
    Wording,
)
from complaints.rollups.counting import SUMS
from portal.accounts import contact
from portal.accounts.models import AccountChange, Assistance
from portal.accounts.models import Invitation as StaffInvitation
from portal.audit import record, seals
from portal.audit.models import Seal
from portal.common import outbox, scope
from portal.registry import corrections
from portal.registry.models import (
    Certificate,
    Correction,
    Dose,
    DoseFile,
    Load,
    LoadBlock,
    Lot,
    LotAllocation,
    MatchChange,
    NameShare,
    OrganizationName,
    OrganizationSuccession,
    PopulationBatch,
    PopulationRun,
    QualityCount,
    QualityFinding,
    StagedRow,
    Threshold,
    UnitAlias,
    UnitSuccession,
)
from portal.registry.population import inquiries
from tests.factories import (
    NOON,
    TEST_WARRANT,
    make_dose,
    make_organization,
    make_orphan,
    make_pair,
    make_person,
    make_product,
    make_staff,
    make_unit,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.registry.imports.lists import make_list, make_row

DAY = timedelta(days=1)


class World:
    """One row at least in each table that has a promise to keep."""

    def __init__(self):
        self.province = make_unit()
        self.commune = make_unit("N26740", name="Phường Thử", parent=self.province)
        self.old = make_unit(
            "O26740",
            name="Phường Cũ",
            parent=self.province,
            epoch="old",
            valid_from=date(2008, 1, 1),
            valid_to=date(2025, 7, 1),
        )
        UnitSuccession.objects.create(
            old=self.old,
            new=self.commune,
            is_default=True,
            valid_from=date(2025, 7, 1),
        )
        UnitAlias.objects.create(unit=self.commune, name="Thử", folded="thu")
        self.product = make_product()
        self.site, self.other = make_organization(), make_organization()
        OrganizationSuccession.objects.create(
            old=self.other, new=self.site, valid_from=date(2025, 7, 1)
        )
        lot = Lot.objects.create(number="ABX4471", product=self.product)
        LotAllocation.objects.create(
            lot=lot, organization=self.site, received_on=date(2021, 8, 1), doses=10
        )
        self.nurse = make_staff(self.site)
        StaffInvitation.objects.create(
            user=self.nurse,
            by=self.nurse,
            token_digest=b"t" * 32,
            created_at=NOON,
            expires_at=NOON + DAY,
        )
        AccountChange.objects.create(
            user=self.nurse, what="codes", language="vi", at=NOON
        )
        twin = make_person(national_id="", phone="")
        self.person = make_person()
        self.dose = make_dose(self.person, self.site)
        corrections.add_alias(
            self.person.pk, full_name="Nguyễn Thử", warrant=TEST_WARRANT, at=NOON
        )
        first = submit(missing_dose(self.site), sender=sender_for(self.person))
        self.case = only_complaint(first)
        submit(missing_dose(self.site), sender=sender_for(self.person))
        Caveat.objects.create(complaint=self.case, check_name="lot_unknown")
        _pay_attention(self.case, make_staff(self.site))
        Evidence.objects.create(
            submission=first.submission,
            media_type="image/jpeg",
            sha256=b"x" * 32,
            bytes=1,
            uploaded_at=NOON,
        )
        for queue in ("route", "notify"):
            outbox.drain(queue=queue, at=NOON)
        for figure in (Figure, SubtreeFigure):
            figure.objects.create(
                organization=self.site,
                month=date(2026, 11, 1),
                cohort="opened",
                **dict.fromkeys(SUMS, 0),
            )
        rollups.rebuild_changed(at=NOON)
        Threshold.objects.create(
            code="Q37-people",
            rule="Q37",
            name="people",
            valid_from=date(2021, 1, 1),
            number=8,
            unit="people",
            source="test",
        )
        QualityFinding.objects.create(
            rule="Q37",
            severity="I",
            subject="person",
            subject_id=self.person.pk,
            organization=self.site,
            path=self.site.path,
            since=NOON,
        )
        self.orphan = make_orphan("Nguyễn Thị Thử", self.site)
        make_pair(twin, self.site, kind="owner", dose=self.orphan)
        make_pair(twin, self.site, kind="doses", dose=self.dose, other_dose=self.orphan)
        make_pair(twin, self.site, other_person=self.person)
        MatchChange.objects.create(kind="person", first=1, last=1)
        QualityCount.objects.create(
            organization=self.site, rule="Q37", day=date(2026, 11, 2), open=1
        )
        NameShare.objects.create(
            part="family", key="nguyen", share=0.3, counted_at=NOON
        )
        with corrections.writing("test"):
            LoadBlock.objects.create(
                load=Load.objects.create(
                    fingerprint="f" * 64, name="doses.csv", size=1, begun_at=NOON
                ),
                number=1,
                first_row=2,
                rows=1,
                digest="d" * 64,
                loaded_at=NOON,
            )
        DoseFile.objects.create(
            organization=self.site,
            first=date(2021, 3, 8),
            last=date(2021, 12, 31),
            form="csv",
            by=self.nurse,
            asked_at=NOON,
            rows=1,
        )
        record.look_up(
            at=NOON - 2 * DAY,
            actor="staff",
            actor_id=self.nurse.pk,
            person_id=self.person.pk,
            subject="registry.person",
        )
        address = addresses.ask(self.case.submission, "thu@example.vn", at=NOON)
        addresses.confirm(address, at=NOON)
        Rating.objects.create(complaint=self.case, round=1, word="good", at=NOON)
        make_list(self.site, [make_row()])
        seals.seal_day(of="entry", at=NOON)
        PopulationBatch.objects.create(
            run=PopulationRun.objects.create(
                started_at=NOON, changed_at=NOON, last_person=self.person.pk
            ),
            people=[self.person.pk],
            size=1,
            planned_at=NOON,
        )
        inquiries.open_one(about=0, questions=[], due_at=NOON, at=NOON)
        contact.ask(
            person_id=self.person.pk,
            phone="+84900000777",
            way="paper",
            language="vi",
            at=NOON,
        )
        Assistance.objects.create(
            user=self.nurse,
            organization=self.site,
            way="phone",
            purpose="report",
            opened_at=NOON,
            ends_at=NOON + DAY,
        )
        OwnFile.objects.create(person=self.person, language="vi", asked_at=NOON)
        DataRequest.objects.create(
            person=self.person,
            kind="restrict",
            text_sealed=b"x",
            asked_at=NOON,
            answer_by=NOON + DAY,
            due_at=NOON + 15 * DAY,
        )
        self.what_time_brings()
        self.self_correction()
        self.bulk()
        self.reports()
        self.incident()

    def bulk(self):
        """One case chosen for a move that is not begun."""
        bulk = Bulk.objects.create(
            by=self.nurse, language="vi", chosen_at=NOON, total=1
        )
        case = Complaint.objects.latest("pk")
        BulkItem.objects.create(bulk=bulk, place=1, complaint=case, version=1)
        BulkRun.objects.create(bulk=bulk, by=self.nurse, asked_at=NOON)
        for unit in (None, self.site):
            SavedView.objects.create(
                name="Quá hạn",
                query="view=overdue",
                by=self.nurse,
                organization=unit,
                made_at=NOON,
            )

    def reports(self):
        """A row of a unit's list, not sent."""
        one = ReportList.objects.create(
            organization=self.site,
            name_sealed=b"x",
            file_digest=b"x",
            language="vi",
            progress_at=NOON,
            uploaded_by=self.nurse,
            uploaded_at=NOON,
            expires_at=NOON + DAY,
        )
        ReportRow.objects.create(report_list=one, place=1, content_sealed=b"x")
        ReportJob.objects.create(
            report_list=one, work="read", by=self.nurse, asked_at=NOON
        )

    def what_time_brings(self):
        """A rung that was reached, who was told of it, and who stands in."""
        Reached.objects.create(
            complaint=self.case,
            round=1,
            clock="repair",
            share=50,
            levels=0,
            at=NOON,
            found_at=NOON,
        )
        Digest.objects.create(
            user=self.nurse, organization=self.site, hour=NOON, counts={}
        )
        StandIn.objects.create(
            organization=self.site, by=self.site.parent, reason="no_login", since=NOON
        )
        self.chief = make_staff(self.site.parent)
        draft = RuleDraft.objects.create(
            subject="policy",
            content={},
            valid_from=date(2027, 1, 1),
            source="test",
            proposed_by=self.nurse,
            proposed_at=NOON,
        )
        Delegation.objects.create(
            organization=self.site,
            to=self.other,
            valid_from=date(2027, 1, 1),
            source="test",
        )
        PublishedMonth.objects.create(
            month=date(2026, 10, 1),
            edition=1,
            rows=[],
            country={},
            at=NOON,
        )
        MonthCorrection.objects.create(
            month=date(2026, 10, 1),
            edition=2,
            reason="test",
            proposed_by=self.nurse,
            proposed_at=NOON,
        )
        CampaignDate.objects.create(
            organization=self.site,
            name="test",
            begins_on=date(2026, 11, 1),
            due_on=date(2026, 12, 1),
            by=self.chief,
            at=NOON,
        )
        FigureReview.objects.create(
            complaint=Complaint.objects.earliest("pk"),
            holder=self.site,
            reason="test",
            flagged_by=self.nurse,
            flagged_at=NOON,
            month=date(2026, 11, 1),
            state="accepted",
            answer="test",
            decided_by=self.chief,
            decided_at=NOON,
            version=1,
            before={},
            after={},
        )
        Wording.objects.create(
            key="submit", content={}, valid_from=date(2027, 1, 1), source="test"
        )
        Replay.objects.create(draft=draft, asked_at=NOON, total=1)
        self.unit_change()

    def unit_change(self):
        """A unit that is to close, a case of it, and a name that another had."""
        change = UnitChange.objects.create(
            organization=self.site,
            kind="closed",
            day=date(2027, 1, 1),
            successor=self.other,
            staff="move",
            reason="test",
            by=self.nurse,
            at=NOON,
            state="planned",
        )
        event = Event.objects.exclude(move="submit").earliest("pk")
        UnitChangeCase.objects.create(
            change=change, complaint=event.complaint, event=event, before={}
        )
        OrganizationName.objects.create(
            organization=self.other,
            name="Trạm Cũ",
            folded="tram cu",
            valid_from=date(2021, 1, 1),
            valid_to=date(2022, 1, 1),
        )

    def incident(self):
        """A report's clue, and an incident that it belongs to."""
        case = Complaint.objects.latest("pk")
        Clue.objects.create(
            complaint=case,
            version=1,
            site=self.site,
            given_on=date(2021, 8, 14),
            lot="ABX6318",
            filed_at=NOON,
        )
        incident = Incident.objects.create(
            site=self.site,
            holder=self.site,
            given_on=date(2021, 8, 14),
            lot="ABX6318",
            formed_at=NOON,
        )
        IncidentMember.objects.create(incident=incident, complaint=case, joined_at=NOON)
        IncidentRun.objects.create(incident=incident, asked_at=NOON)
        IncidentNotice.objects.create(incident=incident, row=StagedRow.objects.first())

    def self_correction(self):
        """A campaign's batch, and what a rule changed in it."""
        by = self.nurse
        RuleSwitch.objects.create(rule="A1", is_on=True, reason="test", by=by, at=NOON)
        campaign = Campaign.objects.create(
            rules=["A1"],
            cap=5,
            started_by=by,
            started_at=NOON,
            last_person=1,
            total=1,
        )
        batch = CampaignBatch.objects.create(
            campaign=campaign, people=[1], size=1, planned_at=NOON
        )
        SelfCorrection.objects.create(
            whole=uuid.uuid4(),
            rule="A1",
            version=1,
            person=self.person,
            place="full_name",
            correction=Correction.objects.order_by("pk").first(),
            proofs={},
            batch=batch,
            at=NOON,
        )
        Certificate.objects.create(
            person=self.person,
            dose=Dose.objects.order_by("pk").first(),
            identifier="a",
            revocation=b"a",
            text_sealed=b"x",
            issued_at=NOON,
            expires_at=NOON + DAY,
        )
        Invitation.objects.create(
            person=self.person, quarter="2026Q4", rule="A2", batch=batch, at=NOON
        )
        GamingSign.objects.create(
            complaint=self.case,
            sign="bulk",
            holder=self.site,
            at=NOON,
            day=NOON.date(),
        )
        Recheck.objects.create(
            sample=Sample.objects.create(
                organization=self.site,
                path=self.site.path,
                first=date(2026, 10, 1),
                last=date(2026, 10, 31),
                per_stratum=1,
                most=1,
                seed="x",
                closed=1,
                by=self.nurse,
                at=NOON,
            ),
            complaint=self.case,
            event=self.case.events.latest("seq"),
            organization=self.site,
            path=self.site.path,
            stratum="kept",
            of_stratum=1,
        )
        AccessSign.objects.create(
            rule="own",
            user=self.nurse,
            person=self.person,
            organization=self.site,
            path=self.site.path,
            day=NOON.date(),
            begins=NOON,
            ends=NOON,
            count=1,
            found_at=NOON,
        )
        Prepared.objects.create(
            rule="B4",
            version=1,
            person=self.person,
            place="born_on",
            edit_sealed=b"x",
            organization=self.site,
            path=self.site.path,
            found_at=NOON,
        )


@pytest.fixture
def world(all_rows):
    return World()


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def copy_row(label, /, **changes):
    """Write the model's last row once more, with changes, past all of Django."""
    model = apps.get_model(label)
    row = model.objects.order_by("-pk").values().first()
    row.pop("id", None)
    for field in model._meta.concrete_fields:
        if field.name == "ref":
            row["ref"] = uuid.uuid4()
        if field.generated:
            del row[field.name]
    row |= changes
    for name, value in row.items():
        if isinstance(value, dict):
            row[name] = json.dumps(value)
    run(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(model._meta.db_table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        *row.values(),
    )


def change_row(label, /, **changes):
    """Change the model's last row past all of Django."""
    model = apps.get_model(label)
    pk = model.objects.order_by("-pk").values_list("pk", flat=True).first()
    run(
        sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
            sql.Identifier(model._meta.db_table),
            sql.SQL(", ").join(
                sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changes
            ),
            sql.Identifier(model._meta.pk.column),
        ),
        *changes.values(),
        pk,
    )


def text_again(label, /):
    """Write the same version of a text once more, after it was retired."""
    user = StandardText.objects.values_list("made_by", flat=True).first()
    change_row(label, retired_at=NOON, retired_by_id=user)
    copy_row(label, retired_at=None, retired_by_id=None)


def wait_twice(label, /):
    """Let a case wait for two bodies at once."""
    change_row(label, state="waiting", ended_at=None)
    other = Event.objects.filter(referral=None).values_list("pk", flat=True).first()
    copy_row(label, number="1", event_id=other)


def insert_published(label, /, **changes):
    """Publish the month of the last row once more, past all of Django."""
    copy_row(label, **{"rows": "[]", "country": "{}"} | changes)


def checked(label, /, **changes):
    """Let a nurse decide otherwise; who answers, if it says so, is the same one."""
    nurse = AccessSign.objects.latest("pk").user_id
    if "answer" in changes:
        changes["answered_by_id"] = nurse
    change_row(
        label,
        checker_id=nurse,
        taken_at=NOON,
        verdict="disagree",
        checked_at=NOON,
        **changes,
    )


def reviewed_by_oneself(label, /, **_changes):
    """Let whoever looked say that it was justified, past all of Django."""
    row = AccessSign.objects.latest("pk")
    change_row(
        label,
        outcome="justified",
        note="x",
        reviewed_by_id=row.user_id,
        reviewed_at=NOON,
    )


# The name of each constraint, what is done, to which model, with what.
BREAKS = [
    ("outbox_one_row_per_kind_and_subject", copy_row, "common.Outbox", {}),
    (
        "outbox_is_done_or_dead_not_both",
        change_row,
        "common.Outbox",
        {"done_at": NOON, "dead_at": NOON},
    ),
    ("seal_once_per_day", copy_row, "audit.Seal", {}),
    ("leaves_once_per_day_and_part", copy_row, "audit.Leaves", {}),
    (
        "unit_ends_after_it_begins",
        change_row,
        "registry.AdministrativeUnit",
        {"valid_to": date(1990, 1, 1)},
    ),
    (
        "unit_has_a_parent_unless_it_is_a_province",
        change_row,
        "registry.AdministrativeUnit",
        {"parent_id": None},
    ),
    (
        "unitsuccession_once_per_pair",
        copy_row,
        "registry.UnitSuccession",
        {"is_default": False},
    ),
    (
        "unitsuccession_one_default",
        copy_row,
        "registry.UnitSuccession",
        {"new_id": "province"},
    ),
    ("unitalias_once_per_unit", copy_row, "registry.UnitAlias", {}),
    ("caveat_once_per_complaint", copy_row, "complaints.Caveat", {}),
    ("bulk_begun_iff_it_has_a_move", change_row, "complaints.Bulk", {"move": "note"}),
    (
        "bulk_begun_iff_it_has_a_move",
        change_row,
        "complaints.Bulk",
        {"state": "running"},
    ),
    (
        "bulk_ended_iff_it_does_not_run",
        change_row,
        "complaints.Bulk",
        {"ended_at": NOON},
    ),
    (
        "accesssign_of_an_emergency_iff_it_has_an_event",
        change_row,
        "complaints.AccessSign",
        {"rule": "glass"},
    ),
    (
        "reportlist_refused_iff_it_says_why",
        change_row,
        "complaints.ReportList",
        {"refusal": "empty"},
    ),
    (
        "reportlist_filed_by_somebody",
        change_row,
        "complaints.ReportList",
        {"state": "filing"},
    ),
    ("reportrow_one_per_place", copy_row, "complaints.ReportRow", {}),
    (
        "reportrow_done_iff_it_was_sent",
        change_row,
        "complaints.ReportRow",
        {"done_at": NOON},
    ),
    (
        "savedview_has_a_name_and_filters",
        change_row,
        "complaints.SavedView",
        {"name": ""},
    ),
    (
        "savedview_has_a_name_and_filters",
        change_row,
        "complaints.SavedView",
        {"query": ""},
    ),
    (
        "savedview_own_name_once",
        change_row,
        "complaints.SavedView",
        {"organization_id": None},
    ),
    ("savedview_shared_name_once", copy_row, "complaints.SavedView", {}),
    ("incident_one_open_per_session", copy_row, "complaints.Incident", {}),
    (
        "incident_one_open_per_session",
        copy_row,
        "complaints.Incident",
        {"holder_id": "province"},
    ),
    (
        "incident_names_a_product_or_a_lot",
        change_row,
        "complaints.Incident",
        {"lot": ""},
    ),
    (
        "incident_two_people_decide",
        change_row,
        "complaints.Incident",
        {"proposed_by_id": "nurse"},
    ),
    (
        "incident_two_people_decide",
        change_row,
        "complaints.Incident",
        {"state": "settling", "proposed_by_id": "nurse", "signed_by_id": "nurse"},
    ),
    (
        "incident_settled_iff_it_has_a_time",
        change_row,
        "complaints.Incident",
        {"settled_at": NOON},
    ),
    (
        "incident_two_people_take_back",
        change_row,
        "complaints.Incident",
        {"back_by_id": "nurse", "back_at": NOON, "back_why": "other"},
    ),
    (
        "incident_taken_back_iff_it_says_why",
        change_row,
        "complaints.Incident",
        {"back_why": "other"},
    ),
    (
        "incident_undone_iff_it_has_a_time",
        change_row,
        "complaints.Incident",
        {"undone_at": NOON},
    ),
    ("incidentmember_once", copy_row, "complaints.IncidentMember", {}),
    (
        "incidentmember_settled_iff_it_was_decided",
        change_row,
        "complaints.IncidentMember",
        {"state": "settled"},
    ),
    (
        "incidentmember_left_iff_it_says_why",
        change_row,
        "complaints.IncidentMember",
        {"state": "left"},
    ),
    (
        "incidentmember_taken_back_iff_it_was_moved",
        change_row,
        "complaints.IncidentMember",
        {"back": "done"},
    ),
    (
        "incidentmember_stays_iff_it_says_why",
        change_row,
        "complaints.IncidentMember",
        {"back": "stays"},
    ),
    (
        "incidentnotice_told_iff_it_says_where",
        change_row,
        "complaints.IncidentNotice",
        {"told_at": NOON},
    ),
    (
        "incidentnotice_taken_back_where_it_was_told",
        change_row,
        "complaints.IncidentNotice",
        {"back_told_at": NOON},
    ),
    ("bulkitem_one_per_place", copy_row, "complaints.BulkItem", {"complaint_id": 0}),
    ("bulkitem_one_per_case", copy_row, "complaints.BulkItem", {"place": 2}),
    (
        "bulkitem_done_iff_it_was_moved",
        change_row,
        "complaints.BulkItem",
        {"state": "done"},
    ),
    (
        "bulkitem_refused_iff_it_says_why",
        change_row,
        "complaints.BulkItem",
        {"state": "refused"},
    ),
    ("presence_once_per_case_and_user", copy_row, "complaints.Presence", {}),
    ("skip_once_per_case_and_user", copy_row, "complaints.Skip", {}),
    ("standardtext_versions_differ", text_again, "complaints.StandardText", {}),
    (
        "standardtext_one_version_in_use",
        copy_row,
        "complaints.StandardText",
        {"version": 2},
    ),
    (
        "standardtext_retired_by_somebody",
        change_row,
        "complaints.StandardText",
        {"retired_at": NOON},
    ),
    ("referral_one_waiting_per_complaint", wait_twice, "complaints.Referral", {}),
    (
        "referral_ended_iff_it_does_not_wait",
        change_row,
        "complaints.Referral",
        {"state": "waiting"},
    ),
    (
        "referral_answered_iff_by_somebody",
        change_row,
        "complaints.Referral",
        {"state": "answered"},
    ),
    ("ruleswitch_says_why", copy_row, "complaints.RuleSwitch", {"reason": ""}),
    (
        "ruleswitch_only_a_person_switches_on",
        copy_row,
        "complaints.RuleSwitch",
        {"by_id": None},
    ),
    (
        "ruleswitch_precision_is_a_share",
        copy_row,
        "complaints.RuleSwitch",
        {"least_precision": 10_001},
    ),
    ("campaign_one_at_a_time", copy_row, "complaints.Campaign", {}),
    (
        "campaign_ended_iff_it_does_not_run",
        change_row,
        "complaints.Campaign",
        {"ended_at": NOON},
    ),
    (
        "campaign_keeps_to_its_cap",
        change_row,
        "complaints.Campaign",
        {"changed": 6},
    ),
    (
        "campaignbatch_holds_people_until_it_is_done",
        change_row,
        "complaints.CampaignBatch",
        {"done_at": NOON},
    ),
    (
        "campaignbatch_undone_by_somebody_after_it_was_done",
        change_row,
        "complaints.CampaignBatch",
        {"undone_at": NOON},
    ),
    (
        "selfcorrection_one_per_person_and_field",
        copy_row,
        "complaints.SelfCorrection",
        {"correction_id": 0, "proofs": {}},
    ),
    (
        "selfcorrection_by_a_report_or_a_campaign",
        change_row,
        "complaints.SelfCorrection",
        {"batch_id": None},
    ),
    (
        "selfcorrection_found_by_somebody",
        change_row,
        "complaints.SelfCorrection",
        {"finding": "right"},
    ),
    (
        "selfcorrection_held_against_something_when_found",
        change_row,
        "complaints.SelfCorrection",
        {"checked_against": "paper"},
    ),
    ("certificate_one_in_force", copy_row, "registry.Certificate", {"identifier": "b"}),
    (
        "certificate_revoked_with_a_reason",
        change_row,
        "registry.Certificate",
        {"revoked_at": NOON},
    ),
    (
        "certificate_ends_after_it_begins",
        change_row,
        "registry.Certificate",
        {"expires_at": NOON},
    ),
    ("invitation_once_a_quarter", copy_row, "complaints.Invitation", {}),
    (
        "invitation_names_a_quarter",
        change_row,
        "complaints.Invitation",
        {"quarter": "2026Q5"},
    ),
    (
        "prepared_once_per_person_field_and_rule",
        copy_row,
        "complaints.Prepared",
        {"ground": {}},
    ),
    ("gamingsign_once", copy_row, "complaints.GamingSign", {}),
    (
        "sample_ends_after_it_begins",
        change_row,
        "complaints.Sample",
        {"last": date(2026, 9, 1)},
    ),
    ("sample_draws_something", change_row, "complaints.Sample", {"most": 0}),
    ("recheck_once_per_event", copy_row, "complaints.Recheck", {}),
    (
        "recheck_taken_iff_it_has_a_checker",
        change_row,
        "complaints.Recheck",
        {"taken_at": NOON},
    ),
    (
        "recheck_verdict_by_its_checker",
        change_row,
        "complaints.Recheck",
        {"verdict": "agree", "checked_at": NOON},
    ),
    ("recheck_disagrees_for_a_reason", checked, "complaints.Recheck", {}),
    (
        "recheck_answered_where_it_disagrees",
        change_row,
        "complaints.Recheck",
        {"answer": "held"},
    ),
    (
        "recheck_reopens_what_was_accepted",
        checked,
        "complaints.Recheck",
        {"reason": "proof", "note": "x", "reopened_at": NOON},
    ),
    (
        "recheck_answered_by_another",
        checked,
        "complaints.Recheck",
        {
            "reason": "proof",
            "note": "x",
            "answer": "held",
            "answer_note": "x",
            "answered_at": NOON,
        },
    ),
    ("accesssign_once", copy_row, "complaints.AccessSign", {}),
    (
        "accesssign_about_somebody",
        change_row,
        "complaints.AccessSign",
        {"user_id": None, "person_id": None},
    ),
    (
        "accesssign_reviewed_by_somebody_who_says_why",
        change_row,
        "complaints.AccessSign",
        {"outcome": "justified"},
    ),
    (
        "accesssign_reviewed_by_another",
        reviewed_by_oneself,
        "complaints.AccessSign",
        {},
    ),
    (
        "prepared_made_iff_corrected",
        change_row,
        "complaints.Prepared",
        {"state": "made", "decided_by_id": 1, "decided_at": NOON},
    ),
    (
        "prepared_decided_by_somebody",
        change_row,
        "complaints.Prepared",
        {"state": "refused"},
    ),
    (
        "prepared_signed_by_another",
        change_row,
        "complaints.Prepared",
        {
            "proposed_by_id": 1,
            "decided_by_id": 1,
            "state": "refused",
            "decided_at": NOON,
        },
    ),
    (
        "populationinquiry_once_a_round",
        copy_row,
        "registry.PopulationInquiry",
        {"number": uuid.UUID(int=7)},
    ),
    (
        "complaint_urgent_reason_only_with_a_date",
        change_row,
        "complaints.Complaint",
        {"urgent_reason": "work", "urgent_on": None},
    ),
    (
        "evidence_refusal_iff_refused",
        change_row,
        "complaints.Evidence",
        {"refusal": "broken"},
    ),
    (
        "evidence_pages_iff_checked",
        change_row,
        "complaints.Evidence",
        {"pages": 1},
    ),
    ("identitydocument_once_per_person", copy_row, "registry.IdentityDocument", {}),
    (
        "telephone_once_per_person",
        copy_row,
        "registry.Telephone",
        {"is_contact": False},
    ),
    (
        "telephone_one_contact_per_person",
        copy_row,
        "registry.Telephone",
        {"number_digest": b"x" * 32},
    ),
    (
        "organization_closes_after_it_opens",
        change_row,
        "registry.Organization",
        {"closed_on": date(1990, 1, 1)},
    ),
    (
        "organization_only_the_ministry_has_no_parent",
        change_row,
        "registry.Organization",
        {"parent_id": None},
    ),
    (
        "organizationsuccession_once_per_pair",
        copy_row,
        "registry.OrganizationSuccession",
        {},
    ),
    (
        "organizationsuccession_not_to_itself",
        change_row,
        "registry.OrganizationSuccession",
        {"old_id": "site"},
    ),
    ("lotallocation_once_per_day", copy_row, "registry.LotAllocation", {}),
    (
        "correction_one_per_target_version",
        copy_row,
        "registry.Correction",
        {},
    ),
    (
        "correction_second_person_is_another",
        copy_row,
        "registry.Correction",
        {"version_before": 77, "proposed_by_id": "nurse", "approved_by_id": "nurse"},
    ),
    (
        "correction_two_people_where_it_takes_two",
        copy_row,
        "registry.Correction",
        {"version_before": 77, "needs_second": True, "proposed_by_id": "nurse"},
    ),
    (
        "correction_moving_a_dose_takes_two",
        copy_row,
        "registry.Correction",
        {"version_before": 77, "operation": "reassign", "reason": "complaint"},
    ),
    (
        "feedentry_confirmed_only_where_it_was_read",
        change_row,
        "registry.FeedEntry",
        {"confirmed_upstream_at": NOON},
    ),
    (
        "person_merged_iff_it_points_at_another",
        change_row,
        "registry.Person",
        {"status": "merged"},
    ),
    (
        "person_merged_iff_it_points_at_another",
        change_row,
        "registry.Person",
        {"status": "merged", "merged_into_id": "person"},
    ),
    (
        "identitydocument_void_is_not_current",
        change_row,
        "registry.IdentityDocument",
        {"is_void": True},
    ),
    (
        "telephone_void_is_no_contact",
        change_row,
        "registry.Telephone",
        {"is_void": True},
    ),
    ("namealias_once_per_person", copy_row, "registry.NameAlias", {}),
    (
        "sessionlist_refused_iff_it_says_why",
        change_row,
        "registry.SessionList",
        {"refusal": "empty"},
    ),
    (
        "stagedrow_done_iff_corrected",
        change_row,
        "registry.StagedRow",
        {"done_at": NOON},
    ),
    ("stagedrow_one_per_place", copy_row, "registry.StagedRow", {}),
    (
        "proposal_names_what_its_kind_is_about",
        change_row,
        "registry.Proposal",
        {"kind": "owner"},
    ),
    (
        "proposal_names_what_its_kind_is_about",
        change_row,
        "registry.Proposal",
        {"person_id": "person"},
    ),
    (
        "proposal_made_iff_corrected",
        change_row,
        "registry.Proposal",
        {"state": "made", "decided_by_id": "nurse"},
    ),
    (
        "proposal_made_iff_corrected",
        change_row,
        "registry.Proposal",
        {"undo_by_id": "nurse"},
    ),
    (
        "proposal_signed_by_another",
        change_row,
        "registry.Proposal",
        {"state": "refused", "proposed_by_id": "nurse", "decided_by_id": "nurse"},
    ),
    (
        "proposal_waits_for_a_second_iff_proposed",
        change_row,
        "registry.Proposal",
        {"state": "signing"},
    ),
    (
        "proposal_waits_for_a_second_iff_proposed",
        change_row,
        "registry.Proposal",
        {"state": "refused"},
    ),
    ("proposal_once_per_people", copy_row, "registry.Proposal", {}),
    (
        "proposal_once_per_owner",
        copy_row,
        "registry.Proposal",
        {"kind": "owner", "other_person_id": None, "dose_id": "orphan"},
    ),
    (
        "proposal_once_per_doses",
        copy_row,
        "registry.Proposal",
        {
            "kind": "doses",
            "other_person_id": None,
            "dose_id": "dose",
            "other_dose_id": "orphan",
        },
    ),
    ("matchchange_is_a_span", change_row, "registry.MatchChange", {"last": 0}),
    (
        "posting_ends_after_it_begins",
        change_row,
        "accounts.Posting",
        {"valid_to": NOON - 9000 * DAY},
    ),
    (
        "posting_of_a_deputy_ends",
        change_row,
        "accounts.Posting",
        {"deputy_for_id": 1},
    ),
    (
        "accountchange_by_somebody_else_or_nobody",
        change_row,
        "accounts.AccountChange",
        {"by_id": "nurse"},
    ),
    (
        "invitation_ends_after_it_begins",
        change_row,
        "accounts.Invitation",
        {"expires_at": NOON - 9000 * DAY},
    ),
    (
        "invitation_used_keeps_no_token",
        change_row,
        "accounts.Invitation",
        {"used_at": NOON, "token_sealed": b"x"},
    ),
    (
        "posting_one_current_per_user_and_organization",
        copy_row,
        "accounts.Posting",
        {},
    ),
    ("deadline_once_per_code_and_day", copy_row, "accounts.Deadline", {}),
    (
        "deadline_ends_after_it_begins",
        change_row,
        "accounts.Deadline",
        {"valid_to": date(1990, 1, 1)},
    ),
    (
        "contactchange_one_waiting_per_person",
        copy_row,
        "accounts.ContactChange",
        {"code": "1234567890"},
    ),
    (
        "contactchange_applied_iff_it_was_written",
        change_row,
        "accounts.ContactChange",
        {"state": "applied"},
    ),
    (
        "contactchange_applied_iff_it_was_written",
        change_row,
        "accounts.ContactChange",
        {"applied_at": NOON},
    ),
    (
        "contactchange_stopped_iff_it_has_a_time",
        change_row,
        "accounts.ContactChange",
        {"state": "stopped"},
    ),
    (
        "contactchange_at_the_counter_by_staff",
        change_row,
        "accounts.ContactChange",
        {"way": "counter"},
    ),
    ("contactnotice_once_per_end", copy_row, "accounts.ContactNotice", {}),
    (
        "assistance_a_record_only_where_a_document_was_seen",
        change_row,
        "accounts.Assistance",
        {"person_id": "person"},
    ),
    (
        "assistance_ends_after_it_begins",
        change_row,
        "accounts.Assistance",
        {"ends_at": NOON},
    ),
    (
        "datarequest_one_open_per_person_and_kind",
        copy_row,
        "complaints.DataRequest",
        {},
    ),
    (
        "datarequest_ended_iff_answered",
        change_row,
        "complaints.DataRequest",
        {"outcome": "granted"},
    ),
    (
        "datarequest_extended_with_a_reason",
        change_row,
        "complaints.DataRequest",
        {"extended_at": NOON},
    ),
    (
        "ownfile_made_iff_it_has_content",
        change_row,
        "complaints.OwnFile",
        {"made_at": NOON},
    ),
    ("ownfile_one_in_the_making", copy_row, "complaints.OwnFile", {}),
    (
        "datarequest_due_after_the_first_answer",
        change_row,
        "complaints.DataRequest",
        {"due_at": NOON},
    ),
    (
        "submission_a_telephone_unless_staff_helped",
        change_row,
        "complaints.Submission",
        {"phone_sealed": None, "phone_digest": None},
    ),
    (
        "submission_a_telephone_unless_staff_helped",
        change_row,
        "complaints.Submission",
        {"phone_digest": None},
    ),
    (
        "submission_code_is_ten_digits",
        change_row,
        "complaints.Submission",
        {"code": "0123456789"},
    ),
    ("joining_once", copy_row, "complaints.Joining", {}),
    (
        "complaint_number_once_per_submission",
        copy_row,
        "complaints.Complaint",
        {"subject_key": b"x" * 32},
    ),
    (
        "complaint_ended_iff_it_is_not_open",
        change_row,
        "complaints.Complaint",
        {"ended_at": NOON},
    ),
    (
        "complaint_outcome_iff_resolved",
        change_row,
        "complaints.Complaint",
        {"status": "resolved", "ended_at": NOON},
    ),
    (
        "complaint_outcome_iff_resolved",
        change_row,
        "complaints.Complaint",
        {"outcome": "kept"},
    ),
    (
        "complaint_paused_iff_waiting_for_the_citizen",
        change_row,
        "complaints.Complaint",
        {"paused_at": NOON},
    ),
    (
        "complaint_due_after_it_was_sent",
        change_row,
        "complaints.Complaint",
        {"due_at": NOON - DAY},
    ),
    (
        "complaint_one_open_per_subject",
        copy_row,
        "complaints.Complaint",
        {"number": 2},
    ),
    ("claim_one_per_field", copy_row, "complaints.Claim", {}),
    ("claim_ground_iff_kept", change_row, "complaints.Claim", {"verdict": "kept"}),
    (
        "claim_ground_iff_kept",
        change_row,
        "complaints.Claim",
        {"ground": "unreadable"},
    ),
    (
        "claim_correction_only_if_upheld",
        change_row,
        "complaints.Claim",
        {"correction_id": "correction"},
    ),
    (
        "claim_other_has_its_value",
        change_row,
        "complaints.Claim",
        {"verdict": "other"},
    ),
    (
        "message_once_per_event_recipient_and_channel",
        copy_row,
        "complaints.Message",
        {},
    ),
    (
        "message_has_a_time_once_it_was_sent",
        change_row,
        "complaints.Message",
        {"state": "sent", "sent_at": None},
    ),
    (
        "message_delivered_iff_it_has_a_time",
        change_row,
        "complaints.Message",
        {"state": "delivered", "sent_at": NOON},
    ),
    (
        "mailaddress_one_in_use_per_submission",
        copy_row,
        "complaints.MailAddress",
        {"token_digest": b"x" * 32},
    ),
    ("rating_one_a_round", copy_row, "complaints.Rating", {}),
    (
        "quiethours_end_after_they_begin",
        change_row,
        "complaints.QuietHours",
        {"valid_to": date(1990, 1, 1)},
    ),
    (
        "complaint_co_holder_is_another_while_it_is_open",
        change_row,
        "complaints.Complaint",
        {"co_holder_id": "site"},
    ),
    (
        "ladder_does_not_end_before_it_begins",
        change_row,
        "complaints.Ladder",
        {"valid_to": date(1990, 1, 1)},
    ),
    ("ladder_once_per_day", copy_row, "complaints.Ladder", {}),
    *(
        (f"{name}_ended_by_somebody", change_row, label, {"ended_at": NOON})
        for name, label in (
            ("ladder", "complaints.Ladder"),
            ("policy", "complaints.Policy"),
            ("officehours", "complaints.OfficeHours"),
        )
    ),
    ("rung_once_per_ladder", copy_row, "complaints.Rung", {}),
    (
        "rung_share_and_levels_within_reason",
        change_row,
        "complaints.Rung",
        {"levels": 3},
    ),
    (
        "rung_hands_up_only_what_is_overdue",
        change_row,
        "complaints.Rung",
        {"hands_up": True, "share": 100},
    ),
    ("reached_once_per_case_and_clock", copy_row, "complaints.Reached", {}),
    (
        "reached_found_after_it_was_so",
        change_row,
        "complaints.Reached",
        {"found_at": NOON - DAY},
    ),
    ("standin_one_at_a_time", copy_row, "complaints.StandIn", {}),
    (
        "standin_by_another_until_after_since",
        change_row,
        "complaints.StandIn",
        {"by_id": "site"},
    ),
    ("digest_one_per_person_and_hour", copy_row, "complaints.Digest", {}),
    (
        "ruledraft_confirmed_by_another_person",
        change_row,
        "complaints.RuleDraft",
        {"confirmed_by_id": "nurse", "confirmed_at": NOON},
    ),
    (
        "ruledraft_who_and_when_together",
        change_row,
        "complaints.RuleDraft",
        {"dropped_at": NOON},
    ),
    (
        "ruledraft_confirmed_or_dropped",
        change_row,
        "complaints.RuleDraft",
        {
            "confirmed_by_id": "chief",
            "confirmed_at": NOON,
            "dropped_by_id": "nurse",
            "dropped_at": NOON,
        },
    ),
    ("delegation_once_per_reach_and_day", copy_row, "complaints.Delegation", {}),
    (
        "delegation_does_not_end_before_it_begins",
        change_row,
        "complaints.Delegation",
        {"valid_to": date(2026, 12, 31)},
    ),
    (
        "delegation_to_another_or_from_below",
        change_row,
        "complaints.Delegation",
        {"to_id": "site"},
    ),
    (
        "delegation_rolled_back_by_somebody",
        change_row,
        "complaints.Delegation",
        {"ended_at": NOON},
    ),
    (
        "unitchange_moved_iff_it_has_a_new_place",
        change_row,
        "complaints.UnitChange",
        {"parent_after_id": "site"},
    ),
    (
        "publishedmonth_once_per_edition",
        insert_published,
        "complaints.PublishedMonth",
        {},
    ),
    (
        "publishedmonth_begins_on_the_first",
        insert_published,
        "complaints.PublishedMonth",
        {"month": date(2026, 10, 2)},
    ),
    (
        "publishedmonth_corrected_by_two_for_a_reason",
        insert_published,
        "complaints.PublishedMonth",
        {
            "edition": 2,
            "reason": "test",
            "by_id": "nurse",
            "confirmed_by_id": "nurse",
        },
    ),
    ("monthcorrection_one_waits_per_month", copy_row, "complaints.MonthCorrection", {}),
    (
        "monthcorrection_confirmed_by_another_person",
        change_row,
        "complaints.MonthCorrection",
        {"confirmed_by_id": "nurse", "confirmed_at": NOON},
    ),
    (
        "monthcorrection_decided_once_by_somebody",
        change_row,
        "complaints.MonthCorrection",
        {"dropped_at": NOON},
    ),
    (
        "campaigndate_is_due_after_it_begins",
        change_row,
        "complaints.CampaignDate",
        {"due_on": date(2026, 11, 1)},
    ),
    (
        "campaigndate_ended_by_somebody",
        change_row,
        "complaints.CampaignDate",
        {"ended_at": NOON},
    ),
    ("campaigndate_once_a_day", copy_row, "complaints.CampaignDate", {}),
    (
        "figurereview_one_that_counts_per_case",
        copy_row,
        "complaints.FigureReview",
        {"version": 2},
    ),
    (
        "figurereview_versions_without_repeats",
        copy_row,
        "complaints.FigureReview",
        {"complaint_id": 0},
    ),
    (
        "figurereview_decided_by_another_with_an_answer",
        change_row,
        "complaints.FigureReview",
        {"decided_by_id": "nurse"},
    ),
    (
        "figurereview_corrects_iff_accepted",
        change_row,
        "complaints.FigureReview",
        {"state": "refused"},
    ),
    ("wording_once_per_step_and_day", copy_row, "complaints.Wording", {}),
    (
        "wording_does_not_end_before_it_begins",
        change_row,
        "complaints.Wording",
        {"valid_to": date(2026, 12, 31)},
    ),
    (
        "wording_taken_back_by_somebody",
        change_row,
        "complaints.Wording",
        {"ended_at": NOON},
    ),
    (
        "replay_done_iff_it_has_a_time",
        change_row,
        "complaints.Replay",
        {"state": "done"},
    ),
    ("unitchange_one_waits_per_unit", copy_row, "complaints.UnitChange", {}),
    (
        "unitchange_done_has_a_time",
        change_row,
        "complaints.UnitChange",
        {"state": "done"},
    ),
    (
        "unitchange_taken_back_by_somebody",
        change_row,
        "complaints.UnitChange",
        {"state": "withdrawn", "ended_at": NOON},
    ),
    (
        "unitchange_refused_iff_it_says_why",
        change_row,
        "complaints.UnitChange",
        {"state": "refused"},
    ),
    (
        "unitchange_succeeds_another",
        change_row,
        "complaints.UnitChange",
        {"successor_id": "site"},
    ),
    (
        "unitchange_renamed_iff_it_has_a_new_name",
        change_row,
        "complaints.UnitChange",
        {"name_after": "Mới"},
    ),
    ("unitchangecase_once_per_event", copy_row, "complaints.UnitChangeCase", {}),
    (
        "organizationname_ends_after_it_begins",
        change_row,
        "registry.OrganizationName",
        {"valid_to": date(2021, 1, 1)},
    ),
    ("organizationname_one_until_a_day", copy_row, "registry.OrganizationName", {}),
    ("policy_once_per_reach_and_day", copy_row, "complaints.Policy", {}),
    (
        "policy_answers_before_it_repairs",
        change_row,
        "complaints.Policy",
        {"first_answer_hours": 49},
    ),
    (
        "officehours_once_per_organization_and_day",
        copy_row,
        "complaints.OfficeHours",
        {},
    ),
    (
        "officehours_do_not_end_before_they_begin",
        change_row,
        "complaints.OfficeHours",
        {"valid_to": date(1990, 1, 1)},
    ),
    (
        "officehours_close_after_they_open",
        change_row,
        "complaints.OfficeHours",
        {"ends": time(12, 30)},
    ),
    (
        "policy_does_not_end_before_it_begins",
        change_row,
        "complaints.Policy",
        {"valid_to": date(1990, 1, 1)},
    ),
    ("nameshare_once", copy_row, "registry.NameShare", {}),
    ("loadblock_once_per_load", copy_row, "registry.LoadBlock", {}),
    (
        "dosefile_ready_iff_it_has_a_size",
        change_row,
        "registry.DoseFile",
        {"state": "ready"},
    ),
    ("figure_once", copy_row, "complaints.Figure", {}),
    (
        "figure_month_begins_on_the_first",
        change_row,
        "complaints.Figure",
        {"month": date(2026, 11, 2)},
    ),
    (
        "measure_open_iff_the_clock_goes_on",
        change_row,
        "complaints.Measure",
        {"late_from": None},
    ),
    (
        "measure_bucket_iff_resolved",
        change_row,
        "complaints.Measure",
        {"is_on_time": True},
    ),
    (
        "measure_answer_late_while_open_or_answered",
        change_row,
        "complaints.Measure",
        {
            "answer_late_from": NOON,
            "is_open": False,
            "ended_on": date(2026, 11, 2),
            "late_from": None,
            "runs_from": None,
        },
    ),
    (
        "measure_left_iff_ended_unresolved",
        change_row,
        "complaints.Measure",
        {"is_left_late": True},
    ),
    ("subtree_figure_once", copy_row, "complaints.SubtreeFigure", {}),
    (
        "subtree_figure_month_begins_on_the_first",
        change_row,
        "complaints.SubtreeFigure",
        {"month": date(2026, 11, 2)},
    ),
    (
        "complaints_submission_key_key",
        copy_row,
        "complaints.Submission",
        {"code": "7777777777"},
    ),
    (
        "complaints_submission_code_key",
        copy_row,
        "complaints.Submission",
        {"key": "new"},
    ),
    (
        "person_wrong_fields_are_those_of_a_mismatch",
        change_row,
        "registry.Person",
        {"population_wrong": "sex"},
    ),
    ("populationrun_one_at_a_time", copy_row, "registry.PopulationRun", {}),
    (
        "populationrun_is_finished_iff_it_has_an_end",
        change_row,
        "registry.PopulationRun",
        {"finished_at": NOON},
    ),
    (
        "populationrun_counts_everybody_once",
        change_row,
        "registry.PopulationRun",
        {"done": 1},
    ),
    (
        "populationbatch_holds_people_until_it_is_done",
        change_row,
        "registry.PopulationBatch",
        {"done_at": NOON},
    ),
    (
        "populationinquiry_is_answered_with_a_time",
        change_row,
        "registry.PopulationInquiry",
        {"answered_at": NOON},
    ),
    (
        "threshold_is_a_number_or_a_day",
        change_row,
        "registry.Threshold",
        {"day": date(2021, 3, 8)},
    ),
    (
        "threshold_ends_after_it_begins",
        change_row,
        "registry.Threshold",
        {"valid_to": date(1990, 1, 1)},
    ),
    (
        "qualitychange_is_a_span",
        change_row,
        "registry.QualityChange",
        {"last": -1},
    ),
    ("qualityfinding_open_once", copy_row, "registry.QualityFinding", {}),
    (
        "qualityfinding_resolved_after_it_was_found",
        change_row,
        "registry.QualityFinding",
        {"resolved_at": NOON - DAY},
    ),
    ("qualitycount_once_per_day", copy_row, "registry.QualityCount", {}),
    ("common_demomessage_provider_key_key", copy_row, "common.DemoMessage", {}),
]


@pytest.mark.parametrize(
    ("name", "attempt", "label", "changes"),
    BREAKS,
    ids=[f"{name} {i}" for i, (name, *_) in enumerate(BREAKS)],
)
def test_a_constraint_refuses_what_would_break_it(world, name, attempt, label, changes):
    names = {
        "province": world.province.pk,
        "site": world.site.pk,
        "nurse": world.nurse.pk,
        "chief": world.chief.pk,
        "person": world.person.pk,
        "dose": world.dose.pk,
        "orphan": world.orphan.pk,
        "correction": Correction.objects.latest("pk").pk,
        "new": uuid.uuid4(),
    }
    changes = {
        key: names.get(value, value) if isinstance(value, str) else value
        for key, value in changes.items()
    }
    with (
        corrections.writing("imports"),
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
    ):
        attempt(label, **changes)
    assert refused.value.__cause__.diag.constraint_name == name


def test_no_constraint_is_without_an_attempt_to_break_it():
    tried = {name for name, *_ in BREAKS} | {"event_sequence_without_repeats"}
    named = {
        constraint.name
        for model in apps.get_models()
        if model.__module__.startswith(("portal.", "complaints."))
        for constraint in model._meta.constraints
    }
    assert named - tried == set()


def refused_by_the_database(statement, *values):
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        run(statement, *values)
    return str(refused.value)


def test_an_event_is_never_changed_or_deleted(world):
    for statement in (
        "DELETE FROM complaints_event",
        "UPDATE complaints_event SET at = now()",
        "UPDATE complaints_event SET status = 'resolved'",
        "UPDATE complaints_event SET note = 'Khác'",
        "UPDATE complaints_event SET note = '', holder_id = holder_id + 1",
        "UPDATE complaints_event SET hash = NULL",
    ):
        assert "append-only" in refused_by_the_database(statement)


def test_a_switch_of_a_rule_is_never_changed_or_deleted(world):
    for statement in (
        "DELETE FROM complaints_ruleswitch",
        "UPDATE complaints_ruleswitch SET is_on = false",
    ):
        assert "append-only" in refused_by_the_database(statement)


def test_a_note_may_be_erased_and_the_chain_stays_whole(world):
    note = "Chuyện riêng"
    casework.note(complaint_id=world.case.pk, note=note, by=world.nurse, at=NOON)

    statement = "UPDATE complaints_event SET note = '' WHERE move = 'note'"
    assert run(f"{statement} AND note <> '' AND note <> %s", note) == 1

    found = integrity.check(at=NOON)
    assert not found["the_chain_of_events_is_whole"]
    assert not found["notes_are_as_they_were_written"]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("SET at = at - interval '1 day'", "the_chain_of_events_is_whole"),
        ("SET status = 'resolved'", "the_chain_of_events_is_whole"),
        ("SET data = '{}', holder_id = holder_id", "the_chain_of_events_is_whole"),
        ("SET note = 'Khác'", "notes_are_as_they_were_written"),
        ("SET seq = seq + 5", "events_are_numbered_without_gaps"),
    ],
)
def test_an_owner_who_tampers_is_found_and_the_complaint_named(world, change, finding):
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE complaints_event DISABLE TRIGGER append_only")
    run(
        f"UPDATE complaints_event {change} WHERE complaint_id = %s AND seq = 3"
        if "data" not in change
        else f"UPDATE complaints_event {change} WHERE complaint_id = %s"
        " AND move = 'route'",
        world.case.pk,
    )

    assert world.case.pk in integrity.check(at=NOON)[finding]


def test_two_events_never_bear_the_same_number(world):
    event = Event.objects.filter(complaint=world.case).latest("seq")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE complaints_event DISABLE TRIGGER chain")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        copy_row("complaints.Event", complaint_id=world.case.pk, seq=event.seq)
    name = refused.value.__cause__.diag.constraint_name
    assert name == "event_sequence_without_repeats"


def test_a_number_or_hash_given_by_hand_is_overwritten(world):
    last = Event.objects.filter(complaint=world.case).latest("seq")
    copy_row("complaints.Event", complaint_id=world.case.pk, seq=900, hash=b"x" * 32)

    forged = Event.objects.latest("pk")
    assert (forged.seq, bytes(forged.hash)) != (900, b"x" * 32)
    assert forged.seq == last.seq + 1


@pytest.mark.parametrize(
    "table",
    ["person", "identitydocument", "telephone", "namealias", "dose", "correction"],
)
def test_the_registry_refuses_every_other_writer_and_every_delete(world, table):
    table = f"registry_{table}"
    said = refused_by_the_database(f"UPDATE {table} SET id = id")
    assert "registry.corrections only" in said or "append-only" in said
    with corrections.writing("imports"):
        assert "never deleted" in refused_by_the_database(f"DELETE FROM {table}")


def test_the_ledger_of_corrections_is_not_rewritten_even_by_its_writer(world):
    with corrections.writing("corrections"):
        said = refused_by_the_database("UPDATE registry_correction SET target_id = 1")
    assert "append-only" in said


def test_the_writers_flag_ends_with_its_block(world):
    with corrections.writing("imports"):
        pass
    refused_by_the_database("UPDATE registry_person SET version = version")


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal", "audit_leaves"])
def test_the_log_of_looks_and_its_seals_are_append_only(world, table):
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        assert "append-only" in refused_by_the_database(statement)


def test_the_holders_path_follows_the_holder_whatever_is_written(world):
    run("UPDATE complaints_complaint SET holder_path = '/elsewhere/'")
    run(
        "UPDATE registry_organization SET path = '/vn/moved/' WHERE id = %s",
        world.site.pk,
    )

    world.case.refresh_from_db()
    assert world.case.holder_path == "/vn/moved/"


# Row policies ---------------------------------------------------------------------


@pytest.fixture
def two_cases(db):
    """Two sites below one centre, with a case each, written and then out of scope."""
    with scope.system():
        centre = make_organization(kind="district_centre")
        sites = [make_organization(parent=centre) for _ in range(2)]
        cases = [
            only_complaint(
                submit(
                    missing_dose(site),
                    sender=sender_for(full_name=f"Người Thử {index}"),
                )
            )
            for index, site in enumerate(sites)
        ]
        outbox.drain(queue="route", at=NOON)
        for case in cases:
            case.refresh_from_db()
    return centre, sites, cases


def seen():
    return (
        set(Complaint.objects.values_list("pk", flat=True)),
        set(Claim.objects.values_list("complaint", flat=True)),
        set(Event.objects.values_list("complaint", flat=True)),
    )


def test_without_a_scope_there_are_no_rows_and_no_writes(two_cases):
    assert seen() == (set(), set(), set())
    assert run("UPDATE complaints_complaint SET version = 1") == 0
    assert run("DELETE FROM complaints_claim") == 0


def test_staff_see_their_own_subtree_and_nothing_else(two_cases):
    centre, (one, _two), (first, second) = two_cases
    with scope.staff([one.path]):
        assert seen() == ({first.pk},) * 3
    with scope.staff([centre.path]):
        assert seen() == ({first.pk, second.pk},) * 3
    with scope.staff([]):
        assert seen() == (set(),) * 3
    with scope.staff([""]):
        assert seen() == (set(),) * 3


def test_a_path_does_not_reach_its_namesakes(two_cases):
    _centre, (one, _two), _cases = two_cases
    with scope.system():
        twin = make_organization(f"{one.code}x", parent=one.parent)
        Complaint.objects.update(holder=twin)
    with scope.staff([one.path]):
        assert seen() == (set(),) * 3


def test_a_citizen_sees_the_proved_submissions_and_nothing_else(two_cases):
    _centre, _sites, (first, second) = two_cases
    with scope.citizen([first.submission_id]):
        assert seen() == ({first.pk},) * 3
    with scope.citizen([first.submission_id, second.submission_id]):
        assert seen() == ({first.pk, second.pk},) * 3
    with scope.citizen([]):
        assert seen() == (set(),) * 3


def _pay_attention(case, user):
    """Let somebody be given a case, look at it, have passed it by and made a move."""
    Lease.objects.create(complaint=case, user=user, until=NOON)
    Presence.objects.create(complaint=case, user=user, seen_at=NOON)
    Skip.objects.create(complaint=case, user=user, reason="papers", at=NOON)
    TakeBack.objects.create(event=case.events.latest("seq"), before={})
    StandardText.objects.create(
        organization=case.holder,
        move="ask",
        language="vi",
        title="Ảnh mờ",
        text="Gửi ảnh rõ hơn.",
        made_by=user,
        made_at=NOON,
    )
    Referral.objects.create(
        event=case.events.latest("seq"),
        complaint=case,
        authority_name="Công an phường Thử",
        points=[],
        expected_at=NOON,
        state="taken_back",
        ended_at=NOON,
    )


@pytest.mark.parametrize(
    "table",
    [
        "complaint",
        "claim",
        "event",
        "caveat",
        "lease",
        "presence",
        "skip",
        "takeback",
        "referral",
    ],
)
def test_who_may_read_may_not_write_but_through_the_actions(two_cases, table):
    _centre, (one, _two), (first, _second) = two_cases
    with scope.system():
        Caveat.objects.create(complaint=first, check_name="lot_unknown")
        _pay_attention(first, make_staff(one))
    model = apps.get_model("complaints", table)
    key = model._meta.pk.column
    others = ", ".join(
        f.column
        for f in model._meta.concrete_fields
        if f.column != key and not f.generated
    )
    for opened in (scope.staff([one.path]), scope.citizen([first.submission_id])):
        with opened:
            said = refused_by_the_database(
                f"INSERT INTO complaints_{table} ({key}, {others})"
                f" SELECT -1, {others} FROM complaints_{table} LIMIT 1"
            )
            assert "row-level security" in said


def test_a_chosen_set_and_a_saved_view_are_seen_by_the_actions_alone(two_cases):
    centre, (one, _two), (first, _second) = two_cases
    with scope.system():
        nurse = make_staff(one)
        bulk = Bulk.objects.create(by=nurse, language="vi", chosen_at=NOON, total=1)
        BulkItem.objects.create(bulk=bulk, place=1, complaint=first, version=1)
        BulkRun.objects.create(bulk=bulk, by=nurse, asked_at=NOON)
        SavedView.objects.create(name="a", query="view=new", by=nurse, made_at=NOON)
        change = UnitChange.objects.create(
            organization=one,
            kind="closed",
            day=NOON,
            by=nurse,
            at=NOON,
            state="planned",
        )
        UnitChangeCase.objects.create(
            change=change, complaint=first, event=first.events.first(), before={}
        )
    for opened in (scope.staff([centre.path]), scope.citizen([first.submission_id])):
        with opened:
            for model in (Bulk, BulkItem, BulkRun, SavedView, UnitChangeCase):
                assert not model.objects.exists()


def test_a_list_of_reports_is_seen_by_its_unit_and_above_alone(two_cases):
    centre, (one, two), (first, _second) = two_cases
    with scope.system():
        nurse = make_staff(one)
        sent = ReportList.objects.create(
            organization=one,
            name_sealed=b"x",
            file_digest=b"x",
            language="vi",
            progress_at=NOON,
            uploaded_by=nurse,
            uploaded_at=NOON,
            expires_at=NOON + DAY,
        )
        ReportRow.objects.create(report_list=sent, place=1, content_sealed=b"x")
        ReportJob.objects.create(report_list=sent, work="read", by=nurse, asked_at=NOON)
    for opened, sees in (
        (scope.staff([one.path]), True),
        (scope.staff([centre.path]), True),
        (scope.staff([two.path]), False),
        (scope.citizen([first.submission_id]), False),
    ):
        with opened:
            for model in (ReportList, ReportRow, ReportJob):
                assert model.objects.exists() is sees
            change = "UPDATE complaints_reportrow SET said = 'error'"
            if sees:
                assert "row-level security" in refused_by_the_database(change)
            else:
                assert run(change) == 0


def test_a_saved_view_is_read_where_its_maker_is_posted_and_kept_by_actions_alone(
    two_cases,
):
    _centre, (one, two), (first, _second) = two_cases
    with scope.system():
        nurse = make_staff(one)
        for name, shared_by in (("own", None), ("shared", one)):
            SavedView.objects.create(
                name=name,
                query="view=new",
                by=nurse,
                organization=shared_by,
                made_at=NOON,
            )
    with scope.staff([two.path, one.path]):
        assert SavedView.objects.count() == 2
        assert not SavedView.objects.update(name="mine")
    for opened in (
        scope.staff([two.path]),
        scope.staff([]),
        scope.citizen([first.submission_id]),
    ):
        with opened:
            assert not SavedView.objects.exists()


def test_what_a_unit_says_of_its_figures_is_seen_by_staff_of_the_case_alone(two_cases):
    centre, (one, two), (first, _second) = two_cases
    with scope.system():
        FigureReview.objects.create(
            complaint=first,
            holder=one,
            reason="test",
            flagged_by=make_staff(one),
            flagged_at=NOON,
            month=date(2026, 11, 1),
        )
    seen = {}
    for name, opened in {
        "above": scope.staff([centre.path]),
        "beside": scope.staff([two.path]),
        "citizen": scope.citizen([first.submission_id]),
    }.items():
        with opened:
            seen[name] = FigureReview.objects.count()
    assert seen == {"above": 1, "beside": 0, "citizen": 0}


def test_an_incident_is_seen_where_it_is_held_and_above(two_cases):
    centre, (one, two), (first, _second) = two_cases
    with scope.system():
        incident = Incident.objects.create(
            site=two, holder=one, given_on=NOON, lot="X", formed_at=NOON
        )
        IncidentMember.objects.create(
            incident=incident, complaint=first, joined_at=NOON
        )
        IncidentRun.objects.create(incident=incident, asked_at=NOON)
        row = make_list(one, [make_row()]).staged.get()
        IncidentNotice.objects.create(incident=incident, row=row)
        Clue.objects.create(
            complaint=first, version=1, site=one, given_on=NOON, filed_at=NOON
        )

    def in_sight():
        models = (Incident, IncidentMember, IncidentRun, IncidentNotice, Clue)
        return [model.objects.count() for model in models]

    for path in (one.path, centre.path):
        with scope.staff([path]):
            assert in_sight() == [1, 1, 1, 1, 0]
            said = refused_by_the_database("UPDATE complaints_incident SET told = 1")
            assert "row-level security" in said
    with scope.staff([two.path]):
        assert in_sight() == [0] * 5
    with scope.citizen([first.submission_id]):
        assert in_sight() == [0] * 5


def test_an_unusual_look_is_seen_at_its_unit_and_above_and_written_by_nobody(
    two_cases,
):
    centre, (one, two), _cases = two_cases
    with scope.system():
        AccessSign.objects.create(
            rule="many",
            user=make_staff(one),
            organization=one,
            path=one.path,
            day=NOON.date(),
            begins=NOON,
            ends=NOON,
            count=40,
            found_at=NOON,
        )
    for path, count in ((one.path, 1), (centre.path, 1), (two.path, 0)):
        with scope.staff([path]):
            assert AccessSign.objects.count() == count
            said = (
                refused_by_the_database(
                    "UPDATE complaints_accesssign SET note = 'x', outcome = 'unclear'"
                )
                if count
                else "row-level security"
            )
            assert "row-level security" in said
    with scope.citizen([]):
        assert not AccessSign.objects.exists()
    with scope.system():
        run(
            "UPDATE registry_organization SET path = %s WHERE id = %s",
            f"{centre.path}moved/",
            one.pk,
        )
        assert AccessSign.objects.get().path == f"{centre.path}moved/"


def test_a_check_is_seen_at_the_unit_that_decided_and_above(two_cases):
    centre, (one, two), (first, _second) = two_cases
    with scope.system():
        sample = Sample.objects.create(
            organization=centre,
            path=centre.path,
            first=NOON,
            last=NOON,
            per_stratum=1,
            most=1,
            seed="x",
            closed=1,
            by=make_staff(centre),
            at=NOON,
        )
        Recheck.objects.create(
            sample=sample,
            complaint=first,
            event=first.events.latest("seq"),
            organization=one,
            path=one.path,
            stratum="kept",
            of_stratum=1,
        )
    seen_at = {one.path: (0, 1), two.path: (0, 0), centre.path: (1, 1)}
    for path, counts in seen_at.items():
        with scope.staff([path]):
            assert (Sample.objects.count(), Recheck.objects.count()) == counts
    with scope.staff([one.path]):
        said = refused_by_the_database("UPDATE complaints_recheck SET note = 'x'")
        assert "row-level security" in said
    with scope.citizen([first.submission_id]):
        assert not Recheck.objects.exists()
    with scope.system():
        run(
            "UPDATE registry_organization SET path = %s WHERE id = %s",
            f"{centre.path}moved/",
            one.pk,
        )
        assert Recheck.objects.get().path == f"{centre.path}moved/"


def test_a_scope_ends_with_its_block_and_an_outer_one_comes_back(two_cases):
    _centre, (one, _two), (first, second) = two_cases
    with scope.staff([one.path]):
        with scope.system():
            assert Complaint.objects.count() == 2
        assert seen()[0] == {first.pk}
    assert seen() == (set(),) * 3


APPLICATION_MAY_NOT = [
    "TRUNCATE complaints_event",
    "TRUNCATE audit_entry",
    "CREATE TABLE mine (n int)",
    "DROP TABLE complaints_event",
    "ALTER TABLE complaints_event DISABLE TRIGGER append_only",
    "ALTER TABLE complaints_complaint DISABLE ROW LEVEL SECURITY",
    "DROP POLICY scope ON complaints_complaint",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION complaints_event_is_final() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
]


@pytest.mark.parametrize("statement", APPLICATION_MAY_NOT)
def test_the_portals_own_role_cannot_take_the_guards_away(db, statement):
    name = connection.settings_dict["NAME"]
    with (
        psycopg.connect(os.environ["DATABASE_URL"], dbname=name) as portal,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        portal.execute(statement)


def test_the_portals_own_role_is_held_by_row_policies(db):
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=name) as portal:
        row = portal.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        forced = portal.execute(
            "SELECT count(*) FROM pg_class WHERE relforcerowsecurity AND relname IN"
            " ('complaints_complaint', 'complaints_claim', 'complaints_event')"
        ).fetchone()
    assert (row, forced) == ((False, False), (3,))


# Seals ----------------------------------------------------------------------------


def verify():
    """Return the exit code of `verify_audit` and what it said."""
    said = StringIO()
    try:
        call_command("verify_audit", "--json", stdout=said)
    except SystemExit as ended:
        return ended.code, json.loads(said.getvalue())
    return 0, json.loads(said.getvalue())


def test_an_untouched_history_verifies(world):
    integrity.seal_days(at=NOON + DAY)
    assert Seal.objects.filter(of="event").exists()
    code, said = verify()
    assert (code, said["broken"]) == (0, [])
    assert said["checked"] > 0


def test_cutting_the_tail_off_the_events_is_found(world):
    integrity.seal_days(at=NOON + DAY)
    Message.objects.all().delete()
    Recheck.objects.all().delete()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE complaints_event DISABLE TRIGGER append_only")
    # The last event alone: numbers stay without gaps and the chain whole.
    run(
        "DELETE FROM complaints_event WHERE id = (SELECT max(id) FROM complaints_event"
        " WHERE complaint_id = %s)",
        world.case.pk,
    )

    code, said = verify()

    assert code == 1
    assert "seal of event" in {row["kind"] for row in said["broken"]}


def test_taking_a_look_out_of_the_log_is_found(world):
    run("ALTER TABLE audit_entry DISABLE TRIGGER append_only")
    run("DELETE FROM audit_entry WHERE at < %s", NOON - DAY)

    code, said = verify()

    assert code == 1
    assert said["broken"][0]["kind"] == "seal of entry"


# What the recount of invariants finds that no constraint can hold -------------------

AS_WRITER = "SELECT set_config('app.registry_writer', 'a test', true)"
DAMAGES = [
    ("every_complaint_was_sent_once", "DELETE FROM complaints_event WHERE seq = 1"),
    (
        "routed_once_a_round",
        "UPDATE complaints_event SET move = 'route' WHERE move = 'join'",
    ),
    (
        "nothing_waits_unrouted",
        "UPDATE complaints_complaint SET routed_at = NULL,"
        " submitted_at = submitted_at - interval '1 day'",
    ),
    (
        "status_is_that_of_the_last_event",
        "UPDATE complaints_complaint SET status = 'in_review'",
    ),
    (
        "corrected_iff_a_correction_was_applied",
        "UPDATE complaints_complaint SET status = 'resolved', ended_at = due_at,"
        " outcome = 'corrected'",
    ),
    (
        "claims_are_decided_iff_resolved",
        "UPDATE complaints_claim SET verdict = 'upheld'",
    ),
    (
        "waits_for_another_body_iff_one_is_asked",
        "UPDATE complaints_complaint SET status = 'waiting_authority'",
    ),
    (
        "open_complaints_have_an_open_holder",
        "UPDATE registry_organization SET closed_on = '2026-01-01'"
        " WHERE parent_id IS NOT NULL",
    ),
    (
        "every_message_is_sent_or_owed",
        "UPDATE complaints_message SET state = 'waiting', sent_at = NULL",
    ),
    (
        "every_event_that_calls_for_something_is_followed_up",
        "DELETE FROM common_outbox WHERE kind = 'event' AND subject ="
        " (SELECT max(id) FROM complaints_event WHERE move = 'route')",
    ),
    ("who_was_to_be_told_has_a_message", "DELETE FROM complaints_message"),
    (
        "no_work_is_left_lying",
        "UPDATE common_outbox SET done_at = NULL, next_at = next_at - interval '1 h'",
    ),
    ("no_work_is_parked", "UPDATE common_outbox SET dead_at = done_at, done_at = NULL"),
    (
        "a_joined_record_leads_to_a_living_one",
        f"{AS_WRITER};INSERT INTO registry_person (ref, full_name, name_key,"
        " name_folded, sort_key, born_on, born_precision, sex, population,"
        " is_restricted, status, merged_into_id, version)"
        " SELECT gen_random_uuid(), full_name, name_key, name_folded, sort_key,"
        " born_on, born_precision, sex, population, is_restricted, 'merged', id, 1"
        " FROM registry_person;"
        "UPDATE registry_person SET status = 'entered_in_error'"
        " WHERE status = 'active'",
    ),
    (
        "a_record_that_stands_for_nobody_has_no_doses",
        f"{AS_WRITER};UPDATE registry_person SET status = 'entered_in_error'",
    ),
    (
        "every_version_has_its_correction",
        f"{AS_WRITER};UPDATE registry_dose SET version = version + 1",
    ),
    (
        "every_correction_has_its_place_in_the_feed",
        "ALTER TABLE registry_feedentry DISABLE TRIGGER final;"
        "DELETE FROM registry_feedentry",
    ),
    (
        "the_feed_is_numbered_without_gaps",
        "UPDATE registry_feedentry SET position = correction_id * 10",
    ),
    (
        "due_time_is_what_the_clock_says",
        "UPDATE complaints_complaint SET due_at = due_at + interval '1 minute'",
    ),
    (
        "holder_path_is_the_holders",
        "ALTER TABLE complaints_complaint DISABLE TRIGGER holder_path;"
        "UPDATE complaints_complaint SET holder_path = '/elsewhere/'",
    ),
]


@pytest.mark.parametrize(("finding", "damage"), DAMAGES, ids=[d[0] for d in DAMAGES])
def test_the_recount_finds_what_no_constraint_can_hold(world, finding, damage):
    assert not any(integrity.check(at=NOON).values())
    Message.objects.exclude(event__move="submit").delete()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE complaints_event DISABLE TRIGGER append_only")
    if damage.startswith("DELETE"):
        Message.objects.all().delete()
    for statement in damage.split(";"):
        run(statement)

    assert integrity.check(at=NOON)[finding]


def test_every_finding_of_the_recount_has_been_provoked():
    elsewhere = {
        "the_chain_of_events_is_whole",
        "events_are_numbered_without_gaps",
        "notes_are_as_they_were_written",
    }
    assert {finding for finding, _ in DAMAGES} | elsewhere == {
        *integrity.INVARIANTS,
        integrity.DUE,
    }


def test_what_the_outbox_lost_is_owed_again(all_rows):
    site = make_organization()
    case = only_complaint(submit(missing_dose(site)))
    run("DELETE FROM common_outbox")
    later = NOON + timedelta(minutes=16)

    integrity.reconcile(at=later)
    outbox.drain(queue="route", at=later)

    case.refresh_from_db()
    assert case.holder == site


def test_a_result_whose_telling_was_lost_is_told_after_all(all_rows):
    site = make_organization()
    nurse = make_staff(site)
    case = only_complaint(submit(missing_dose(site)))
    for queue in ("route", "notify"):
        outbox.drain(queue=queue, at=NOON)
    verdicts = {claim.pk: ("kept", "not_given") for claim in case.claims.all()}
    casework.resolve(complaint_id=case.pk, verdicts=verdicts, by=nurse, at=NOON)
    result = case.events.latest("seq")
    run("DELETE FROM common_outbox WHERE kind = 'event' AND subject = %s", result.pk)
    later = NOON + timedelta(minutes=5)

    lost = integrity.check(at=later)
    integrity.reconcile(at=later)
    outbox.drain(queue="route", at=later)
    outbox.drain(queue="notify", at=later + timedelta(minutes=1))

    assert lost["every_event_that_calls_for_something_is_followed_up"] == [result.pk]
    assert result.messages.get().state == Message.State.SENT
    assert not any(integrity.check(at=later + timedelta(minutes=1)).values())


def test_a_move_that_was_taken_back_is_not_owed_again(all_rows):
    site = make_organization()
    nurse = make_staff(site)
    case = only_complaint(submit(missing_dose(site)))
    outbox.drain(queue="route", at=NOON)
    casework.ask(complaint_id=case.pk, reasons=[], note="Phiếu đâu?", by=nurse, at=NOON)
    kept = undoing.latest(case.pk, by=nurse, at=NOON)
    undoing.undo(ref=kept.ref, by=nurse, at=NOON)

    assert not integrity.check(at=NOON)[
        "every_event_that_calls_for_something_is_followed_up"
    ]


def test_every_constraint_and_index_of_the_models_is_in_the_database(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
            " UNION SELECT conname FROM pg_constraint"
        )
        present = {row[0] for row in cursor.fetchall()}
    declared = {
        one.name
        for model in apps.get_models()
        for one in (*model._meta.constraints, *model._meta.indexes)
    }
    assert declared - present == set()


@pytest.mark.parametrize("below", ["itself", "its own", "nobody", "two steps on"])
def test_no_unit_stands_outside_of_its_place_in_the_tree(db, below):
    above = make_organization(kind="health_department")
    unit = make_organization(parent=above, kind="district_centre")
    lower = make_organization(parent=unit)
    parent, path = {
        "itself": (unit.pk, f"{unit.path}x/"),
        "its own": (lower.pk, f"{lower.path}x/"),
        "nobody": (above.pk, "/x/"),
        "two steps on": (above.pk, f"{above.path}x/y/"),
    }[below]

    with pytest.raises(IntegrityError, match="place in the tree"), transaction.atomic():
        stand(unit, parent=parent, path=path)


def stand(unit, *, parent, path):
    run(
        "UPDATE registry_organization SET parent_id = %s, path = %s WHERE id = %s",
        parent,
        path,
        unit.pk,
    )
    run("SET CONSTRAINTS ALL IMMEDIATE")
