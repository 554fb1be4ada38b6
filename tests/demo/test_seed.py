import json
import re
from datetime import timedelta
from random import Random

import pytest
from django.core.management import CommandError
from django.db.models import Count, F

from complaints import integrity, timeline
from complaints.choices import ENDED, Outcome, Status
from complaints.demo import people, records, world
from complaints.models import (
    Claim,
    Complaint,
    Event,
    Figure,
    Referral,
    Submission,
)
from complaints.rules import workflow
from portal.accounts.models import User
from portal.common import codes, phones
from portal.common.forms import PartialDate
from portal.registry import corrections, identity
from portal.registry.models import Correction, Dose, LotAllocation, Person
from portal.registry.population import register, results
from tests.demo.conftest import NOW, PEOPLE, seed

pytestmark = pytest.mark.django_db


def _share(**facts):
    return Person.objects.filter(**facts).count() / PEOPLE


def test_the_report_counts_what_was_written(demo):
    report, _ = demo
    assert report["people"] == PEOPLE
    assert 2.2 < report["doses"] / PEOPLE < 2.8
    assert report["complaints"] == Complaint.objects.count()
    assert 0.015 < report["complaints"] / PEOPLE < 0.05


def test_the_population_database_disagrees_as_often_as_it_did(demo):
    assert _share(population="matched") == pytest.approx(0.672, abs=0.06)
    assert _share(population="mismatched") == pytest.approx(0.248, abs=0.04)
    assert _share(population="not_sent") == pytest.approx(0.034, abs=0.02)


@pytest.mark.parametrize("status", ["matched", "mismatched", "no_number", "bad_format"])
def test_what_is_said_of_people_is_said_again_when_they_are_compared(demo, status):
    sample = Person.objects.filter(population=status).order_by("pk")[:300]
    said = {
        person.pk: (person.population, person.population_wrong) for person in sample
    }
    read = results.read(list(said))
    answers = register.ask([fact.question for fact in read.to_ask], at=NOW)
    found, silent = results.judge(read.to_ask, answers)
    again = {
        finding.person_id: (finding.status, ",".join(finding.wrong))
        for finding in [*read.settled, *found]
    }
    assert (again, silent, read.unreadable) == (said, [], [])


def test_most_doses_were_given_from_august_to_december_2021(demo):
    peak = Dose.objects.filter(given_on__range=("2021-08-01", "2021-12-31")).count()
    assert 0.45 < peak / Dose.objects.count() < 0.7
    assert not Dose.objects.filter(given_on__lt="2021-03-08").exists()


def test_lots_were_delivered_before_they_were_used(demo):
    delivered = set(LotAllocation.objects.values_list("lot", "organization"))
    used = Dose.objects.exclude(lot=None).values_list("lot", "site")
    stray = sum(pair not in delivered for pair in used)
    assert stray / len(used) < 0.02


def test_every_history_is_legal_and_ends_where_the_complaint_stands(demo):
    for complaint in Complaint.objects.all():
        events = timeline.read(complaint)
        for before, event in zip(events, events[1:], strict=False):
            led_to = workflow.target(
                event.move, status=Status(before.status), actor=event.actor
            )
            assert led_to == event.status
        last = events[-1]
        assert (complaint.status, complaint.holder_id) == (last.status, last.holder_id)
        assert (complaint.status in ENDED) == (complaint.ended_at is not None)
        assert complaint.version == len(events)


def test_what_staff_did_was_done_by_somebody_posted_there_or_above(demo):
    moves = Event.objects.filter(actor="staff").exclude(by=None)
    for event in moves.select_related("by", "complaint").prefetch_related(
        "by__postings__organization"
    ):
        (posting,) = event.by.postings.all()
        held = event.complaint.events.filter(seq__lte=event.seq)
        assert posting.organization_id in set(held.values_list("holder", flat=True))


def test_two_people_decided_where_two_are_needed(demo):
    assert not Correction.objects.filter(approved_by=F("proposed_by")).exists()


def test_corrected_means_that_the_registry_says_so_now(demo):
    corrected = Complaint.objects.filter(outcome=Outcome.CORRECTED)
    assert corrected.count() > 10
    for complaint in corrected.select_related("submission__person", "dose"):
        for claim in complaint.claims.select_related("correction"):
            assert claim.correction.reason_ref == complaint.reference
            if complaint.kind == "wrong_person":
                person = complaint.submission.person
                now = corrections.read_person(person, claim.field)
                assert now == claim.claimed
            elif claim.field != "dose":
                now = corrections.read_dose(complaint.dose, claim.field)
                assert now == claim.claimed


def test_what_is_sealed_opens(demo):
    for submission in Submission.objects.all()[:50]:
        assert phones.normalise(submission.phone) == submission.phone
        assert codes.is_valid(submission.code)
    for claim in Claim.objects.all()[:50]:
        assert claim.claimed
    for correction in Correction.objects.all()[:20]:
        assert correction.after


def test_figures_stand_ready(demo):
    of_all = Figure.objects.filter(kind="", cohort="opened")
    assert sum(of_all.values_list("received", flat=True)) == Complaint.objects.count()


def test_the_file_names_people_submissions_and_accounts(demo):
    content = json.loads(demo[1].read_text(encoding="utf-8"))
    assert demo[1].stat().st_mode & 0o077 == 0
    assert len(content["citizens"]) == 7
    for citizen in content["citizens"]:
        assert phones.normalise(citizen["phone"]) == citizen["phone"]
        assert re.fullmatch(r"[0-9]{12}", citizen["national_id"])
        assert identity.find(
            national_id=citizen["national_id"],
            full_name="",
            born=PartialDate(*map(int, citizen["born_on"].split("-"))),
        )
    for row in content["submissions"]:
        stored = Submission.objects.get(code=row["code"])
        assert stored.phone.endswith(row["phone_last4"])
        assert stored.complaints.get(number=1).status == row["status"]
    roles = {account["role"] for account in content["staff"]}
    assert roles == {"clerk", "staff", "lead", "overseer", "administrator"}
    account = content["staff"][0]
    user = User.objects.get(username=account["username"])
    assert user.check_password(account["password"])


def test_each_start_brings_the_file_up_to_date_and_makes_a_lost_one_anew(
    demo, settings
):
    path = demo[1]
    first = json.loads(path.read_text(encoding="utf-8"))
    settings.BASE_URL = "http://localhost:8010"
    newest = first["submissions"][0]
    Submission.objects.filter(code=newest["code"]).update(
        submitted_at=NOW - timedelta(days=400)
    )

    seed(f"--people={PEOPLE}", "--file-only")

    renewed = json.loads(path.read_text(encoding="utf-8"))
    assert renewed["base_url"] == "http://localhost:8010"
    assert renewed["submissions"][0] != newest
    assert (renewed["citizens"], renewed["staff"]) == (
        first["citizens"],
        first["staff"],
    )
    path.unlink()
    seed(f"--people={PEOPLE}", "--file-only")
    assert json.loads(path.read_text(encoding="utf-8")) == renewed


def test_a_lost_file_of_a_demo_of_another_size_keeps_no_start_back(demo, capsys):
    content = demo[1].read_text(encoding="utf-8")
    demo[1].unlink()

    seed("--people=600", "--file-only")

    assert "DEMO_PEOPLE" in capsys.readouterr().err
    assert not demo[1].exists()
    demo[1].write_text(content, encoding="utf-8")


def test_one_body_has_two_members_of_staff_at_least(demo):
    content = json.loads(demo[1].read_text(encoding="utf-8"))
    staff = [a["organization"] for a in content["staff"] if a["role"] == "staff"]
    assert len(staff) == 2 * len(set(staff))


def test_bao_stands_on_two_records_that_share_her_telephone(demo):
    person = Person.objects.get(full_name="Trần Thị Bảo Lộc")
    digest = person.telephones.get().number_digest
    shared = Person.objects.filter(telephones__number_digest=digest)
    assert sorted(shared.values_list("full_name", flat=True)) == [
        "Trần Thị Bảo Lộc",
        "Trần Thị Bửu Lộc",
    ]


def test_the_lot_of_the_moderna_dose_contradicts_its_product(demo):
    dose = Dose.objects.get(person__full_name="Lê Thị Thanh Mai", version=1)
    assert (dose.product.code, dose.lot.product.code) == ("vaxzevria", "spikevax")


def test_both_missing_doses_lie_among_the_orphans_of_that_day(demo):
    assert not Dose.objects.filter(person__full_name="Nguyễn Văn Khánh").exists()
    lost = Dose.objects.filter(name_recorded="NGUYEN VAN KHANH", source="upload")
    assert lost.count() == 2
    first = lost.earliest("given_on")
    assert (
        Dose.objects.filter(
            person=None, site=first.site, given_on=first.given_on
        ).count()
        > 213
    )


def test_six_people_share_one_telephone(demo):
    person = Person.objects.get(full_name="Phạm Thị Hồng Nhung", born_on="1992-06-01")
    digest = person.telephones.get().number_digest
    assert Person.objects.filter(telephones__number_digest=digest).count() == 6


def test_the_eaten_zeros_left_eleven_and_ten_digits(demo):
    for name, length in (("Đỗ Thị Kim Oanh", 11), ("Vũ Đức Thắng", 10)):
        person = Person.objects.get(full_name=name, population="bad_format")
        assert len(person.documents.get().number) == length


def test_a_second_run_adds_nothing(demo):
    before = (Person.objects.count(), Dose.objects.count(), Complaint.objects.count())
    assert seed(f"--people={PEOPLE}")["people"] == 0
    after = (Person.objects.count(), Dose.objects.count(), Complaint.objects.count())
    assert before == after


def test_every_invariant_holds_at_the_end(demo):
    assert not any(integrity.check(at=NOW).values())


def test_another_seed_is_refused_once_people_are_there(demo):
    with pytest.raises(CommandError, match="other people"):
        seed(f"--people={PEOPLE}", "--seed=2")


def test_production_is_refused(demo, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="demo only"):
        seed(f"--people={PEOPLE}")


def test_nobody_is_recorded_twice_under_one_number(demo):
    shared = (
        Person.objects.filter(documents__kind="pin12", population="matched")
        .values("documents__number_digest")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    assert not shared.exists()


def test_people_and_doses_are_the_same_for_the_same_seed(demo):
    def draw(seed_word):
        here = world.read(people=PEOPLE, seed=1, at=NOW)
        chance = Random(seed_word)
        family = people.family(chance, province=79, commune=0, serial=0)
        return [records.write_down(chance, human, here) for human in family]

    assert draw("a") == draw("a") != draw("b")


def test_some_wait_for_another_body_some_went_round_and_some_got_more_time(demo):
    moves = set(Event.objects.values_list("move", flat=True))
    assert {"hand_over", "extend", "wait", "resume"} <= moves
    asked = Referral.objects.select_related("event", "authority")
    assert {sheet.event.data["referral"] == sheet.number for sheet in asked} == {True}
    assert {sheet.authority.kind for sheet in asked} == {"police"}
    extended = Complaint.objects.exclude(extended_at=None)
    assert all(case.extended_at <= case.due_at for case in extended)
