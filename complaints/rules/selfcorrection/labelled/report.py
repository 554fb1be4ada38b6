"""The measured figures as tables of the document, put between its marks."""

import ast
import hashlib
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from complaints.rules.selfcorrection.labelled.measurement import (
    Rates,
    Tally,
    confusion,
)
from complaints.rules.selfcorrection.rule import Rule
from complaints.rules.selfcorrection.table import RULES


def rules_table() -> Iterator[str]:
    """Yield the table of rules as the document has it."""
    yield "| Rule | What | Proof | Effect | At first |"
    yield "|---|---|---|---|---|"
    for rule in RULES.values():
        state = "on" if rule.is_on_at_first else "off"
        yield (
            f"| {rule.code} v{rule.version} | {rule.name} | {rule.proof} "
            f"| {rule.effect} | {state} |"
        )


def lines(tally: Tally) -> Iterator[str]:
    """Yield the figures of a measurement: as a whole, by rule, by mistake."""
    found = tally.as_json()
    yield (
        f"As delivered: precision {_percent(found['precision'])}, settled without a "
        f"person {_percent(found['settled_share'])}, prepared for one click "
        f"{_percent(found['prepared_share'])}, people changed on whose record nothing "
        f"was wrong {found['others_changed']}. Were {' and '.join(found['off'])} on, "
        f"too: settled {_percent(found['settled_share_with_every_rule'])}, prepared "
        f"{_percent(found['prepared_share_with_every_rule'])}."
    )
    yield ""
    yield "| Rule | Changes | Right | 95 % from | to | As written |"
    yield "|---|---|---|---|---|---|"
    for code, figures in found["rules"].items():
        yield (
            f"| {code} v{RULES[code].version} | {figures['applied']} "
            f"| {_percent(figures['precision'])} | {_percent(figures['low'])} "
            f"| {_percent(figures['high'])} | {digest_of(RULES[code])} |"
        )
    yield ""
    yield "| Mistake | Rule | Made | Settled | Prepared |"
    yield "|---|---|---|---|---|"
    for name, counts in found["mistakes"].items():
        yield (
            f"| {name} | {counts['rule'] or 'none'} | {counts['made']} "
            f"| {counts['settled']} | {counts['prepared']} |"
        )
    yield ""
    yield "Wrong changes, by what was wrong with the record (it may be several things):"
    yield ""
    yield "| Mistake on the record | Rule | Right | Wrong |"
    yield "|---|---|---|---|"
    for mistake, code, right, wrong in confusion(tally):
        if wrong:
            yield f"| {mistake} | {code} | {right} | {wrong} |"


def digest_of(
    rule: Rule, source: Callable[[ModuleType], str] = inspect.getsource
) -> str:
    """Return a digest of what a rule is written in: its module and those it rests on.

    So a table tells whether it was measured of the rule as it is now. Layout, comments
    and docstrings do not count.
    """
    texts: dict[str, str] = {}
    wanted = {rule.look.__module__, Rule.__module__}
    while wanted:
        name = wanted.pop()
        tree = ast.parse(source(import_module(name)))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = {node.module, *(f"{node.module}.{n.name}" for n in node.names)}
                wanted |= names & _WRITTEN_IN - texts.keys()
        texts[name] = _without_words(tree)
    whole = "\n".join(texts[name] for name in sorted(texts))
    return hashlib.sha256(whole.encode()).hexdigest()[:10]


_PACKAGE: Final = "complaints.rules.selfcorrection"
_WRITTEN_IN: Final = frozenset(
    f"{_PACKAGE}.{name}"
    for name in ("identity", "numbers", "people", "rule", "series", "stock")
)


def _without_words(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(line: ast.AST) -> bool:
    return (
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )


def write(path: Path, tally: Tally, *, people: int, seed: int, rates: Rates) -> None:
    """Put the tables into a document between their marks.

    Raise ValueError where a mark is missing.
    """
    text = put(path.read_text("utf-8"), "rules", rules_table())
    head = (
        f"{people:,} people, seed {seed}; the population database wrong, late and "
        f"silent: {_percent(rates.wrong)}, {_percent(rates.late)}, "
        f"{_percent(rates.silent)}."
    )
    mark = "measured" if rates == Rates() else "measured-doubtful"
    text = put(text, mark, [head, "", *lines(tally)])
    path.write_text(text, "utf-8")


def put(text: str, mark: str, rows: Any) -> str:
    """Return a document with what stands between two marks replaced.

    Raise ValueError where a mark is missing.
    """
    begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->"
    head, found, rest = text.partition(begin)
    _old, also_found, tail = rest.partition(end)
    if not (found and also_found):
        raise ValueError(f"the document has no marks for {mark}")
    return "".join((head, begin, "\n".join(rows), "\n", end, tail))


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.2f} %"
