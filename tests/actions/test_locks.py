"""A row that is locked is read with what it belongs to by then, not with what it did.

A statement that waits for a row sees the row as it is afterwards, but joined to others
as they were before: a key that changed meanwhile then leads nowhere.
"""

from datetime import date, time

import pytest
from django.db import connection, transaction

from complaints import policies
from complaints.actions import (
    campaigns,
    incident_turns,
    prepared,
    recounting,
    replying,
)
from complaints.models import (
    Complaint,
    FigureReview,
    Incident,
    OfficeHours,
    Policy,
    Prepared,
)
from portal.common import scope
from portal.registry import corrections
from portal.registry.corrections import ledger
from portal.registry.models import Dose
from tests.actions.test_incidents import formed
from tests.actions.test_prepared import contradicted, drain
from tests.factories import (
    NOON,
    make_organization,
    make_orphan,
    make_product,
    make_staff,
    make_unit,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import at_once, behind, drain_all, in_system, lay_ground

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site():
    lay_ground()
    with scope.system():
        make_product()
        province = make_unit()
        return make_organization(
            commune=make_unit("N26740", name="Phường Thử", parent=province),
            province=province,
        )


def filed(site):
    with scope.system():
        case = only_complaint(submit(missing_dose(site)))
    drain_all()
    return case


def test_an_incident_that_is_handed_on_meanwhile_is_found(site):
    other, (incident, _cases) = in_system(lambda: (make_organization(), formed(site)))
    lead = in_system(lambda: make_staff(site, "lead"))

    found = behind(
        lambda: Incident.objects.filter(pk=incident.pk).update(holder=other),
        lambda: incident_turns.lock(incident.ref, by=lead, at=NOON),
    )

    assert found.holder == other


def test_what_was_prepared_is_read_with_the_report_that_came_meanwhile(site):
    with scope.system():
        contradicted(site)
        boss = make_staff(site, "administrator")
        campaigns.start(rules=["B1"], cap=10, by=boss, at=NOON)
    drain()
    case, row = filed(site), in_system(Prepared.objects.get)

    found = behind(
        lambda: Prepared.objects.filter(pk=row.pk).update(complaint=case),
        lambda: prepared.lock(row.ref),
    )

    assert found.complaint == case


def test_a_round_that_begins_meanwhile_is_counted_by_its_own_policy(site):
    def policy(organization, hours):
        return Policy.objects.create(
            organization=organization,
            in_office=True,
            repair_hours=hours,
            first_answer_hours=8,
            pause_days=10,
            disagree_days=30,
            valid_from=date(2021, 3, 8),
            source="thử",
        )

    with scope.system():
        OfficeHours.objects.create(
            weekdays=list(range(7)),
            begins=time(8),
            ends=time(16),
            valid_from=date(2021, 3, 8),
            source="thử",
        )
        before, after = policy(site, 16), policy(make_organization(), 80)
    case = filed(site)
    in_system(lambda: Complaint.objects.filter(pk=case.pk).update(policy=before))

    behind(
        lambda: Complaint.objects.filter(pk=case.pk).update(policy=after),
        lambda: recounting.recount(since=NOON.date(), at=NOON),
    )

    with scope.system():
        case = Complaint.objects.get(pk=case.pk)
        assert case.policy == after
        assert case.due_at == policies.reckon(case, at=NOON).due_at


def test_a_dose_on_nobodys_record_that_is_corrected_meanwhile_is_found(site):
    dose, other = in_system(
        lambda: (
            make_orphan("Nguyễn Thị Thử", site),
            make_product("spikevax", "Spikevax"),
        )
    )

    def correct():
        with corrections.writing("imports"):
            Dose.objects.filter(pk=dose.pk).update(product=other)

    (found,) = behind(correct, lambda: ledger.lock_doses([dose.pk]))

    assert found.product == other


def test_who_decides_on_figures_of_a_unit_keeps_nobody_from_reporting_there(site):
    department = site.parent
    case = filed(site)
    with scope.system():
        lead, overseer = make_staff(site, "lead"), make_staff(department, "overseer")
        row = FigureReview.objects.create(
            complaint=case,
            holder=site,
            month=NOON.date().replace(day=1),
            reason="Hệ thống ngừng tám ngày.",
            flagged_by=lead,
            flagged_at=NOON,
        )
        held = list(overseer.postings.select_related("organization"))

    def refer_to_it(_):
        # What the database asks of a unit for each report that names it.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM registry_organization WHERE id = %s FOR KEY SHARE NOWAIT",
                [site.pk],
            )

    with scope.system(), transaction.atomic():
        replying.decide(
            row.ref, accept=False, answer="Không.", by=overseer, postings=held, at=NOON
        )
        ends = at_once(1, lambda n: in_system(lambda: refer_to_it(n)))

    assert ends == [None]
