"""The report: the list's own rows with what became of each, safe to open."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from portal.registry.imports import (
    committing,
    jobs,
    judging,
    reading,
    report,
    reviewing,
    staging,
    wording,
)
from portal.registry.imports.rows import Reason, Vocabulary
from tests.factories import make_organization, make_product
from tests.registry.imports.lists import NOON, Work, make_list, make_row

pytestmark = pytest.mark.usefixtures("all_rows")
LISTS = Path(__file__).parents[2] / "data" / "lists"
DANGEROUS = ("=cmd|'/c calc'!A1", "+1", "-1+2", "@SUM(A1)", "0123", "http://x.vn")


@pytest.fixture
def one():
    make_product("AZ", "AstraZeneca")
    rows = [
        make_row(7),
        make_row(8, verdict="postponed", reasons=[Reason("by_staff", cell="L8")]),
    ]
    return make_list(make_organization(), rows)


def sheets(content):
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_report_stands_beside_the_original_rows(one):
    committing.commit(one.pk, by=None, at=NOON, queued=False)
    jobs.finish(one.pk, (Work.COMMIT,), by=None, at=NOON)

    with override("en"):
        found = sheets(report.build(report.rows_of(one)))

    assert found == {
        "DS": [
            ["Row", "Result", "Why", "", "", ""],
            ["7", "Written", "", "7", "Nguyễn Thị Thử", "=1+1"],
            [
                "8",
                "Postponed, no dose",
                "L8: Left out by staff.",
                "8",
                "Nguyễn Thị Thử",
                "=1+1",
            ],
        ]
    }


def test_no_cell_of_the_report_is_a_formula_a_number_or_a_link(one):
    rows = list(report.rows_of(one))
    hostile = [opened_with(row, DANGEROUS) for row in rows]

    content = report.build(hostile)

    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        xml = "".join(
            parts.read(name).decode() for name in parts.namelist() if "sheet" in name
        )
        assert not [n for n in parts.namelist() if "externalLink" in n]
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    assert [tuple(line[3:]) for line in sheets(content)["DS"][1:]] == [DANGEROUS] * 2


def opened_with(opened, cells):
    return type(opened)(
        opened.staged,
        type(opened.row)(
            sheet=opened.row.sheet,
            row=opened.row.row,
            verdict="",
            reasons=(),
            values=opened.row.values,
            cells=cells,
        ),
    )


def test_sheets_that_a_workbook_would_not_take_get_names_that_it_does(one):
    rows = []
    for name in ("a/b", "A b", "", "x" * 60, "'"):
        [first, _second] = list(report.rows_of(one))
        row = first.row
        changed = type(row)(name, row.row, "", (), row.values, row.cells)
        rows.append(type(first)(first.staged, changed))

    with override("en"):
        names = list(sheets(report.build(rows)))

    assert names == ["a b", "A b 2", "List", "x" * 28, "List 2"]


def test_a_long_report_is_written_sealed_by_a_worker(one):
    jobs.finish(one.pk, (Work.REPORT,), by=None, at=NOON)

    name = f"{report.staging.file_name(one)}.xlsx"
    with report.default_storage.open(name) as file:
        stored = file.read()

    assert b"PK" not in stored[:4]
    content = report.crypto.unseal_bytes(stored, bound_to=f"list:{one.ref}:report")
    assert len(sheets(content)["DS"]) == 3


def test_no_report_is_left_of_a_list_that_is_forgotten_meanwhile(one):
    assert staging.forget_expired(at=one.expires_at) == 1

    jobs.finish(one.pk, (Work.REPORT,), by=None, at=NOON)

    assert not report.default_storage.exists(report.file_name(one))


def test_a_long_report_is_of_one_state_and_one_language(one):
    report.ask(one, language="en", by=None, at=NOON)
    jobs.finish(one.pk, (Work.REPORT,), by=None, at=NOON)

    one.refresh_from_db()
    assert report.is_there(one, "en")
    assert not report.is_there(one, "vi")
    [head, *_rows] = sheets(report.content_of(one))["DS"]
    assert head[:3] == ["Row", "Result", "Why"]

    reviewing.exclude(one.pk, 1, excluded=True, at=NOON)
    one.refresh_from_db()
    assert not report.is_there(one, "en")


def test_what_is_recorded_is_said_as_people_write_it():
    words = {"vaxzevria": "AstraZeneca"}
    with override("en"):
        said = [
            wording.of(Reason("differs", column, "", detail), words)
            for column, detail in (
                ("given_on", "2021-08-14"),
                ("product", "vaxzevria"),
                ("site", "Trạm Y tế"),
            )
        ]
        too_soon = wording.of(Reason("Q05", detail="days=12 least=21"))

    assert said == [
        "Day of the injection: recorded is 14/08/2021.",
        "Vaccine: recorded is AstraZeneca.",
        "Vaccination site: recorded is Trạm Y tế.",
    ]
    assert too_soon.endswith("(12 days, at least 21).")


@pytest.mark.parametrize("path", sorted(LISTS.iterdir()), ids=lambda path: path.name)
def test_every_reason_that_the_sample_lists_give_has_words(path):
    words = Vocabulary(products={"astrazeneca": "AZ", "az": "AZ"}, lots={})

    for row in reading.read(path, vocabulary=words, on=NOON.date()):
        for reason in row.reasons:
            assert reason.code in wording.REASONS
            assert wording.of(reason)


def test_every_reason_of_the_comparison_has_words():
    source = Path(judging.__file__).read_text("utf-8")
    codes = set(re.findall(r'Reason\("([a-z_]+)"', source))

    assert {"missing", "same_as_row", "differs"} <= codes <= wording.REASONS.keys()
