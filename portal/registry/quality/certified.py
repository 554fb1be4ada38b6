"""Q49 and Q50 at rest: certificates in force that the record does not bear out.

A dose is signed, as far as the portal knows, where a certificate in force tells of it.
The database marks those that a change put in doubt (migration
``0002_guards``), so that few are read; ``certificates.issuing`` revokes
them within a minute, and what stays here shows that it does not.
"""

from typing import Final

from portal.registry.quality.findings import SetRule

_CERTIFIED: Final = """
FROM registry_certificate c
JOIN registry_dose d ON d.id = c.dose_id AND d.status = 'completed'
JOIN registry_person p ON p.id = c.person_id
WHERE c.revoked_at IS NULL AND c.doubted
"""

SETS: Final = (
    # Who makes the first move is the health station of the residence, where it is open.
    SetRule(
        "Q49",
        "SELECT d.id AS subject_id, '' AS part, p.id AS person_id, coalesce("
        " (SELECT min(h.id) FROM registry_organization h"
        "  WHERE h.commune_id = p.residence_id AND h.kind = 'health_station'"
        "  AND h.closed_on IS NULL), d.site_id) AS site_id, '{}'::jsonb AS detail"
        f"{_CERTIFIED} AND p.population <> 'matched'",
    ),
    SetRule(
        "Q50",
        "SELECT d.id AS subject_id, '' AS part, p.id AS person_id, d.site_id,"
        " '{}'::jsonb AS detail"
        f"{_CERTIFIED} AND EXISTS (SELECT FROM registry_correction k"
        " WHERE k.target = 'dose' AND k.target_id = d.id"
        " AND k.applied_at > c.issued_at)",
    ),
)
CODES: Final = frozenset(one.rule for one in SETS)
