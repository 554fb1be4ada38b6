"""Who takes part in a chaos run, and what is counted afterwards.

`python -m tests.faults.count ground` prints people, sites and staff of the demo;
`... findings` reads the ledger from standard input and prints what is wanting.
"""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()

# The app registry has to be ready before models can be imported.
# ruff: noqa: E402
from django.db import DatabaseError, connection
from django.db.models import Count, Max
from django.utils import timezone

from complaints import integrity
from complaints.models import Complaint, Event, Submission
from portal.accounts.models import Posting
from portal.audit.models import Entry
from portal.common import scope
from portal.registry import corrections
from portal.registry.models import (
    IdentityDocument,
    Organization,
    OrganizationSuccession,
    Telephone,
)

STATIONS, PEOPLE = 3, 60
# What happened since the run began is newer than these rows.
SINCE = {
    "event": Event,
    "submission": Submission,
    "complaint": Complaint,
    "entry": Entry,
}
# Each returns what breaks a promise to those who were told "we have it".
PROMISES = {
    "routed_exactly_once": """
        SELECT c.id FROM complaints_complaint c
        LEFT JOIN complaints_event e ON e.complaint_id = c.id AND e.move = 'route'
        WHERE c.id > %(complaint)s GROUP BY c.id HAVING count(e.id) <> 1""",
    "one_message_sent_per_event_that_tells": """
        SELECT e.id FROM complaints_event e
        LEFT JOIN complaints_message m ON m.event_id = e.id AND m.state = 'sent'
        WHERE e.id > %(event)s
          AND e.move IN ('submit', 'route', 'ask', 'hand_over', 'escalate', 'disagree',
                         'resolve', 'countersign')
        GROUP BY e.id HAVING count(m.id) <> 1""",
    "the_provider_saw_each_message_once": """
        SELECT m.id FROM complaints_message m
        FULL JOIN (
          SELECT split_part(provider_key, ':', 2)::bigint AS message
          FROM common_demomessage WHERE provider_key LIKE 'message:%%'
        ) d ON d.message = m.id
        WHERE (m.id IS NULL OR d.message IS NULL)
          AND m.state IS DISTINCT FROM 'waiting'
          AND coalesce(m.event_id, %(event)s + 1) > %(event)s""",
    "one_matter_filed_or_joined_per_submission": """
        SELECT s.id FROM complaints_submission s
        LEFT JOIN complaints_complaint c ON c.submission_id = s.id
        LEFT JOIN complaints_joining j ON j.submission_id = s.id
        WHERE s.id > %(submission)s
        GROUP BY s.id HAVING count(c.id) + count(j.id) <> 1""",
    "what_was_corrected_stands_on_the_record": """
        SELECT c.id FROM complaints_complaint c
        LEFT JOIN registry_dose d ON d.id = c.dose_id AND d.status = 'completed'
        WHERE c.id > %(complaint)s AND c.kind = 'missing_dose'
          AND c.outcome = 'corrected' AND d.id IS NULL""",
    "a_dose_is_added_once_per_report": """
        SELECT c.id FROM complaints_complaint c
        JOIN complaints_submission s ON s.id = c.submission_id
        JOIN registry_correction r
          ON r.reason = 'complaint' AND r.reason_ref = s.code || '-' || c.number
         AND r.operation = 'add' AND r.target = 'dose'
        WHERE c.id > %(complaint)s GROUP BY c.id HAVING count(*) > 1""",
    "two_people_signed_what_takes_two": """
        SELECT k.complaint_id FROM complaints_claim k
        JOIN registry_correction r ON r.id = k.correction_id
        WHERE k.complaint_id > %(complaint)s AND r.needs_second
          AND (r.approved_by_id = r.proposed_by_id) IS NOT FALSE""",
}
# How often each member of staff is on the list of looks with each case.
LOOKS = """
    SELECT u.username || ' ' || s.code || '-' || c.number, count(*)
    FROM audit_entry e
    JOIN accounts_user u ON u.id = e.actor_id
    JOIN complaints_complaint c ON c.id = e.subject_id
    JOIN complaints_submission s ON s.id = c.submission_id
    WHERE e.actor = 'staff' AND e.verb = 'look_up'
      AND e.subject = 'complaints.complaint' AND e.id > %(entry)s
    GROUP BY 1"""


def ground() -> dict:
    """Return people with number and telephone, sites that were merged, their staff."""
    with scope.system():
        holders = Organization.objects.filter(
            pk__in=Posting.objects.filter(role="staff").values("organization"),
            kind=Organization.Kind.HEALTH_STATION,
        ).order_by("code")[:STATIONS]
        sites = [
            OrganizationSuccession.objects.filter(new=holder)
            .select_related("old")
            .order_by("old__code")[0]
            .old
            for holder in holders
        ]
        staff = Posting.objects.filter(
            organization__in=list(holders), role__in=("staff", "lead")
        )
        return {
            "people": _people(),
            "sites": [site.name for site in sites],
            "staff": list(staff.values_list("user__username", flat=True)),
            "since": {
                name: model.objects.aggregate(last=Max("pk"))["last"] or 0
                for name, model in SINCE.items()
            },
        }


def _people() -> list[dict[str, str]]:
    """Return people who can be looked up: a valid number, a telephone of their own."""
    alone = (
        Telephone.objects.filter(is_contact=True)
        .values("number_digest")
        .annotate(people=Count("person", distinct=True))
        .filter(people=1)
    )
    documents = IdentityDocument.objects.filter(
        kind="pin12",
        is_current=True,
        person__born_precision="day",
        person__telephones__number_digest__in=alone.values("number_digest"),
        person__telephones__is_contact=True,
    ).select_related("person")
    return [
        {
            "full_name": row.person.full_name,
            "national_id": corrections.read_person(row.person, "national_id"),
            "born_on": row.person.born_on.isoformat(),
            "phone": corrections.read_person(row.person, "phone"),
        }
        for row in documents.order_by("person")[:PEOPLE]
    ]


def findings(
    codes: dict[str, str], since: dict[str, int], seen: dict[str, int]
) -> dict[str, list]:
    """Return what is wanting.

    ``codes``: key -> acknowledged code. ``seen``: name and case -> how often it was
    shown; a look whose page never arrived may be on the list besides.
    """
    try:
        found = integrity.check(at=timezone.now())
        with scope.system(), connection.cursor() as cursor:
            for name, sql in PROMISES.items():
                cursor.execute(f"{sql} LIMIT 20", since)
                found[name] = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT key::text, code FROM complaints_submission")
            stored = dict(cursor.fetchall())
            cursor.execute(LOOKS, since)
            listed = dict(cursor.fetchall())
    except DatabaseError as error:
        connection.close()
        return {"the_database_answers": [type(error).__name__]}
    found["every_acknowledged_code_exists"] = [
        code for key, code in codes.items() if stored.get(key) != code
    ]
    found["every_look_is_on_the_list"] = [
        key for key, times in seen.items() if listed.get(key, 0) < times
    ]
    return {name: rows[:20] for name, rows in found.items() if rows}


if __name__ == "__main__":
    if sys.argv[1] == "ground":
        sys.stdout.write(json.dumps(ground()))
    else:
        sys.stdout.write(json.dumps(findings(**json.load(sys.stdin))))
