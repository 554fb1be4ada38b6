"""Read a session list, say what each row means, and write it into the registry."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.common import scope
from portal.registry import places
from portal.registry.imports import (
    committing,
    contents,
    jobs,
    judging,
    reading,
    repeats,
    report,
    staging,
    vocabulary,
    wording,
)
from portal.registry.imports.exceptions import CannotRead
from portal.registry.imports.findings import Entry
from portal.registry.imports.rows import ListRow
from portal.registry.models import ListJob, Organization, SessionList

Work = ListJob.Work
_WRONG_USAGE: Final = 2
# Verdicts, what staff have to look at first.
_URGENCY: Final = (
    *("error", "ambiguous", "differs", "new", "same"),
    *("duplicate", "postponed", "excluded"),
)


class Command(BaseCommand):
    help = (
        "Import a list of people vaccinated at a site. Exit 0: every row has its"
        " verdict, and new doses are written; 1: the file is refused as a whole;"
        " 2: wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--site", help="code of the vaccination site")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self,
        *,
        path: Path,
        site: str | None,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        place = _site(site)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(
                f"{path}: {error.strerror}", returncode=_WRONG_USAGE
            ) from error
        try:
            answer = _answer(content, path.name, place, dry_run=dry_run)
        except CannotRead as refusal:
            answer = {"sheets": [], "columns": {}, "rows": [], "refused": refusal.code}
            if as_json:
                self.stdout.write(json.dumps(answer))
            raise CommandError(f"{refusal.code}: {refusal.words}") from refusal
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        counts: dict[str, int] = {}
        for row in answer["rows"]:
            counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
        for verdict, count in sorted(counts.items()):
            self.stdout.write(f"{wording.VERDICTS[verdict]}: {count}")


def _answer(
    content: bytes, name: str, site: Organization | None, *, dry_run: bool
) -> dict[str, Any]:
    """Return what the command prints, after writing what is to be written."""
    words = vocabulary.load()
    survey = reading.survey(content, vocabulary=words)
    rows = repeats.settled(
        reading.read(content, vocabulary=words, on=timezone.localdate())
    )
    site = site or _site_said(rows)
    if site is None and not dry_run:
        raise CommandError(
            "the list does not say whose it is: name its site by --site",
            returncode=_WRONG_USAGE,
        )
    one = None if dry_run or site is None else _import(content, name, site)
    return {
        "sheets": [sheet.name for sheet in survey.sheets],
        "columns": {
            sheet.name: {c.letter: c.role for c in sheet.tables[0].columns if c.role}
            for sheet in survey.sheets
            if sheet.tables
        },
        "rows": _by_person(_written(one) if one else _judged(rows, site)),
    }


def _written(one: SessionList) -> list[dict[str, Any]]:
    """Return the rows of a list with the verdicts that they were written by."""
    return [
        contents.as_contract(opened.row, opened.staged.verdict, opened.reasons)
        for opened in report.rows_of(one)
    ]


def _by_person(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a person: of several doses the one that asks most of staff.

    All of them stand beside it under ``doses``.
    """
    people: list[dict[str, Any]] = []
    for _place, doses in groupby(rows, key=lambda row: (row["sheet"], row["row"])):
        each = list(doses)
        first = min(each, key=lambda row: _URGENCY.index(row["verdict"]))
        people.append(first if len(each) == 1 else first | {"doses": each})
    return people


def _site(code: str | None) -> Organization | None:
    """Return the site of that code; raise CommandError for no such one."""
    if code is None:
        return None
    found = Organization.objects.filter(code=code, gives_doses=True).first()
    if found is None:
        raise CommandError(f"no site has the code {code}", returncode=_WRONG_USAGE)
    return found


def _site_said(rows: Iterable[ListRow]) -> Organization | None:
    """Return the one site that the list itself names, by code or by name."""
    said = {row.aside.site for row in rows if row.aside.site}
    if len(said) != 1:
        return None
    text = said.pop()
    by_code = Organization.objects.filter(code=text, gives_doses=True).first()
    if by_code:
        return by_code
    found = [o for o in places.find_organizations(text, limit=2) if o.gives_doses]
    return found[0] if len(found) == 1 else None


def _judged(rows: Sequence[ListRow], site: Organization | None) -> list[dict[str, Any]]:
    """Return the rows with the verdicts that they would get now; nothing is kept."""
    entries = [
        Entry(
            place,
            row.row,
            row.values,
            row.aside.others,
            said=row.verdict,
            told=tuple(reason.code for reason in row.reasons),
        )
        for place, row in enumerate(rows)
    ]
    findings = judging.judge(
        entries, site=site.pk if site else None, on=timezone.localdate()
    )
    return [
        contents.as_contract(row, found.verdict, row.reasons + found.reasons)
        for row, found in zip(rows, findings.values(), strict=True)
    ]


def _import(content: bytes, name: str, site: Organization) -> SessionList | None:
    """Stage, judge and commit a file; None where it was committed before."""
    at = timezone.now()
    one, is_new = staging.take(
        content=content, name=name, site=site, by=None, at=at, queued=False
    )
    if not is_new and one.state == SessionList.State.COMMITTED:
        return None
    jobs.finish(one.pk, (Work.READ, Work.JUDGE), by=None, at=at)
    with scope.system():
        one.refresh_from_db()
    if one.state == SessionList.State.CHECKED:
        committing.commit(one.pk, by=None, at=at, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=None, at=at)
    return one
