"""What a comparison comes to, as a table that a health officer can read."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.registry.population import protocol, results, statuses
from portal.registry.population.protocol import Answers, Malformed, Question, Reply

NOON = datetime(2026, 11, 2, 5, tzinfo=UTC)
with Path(__file__).with_name("statuses.csv").open(encoding="utf-8") as file:
    TABLE = list(csv.DictReader(file))


@pytest.mark.parametrize("row", TABLE, ids=[row["why"] for row in TABLE])
def test_a_record_gets_its_status(row):
    number, said = row["number on record"], row["what the register says wrong"]
    settled = statuses.before_asking(number)
    if settled is not None:
        assert (settled, "") == (row["status"], row["wrong fields"])
        return
    fact = results.Fact(1, 1, Question(number, "Nguyễn Thị Lan", "1958-03-08", "F"))
    replies = {} if said == "silent" else {0: Reply(tuple(said.split()))}

    findings, silent = results.judge([fact], Answers("register", NOON, replies))

    assert silent == ([1] if said == "silent" else [])
    assert [(f.status, " ".join(f.wrong)) for f in findings] == (
        [] if silent else [(row["status"], row["wrong fields"])]
    )


def answer(rows='[{"n":0,"number":true,"name":true,"born":true,"sex":null}]', **facts):
    usual = {"source": '"register"', "at": '"2026-11-02T05:00:00+00:00"'} | facts
    words = [f'"{name}":{value}' for name, value in usual.items()]
    return ("{" + ",".join([*words, f'"answers":{rows}']) + "}").encode()


def test_an_answer_is_read_with_its_source_and_time():
    said = protocol.decode_answers(answer(), asked=1)
    assert said == Answers("register", NOON, {0: Reply()})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        answer(rows="{}"),
        answer(rows="[1]"),
        answer(source='""'),
        answer(source="7"),
        answer(at='"yesterday"'),
        answer(at='"2026-11-02T05:00:00"'),
        answer(rows='[{"n":1,"number":true}]'),
        answer(rows='[{"n":true,"number":true}]'),
        answer(rows='[{"n":0,"number":null}]'),
        answer(rows='[{"n":0,"number":"yes"}]'),
        answer(rows='[{"n":0,"number":1}]'),
        answer(rows='[{"n":0,"number":0}]'),
        answer(rows='[{"n":0,"number":true,"name":0}]'),
        answer(rows='[{"n":0,"number":true},{"n":0,"number":false}]'),
    ],
)
def test_an_answer_that_is_not_what_was_agreed_is_refused(body):
    with pytest.raises(Malformed):
        protocol.decode_answers(body, asked=1)
