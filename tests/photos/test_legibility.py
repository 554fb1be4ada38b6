"""The labelled photos: what a person says of each, and what the measures say.

Odd seeds set the thresholds, even ones judge them (tests/photos/draw.py draws all).
"""

import csv
from collections import Counter

import pytest
from PIL import Image

from complaints.rules import legibility
from portal.common import unpacking
from tests.photos.draw import FOLDER, LABELS

with (FOLDER / "labels.csv").open(encoding="utf-8", newline="") as file:
    PHOTOS = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def table():
    """Return how often each label was judged how, on the photos that judge."""
    counted = Counter()
    for row in PHOTOS:
        with Image.open(FOLDER / row["file"]) as image:
            measures = unpacking.measure(image.convert("RGB"))
        judged = legibility.trouble(measures) or "ok"
        counted[row["used_to"], row["label"], str(judged)] += 1
    return counted


@pytest.mark.parametrize("used_to", ["set", "judge"])
@pytest.mark.parametrize("label", LABELS)
def test_photos_are_judged_as_a_person_would(table, label, used_to):
    judged = {
        word: n
        for (use, name, word), n in table.items()
        if (use, name) == (used_to, label)
    }

    assert sum(judged.values()) >= 2
    assert set(judged) == {label}


def measures(**facts):
    return {
        "short_side": 900, "ink": 30, "paper": 230, "sharpness": 30.0, "hidden": 0.0,
    } | facts  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, None),
        ({"short_side": 449}, "tiny"),
        ({"short_side": 450}, None),
        ({"paper": 89}, "dark"),
        ({"ink": 151}, "bright"),
        ({"sharpness": 14.9}, "blurred"),
        ({"sharpness": 15.0}, None),
        ({"hidden": 1.6}, "covered"),
        ({"paper": 60, "sharpness": 2.0}, "dark"),
        ({"short_side": 100, "paper": 60}, "tiny"),
        ({"sharpness": 2.0, "hidden": 9.0}, "blurred"),
    ],
)
def test_the_first_thing_to_mend_is_named(facts, word):
    assert legibility.trouble(measures(**facts)) == word


def test_a_wall_and_a_covered_lens_are_no_paper():
    wall = Image.new("RGB", (1200, 900), "#d8d2c8")
    lens = Image.new("RGB", (1200, 900), "#0a0606")

    assert legibility.trouble(unpacking.measure(wall)) is not None
    assert legibility.trouble(unpacking.measure(lens)) == "dark"
