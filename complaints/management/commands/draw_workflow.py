"""Draw the page of statuses and moves from the table that the portal obeys."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from complaints.choices import ENDED, Actor, Move, Status
from complaints.rules.workflow import MOVES, Step

HEAD = """\
# A complaint's way

Drawn by `manage.py draw_workflow --write` from `complaints/rules/workflow.py`; a test
compares both. Overdue, escalated and urgent are facts beside the status, never
statuses. The clock runs from the sending of a round and pauses only while the portal
waits for the citizen, ten days a round at most; neither a hand-over nor a wait for
another body pauses it. A wait that nobody answered in time ends by itself. Once a round
the due date can be extended, as far as the policy allows; the citizen is told.

Staff take a move back within 30 seconds, alone or for many at once, as long as nothing
happened to the case since: its message has not gone out by then, although the status
page shows the move at once. A proposal that was declined is proposed again instead. Who
sends a form of a case that changed since they read it reads all that happened since,
their own words beside it, before any search, ready answer or mistake is dealt with;
where the move can be made no more, or the case is with another unit, their words are
shown to be copied. Who can be told nothing, for want of a telephone and an e-mail
address, is asked by a letter that the case's page prints; staff are warned before they
ask.

Whoever sent a report for somebody does not decide it (ADR 4); a proposal goes up to be
signed as it is, and where nobody else can sign at its station the page says so. A lead
gives a case to a colleague or frees it; what somebody had who is not posted there any
more, or is on leave with a deputy, is given out like what nobody has.

Each point of a case is decided by itself: as claimed; another value, typed by staff
with a word to the citizen and what it rests on, where both record and citizen have it
wrong (the case then ends as partly corrected); kept, with a ground and what was looked
at; or right already. What a decision would change, and on which dose, is shown before
it is made, to whoever signs a proposal as well, beside what that rests on.

No move merges or splits, though the paper of decisions names both, and staff return a
case by handing it over: ADR 15 says what serves instead, and why.
"""


class Command(BaseCommand):
    help = "Print the page of the workflow; --write puts it into docs/workflow.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true")

    def handle(self, *, write: bool, **options: Any) -> None:
        # The page is part of the project's papers, which are in English.
        with translation.override("en"):
            page = "\n".join([HEAD, *_diagram(), "", *_table(), ""])
        if write:
            path = settings.BASE_DIR / "docs" / "workflow.md"
            path.write_text(page, encoding="utf-8")
        else:
            self.stdout.write(page, ending="")


def _diagram() -> Iterator[str]:
    """Yield a Mermaid diagram; moves between the same statuses share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for move, step in MOVES.items():
        ways = [(str(source), str(step.after(source))) for source in step.sources]
        for source, to in ways or [("[*]", str(step.to))]:
            if source != to:
                arrows.setdefault((source, to), []).append(move.value)
    yield "```mermaid"
    yield "stateDiagram-v2"
    for (source, to), moves in arrows.items():
        yield f"  {source} --> {to}: {', '.join(moves)}"
    for status in ENDED:
        yield f"  {status.value} --> [*]"
    yield "```"


def _table() -> Iterator[str]:
    yield "| Move | Words | Who | From | To |"
    yield "|---|---|---|---|---|"
    for move, step in MOVES.items():
        yield _row(move, step)


def _row(move: Move, step: Step) -> str:
    who = ", ".join(str(Actor(actor).label) for actor in step.actors)
    sources = ", ".join(Status(status).value for status in step.sources) or "(new)"
    to = step.to.value if step.to else "(stays)"
    if step.stays:
        to += f" ({', '.join(step.stays)} stays)"
    to = "(as it was)" if move == Move.UNDO else to
    return f"| `{move.value}` | {move.label} | {who} | {sources} | {to} |"
