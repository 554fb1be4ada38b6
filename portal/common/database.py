"""Whether the database failed because it is away, not because of the question."""

import psycopg
from django.db import Error, connections

# Classes of PostgreSQL's error codes: 08 connection, 53 out of connections or room,
# 57P stopped or starting; 25006 is a server that only reads, as while one takes over.
AWAY = ("08", "53", "57P", "25006")


def is_away(error: BaseException | None) -> bool:
    """Say whether an error means: ask again later, the question was not at fault.

    psycopg gives no code to a connection that could not be made or was lost.
    """
    if not isinstance(error, Error):
        return False
    cause = error.__cause__
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return isinstance(cause, psycopg.Error) and cause.sqlstate == "25006"
    return cause.sqlstate is None or cause.sqlstate.startswith(AWAY)


def leave() -> None:
    """Close this thread's connections after ``is_away``: the next ask is made anew.

    A server that only reads keeps them open, and Django keeps what still answers. Those
    inside a transaction are left to whoever began it.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
