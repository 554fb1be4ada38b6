"""What a decision rests on: a dose is added by one person only where it is there."""

import uuid
from datetime import date

import pytest

from complaints.actions import casework, citizen, incidents, turns, undoing
from complaints.choices import Status
from complaints.models import Evidence
from complaints.rules.refused import Refused
from complaints.views import progress
from portal.common import outbox
from portal.registry.models import Correction, Dose
from tests.actions.test_incidents import drain, formed, pair, row_of, site, with_list
from tests.factories import (
    make_organization,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.registry.imports.lists import NOON, make_list, make_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
__all__ = ["pair", "site"]
DAY = date(2021, 8, 14)


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def case(site):
    return reported(site)


def reported(site, *, by=None, **facts):
    matter = missing_dose(site, given_on=DAY.isoformat(), **facts)
    sender = sender_for(make_person())
    case = only_complaint(submit(matter, sender=sender, by=by, at=NOON))
    outbox.drain(queue="route", at=NOON)
    case.refresh_from_db()
    return case


def photo(case, state, **facts):
    return Evidence.objects.create(
        ref=uuid.uuid4(),
        submission=case.submission,
        media_type="image/jpeg",
        sha256=bytes(32),
        bytes=1,
        state=state,
        uploaded_at=NOON,
        **facts,
    )


def uphold(case, by, **facts):
    verdicts = {claim.pk: ("upheld", "") for claim in case.claims.all()}
    return casework.resolve(
        complaint_id=case.pk, verdicts=verdicts, by=by, at=NOON, **facts
    )


@pytest.mark.parametrize(
    ("state", "facts", "status"),
    [
        ("checked", {"pages": 1}, Status.RESOLVED),
        ("quarantined", {}, Status.AWAITING_SECOND),
        ("refused", {"refusal": "locked"}, Status.AWAITING_SECOND),
    ],
)
def test_only_a_photo_that_can_be_opened_is_proof(case, nurse, state, facts, status):
    photo(case, state, **facts)

    assert uphold(case, nurse).status == status
    assert Dose.objects.count() == (status == Status.RESOLVED)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({}, Status.RESOLVED),
        ({"given_on": date(2021, 8, 15)}, Status.AWAITING_SECOND),
        (
            {"full_name": "Lê Kim Ngân", "born_on": "1961-02-12", "id_number": ""},
            Status.AWAITING_SECOND,
        ),
    ],
)
def test_a_list_is_proof_where_it_is_here_and_names_the_sender(
    case, nurse, site, row, status
):
    make_list(site, [make_row(1, **row)])

    decided = uphold(case, nurse, proof="session_list")

    assert decided.status == status


@pytest.mark.parametrize(
    ("product", "status"),
    [("pfizer", Status.RESOLVED), ("AZ", Status.AWAITING_SECOND)],
)
def test_a_list_is_no_proof_of_a_third_value_that_it_does_not_say(
    case, nurse, site, product, status
):
    make_product("pfizer", "Pfizer")
    make_list(site, [make_row(1, product=product)])
    claims = list(case.claims.all())

    decided = casework.resolve(
        complaint_id=case.pk,
        verdicts={
            claim.pk: ("other" if claim.field == "product" else "upheld", "")
            for claim in claims
        },
        filled={"product": "pfizer"},
        note="Theo danh sách.",
        proof="session_list",
        by=nurse,
        at=NOON,
    )

    assert decided.status == status


def test_a_list_that_nobody_sent_takes_a_second_person(case, nurse, site):
    make_list(make_organization(), [make_row(1)])

    proposed = uphold(case, nurse, proof="session_list")

    assert proposed.status == Status.AWAITING_SECOND
    casework.countersign(complaint_id=case.pk, by=make_staff(site), at=NOON)
    made = Correction.objects.get(reason="complaint")
    assert (made.source, made.needs_second) == ("", True)


def test_who_sent_a_report_for_somebody_does_not_decide_it(site, nurse):
    case = reported(site, by=nurse)

    with pytest.raises(Refused, match="tự gửi"):
        uphold(case, nurse, proof="slip_seen")
    colleague = make_staff(site)
    assert uphold(case, colleague).status == Status.AWAITING_SECOND
    with pytest.raises(Refused, match="tự gửi"):
        casework.countersign(complaint_id=case.pk, by=nurse, at=NOON)
    assert not Dose.objects.exists()


def test_two_may_decide_by_a_list_what_one_of_them_sent(site, pair):
    incident, cases = formed(site, by=pair[1])
    with_list(incident, site, [row_of(n) for n in (1, 2, 3)])

    incidents.propose(incident.ref, by=pair[0], at=NOON)
    incidents.sign(incident.ref, by=pair[1], at=NOON)
    drain(NOON + undoing.UNDO)

    for case in cases:
        case.refresh_from_db()
        assert case.outcome == "corrected"


def fields_of(case):
    return sorted(case.claims.values_list("field", flat=True))


def said(case):
    shown = progress.claims(case, list(case.claims.order_by("pk")))
    return {one["label"]: one["claimed"] for one in shown}


@pytest.mark.parametrize("end", ["decline", "withdraw", "disagree"])
def test_what_staff_added_goes_with_the_decision_that_it_was_for(site, nurse, end):
    make_product("MOD", "Moderna")
    case = reported(site, product="")
    case.claims.filter(field="product").delete()
    before, told = fields_of(case), said(case)
    lead = make_staff(site, "lead")

    uphold(case, nurse, filled={"product": "AZ"})
    case.refresh_from_db()
    assert said(case) == told, "nobody said AstraZeneca but the nurse"
    if end == "decline":
        casework.decline(complaint_id=case.pk, note="Moderna.", by=lead, at=NOON)
    elif end == "withdraw":
        citizen.withdraw(complaint_id=case.pk, at=NOON)
    else:
        casework.countersign(complaint_id=case.pk, by=lead, at=NOON)
        case.refresh_from_db()
        assert "AstraZeneca" in [
            one["now"] for one in progress.claims(case, list(case.claims.all()))
        ]
        citizen.disagree(complaint_id=case.pk, note="Sai loại.", at=NOON)

    case.refresh_from_db()
    assert fields_of(case) == before
    assert said(case) == told
    if end == "decline":
        uphold(case, lead, filled={"product": "MOD"}, proof="slip_seen")
        assert Dose.objects.get().product.code == "MOD"


def test_a_proposal_goes_up_to_be_signed_where_nobody_there_may_sign(site, nurse):
    above = make_staff(site.parent)
    case = reported(site)
    uphold(case, nurse)

    raised = casework.escalate(
        complaint_id=case.pk, note="Chưa ai ký được.", by=nurse, at=NOON
    )
    assert (raised.status, raised.holder) == (Status.AWAITING_SECOND, site.parent)
    with pytest.raises(Refused):
        casework.countersign(complaint_id=case.pk, by=nurse, at=NOON)
    given = turns.take_next(
        postings=list(above.current_postings(at=NOON)), by=above, at=NOON
    )
    assert given == case

    undoing.undo(ref=undoing.latest(case.pk, by=nurse, at=NOON).ref, by=nurse, at=NOON)
    case.refresh_from_db()
    assert (case.status, case.holder, case.assignee) == (
        Status.AWAITING_SECOND,
        site,
        nurse,
    )
    casework.escalate(complaint_id=case.pk, note="Lên trên.", by=nurse, at=NOON)
    signed = casework.countersign(complaint_id=case.pk, by=above, at=NOON)
    assert signed.outcome == "corrected"


def test_a_proposal_declined_above_is_nobodys_there(site, nurse):
    above = make_staff(site.parent)
    case = reported(site)
    uphold(case, nurse)
    casework.escalate(complaint_id=case.pk, note="Lên trên.", by=nurse, at=NOON)

    declined = casework.decline(
        complaint_id=case.pk, note="Thiếu giấy.", by=above, at=NOON
    )

    assert (declined.status, declined.assignee) == (Status.IN_REVIEW, None)
    assert not declined.claims.exclude(verdict="").exists()
