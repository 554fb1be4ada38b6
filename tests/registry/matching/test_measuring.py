"""The figures: hand-made pairs through the command, held-out people, name shares."""

import csv
import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.registry import corrections
from portal.registry.matching import facts, measurement, rarity
from portal.registry.matching.labelled import neighbour, pairs
from portal.registry.models import NameShare, Person
from portal.registry.population.protocol import Question

OUTSIDE_PAIRS = Path(__file__).parents[2] / "data" / "outside_pairs.csv"
HAND_PAIRS = Path(__file__).parents[2] / "data" / "hand_pairs.csv"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def run(*words, **options):
    out = StringIO()
    call_command(*words, "--json", stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.mark.django_db
@pytest.mark.usefixtures("reference")
def test_hand_made_pairs_get_the_grades_that_their_truth_allows():
    with HAND_PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = run("match_people", str(HAND_PAIRS))
    truth = [row["same"] for row in rows]
    certain = [
        t for t, entry in zip(truth, found, strict=True) if entry["grade"] == "certain"
    ]

    assert len(rows) >= 120
    assert [entry["row"] for entry in found] == list(range(1, len(rows) + 1))
    assert set(certain) == {"yes"}
    assert len(certain) / truth.count("yes") >= 0.9
    assert all(entry["reasons"] and entry["reasons_en"] for entry in found)


@pytest.mark.django_db
@pytest.mark.usefixtures("reference")
def test_pairs_by_somebody_who_had_not_seen_the_rules_get_no_worse():
    with OUTSIDE_PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    graded = [entry["grade"] for entry in run("match_people", str(OUTSIDE_PAIRS))]
    told = list(zip(rows, graded, strict=True))
    certain = [row for row, grade in told if grade == "certain"]
    wrong = [row for row in certain if row["same"] != "yes"]
    same = [grade for row, grade in told if row["same"] == "yes"]

    # Twins and triplets on lists without accents, and those made up to break it.
    assert sum(row["to_break_it"] == "no" for row in wrong) <= 3
    assert sum(row["to_break_it"] == "yes" for row in wrong) <= 9
    assert same.count("certain") >= 32
    assert same.count("none") <= 1


@pytest.mark.django_db
def test_a_file_without_the_columns_is_refused(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("name,other\nA,B\n", encoding="utf-8")

    with pytest.raises(CommandError, match="a_full_name"):
        run("match_people", str(path))


@pytest.mark.django_db
def test_held_out_people_are_measured_per_grade():
    found = run("measure_matching", people=2_000, seed=11)

    assert set(found) == {"certain", "probable", "possible", "none"}
    assert found["certain"]["precision"] >= 0.999
    assert found["certain"]["recall"] >= 0.85
    assert found["none"]["precision"] >= 0.97
    assert sum(figures["pairs"] for figures in found.values()) > 4_000


def test_a_population_database_that_errs_makes_nobody_certain_wrongly(by):
    made = pairs.world(people=1_500, seed=12)
    erring = neighbour.neighbour(made.humans, wrong=0.05, late=0.1, silent=0.3, seed=1)

    tally = measurement.measure(pairs.pairs(pairs.asked(made, erring)), **by)

    assert tally.as_json()["certain"]["precision"] >= 0.999


def test_the_neighbour_errs_at_the_stated_rates():
    made = pairs.world(people=1_500, seed=13)
    questions = [
        Question(h.number, h.full_name, h.born_on.isoformat(), h.sex)
        for h in made.humans
    ]

    def shares(**rates):
        usual = {"wrong": 0.0, "late": 0.0, "silent": 0.0, "seed": 1}
        replies = neighbour.neighbour(made.humans, **usual | rates)(questions)
        silent = sum(reply is None for reply in replies) / len(replies)
        return silent, sum(r is not None and not r.is_match for r in replies)

    assert shares()[0] == 0
    assert abs(shares(silent=0.3)[0] - 0.3) < 0.05
    truly = shares()[1]
    assert shares(late=0.2)[1] > truly + 0.1 * len(questions)
    assert shares(wrong=0.2)[1] > truly + 0.1 * len(questions)


def test_the_same_seed_makes_the_same_people():
    assert pairs.world(people=200, seed=5) == pairs.world(people=200, seed=5)
    assert pairs.world(people=200, seed=5) != pairs.world(people=200, seed=6)


def test_labelled_pairs_hold_what_makes_matching_hard():
    made = pairs.world(people=3_000, seed=7)
    unlike = [pair for pair in pairs.pairs(made) if not pair.is_same]

    def count(holds):
        return sum(bool(holds(pair.one, pair.other)) for pair in unlike)

    assert count(lambda a, b: a.numbers and a.numbers == b.numbers) > 20
    assert count(lambda a, b: a.phones & b.phones) > 1_000
    assert count(lambda a, b: a.full_name == b.full_name and a.born == b.born) > 20
    assert count(lambda a, b: a.born == b.born and a.phones & b.phones) > 20
    assert any(not pair.is_same and not pair.other.numbers for pair in unlike)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1958-03-08", "1958-03-08"),
        ("08/03/1958", "1958-03-08"),
        ("8.3.1958", "1958-03-08"),
        ("1958-03-08 00:00:00", "1958-03-08"),
        ("03/1958", "1958-03"),
        ("1958", "1958"),
        ("31/02/1958", "None"),
        ("sometime", "None"),
        ("", "None"),
    ],
)
def test_birth_dates_are_read_as_far_as_they_are_told(text, read):
    assert str(facts.read_date(text)) == read


@pytest.mark.django_db
def test_name_shares_are_counted_in_the_registry_once_it_is_large():
    assert rarity.refresh(at=AT) == 0
    assert rarity.current() == rarity.shipped()
    rows = [
        Person(
            full_name="Nguyễn Văn A",
            name_key="nguyên3 văn0 a0" if n % 4 else "niê0",
            name_folded="nguyen van a" if n % 4 else "nie",
            sort_key="",
            born_on=date(1980, 1, 1),
        )
        for n in range(rarity.ENOUGH_PEOPLE)
    ]
    with corrections.writing("imports"):
        Person.objects.bulk_create(rows, batch_size=2_000)

    assert rarity.refresh(at=AT) == NameShare.objects.count() == 8
    found = rarity.current()

    assert found.of["family"] == {"nguyên3": 0.75, "nguyen": 0.75}
    assert found.of["given"]["nie"] == 0.25
    assert found.chance([("given", "nie")]) == 0.25
    assert found.chance([("given", "rare")]) == rarity.FLOOR

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_person")
    rarity.refresh(at=AT, most=5_000)

    assert abs(rarity.current().of["given"]["nie"] - 0.25) < 0.05
