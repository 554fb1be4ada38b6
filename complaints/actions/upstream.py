"""What the national platform has taken over, noted with the complaints it came of."""

from datetime import datetime

from django.db import connection

from portal.common import scope
from portal.registry.corrections import feed

_CONFIRM = """
UPDATE complaints_complaint c SET confirmed_upstream_at = %(at)s
FROM unnest(%(codes)s::text[], %(numbers)s::int[]) AS told (code, number)
JOIN complaints_submission s ON s.code = told.code
WHERE c.submission_id = s.id AND c.number = told.number
  AND c.confirmed_upstream_at IS NULL
"""


def confirm(*, up_to: int, at: datetime) -> int:
    """Note what is held upstream up to a position; return how many complaints are.

    A complaint is once all its corrections are. Harmless to repeat.
    """
    with scope.system(), connection.cursor() as cursor:
        references = sorted(feed.confirm(up_to=up_to, at=at))
        cursor.execute(
            _CONFIRM,
            {
                "at": at,
                "codes": [reference.partition("-")[0] for reference in references],
                "numbers": [int(ref.partition("-")[2]) for ref in references],
            },
        )
        return cursor.rowcount
