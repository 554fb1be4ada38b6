"""The table of rules itself: complete, in both languages' reach, without loose ends."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from complaints.rules.selfcorrection import reasons, series
from complaints.rules.selfcorrection.labelled import report
from complaints.rules.selfcorrection.labelled.measurement import MEASURED
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
        r"^\| ([AB]\d) v(\d+) \| (\d+) \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) %"
        r" \| (\w+) \|$",
        part,
        re.MULTILINE,
    )
    return {code: (*map(float, figures), digest) for code, *figures, digest in rows}


@pytest.mark.parametrize("mark", ["measured", "measured-doubtful"])
@pytest.mark.parametrize("code", MEASURED)
def test_the_figures_are_of_the_rules_as_they_are_written_now(code, mark):
    """Whoever changes what a rule does measures it anew, as a version of its own."""
    version, *_figures, digest = measured(mark)[code]

    assert version == RULES[code].version
    assert digest == report.digest_of(RULES[code])


@pytest.mark.parametrize("code", [*MEASURED, *PREPARED])
def test_only_what_was_measured_to_be_right_is_on_at_first(code):
    """Not clearly worse with doubtful proofs; and what acts by itself nearly always."""
    _version, sure_n, sure_share, low, _high, _ = figures("measured", code)
    _version, n, share, _low, high, _ = figures("measured-doubtful", code)

    is_shown = min(n, sure_n) >= 1000 and min(share, sure_share) >= 99.9
    may_be = high >= low and (is_shown or code in PREPARED)
    assert RULES[code].is_on_at_first is may_be


def figures(mark, code):
    """Return the figures of a rule; B7 is measured with matching, not here."""
    return measured(mark).get(code, (RULES[code].version, 0, 0, 0, 100, ""))


def test_a_rule_written_another_way_has_another_digest():
    before = {code: report.digest_of(RULES[code]) for code in MEASURED}
    text = inspect.getsource(series)

    def changed(module):
        if module is series:
            return text.replace("_AGAIN_DAYS: Final = 13", "_AGAIN_DAYS: Final = 12")
        return inspect.getsource(module)

    assert changed(series) != text
    after = {code: report.digest_of(RULES[code], changed) for code in MEASURED}
    assert {c for c in MEASURED if before[c] != after[c]} == {"A5", "A6"}
