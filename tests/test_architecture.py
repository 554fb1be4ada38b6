"""Who may import whom, how large a module is, and what no task and no view may be."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from portal.env import BASE_DIR

PACKAGES = ("portal", "complaints")
MOST_LINES = 400
# Composition: they name what they put together.
ROOTS = {"portal", "portal.settings", "complaints", "complaints.apps"}

# Each part with the parts that it may import besides itself and the settings. What is
# not here (views, URLs, commands, API, the stack) is an interface.
PLATFORM = {
    "portal.env": set(),
    "portal.common": set(),
    "portal.audit": {"portal.common"},
    "portal.registry": {"portal.common", "portal.audit"},
    "portal.accounts": {"portal.common", "portal.audit", "portal.registry"},
}
BELOW = set(PLATFORM)
CHOICES = BELOW | {"complaints.choices"}
MODELS = CHOICES | {"complaints.models"}
# The exceptions of a refusal and the table of moves are shared by all that decides.
RULES = CHOICES | {"complaints.rules"}
SIDE = {
    "complaints.permissions",
    "complaints.timeline",
    "complaints.notifications",
    "complaints.rollups",
    # Reads with a name and a recount in SQL stand beside them.
    "complaints.burndown",
    "complaints.figures",
    "complaints.insight",
    "complaints.behind",
    "complaints.open_figures",
    "complaints.worklist",
    "complaints.queue_counts",
    "complaints.casefile",
    "complaints.lookalikes",
    "complaints.policies",
    "complaints.previews",
    "complaints.presence",
    "complaints.retold",
    "complaints.subjects",
    "complaints.unitfile",
    "complaints.integrity",
    "complaints.owndata",
    "complaints.quality",
    "complaints.predecessors",
    "complaints.replies",
    "complaints.filters",
    "complaints.saved_views",
    "complaints.scrutiny",
    "complaints.surroundings",
    "complaints.voices",
    "complaints.ways",
}
ACTIONS = MODELS | RULES | SIDE | {"complaints.actions"}
LAYERS = {
    **PLATFORM,
    "complaints.choices": set(),
    "complaints.rules": CHOICES,
    "complaints.models": CHOICES,
    **{side: MODELS | RULES | SIDE for side in SIDE},
    "complaints.actions": ACTIONS,
    "complaints.followups": ACTIONS,
    "complaints.tasks": ACTIONS | {"complaints.followups"},
    "complaints.demo": ACTIONS,
    "complaints.forms": ACTIONS,
}
INTERFACES = (
    "portal.urls",
    "portal.views",
    "portal.celery",
    "portal.wsgi",
    "portal.checks",
    "portal.stack",
    "portal.formats",
    "portal.accounts.urls",
    "portal.accounts.views",
    "portal.accounts.forms",
    "complaints.urls",
    "complaints.views",
    "complaints.api",
    "complaints.management",
    "complaints.templatetags",
)


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the dotted name and file of each module of ours."""
    for path in chain.from_iterable(Path(BASE_DIR, p).rglob("*.py") for p in PACKAGES):
        if "migrations" not in path.parts:
            parts = path.relative_to(BASE_DIR).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of what a module takes from our packages."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith(PACKAGES):
                yield node.lineno, name


def part_of(name: str, parts: set[str]) -> str | None:
    """Return the longest of the parts that holds the module."""
    return max(
        (p for p in parts if name == p or name.startswith(f"{p}.")),
        key=len,
        default=None,
    )


ALL = list(modules())
PARTS = set(LAYERS) | set(INTERFACES)


def is_interface(name: str) -> bool:
    return part_of(name, PARTS) in INTERFACES or ".management" in name


def test_every_module_has_its_place_in_the_layers():
    homeless = [n for n, _ in ALL if n not in ROOTS and not part_of(n, PARTS)]
    assert not homeless


def test_nobody_imports_what_lies_above():
    wrong = []
    for name, path in ALL:
        if is_interface(name) or name in ROOTS:
            continue
        part = part_of(name, PARTS)
        for line, taken in imports(path):
            source = part_of(taken, PARTS)
            allowed = {part, *LAYERS.get(part or "", set())}
            if source is not None and source not in allowed:
                wrong.append(f"{path.relative_to(BASE_DIR)}:{line} takes {taken}")
    assert not wrong


def test_nobody_but_an_interface_imports_an_interface():
    wrong = [
        f"{path.relative_to(BASE_DIR)}:{line} takes {taken}"
        for name, path in ALL
        if not is_interface(name) and name not in ROOTS
        for line, taken in imports(path)
        if is_interface(taken)
    ]
    assert not wrong


def test_rules_are_pure():
    wrong = [
        f"{path.name}:{line} takes {taken}"
        for name, path in ALL
        if name.startswith("complaints.rules")
        for line, taken in imports(path)
        if "models" in taken.split(".") or taken.startswith("portal.audit")
    ]
    assert not wrong
    for name, path in ALL:
        if name.startswith("complaints.rules"):
            assert "django.db" not in path.read_text("utf-8"), name


def test_persons_and_doses_are_written_by_corrections_alone():
    # The database refuses others too; this names them before anything runs.
    allowed = {
        "portal.registry.population.results",
        # Invented people for a rehearsal; its transaction is rolled back.
        "complaints.actions.staging_ground",
    }
    opened = re.compile(r"\bwriting\(")
    writers = {
        name
        for name, path in ALL
        if opened.search(path.read_text("utf-8"))
        and not name.startswith(
            (
                "portal.registry.corrections",
                "portal.registry.imports",
                "complaints.demo",
            )
        )
    }
    assert writers <= allowed


@pytest.mark.parametrize(("name", "path"), ALL, ids=[n for n, _ in ALL])
def test_a_module_is_short_and_named_by_a_noun(name, path):
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES
    assert not {"utils", "helpers", "services", "misc"} & set(name.split("."))


def test_no_task_carries_delay_expiry_result_or_retry():
    # Celery only wakes; the outbox holds the truth (docs/adr/0001-outbox.md).
    banned = {"countdown", "eta", "expires", "autoretry_for", "max_retries"}
    wrong = []
    for name, path in ALL:
        if not (name.endswith(".tasks") or name == "portal.celery"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in banned:
                wrong.append(f"{name}:{node.value.lineno} {node.arg}")
            if isinstance(node, ast.Attribute) and node.attr in {"retry", "get"}:
                wrong.append(f"{name}:{node.lineno} .{node.attr}")
    assert not wrong


def test_only_the_workers_handlers_ask_the_population_database():
    # A request must never wait for a neighbour (trust paper F17).
    asking = re.compile(
        r"\b(neighbour|register)\.ask\(|\.population\.client import Client"
    )
    askers = {n for n, path in ALL if asking.search(path.read_text("utf-8"))}
    inside = "portal.registry.population"
    assert askers == {f"{inside}.neighbour", f"{inside}.work"}
    callers = {
        name
        for name, path in ALL
        for _, taken in imports(path)
        if taken.startswith(f"{inside}.work")
    }
    assert not callers, "the outbox names the handlers; nobody else calls them"


def test_only_the_outbox_sends_to_the_broker():
    sends = re.compile(r"\.(delay|apply_async|send_task)\(")
    senders = {n for n, path in ALL if sends.search(path.read_text("utf-8"))}
    assert senders == {"portal.common.outbox"}


def views() -> Iterator[tuple[str, Callable]]:
    """Yield the route and view of each address."""

    def walk(patterns, prefix):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route, pattern.callback

    yield from walk(get_resolver().url_patterns, "")


def test_every_view_says_who_may_call_it():
    undecided = [
        route
        for route, view in views()
        if getattr(view, "access", None)
        not in {"public", "citizen", "staff", "account", "machine"}
    ]
    assert not undecided
