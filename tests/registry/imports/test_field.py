"""Lists as nurses, clerks and companies made them in 2021, each ugly in its own way."""

import unicodedata
from datetime import date

import pytest

from portal.registry.imports import reading
from portal.registry.imports.exceptions import CannotRead
from tests.registry.imports.conftest import as_csv, book


def told(rows, *names):
    return [tuple(getattr(row.values, name) for name in names) for row in rows]


def codes(row):
    return {reason.code for reason in row.reasons}


def station(part: str, first: int) -> list[list[object]]:
    return [
        ["SỞ Y TẾ TP.HCM", "", "", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["TTYT QUẬN 8", "", "", "", "", "Độc lập - Tự do - Hạnh phúc"],
        ["DANH SÁCH TIÊM VẮC XIN COVID-19 - MŨI 2"],
        [f"(Ngày tiêm: 20/09/2021 - buổi {part})"],
        ["Vắc xin: ASTRAZENECA   Số lô: ABX6318   HSD: 31/12/2021"],
        [
            "TT",
            "Họ và tên",
            "",
            "Năm sinh",
            "",
            "CCCD/CMND",
            "SĐT",
            "Khu phố",
            "Ghi chú",
        ],
        ["", "", "", "Nam", "Nữ"],
        ["(1)", "(2)", "", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"],
        [first, "Nguyễn Văn", "Hùng", 1962, "", 79062012345, "0903 123 456", "KP1"],
        [first + 1, "Trần Thị Ngọc", "Ánh", "", 1970, "079170012346", "0903.123.457"]
        + ["nt", "hoãn: HA 170/100"],
        [first + 2, "Lê", part.title(), "", "1985", "079185012347", "84903123458"]
        + ["nt", "Hoàn thành"],
        ["", "Tổng cộng: 3"],
        ["", "Người lập danh sách", "", "", "", "Trưởng trạm"],
        ["", "Lê Thị Thu Hà", "", "", "", "BS. Nguyễn Văn Nam"],
    ]


def test_two_sheets_with_a_name_in_two_columns_and_facts_in_the_title(read, vocabulary):
    spans = [("B6:C6", "Họ và tên"), ("D6:E6", "Năm sinh")]
    content = book(
        {
            "Sáng": station("sáng", 1),
            "Chiều": station("chiều", 4),
            "Hướng dẫn": [["Nhập đủ các cột"], ["Không sửa tiêu đề"]],
            "DM": [["Họ và tên", "SĐT"], ["Trần Văn Mẫu", "0909123456"]],
        },
        merged=[(sheet, *span) for sheet in ("Sáng", "Chiều") for span in spans],
        hidden=["DM"],
    )

    rows = read(content)

    assert [(row.sheet, row.row, row.verdict) for row in rows] == [
        ("Sáng", 9, ""),
        ("Sáng", 10, "postponed"),
        ("Sáng", 11, ""),
        ("Chiều", 9, "duplicate"),
        ("Chiều", 10, "postponed"),
        ("Chiều", 11, "error"),
    ]
    assert told(rows[:1], "full_name", "sex", "born_on", "id_number") == [
        ("Nguyễn Văn Hùng", "M", "1962", "079062012345")
    ]
    assert told(rows[2:3], "given_on", "product", "lot", "dose_number") == [
        (date(2021, 9, 20), "vaxzevria", "ABX6318", 2)
    ]
    # "Hoàn thành" is no "hoãn", and "nt" is the street above.
    assert rows[2].aside.address == "KP1"
    # The same number under two names: nobody knows whose it is.
    assert codes(rows[5]) == {"id_shared"}
    guide, hidden = reading.survey(content, vocabulary=vocabulary).sheets[2:]
    assert {kind for _, kind in guide.skipped} == {"unheaded"}
    assert hidden.hidden


def test_numbers_that_a_spreadsheet_spoilt(read):
    header = ["STT", "HỌ VÀ TÊN", "NGÀY", "THÁNG", "NĂM SINH", "GT", "SỐ CMND / CCCD"]
    header += ["ĐIỆN THOẠI", "LOẠI VX", "LÔ", "MŨI"]
    rows = read(
        book(
            {
                "DS": [
                    ["Thời gian: ngày 05 tháng 10 năm 2021 tại Trường TH Lê Lợi"],
                    header,
                    [1, "LÊ VĂN TÁM", 3, 4, 1980, "Nam", 79080001234, 903123456]
                    + ["Pfizer", "FG4493", 1],
                    [2, "PHẠM THỊ BA", "", "", 1950, "Nữ", 1150001234, 1692345678]
                    + ["pfizer", "FG4493", "1"],
                    [3, "Ngô Thị Út", 12, 12, 1999, "nữ", "7.91991E+10", "9.03E+08"]
                    + ["PFIZER", "FG4493", "M1"],
                    [4, "Đỗ Minh", 1, 2, 2001, "Nam", 79201000000, "0903123459"]
                    + ["Phizer", "FG4493", 2],
                    [5, "Cao Thắng", 1, 2, 1990, "nam", 24512345, "O903123460"]
                    + ["Pfizer-BNT", "FG44O3", "mũi 2"],
                    [6, "Hồ Thị Hạnh", 31, 2, 1990, "F", "024 512 346"]
                    + ["0283 9 123 456", "Fizer", "fg4493", "Nhắc lại"],
                ]
            }
        )
    )

    assert told(rows[:2], "born_on", "id_number", "id_restored", "phones") == [
        ("1980-04-03", "079080001234", True, ("+84903123456",)),
        ("1950", "001150001234", True, ("+84392345678",)),
    ]
    # Lost digits stop the row; they are never guessed.
    assert (rows[2].verdict, codes(rows[2])) == (
        "error",
        {"id_rounded", "phone_rounded"},
    )
    assert told(rows[2:3], "id_kind", "id_number", "phones") == [(None, "", ())]
    assert rows[3].verdict == "error"
    assert codes(rows[3]) == {"id_rounded", "product_typo"}
    assert told(rows[4:5], "id_kind", "id_number", "lot", "dose_number") == [
        ("cmnd9", "024512345", "FG4403", 2)
    ]
    assert codes(rows[5]) == {"born_unread", "dose_kind", "phone_landline"}
    assert [r.cell for r in rows[5].reasons] == ["K8", "E8", "H8"]


def test_lines_between_the_rows_change_vaccine_and_lot(read):
    rows = read(
        book(
            {
                "14.8.2021": [
                    ["PHIẾU THEO DÕI TIÊM"],
                    ["STT", "Họ tên", "Ngày sinh", "Giới", "CMND", "SĐT", "Mũi"],
                    ["VẮC XIN: PFIZER – LÔ FG4493 – HSD 30/11/2021"],
                    [1, "Võ Thị Sáu", "2/1/1990", "Nữ", "025111222", "0901111222", 1],
                    [2, "Lý Tự Trọng", "20-10-85", "Nam", "025111223", "", 1],
                    ["Vaccine Astra lô ABX6318"],
                    [3, "Bà Huỳnh Thị Mười", "1945", "nu", "025111224", "", "2"],
                    ["Cộng: 3 mũi"],
                    ["TP.HCM, ngày 15 tháng 8 năm 2021"],
                ]
            }
        )
    )

    assert told(rows, "given_on", "product", "lot", "dose_number") == [
        (date(2021, 8, 14), "comirnaty", "FG4493", 1),
        (date(2021, 8, 14), "comirnaty", "FG4493", 1),
        (date(2021, 8, 14), "vaxzevria", "ABX6318", 2),
    ]


def test_ticks_under_sex_vaccine_and_dose(read):
    spans = [("C2:D2", "Giới tính"), ("H2:I2", "Loại vắc xin"), ("J2:K2", "Mũi")]
    person = ["", "", "01/02/1980", "079080000111", "0902222333"]
    rows = read(
        book(
            {
                "ds": [
                    ["DANH SÁCH ĐĂNG KÝ TIÊM NGÀY 01/09/2021"],
                    ["STT", "Họ tên", "", "", "Ngày sinh", "Số CCCD", "SĐT liên hệ"]
                    + ["", "", "", "", "Ghi chú"],
                    ["", "", "Nam", "Nữ", "", "", "", "AZ", "Vero Cell", "1", "2"],
                    [1, "Nguyễn An", "x", *person[1:], "x", "", "x"],
                    [2, "Nguyễn Bình", "", "x", "02/02/1980", "079180000112"]
                    + ["0902222334", "", "x", "", "x", "Chưa tiêm"],
                    [3, "Nguyễn Cảnh", "x", "", "03/02/1980", "079080000113"]
                    + ["0902222335", "x", "x", "x"],
                    [4, "Nguyễn Dung", "", "v", "04/02/1980", "079180000114"]
                    + ["0902222336", "", "x", "", "X"],
                ]
            },
            merged=[("ds", *span) for span in spans],
        )
    )

    assert told(rows, "sex", "product", "dose_number") == [
        ("M", "vaxzevria", 1),
        ("F", "vero-cell", 2),
        ("M", None, 1),
        ("F", "vero-cell", 2),
    ]
    assert [row.verdict for row in rows] == ["", "postponed", "error", ""]
    assert codes(rows[2]) == {"product_several"}


def test_two_doses_side_by_side_give_the_one_of_the_title(read):
    spans = [("D2:F2", "Mũi 1"), ("G2:I2", "Mũi 2")]
    first = [date(2021, 7, 12), "AstraZeneca", "ABX6318"]
    content = book(
        {
            "T": [
                ["DANH SÁCH TIÊM MŨI 2 NGÀY 10/10/2021"],
                ["Họ và tên", "Năm sinh", "Số CCCD"],
                ["", "", "", *["Ngày tiêm", "Loại vắc xin", "Số lô"] * 2],
                ["Mai Văn An", "1975", "079075000111", *first]
                + [date(2021, 10, 10), "AZ", "210101"],
                ["Mai Thị Bé", "1976", "079176000111", *first],
                ["Mai Thị Ca", "1977", "079177000111", "", "", "", 44479, "AZ"],
                ["Mai Thị Dư", "1978", "079178000111", *first, "09/10/2021", "AZ"],
            ]
        },
        merged=[("T", *span) for span in spans],
    )
    rows = read(content)

    assert told(rows[:3], "given_on", "product", "lot", "dose_number") == [
        (date(2021, 10, 10), "vaxzevria", "210101", 2),
        (date(2021, 7, 12), "vaxzevria", "ABX6318", 1),
        (date(2021, 10, 10), "vaxzevria", "", 2),
    ]
    # None of the days is the title's: both doses are told, and looked at.
    assert told(rows[3:], "given_on", "lot", "dose_number") == [
        (date(2021, 7, 12), "ABX6318", 1),
        (date(2021, 10, 9), "", 2),
    ]
    assert [codes(row) for row in rows[3:]] == [{"one_of_several"}] * 2


def test_cells_merged_downwards_and_as_above(read):
    header = ["STT", "Họ và tên", "Năm sinh", "Giới tính", "CMND/CCCD", "Điện thoại"]
    header += ["Địa chỉ", "Vắc xin", "Số lô", "Ngày tiêm", "Mũi", "Ghi chú"]
    rows = read(
        book(
            {
                "Trang 1": [
                    header,
                    [1, "Đinh Bộ Lĩnh", "1968", "Nam", "031068000123", "0912000111"]
                    + ["Ấp 3", "", "", "21/08/2021", 1],
                    [2, "Đinh Liễn", "1990", "Nam", "031090000124", "nt"]
                    + ["-nt-", "", "", "nt", '"'],
                    [3, "Dương Vân Nga", "1972", "Nữ", "031172000125", "0912000113"]
                    + ["nt", "", "", "", "”", "HOÃN TIÊM"],
                    [4, "Lê Hoàn", "1975", "Nam", "nt", "0912000114"]
                    + ["nt", "Vero cell", "202107B123", "21/8", "n.t"],
                ]
            },
            merged=[
                ("Trang 1", "H2:H4", "Moderna"),
                ("Trang 1", "I3:I4", "3003605"),
            ],
        )
    )

    assert told(rows[:3], "product", "lot", "dose_number", "phones") == [
        ("spikevax", "", 1, ("+84912000111",)),
        ("spikevax", "3003605", 1, ("+84912000111",)),
        ("spikevax", "3003605", 1, ("+84912000113",)),
    ]
    assert rows[1].values.given_on == date(2021, 8, 21)
    assert rows[2].verdict == "postponed"
    # Nobody has the identity number of the line above; a day needs its year.
    assert {(r.code, r.cell) for r in rows[3].reasons} == {
        ("as_above", "E5"),
        ("given_unread", "J5"),
    }


def test_a_company_abroad_writes_the_month_first(read):
    header = ["No.", "Full name", "Date of birth", "Gender", "ID/Passport", "Phone"]
    header += ["Vaccine", "Lot No.", "Date of vaccination", "Dose"]
    people = [
        ("KIM MIN SU", "03/25/1981", "M", "M12345678", "0933111222", "1st"),
        ("PARK JI YOUNG", "12/14/1979", "F", "M 1234 5679", "0933111223", "1"),
        ("Tran Van Nam", "05/06/1990", "Male", "079090000321", "+84 933 111 224", "2"),
        ("Le Thi Hoa", "11/30/1988", "Female", "079188000321", "(+84)933111225", "2"),
    ]
    rows = read(
        as_csv(
            [["ABC Co., Ltd"], header]
            + [
                [str(n), *person[:5], "Moderna", "939906", "08/28/2021", person[5]]
                for n, person in enumerate(people)
            ]
        )
    )

    assert told(rows, "born_on", "id_kind", "dose_number") == [
        ("1981-03-25", "passport", 1),
        ("1979-12-14", "passport", 1),
        ("1990-05-06", "pin12", 2),
        ("1988-11-30", "pin12", 2),
    ]
    assert {row.values.given_on for row in rows} == {date(2021, 8, 28)}
    assert all("born_order" in codes(row) for row in rows)


def test_formulas_give_their_kept_value_and_say_so(read, vocabulary):
    content = book(
        {
            "F": [
                ["STT", "Họ và tên", "Ngày sinh", "CCCD", "Ngày tiêm", "Vắc xin", "Lô"],
                [1, "Trịnh Hoài Đức", "01/01/1970", "079070000001", date(2021, 8, 1)]
                + ["Pfizer", "FG4493"],
                ["=A2+1|2", "Lê Quang Định", "01/01/1971", "079071000001"]
                + ["=E2|44409", "=F2|Pfizer", "FG4493"],
                ["=A3+1|3", "Ngô Nhân Tịnh", "01/01/1972", "079072000001"]
                + ["=E2|44409", "Pfizer", "=G2|"],
            ]
        }
    )
    rows = read(content)

    assert told(rows[1:2], "given_on", "product") == [(date(2021, 8, 1), "comirnaty")]
    assert {r.cell for r in rows[1].reasons if r.code == "formula"} == {"E3", "F3"}
    assert ("formula_lost", "G4") in {(r.code, r.cell) for r in rows[2].reasons}
    assert rows[2].verdict == "error"
    assert reading.survey(content, vocabulary=vocabulary).notes == ("formulas",)


LETTERS = (
    "Họ và tên;Ngày sinh;Giới tính;CMND;Điện thoại;Ngày tiêm;Loại vắc xin;Số lô;Mũi\n"
    "Nguyễn Thị Hường;12/3/1971;Nữ;025 123 456;0903.111.222;15/9/2021;Vero-Cell;"
    "202107B0821;1\n"
    "Đặng Văn Ửng;1966;Nam;25123457;0903111223;15/9/2021;nt;nt;1\n"
    "=cmd|' /C calc'!A0;1966;Nam;025123458;0903111224;15/9/2021;nt;nt;1\n"
)


def as_1258(text: str) -> bytes:
    """Windows-1258: letters with their hats, tones as marks of their own."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    out = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        hat = unicodedata.normalize("NFC", "".join(c for c in parts if c not in tones))
        out += [hat, *(c for c in parts if c in tones)]
    return "".join(out).encode("cp1258")


@pytest.mark.parametrize(
    "content",
    [
        LETTERS.encode(),
        LETTERS.encode("utf-8-sig"),
        LETTERS.encode("utf-16"),
        LETTERS.replace(";", "\t").encode("utf-16-le"),
        LETTERS.replace(";", "|").encode(),
        LETTERS.replace("\n", "\r\n").encode(),
        unicodedata.normalize("NFD", LETTERS).encode(),
        as_1258(LETTERS),
        as_1258(LETTERS.replace(";", "\t")),
    ],
    ids=["utf8", "bom", "utf16", "utf16-tabs", "bars", "crlf", "nfd", "1258", "1258-t"],
)
def test_letters_are_read_however_they_are_stored(read, content):
    rows = read(content)

    assert told(rows[:2], "full_name", "id_number", "product", "lot") == [
        ("Nguyễn Thị Hường", "025123456", "vero-cell", "202107B0821"),
        ("Đặng Văn Ửng", "025123457", "vero-cell", "202107B0821"),
    ]
    # What begins like a formula is text here and no name.
    assert rows[2].verdict == "error"
    assert "formula_text" in codes(rows[2])


def test_a_list_without_any_header_is_read_by_its_cells(read, vocabulary):
    content = as_csv(
        [
            ["1", "Nguyễn Thị Hường", "12/3/1971", "Nữ", "079171000111"]
            + ["0903111222", "AstraZeneca", "2021-09-15"],
            ["2", "Đặng Văn Ửng", "1966", "Nam", "079066000111"]
            + ["0903111223", "AZ", "2021-09-15"],
            ["3", "Trần Tám", "1967", "Nam", "079067000111"]
            + ["0903111224", "AZ", "2021-09-15"],
        ]
    )

    assert told(read(content), "full_name", "born_on", "given_on", "product") == [
        ("Nguyễn Thị Hường", "1971-03-12", date(2021, 9, 15), "vaxzevria"),
        ("Đặng Văn Ửng", "1966", date(2021, 9, 15), "vaxzevria"),
        ("Trần Tám", "1967", date(2021, 9, 15), "vaxzevria"),
    ]
    (sheet,) = reading.survey(content, vocabulary=vocabulary).sheets
    guesses = [c for c in sheet.tables[0].columns if c.role]
    assert {c.origin for c in guesses} == {"content"}
    assert max(c.confidence for c in guesses) <= 0.6


@pytest.mark.parametrize(
    ("lots", "day"),
    [
        (["210101", "210101", "210101"], "2021-09-15"),
        (["2021070015", "2021070015", "2021070016"], "15/09/2021"),
        (["FG4493", "FG4493", "ABX6318"], "15092021"),
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1)])
def test_lots_without_a_heading_are_no_days_and_no_numbers(read, lots, day, order):
    people = [
        ("Nguyễn Thị Hường", "12/3/1971", "079171000111"),
        ("Đặng Văn Ửng", "1966", "079066000111"),
        ("Trần Tám", "1967", "079067000111"),
    ]
    lines = []
    for (name, born, number), lot in zip(people, lots, strict=True):
        last = [lot, "Pfizer", day]
        lines.append([name, born, number, *(last[place] for place in order)])

    rows = read(as_csv(lines))

    assert told(rows, "born_on", "id_number", "given_on", "lot") == [
        ("1971-03-12", "079171000111", date(2021, 9, 15), lots[0]),
        ("1966", "079066000111", date(2021, 9, 15), lots[1]),
        ("1967", "079067000111", date(2021, 9, 15), lots[2]),
    ]


def test_quoted_cells_two_numbers_and_days_in_every_form(read):
    head = "Họ và\ntên,NTNS,Phái,Số CMND/CCCD/ĐDCN,SĐT,Nơi tiêm,Ngày chích,Tên vắc xin"
    lines = [
        [*head.split(","), "Lô", "Mũi thứ mấy"],
        ["Nguyễn Thị Bé", "5.6.1960", "0", "024512345/079160839036"]
        + ["0909.123.456 - 02839123456", "TYT P7", "14.8.21", "COVID-19 Vaccine"]
        + ["ABX 6318", "2.0"],
        ["Thạch Sanh", "01011955", "1", "079055000009", "", "TYT P7"]
        + ["14/08/2021 00:00:00", "Astra Zenica", "ABX6318", "3"],
        ["Lý Thông", "31121958", "1", "79058000009", "", "TYT P7"]
        + ["2021-08-14T08:00:00", "AZ hoặc Pfizer", "ABX6318", "9"],
    ]
    rows = read(b"sep=,\n" + as_csv(lines))

    assert told(rows, "born_on", "given_on", "dose_number") == [
        ("1960-06-05", date(2021, 8, 14), 2),
        ("1955-01-01", date(2021, 8, 14), 3),
        ("1958-12-31", date(2021, 8, 14), None),
    ]
    assert rows[0].values.id_number == "079160839036"
    assert rows[0].aside.others == ("024512345",)
    assert rows[0].values.phones == ("+84909123456",)
    assert rows[1].values.product == "vaxzevria"
    assert codes(rows[2]) == {"dose_unread", "id_restored", "product_several"}


def test_a_saved_mapping_goes_before_the_guess(read, vocabulary):
    lines = [
        ["Người", "Họ và tên", "Sinh", "Mã A", "Mã B", "Ngày tiêm", "Vắc xin"],
        ["Võ Thị Sáu", "Trần Mẹ", "1990", "079190000111", "0903111222"]
        + ["14/08/2021", "AZ"],
    ]
    saved = {
        "nguoi": "full_name",
        "ho va ten": "",
        "sinh": "born_on",
        "ma a": "id_number",
        "ma b": "phones",
    }

    (row,) = read(as_csv(lines), columns=saved)

    assert told([row], "full_name", "born_on", "id_number", "phones") == [
        ("Võ Thị Sáu", "1990", "079190000111", ("+84903111222",))
    ]
    told_columns = (
        reading.survey(as_csv(lines), vocabulary=vocabulary, columns=saved)
        .sheets[0]
        .tables[0]
        .columns
    )
    assert [c.origin for c in told_columns[:5]] == ["saved"] * 5


def test_a_mapping_to_roles_that_do_not_exist_is_refused(read):
    with pytest.raises(CannotRead, match="columns"):
        read(as_csv([["Họ tên", "CCCD"], ["A B", "1"]]), columns={"cccd": "salary"})


def test_headings_over_each_others_cells_are_seen(read):
    people = [["Lê Văn A", "079080000111", "0903111222"]]
    people += [["Lê Văn B", "079080000112", "0903111223"]]
    people += [["Lê Văn C", "079080000113", "0903111224"]]
    rows = read(as_csv([["Họ tên", "SĐT", "CCCD"], *people]))

    assert told(rows[:1], "id_number", "phones") == [
        ("079080000111", ("+84903111222",))
    ]


def test_a_table_off_the_corner_with_talkative_cells(read):
    header = ["", "", "TT", "HO VA TEN", "NAM SINH", "GIOI TINH", "SO CMND", "SDT"]
    header += ["LOAI VACXIN", "SO LO", "NGAY TIEM", "MUI", "KET QUA"]
    rows = read(
        book(
            {
                "Sheet1": [
                    [],
                    ["", "", "Họ và tên cán bộ phụ trách: Nguyễn Thị Lan"],
                    [
                        "",
                        "",
                        "KẾT QUẢ TIÊM NGÀY 28/8/2021 (VERO CELL, SỐ LÔ: 202107B08)",
                    ],
                    header,
                    ["", "", 1, "1. NGUYEN VAN AN", "1985 (âm)", "Nam"]
                    + ["CMND: 025123456, cấp ngày 12/3/2010", "0909 123 456 (vợ)"]
                    + ["Pfizer (mũi 2)", "FG4493 (HSD 30/9/21)", "Sáng 28/8/2021"]
                    + ["Mũi 2 (M1: AZ 12/6)", "Đã tiêm"],
                    ["", "", 2, "- Trần Thị Bảy", "khoảng 1950", "NỮ", "chưa có CCCD"]
                    + ["84-909-123-457", "AZ lô ABX6318", "", "28-Aug-21", "02"]
                    + ["HA cao - hoãn"],
                    ["", "Hộ ông Nguyễn Văn An, 12/4 đường số 8"],
                    ["", "", 3, "Lê Cúc, con ông Dần", "~1950", "Nu", "K có"]
                    + ["0909123458", "Moderna", "939906 / 939907", "", "01"]
                    + ["không đồng ý tiêm"],
                    ["Trang 1/2"],
                    header,
                    ["", "", 4, "Vũ Thị Én", "12/1950", "n", "C1234567", "0909123459"]
                    + ["Vero", "", "28.8.21", "2 (nhắc)"]
                    + ["Hoãn 2 tuần, đã tiêm lại 28/8"],
                ]
            }
        )
    )

    assert told(rows, "full_name", "born_on", "id_number", "dose_number") == [
        ("Nguyen Van An", "1985", "025123456", 2),
        ("Trần Thị Bảy", "1950", "", 2),
        ("Lê Cúc", "1950", "", 1),
        ("Vũ Thị Én", "1950", "C1234567", 2),
    ]
    assert [row.verdict for row in rows] == ["", "postponed", "postponed", "error"]
    # The lot of the title is Vero Cell's; of two lots in a cell none is taken.
    assert told(rows, "product", "lot") == [
        ("comirnaty", "FG4493"),
        ("vaxzevria", "ABX6318"),
        ("spikevax", ""),
        ("vero-cell", "202107B08"),
    ]
    assert {row.values.given_on for row in rows} == {date(2021, 8, 28)}
    assert "note_contradicts" in codes(rows[3])


def test_columns_may_change_with_the_next_header(read):
    rows = read(
        book(
            {
                "a": [
                    ["BUỔI SÁNG 25/09/2021"],
                    ["STT", "Họ và tên", "Năm sinh", "CCCD", "Vắc xin"],
                    [1, "Lê Văn An", 1980, "079080000111", "AZ"],
                    ["BUỔI CHIỀU 26/09/2021"],
                    ["STT", "Họ và tên", "CCCD", "Năm sinh", "Vắc xin", "Mũi"],
                    [1, "Lê Văn Ba", "079081000111", 1981, "AZ", 2],
                ]
            }
        )
    )

    assert told(rows, "born_on", "id_number", "given_on", "dose_number") == [
        ("1980", "079080000111", date(2021, 9, 25), None),
        ("1981", "079081000111", date(2021, 9, 26), 2),
    ]


def test_doses_of_before_are_not_the_dose_of_today(read):
    spans = [("C1:D1", "Tiền sử tiêm chủng"), ("E1:G1", "Tiêm hôm nay 25/9/2021")]
    rows = read(
        book(
            {
                "DS": [
                    ["Họ và tên", "CMND/CCCD"],
                    ["", "", "Ngày tiêm mũi 1", "Vắc xin mũi 1"]
                    + ["Vắc xin", "Số lô", "Mũi"],
                    ["Lê Văn An", "079080000111", "1/7/2021", "AZ"]
                    + ["Pfizer", "FG4493", 2],
                ]
            },
            merged=[("DS", *span) for span in spans],
        )
    )

    assert told(rows, "given_on", "product", "lot", "dose_number") == [
        (date(2021, 9, 25), "comirnaty", "FG4493", 2)
    ]


def test_days_under_mui_1_and_mui_2(read):
    rows = read(
        as_csv(
            [
                ["DANH SÁCH TIÊM VX ASTRAZENECA"],
                ["STT", "Họ và tên", "Sinh năm", "Nữ", "Số CMND", "Mũi 1", "Mũi 2"],
                ["1", "Lê Thị Ba", "1981", "x", "025111223", "12/06/2021", ""],
                ["2", "Lê Thị Cúc", "1982", "x", "025111224", "", "4/9/2021"],
                ["3", "Lê Văn An", "1980", "", "025111222", "12/06/2021", "04/09/2021"],
            ]
        )
    )

    assert told(rows[:2], "sex", "given_on", "dose_number") == [
        ("F", date(2021, 6, 12), 1),
        ("F", date(2021, 9, 4), 2),
    ]
    assert [row.row for row in rows[2:]] == [5, 5]
    assert told(rows[2:], "sex", "given_on", "dose_number") == [
        (None, date(2021, 6, 12), 1),
        (None, date(2021, 9, 4), 2),
    ]


def test_days_that_a_spreadsheet_may_have_turned_about_are_pointed_out(read):
    """An American Excel makes a date of 03/04/1980 and leaves 13/04/1980 as text."""
    native = [["Lê Văn An", date(1980, month, 4), "07908000011"] for month in (3, 5, 7)]
    text = [["Lê Văn Ba", f"{day}/04/1980", "07908000022"] for day in (13, 23, 30)]
    lines = [
        [name, born, f"{number}{n}", "14/08/2021", "AZ"]
        for n, (name, born, number) in enumerate([*native, *text])
    ]
    header = ["Họ và tên", "Ngày sinh", "CCCD", "Ngày tiêm", "Vắc xin"]
    rows = read(book({"a": [header, *lines]}))

    assert ["born_swapped" in codes(row) for row in rows] == [True] * 3 + [False] * 3
    assert rows[0].values.born_on == "1980-03-04"


def test_a_list_in_the_fonts_of_before_is_read_where_they_are_clear(read):
    tcvn3 = "Hä vµ tªn;N¨m sinh;CMND\nNguyÔn V¨n A;1980;025123456\n".encode("latin-1")

    (row,) = read(tcvn3)

    assert (row.values.full_name, row.values.born_on) == ("Nguyễn Văn A", "1980")


def test_letters_that_no_font_explains_are_refused_rather_than_guessed(read):
    with pytest.raises(CannotRead, match="encoding"):
        read("Hä vµ;N¨m\nÞþÿ§¡;1980\nÏÐÑ¢£;1981\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("note", "verdict", "code"),
    [
        *(
            (note, "postponed", "note_postponed")
            for note in ("hoãn tiêm", "Hoãn HA cao")
        ),
        *((note, "postponed", "note_postponed") for note in ("chưa tiêm", "ko tiêm")),
        ("không đủ điều kiện tiêm", "postponed", "note_postponed"),
        ("không đồng ý tiêm", "postponed", "note_postponed"),
        ("Vắng", "postponed", "note_postponed"),
        ("chống chỉ định", "postponed", "note_postponed"),
        ("Hoàn thành", "", None),
        ("không phản ứng sau tiêm", "", None),
        ("", "", None),
        ("đã nhập", "", "note_entered"),
        ("trùng STT 5", "", "note_duplicate"),
        ("mũi 1 tiêm ở Bình Dương", "", "note_elsewhere"),
        ("hoãn tuần trước, nay đã tiêm", "error", "note_contradicts"),
        ("hẹn tiêm lại 25/10", "postponed", "note_postponed"),
        ("Chuyển bệnh viện tiêm", "postponed", "note_postponed"),
        ("hẹn mũi 2 ngày 12/11", "", None),
        ("Không hoãn", "", None),
        ("chưa tiêm mũi 2", "", None),
    ],
)
def test_notes_that_matter(read, note, verdict, code):
    (row,) = read(
        as_csv(
            [
                ["Họ tên", "Năm sinh", "CCCD", "Ngày tiêm", "Vắc xin", "Ghi chú"],
                ["Lê Văn An", "1980", "079080000111", "14/08/2021", "AZ", note],
            ]
        )
    )

    assert row.verdict == verdict
    assert codes(row) == ({code} if code else set())


@pytest.mark.parametrize(
    ("heading", "cell", "verdict", "code"),
    [
        *((h, "x", "postponed", "note_postponed") for h in ("Hoãn", "Không tiêm")),
        *((h, "x", "postponed", "note_postponed") for h in ("CCĐ", "Chống chỉ định")),
        *((h, "", "", None) for h in ("Hoãn", "Không tiêm", "CCĐ")),
        ("Hoãn tiêm", "Không", "", None),
        ("Lý do không tiêm", "sốt", "postponed", "note_postponed"),
        ("Đồng ý tiêm", "Không", "postponed", "note_postponed"),
        ("Đồng ý tiêm", "Có", "", None),
        ("Đã tiêm", "x", "", None),
        ("Đã tiêm", "không", "postponed", "note_postponed"),
        ("Đã tiêm", "", "error", "not_marked"),
    ],
)
def test_a_column_that_says_who_was_not_vaccinated(read, heading, cell, verdict, code):
    others = [
        [f"Lê Văn {n}", "1980", f"07908000022{i}", "14/08/2021", "AZ", mark]
        for i, (n, mark) in enumerate(
            [("Bình", "x"), ("Công", "x"), ("Dũng", "x"), ("Giang", "x")]
        )
    ]
    first, *_ = read(
        as_csv(
            [
                ["Họ tên", "Năm sinh", "CCCD", "Ngày tiêm", "Vắc xin", heading],
                ["Lê Văn An", "1980", "079080000111", "14/08/2021", "AZ", cell],
                *(others if heading == "Đã tiêm" else ()),
            ]
        )
    )

    assert first.verdict == verdict
    assert codes(first) == ({code} if code else set())


def test_examined_then_injected_put_off_or_refused_side_by_side(read):
    rows = read(
        book(
            {
                "DS": [
                    ["Họ và tên", "Năm sinh", "CCCD", "Ngày tiêm", "Vắc xin"]
                    + ["Kết quả khám", "", ""],
                    ["", "", "", "", "", "Tiêm", "Hoãn", "CCĐ"],
                    ["Lê Văn An", "1980", "079080000111", "14/8/2021", "AZ", "x"],
                    ["Lê Văn Ba", "1981", "079081000112", "14/8/2021", "AZ", "", "x"],
                    ["Lê Thị Tư", "1982", "079182000113", "14/8/2021", "AZ"]
                    + ["", "", "x"],
                ]
            },
            merged=[("DS", "F1:H1", "Kết quả khám")],
        )
    )

    assert [row.verdict for row in rows] == ["", "postponed", "postponed"]


@pytest.mark.parametrize("left", ["Họ và tên đệm", "Họ và tên lót", "Họ đệm"])
def test_a_given_name_in_a_column_of_its_own_is_not_cut_off(read, left):
    rows = read(
        as_csv(
            [
                [left, "Tên", "Năm sinh", "CCCD", "Ngày tiêm", "Vắc xin"],
                ["Nguyễn Thị Ngọc", "Bích", "1980", "079180000111", "14/08/2021", "AZ"],
            ]
        )
    )

    assert told(rows, "full_name") == [("Nguyễn Thị Ngọc Bích",)]


def test_two_tables_side_by_side_lose_nobody_in_silence(read):
    header = ["STT", "Họ và tên", "Năm sinh", "CCCD", "Ngày tiêm", "Vắc xin"]
    left = ["1", "Lê Văn An", "1980", "079080000111", "14/08/2021", "AZ"]
    right = ["2", "Lê Thị Ba", "1981", "079181000112", "14/08/2021", "AZ"]
    (row,) = read(as_csv([[*header, "", *header], [*left, "", *right]]))

    assert row.verdict == "error"
    assert codes(row) == {"two_people"}


@pytest.mark.parametrize("heading", ["Ngày tiêm mũi 1", "Ngày tiêm M1", "Mũi 1"])
def test_one_vaccine_beside_the_days_of_two_doses(read, heading):
    second = heading.replace("1", "2")
    rows = read(
        as_csv(
            [
                ["Họ tên", "Năm sinh", "CCCD", "Vắc xin", "Lô", heading, second],
                ["Lê Văn An", "1980", "079080000111", "AZ", "ABX6318"]
                + ["14/08/2021", ""],
                ["Lê Văn Ba", "1981", "079081000112", "AZ", "ABX6318"]
                + ["", "14/10/2021"],
                ["Lê Văn Tư", "1982", "079082000113", "AZ", "ABX6318"]
                + ["15/08/2021", ""],
            ]
        )
    )

    assert told(rows, "given_on", "product", "dose_number") == [
        (date(2021, 8, 14), "vaxzevria", 1),
        (date(2021, 10, 14), "vaxzevria", 2),
        (date(2021, 8, 15), "vaxzevria", 1),
    ]


def test_births_that_prove_the_month_first_speak_for_the_days_beside_them(read):
    rows = read(
        as_csv(
            [
                ["Full name", "Date of birth", "National ID", "Ngày tiêm", "Vaccine"],
                ["Lê Văn An", "05/23/1980", "079080000111", "08/09/2021", "AZ"],
                ["Lê Văn Ba", "06/24/1981", "079081000112", "08/09/2021", "AZ"],
                ["Lê Văn Tư", "07/25/1982", "079082000113", "08/09/2021", "AZ"],
            ]
        )
    )

    assert told(rows[:1], "given_on") == [(date(2021, 8, 9),)]
    assert "given_order" in codes(rows[0])
