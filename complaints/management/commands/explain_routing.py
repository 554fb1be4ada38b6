"""Say who would answer for a place or site, and how that is found."""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints import ways
from complaints.actions import atlas as atlases
from complaints.actions import routing
from complaints.choices import Kind
from complaints.rules.responsibility import Facts, responsible_for
from portal.registry import places
from portal.registry.models import Organization


class Command(BaseCommand):
    help = "Explain which organization answers for a dose given at a place."

    def add_arguments(self, parser: CommandParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--place", help="a place as people write it")
        where.add_argument("--site", help="the code of an organization")
        parser.add_argument("--given-on", type=date.fromisoformat, required=True)
        parser.add_argument("--kind", choices=Kind.values, default=Kind.MISSING_DOSE)
        parser.add_argument("--residence", help="where the person lives, in words")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        residence = options["residence"] or ""
        home = places.the_one(residence)
        is_understood = home is not None or not residence
        facts = Facts(
            options["kind"],
            **_where(options["place"], options["site"], options["given_on"]),
            residence=home.code if home else None,
        )
        day = timezone.localdate()
        atlas = atlases.read([facts], day=day)
        answer = responsible_for(facts, atlas=atlas, day=day)
        body = Organization.objects.select_related("commune", "province").get(
            pk=answer.body
        )
        path = [
            {"step": reason.step, "reason": ways.sentence(reason.step, reason.names)}
            for reason in answer.path
        ]
        if not is_understood:
            words = _(
                "Where the person lives was not understood, so it does not count."
            )
            path.insert(0, {"step": "residence_unknown", "reason": words})
        result: dict[str, Any] = {
            "organization": {
                "code": body.code,
                "name": body.name,
                "kind": body.kind,
                "province": body.province.name if body.province else None,
                "commune": body.commune.name if body.commune else None,
            },
            "path": path,
            "certain": answer.is_certain and is_understood,
        }
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        self.stdout.write(f"{body.name} ({body.code})")
        for step in path:
            self.stdout.write(f"  {step['step']}: {step['reason']}")


def _where(place: str | None, site: str | None, given_on: date) -> dict[str, Any]:
    """Return the site or units that were named; raise CommandError for no such code."""
    if site is not None:
        found = Organization.objects.filter(code=site).first()
        if found is None:
            raise CommandError(f"no organization has the code {site}", returncode=2)
        return {"site": found.pk}
    return routing.find_place(place or "", given_on)._asdict()
