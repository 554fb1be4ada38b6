"""The report on a list: its own rows, sheet by sheet, with what became of each."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import xlsxwriter
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from django.utils.translation import override
from xlsxwriter.worksheet import Worksheet

from portal.common import crypto, scope
from portal.registry.imports import contents, staging, wording
from portal.registry.imports.contents import Opened
from portal.registry.models import ListJob, SessionList

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Up to here a page waits for its report; above it a worker writes it.
AT_ONCE: Final = 5_000
_FORBIDDEN: Final = str.maketrans(dict.fromkeys(r"[]:*?/\\", " "))
_BATCH: Final = 1_000


def build(rows: Iterable[Opened]) -> bytes:
    """Return the report as XLSX, in the language of the moment."""
    products = wording.product_names()
    head = [_("Row"), _("Result"), _("Why")]
    return workbook(
        head,
        (
            (
                opened.row.sheet,
                [
                    str(opened.row.row),
                    result(opened),
                    wording.of_all(opened.reasons, products),
                    *opened.row.cells,
                ],
            )
            for opened in rows
        ),
    )


def workbook(head: Sequence[str], lines: Iterable[tuple[str, list[str]]]) -> bytes:
    """Return lines, each with the sheet that it stood in, as an XLSX like that file.

    ``head`` names the first columns, before the file's own; the third is the widest.
    Everything is written as text: a cell that begins with = + - or @ stays what it
    was and is never a formula, and numbers keep their zeros.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    bold = book.add_format({"bold": True, "bg_color": "#E5ECED"})
    sheet: Worksheet | None = None
    name, line = None, 0
    for of_sheet, cells in lines:
        if sheet is None or of_sheet != name:
            name, line = of_sheet, 0
            sheet = book.add_worksheet(_sheet_name(name, book))
            _write(sheet, 0, head, bold)
            sheet.freeze_panes(1, len(head))
            sheet.set_column(1, 1, 22)
            sheet.set_column(2, 2, 60)
        line += 1
        _write(sheet, line, cells)
    if sheet is None:
        book.add_worksheet(_("Report"))
    book.close()
    return target.getvalue()


def result(opened: Opened) -> str:
    """Return what became of a row, in words."""
    staged = opened.staged
    if staged.is_kept:
        return _("Written; changed since and therefore kept")
    if staged.undone_at:
        return _("Written and taken back")
    if staged.done_at:
        return _("Written")
    return str(wording.VERDICTS.get(staged.verdict, ""))


def rows_of(one: SessionList) -> Iterator[Opened]:
    """Yield the rows of a list in order, a batch at a time."""
    place = 0
    while True:
        with scope.system():
            batch = list(one.staged.filter(place__gt=place).order_by("place")[:_BATCH])
        if not batch:
            return
        for staged in batch:
            yield contents.unseal(staged, of=one)
        place = batch[-1].place


def write_slice(pk: int, *, by: int | None, at: datetime, until: float) -> bool:
    """Write the report of a long list into the storage, sealed; always in one go.

    In the language of who asked for it. What was there before is of another state of
    the list, or in another language, and goes.
    """
    with scope.system():
        one = SessionList.objects.get(pk=pk)
    language = one.report_language or "vi"
    stamp = stamp_of(one, language)
    with override(language):
        content = build(rows_of(one))
    sealed = crypto.seal_bytes(content, bound_to=f"list:{one.ref}:report")
    with scope.system():
        # Before the file goes: whoever is killed below leaves no report, and says so.
        SessionList.objects.filter(pk=pk).update(report_of="")
    with scope.system():
        # One at a time, so that all reports of a list have one name.
        one = staging.lock(pk)
        if one.forgotten_at is not None:
            return True
        name = file_name(one)
        if default_storage.exists(name):
            default_storage.delete(name)
        default_storage.save(name, ContentFile(sealed))
        one.report_of = stamp
        one.save(update_fields=["report_of"])
    return True


def ask(one: SessionList, *, language: str, by: int | None, at: datetime) -> None:
    """Owe the report of a long list to a worker, in a language."""
    with scope.system():
        SessionList.objects.filter(pk=one.pk).update(report_language=language)
        staging.owe(one, ListJob.Work.REPORT, by=by, at=at)


def is_there(one: SessionList, language: str) -> bool:
    """Tell whether a report lies there that says what the list is now."""
    return one.report_of == stamp_of(one, language)


def content_of(one: SessionList) -> bytes:
    """Return the report that lies there.

    Raise FileNotFoundError where a worker is making another one at this moment.
    """
    with default_storage.open(file_name(one)) as file:
        return crypto.unseal_bytes(file.read(), bound_to=f"list:{one.ref}:report")


def file_name(one: SessionList) -> str:
    """Return where the report of a long list lies in the storage."""
    return f"{staging.file_name(one)}.xlsx"


def stamp_of(one: SessionList, language: str) -> str:
    """Return what a report made now would be of: all that changes its rows."""
    return f"{one.state} {one.revision} {one.rows_done} {language}"


def _write(sheet: Worksheet, line: int, cells: Iterable[str], *form: object) -> None:
    for column, text in enumerate(cells):
        sheet.write_string(line, column, text, *form)


def _sheet_name(name: str, book: xlsxwriter.Workbook) -> str:
    """Return a name that a workbook takes: short, without its special characters."""
    plain = name.translate(_FORBIDDEN).strip(" '")[:28] or _("List")
    taken = {sheet.get_name().lower() for sheet in book.worksheets()}
    number, unique = 1, plain
    while unique.lower() in taken:
        number += 1
        unique = f"{plain} {number}"
    return unique
