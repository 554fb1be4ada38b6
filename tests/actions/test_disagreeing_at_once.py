"""Saying that it is still not right while the same is being reported anew."""

import threading

import pytest
from django.db import connection

from complaints.actions import casework, citizen
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
from tests.faults.ground import at_once, drain_all, in_system, lay_ground

pytestmark = pytest.mark.django_db(transaction=True)

WAITS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def test_who_disagrees_while_a_new_report_is_sent_is_told_to_follow_that_one():
    lay_ground()
    with scope.system():
        make_product()
        site = make_organization()
        case = only_complaint(submit(missing_dose(site)))
    drain_all()
    with scope.system():
        casework.resolve(
            complaint_id=case.pk,
            verdicts={claim.pk: ("kept", "unreadable") for claim in case.claims.all()},
            by=make_staff(site),
            at=NOON,
        )
    is_held, ended = threading.Event(), threading.Event()

    def report_again():
        submit(missing_dose(site))
        is_held.set()
        with connection.cursor() as cursor:
            for _ in range(400):
                cursor.execute(WAITS)
                if cursor.fetchone()[0] or ended.wait(0.05):
                    return

    def disagree():
        assert is_held.wait(20)
        try:
            citizen.disagree(complaint_id=case.pk, note="Còn giấy.", at=NOON)
        finally:
            ended.set()

    _sent, refused = at_once(2, lambda n: in_system((report_again, disagree)[n]))

    assert isinstance(refused, Refused)
    assert "hãy theo dõi phản ánh đó" in str(refused)
    statuses = in_system(lambda: sorted(c.status for c in Complaint.objects.all()))
    assert statuses == ["received", "resolved"]
    drain_all()
