"""Which row of a session list is about which report; when both contradict."""

from datetime import date
from random import Random

import pytest

from complaints.rules import sessions
from complaints.rules.sessions import Named

HUONG = {
    "full_name": "Nguyễn Thị Hường",
    "born_on": "1958-03-08",
    "number": "079158012345",
    "phones": frozenset({"+84900000215"}),
}


# report, row, one person?
SAME = [
    ("the same record", {"person": 1}, {"person": 1}, True),
    ("two records", HUONG | {"person": 1}, HUONG | {"person": 2}, False),
    ("a record and its number", HUONG | {"person": 1}, HUONG, True),
    (
        "number and name, another birth date",
        HUONG,
        HUONG | {"born_on": "1958-08-03"},
        True,
    ),
    ("number and birth date, another name", HUONG, HUONG | {"full_name": "Hà"}, True),
    (
        "number alone",
        HUONG,
        HUONG | {"born_on": "1958-08-03", "full_name": "Hà"},
        False,
    ),
    ("the zero that was eaten", HUONG, HUONG | {"number": "79158012345"}, True),
    ("name, birth date and telephone", HUONG | {"number": ""}, HUONG, True),
    (
        "name and birth date alone",
        HUONG | {"number": "", "phones": frozenset()},
        HUONG,
        False,
    ),
    (
        "tone marks set the old way",
        HUONG | {"number": "", "full_name": "Lê Thị Hoà"},
        HUONG | {"full_name": "Lê Thị Hòa"},
        True,
    ),
    ("nothing said", {}, {}, False),
]


@pytest.mark.parametrize(
    ("report", "row", "expected"),
    [case[1:] for case in SAME],
    ids=[case[0] for case in SAME],
)
def test_report_and_row_name_one_person(report, row, expected):
    assert sessions.is_same(Named(**report), Named(**row)) is expected


def test_each_report_gets_its_row_and_namesakes_get_none():
    twin = HUONG | {"number": ""}
    reports = {1: Named(**HUONG), 2: Named(**twin), 3: Named(**twin), 4: Named()}
    rows = {
        11: Named(**HUONG | {"phones": frozenset()}),
        12: Named(**twin | {"full_name": "Trần Văn Không"}),
    }
    assert sessions.pair(reports, rows) == {1: 11}


def drawn(chance):
    """Return somebody of a small town, so that many share something."""
    return Named(
        full_name=chance.choice(["", "Lê Thị Hoà", "Lê Thị Hòa", "Trần Văn Bảo"]),
        born_on=chance.choice(["", "1958", "1958-03-08", "1961-02-11"]),
        number=chance.choice(["", "079158012345", "79158012345", "079161000001"]),
        phones=frozenset(chance.sample(["+84900000001", "+84900000002"], k=1)),
        person=chance.choice([None, None, 1, 2]),
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_same_are_paired_as_where_each_is_held_beside_each(seed):
    chance = Random(seed)
    reports = {n: drawn(chance) for n in range(chance.randrange(7))}
    rows = {100 + n: drawn(chance) for n in range(chance.randrange(9))}
    fits = [
        (one, other)
        for one in reports
        for other in rows
        if sessions.is_same(reports[one], rows[other])
    ]
    alone = {
        one: other
        for one, other in fits
        if [a for a, _b in fits].count(one) == 1
        and [b for _a, b in fits].count(other) == 1
    }

    assert sessions.pair(reports, rows) == alone


def test_a_list_of_a_whole_province_is_paired_with_hundreds_of_reports():
    people = [
        Named(
            full_name="Nguyễn Thị Hường",
            born_on=f"{1930 + n % 70}",
            number=f"0791580{n:05}",
            phones=frozenset({f"+849{n:08}"}),
        )
        for n in range(20_000)
    ]

    found = sessions.pair(dict(enumerate(people[::67])), dict(enumerate(people)))

    assert found == {n: 67 * n for n in range(len(people[::67]))}


def test_two_rows_of_one_person_are_nobody_s_choice():
    rows = {11: Named(**HUONG), 12: Named(**HUONG)}
    assert sessions.pair({1: Named(**HUONG)}, rows) == {}


@pytest.mark.parametrize(
    ("claimed_day", "claimed_product", "is_contradiction"),
    [
        ("2021-08-14", "AZ", False),
        ("2021-08", "AZ", False),
        ("2021", "", False),
        ("", "", False),
        ("2021-08-15", "AZ", True),
        ("2021-09", "AZ", True),
        ("2021-08-14", "MODERNA", True),
    ],
)
def test_a_list_decides_only_what_it_does_not_contradict(
    claimed_day, claimed_product, is_contradiction
):
    words = sessions.contradiction(
        claimed_day=claimed_day,
        claimed_product=claimed_product,
        day=date(2021, 8, 14),
        product="AZ",
    )
    assert bool(words) is is_contradiction
