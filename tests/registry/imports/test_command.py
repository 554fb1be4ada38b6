"""The command prints one row a person with its verdict, and writes what is new."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.registry.imports import trial
from portal.registry.models import Dose, ListColumns, SessionList
from tests.factories import make_organization, make_product
from tests.registry.imports.lists import NOON, make_row
from tests.statements import widest

pytestmark = pytest.mark.usefixtures("all_rows")
HEAD = (
    "ho_ten;gioi_tinh;ngay_sinh;cmnd_cccd;dien_thoai;ma_co_so;ngay_tiem;vac_xin;so_lo;"
    "mui_thu"
)
ROWS = [
    "Nguyễn Thanh Loan;0;12/01/1986;074186505978;0977721181;79-01234;04/09/2021;AZ;"
    "ABX6318;2",
    "Nguyễn Gia Hoà;1;1947;74047859045;0986788301;79-01234;03/09/2021;AstraZeneca;"
    "FG4493;1",
    "Nguyễn Quốc Quý;1;31/02/1984;074084706502;;79-01234;03/09/2021;AZ;FG4493;1",
]


@pytest.fixture
def site():
    make_product("AZ", "AstraZeneca")
    return make_organization("79-01234")


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "ds.csv"
    file.write_text("\n".join([HEAD, *ROWS]), encoding="utf-8")
    return file


def run(*words):
    out = StringIO()
    call_command("import_session_list", *map(str, words), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_dry_run_prints_what_the_contract_says_and_writes_nothing(site, path):
    answer = run(path, "--dry-run")

    assert set(answer) == {"sheets", "columns", "rows"}
    assert [(row["row"], row["verdict"]) for row in answer["rows"]] == [
        (2, "new"),
        (3, "new"),
        (4, "error"),
    ]
    assert answer["rows"][1]["values"] == {
        "full_name": "Nguyễn Gia Hòa",
        "sex": "M",
        "born_on": "1947",
        "id_kind": "pin12",
        "id_number": "074047859045",
        "id_restored": True,
        "phones": ["+84986788301"],
        "given_on": "2021-09-03",
        "product": "AZ",
        "lot": "FG4493",
        "dose_number": 1,
    }
    [fault] = [r for r in answer["rows"][2]["reasons"] if r["code"] == "born_unread"]
    assert (fault["column"], fault["cell"]) == ("born_on", "C4")
    assert not Dose.objects.exists()
    assert not SessionList.objects.exists()


def test_a_dry_run_asks_no_more_of_a_statement_for_a_longer_list(
    site, tmp_path, monkeypatch
):
    monkeypatch.setattr(trial, "CHUNK", 2)

    def read(count):
        path = tmp_path / f"{count}.csv"
        lines = [
            f"Nguyễn {'ABCDEGHIKLMNOPQRSTUV'[n]}nh Loan;0;12/01/19{n + 50};0741{n + 50}"
            f"505{n:03};09777{n:05};79-01234;04/09/2021;AZ;ABX6318;2"
            for n in range(count)
        ]
        path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
        answer = []
        width = widest(lambda: answer.append(run(path, "--dry-run")))
        assert [row["verdict"] for row in answer[0]["rows"]] == ["new"] * count
        return width

    assert read(2) == read(20)


def test_rows_of_one_dose_in_two_parts_of_a_dry_run_are_one_dose(site, monkeypatch):
    monkeypatch.setattr(trial, "CHUNK", 1)

    found = trial.judged([make_row(1), make_row(2)], site=site.pk, on=NOON.date())

    told = [(f.verdict, [r.detail for r in f.reasons]) for _row, f in found]
    assert told == [("new", []), ("duplicate", ["1"])]


def test_a_row_that_a_later_one_contradicts_is_an_error_in_a_dry_run(site, tmp_path):
    path = tmp_path / "ds.csv"
    other = ROWS[0].replace("Nguyễn Thanh Loan", "Trần Văn Khác")
    path.write_text("\n".join([HEAD, ROWS[0], ROWS[1], other]), encoding="utf-8")

    rows = run(path, "--dry-run")["rows"]

    assert [row["verdict"] for row in rows] == ["error", "new", "error"]
    assert {r["code"] for r in rows[0]["reasons"]} == {"id_shared"}


def test_a_dry_run_reads_the_columns_as_the_real_one_does(site, path):
    ListColumns.objects.create(site=site, columns={"so lo": "note"}, saved_at=NOON)

    dry = [row["values"]["lot"] for row in run(path, "--dry-run")["rows"]]
    real = [row["values"]["lot"] for row in run(path)["rows"]]

    assert dry == real == ["", "", ""]


def test_it_writes_what_is_new_at_the_site_that_the_list_names(site, path):
    answer = run(path)

    assert [row["verdict"] for row in answer["rows"]] == ["new", "new", "error"]
    assert Dose.objects.filter(site=site).count() == 2


def test_the_same_file_twice_changes_nothing(site, path):
    run(path, "--site", site.code)

    again = run(path, "--site", site.code)

    assert [row["verdict"] for row in again["rows"]] == ["same", "same", "error"]
    assert Dose.objects.count() == 2
    assert SessionList.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["khong-co.csv", "--dry-run"], 2),
        (["ds.csv", "--site", "KHONG-CO"], 2),
        (["anh.csv", "--dry-run"], 1),
        (["la.csv"], 2),
    ],
)
def test_how_it_ends(site, path, words, code):
    path.with_name("anh.csv").write_bytes(b"\xff\xd8\xff\xe0 no list at all" * 9)
    stranger = path.read_text("utf-8").replace("79-01234", "01-99999")
    path.with_name("la.csv").write_text(stranger, encoding="utf-8")

    with pytest.raises(CommandError) as ended:
        run(path.with_name(words[0]), *words[1:])

    assert ended.value.returncode == code


def test_a_refused_file_still_prints_one_document(site, tmp_path):
    file = tmp_path / "anh.xlsx"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" * 9)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command(
            "import_session_list", str(file), "--dry-run", "--json", stdout=out
        )

    assert json.loads(out.getvalue())["refused"] == "unknown_kind"


def test_of_several_doses_on_a_row_the_person_stays_one_row(site, tmp_path):
    head = "Họ và tên;Năm sinh;CCCD;Ngày tiêm mũi 1;Vắc xin mũi 1;Ngày tiêm mũi 2"
    path = tmp_path / "ds.csv"
    lines = [
        f"{head};Vắc xin mũi 2",
        "Mai Thị Bé;1971;079171000111;12/07/2021;AZ;10/10/2021;AZ",
        "Mai Thị Ca;1972;079172000111;12/07/2021;AZ;31/02/2021;AZ",
        "Mai Thị Dư;1973;079173000111;12/07/2021;AZ;;",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")

    rows = run(path, "--site", site.code)["rows"]

    assert [(row["row"], row["verdict"]) for row in rows] == [
        (2, "new"),
        (3, "error"),
        (4, "new"),
    ]
    told = [[dose["verdict"] for dose in row.get("doses", ())] for row in rows]
    assert told == [["new", "new"], ["new", "error"], []]
    doses = Dose.objects.filter(site=site).order_by("person__name_folded", "given_on")
    assert [dose.dose_number for dose in doses] == [1, 2, 1, 1]
    assert doses[0].person_id == doses[1].person_id != doses[2].person_id
