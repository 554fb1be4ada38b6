"""What README and docs name is there: paths, links, commands, settings, addresses."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, URLPattern, get_resolver, resolve
from django.utils import translation

from portal.env import BASE_DIR

TOPS = ("bench", "complaints", "docs", "locale", "portal", "templates", "tests")
DOCUMENTS = [BASE_DIR / "README.md", *sorted((BASE_DIR / "docs").rglob("*.md"))]
# What stands in the data folder, and what a reader fills in.
THERE_AT_RUN_TIME = {"beat", "evidence", "log", "postgres", "quarantine", "run"}
FILLED_IN = ("BASE_URL/", "DATA_DIR/", "PATH.")
KINDS = r"\.(py|csv|md|js|css|html|po|toml)|/"
MACHINE = ("/tmp/", "/srv/")

ids = [str(path.relative_to(BASE_DIR)) for path in DOCUMENTS]
each = pytest.mark.parametrize("document", DOCUMENTS, ids=ids)


def spans(document: Path) -> list[str]:
    """Return what a document sets in code: within lines, and lines of their own."""
    text = document.read_text("utf-8")
    blocks = re.findall(r"(?s)```\w*\n(.*?)```", text)
    within = re.findall(r"`([^`]+)`", re.sub(r"(?s)```.*?```", "", text))
    lines = chain.from_iterable(block.splitlines() for block in blocks)
    return [" ".join(span.split()) for span in (*within, *lines)]


def spelled_out(path: str) -> list[str]:
    """Return the paths of a/{b,c}.py."""
    braces = re.search(r"\{([^{}]*)\}", path)
    if braces is None:
        return [path]
    before, after = path[: braces.start()], path[braces.end() :]
    parts = braces[1].split(",")
    return [one for part in parts for one in spelled_out(before + part + after)]


@pytest.fixture(scope="module")
def files() -> set[str]:
    """Return the project's files and folders, each also by the ends of its path."""
    found = {path.name for path in BASE_DIR.glob("[!.]*")}
    for top in TOPS:
        for path in (BASE_DIR / top).rglob("*"):
            parts = path.relative_to(BASE_DIR).parts
            found |= {"/".join(parts[n:]) for n in range(len(parts))}
    return found | set(TOPS)


@pytest.fixture(scope="module")
def source() -> set[str]:
    """Return every word of the program and of what it is started with."""
    code = chain.from_iterable((BASE_DIR / top).rglob("*.py") for top in TOPS)
    texts = [path.read_text("utf-8") for path in code if path != Path(__file__)]
    texts += [(BASE_DIR / name).read_text() for name in ("Makefile", ".env.example")]
    return set(re.findall(r"\w+", "\n".join(texts)))


@each
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8"))

    own = [target for target in targets if "://" not in target]
    assert [one for one in own if not (document.parent / one).exists()] == []


@each
def test_paths_are_there(document: Path, files: set[str]) -> None:
    named = [
        path.rstrip("/")
        for span in spans(document)
        if re.fullmatch(rf"[\w{{][\w./{{}},-]*({KINDS})", span)
        and not span.startswith(FILLED_IN)
        for path in spelled_out(span)
    ]

    assert set(named) - files - THERE_AT_RUN_TIME == set()


@each
def test_commands_and_their_options_are_there(document: Path) -> None:
    targets = re.findall(r"(?m)^([a-z-]+):", (BASE_DIR / "Makefile").read_text())
    known = get_commands()
    wrong = []
    for span in spans(document):
        wrong += [
            span
            for name in re.findall(r"\bmake ([a-z]+)", span)
            if (name not in targets)
        ]
        for module in re.findall(r"python -m ([\w.]+)", span):
            path = BASE_DIR / module.replace(".", "/")
            if not (path.is_dir() or path.with_suffix(".py").exists()):
                wrong.append(span)
        for name, rest in re.findall(r"manage\.py (\w+)([^|;&]*)", span):
            if name not in known:
                wrong.append(span)
                continue
            command = load_command_class(known[name], name)
            options = command.create_parser("manage.py", name)._option_string_actions
            wrong += [
                span
                for option in re.findall(r"(--[a-z][a-z-]*)", rest)
                if option not in options
            ]
    assert wrong == []


@each
def test_settings_and_constants_are_those_of_the_program(
    document: Path, source: set[str]
) -> None:
    named = re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", "\n".join(spans(document)))

    assert set(named) - source == set()


def routes(patterns, before: str = "/") -> Iterator[str]:
    """Yield all addresses, with <> for what differs."""
    for one in patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield re.sub(r"<[^>]*>", "<>", here)
        else:
            yield from routes(one.url_patterns, here)


@each
def test_addresses_lead_to_pages(document: Path) -> None:
    with translation.override("vi"):
        known = list(routes(get_resolver().url_patterns))
        wrong = [
            address
            for span in spans(document)
            for address in re.findall(r"^(?:GET |POST )?(/[a-z][^ ?]*)", span)
            if not address.startswith(MACHINE) and not _leads(address, known)
        ]

    assert wrong == []


def _leads(address: str, known: list[str]) -> bool:
    """Tell whether an address is a page's, or what those of several begin with."""
    try:
        return bool(resolve(address))
    except Resolver404:
        begins = re.sub(r"<[^>]*>", "<>", address)
        return any(route.startswith(begins) for route in known)
