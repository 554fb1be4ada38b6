"""Opening an ended case again while the same is being reported anew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.actions import casework, citizen, rechecks
from complaints.models import Complaint
from complaints.rules.refused import Refused
from portal.common import scope
from tests.factories import (
    NOON,
    make_organization,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    submit,
)
from tests.faults.ground import behind, drain_all, in_system, lay_ground

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(days=3)


@pytest.fixture
def kept():
    """Return a site below another unit, and a report that it kept as recorded."""
    lay_ground()
    with scope.system():
        make_product()
        site = make_organization(parent=make_organization(kind="health_department"))
        case = only_complaint(submit(missing_dose(site)))
    drain_all()
    with scope.system():
        casework.resolve(
            complaint_id=case.pk,
            verdicts={claim.pk: ("kept", "unreadable") for claim in case.claims.all()},
            by=make_staff(site),
            at=NOON,
        )
    return site, case


def while_reported_anew(site, open_again):
    """Return how opening ends that meets a report of the same, not yet committed."""
    end = behind(lambda: submit(missing_dose(site)), open_again)
    statuses = in_system(lambda: sorted(c.status for c in Complaint.objects.all()))
    assert statuses == ["received", "resolved"]
    drain_all()
    return end


def test_who_disagrees_while_a_new_report_is_sent_is_told_to_follow_that_one(kept):
    site, case = kept

    refused = while_reported_anew(
        site,
        lambda: citizen.disagree(complaint_id=case.pk, note="Còn giấy.", at=NOON),
    )

    assert isinstance(refused, Refused)
    assert "hãy theo dõi phản ánh đó" in str(refused)


def test_a_check_that_is_accepted_while_a_new_report_is_sent_leaves_it_to_that_one(
    kept,
):
    site, _case = kept
    with scope.system():
        lead, checker = make_staff(site, "lead"), make_staff(site.parent, "lead")
        day = timezone.localdate(NOON)
        rechecks.draw(
            site.parent,
            first=day,
            last=day,
            per_stratum=1,
            most=9,
            seed="hạt giống",
            by=make_staff(site.parent, "overseer"),
            at=LATER,
        )
        row = rechecks.take(by=checker, at=LATER)
        rechecks.decide(
            row.ref,
            verdict="disagree",
            reason="unseen",
            note="Chưa xem ảnh phiếu.",
            by=checker,
            at=LATER,
        )

    answered = while_reported_anew(
        site,
        lambda: rechecks.answer(
            row.ref, answer="accepted", note="Sẽ xem lại.", by=lead, at=LATER
        ),
    )

    assert (answered.answer, answered.reopened_at) == ("accepted", None)
