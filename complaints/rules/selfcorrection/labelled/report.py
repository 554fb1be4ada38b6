"""The measured figures as tables of the document, put between its marks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from complaints.rules.selfcorrection.labelled.measurement import (
    Rates,
    Tally,
    confusion,
)
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
        f"Precision {_percent(found['precision'])}, settled without a person "
        f"{_percent(found['settled_share'])}, prepared for one click "
        f"{_percent(found['prepared_share'])}, people changed on whose record nothing "
        f"was wrong {found['others_changed']}."
    )
    yield ""
    yield "| Rule | Changes | Right | 95 % from | to |"
    yield "|---|---|---|---|---|"
    for code, figures in found["rules"].items():
        yield (
            f"| {code} | {figures['applied']} | {_percent(figures['precision'])} "
            f"| {_percent(figures['low'])} | {_percent(figures['high'])} |"
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
