"""A few at a time, over all processes: who finds no place free is told so at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def hold(name: str, *, most: int) -> Iterator[bool]:
    """Hold one of so many places while it lasts; yield False where none is free.

    The database's session holds it, no transaction: nothing stands open meanwhile, and
    who is killed leaves the place with the connection. Needs no Redis.
    """
    number = next(
        (n for n in range(most) if _asked("try_advisory_lock", name, n)), None
    )
    try:
        yield number is not None
    finally:
        if number is not None:
            _asked("advisory_unlock", name, number)


def _asked(what: str, name: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_{what}(hashtext(%s), %s::int)", [name, number])
        return bool(cursor.fetchone()[0])
