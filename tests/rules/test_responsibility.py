"""Who answers today: the table of responsibility.csv, which needs no code to read.

A small country: the ministry; two provinces with a department each and one without;
centres below the departments; stations below the centres. Columns: the step of the
rule, the case in words, what is known (site, units, residence), who answers, the
reasons in order, whether that is certain.
"""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints import ways
from complaints.choices import Kind
from complaints.rules.responsibility import (
    MAX_HOPS,
    Atlas,
    Body,
    Delegated,
    Facts,
    responsible_for,
)

TODAY = date(2026, 11, 2)
CLOSED = date(2025, 7, 1)

# Name: (kind, parent, commune, province, closed).
BODIES = {
    "ministry": ("ministry", None, None, None, None),
    "department_1": ("health_department", "ministry", None, "province_1", None),
    "department_2": ("health_department", "ministry", None, "province_2", None),
    "centre_1": ("district_centre", "department_1", None, "province_1", None),
    "centre_2": ("district_centre", "department_1", None, "province_1", None),
    "station_a": ("health_station", "centre_1", "new_a", "province_1", None),
    "station_b": ("health_station", "centre_1", "new_b", "province_1", None),
    "station_c": ("health_station", "centre_2", "new_c", "province_1", None),
    "station_x": ("health_station", "department_2", "new_x", "province_2", None),
    "hospital": ("hospital", "department_1", "new_a", "province_1", None),
    "army": ("hospital", "ministry", None, "province_1", None),
    "closed_once": ("health_station", "centre_1", "new_b", "province_1", CLOSED),
    "closed_twice": ("health_station", "centre_1", "new_b", "province_1", CLOSED),
    "closed_early": ("health_station", "centre_1", "new_a", "province_1", CLOSED),
    "closed_here": ("health_station", "centre_1", "new_a", "province_1", CLOSED),
    "closed_vague": ("health_station", "centre_1", None, "province_1", CLOSED),
    "split_near": ("health_station", "centre_1", "new_a", "province_1", CLOSED),
    "split_far": ("health_station", "centre_1", "new_a", "province_1", CLOSED),
    "split_wide": ("health_station", "centre_1", "new_a", "province_1", CLOSED),
    "circle_1": ("health_station", "centre_1", None, "province_1", CLOSED),
    "circle_2": ("health_station", "centre_1", None, "province_1", CLOSED),
    "mobile": ("mobile_point", "hospital", "new_c", "province_1", CLOSED),
    "mobile_old": ("mobile_point", "closed_once", "new_c", "province_1", CLOSED),
    "mobile_lost": ("mobile_point", None, "new_a", "province_1", CLOSED),
    **{
        f"chain_{n}": ("health_station", "centre_1", None, "province_1", CLOSED)
        for n in range(MAX_HOPS + 3)
    },
}
SUCCESSORS = {
    "closed_once": ["station_a"],
    "closed_twice": ["closed_once"],
    "split_near": ["station_a", "station_b"],
    "split_far": ["station_a", "station_c"],
    "split_wide": ["station_a", "station_x"],
    "circle_1": ["circle_2"],
    "circle_2": ["circle_1"],
    **{f"chain_{n}": [f"chain_{n + 1}"] for n in range(MAX_HOPS + 2)},
}
IDS = {name: number for number, name in enumerate(BODIES, start=1)}
NAMES = {number: name for name, number in IDS.items()}


def atlas():
    bodies = {
        IDS[name]: Body(
            id=IDS[name],
            code=name.upper(),
            name=name,
            kind=kind,
            parent=IDS[parent] if parent else None,
            commune=commune,
            province=province,
            opened_on=date(2000, 1, 1),
            closed_on=closed,
        )
        for name, (kind, parent, commune, province, closed) in BODIES.items()
    }
    successors = {
        IDS[old]: [(IDS[new], CLOSED) for new in following]
        for old, following in SUCCESSORS.items()
    }
    successors[IDS["closed_early"]] = [(IDS["station_b"], date(2026, 11, 3))]
    communes = ["new_a", "new_b", "new_c", "new_x", "new_empty"]
    return Atlas(
        root=IDS["ministry"],
        bodies=bodies,
        successors=successors,
        today={commune: [commune] for commune in communes}
        | {"old_merged": ["new_a"], "old_split": ["new_a", "new_b"]},
        station={
            commune: IDS[f"station_{commune[-1]}"]
            for commune in communes
            if commune != "new_empty"
        },
        department={
            "province_1": IDS["department_1"],
            "province_2": IDS["department_2"],
        },
        province_of={commune: "province_1" for commune in communes}
        | {"new_x": "province_2", "old_merged": "province_1", "old_split": "province_1"}
        | {f"province_{n}": f"province_{n}" for n in (1, 2, 3)},
    )


ATLAS = atlas()


def rows(name="responsibility.csv"):
    path = Path(__file__).with_name(name)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["case"])
def test_the_rule_answers_as_the_table_says(row):
    facts = Facts(
        row["kind"],
        site=IDS.get(row["site"], -1) if row["site"] else None,
        units=tuple(row["units"].split()),
        residence=row["residence"] or None,
    )

    answer = responsible_for(facts, atlas=ATLAS, day=TODAY)

    assert NAMES[answer.body] == row["answers"]
    assert [reason.step for reason in answer.path] == row["reasons"].split()
    assert answer.is_certain is (row["certain"] == "yes")
    assert all(ways.sentence(reason.step, reason.names) for reason in answer.path)


def delegated(words):
    """Return a row as it is written in the table: "unit>to:kind", ">>": with below."""
    reach, _colon, kind = words.partition(":")
    body, to = reach.replace(">>", ">").split(">")
    return Delegated(IDS[body], IDS[to], kind, with_below=">>" in reach)


@pytest.mark.parametrize("row", rows("delegations.csv"), ids=lambda row: row["case"])
def test_a_row_in_force_lets_another_unit_answer(row):
    known = replace(ATLAS, delegations=[delegated(w) for w in row["rows"].split()])
    facts = Facts(
        row["kind"],
        site=IDS[row["site"]] if row["site"] else None,
        residence=row["residence"] or None,
    )

    answer = responsible_for(facts, atlas=known, day=TODAY)

    assert NAMES[answer.body] == row["answers"]
    assert answer.path[-1].step == row["last_reason"]


def test_the_table_has_each_of_the_seven_steps():
    assert {row["step"] for row in rows()} >= set("1234567")


@given(
    kind=st.sampled_from(list(Kind)),
    site=st.none() | st.sampled_from(list(NAMES)),
    units=st.lists(
        st.sampled_from([*ATLAS.today, *ATLAS.province_of, "nowhere"]), max_size=3
    ),
    residence=st.none() | st.sampled_from([*ATLAS.today, "nowhere"]),
    day=st.dates(date(2021, 3, 8), date(2030, 1, 1)),
)
def test_whatever_is_known_an_open_body_answers_and_says_why(
    kind, site, units, residence, day
):
    facts = Facts(kind, site=site, units=tuple(units), residence=residence)

    answer = responsible_for(facts, atlas=ATLAS, day=day)

    assert ATLAS.bodies[answer.body].is_open(day)
    assert answer.path
