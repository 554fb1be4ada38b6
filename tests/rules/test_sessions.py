"""Which row of a session list is about which report; when both contradict."""

from datetime import date

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
