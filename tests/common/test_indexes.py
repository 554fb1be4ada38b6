"""Every index costs each row that is written; none may do what another does already."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

# Plain ones whose columns another plain one begins with. What other packages' tables
# have is theirs.
_COVERED = """
SELECT a.indexrelid::regclass::text, b.indexrelid::regclass::text
FROM pg_index a
JOIN pg_index b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid
WHERE a.indrelid::regclass::text ~ '^(accounts|audit|common|complaints|registry)_'
  AND a.indrelid::regclass::text !~ '_(groups|user_permissions)$'
  AND NOT a.indisunique AND a.indpred IS NULL AND a.indexprs IS NULL
  AND b.indpred IS NULL AND b.indexprs IS NULL
  AND b.indkey::text LIKE a.indkey::text || ' %'
  AND b.indclass::text LIKE a.indclass::text || ' %'
  AND a.indnkeyatts = 1 AND a.indnatts = 1
"""


def test_no_index_is_the_beginning_of_another():
    with connection.cursor() as cursor:
        cursor.execute(_COVERED)
        found = cursor.fetchall()
    assert not [f"{one} is covered by {other}" for one, other in found]
