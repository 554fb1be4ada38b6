"""A worker is killed amid a move on 1,000 cases: the next one does the rest, once."""

import os
import secrets
import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.db import connection

from complaints import integrity, presence
from complaints.actions import bulk, casework
from complaints.choices import Move
from complaints.models import Bulk, Claim, Complaint, Event, Message
from complaints.rules.refused import Refused, Stale
from portal.common import crypto, outbox, scope
from portal.env import BASE_DIR
from portal.registry.models import Correction, Dose
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

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]
# Longer than the lease of a dead worker.
LATER = timedelta(minutes=6)


@pytest.fixture(autouse=True)
def _ground():
    lay_ground()


def nurse_with(count):
    """Return somebody with so many cases that were given to their station.

    All are of one report, as a thousand reports take longer than the test itself.
    """
    with scope.system():
        make_product()
        site = make_organization()
        nurse = make_staff(site)
        first = only_complaint(submit(missing_dose(site)))
    drain_all()
    with scope.system():
        first.refresh_from_db()
        cases = Complaint.objects.bulk_create(
            Complaint(
                submission=first.submission,
                number=number,
                kind=first.kind,
                subject_key=secrets.token_bytes(32),
                site=site,
                holder=site,
                submitted_at=NOON,
                routed_at=NOON,
                round_started_at=NOON,
                due_at=first.due_at,
            )
            for number in range(2, count + 1)
        )
        Event.objects.bulk_create(
            Event(
                complaint=case,
                move=move,
                at=NOON,
                actor=actor,
                status="received",
                round=1,
                holder=site,
            )
            for case in cases
            for move, actor in (("submit", "citizen"), ("route", "system"))
        )
    return nurse


def begin(nurse, move=Move.ACCEPT, facts=None):
    with scope.system():
        one = bulk.choose(Complaint.objects.all(), by=nurse, at=NOON, language="vi")
    return bulk.start(one.ref, move=move, facts=facts or {}, by=nurse, at=NOON)


def start_worker(at):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.drain_once", "import", at.isoformat()],
        cwd=BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "FAULTS_DATABASE": connection.settings_dict["NAME"],
        },
        stderr=subprocess.DEVNULL,
    )


def test_a_worker_killed_amid_a_thousand_cases_moves_each_once():
    nurse = nurse_with(1_000)
    one = begin(nurse)

    with start_worker(NOON) as worker:
        while bulk.counts(one)["done"] < 100:
            assert worker.poll() is None
        worker.kill()
        assert worker.wait(20) == -signal.SIGKILL
    made = bulk.counts(one)
    assert 100 <= made["done"] < 1_000
    accepted = Event.objects.filter(move="accept")
    assert in_system(accepted.count) == made["done"]

    # The lease of the dead one is over: whoever looks next goes on.
    outbox.drain(queue="import", at=NOON + LATER)

    assert bulk.counts(one)["done"] == 1_000
    assert in_system(accepted.count) == 1_000
    assert in_system(accepted.values("complaint").distinct().count) == 1_000
    assert in_system(lambda: Bulk.objects.get(pk=one.pk).state) == "finished"
    drain_all(at=NOON + LATER)
    assert not any(integrity.check(at=NOON + LATER).values())


def test_a_worker_killed_amid_decisions_corrects_and_tells_each_once():
    nurse = nurse_with(61)
    cases = in_system(lambda: list(Complaint.objects.filter(number__gt=1)))
    with scope.system():
        site = nurse.postings.get().organization
        for number, case in enumerate(cases):
            day = (date(2021, 7, 1) + timedelta(days=number)).isoformat()
            for field, value in (
                ("given_on", day),
                ("product", "AZ"),
                ("site", site.code),
            ):
                claim = Claim(complaint=case, field=field)
                for side, text in (("recorded", ""), ("claimed", value)):
                    bound = f"{side}:{case.pk}:{field}"
                    setattr(claim, f"{side}_sealed", crypto.seal(text, bound_to=bound))
                claim.save()
            presence.note(case, by=nurse, at=NOON, shown=True)
        chosen = bulk.choose(
            Complaint.objects.filter(number__gt=1), by=nurse, at=NOON, language="vi"
        )
    facts = {"verdict": "upheld", "ground": "", "note": "", "proof": "slip_seen"}
    one = bulk.start(chosen.ref, move=Move.RESOLVE, facts=facts, by=nurse, at=NOON)

    with start_worker(NOON) as worker:
        while bulk.counts(one)["done"] < 10:
            assert worker.poll() is None
        worker.kill()
        assert worker.wait(20) == -signal.SIGKILL
    made = bulk.counts(one)["done"]
    assert 10 <= made < 60
    assert in_system(Dose.objects.count) == made

    outbox.drain(queue="import", at=NOON + LATER)

    assert bulk.counts(one)["done"] == 60
    days = in_system(lambda: list(Dose.objects.values_list("given_on", flat=True)))
    assert (len(days), len(set(days))) == (60, 60)
    corrected = Correction.objects.filter(target="dose", reason="complaint")
    assert in_system(corrected.count) == 60
    drain_all(at=NOON + LATER + timedelta(minutes=1))
    told = Message.objects.filter(event__move="resolve", channel="sms")
    assert in_system(told.count) == 60
    assert in_system(told.values("event__complaint").distinct().count) == 60
    assert not any(integrity.check(at=NOON + LATER + timedelta(minutes=1)).values())


def test_two_workers_and_single_moves_at_once_move_each_case_once():
    nurse = nurse_with(24)
    with scope.system():
        site = nurse.postings.get().organization
        other = make_staff(site)
        versions = list(Complaint.objects.order_by("-pk").values_list("pk", "version"))
    one = begin(nurse)
    run = in_system(lambda: one.runs.get().pk)

    def act(index):
        if index < 2:
            return bulk.work([run], at=NOON)
        ends = []
        for pk, version in versions[index - 2 :: 2]:
            try:
                casework.accept(complaint_id=pk, version=version, by=other, at=NOON)
                ends.append(pk)
            except (Refused, Stale):
                continue
        return ends

    ends = at_once(4, act)

    assert not [end for end in ends if isinstance(end, Exception)], ends
    alone = set(ends[2]) | set(ends[3])
    counts = bulk.counts(one)
    assert counts["waiting"] == 0
    assert counts["done"] == 24 - len(alone)
    assert counts["changed"] == len(alone)
    accepted = Event.objects.filter(move="accept")
    assert in_system(accepted.count) == 24
    of_bulk = in_system(lambda: {e.complaint_id for e in accepted if e.data})
    assert not of_bulk & alone
    assert len(of_bulk) + len(alone) == 24
    drain_all()
    assert not any(integrity.check(at=NOON).values())
