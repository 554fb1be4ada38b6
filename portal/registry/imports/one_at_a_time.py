"""One at a time where people are added whom the registry did not know.

Two lists with the same newcomer, written in the same moment, would each find nobody and
add somebody: of somebody who is not there no row can be locked. So whoever adds people
holds one lock until its transaction ends, and looks for them only after it has it.
"""

from typing import Final

from django.db import connection

# Ours alone; the same for lists, bundles and loads of a whole country.
_LOCK: Final = 7_421_001


def lock() -> None:
    """Wait until nobody else adds people, and hold that until the transaction ends.

    Take it before any row of the registry is locked, so that nobody waits in a ring.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
