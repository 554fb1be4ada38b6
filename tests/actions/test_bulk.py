"""One move for many cases: the same checks as for one, each once, nothing unread."""

from datetime import timedelta

import pytest

from complaints import presence
from complaints.actions import bulk, bulk_words, casework, intake
from complaints.choices import Kind, Move
from complaints.forms.bulk import ResolveMany
from complaints.models import Bulk, Complaint, Event, Message, TakeBack
from complaints.rules.refused import Refused
from portal.audit.models import Entry
from portal.common import outbox
from portal.registry.models import Correction, Dose
from tests.factories import (
    NOON,
    make_dose,
    make_organization,
    make_orphan,
    make_person,
    make_product,
    make_staff,
    missing_dose,
    only_complaint,
    sender_for,
    submit,
)
from tests.faults.ground import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_rows")]
NOTE = {"note": "Đã gọi điện."}
SOON = NOON + timedelta(seconds=20)


@pytest.fixture
def site():
    make_product()
    return make_organization()


@pytest.fixture
def nurse(site):
    return make_staff(site)


@pytest.fixture
def cases(site):
    """Return three cases of the site, due in this order."""
    filed = [
        only_complaint(
            submit(
                missing_dose(site),
                sender=sender_for(full_name=f"Người {n}"),
                at=NOON + timedelta(minutes=n),
            )
        )
        for n in range(3)
    ]
    outbox.drain(queue="route", at=NOON + timedelta(hours=1))
    for case in filed:
        case.refresh_from_db()
    return filed


def chosen(by, cases):
    mine = Complaint.objects.filter(pk__in=[case.pk for case in cases])
    return bulk.choose(mine, by=by, at=NOON, language="en")


def done(by, cases, move, facts=None):
    """Choose the cases, make the move on all, and return the set."""
    one = chosen(by, cases)
    bulk.start(one.ref, move=move, facts=facts or {}, by=by, at=NOON)
    outbox.drain(queue="import", at=NOON)
    one.refresh_from_db()
    return one


def states(one):
    return list(one.items.order_by("place").values_list("state", flat=True))


def test_each_case_is_moved_as_one_alone_and_says_of_what_it_was_part(nurse, cases):
    one = done(nurse, cases, Move.ACCEPT)

    assert (one.state, states(one)) == ("finished", ["done"] * 3)
    for item in one.items.all():
        case = item.complaint
        case.refresh_from_db()
        assert (case.status, case.assignee) == ("in_review", nurse)
        assert item.event == case.events.latest("seq")
        assert item.event.data == {"bulk": str(one.ref)}
        assert (item.event.move, item.event.by) == ("accept", nurse)
    entry = Entry.objects.get(subject="complaints.bulk", subject_id=one.pk)
    assert (entry.actor_id, entry.detail) == (nurse.pk, "begin accept 3")


def test_what_comes_into_the_queue_later_is_not_meant(nurse, site, cases):
    one = bulk.choose(
        Complaint.objects.filter(holder=site), by=nurse, at=NOON, language="vi"
    )
    late = only_complaint(
        submit(missing_dose(site), sender=sender_for(full_name="Người Muộn"))
    )
    outbox.drain(queue="route", at=NOON)

    bulk.start(one.ref, move=Move.ACCEPT, facts={}, by=nurse, at=NOON)
    outbox.drain(queue="import", at=NOON)

    late.refresh_from_db()
    assert (one.total, late.status) == (3, "received")


def test_a_case_that_changed_meanwhile_is_left_alone(nurse, cases):
    one = chosen(nurse, cases)
    casework.note(complaint_id=cases[1].pk, note="Gọi lại.", by=nurse, at=NOON)

    bulk.start(one.ref, move=Move.ACCEPT, facts={}, by=nurse, at=NOON)
    outbox.drain(queue="import", at=NOON)

    assert states(one) == ["done", "changed", "done"]
    cases[1].refresh_from_db()
    assert cases[1].status == "received"


def test_what_is_refused_for_one_is_refused_for_many_with_its_words(nurse, cases):
    casework.accept(complaint_id=cases[0].pk, by=nurse, at=NOON)

    one = done(nurse, cases, Move.ACCEPT)

    assert states(one) == ["refused", "done", "done"]
    assert "not possible now" in one.items.get(place=1).words


def test_one_broken_case_keeps_no_other_from_being_moved(nurse, cases):
    claim = cases[1].claims.first()
    claim.recorded_sealed = b"sealed under a key that is gone"
    claim.save(update_fields=["recorded_sealed"])
    for case in cases:
        presence.note(case, by=nurse, at=NOON, shown=True)
    facts = {"verdict": "upheld", "ground": "", "note": "", "proof": "slip_seen"}

    one = done(nurse, cases, Move.RESOLVE, facts)

    assert (one.state, states(one)) == ("finished", ["done", "refused", "done"])
    assert "broken" in one.items.get(place=2).words
    assert one.items.get(place=2).event is None


def test_cases_of_another_unit_are_refused(site, cases):
    stranger = make_staff(make_organization())

    one = done(stranger, cases, Move.NOTE, NOTE)

    assert states(one) == ["refused"] * 3
    assert "another unit" in one.items.get(place=1).words
    assert not Event.objects.filter(move="note").exists()


def test_nothing_unread_is_decided(nurse, cases):
    presence.note(cases[0], by=nurse, at=NOON, shown=True)
    presence.note(cases[1], by=nurse, at=NOON, shown=True)
    casework.note(complaint_id=cases[1].pk, note="Thêm.", by=nurse, at=NOON)
    # An open page that only says "still here" has not shown what came after it.
    presence.note(cases[1], by=nurse, at=NOON)
    facts = {
        "verdict": "kept",
        "ground": "unreadable",
        "note": "Ảnh không đọc được.",
        "proof": "",
    }

    one = done(nurse, cases, Move.RESOLVE, facts)

    assert bulk.count_read(one) == 1
    assert states(one) == ["done", "refused", "refused"]
    outcomes = [Complaint.objects.get(pk=case.pk).outcome for case in cases]
    assert outcomes == ["kept", "", ""]


def test_what_takes_two_people_is_proposed_for_each(nurse, site):
    person = make_person()
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    outbox.drain(queue="route", at=NOON)
    case.refresh_from_db()
    presence.note(case, by=nurse, at=NOON, shown=True)
    facts = {"verdict": "upheld", "ground": "", "note": "", "proof": ""}

    one = done(nurse, [case], Move.RESOLVE, facts)

    case.refresh_from_db()
    assert (states(one), case.status) == (["done"], "awaiting_second")
    assert one.items.get().event.move == "propose"
    assert not Dose.objects.exists()

    with pytest.raises(Refused):
        casework.countersign(complaint_id=case.pk, by=nurse, at=NOON)


def test_a_proof_that_needs_one_person_changes_the_record_at_once(nurse, site):
    person = make_person()
    case = only_complaint(submit(missing_dose(site), sender=sender_for(person)))
    outbox.drain(queue="route", at=NOON)
    case.refresh_from_db()
    presence.note(case, by=nurse, at=NOON, shown=True)
    facts = {"verdict": "upheld", "ground": "", "note": "", "proof": "slip_seen"}

    done(nurse, [case], Move.RESOLVE, facts)

    case.refresh_from_db()
    assert (case.outcome, person.doses.count()) == ("corrected", 1)
    made = Correction.objects.get(reason="complaint")
    assert (made.source, made.proposed_by) == ("slip_seen", nurse)


def test_many_are_asked_and_handed_over_with_their_reason(nurse, cases):
    there = make_organization()
    facts = {"to": there.code, "note": "Điểm tiêm thuộc phường khác."}

    done(nurse, cases[:2], Move.HAND_OVER, facts)
    done(nurse, cases[2:], Move.ASK, {"reasons": ["slip"], "note": ""})

    holders = [Complaint.objects.get(pk=case.pk).holder for case in cases]
    assert holders[:2] == [there, there]
    asked = cases[2].events.get(move="ask")
    assert asked.data["reasons"] == ["slip"]
    notes = [event.note for event in Event.objects.filter(move="hand_over")]
    assert notes == [facts["note"]] * 2


def test_a_lead_gives_many_to_a_colleague_and_each_case_says_so(site, nurse, cases):
    lead = make_staff(site, "lead")

    one = done(lead, cases, Move.ASSIGN, {"to": str(nurse.ref)})
    own = done(nurse, cases, Move.ASSIGN, {"to": str(nurse.ref)})

    assert states(one) == ["done"] * 3
    given = Complaint.objects.filter(assignee=nurse, status="received")
    assert given.count() == 3
    assert Event.objects.filter(move="assign", data__bulk=str(one.ref)).count() == 3
    assert states(own) == ["refused"] * 3
    assert [user.pk for user in bulk_words.colleagues(one, by=lead, at=NOON)] == sorted(
        [lead.pk, nurse.pk],
        key=lambda pk: (lead.full_name if pk == lead.pk else nurse.full_name, pk),
    )
    assert bulk_words.colleagues(one, by=nurse, at=NOON) == []


def test_words_for_many_name_the_case_of_each(nurse, cases):
    facts = {"reasons": ["slip"], "note": "Về {code}: gửi {phiếu}."}

    done(nurse, cases, Move.ASK, facts)

    for case in cases:
        assert case.events.get(move="ask").note == (
            f"Về {case.pretty_reference}: gửi {{phiếu}}."
        )


def test_a_stop_leaves_the_rest_and_going_on_finishes_it(nurse, cases):
    one = chosen(nurse, cases)
    bulk.start(one.ref, move=Move.ACCEPT, facts={}, by=nurse, at=NOON)
    bulk._make_next(one.pk, at=NOON)

    bulk.stop(one.ref, by=nurse, at=NOON)
    outbox.drain(queue="import", at=NOON)

    assert states(one) == ["done", "waiting", "waiting"]
    with pytest.raises(Refused):
        bulk.stop(one.ref, by=nurse, at=NOON)

    bulk.go_on(one.ref, by=nurse, at=NOON)
    outbox.drain(queue="import", at=NOON)

    one.refresh_from_db()
    assert (one.state, states(one)) == ("finished", ["done"] * 3)
    assert Event.objects.filter(move="accept").count() == 3
    with pytest.raises(Refused):
        bulk.go_on(one.ref, by=nurse, at=NOON)


def test_a_slice_that_runs_out_of_time_owes_the_next(nurse, cases, monkeypatch):
    one = chosen(nurse, cases)
    bulk.start(one.ref, move=Move.ACCEPT, facts={}, by=nurse, at=NOON)
    monkeypatch.setattr(bulk, "SLICE_SECONDS", 0.0)
    bulk.work([one.runs.get().pk], at=NOON)
    assert (states(one), one.runs.count()) == (["waiting"] * 3, 2)
    monkeypatch.undo()

    outbox.drain(queue="import", at=NOON)

    assert states(one) == ["done"] * 3
    assert one.runs.filter(done_at=None).count() == 0


def test_a_set_is_begun_once_and_by_its_chooser_alone(nurse, site, cases):
    one = done(nurse, cases, Move.NOTE, NOTE)

    with pytest.raises(Refused):
        bulk.start(one.ref, move=Move.ACCEPT, facts={}, by=nurse, at=NOON)
    with pytest.raises(Refused):
        bulk.start(
            chosen(nurse, cases).ref, move=Move.WITHDRAW, facts={}, by=nurse, at=NOON
        )
    with pytest.raises(Bulk.DoesNotExist):
        bulk.of(one.ref, by=make_staff(site))
    with pytest.raises(Refused):
        bulk.choose(Complaint.objects.none(), by=nurse, at=NOON, language="vi")


def test_what_was_chosen_and_never_begun_is_forgotten_after_a_day(nurse, cases):
    begun, idle = done(nurse, cases, Move.NOTE, NOTE), chosen(nurse, cases)

    bulk.forget_old(at=NOON + bulk.CHOSEN_FOR)
    assert list(Bulk.objects.values_list("pk", flat=True)) == [begun.pk]
    assert not idle.items.exists()

    bulk.forget_old(at=NOON + bulk.DONE_FOR + timedelta(minutes=1))
    assert not Bulk.objects.exists()
    assert Event.objects.filter(move="note").count() == 3


def test_what_was_done_to_many_is_taken_back_and_nobody_is_told(nurse, cases):
    there = make_organization()
    facts = {"to": there.code, "note": "Điểm tiêm thuộc phường khác."}
    one = done(nurse, cases, Move.HAND_OVER, facts)
    outbox.drain(queue="route", at=NOON)
    # What went on since stays.
    moved = Complaint.objects.get(pk=cases[1].pk)
    casework.accept(complaint_id=moved.pk, by=make_staff(there), at=SOON)

    bulk.take_back(one.ref, by=nurse, at=SOON)
    outbox.drain(queue="import", at=SOON)

    one.refresh_from_db()
    assert (one.state, states(one)) == ("finished", ["undone", "done", "undone"])
    assert "Something happened to this case since" in one.items.get(state="done").words
    holders = [Complaint.objects.get(pk=case.pk).holder for case in cases]
    assert holders == [cases[0].holder, there, cases[2].holder]
    for minutes in (1, 2):
        drain_all(NOON + timedelta(minutes=minutes))
    told = Message.objects.filter(event__move=Move.HAND_OVER, state="sent")
    assert [message.event.complaint for message in told] == [cases[1]]
    with pytest.raises(Refused):
        bulk.take_back(one.ref, by=nurse, at=SOON + timedelta(minutes=1))


def test_what_is_still_to_do_is_left_when_the_rest_is_taken_back(nurse, cases):
    one = chosen(nurse, cases)
    bulk.start(one.ref, move=Move.ACCEPT, facts={}, by=nurse, at=NOON)
    bulk._make_next(one.pk, at=NOON)

    bulk.take_back(one.ref, by=nurse, at=NOON)
    outbox.drain(queue="import", at=SOON)

    one.refresh_from_db()
    assert (one.state, states(one)) == ("stopped", ["undone", "waiting", "waiting"])


def test_notes_and_what_is_older_than_half_a_minute_are_not_taken_back(nurse, cases):
    noted = done(nurse, cases, Move.NOTE, NOTE)
    with pytest.raises(Refused):
        bulk.take_back(noted.ref, by=nurse, at=NOON)

    for case in cases:
        case.refresh_from_db()
    taken = done(nurse, cases, Move.ACCEPT)
    with pytest.raises(Refused):
        bulk.take_back(taken.ref, by=nurse, at=NOON + timedelta(minutes=1))


def test_no_dose_is_recorded_beside_one_on_nobodys_record_that_fits(nurse, cases, site):
    orphan = make_orphan("NGUOI 1", site)
    for case in cases:
        presence.note(case, by=nurse, at=NOON, shown=True)
    facts = {"verdict": "upheld", "ground": "", "note": "", "proof": "slip_seen"}

    one = done(nurse, cases, Move.RESOLVE, facts)

    assert states(one) == ["done", "refused", "done"]
    assert "recorded twice" in one.items.get(place=2).words
    orphan.refresh_from_db()
    assert (orphan.person_id, Dose.objects.count()) == (None, 3)


def test_one_broken_case_keeps_no_other_from_being_taken_back(nurse, cases):
    one = done(nurse, cases, Move.ACCEPT)
    # As no move of ours leaves it behind; the newest is the first to be tried.
    TakeBack.objects.filter(event__complaint=cases[2]).update(before={})

    bulk.take_back(one.ref, by=nurse, at=SOON)
    outbox.drain(queue="import", at=SOON)

    one.refresh_from_db()
    assert (one.state, states(one)) == ("finished", ["undone", "undone", "done"])
    assert "broken" in one.items.get(place=3).words


def test_what_a_later_choice_hides_is_not_told(nurse, site):
    """Boxes that were ticked before, and a proof that is asked of added doses alone."""
    person = make_person()
    dose = make_dose(person, site, lot="ABX4471")
    matter = intake.Matter(Kind.WRONG_DOSE, {"lot": "ABX4417"}, dose_id=dose.pk)
    case = only_complaint(submit(matter, sender=sender_for(person)))
    drain_all()
    case.refresh_from_db()
    presence.note(case, by=nurse, at=NOON, shown=True)
    form = ResolveMany(
        {
            "verdict": "upheld",
            "considered": ["list"],
            "proof": "session_list",
            "nobody_known": "on",
        }
    )
    assert form.is_valid(), form.errors

    done(nurse, [case], Move.RESOLVE, form.facts())

    event = case.events.get(move="resolve")
    assert (event.data["proof"], event.data.get("considered")) == ("", None)
