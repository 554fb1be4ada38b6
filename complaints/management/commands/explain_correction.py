"""Say which self-correction rules fire for a report, and why others do not."""

import json
import re
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q, QuerySet
from django.utils import timezone

from complaints.actions import (
    claimed,
    preparing,
    selfcorrection,
    selfservice,
    switches,
)
from complaints.models import Complaint, RuleSwitch, SelfCorrection
from complaints.rules.selfcorrection.reasons import WORDS
from complaints.rules.selfcorrection.rule import Outcome, State
from complaints.rules.selfcorrection.table import RULES
from portal.common import scope
from portal.registry.models import PopulationInquiry

Purpose = PopulationInquiry.Purpose


class Command(BaseCommand):
    help = (
        "Explain self-correction for a report (CODE-N): which rules fired and on what "
        "proof, what is prepared for a click, what campaigns did to the same record, "
        "and what every rule says of it now, with its first condition that fails. "
        "Asks nobody and changes nothing; prints no value of the record."
    )

    def add_arguments(self, parser):
        parser.add_argument("reference", metavar="CODE-N")
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, *, reference: str, **options: Any) -> None:
        match = re.fullmatch(r"([0-9]{10})-([0-9]{1,2})", reference.replace(" ", ""))
        if match is None:
            raise CommandError(
                "a reference is ten digits, a dash, a number", returncode=2
            )
        with scope.system():
            complaint = (
                Complaint.objects.select_related("submission__person")
                .filter(submission__code=match[1], number=int(match[2]))
                .first()
            )
            if complaint is None:
                raise CommandError("no report has this reference", returncode=2)
            found = _explain(complaint)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for row in (*found["applied"], *found["by_campaigns"]):
            by = ", ".join(proof["kind"] for proof in row["proofs"])
            back = ", taken back since" if row["undone"] else ""
            self.stdout.write(
                f"{row['rule']} changed {row['field']} at {row['at']} ({by}){back}"
            )
        for row in found["prepared"]:
            by = ", ".join(kind for kind, _source in row["proofs"])
            self.stdout.write(
                f"{row['rule']} prepared {row['field']} ({by}): {row['state']}"
            )
        for row in found["rules"]:
            self.stdout.write(f"{row['rule']} {row['state']}: {row['why']}")


def _explain(complaint: Complaint) -> dict[str, Any]:
    at = timezone.now()
    facts = claimed.of_complaint(complaint, at=at)
    found: dict[str, Any] = {
        "reference": complaint.reference,
        "status": complaint.status,
        "has_record": facts is not None,
        "applied": _applied(SelfCorrection.objects.filter(complaint=complaint)),
        "prepared": [
            {
                "rule": f"{row.rule}.{row.version}",
                "field": row.place,
                "at": row.found_at.isoformat(),
                "state": row.state,
                "proofs": row.ground.get("proofs", []),
            }
            for row in complaint.prepared.order_by("pk")
        ],
        "by_campaigns": [],
        "fired": [],
        "rules": [],
    }
    # Once the record is right, a rule that made it so finds nothing wrong any more.
    already = {
        row["rule"].partition(".")[0] for row in (*found["applied"], *found["prepared"])
    }
    found["fired"] = [rule for rule in RULES if rule in already]
    person = complaint.submission.person
    if person is not None:
        found["by_campaigns"] = _applied(
            SelfCorrection.objects.filter(
                Q(person=person.surviving_id)
                | Q(person__merged_into=person.surviving_id),
                batch__isnull=False,
            )
        )
    if facts is None or person is None:
        return found
    facts = preparing.with_report(complaint, person.surviving_id, facts, at=at)
    asked = PopulationInquiry.objects.filter(
        about=complaint.pk, purpose__in=(Purpose.COMPLAINT, Purpose.PREPARE)
    )
    facts = replace(facts, answers=selfservice.said_in(asked))
    _facts, said = selfservice.judged(facts, rules=RULES, may_ask=True)
    _on, off = switches.in_force(
        list(RULES),
        province=selfcorrection.province_of(person.surviving_id),
        use=RuleSwitch.Use.REPORT,
        at=at,
    )
    found["rules"] = [_row(outcome, off) for outcome in said]
    now = {row["rule"] for row in found["rules"] if row["state"] == State.FIRES}
    found["fired"] = [rule for rule in RULES if rule in already | now]
    return found


def _applied(rows: QuerySet[SelfCorrection]) -> list[dict[str, Any]]:
    return [
        {
            "rule": f"{row.rule}.{row.version}",
            "field": row.place,
            "at": row.at.isoformat(),
            "undone": row.undone_at is not None,
            "proofs": row.proofs,
        }
        for row in rows.order_by("pk")
    ]


def _row(outcome: Outcome, off: dict[str, str]) -> dict[str, Any]:
    rule = RULES[outcome.rule]
    state, reason = outcome.state, outcome.reason
    if state == State.FIRES and rule.code in off:
        state, reason = State.HELD, off[rule.code]
    return {
        "rule": rule.code,
        "version": rule.version,
        "tier": str(rule.tier),
        "state": str(state),
        "reason": reason,
        "why": str(WORDS[reason]),
        "fields": [edit.place for edit in outcome.edits],
        "proofs": [
            {
                "kind": str(proof.kind),
                "source": proof.source,
                "at": proof.at.isoformat() if proof.at else None,
                "weight": proof.weight,
                "for": proof.speaks_for,
            }
            for proof in outcome.proofs
        ],
    }
