"""From rules to findings: ask each rule, then open, keep or close what it found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from portal.registry.quality.limits import Limits
from portal.registry.quality.rule import Rule, Subject
from portal.registry.quality.rules import RULES

_FOUND: Final = (
    "CREATE TEMP TABLE q_found (rule text, severity text, subject text,"
    " subject_id bigint, part text, person_id bigint, organization_id bigint,"
    " path text, detail jsonb) ON COMMIT DROP",
    "CREATE TEMP TABLE q_delta (organization_id bigint, rule text, n int)"
    " ON COMMIT DROP",
)
_SAME: Final = (
    "n.subject = f.subject AND n.subject_id = f.subject_id AND n.rule = f.rule"
    " AND n.part = f.part"
)
_CLOSE: Final = (
    "WITH gone AS (UPDATE registry_qualityfinding f"
    " SET resolved_at = greatest(%(at)s, f.since)"
    " WHERE f.resolved_at IS NULL AND f.subject = %(subject)s"
    " AND f.rule = ANY(%(rules)s) {in_scope}"
    f" AND NOT EXISTS (SELECT FROM q_found n WHERE {_SAME})"
    " RETURNING f.organization_id, f.rule)"
    " INSERT INTO q_delta SELECT organization_id, rule, -1 FROM gone"
)
_MOVE: Final = (
    "INSERT INTO q_delta SELECT o.organization_id, f.rule, o.n"
    f" FROM q_found n JOIN registry_qualityfinding f ON {_SAME}"
    " AND f.resolved_at IS NULL AND f.organization_id <> n.organization_id"
    " CROSS JOIN LATERAL (VALUES (f.organization_id, -1), (n.organization_id, 1))"
    " o (organization_id, n)"
)
_KEEP: Final = (
    "UPDATE registry_qualityfinding f SET severity = n.severity,"
    " person_id = n.person_id, organization_id = n.organization_id, path = n.path,"
    f" detail = n.detail FROM q_found n WHERE {_SAME} AND f.resolved_at IS NULL"
    " AND (f.severity, f.person_id, f.organization_id, f.path, f.detail)"
    " IS DISTINCT FROM"
    " (n.severity, n.person_id, n.organization_id, n.path, n.detail)"
)
_OPEN: Final = (
    "WITH fresh AS (INSERT INTO registry_qualityfinding (ref, rule, severity, subject,"
    " subject_id, part, person_id, organization_id, path, detail, since)"
    " SELECT gen_random_uuid(), n.rule, n.severity, n.subject, n.subject_id, n.part,"
    " n.person_id, n.organization_id, n.path, n.detail, %(at)s FROM q_found n"
    f" WHERE NOT EXISTS (SELECT FROM registry_qualityfinding f WHERE {_SAME}"
    " AND f.resolved_at IS NULL) RETURNING organization_id, rule)"
    " INSERT INTO q_delta SELECT organization_id, rule, 1 FROM fresh"
)
_SCOPES: Final = {
    Subject.DOSE: "AND f.subject_id IN (SELECT id FROM q_scope_dose)",
    Subject.PERSON: "AND f.subject_id IN (SELECT id FROM q_scope_person)",
    Subject.SITE: "AND f.subject_id IN (SELECT id FROM q_scope_site)",
}


@dataclass(frozen=True, slots=True)
class SetRule:
    """A rule's form at rest that another part of the portal brings along.

    ``select`` yields subject_id, part, person_id, site_id, detail of all that the rule
    finds anywhere.
    """

    rule: str
    select: str


def ask(cursor: Any, limits: Limits, params: Mapping[str, Any]) -> None:
    """Ask each rule about the staged facts; what it finds stands in q_found."""
    for statement in _FOUND:
        cursor.execute(statement)
    for rule in RULES.values():
        if rule.sql is not None:
            cursor.execute(_statement(rule, limits), params)
    cursor.execute("ANALYZE q_found")


def ask_sets(cursor: Any, rules: Iterable[SetRule], params: Mapping[str, Any]) -> None:
    """Ask rules that look at everything of their kind; see ``SetRule``."""
    for statement in _FOUND:
        cursor.execute(statement)
    for found in rules:
        rule = RULES[found.rule]
        cursor.execute(
            "INSERT INTO q_found"
            f" SELECT '{rule.code}', '{rule.severity}', '{rule.subject}',"
            " x.subject_id, x.part, x.person_id, o.id, o.path, x.detail"
            f" FROM ({found.select}) x"
            " JOIN registry_organization o ON o.id = x.site_id",
            params,
        )


def settle(cursor: Any, *, at: datetime) -> tuple[int, int]:
    """Open and close findings of the scope; return how many were opened and closed."""
    resolved = 0
    for subject, in_scope in _SCOPES.items():
        rules = [r.code for r in RULES.values() if r.sql and r.subject == subject]
        resolved += _close(cursor, subject, rules, in_scope, at)
    return _open(cursor, at), resolved


def settle_sets(
    cursor: Any, rules: Sequence[SetRule], *, at: datetime
) -> tuple[int, int]:
    """Open and close findings of rules that were asked about everything."""
    resolved = 0
    for found in rules:
        rule = RULES[found.rule]
        resolved += _close(cursor, rule.subject, [rule.code], "", at)
    return _open(cursor, at), resolved


def _close(
    cursor: Any, subject: Subject, rules: list[str], in_scope: str, at: datetime
) -> int:
    cursor.execute(
        _CLOSE.format(in_scope=in_scope),
        {"at": at, "subject": subject.value, "rules": rules},
    )
    return max(cursor.rowcount, 0)


def _open(cursor: Any, at: datetime) -> int:
    cursor.execute(_MOVE)
    cursor.execute(_KEEP)
    cursor.execute(_OPEN, {"at": at})
    return max(cursor.rowcount, 0)


def _statement(rule: Rule, limits: Limits) -> str:
    """Return the statement that puts into q_found what a rule finds."""
    sql = rule.sql
    assert sql is not None
    joins, where, detail = "", sql.where, sql.detail
    for alias, key in sql.limits.items():
        number = limits.constant(key)
        if number is None:
            joins += _limit_join(rule.subject, alias, key, limits)
        else:
            # Most limits never vary: no join then, and a better plan.
            where = where.replace(f"{alias}.number", str(number))
            detail = detail.replace(f"{alias}.number", str(number))
    head = "INSERT INTO q_found SELECT '{code}', {severity}, '{subject}', "
    head = head.format(
        code=rule.code,
        severity=sql.severity or f"'{rule.severity}'",
        subject=rule.subject,
    )
    if sql.select:
        return (
            f"{head} x.subject_id, x.part, NULL, o.organization_id, o.path, x.detail"
            f" FROM ({sql.select}) x JOIN q_site o ON o.id = x.subject_id"
        )
    if rule.subject == Subject.DOSE:
        return (
            f"{head} d.id, '', d.person_id, d.organization_id, d.path, {detail}"
            f" FROM q_dose d {joins} WHERE {where}"
        )
    return (
        f"{head} p.id, '', p.id, p.organization_id, p.path, {detail}"
        f" FROM q_person p {joins} WHERE {where}"
    )


def _limit_join(subject: Subject, alias: str, key: str, limits: Limits) -> str:
    """Return the join that gives each row the limit in force for it."""
    if subject == Subject.PERSON:
        return (
            f" JOIN q_limit {alias} ON {alias}.key = '{key}'"
            f" AND {alias}.product_id = 0 AND {alias}.previous_id = 0"
            f" AND {alias}.province_id = 0 AND {alias}.age_from = -1"
            f" AND %(today)s >= {alias}.first AND %(today)s < {alias}.until"
        )
    previous = "d.previous_key" if limits.has_pairs(key) else "0"
    return (
        f" JOIN q_limit {alias} ON {alias}.key = '{key}'"
        f" AND {alias}.product_id = d.product_id AND {alias}.previous_id = {previous}"
        f" AND {alias}.province_id = d.province_key"
        f" AND d.given_on >= {alias}.first AND d.given_on < {alias}.until"
        f" AND d.age_key >= {alias}.age_from AND d.age_key < {alias}.age_to"
    )
