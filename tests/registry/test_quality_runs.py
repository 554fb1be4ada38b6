"""Runs over what changed find what a run over everything finds; findings and counts."""

from datetime import date, timedelta
from random import Random

import pytest
from django.db import connection
from django.db.models import Count

from complaints.quality import SETS
from portal.common import scope
from portal.registry import corrections
from portal.registry.imports import reviewing
from portal.registry.models import (
    Dose,
    IdentityDocument,
    LotAllocation,
    NumberReading,
    Person,
    QualityChange,
    QualityCount,
    QualityFinding,
    SessionList,
    Telephone,
)
from portal.registry.quality import counts, runs
from tests.factories import NOON, make_person
from tests.registry.imports.lists import make_list, make_row, verdicts
from tests.registry.quality_world import Place, read

EXAMPLES = {f"{one.rule} {one.example}": one for one in read()}
NUMBERS = ["079158012345", "079058012345", "79158012345", "111111111111", "023456780"]
NAMES = ["Nguyễn Thị Thử", "Nguyen Van An", "Trần Văn Khác", "Hương"]
BIRTHS = ["1958-03-08", "1959", "2012-01-01", "1899-12-31", "2021-08-12"]
LOTS = ["AZ100", "az100", "AZ999", "PF100", ""]
DAYS = [date(2021, 8, 12), date(2021, 8, 20), date(2021, 10, 30), date(2022, 4, 10)]
DAY = timedelta(days=1)


@pytest.fixture
def place(all_rows):
    made = Place()
    runs.run(at=NOON, sets=SETS)
    return made


def found():
    """Return all open findings, told apart by all that they say."""
    rows = QualityFinding.objects.filter(resolved_at=None).values_list(
        "rule",
        "severity",
        "subject",
        "subject_id",
        "part",
        "person_id",
        "organization",
        "path",
        "detail",
    )
    return sorted(map(str, rows))


class History:
    """A random history of a small registry, by all that may write into it."""

    def __init__(self, place, seed):
        self.place, self.chance = place, Random(seed)
        self.people = [self._born() for _ in range(3)]

    def _born(self):
        pick = self.chance.choice
        about = {"name": pick(NAMES), "born": pick(BIRTHS), "sex": pick("MF")}
        numbers = [pick(NUMBERS)] if self.chance.random() < 0.8 else []
        return self.place.person(about | {"number": numbers, "phone": "0900000215"})

    def step(self):
        pick = self.chance.choice
        kinds = [self.add, self.add, self.add, self.orphan, self.join, self.change]
        kinds += [self.move, self.void, self.rename, self.renumber, self.deliver]
        pick(kinds)()

    def add(self):
        with corrections.writing("imports"):
            self.place.dose(self.chance.choice(self.people), self._dose())

    def orphan(self):
        with corrections.writing("imports"):
            self.place.dose(None, self._dose())

    def join(self):
        self.people.append(self._born())

    def _dose(self):
        pick = self.chance.choice
        return {
            "day": pick(DAYS),
            "product": pick(["vaxzevria", "comirnaty"]),
            "lot": pick(LOTS),
            "site": pick("ABC"),
            "no": pick("123"),
        }

    def _any(self):
        doses = list(Dose.objects.order_by("pk"))
        return self.chance.choice(doses) if doses else None

    def _update(self, **facts):
        dose = self._any()
        if dose:
            with corrections.writing("imports"):
                Dose.objects.filter(pk=dose.pk).update(**facts)

    def change(self):
        pick = self.chance.choice
        self._update(given_on=pick(DAYS), site=self.place.sites[pick("ABC")])

    def move(self):
        self._update(person=self.chance.choice([*self.people, None]))

    def void(self):
        self._update(status=self.chance.choice(["entered_in_error", "completed"]))

    def rename(self):
        person, born = self.chance.choice(self.people), self.chance.choice(BIRTHS)
        with corrections.writing("imports"):
            Person.objects.filter(pk=person.pk).update(
                sex=self.chance.choice("MF"), born_on=f"{born}-01-01"[:10]
            )

    def renumber(self):
        person = self.chance.choice(self.people)
        documents = IdentityDocument.objects.filter(person=person)
        with corrections.writing("imports"):
            documents.update(is_current=self.chance.random() < 0.5)
            Telephone.objects.filter(person=person).update(
                is_contact=self.chance.random() < 0.5
            )

    def deliver(self):
        LotAllocation.objects.update_or_create(
            lot=self.place.lots[self.chance.choice(["AZ100", "PF100"])],
            organization=self.place.sites[self.chance.choice("ABC")],
            received_on=self.chance.choice(DAYS),
            defaults={"doses": self.chance.choice([1, 2, 100])},
        )


@pytest.mark.parametrize("seed", range(5))
def test_after_any_history_what_changed_says_what_everything_says(place, seed):
    history = History(place, seed)
    for _ in range(5):
        for _ in range(8):
            history.step()
        runs.run(at=NOON, sets=SETS)
    by_changes = found()

    runs.run(at=NOON, sets=SETS, is_full=True)

    assert by_changes == found()
    assert len(by_changes) > 10
    assert_counts_agree()


def assert_counts_agree():
    """The kept counts are what a recount of the open findings gives."""
    own = QualityFinding.objects.filter(resolved_at=None)
    for place in {finding.organization for finding in own}:
        below = own.filter(path__startswith=place.path)
        true = dict(below.values_list("rule").annotate(n=Count("pk")))
        kept = counts.trend(place.pk, last=date(2026, 11, 2), days=2).now
        assert {rule: n for rule, n in kept.items() if n} == true


def test_a_finding_stays_since_it_was_found_and_ends_when_it_is_mended(place):
    _, (dose,), _ = place.put(EXAMPLES["Q22 A lot that nobody knows"])
    runs.run(at=NOON)
    runs.run(at=NOON + DAY, is_full=True)
    assert QualityFinding.objects.get(rule="Q22").since == NOON

    with corrections.writing("imports"):
        Dose.objects.filter(pk=dose.pk).update(
            lot_number="AZ100", lot=place.lots["AZ100"]
        )
    runs.run(at=NOON + 2 * DAY)

    finding = QualityFinding.objects.get(rule="Q22")
    assert (finding.since, finding.resolved_at) == (NOON, NOON + 2 * DAY)
    seen = counts.trend(finding.organization_id, last=date(2026, 11, 5), days=5)
    assert seen.by_rule["Q22"] == [0, 1, 1, 0, 0]


def test_a_mistake_that_comes_back_is_a_new_finding(place):
    _, (dose,), _ = place.put(EXAMPLES["Q22 A lot that nobody knows"])
    for n, number in enumerate(["AZ999", "AZ100", "AZ999"]):
        with corrections.writing("imports"):
            Dose.objects.filter(pk=dose.pk).update(lot_number=number)
        runs.run(at=NOON + n * DAY)

    rows = QualityFinding.objects.filter(rule="Q22").order_by("pk")
    assert [row.resolved_at for row in rows] == [NOON + DAY, None]


def test_what_no_rule_reads_leaves_nothing_to_check(place):
    person, _, _ = place.put(EXAMPLES["Q22 A lot that nobody knows"])
    runs.run(at=NOON)

    with corrections.writing("imports"):
        Person.objects.filter(pk=person.pk).update(population="matched", version=2)

    assert not QualityChange.objects.exists()


def test_rows_of_a_bulk_load_leave_one_span(place):
    with corrections.writing("imports"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_dose (ref, given_on, product_id, lot_number, site_id,"
            " status, source, name_recorded, recorded_at, version)"
            " SELECT gen_random_uuid(), '2021-08-12', %s, 'AZ100', %s, 'completed',"
            " 'service', '', '2021-08-12 05:00+00', 1 FROM generate_series(1, 1000)",
            [place.products["vaxzevria"].pk, place.sites["B"].pk],
        )

    change = QualityChange.objects.get()
    assert change.last - change.first == 999


def test_a_number_that_is_put_right_is_read_again(place):
    person, _, _ = place.put(EXAMPLES["Q29 A number of seven digits"])
    runs.run(at=NOON)
    assert NumberReading.objects.get().form == "wrong"

    with corrections.writing("imports"):
        IdentityDocument.objects.filter(person=person).update(is_current=False)
        place.number(person, "079158012345")
    runs.run(at=NOON)

    assert [r.form for r in NumberReading.objects.order_by("document")] == [
        "wrong",
        "pin12",
    ]
    assert not QualityFinding.objects.filter(rule="Q29", resolved_at=None).exists()


def test_one_damaged_number_stops_no_rule(place, caplog):
    place.put(EXAMPLES["Q29 A number of seven digits"])
    damaged = make_person().documents.get()
    with corrections.writing("imports"):
        for kind in (IdentityDocument, Telephone):
            kind.objects.filter(person=damaged.person).update(number_sealed=b"x" * 40)

    report = runs.run(at=NOON)

    assert report.is_done
    assert QualityFinding.objects.filter(rule="Q29", resolved_at=None).count() == 1
    assert not NumberReading.objects.filter(document=damaged).exists()
    assert [r.subject for r in caplog.records if r.message == "quality.unreadable"]
    assert not QualityChange.objects.exists()


def test_two_records_that_were_joined_share_no_number(place):
    person, _, _ = place.put(EXAMPLES["Q34 Two people with one number"])
    runs.run(at=NOON)
    assert QualityFinding.objects.filter(rule="Q34", resolved_at=None).count() == 2

    other = Person.objects.exclude(pk=person.pk).latest("pk")
    with corrections.writing("imports"):
        Person.objects.filter(pk=other.pk).update(status="merged", merged_into=person)
    runs.run(at=NOON)

    assert not QualityFinding.objects.filter(rule="Q34", resolved_at=None).exists()


def test_a_run_that_has_no_time_left_leaves_the_rest_for_the_next(place):
    place.put(EXAMPLES["Q22 A lot that nobody knows"])

    report = runs.run(at=NOON, seconds=-1)
    assert not report.is_done
    assert not QualityFinding.objects.exists()

    assert runs.run(at=NOON, seconds=60).is_done
    assert QualityFinding.objects.filter(rule="Q22").exists()


def test_days_without_a_change_keep_no_counts(place):
    place.put(EXAMPLES["Q22 A lot that nobody knows"])
    for n in range(3):
        runs.run(at=NOON + n * DAY, is_full=True)

    days = QualityCount.objects.filter(rule="Q22").values_list("day", flat=True)
    assert set(days) == {date(2026, 11, 2)}


def test_rows_of_a_list_that_fit_several_people_wait_as_one_finding(all_rows):
    made = Place()
    for _ in range(2):
        made.person(
            {"name": "Nguyễn Thị Thử", "born": "1958-03-08", "sex": "F"}
            | {"number": [], "phone": ""}
        )
    one = make_list(
        made.sites["A"],
        [make_row(product="vaxzevria", id_number="", phones=(), id_kind=None)],
    )
    assert verdicts(one) == ["ambiguous"]

    runs.run(at=NOON, sets=SETS)
    (found,) = QualityFinding.objects.filter(rule="Q52", resolved_at=None)
    assert (found.subject_id, found.organization) == (one.pk, made.sites["A"])
    assert found.detail == {"rows": 1}

    # It waits on where the list was written without it.
    with scope.system():
        SessionList.objects.filter(pk=one.pk).update(state="committed")
    runs.run(at=NOON, sets=SETS)
    assert QualityFinding.objects.filter(rule="Q52", resolved_at=None).exists()

    reviewing.exclude(one.pk, 1, excluded=True, at=NOON)
    runs.run(at=NOON, sets=SETS)
    assert not QualityFinding.objects.filter(rule="Q52", resolved_at=None).exists()
