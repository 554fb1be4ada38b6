"""The table of rules itself: complete, in both languages' reach, without loose ends."""

import ast
import re
from pathlib import Path

import pytest

from complaints.rules.selfcorrection import reasons
from complaints.rules.selfcorrection.rule import Tier
from complaints.rules.selfcorrection.table import AUTOMATIC, PREPARED, RULES
from portal.env import BASE_DIR

FOLDER = Path(reasons.__file__).parent


def test_every_rule_that_the_paper_names_is_in_the_table():
    assert set(RULES) >= {f"A{n}" for n in range(1, 9)} | {f"B{n}" for n in range(1, 8)}
    assert {r.tier for r in RULES.values()} == set(Tier)


def test_what_changes_by_itself_is_tier_a_and_what_is_prepared_tier_b():
    assert {RULES[code].tier for code in AUTOMATIC} == {Tier.A}
    assert {RULES[code].tier for code in PREPARED} == {Tier.B}


def test_every_reason_that_a_rule_can_give_has_words():
    given = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Silent"
                and node.args
            ):
                given |= {
                    leaf.value
                    for leaf in ast.walk(node.args[0])
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                }
    assert len(given) > 30
    assert given <= set(reasons.WORDS)


def test_a_citizen_reads_short_sentences():
    for rule in RULES.values():
        assert len(str(rule.citizen).split()) <= 18, rule.code


def measured(mark):
    """Return changes and share right by rule, as the document's table has them."""
    text = (BASE_DIR / "docs" / "self-correction.md").read_text("utf-8")
    part = text.partition(f"<!-- {mark}: begin -->")[2].partition("<!--")[0]
    rows = re.findall(
        r"^\| ([AB]\d) \| (\d+) \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) % \|$",
        part,
        re.MULTILINE,
    )
    return {code: tuple(map(float, figures)) for code, *figures in rows}


@pytest.mark.parametrize("code", AUTOMATIC)
def test_what_acts_by_itself_was_measured_to_be_right_with_doubtful_proofs(code):
    _n, _share, low, _high = measured("measured")[code]
    n, share, _low, high = measured("measured-doubtful")[code]

    assert n >= 1000
    assert share >= 99.9
    assert high >= low
    assert RULES[code].is_on_at_first
