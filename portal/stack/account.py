"""The OS user PostgreSQL runs as: ours, or an own one when we are root.

PostgreSQL refuses to run as root. The wheel's own answer opens the permissions of
every parent folder for reading; here parents get passage only (x), and only those
that lack it.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.stack.console import Refused, say

NAME: Final = "dumui"


@dataclass(frozen=True)
class Account:
    """Numbers of the user to become; None where we stay who we are."""

    user: int | None
    group: int | None

    def own(self, path: Path) -> None:
        """Give the path to the account, and nobody else."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)
        path.chmod(0o700)

    def open_way(self, path: Path) -> None:
        """Let the account pass through the parents of `path`, without listing them."""
        if self.user is None:
            return
        for parent in path.resolve().parents:
            mode = stat.S_IMODE(parent.stat().st_mode)
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)
                say(f"{parent}: passage opened for PostgreSQL's user (chmod o+x)")


def current() -> Account:
    """Return the account for PostgreSQL; makes the OS user when we are root.

    Where no user can be made, `nobody` serves. Raises Refused if there is none.
    """
    if os.geteuid() != 0:
        return Account(None, None)
    entry = _find(NAME)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if entry is None and useradd:
        # A failure shows below: the user is then not there, and nobody steps in.
        subprocess.run(
            [useradd, "--system", "--no-create-home", "--shell", "/bin/false", NAME],
            check=False,
            capture_output=True,
        )
        entry = _find(NAME)
    entry = entry or _find("nobody")
    if entry is None:
        raise Refused(
            "PostgreSQL refuses to run as root, and no other user could be made.",
            "Start as an ordinary user.",
        )
    return Account(entry.pw_uid, entry.pw_gid)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
