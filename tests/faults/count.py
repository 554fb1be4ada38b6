"""What chaos counts afterwards, and the little country it happens in.

`python -m tests.faults.count ground N` makes N stations; `... findings` reads the
ledger as JSON from standard input and prints what is wanting.
"""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()

# The app registry has to be ready before models can be imported.
# ruff: noqa: E402
from django.db import DatabaseError, connection
from django.utils import timezone

from complaints import integrity
from portal.common import scope
from tests.factories import make_organization, make_product, make_staff

# Each returns what breaks a promise to those who were told "we have it".
PROMISES = {
    "routed_exactly_once": """
        SELECT c.id FROM complaints_complaint c
        LEFT JOIN complaints_event e ON e.complaint_id = c.id AND e.move = 'route'
        GROUP BY c.id HAVING count(e.id) <> 1""",
    "one_message_sent_per_event_that_tells": """
        SELECT e.id FROM complaints_event e
        LEFT JOIN complaints_message m ON m.event_id = e.id AND m.state = 'sent'
        WHERE e.move IN ('submit', 'route', 'resolve')
        GROUP BY e.id HAVING count(m.id) <> 1""",
    "the_provider_saw_each_message_once": """
        SELECT m.id FROM complaints_message m
        FULL JOIN common_demomessage d ON d.provider_key = 'message:' || m.id
        WHERE (m.id IS NULL OR d.id IS NULL) AND m.state IS DISTINCT FROM 'waiting'""",
    "one_open_complaint_per_submission": """
        SELECT s.id FROM complaints_submission s
        LEFT JOIN complaints_complaint c ON c.submission_id = s.id
        GROUP BY s.id HAVING count(c.id) <> 1""",
}


def make_stations(count: int) -> None:
    """Make stations that give doses, with one nurse each."""
    with scope.system():
        make_product()
        for number in range(count):
            make_staff(make_organization(f"TYT-C{number}"))


def findings(codes: dict[str, str]) -> dict[str, list]:
    """Return what is wanting; ``codes``: key -> acknowledged code."""
    try:
        found = integrity.check(at=timezone.now())
        with scope.system(), connection.cursor() as cursor:
            for name, sql in PROMISES.items():
                cursor.execute(f"{sql} LIMIT 20")
                found[name] = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT key::text, code FROM complaints_submission")
            stored = dict(cursor.fetchall())
    except DatabaseError as error:
        connection.close()
        return {"the_database_answers": [type(error).__name__]}
    found["every_acknowledged_code_exists"] = [
        code for key, code in codes.items() if stored.get(key) != code
    ]
    return {name: rows[:20] for name, rows in found.items() if rows}


if __name__ == "__main__":
    if sys.argv[1] == "ground":
        make_stations(int(sys.argv[2]))
    else:
        sys.stdout.write(json.dumps(findings(json.load(sys.stdin))))
