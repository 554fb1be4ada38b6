"""The facts that the rules at rest ask for, put together in temporary tables.

``q_scope_*`` say whose findings this transaction decides; q_dose, q_person, q_number,
q_session, q_day, q_visitor, q_stock and q_site hold the facts under the names of
``facts``. All vanish at the end of the transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from portal.registry.quality.changes import Span
from portal.registry.quality.limits import Limits
from portal.registry.quality.locations import SITES
from portal.registry.quality.rules import lots, people

_SCOPE_OF_CHANGES: Final = (
    """
CREATE TEMP TABLE q_scope_person ON COMMIT DROP AS
WITH touched AS (
  SELECT p.id FROM q_taken t JOIN registry_person p ON p.id BETWEEN t.first AND t.last
  WHERE t.kind = 'person'
  UNION
  SELECT d.person_id FROM q_taken t
  JOIN registry_dose d ON d.id BETWEEN t.first AND t.last
  WHERE t.kind = 'dose' AND d.person_id IS NOT NULL
)
SELECT id FROM touched
-- Whoever shares a number or a telephone with them, or did: theirs are counted too.
UNION
SELECT o.person_id FROM touched x
JOIN registry_identitydocument m ON m.person_id = x.id
JOIN registry_identitydocument o ON o.number_digest = m.number_digest
UNION
SELECT o.person_id FROM touched x
JOIN registry_telephone m ON m.person_id = x.id
JOIN registry_telephone o ON o.number_digest = m.number_digest""",
    """
CREATE TEMP TABLE q_scope_dose ON COMMIT DROP AS
SELECT d.id, d.site_id FROM registry_dose d JOIN q_scope_person s ON s.id = d.person_id
UNION
SELECT d.id, d.site_id FROM q_taken t
JOIN registry_dose d ON d.id BETWEEN t.first AND t.last WHERE t.kind = 'dose'""",
    """
CREATE TEMP TABLE q_scope_site ON COMMIT DROP AS
SELECT site_id AS id FROM q_scope_dose
UNION
SELECT o.id FROM q_taken t JOIN registry_organization o
  ON o.id BETWEEN t.first AND t.last WHERE t.kind = 'site'""",
)
_SCOPE_OF_A_FULL_RUN: Final = (
    """
CREATE TEMP TABLE q_scope_person ON COMMIT DROP AS
SELECT p.id FROM q_taken t JOIN registry_person p ON p.id BETWEEN t.first AND t.last
WHERE t.kind = 'people'""",
    """
CREATE TEMP TABLE q_scope_dose ON COMMIT DROP AS
SELECT d.id, d.site_id FROM registry_dose d JOIN q_scope_person s ON s.id = d.person_id
UNION ALL
SELECT d.id, d.site_id FROM q_taken t
JOIN registry_dose d ON d.id BETWEEN t.first AND t.last
WHERE t.kind = 'orphans' AND d.person_id IS NULL""",
    """
CREATE TEMP TABLE q_scope_site ON COMMIT DROP AS
SELECT DISTINCT d.site_id AS id FROM q_taken t
JOIN registry_dose d ON d.site_id BETWEEN t.first AND t.last WHERE t.kind = 'sites'
UNION
SELECT f.subject_id FROM q_taken t
JOIN registry_qualityfinding f ON f.subject_id BETWEEN t.first AND t.last
WHERE t.kind = 'sites' AND f.subject = 'site' AND f.resolved_at IS NULL""",
)

# Whoever answers today: the successor, the parent of a mobile point or of what closed.
# Of several successors the first by key stands for all.
WAY: Final = """way (start, id, step) AS (
  SELECT id, id, 0 FROM needed
  UNION ALL
  SELECT w.start, n.id, w.step + 1 FROM way w
  JOIN registry_organization o ON o.id = w.id
  CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT min(x.new_id) FROM registry_organizationsuccession x
     WHERE x.old_id = o.id AND x.valid_from <= %(today)s),
    CASE WHEN o.kind = 'mobile_point' OR o.closed_on <= %(today)s
      THEN o.parent_id END) AS id) n
  WHERE n.id IS NOT NULL AND w.step < 8
)"""
_ANSWERS: Final = f"""
CREATE TEMP TABLE q_answer ON COMMIT DROP AS
WITH RECURSIVE needed AS (
  SELECT site_id AS id FROM q_scope_dose UNION SELECT id FROM q_scope_site
  UNION
  SELECT o.id FROM q_scope_person s JOIN registry_person p ON p.id = s.id
  JOIN registry_organization o ON o.commune_id = p.residence_id
  WHERE o.kind = 'health_station'
), {WAY}
SELECT DISTINCT ON (w.start) w.start, w.id AS organization_id, o.path
FROM way w JOIN registry_organization o ON o.id = w.id
ORDER BY w.start, w.step DESC"""

# What came to a site, or to an organization above it, which hands it on.
_STOCK: Final = (
    """
CREATE TEMP TABLE q_stock ON COMMIT DROP AS
WITH RECURSIVE above (site_id, id, step) AS (
  SELECT id, id, 0 FROM q_site
  UNION ALL
  SELECT a.site_id, o.parent_id, a.step + 1 FROM above a
  JOIN registry_organization o ON o.id = a.id
  JOIN registry_organization p ON p.id = o.parent_id
  -- What lies higher distributes to everybody, so that it proves nothing of a site.
  WHERE p.kind IN ('district_centre', 'hospital', 'health_station') AND a.step < 8
)
SELECT a.site_id, l.lot_id, min(l.received_on) AS arrived_on,
  (sum(l.doses) FILTER (WHERE a.step = 0))::int AS delivered
FROM above a JOIN registry_lotallocation l ON l.organization_id = a.id
GROUP BY a.site_id, l.lot_id""",
    "ALTER TABLE q_stock ADD PRIMARY KEY (site_id, lot_id)",
    "ANALYZE q_stock",
    """
CREATE TEMP TABLE q_arrival ON COMMIT DROP AS
SELECT o.province_id, t.product_id, min(l.received_on) AS first_arrival_on
FROM registry_lotallocation l JOIN registry_lot t ON t.id = l.lot_id
JOIN registry_organization o ON o.id = l.organization_id
WHERE o.province_id IN (SELECT province_id FROM q_site)
GROUP BY o.province_id, t.product_id""",
    "CREATE INDEX ON q_arrival (province_id, product_id)",
    "ANALYZE q_arrival",
)

# Doses that somebody entered by an account, and the how manieth of it in that hour.
_ENTRIES: Final = """
CREATE TEMP TABLE q_entry ON COMMIT DROP AS
WITH mine AS (
  SELECT DISTINCT c.proposed_by_id AS account, date_trunc('hour', c.applied_at) AS hour
  FROM q_scope_dose s JOIN registry_correction c ON c.target = 'dose'
    AND c.target_id = s.id AND c.version_before = 0
  WHERE c.proposed_by_id IS NOT NULL AND c.reason <> 'import'
)
SELECT c.target_id AS dose_id, (row_number() OVER (
  PARTITION BY m.account, m.hour ORDER BY c.id))::int AS entries
FROM mine m JOIN registry_correction c ON c.proposed_by_id = m.account
  AND date_trunc('hour', c.applied_at) = m.hour
WHERE c.target = 'dose' AND c.version_before = 0 AND c.reason <> 'import'"""

_DOSES: Final = """
CREATE TEMP TABLE q_dose ON COMMIT DROP AS
SELECT b.*,
  CASE WHEN b.age IS NULL THEN -1 ELSE greatest(b.age, 0) END AS age_key,
  CASE WHEN b.person_id IS NOT NULL THEN row_number() OVER w END AS position,
  CASE WHEN b.person_id IS NOT NULL THEN first_value(b.primary_doses) OVER w END
    AS series,
  lag(b.product_id) OVER w AS previous_id,
  coalesce(lag(b.product_id) OVER w, 0) AS previous_key,
  b.given_on - lag(b.given_on) OVER w AS gap
FROM (
  SELECT d.id, d.person_id, d.given_on, d.recorded_at,
    (d.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS recorded_on,
    d.product_id, v.code AS product, v.primary_doses, v.approved_on, d.lot_number,
    l.cleaned AS lot_clean, l.match AS lot_match, l.lot_id, l.product AS lot_product,
    l.expires_on, d.site_id, s.opened_on, s.closed_on, s.unit_from, s.unit_to,
    CASE WHEN d.given_on < s.province_from THEN s.province_key_before
      ELSE s.province_key END AS province_key, k.arrived_on,
    EXISTS (SELECT FROM q_stock b WHERE b.site_id = d.site_id) AS has_stock_book,
    r.first_arrival_on, d.dose_number AS number, d.source, s.organization_id, s.path,
    e.entries,
    extract(hour FROM d.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::int AS entry_hour,
    p.born_on,
    (extract(year FROM d.given_on) - extract(year FROM p.born_on))::int
      - (CASE p.born_precision
         WHEN 'day' THEN to_char(d.given_on, 'MMDD') < to_char(p.born_on, 'MMDD')
         WHEN 'month' THEN to_char(d.given_on, 'MM') < to_char(p.born_on, 'MM')
         ELSE false END)::int AS age
  FROM q_scope_dose c JOIN registry_dose d ON d.id = c.id
  JOIN registry_product v ON v.id = d.product_id
  JOIN q_site s ON s.id = d.site_id
  LEFT JOIN q_lot l ON l.raw = d.lot_number
  LEFT JOIN q_entry e ON e.dose_id = d.id
  LEFT JOIN registry_person p ON p.id = d.person_id
  LEFT JOIN q_stock k ON k.site_id = d.site_id AND k.lot_id = l.lot_id
  LEFT JOIN q_arrival r ON r.province_id = s.province_id
    AND r.product_id = d.product_id
  WHERE d.status = 'completed'
) b
WINDOW w AS (PARTITION BY b.person_id ORDER BY b.given_on, b.id)"""

_PEOPLE: Final = (
    """
CREATE TEMP TABLE q_number ON COMMIT DROP AS
SELECT i.person_id, i.number_digest AS digest, r.form, r.is_dummy, r.sex, r.birth_year,
  (SELECT count(DISTINCT coalesce(b.merged_into_id, b.id))
   FROM registry_identitydocument o JOIN registry_person b ON b.id = o.person_id
   WHERE o.number_digest = i.number_digest AND o.is_current
     AND b.status <> 'entered_in_error') AS shared_by
FROM q_scope_person s JOIN registry_identitydocument i ON i.person_id = s.id
JOIN registry_numberreading r ON r.document_id = i.id
WHERE i.is_current""",
    "CREATE INDEX ON q_number (person_id)",
    """
CREATE TEMP TABLE q_person ON COMMIT DROP AS
SELECT p.id, p.name_key, p.born_on, p.sex,
  coalesce(h.organization_id, g.organization_id, root.id) AS organization_id,
  coalesce(h.path, g.path, root.path) AS path,
  coalesce(g.dose_count, 0) AS dose_count, coalesce(g.number_count, 0) AS number_count,
  coalesce(g.number_distinct, 0) AS number_distinct,
  coalesce(g.number_most, 0) AS number_most,
  coalesce(g.doses_by_then, 0) AS doses_by_then, g.last_age,
  t.is_mobile AS phone_is_mobile, coalesce(t.shared_by, 1) AS phone_shared_by,
  CASE
    WHEN p.full_name = '' THEN ''
    WHEN p.full_name ~ '[0-9]' THEN 'digits'
    WHEN strpos(btrim(p.full_name), ' ') = 0 THEN 'syllable'
    WHEN p.full_name IS NOT NFC NORMALIZED THEN 'letters'
    WHEN p.name_key LIKE '%% %% %%' AND (
      split_part(p.name_key, ' ', 1) = ANY(%(titles)s)
      OR split_part(p.name_key, ' ', 1) = ANY(%(family_titles)s) AND (
        split_part(p.name_folded, ' ', 2) = ANY(%(commonest)s)
        OR split_part(p.name_folded, ' ', 2) = ANY(%(families)s)
          AND p.name_key LIKE '%% %% %% %%')) THEN 'title'
    WHEN octet_length(p.full_name) = char_length(p.full_name) THEN 'accents'
    ELSE '' END AS name_fault
FROM q_scope_person s JOIN registry_person p ON p.id = s.id
CROSS JOIN (SELECT id, path FROM registry_organization WHERE parent_id IS NULL) root
LEFT JOIN (
  SELECT person_id, count(*) AS dose_count, count(number) AS number_count,
    count(DISTINCT number) AS number_distinct, max(number) AS number_most,
    count(*) FILTER (WHERE given_on <= %(counted_by)s) AS doses_by_then,
    (array_agg(age ORDER BY position DESC))[1] AS last_age,
    (array_agg(organization_id ORDER BY position DESC))[1] AS organization_id,
    (array_agg(path ORDER BY position DESC))[1] AS path
  FROM q_dose WHERE person_id IS NOT NULL GROUP BY person_id
) g ON g.person_id = p.id
LEFT JOIN (
  SELECT o.commune_id, min(o.id) AS id FROM registry_organization o
  JOIN q_answer a ON a.start = o.id
  WHERE o.kind = 'health_station' GROUP BY o.commune_id
) station ON station.commune_id = p.residence_id
LEFT JOIN q_answer h ON h.start = station.id
LEFT JOIN (
  SELECT c.person_id, bool_and(r.is_mobile) AS is_mobile,
    max((SELECT count(DISTINCT coalesce(b.merged_into_id, b.id))
         FROM registry_telephone o JOIN registry_person b ON b.id = o.person_id
         WHERE o.number_digest = c.number_digest AND NOT o.is_void
           AND b.status <> 'entered_in_error')) AS shared_by
  FROM q_scope_person s JOIN registry_telephone c ON c.person_id = s.id
  JOIN registry_telephonereading r ON r.telephone_id = c.id
  WHERE c.is_contact GROUP BY c.person_id
) t ON t.person_id = p.id
-- A record that was merged or void stands for nobody.
WHERE p.status = 'active'""",
    "ANALYZE q_person",
)

_SESSIONS: Final = (
    """
CREATE TEMP TABLE q_session ON COMMIT DROP AS
SELECT d.site_id, d.given_on, coalesce(l.number, l.cleaned, '') AS lot, l.lot_id,
  count(*)::int AS doses, min(d.product_id) AS least_product,
  max(d.product_id) AS most_product, min(d.person_id) AS least_person,
  max(d.person_id) AS most_person, min(p.born_on) AS least_born,
  max(p.born_on) AS most_born, count(p.born_on) AS known
FROM q_scope_site s JOIN registry_dose d ON d.site_id = s.id
LEFT JOIN q_lot l ON l.raw = d.lot_number
LEFT JOIN registry_person p ON p.id = d.person_id
WHERE d.status = 'completed'
GROUP BY d.site_id, d.given_on, coalesce(l.number, l.cleaned, ''), l.lot_id""",
    """
CREATE TEMP TABLE q_day ON COMMIT DROP AS
SELECT g.*, g.is_crowd AND coalesce((
    SELECT count(DISTINCT i.number_digest) = 1 AND count(DISTINCT d.id) = g.doses
    FROM registry_dose d JOIN registry_identitydocument i
      ON i.person_id = d.person_id AND i.is_current
    WHERE d.site_id = g.site_id AND d.given_on = g.given_on
      AND d.status = 'completed'), false) AS is_one_number
FROM (
  SELECT site_id, given_on, sum(doses)::int AS doses,
    min(least_person) <> max(most_person) AS is_crowd,
    min(least_person) <> max(most_person) AND min(least_born) = max(most_born)
      AND sum(known) = sum(doses) AS is_one_birth,
    min(lot) = max(lot) AND min(lot) <> ''
      AND min(least_product) <> max(most_product) AS is_one_lot
  FROM q_session GROUP BY site_id, given_on
) g WHERE g.doses >= (SELECT min(number) FROM q_limit WHERE key = 'Q48.doses')""",
    """
CREATE TEMP TABLE q_visitor ON COMMIT DROP AS
SELECT DISTINCT d.site_id, d.person_id FROM q_scope_site s
JOIN registry_dose d ON d.site_id = s.id
WHERE d.status = 'completed' AND d.person_id IS NOT NULL""",
)


def scope(cursor: Any, spans: Sequence[Span]) -> None:
    """Say whose findings are decided: what the spans hold, and whom it touches."""
    cursor.execute(
        "CREATE TEMP TABLE q_taken (kind text, first bigint, last bigint)"
        " ON COMMIT DROP"
    )
    with cursor.copy("COPY q_taken FROM STDIN") as rows:
        for span in spans:
            rows.write_row((span.kind, span.first, span.last))
    is_sweep = spans[0].kind in ("people", "orphans", "sites")
    for statement in _SCOPE_OF_A_FULL_RUN if is_sweep else _SCOPE_OF_CHANGES:
        cursor.execute(statement)
    for table in ("q_scope_person", "q_scope_dose", "q_scope_site"):
        cursor.execute(f"ANALYZE {table}")


def stage(cursor: Any, limits: Limits, params: Mapping[str, Any]) -> None:
    """Put the facts of the scope together. Readings of numbers must be there.

    Each table that is looked up has its key: just after a large import the planner
    knows too little of the doses, and a nested loop over a bare table takes minutes.
    """
    _stage_limits(cursor, limits)
    _stage_lots(cursor)
    cursor.execute(_ANSWERS, params)
    cursor.execute("ALTER TABLE q_answer ADD PRIMARY KEY (start)")
    cursor.execute("ANALYZE q_answer")
    cursor.execute(SITES, {"provinces": sorted(limits.provinces())})
    cursor.execute("ALTER TABLE q_site ADD PRIMARY KEY (id)")
    cursor.execute("ANALYZE q_site")
    for statement in _STOCK:
        cursor.execute(statement)
    cursor.execute(_ENTRIES)
    cursor.execute("ANALYZE q_entry")
    cursor.execute(_DOSES)
    cursor.execute("ANALYZE q_dose")
    for statement in _PEOPLE:
        cursor.execute(statement, {**params, **people.NAME_WORDS})
    for statement in _SESSIONS:
        cursor.execute(statement)


def _stage_limits(cursor: Any, limits: Limits) -> None:
    cursor.execute("SELECT code, id FROM registry_product")
    products = dict(cursor.fetchall())
    cursor.execute(
        "SELECT code, id FROM registry_administrativeunit WHERE code = ANY(%s)",
        [sorted(limits.provinces())],
    )
    provinces = dict(cursor.fetchall())
    cursor.execute(
        "CREATE TEMP TABLE q_limit (key text, product_id bigint, previous_id bigint,"
        " province_id bigint, first date, until date, age_from int, age_to int,"
        " number int) ON COMMIT DROP"
    )
    with cursor.copy("COPY q_limit FROM STDIN") as rows:
        for row in limits.flat(tuple(products)):
            if row.province and row.province not in provinces:
                continue
            rows.write_row(
                (
                    row.key,
                    products.get(row.product, 0),
                    products.get(row.previous, 0),
                    provinces.get(row.province, 0),
                    row.first,
                    row.to,
                    row.age_from,
                    row.age_to,
                    row.number,
                )
            )
    cursor.execute("ANALYZE q_limit")


def _stage_lots(cursor: Any) -> None:
    """Read each lot number of the scope once: what lot it is, and how surely."""
    cursor.execute(
        "SELECT l.number, l.id, v.code, l.expires_on FROM registry_lot l"
        " JOIN registry_product v ON v.id = l.product_id"
    )
    known = {row[0]: row for row in cursor.fetchall()}
    by_look = {lots.alike(number): number for number in known}
    cursor.execute(
        "SELECT DISTINCT d.lot_number FROM q_scope_dose s"
        " JOIN registry_dose d ON d.id = s.id WHERE d.lot_number <> ''"
        " UNION SELECT d.lot_number FROM q_scope_site s"
        " JOIN registry_dose d ON d.site_id = s.id WHERE d.lot_number <> ''"
    )
    typed = [number for (number,) in cursor.fetchall()]
    cursor.execute(
        "CREATE TEMP TABLE q_lot (raw text, cleaned text, match text, number text,"
        " lot_id bigint, product text, expires_on date) ON COMMIT DROP"
    )
    with cursor.copy("COPY q_lot FROM STDIN") as rows:
        for raw in typed:
            found, number = lots.match(raw, by_look)
            lot = known.get(number, (None, None, None, None))
            rows.write_row((raw, lots.clean(raw), found, *lot))
    cursor.execute("ALTER TABLE q_lot ADD PRIMARY KEY (raw)")
    cursor.execute("ANALYZE q_lot")
