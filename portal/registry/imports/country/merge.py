"""A block's rows into people, numbers, telephones and doses, a few statements each.

Whose dose it is, is decided carefully, as a number is not a key (domain paper e): the
number must stand on record with the same name and birth date; without a number the
telephone must. A name that was corrected counts as the one before, too. A number on
record with another name or birth date refuses the row, and so does a telephone without
number whose person is named or born much alike, save one that more than twenty people
have, which only fills its box. A dose without number and telephone has
no owner yet. Nothing on record is changed, and where the file is cut into blocks
changes nothing.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from portal.registry.imports import one_at_a_time

# Temporary, so nothing of it is logged ahead or outlives the connection.
_TABLES: Final = """
CREATE TEMP TABLE IF NOT EXISTS load_staged (
  row integer, person bigint, dose bigint, identity bytea, full_name text,
  name_key text, name_folded text, sort_key text, born_on date, born_precision text,
  sex text, residence_id bigint, id_kind text, number_sealed bytea,
  number_digest bytea, phone_sealed bytea, phone_digest bytea, given_on date,
  product_id bigint, lot_number text, lot_id bigint, site_id bigint,
  dose_number smallint, recorded_at timestamptz, restored_digest bytea
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS load_added (dose bigint, owner bigint)
  ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS load_owners (
  row integer, owner bigint, agreeing integer
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS load_new (LIKE load_staged) ON COMMIT DELETE ROWS;
TRUNCATE load_staged, load_owners, load_new, load_added"""
_COPY: Final = "COPY load_staged FROM STDIN"

# Born on the same day, as far as both sides know it.
_BORN = """(
  p.born_on = s.born_on AND p.born_precision = s.born_precision
  OR (p.born_precision = 'year' OR s.born_precision = 'year')
     AND date_trunc('year', p.born_on) = date_trunc('year', s.born_on)
  OR (p.born_precision = 'month' OR s.born_precision = 'month')
     AND date_trunc('month', p.born_on) = date_trunc('month', s.born_on))"""


def _unmarked(name: str) -> str:
    return f"octet_length({name}) = length({name})"


# A name that was corrected finds its person still; with the number, so does one that
# was written without its accents.
_BY_PHONE = f"""(p.name_key = s.name_key OR EXISTS (
    SELECT FROM registry_namealias a WHERE a.person_id = p.id AND NOT a.is_void
      AND lower(a.full_name) = lower(s.full_name))) AND {_BORN}"""
_WITH_NUMBER = f"""(p.name_key = s.name_key
  OR p.name_folded = s.name_folded
     AND ({_unmarked("p.full_name")} OR {_unmarked("s.full_name")})
  OR EXISTS (SELECT FROM registry_namealias a WHERE a.person_id = p.id
    AND NOT a.is_void AND a.name_folded = s.name_folded
    AND (lower(a.full_name) = lower(s.full_name) OR {_unmarked("a.full_name")}
      OR {_unmarked("s.full_name")}))) AND {_BORN}"""
# Of one block, where nobody has an alias yet.
_SAME = f"""(p.name_key = s.name_key OR s.number_digest IS NOT NULL
    AND p.name_folded = s.name_folded
    AND ({_unmarked("p.full_name")} OR {_unmarked("s.full_name")})) AND {_BORN}"""
# Perhaps one person whose name or birth date was slipped or corrected on one side.
# Not twins, who have one telephone and birth date, nor a father and his son.
_LIKE = """(p.name_folded = s.name_folded AND (
    date_trunc('year', p.born_on) = date_trunc('year', s.born_on)
    OR to_char(p.born_on, 'MMDD') = to_char(s.born_on, 'MMDD'))
  OR p.born_on = s.born_on AND p.born_precision = 'day' AND s.born_precision = 'day'
     AND substring(p.name_folded FROM '[^ ]+$')
       = substring(s.name_folded FROM '[^ ]+$'))"""

# What stands for the number of people who agree where one may be meant.
_MAYBE: Final = -1
# A record that was joined to another one is answered by the one that survives.
_HOLDERS = """registry_telephone t ON t.number_digest = s.phone_digest AND NOT t.is_void
JOIN registry_person p ON p.id = t.person_id AND p.status <> 'entered_in_error'"""
# A telephone that only fills its box has thousands of holders: it speaks for nobody.
_OF_FEW = """(SELECT count(*) FROM (
    SELECT FROM registry_telephone m
    WHERE m.number_digest = s.phone_digest AND NOT m.is_void LIMIT 21) few) <= 20"""
_UNOWNED = "NOT EXISTS (SELECT FROM load_owners b WHERE b.row = s.row)"
_BY_NUMBER = f"""
INSERT INTO load_owners
SELECT s.row, min(o.id) FILTER (WHERE agrees),
  count(DISTINCT o.id) FILTER (WHERE agrees)
FROM load_staged s
JOIN registry_identitydocument d
  ON d.number_digest = s.%s AND NOT d.is_void
JOIN registry_person p ON p.id = d.person_id AND p.status <> 'entered_in_error'
CROSS JOIN LATERAL (SELECT coalesce(p.merged_into_id, p.id)) AS o (id)
CROSS JOIN LATERAL (SELECT {_WITH_NUMBER}) AS a (agrees)
WHERE {_UNOWNED}
GROUP BY s.row"""
_FIND: Final = (
    # With its zeros first: so the number stands where somebody confirmed it.
    _BY_NUMBER % "restored_digest",
    _BY_NUMBER % "number_digest",
    f"""
INSERT INTO load_owners
SELECT s.row, min(coalesce(p.merged_into_id, p.id)),
  count(DISTINCT coalesce(p.merged_into_id, p.id))
FROM load_staged s
JOIN {_HOLDERS}
WHERE s.number_digest IS NULL AND {_BY_PHONE}
GROUP BY s.row""",
)

# The first row of a new identity makes the person; later ones must say the same.
_NEW_BY_NUMBER: Final = f"""
INSERT INTO load_new
SELECT DISTINCT ON (s.identity) s.* FROM load_staged s
WHERE s.number_digest IS NOT NULL AND {_UNOWNED}
ORDER BY s.identity, s.row"""
# Whoever was recorded by telephone, without a number, and comes with one now.
_WITHOUT_NUMBER: Final = f"""
INSERT INTO load_owners
SELECT r.row, min(o.id) FILTER (WHERE r.name_key = s.name_key),
  count(DISTINCT o.id) FILTER (WHERE r.name_key = s.name_key)
FROM load_new s
JOIN {_HOLDERS}
CROSS JOIN LATERAL (SELECT coalesce(p.merged_into_id, p.id)) AS o (id)
JOIN load_staged r ON r.identity = s.identity
WHERE {_BY_PHONE} AND NOT EXISTS (
  SELECT FROM registry_identitydocument d WHERE d.person_id = p.id AND NOT d.is_void)
GROUP BY r.row
RETURNING row, agreeing"""
_NO_LONGER_NEW: Final = """
DELETE FROM load_new n USING load_owners o WHERE o.row = n.row"""
# Rows without a number find who is new in this block as they would in the next one.
_OF_NEW: Final = f"""
INSERT INTO load_owners
SELECT s.row, min(p.person), count(DISTINCT p.person)
FROM load_staged s JOIN load_new p ON p.phone_digest = s.phone_digest
WHERE s.number_digest IS NULL AND {_UNOWNED} AND {_SAME}
GROUP BY s.row"""
_PERHAPS: Final = (
    f"""
INSERT INTO load_owners
SELECT DISTINCT s.row, NULL::bigint, {_MAYBE}
FROM load_staged s JOIN {_HOLDERS}
WHERE s.number_digest IS NULL AND {_UNOWNED} AND {_OF_FEW} AND ({_LIKE} OR EXISTS (
  SELECT FROM registry_namealias a WHERE a.person_id = p.id AND NOT a.is_void
    AND a.name_folded = s.name_folded))""",
    f"""
INSERT INTO load_owners
SELECT DISTINCT s.row, NULL::bigint, {_MAYBE}
FROM load_staged s JOIN load_new p ON p.phone_digest = s.phone_digest
WHERE s.number_digest IS NULL AND {_UNOWNED} AND {_LIKE}""",
)
_NEW_BY_PHONE: Final = f"""
INSERT INTO load_new
SELECT DISTINCT ON (s.identity) s.* FROM load_staged s
WHERE s.number_digest IS NULL AND s.identity IS NOT NULL AND {_UNOWNED}
ORDER BY s.identity, s.row"""
_PERHAPS_OF_NEW: Final = f"""
INSERT INTO load_owners
SELECT DISTINCT r.row, NULL::bigint, {_MAYBE}
FROM load_new s
JOIN load_new p ON p.phone_digest = s.phone_digest AND p.row < s.row
JOIN load_staged r ON r.identity = s.identity
WHERE s.number_digest IS NULL AND p.number_digest IS NULL AND {_LIKE}"""
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
SELECT s.row, p.person, CASE WHEN {_SAME} THEN 1 ELSE 0 END
FROM load_staged s JOIN load_new p ON p.identity = s.identity
WHERE {_UNOWNED}"""

# A dose without an owner is on record where an earlier load brought it with the same
# name, and nobody's or somebody's of that birth date has it by now. Namesakes of one
# session are counted, so that as many stay as there were: those of a birth date beside
# what others of it have by now, all that are left beside what is nobody's still.
_ADD_DOSES: Final = """
WITH added AS (
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
FROM (
  SELECT s.*, row_number() OVER (
    PARTITION BY s.site_id, s.given_on, s.product_id, s.lot_number, s.full_name
    ORDER BY s.row) AS nth
  FROM (
    SELECT s.*, known.owned, known.nobodys, row_number() OVER (
      PARTITION BY s.site_id, s.given_on, s.product_id, s.lot_number, s.full_name,
        s.born_on
      ORDER BY s.row) AS nth_born
    FROM load_staged s
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE p.born_on = s.born_on) AS owned,
        count(*) FILTER (WHERE d.person_id IS NULL) AS nobodys
      FROM registry_dose d
      LEFT JOIN registry_person p ON p.id = d.person_id
      WHERE d.site_id = s.site_id AND d.given_on = s.given_on
        AND d.product_id = s.product_id AND d.lot_number = s.lot_number
        AND d.name_recorded = s.full_name AND d.status = 'completed'
        AND d.id < %(first)s) AS known
    WHERE s.identity IS NULL
  ) s
  WHERE s.nth_born > s.owned
) s
WHERE s.nth > s.nobodys
RETURNING id, person_id)
INSERT INTO load_added SELECT id, person_id FROM added"""
# The doses of this load begin here; those before are of earlier ones.
_FIRST: Final = """
SELECT least(%(first)s, min((b.dose_ids -> 0 ->> 0)::bigint))
FROM registry_loadblock b WHERE b.load_id = %(load)s"""
# Nobody makes a certificate of what was there before, once it was looked who has one;
# whoever is new in this block has none.
_HOLD: Final = """
SELECT p.id FROM registry_person p
WHERE p.id IN (SELECT owner FROM load_added)
  AND NOT EXISTS (SELECT 1 FROM load_new n WHERE n.person = p.id)
ORDER BY p.id FOR KEY SHARE OF p"""
# Each certificate shows all doses of its person. See ``ledger.mark_stale``.
_MARK_STALE: Final = """
UPDATE registry_person p SET certificate_stale_since = greatest(%(at)s,
  p.certificate_stale_since + interval '1 microsecond')
WHERE p.id IN (SELECT owner FROM load_added)
  AND EXISTS (SELECT 1 FROM registry_certificate c WHERE c.person_id = p.id)"""
# A dose of that day and vaccine is on record, and the row says something else of it.
_DIFFERS: Final = """
SELECT s.row, CASE
  WHEN s.lot_number <> '' AND s.lot_number <> d.lot_number THEN 'lot'
  WHEN s.site_id <> d.site_id THEN 'site' ELSE 'dose_number' END,
  'another_on_record'
FROM load_staged s
JOIN load_owners o ON o.row = s.row AND o.agreeing = 1
JOIN LATERAL (
  SELECT d.lot_number, d.site_id, d.dose_number,
    (s.lot_number = '' OR s.lot_number = d.lot_number) AND s.site_id = d.site_id
    AND (s.dose_number IS NULL OR s.dose_number IS NOT DISTINCT FROM d.dose_number)
    AS is_same
  FROM registry_dose d
  WHERE d.person_id = o.owner AND d.given_on = s.given_on
    AND d.product_id = s.product_id AND d.status = 'completed'
  ORDER BY is_same DESC, d.id LIMIT 1
) d ON NOT d.is_same
WHERE NOT EXISTS (SELECT 1 FROM load_added a WHERE a.dose = s.dose)
ORDER BY s.row"""

_REFUSED: Final = """
SELECT o.row, CASE WHEN s.number_digest IS NULL THEN 'phone' ELSE 'id_number' END,
  CASE o.agreeing WHEN 0 THEN 'somebody_else' WHEN -1 THEN 'perhaps_somebody'
    ELSE 'several_people' END
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

    ``refused`` and ``left_out``: (row, column, reason). Left out is what somebody on
    record has not: another telephone, or a number where none is recorded.
    """

    people: int
    doses: int
    orphans: int
    refused: list[tuple[int, str, str]]
    left_out: list[tuple[int, str, str]]


def merge(lines: bytes, *, load: int, first_dose: int, at: datetime) -> Merged:
    """Merge staged lines (the columns of ``load_staged`` as COPY reads them).

    ``load``: whose block it is; ``first_dose``: the first key reserved for its doses.
    Runs inside the caller's transaction, which has opened the registry for writing.
    """
    with connection.cursor() as cursor:
        for statement in _TABLES.split(";"):
            cursor.execute(statement)
        with cursor.copy(_COPY) as out:
            out.write(lines)
        one_at_a_time.lock()
        cursor.execute(
            "ANALYZE load_staged (row, identity, number_digest, phone_digest)"
        )
        for statement in (*_FIND, _NEW_BY_NUMBER, _WITHOUT_NUMBER):
            cursor.execute(statement)
        left_out = [
            (row, "id_number", "not_on_record")
            for row, agreeing in cursor.fetchall()
            if agreeing == 1
        ]
        for statement in (_NO_LONGER_NEW, _OF_NEW, *_PERHAPS, _NEW_BY_PHONE):
            cursor.execute(statement)
        for statement in (_PERHAPS_OF_NEW, _NO_LONGER_NEW):
            cursor.execute(statement)
        people = _count(cursor, _ADD_PEOPLE)
        for statement in (_ADD_DOCUMENTS, _ADD_TELEPHONES, _OWN):
            cursor.execute(statement)
        cursor.execute("ANALYZE load_owners")
        cursor.execute(_FIRST, {"first": first_dose, "load": load})
        cursor.execute(_ADD_DOSES, {"first": cursor.fetchone()[0]})
        doses = cursor.rowcount
        cursor.execute(_HOLD)
        cursor.execute(_MARK_STALE, {"at": at})
        cursor.execute("SELECT count(*) FROM load_added WHERE owner IS NULL")
        orphans = cursor.fetchone()[0]
        cursor.execute(_REFUSED)
        refused = cursor.fetchall()
        cursor.execute(_DIFFERS)
        refused += cursor.fetchall()
        cursor.execute(_LEFT_OUT)
        left_out += [
            (row, "phone", "another_on_record") for (row,) in cursor.fetchall()
        ]
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
