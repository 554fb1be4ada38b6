"""Rules that act on the real registry: settled, held, sampled, halted, taken back."""

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from complaints.actions import citizen, intake, selfcorrection, switches
from complaints.actions import upstream as upstream_of
from complaints.choices import Kind, Outcome, Status
from complaints.models import Complaint, Event, RuleSwitch, SelfCorrection
from complaints.rules.refused import Refused
from portal.common import crypto, outbox, scope
from portal.common.models import DemoMessage
from portal.registry import corrections
from portal.registry.corrections import feed
from portal.registry.models import Correction, Dose, Person
from tests.factories import (
    NOON,
    TEST_WARRANT,
    knows,
    make_dose,
    make_organization,
    make_person,
    make_staff,
    make_unit,
    only_complaint,
    sender_for,
    submit,
)

pytestmark = pytest.mark.usefixtures("all_rows")

NUMBER = "079158012345"
NAME = "Nguyễn Thị Thử"
DAY = timedelta(days=1)


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


def drain(at=NOON, *queues):
    for queue in queues or ("route", "population") * 3 + ("route",):
        outbox.drain(queue=queue, at=at)


def report(person, claims, *, kind=Kind.WRONG_PERSON, at=NOON, **facts):
    """Send a report of this person and let the workers see to it."""
    matter = intake.Matter(kind, claims, **facts)
    with scope.system():
        pk = only_complaint(submit(matter, sender=sender_for(person), at=at)).pk
    drain(at)
    with scope.system():
        return Complaint.objects.select_related("submission").get(pk=pk)


def lost_zero(station, *, known=True):
    person = make_person(national_id=NUMBER[1:], residence=station.commune)
    if known:
        knows(NUMBER, NAME, "1958-03-08", "F")
    return person


def without_accents(station, name="Nguyen Thi Thu"):
    knows(NUMBER, NAME, "1958-03-08", "F")
    return make_person(name, residence=station.commune)


def fields_of(person):
    with scope.system():
        person = Person.objects.get(pk=person.pk)
        return {
            name: corrections.read_person(person, name)
            for name in ("full_name", "born_on", "sex", "national_id", "phone")
        } | {"others": sorted(d.number for d in person.documents.filter(is_void=False))}


def made():
    with scope.system():
        return list(SelfCorrection.objects.order_by("pk"))


def test_a_lost_zero_is_put_back_and_the_rule_leaves_its_proofs(station):
    case = report(lost_zero(station), {"national_id": NUMBER})

    assert (case.status, case.outcome) == (Status.RESOLVED, Outcome.CORRECTED)
    (row,) = made()
    assert (row.rule, row.place, row.complaint_id) == ("A3", "national_id", case.pk)
    assert {p["kind"] for p in row.proofs} == {"structure", "population"}
    assert row.province.code == "N79"
    assert row.correction.source == Correction.Source.POPULATION


def test_accents_that_the_register_confirms_are_put_on(station):
    person = without_accents(station)

    case = report(person, {"full_name": NAME})

    assert case.outcome == Outcome.CORRECTED
    assert fields_of(person)["full_name"] == NAME


def test_number_and_name_are_put_right_together(station):
    knows(NUMBER, NAME, "1958-03-08", "F")
    person = make_person(
        "Nguyen Thi Thu", national_id=NUMBER[1:], residence=station.commune
    )

    case = report(person, {"full_name": NAME, "national_id": NUMBER})

    assert case.outcome == Outcome.CORRECTED
    now = fields_of(person)
    assert (now["full_name"], now["national_id"]) == (NAME, NUMBER)
    assert {row.rule for row in made()} == {"A2", "A3"}


def test_one_claim_that_is_not_proved_leaves_the_whole_report_to_a_person(station):
    knows(NUMBER, NAME, "1958-03-08", "F")
    person = make_person(
        "Nguyen Thi Thu", national_id=NUMBER[1:], residence=station.commune
    )

    case = report(person, {"full_name": "Nguyễn Thị Thư", "national_id": NUMBER})

    assert case.status == Status.RECEIVED
    assert not made()


def test_the_second_of_two_numbers_is_numbered_so(station):
    person = make_person(residence=station.commune)
    others = [
        make_person(f"Trần Văn {n}", national_id=None, phone=None) for n in range(2)
    ]
    for one, when in ((person, "2021-08-12"), (person, "2021-09-12")):
        make_dose(one, station, given_on=when)
    for one in others:
        make_dose(one, station)
        make_dose(one, station, given_on="2021-09-12", dose_number="2")
    second = person.doses.get(given_on="2021-09-12")

    case = report(person, {"dose_number": "2"}, kind=Kind.WRONG_DOSE, dose_id=second.pk)

    assert case.outcome == Outcome.CORRECTED
    second.refresh_from_db()
    assert second.dose_number == 2


def clone(dose, *, source=Dose.Source.UPLOAD):
    """Record a dose once more, as a second import of the same file would."""
    with corrections.writing("imports"):
        return Dose.objects.create(
            person=dose.person,
            given_on=dose.given_on,
            product=dose.product,
            lot_number=dose.lot_number,
            site=dose.site,
            dose_number=dose.dose_number,
            source=source,
            recorded_at=NOON - DAY,
        )


def test_a_dose_imported_a_second_time_counts_once(station):
    person = make_person(residence=station.commune)
    first = make_dose(person, station)
    again = clone(first)

    case = report(person, {"dose": "void"}, kind=Kind.DOUBLED_DOSE, dose_id=again.pk)

    assert case.outcome == Outcome.CORRECTED
    again.refresh_from_db()
    first.refresh_from_db()
    assert again.status == Dose.Status.ENTERED_IN_ERROR
    assert first.status == Dose.Status.COMPLETED


def test_a_dose_typed_twice_by_hand_is_for_a_person(station):
    person = make_person(residence=station.commune)
    again = clone(make_dose(person, station), source=Dose.Source.SERVICE)

    case = report(person, {"dose": "void"}, kind=Kind.DOUBLED_DOSE, dose_id=again.pk)

    assert case.status == Status.RECEIVED


# Who tries what is not theirs, and what looks right but lies.
def test_a_relatives_number_is_not_taken_for_ones_own(station):
    knows("079188004455", "Nguyễn Thị Con", "1988-02-02", "F")
    person = lost_zero(station)

    case = report(person, {"national_id": "079188004455"})

    assert case.status == Status.RECEIVED
    assert fields_of(person)["national_id"] == NUMBER[1:]


def test_a_namesake_who_has_the_number_already_keeps_it(station):
    make_person(NAME, phone=None)
    person = lost_zero(station)

    case = report(person, {"national_id": NUMBER})

    assert case.status == Status.RECEIVED


def test_a_twin_whose_name_differs_in_an_accent_gets_nothing(station):
    knows(NUMBER, "Nguyễn Thị Thủ", "1958-03-08", "F")
    person = lost_zero(station, known=False)

    case = report(person, {"national_id": NUMBER})

    assert case.status == Status.RECEIVED


def test_a_new_telephone_keeps_everything_else_still_for_72_hours(station):
    person = lost_zero(station)
    corrections.correct_person(
        person.pk, {"phone": "+84900000999"}, warrant=TEST_WARRANT, at=NOON - DAY
    )

    case = report(person, {"national_id": NUMBER})

    assert case.status == Status.RECEIVED


def test_the_same_file_sent_about_somebody_else_stops_it(station):
    person, other = lost_zero(station), make_person("Lê Văn Khác", national_id=None)
    with scope.system():
        for one in (person, other):
            case = only_complaint(
                submit(
                    intake.Matter(Kind.WRONG_PERSON, {"national_id": NUMBER}),
                    sender=sender_for(one),
                )
            )
            case.submission.evidence.create(
                media_type="image/jpeg",
                sha256=b"x" * 32,
                bytes=1,
                state="checked",
                pages=1,
                uploaded_at=NOON,
            )

    drain()

    assert not made()


def explained(case):
    """Return what the command says of a report, by rule; nobody is asked by it."""
    out = StringIO()
    call_command("explain_correction", case.reference, "--json", stdout=out)
    found = json.loads(out.getvalue())
    return found, {row["rule"]: row for row in found["rules"]}


def test_a_field_that_was_changed_by_itself_once_is_a_persons_next_time(station):
    case = report(lost_zero(station), {"national_id": NUMBER})
    (row,) = made()
    selfcorrection.undo(row.ref, by=make_staff(station), at=NOON + DAY)

    found, rules = explained(case)

    assert (rules["A3"]["state"], rules["A3"]["reason"]) == ("held", "changed_before")
    assert [one["rule"] for one in found["applied"]] == ["A3.3"]
    assert found["applied"][0]["undone"]


def test_the_explanation_names_the_first_condition_that_fails(station):
    case = report(lost_zero(station, known=False), {"national_id": NUMBER})
    before = made()

    found, rules = explained(case)

    assert found["fired"] == []
    assert rules["A3"]["reason"] == "proofs_conflict"
    assert rules["A4"]["reason"] == "no_old_and_new_card"
    assert rules["D2"]["reason"] == "a_person_decides"
    assert NUMBER not in json.dumps(found)
    assert made() == before


@pytest.mark.parametrize("reference", ["123", "1234567890-1"])
def test_a_reference_that_is_none_is_wrong_usage(db, reference):
    with pytest.raises(CommandError) as error:
        call_command("explain_correction", reference)
    assert error.value.returncode == 2


def test_switched_off_it_acts_no_more_from_that_moment_on(station):
    """Nor does a worker that has just acted: nothing remembers the switch."""
    one, other = lost_zeros(station, 2)
    first = report(one, {"national_id": other_number(0)})
    by = make_staff(station, "administrator")
    switches.switch("A3", is_on=False, reason="Thử tắt", by=by, at=NOON)

    second = report(other, {"national_id": other_number(1)})

    assert (first.status, second.status) == (Status.RESOLVED, Status.RECEIVED)


def test_one_a_day_is_one_a_day(station):
    people = lost_zeros(station, 3)
    by = make_staff(station, "administrator")
    switches.switch("A3", is_on=True, daily_cap=1, reason="Thử dần", by=by, at=NOON)

    ends = [
        report(person, {"national_id": other_number(n)}, at=at).status
        for n, (person, at) in enumerate(
            zip(people, (NOON, NOON, NOON + DAY), strict=True)
        )
    ]

    assert ends == [Status.RESOLVED, Status.RECEIVED, Status.RESOLVED]


def test_a_cap_of_one_province_counts_what_was_changed_there(station):
    """What was put right elsewhere uses up nothing of it."""
    elsewhere = make_unit("N01", name="Tỉnh Khác")
    by = make_staff(station, "administrator")
    switches.switch(
        "A3",
        is_on=True,
        daily_cap=1,
        province=elsewhere.pk,
        reason="Thử ở một tỉnh",
        by=by,
        at=NOON,
    )
    (one,) = lost_zeros(station, 1)
    report(one, {"national_id": other_number(0)})

    def state(unit):
        return switches.state_of("A3", province=unit.pk, use="report", at=NOON)

    assert len(made()) == 1
    assert state(elsewhere).is_on
    with scope.system():
        SelfCorrection.objects.update(province=elsewhere)
    assert state(elsewhere).reason == "cap_reached"
    assert state(station.province).is_on


def test_never_less_than_two_of_a_hundred_are_looked_at(station):
    """The first, and the fiftieth after each that was: here the last of fifty-one."""
    people = lost_zeros(station, 3)
    report(people[0], {"national_id": other_number(0)})
    (sampled,) = made()
    lay_further(48, like=sampled)

    for n in (1, 2):
        report(people[n], {"national_id": other_number(n)})

    assert [row.is_sampled for row in made()] == [True, *[False] * 49, True]


def other_number(n):
    return f"07915801234{n}"


def lost_zeros(station, count):
    """Return people whose numbers lost a zero each; the register knows them."""
    names = [f"Nguyễn Thị {word}" for word in ("Một", "Hai", "Ba")[:count]]
    for n, name in enumerate(names):
        knows(other_number(n), name, "1958-03-08", "F")
    return [
        make_person(
            name,
            national_id=other_number(n)[1:],
            phone=f"+8490000030{n}",
            residence=station.commune,
        )
        for n, name in enumerate(names)
    ]


def lay_further(count, *, like):
    """Let a rule have changed so many more records, none of them looked at."""
    for n in range(count):
        ref = uuid.uuid4()
        with corrections.writing("corrections"):
            correction = Correction.objects.create(
                ref=ref,
                target=Correction.Target.PERSON,
                target_id=like.person_id,
                version_before=100 + n,
                before_sealed=b"",
                after_sealed=b"",
                reason=Correction.Reason.RULE,
                reason_ref="A3.3 test",
                applied_at=NOON,
            )
        SelfCorrection.objects.create(
            whole=ref,
            rule=like.rule,
            version=like.version,
            person_id=like.person_id,
            place=f"test:{n}",
            correction=correction,
            complaint_id=like.complaint_id,
            at=NOON,
        )


@pytest.mark.parametrize(("province", "settled"), [("N79", False), ("N01", True)])
def test_a_province_can_be_left_out(station, province, settled):
    unit = make_unit(province, name="Tỉnh Khác")
    by = make_staff(station, "administrator")
    switches.switch(
        "A3", is_on=False, reason="Tỉnh xin dừng", by=by, province=unit.pk, at=NOON
    )

    case = report(lost_zero(station), {"national_id": NUMBER})

    assert (case.status == Status.RESOLVED) is settled


def test_a_cap_of_none_a_day_lets_none_through(station):
    by = make_staff(station, "administrator")
    switches.switch("A3", is_on=True, daily_cap=0, reason="Dừng", by=by, at=NOON)

    case = report(lost_zero(station), {"national_id": NUMBER})

    assert case.status == Status.RECEIVED


def test_the_first_change_of_a_rule_is_looked_at_by_a_person(station):
    report(lost_zero(station), {"national_id": NUMBER})

    assert [row.is_sampled for row in made()] == [True]


@pytest.mark.parametrize(("wrong", "halts"), [(0, False), (6, True)])
def test_a_rule_that_is_right_less_often_than_promised_halts(station, wrong, halts):
    """6 of 1,000 wrong is 99.4 %, and at least 98.7: promised are 99.9 %."""
    report(lost_zero(station), {"national_id": NUMBER})
    (row,) = made()
    by = make_staff(station)
    lay_further(999, like=row)
    others = SelfCorrection.objects.exclude(pk=row.pk)
    others.update(is_sampled=True, finding="right", checked_by=by, checked_at=NOON)
    ids = others.values_list("pk", flat=True)[:wrong]
    SelfCorrection.objects.filter(pk__in=list(ids)).update(finding="wrong")

    switches.halt_where_wrong("A3", at=NOON)

    assert switches.state_of("A3", at=NOON).is_on is not halts


def test_a_rule_whose_change_is_found_wrong_halts_itself(station):
    report(lost_zero(station), {"national_id": NUMBER})
    (row,) = made()

    looked_at(row, is_right=False, by=make_staff(station))

    state = switches.state_of("A3", at=NOON)
    assert (state.is_on, state.reason) == (False, "rule_halted")
    halt = RuleSwitch.objects.get()
    assert halt.by is None
    assert "1 of 1" in halt.reason


def test_a_change_found_right_lets_the_rule_go_on_and_is_not_asked_twice(station):
    report(lost_zero(station), {"national_id": NUMBER})
    (row,) = made()
    by = make_staff(station)

    looked_at(row, is_right=True, by=by)

    assert switches.state_of("A3", at=NOON).is_on
    with pytest.raises(Refused):
        looked_at(row, is_right=False, by=by)


def looked_at(row, *, is_right, by, at=NOON):
    return selfcorrection.check(
        row.ref, is_right=is_right, against="paper", by=by, at=at
    )


def halted(rule="A3"):
    return switches.state_of(rule, at=NOON).reason == "rule_halted"


def test_a_new_cap_forgets_nothing_of_what_people_find(station):
    """What was changed before the cap was, and is looked at afterwards, counts."""
    report(lost_zero(station), {"national_id": NUMBER})
    (row,) = made()
    boss = make_staff(station, "administrator")
    switches.switch(
        "A3", is_on=True, daily_cap=9, reason="Thử dần", by=boss, at=NOON + DAY
    )

    looked_at(row, is_right=False, by=make_staff(station), at=NOON + 2 * DAY)

    assert halted()


def test_switched_on_after_a_halt_only_what_is_found_from_then_on_counts(station):
    one, other = lost_zeros(station, 2)
    report(one, {"national_id": other_number(0)})
    (first,) = made()
    judge, boss = make_staff(station), make_staff(station, "administrator")
    looked_at(first, is_right=False, by=judge)
    assert halted()

    switches.switch("A3", is_on=True, reason="Đã sửa", by=boss, at=NOON + DAY)
    assert switches.sample_of("A3") == switches.Sample(0, 0)
    report(other, {"national_id": other_number(1)}, at=NOON + DAY)
    with scope.system():
        SelfCorrection.objects.filter(pk=made()[-1].pk).update(is_sampled=True)
    looked_at(made()[-1], is_right=False, by=judge, at=NOON + 2 * DAY)

    assert switches.sample_of("A3") == switches.Sample(0, 1)
    assert halted()


def test_what_is_found_wrong_is_taken_back_at_once_and_a_person_has_the_report(
    station,
):
    person = lost_zero(station)
    before = fields_of(person)
    case = report(person, {"national_id": NUMBER})
    (row,) = made()

    done = looked_at(row, is_right=False, by=make_staff(station))
    drain(NOON)

    assert (done.finding, done.undone_at) == ("wrong", NOON)
    assert fields_of(person) == before
    with scope.system():
        case = Complaint.objects.get(pk=case.pk)
    assert (case.status, case.round) == (Status.RECEIVED, 2)


def test_what_is_wrong_and_was_changed_again_since_is_left_to_a_person(station):
    person = lost_zero(station)
    case = report(person, {"national_id": NUMBER})
    (row,) = made()
    corrections.correct_person(
        person.pk, {"national_id": "079158012399"}, warrant=TEST_WARRANT, at=NOON
    )

    done = looked_at(row, is_right=False, by=make_staff(station))

    assert (done.finding, done.undone_at) == ("wrong", None)
    assert fields_of(person)["national_id"] == "079158012399"
    with scope.system():
        assert Complaint.objects.get(pk=case.pk).status == Status.RECEIVED


def test_nobody_says_of_the_own_record_that_it_is_right_now(station):
    person = lost_zero(station)
    report(person, {"national_id": NUMBER})
    (row,) = made()
    own = make_staff(station, "overseer")
    own.phone_digest = crypto.digest("phone", fields_of(person)["phone"])
    own.save(update_fields=["phone_digest"])

    with pytest.raises(Refused, match="Người khác"):
        looked_at(row, is_right=True, by=own)


def test_whoever_had_said_still_not_right_is_told_of_an_undo_too(station):
    person = lost_zero(station)
    case = report(person, {"national_id": NUMBER})
    (row,) = made()
    with scope.system():
        citizen.disagree(complaint_id=case.pk, note="Vẫn sai", at=NOON + DAY)

    selfcorrection.undo(row.ref, by=make_staff(station), at=NOON + DAY)
    outbox.drain(queue="notify", at=NOON + DAY)

    told = DemoMessage.objects.filter(provider_key__startswith="self_undone")
    assert told.count() == 1


def test_a_report_settled_by_two_rules_is_upstream_when_both_are(station):
    knows(NUMBER, NAME, "1958-03-08", "F")
    person = make_person(
        "Nguyen Thi Thu", national_id=NUMBER[1:], residence=station.commune
    )
    case = report(person, {"full_name": NAME, "national_id": NUMBER})
    end = feed.read(after=0, limit=100).after

    def upstream(up_to):
        upstream_of.confirm(up_to=up_to, at=NOON)
        with scope.system():
            return Complaint.objects.get(pk=case.pk).confirmed_upstream_at

    assert upstream(end - 1) is None
    assert upstream(end) == NOON

    selfcorrection.undo(made()[0].ref, by=make_staff(station), at=NOON + DAY)

    with scope.system():
        assert Complaint.objects.get(pk=case.pk).confirmed_upstream_at is None


def test_taken_back_the_record_is_exactly_as_before_and_a_person_has_the_report(
    station,
):
    person = lost_zero(station)
    before = fields_of(person)
    case = report(person, {"national_id": NUMBER})
    (row,) = made()

    selfcorrection.undo(row.ref, by=make_staff(station), at=NOON + DAY)
    drain(NOON + DAY)

    assert fields_of(person) == before
    with scope.system():
        case = Complaint.objects.select_related("holder").get(pk=case.pk)
        told = Event.objects.get(complaint=case, move="revert").messages.count()
    assert (case.status, case.round, case.holder) == (Status.RECEIVED, 2, station)
    assert told == 1
    with pytest.raises(Refused):
        selfcorrection.undo(row.ref, by=make_staff(station), at=NOON + 2 * DAY)


def test_what_was_reported_again_meanwhile_is_not_opened_beside_it(station):
    person = lost_zero(station)
    case = report(person, {"national_id": NUMBER})
    (row,) = made()
    again = report(person, {"national_id": NUMBER}, at=NOON + DAY)

    selfcorrection.undo(row.ref, by=make_staff(station), at=NOON + DAY)
    outbox.drain(queue="notify", at=NOON + DAY)

    with scope.system():
        case, again = (Complaint.objects.get(pk=one.pk) for one in (case, again))
    assert (case.status, case.round) == (Status.RESOLVED, 1)
    assert (again.status, again.round) == (Status.RECEIVED, 1)
    told = DemoMessage.objects.filter(provider_key__startswith="self_undone")
    assert told.count() == 1


def test_nobody_elses_record_is_touched(station):
    others = [make_person(f"Người Khác {n}", national_id=None) for n in range(3)]
    before = [fields_of(one) for one in others]

    report(lost_zero(station), {"national_id": NUMBER})

    assert [fields_of(one) for one in others] == before
