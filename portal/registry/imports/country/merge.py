"""A block's rows into people, numbers, telephones and doses, a few statements each.

Whose dose it is, is decided carefully, as a number is not a key (domain paper e): the
number must stand on record with the same name and birth date; without a number the
telephone must. A number on record with another name or birth date refuses the row. A
dose without number and telephone has no owner yet. Nothing on record is changed.
"""

from typing import Any, Final, NamedTuple

from django.db import connection

# One block after the other, or else two would both add the same new person.
_LOCK: Final = 7_421_001

# Temporary, so nothing of it is logged ahead or outlives the connection.
_TABLES: Final = """
CREATE TEMP TABLE IF NOT EXISTS load_staged (
  row integer, person bigint, dose bigint, identity bytea, full_name text,
  name_key text, name_folded text, sort_key text, born_on date, born_precision text,
  sex text, residence_id bigint, id_kind text, number_sealed bytea,
  number_digest bytea, phone_sealed bytea, phone_digest bytea, given_on date,
  product_id bigint, lot_number text, lot_id bigint, site_id bigint,
  dose_number smallint, recorded_at timestamptz
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS load_owners (
  row integer, owner bigint, agreeing integer
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS load_new (LIKE load_staged) ON COMMIT DELETE ROWS"""
_COPY: Final = "COPY load_staged FROM STDIN"

# Born on the same day, as far as both sides know it.
_AGREES = """
p.name_key = s.name_key AND (
  p.born_on = s.born_on AND p.born_precision = s.born_precision
  OR (p.born_precision = 'year' OR s.born_precision = 'year')
     AND date_trunc('year', p.born_on) = date_trunc('year', s.born_on)
  OR (p.born_precision = 'month' OR s.born_precision = 'month')
     AND date_trunc('month', p.born_on) = date_trunc('month', s.born_on))"""

# A record that was joined to another one is answered by the one that survives.
_FIND: Final = (
    f"""
INSERT INTO load_owners
SELECT s.row, min(o.id) FILTER (WHERE agrees),
  count(DISTINCT o.id) FILTER (WHERE agrees)
FROM load_staged s
JOIN registry_identitydocument d
  ON d.number_digest = s.number_digest AND NOT d.is_void
JOIN registry_person p ON p.id = d.person_id AND p.status <> 'entered_in_error'
CROSS JOIN LATERAL (SELECT coalesce(p.merged_into_id, p.id)) AS o (id)
CROSS JOIN LATERAL (SELECT {_AGREES}) AS a (agrees)
GROUP BY s.row""",
    f"""
INSERT INTO load_owners
SELECT s.row, min(coalesce(p.merged_into_id, p.id)),
  count(DISTINCT coalesce(p.merged_into_id, p.id))
FROM load_staged s
JOIN registry_telephone t ON t.number_digest = s.phone_digest AND NOT t.is_void
JOIN registry_person p ON p.id = t.person_id AND p.status <> 'entered_in_error'
WHERE s.number_digest IS NULL AND {_AGREES}
GROUP BY s.row""",
)

# The first row of a new identity makes the person; later ones must say the same.
_NEW_PEOPLE: Final = """
INSERT INTO load_new
SELECT DISTINCT ON (s.identity) s.* FROM load_staged s
WHERE s.identity IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM load_owners o WHERE o.row = s.row)
ORDER BY s.identity, s.row"""
_ADD_PEOPLE: Final = """
INSERT INTO registry_person (id, ref, full_name, name_key, name_folded, sort_key,
  born_on, born_precision, sex, residence_id, population, is_restricted, version)
SELECT person, gen_random_uuid(), full_name, name_key, name_folded, sort_key, born_on,
  born_precision, sex, residence_id, 'not_sent', false, 1
FROM load_new ORDER BY person"""
_ADD_DOCUMENTS: Final = """
INSERT INTO registry_identitydocument (person_id, kind, number_sealed, number_digest,
  source, is_current)
SELECT person, id_kind, number_sealed, number_digest, 'upload', true
FROM load_new WHERE number_digest IS NOT NULL ORDER BY person"""
_ADD_TELEPHONES: Final = """
INSERT INTO registry_telephone (person_id, number_sealed, number_digest, is_contact)
SELECT person, phone_sealed, phone_digest, true
FROM load_new WHERE phone_digest IS NOT NULL ORDER BY person"""
_OWN: Final = f"""
INSERT INTO load_owners
SELECT s.row, p.person, CASE WHEN {_AGREES} THEN 1 ELSE 0 END
FROM load_staged s JOIN load_new p ON p.identity = s.identity
WHERE NOT EXISTS (SELECT 1 FROM load_owners o WHERE o.row = s.row)"""

_ADD_DOSES: Final = """
INSERT INTO registry_dose (id, ref, person_id, given_on, product_id, lot_number, lot_id,
  site_id, dose_number, status, source, name_recorded, recorded_at, version)
SELECT u.dose, gen_random_uuid(), u.owner, u.given_on, u.product_id, u.lot_number,
  u.lot_id, u.site_id, u.dose_number, 'completed', 'upload', u.full_name,
  u.recorded_at, 1
FROM (
  SELECT DISTINCT ON (o.owner, s.given_on, s.product_id) s.*, o.owner
  FROM load_staged s JOIN load_owners o ON o.row = s.row AND o.agreeing = 1
  ORDER BY o.owner, s.given_on, s.product_id, s.row
) u
WHERE NOT EXISTS (
  SELECT 1 FROM registry_dose d WHERE d.person_id = u.owner
    AND d.given_on = u.given_on AND d.product_id = u.product_id
    AND d.status = 'completed')
UNION ALL
SELECT s.dose, gen_random_uuid(), NULL, s.given_on, s.product_id, s.lot_number,
  s.lot_id, s.site_id, s.dose_number, 'completed', 'upload', s.full_name,
  s.recorded_at, 1
FROM load_staged s WHERE s.identity IS NULL"""

_REFUSED: Final = """
SELECT o.row, CASE WHEN s.number_digest IS NULL THEN 'phone' ELSE 'id_number' END,
  CASE o.agreeing WHEN 0 THEN 'somebody_else' ELSE 'several_people' END
FROM load_owners o JOIN load_staged s USING (row) WHERE o.agreeing <> 1
ORDER BY o.row"""
# What was said of somebody known and is not on record: told, not taken.
_LEFT_OUT: Final = """
SELECT s.row FROM load_staged s
JOIN load_owners o ON o.row = s.row AND o.agreeing = 1
WHERE s.phone_digest IS NOT NULL AND o.owner <> s.person
  AND NOT EXISTS (SELECT 1 FROM registry_telephone t
    WHERE t.person_id = o.owner AND t.number_digest = s.phone_digest)
ORDER BY s.row"""


class Merged(NamedTuple):
    """What became of a block's rows.

    ``refused``: (row, column, reason); ``left_out``: rows whose telephone was not
    taken, as their person has another one on record.
    """

    people: int
    doses: int
    orphans: int
    refused: list[tuple[int, str, str]]
    left_out: list[int]


def merge(lines: bytes) -> Merged:
    """Merge staged lines (the columns of ``load_staged`` as COPY reads them).

    Runs inside the caller's transaction, which has opened the registry for writing.
    """
    with connection.cursor() as cursor:
        for statement in _TABLES.split(";"):
            cursor.execute(statement)
        with cursor.copy(_COPY) as out:
            out.write(lines)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(
            "ANALYZE load_staged (row, identity, number_digest, phone_digest)"
        )
        for statement in (*_FIND, _NEW_PEOPLE):
            cursor.execute(statement)
        people = _count(cursor, _ADD_PEOPLE)
        for statement in (_ADD_DOCUMENTS, _ADD_TELEPHONES, _OWN):
            cursor.execute(statement)
        cursor.execute("ANALYZE load_owners")
        doses = _count(cursor, _ADD_DOSES)
        cursor.execute("SELECT count(*) FROM load_staged WHERE identity IS NULL")
        orphans = cursor.fetchone()[0]
        cursor.execute(_REFUSED)
        refused = cursor.fetchall()
        cursor.execute(_LEFT_OUT)
        left_out = [row for (row,) in cursor.fetchall()]
    return Merged(people, doses, orphans, refused, left_out)


def reserve(table: str, count: int) -> list[int]:
    """Return so many new keys of a registry table, which nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(sequence) FROM (SELECT pg_get_serial_sequence(%s, 'id')"
            "::regclass AS sequence OFFSET 0) AS known, generate_series(1, %s)",
            [table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def _count(cursor: Any, statement: str) -> int:
    cursor.execute(statement)
    return cursor.rowcount
