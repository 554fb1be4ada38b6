"""Names typed without accents, and what is suggested: names_typed.csv."""

import csv
from pathlib import Path

import pytest

from portal.common import names
from portal.registry import spelling
from portal.registry.matching import rarity

with Path(__file__).with_name("names_typed.csv").open(encoding="utf-8") as file:
    TYPED = [
        pytest.param(row["typed"], row["suggested"], id=f"{row['typed']}: {row['why']}")
        for row in csv.DictReader(file)
    ]


@pytest.mark.parametrize(("typed", "suggested"), TYPED)
def test_a_name_without_accents_gets_the_usual_spelling(typed, suggested):
    assert spelling.suggest(typed, rarity.shipped()) == suggested


def test_what_the_same_person_typed_elsewhere_wins():
    others = ["Trần Văn Ai", "Nguyễn Thị Hòa"]

    found = spelling.suggest("nguyen thi hoa", rarity.shipped(), others=others)

    assert found == "Nguyễn Thị Hòa"


@pytest.mark.parametrize(
    "word", ["nguyễn", "hòa", "thúy", "quý", "đặng", "trương", "huỳnh", "ý", "khuê"]
)
def test_a_word_comes_back_from_its_tone_key(word):
    assert names.spelt(names.tone_key(word)) == word
