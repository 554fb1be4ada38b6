"""The embedded default: real PostgreSQL and Redis from wheels, one supervisor.

`python -m portal.stack up` runs everything, `services` only the two servers, and
`run -- COMMAND` a command on fresh ones in a temporary folder. For Linux and macOS:
it uses process groups, file locks and Unix sockets.
"""

import sys

if sys.platform == "win32":
    # Before what only exists elsewhere is imported: a line, not a traceback.
    sys.exit(
        "Cannot go on: the servers that come with the portal run on Linux and macOS.\n"
        "On Windows start it inside WSL 2 (wsl --install), as on Linux."
    )
