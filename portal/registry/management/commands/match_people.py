"""Grade pairs of people from a file."""

import csv
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from portal.registry.matching import facts, grading, rarity, weights
from portal.registry.matching.locating import locator

COLUMNS = ("full_name", "born_on", "sex", "id", "phone", "commune")


class Command(BaseCommand):
    help = (
        "Grade pairs of people: certain, probable, possible or none. The CSV file has "
        "the columns a_full_name, a_born_on, a_sex, a_id, a_phone, a_commune and the "
        "same with b_; anything may be empty. Rows count from 1, without the header."
    )

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path)
        parser.add_argument("--json", action="store_true", help="print one document")

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(
                f"{path} cannot be read: {error}", returncode=2
            ) from error
        wanted = [f"{side}_{column}" for side in "ab" for column in COLUMNS]
        if missing := [name for name in wanted if rows and name not in rows[0]]:
            raise CommandError(
                f"columns are missing: {', '.join(missing)}", returncode=2
            )
        found = self._grades(rows)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for entry in found:
            self.stdout.write(
                f"{entry['row']}\t{entry['grade']}\t{entry['score']}\t"
                + " ".join(entry["reasons"])
            )

    def _grades(self, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
        locate, shares = locator(), rarity.current()
        in_force = weights.in_force(timezone.localdate())
        found = []
        for number, row in enumerate(rows, start=1):
            judgement = grading.grade(
                facts.read(row, locate=locate, prefix="a_"),
                facts.read(row, locate=locate, prefix="b_"),
                weights=in_force,
                shares=shares,
            )
            entry: dict[str, Any] = {
                "row": number,
                "grade": judgement.grade,
                "score": judgement.score,
            }
            for language, key in (("vi", "reasons"), ("en", "reasons_en")):
                with translation.override(language):
                    entry[key] = judgement.reasons
            found.append(entry)
        return found
