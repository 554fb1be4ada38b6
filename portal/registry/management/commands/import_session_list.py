"""Read a session list, say what each row means, and write it into the registry."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
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
    reading,
    report,
    staging,
    trial,
    vocabulary,
    wording,
)
from portal.registry.imports.exceptions import CannotRead
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
            head, rows = _answer(content, path.name, place, dry_run=dry_run)
        except CannotRead as refusal:
            if as_json:
                nothing: dict[str, Any] = {"sheets": [], "columns": {}, "rows": []}
                self.stdout.write(json.dumps(nothing | {"refused": refusal.code}))
            raise CommandError(f"{refusal.code}: {refusal.words}") from refusal
        if as_json:
            self._write_document(head, rows)
            return
        counts = Counter(row["verdict"] for row in rows)
        for verdict, count in sorted(counts.items()):
            self.stdout.write(f"{wording.VERDICTS[verdict]}: {count}")

    def _write_document(
        self, head: dict[str, Any], rows: Iterator[dict[str, Any]]
    ) -> None:
        """Write one JSON document, row by row, as there may be a hundred thousand."""
        begun = json.dumps(head, ensure_ascii=False).removesuffix("}")
        self.stdout.write(f'{begun}, "rows": [', ending="")
        between = ""
        for row in rows:
            self.stdout.write(between + json.dumps(row, ensure_ascii=False), ending="")
            between = ", "
        self.stdout.write("]}")


def _answer(
    content: bytes, name: str, site: Organization | None, *, dry_run: bool
) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """Write what is to be written; return what the command prints of list and rows."""
    words, on = vocabulary.load(), timezone.localdate()
    saved = _saved(site)
    survey = reading.survey(content, vocabulary=words, columns=saved)
    whole = trial.look_through(content, vocabulary=words, columns=saved, on=on)
    if site is None:
        site = _site_said(whole.sites)
        if _saved(site) != saved:
            # Read as the site's lists are read.
            return _answer(content, name, site, dry_run=dry_run)
    if site is None and not dry_run:
        raise CommandError(
            "the list does not say whose it is: name its site by --site",
            returncode=_WRONG_USAGE,
        )
    one = None if dry_run or site is None else _import(content, name, site)
    head = {
        "sheets": [sheet.name for sheet in survey.sheets],
        "columns": {
            sheet.name: {c.letter: c.role for c in sheet.tables[0].columns if c.role}
            for sheet in survey.sheets
            if sheet.tables
        },
    }
    if one:
        return head, _by_person(_written(one))
    found = trial.judged(whole.rows(), site=site.pk if site else None, on=on)
    return head, _by_person(
        contents.as_contract(row, finding.verdict, row.reasons + finding.reasons)
        for row, finding in found
    )


def _saved(site: Organization | None) -> dict[str, str] | None:
    """Return what the headings of a site's lists mean, as staff saved it, or None."""
    if site is None:
        return None
    with scope.system():
        return staging.saved_columns(site) or None


def _written(one: SessionList) -> Iterator[dict[str, Any]]:
    """Yield the rows of a list with the verdicts that they were written by."""
    for opened in report.rows_of(one):
        yield contents.as_contract(opened.row, opened.staged.verdict, opened.reasons)


def _by_person(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield one row a person: of several doses the one that asks most of staff.

    All of them stand beside it under ``doses``.
    """
    for _place, doses in groupby(rows, key=lambda row: (row["sheet"], row["row"])):
        each = list(doses)
        first = min(each, key=lambda row: _URGENCY.index(row["verdict"]))
        yield first if len(each) == 1 else first | {"doses": each}


def _site(code: str | None) -> Organization | None:
    """Return the site of that code; raise CommandError for no such one."""
    if code is None:
        return None
    found = Organization.objects.filter(code=code, gives_doses=True).first()
    if found is None:
        raise CommandError(f"no site has the code {code}", returncode=_WRONG_USAGE)
    return found


def _site_said(said: set[str]) -> Organization | None:
    """Return the one site that the list itself names, by code or by name."""
    if len(said) != 1:
        return None
    (text,) = said
    by_code = Organization.objects.filter(code=text, gives_doses=True).first()
    if by_code:
        return by_code
    found = [o for o in places.find_organizations(text, limit=2) if o.gives_doses]
    return found[0] if len(found) == 1 else None


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
    if one.state == SessionList.State.REFUSED:
        raise CannotRead(one.refusal)
    if one.state == SessionList.State.CHECKED:
        committing.commit(one.pk, by=None, at=at, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=None, at=at)
    return one
