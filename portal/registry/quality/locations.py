"""Where sites lie, today and before the last reform, for the rules at rest.

A limit by province holds for what was that province on the day of the dose.
"""

from typing import Final

SITES: Final = """
CREATE TEMP TABLE q_site ON COMMIT DROP AS
SELECT o.id, o.opened_on, o.closed_on, u.valid_from AS unit_from, u.valid_to AS unit_to,
  o.province_id, coalesce(k.id, 0) AS province_key, a.organization_id, a.path,
  CASE WHEN w.epoch = 'new' THEN w.valid_from END AS province_from,
  coalesce(b.id, 0) AS province_key_before
FROM (SELECT site_id AS id FROM q_scope_dose UNION SELECT id FROM q_scope_site) n
JOIN registry_organization o ON o.id = n.id
JOIN q_answer a ON a.start = o.id
LEFT JOIN registry_administrativeunit u ON u.id = o.commune_id
LEFT JOIN registry_administrativeunit k ON k.id = o.province_id
  AND k.code = ANY(%(provinces)s)
LEFT JOIN registry_administrativeunit w ON w.id = o.province_id
-- The province of before the last reform, where its communes all lay in one.
LEFT JOIN LATERAL (
  SELECT min(code) AS code FROM (
    SELECT split_part(e.path, '/', 2) AS code FROM registry_administrativeunit e
    WHERE e.id = o.commune_id AND e.epoch = 'old'
    UNION
    SELECT split_part(e.path, '/', 2) FROM registry_unitsuccession x
    JOIN registry_administrativeunit e ON e.id = x.old_id AND e.epoch = 'old'
    WHERE x.new_id = coalesce(o.commune_id, o.province_id)
  ) f HAVING count(*) = 1
) h ON true
LEFT JOIN registry_administrativeunit b ON b.code = h.code
  AND b.code = ANY(%(provinces)s)"""
