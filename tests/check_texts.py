"""Check that every text has its Vietnamese, and that the compiled catalogue is current.

`python -m tests.check_texts` fails naming what is missing; `--write` takes new entries
from the files named after it into the catalogue and compiles it. Needs no gettext.
"""

import ast
import re
import sys
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "vi" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")
CALLS = {
    "_",
    "_now",
    "gettext",
    "gettext_lazy",
    "pgettext",
    "ngettext",
    "ngettext_lazy",
}
IN_TEMPLATE = re.compile(
    r"""\bn?gettext\(\s*u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\"\"\".*?\"\"\")""", re.S
)


def texts_of_code() -> dict[str, str]:
    """Return every text that a module asks for, with where it stands."""
    found = {}
    for folder in ("portal", "complaints"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in CALLS:
                    for text in _texts(node):
                        found[text] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def texts_of_templates() -> dict[str, str]:
    """Return every text that a template asks for, with where it stands."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    found = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = templatize(path.read_text(encoding="utf-8"))
        for match in IN_TEMPLATE.finditer(source):
            text = ast.literal_eval(match.group(1))
            found[text] = str(path.relative_to(ROOT))
    return found


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _texts(call: ast.Call) -> list[str]:
    """Return the constant texts of a call; the first one counts, both of a plural."""
    first = call.args[:1]
    return [
        arg.value
        for arg in first
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]


def problems() -> list[str]:
    """Return what is wrong, a line each."""
    if not CATALOGUE.exists():
        return ["there is no catalogue"]
    catalogue = polib.pofile(str(CATALOGUE))
    known = {entry.msgid: entry for entry in catalogue if not entry.obsolete}
    wrong = []
    for text, where in (texts_of_code() | texts_of_templates()).items():
        entry = known.get(text)
        if entry is None or not entry.translated():
            wrong.append(f"{where}: no Vietnamese for {text!r}")
    wrong += [f"unsure: {entry.msgid!r}" for entry in catalogue.fuzzy_entries()]
    if not COMPILED.exists() or COMPILED.read_bytes() != catalogue.to_binary():
        wrong.append("the compiled catalogue is not current (run with --write)")
    return wrong


def write(parts: list[str]) -> None:
    """Take the entries of these files into the catalogue, drop unused, compile."""
    catalogue = polib.POFile(wrapwidth=88)
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": "vi",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    wanted = texts_of_code() | texts_of_templates()
    entries = {}
    for part in [str(CATALOGUE)] * CATALOGUE.exists() + parts:
        for entry in polib.pofile(part):
            entries[entry.msgid] = entry
    for msgid in sorted(entries):
        if msgid in wanted or msgid in KEPT:
            entry = entries[msgid]
            entry.occurrences, entry.comment = [], ""
            catalogue.append(entry)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))
    COMPILED.write_bytes(polib.pofile(str(CATALOGUE)).to_binary())


# Texts of Django itself that its own Vietnamese catalogue lacks and people can meet.
KEPT = frozenset({"Vietnamese", "English"})


def main(words: list[str]) -> int:
    """Check, or write and check; return the exit code."""
    if words[:1] == ["--write"]:
        write(words[1:])
    wrong = problems()
    for line in wrong:
        sys.stderr.write(line + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
