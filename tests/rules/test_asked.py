"""What units write in their lists: asked.csv is for health staff."""

import csv
from pathlib import Path

import pytest

from complaints.rules import asked

with Path(__file__).with_name("asked.csv").open(encoding="utf-8", newline="") as file:
    TABLE = list(csv.DictReader(file))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["words"])
def test_words_ask_for_what_the_table_says(row):
    read = asked.read(row["words"])

    assert read.is_several == (row["kind"] == "several")
    assert (read.kind or "") == ("" if read.is_several else row["kind"])
    assert {field.value for field in read.fields} == set(
        filter(None, row["fields"].split("|"))
    )
