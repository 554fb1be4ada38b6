"""The facts of a day by which unusual looks are told: who looked at how many, at whom.

Set-based questions over the log of looks; each is bounded by its day.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import connection

from complaints.choices import Tie
from complaints.rules.unusual import (
    SOUGHT_ACCOUNTS,
    STRAY_PEOPLE,
    Facts,
    Hour,
    Kin,
    Sought,
    Stray,
)
from portal.registry.models import Organization

# Looks of those who audit lead back to no record by themselves, and are judged apart.
_LOOKS: Final = """
  SELECT actor_id, organization, person, at, subject FROM audit_entry
  WHERE actor = 'staff' AND verb = 'look_up' AND person IS NOT NULL
    AND at >= %(begins)s AND at < %(ends)s AND id > 0
    AND subject NOT IN ('audit.entry', 'recheck')
"""
# From the few who stand behind an account to the looks, not the other way round.
_KIN: Final = """
WITH kin (user_id, person_id, tie) AS (
  SELECT u.id, d.person_id, 'number' FROM accounts_user u
  JOIN registry_identitydocument d ON d.number_digest = u.number_digest
  WHERE NOT d.is_void
  UNION
  SELECT u.id, t.person_id, 'phone' FROM accounts_user u
  JOIN registry_telephone t ON t.number_digest = u.phone_digest
  WHERE NOT t.is_void
  UNION
  SELECT u.id, family.person_id, 'family' FROM accounts_user u
  JOIN registry_identitydocument d
    ON d.number_digest = u.number_digest AND NOT d.is_void
  JOIN registry_telephone own ON own.person_id = d.person_id AND NOT own.is_void
  JOIN registry_telephone family
    ON family.number_digest = own.number_digest AND NOT family.is_void
)
SELECT DISTINCT ON (e.actor_id, e.person)
  e.actor_id, posted.organization_id, e.person, kin.tie, max(e.at), count(*)
FROM audit_entry e
JOIN kin ON kin.user_id = e.actor_id AND kin.person_id = e.person
CROSS JOIN LATERAL (
  SELECT coalesce(e.organization, (
    SELECT p.organization_id FROM accounts_posting p
    WHERE p.user_id = e.actor_id AND p.valid_from <= e.at
      AND (p.valid_to IS NULL OR p.valid_to > e.at) ORDER BY p.id LIMIT 1
  )) AS organization_id
) posted
WHERE e.actor = 'staff' AND e.verb IN ('look_up', 'change')
  AND e.at >= %(begins)s AND e.at < %(ends)s AND posted.organization_id IS NOT NULL
GROUP BY e.actor_id, posted.organization_id, e.person, kin.tie
ORDER BY e.actor_id, e.person,
  CASE kin.tie WHEN 'number' THEN 1 WHEN 'phone' THEN 2 ELSE 3 END
"""
_HOURS: Final = f"""
SELECT e.actor_id, e.organization,
  o.kind || ' ' || coalesce((
    SELECT p.role FROM accounts_posting p
    WHERE p.user_id = e.actor_id AND p.organization_id = e.organization
    ORDER BY p.valid_from DESC, p.id DESC LIMIT 1), ''),
  date_trunc('hour', e.at), array_agg(DISTINCT e.person)
FROM ({_LOOKS}) e JOIN registry_organization o ON o.id = e.organization
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4
"""
# Whose case, dose or finding lies at or below the unit, or who reported something the
# day before or after (somebody who was helped there), is the unit's business.
_BELOW: Final = (
    "{0}.{1}::text ~>=~ o.path AND {0}.{1}::text ~<~ (rtrim(o.path, '/') || '0')"
)
_STRAYS: Final = f"""
SELECT e.actor_id, e.organization, max(e.at), count(DISTINCT e.person)
FROM ({_LOOKS}) e JOIN registry_organization o ON o.id = e.organization
WHERE e.subject NOT LIKE 'complaints.%%'
  AND NOT EXISTS (
    SELECT FROM complaints_submission s JOIN complaints_complaint c
      ON c.submission_id = s.id
    WHERE s.person_id = e.person AND ({_BELOW.format("c", "holder_path")}
      OR c.submitted_at BETWEEN e.at - interval '1 day' AND e.at + interval '1 day'))
  AND NOT EXISTS (
    SELECT FROM registry_dose d JOIN registry_organization s ON s.id = d.site_id
    WHERE d.person_id = e.person AND {_BELOW.format("s", "path")})
  AND NOT EXISTS (
    SELECT FROM registry_qualityfinding f
    WHERE f.person_id = e.person AND {_BELOW.format("f", "path")})
  AND NOT EXISTS (
    SELECT FROM registry_proposal r
    WHERE (r.person_id = e.person OR r.other_person_id = e.person)
      AND {_BELOW.format("r", "path")})
GROUP BY 1, 2 HAVING count(DISTINCT e.person) >= %(least)s ORDER BY 1, 2
"""
_LOOKED: Final = f"""
SELECT DISTINCT e.actor_id FROM ({_LOOKS}) e WHERE e.person = %(person)s ORDER BY 1
"""
_SOUGHT: Final = f"""
SELECT e.person, max(e.at), count(DISTINCT e.actor_id),
  array_agg(DISTINCT o.path ORDER BY o.path)
FROM ({_LOOKS}) e JOIN registry_organization o ON o.id = e.organization
GROUP BY 1 HAVING count(DISTINCT e.actor_id) >= %(least)s ORDER BY 1
"""


def facts(*, begins: datetime, ends: datetime) -> Facts:
    """Return the facts from the beginning of a day until an instant of it.

    Needs the system's scope: it looks at cases of all units.
    """
    span = {"begins": begins, "ends": ends}
    sought = _ask(_SOUGHT, span | {"least": SOUGHT_ACCOUNTS})
    above = _above(paths for *_rest, paths in sought)
    return Facts(
        kin=[
            Kin(user, organization, person, Tie(tie), begins, last, looks)
            for user, organization, person, tie, last, looks in _ask(_KIN, span)
        ],
        hours=[
            Hour(user, organization, peers, begun, frozenset(people))
            for user, organization, peers, begun, people in _ask(_HOURS, span)
        ],
        strays=[
            Stray(user, organization, begins, last, people)
            for user, organization, last, people in _ask(
                _STRAYS, span | {"least": STRAY_PEOPLE}
            )
        ],
        sought=[
            Sought(person, above[common(paths)], begins, last, accounts)
            for person, last, accounts, paths in sought
        ],
    )


def who_looked(person: int, *, begins: datetime, ends: datetime) -> list[int]:
    """Return the accounts that looked at somebody then, but for those who audited."""
    span = {"person": person, "begins": begins, "ends": ends}
    return [user for (user,) in _ask(_LOOKED, span)]


def common(paths: Iterable[str]) -> str:
    """Return the path of the lowest organization at or above all of these.

    >>> common(["/vn/79/a/", "/vn/79/b/"])
    '/vn/79/'
    """
    split = [path.strip("/").split("/") for path in paths]
    shared = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return f"/{'/'.join(shared)}/"


def _above(several: Iterable[list[str]]) -> dict[str, int]:
    """Return by path the organizations above each of these groups."""
    wanted = {common(paths) for paths in several}
    rows = Organization.objects.filter(path__in=wanted)
    return dict(rows.values_list("path", "pk"))


def _ask(statement: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()
