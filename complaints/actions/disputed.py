"""Where two sources disagree about a record: a campaign notes it for a person.

Nothing is changed and nothing prepared by it: whoever answers for the record looks at
the papers, or asks the person. The list is what the last campaign with each rule found;
what is right by then is not found by the next one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from complaints.actions import preparing
from complaints.actions.preparing import Found
from complaints.models import Campaign
from complaints.rules.selfcorrection import guard
from complaints.rules.selfcorrection.facts import Facts
from complaints.rules.selfcorrection.rule import Outcome

CONFLICT: Final = "proofs_conflict"
_LISTED: Final = """
SELECT b.id, e.place, e.told
FROM complaints_campaignbatch b
CROSS JOIN LATERAL
  jsonb_array_elements(b.disputed) WITH ORDINALITY AS e (told, place)
JOIN unnest(%(campaigns)s::bigint[], %(rules)s::text[]) AS latest (campaign, rule)
  ON latest.campaign = b.campaign_id AND latest.rule = e.told->>'rule'
JOIN registry_organization o ON o.id = (e.told->>'organization')::bigint
JOIN registry_person p ON p.id = (e.told->>'person')::bigint
WHERE b.campaign_id = ANY(%(campaigns)s) AND b.disputed <> '[]' AND b.undone_at IS NULL
  AND p.status = 'active' AND NOT p.is_restricted
  AND starts_with(o.path, %(path)s) AND (b.id, e.place) > (%(batch)s, %(at)s)
ORDER BY b.id, e.place LIMIT %(most)s
"""


@dataclass(frozen=True)
class Disputed:
    """A field of somebody's record about which sources disagree, and which do."""

    batch_id: int
    place_in_batch: int
    person_id: int
    rule: str
    field: str
    speaking_for: tuple[str, ...]
    against: tuple[str, ...]
    organization_id: int


def found_in(person_id: int, facts: Facts, said: Iterable[Outcome]) -> list[Found]:
    """Return the changes that one source proves and another one contradicts.

    None that an open report is about: a person has that already.
    """
    return [
        Found(
            person_id,
            outcome.rule,
            outcome.edits[0],
            {
                "for": [str(p.kind) for p in outcome.proofs if p.speaks_for],
                "against": [str(p.kind) for p in outcome.proofs if not p.speaks_for],
            },
        )
        for outcome in said
        if outcome.reason == CONFLICT
        and outcome.edits
        and not guard.reason_to_decide(facts, outcome.edits[0])
    ]


def noted(found: Sequence[Found], *, at: datetime) -> list[dict[str, Any]]:
    """Return what a batch keeps of them, each with whoever answers for it."""
    if not found:
        return []
    bodies = preparing.bodies_of(found, at=at)
    return [
        {
            "person": one.person_id,
            "rule": one.rule,
            "field": one.edit.place,
            **one.ground,
            "organization": body.pk,
            "path": body.path,
        }
        for one, body in zip(found, bodies, strict=True)
    ]


def listed(path: str, *, after: tuple[int, int] = (0, 0), most: int) -> list[Disputed]:
    """Return what the last campaign with each rule found so, at and below a path.

    Of who was joined to another record or restricted since nothing is shown.
    """
    latest: dict[str, int] = {}
    for pk, rules in Campaign.objects.order_by("pk").values_list("pk", "rules"):
        latest |= dict.fromkeys(rules, pk)
    with connection.cursor() as cursor:
        cursor.execute(
            _LISTED,
            {
                "campaigns": list(latest.values()),
                "rules": list(latest),
                "path": path,
                "batch": after[0],
                "at": after[1],
                "most": most,
            },
        )
        rows = cursor.fetchall()
    return [
        Disputed(
            batch,
            place,
            told["person"],
            told["rule"],
            told["field"],
            tuple(told["for"]),
            tuple(told["against"]),
            told["organization"],
        )
        for batch, place, text in rows
        for told in (json.loads(text),)
    ]
