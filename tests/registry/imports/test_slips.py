"""What lists were read wrongly by: each slip as somebody makes it."""

from datetime import date

import pytest

from portal.registry.imports import (
    dates,
    meanings,
    people,
    reading,
    repeats,
    titles,
)
from tests.registry.imports.conftest import as_csv, book

HEADER = ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "CCCD", "SĐT", "Ngày tiêm"]
HEADER += ["Vắc xin", "Số lô", "Mũi"]
GIVEN = ("An", "Bình", "Cường", "Dũng", "Giang")


def person(n, **said):
    usual = {
        "name": f"Lê Văn {GIVEN[n - 1]}",
        "born": f"01/02/196{n}",
        "sex": "Nam",
        "number": f"07906{n}00000{n}",
        "phone": f"090123456{n}",
        "day": "14/08/2021",
        "vaccine": "AZ",
        "lot": "ABX6318",
        "dose": "1",
    }
    assert said.keys() <= usual.keys()
    return [str(n), *(usual | said).values()]


def codes(row):
    return [reason.code for reason in row.reasons]


def plain(*lines, delimiter=";"):
    """Return lines as somebody types them: nothing is quoted."""
    return "\n".join(delimiter.join(line) for line in lines).encode()


@pytest.mark.parametrize("text", ["29/2/00", "29-02-00", "290200"])
def test_the_leap_day_of_2000_is_one_with_two_digits_too(read, vocabulary, text):
    lines = [HEADER, person(1, born=text), person(2, day=text), person(3)]
    rows = read(lines, on=date(2021, 12, 1))

    assert rows[0].values.born_on == "2000-02-29"
    assert rows[1].values.given_on == date(2000, 2, 29)
    assert rows[2].verdict == ""
    assert reading.survey(as_csv(lines), vocabulary=vocabulary).people == 3
    assert dates.read(text).exact == date(2000, 2, 29)


@pytest.mark.parametrize("numbers", ["①②③④⑤⑥", "⑴⑵⑶⑷⑸⑹", "¹²³⁴⁵⁶", "፩፪፫፬፭፮"])
def test_columns_numbered_by_signs_stop_nothing(read, numbers):
    header = ["STT", "Họ và tên", "Năm sinh", "SĐT", "Ngày tiêm", "Vắc xin"]
    someone = ["1", "Lê Văn An", "1960", "0901234567", "14/08/2021", "AZ"]

    rows = read([header, list(numbers), someone])

    assert rows[-1].values.full_name == "Lê Văn An"
    if numbers[0] != "፩":
        assert len(rows) == 1


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_mark_that_nobody_closes_swallows_nobody(read, delimiter):
    name = '"Lê Văn Bình'
    lines = [HEADER, person(1), person(2, name=name), person(3), person(4)]

    rows = read(plain(*lines, delimiter=delimiter))

    assert [row.values.full_name for row in rows] == [
        *("Lê Văn An", "Lê Văn Bình", "Lê Văn Cường", "Lê Văn Dũng")
    ]
    assert [row.row for row in rows] == [2, 3, 4, 5]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_mark_closed_on_a_later_row_swallows_nobody(read, delimiter):
    lines = [HEADER, person(1, name='"Lê Văn An'), person(2, name='Lê Văn Bình"')]

    rows = read(plain(*lines, person(3), delimiter=delimiter))

    assert [row.values.full_name for row in rows] == [
        *("Lê Văn An", "Lê Văn Bình", "Lê Văn Cường")
    ]
    assert {row.values.lot for row in rows} == {"ABX6318"}


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_mark_for_as_above_is_one(read, delimiter):
    same = {"day": '"', "vaccine": '"', "lot": '"'}
    lines = [HEADER, person(1), person(2, **same), person(3, **same, dose='"')]

    rows = read(plain(*lines, person(4, dose='"'), delimiter=delimiter))

    assert [row.row for row in rows] == [2, 3, 4, 5]
    assert {(r.values.given_on, r.values.lot, r.values.dose_number) for r in rows} == {
        (date(2021, 8, 14), "ABX6318", 1)
    }


def test_a_mark_opened_and_closed_on_one_row_takes_no_cells_together(read):
    lines = [HEADER, person(1, name='"Lê Văn An', sex='Nam"'), person(2)]

    first, second = read(plain(*lines))

    assert (first.values.full_name, first.values.born_on, first.values.sex) == (
        *("Lê Văn An", "1961-02-01", "M"),
    )
    assert second.values.full_name == "Lê Văn Bình"


def test_cells_in_marks_may_hold_delimiters_lines_and_marks(read):
    text = (
        "STT,Họ và tên,Năm sinh,CCCD,Địa chỉ,Ngày tiêm,Vắc xin,Ghi chú\r\n"
        '1,"Lê Văn An",1960,"79,060,000,001","Ấp 1, xã A\r\nhuyện B, tỉnh C",'
        '14/08/2021,AZ,"tốt; ổn\n\nhai dòng"\r\n'
        '2,Lê Bình,1961,,"Ấp 2, ""Cầu Đỏ""",14/08/2021,AZ,\r\n'
    )

    first, second = read(text.encode())

    assert first.values.id_number == "079060000001"
    assert first.aside.address.split("\n") == ["Ấp 1, xã A", "huyện B, tỉnh C"]
    assert (second.row, second.aside.address) == (3, 'Ấp 2, "Cầu Đỏ"')


def test_a_cell_over_two_lines_with_a_comma_and_no_blank_stays_one(read):
    text = (
        "Họ và tên,Năm sinh,CCCD,Địa chỉ,Ngày tiêm,Vắc xin\r\n"
        'Lê Văn An,1960,079060000001,"Tổ 5,Ấp Bắc\nXã Tân",14/08/2021,AZ\r\n'
        "Lê Bình,1961,079061000002,Tổ 6,14/08/2021,AZ\r\n"
    )

    first, second = read(text.encode())

    assert (first.verdict, first.aside.address) == ("", "Tổ 5,Ấp Bắc\nXã Tân")
    assert (second.row, second.values.full_name) == (3, "Lê Bình")


@pytest.mark.parametrize("text", ["Sinovac", "Novavax", "Vắc xin COVID-19 khác"])
def test_what_is_only_given_abroad_is_no_product_of_a_list(read, text):
    (row,) = read([HEADER, person(1, vaccine=text)])

    assert (row.verdict, codes(row)) == ("error", ["product_unknown"])


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Lê Văn An (hoãn tiêm)"},
        {"name": "Lê Văn An - hoãn"},
        {"name": "Lê Văn An hoãn"},
        {"phone": "Hoãn tiêm"},
        {"sex": "hoãn"},
        {"number": "hoãn tiêm"},
        {"lot": "Hủy"},
        {"Ký nhận": "hoãn"},
        {"Ký nhận": "HOAN"},
        {"Địa chỉ": "Hoãn tiêm"},
        {"Huyết áp": "180/100 hoãn"},
        {"Khám sàng lọc": "Hoãn"},
        {"Người tiêm": "hoãn"},
        {"": "Hoãn tiêm"},
        {"": "HOÃN"},
        {"beyond": "HOÃN"},
        *({"Ghi chú": note} for note in ("hủy", "Huỷ", "HUY", "Dương tính", "F0")),
        {"Ghi chú": "chưa đủ đk, tiêm sau"},
        {"Ghi chú": "Test nhanh dương tính, chuyển cách ly"},
    ],
)
def test_put_off_is_no_dose_wherever_the_row_says_so(read, said):
    known = {k: v for k, v in said.items() if k.isascii() and k not in ("", "beyond")}
    ((heading, cell),) = said.items()
    heading = "" if known or heading == "beyond" else heading
    row = person(1, **known) + ([] if known else [cell])
    if "beyond" in said:
        row[-1:] = ["", cell]

    (found,) = read([[*HEADER, heading], row])

    assert (found.verdict, codes(found)[-1]) == ("postponed", "note_postponed")


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Ký nhận", "Hoàn"),
        ("Ký nhận", "Vàng"),
        ("Địa chỉ", "Hoàn Kiếm, ấp Vàng"),
        ("Ghi chú", "con anh Hoàn"),
        ("Ghi chú", "em ruột: Huy"),
        ("Ghi chú", "mũi 2 tiêm sau 28 ngày"),
        ("Ghi chú", "từng dương tính 3/2021"),
        ("Ghi chú", "Không có chống chỉ định"),
        ("Tiền sử", "mũi 1 hoãn do sốt"),
        ("Người nhập", "Hoan"),
        ("Ký tên", "Hoan"),
        ("Địa chỉ", "Hoan"),
        ("Tiêm vắc xin khác trong 14 ngày", "Không tiêm"),
        ("Đã tiêm cúm", "Không tiêm"),
        ("Lần tiêm kế tiếp", "hoãn lại"),
    ],
)
def test_what_only_sounds_like_put_off_is_a_dose(read, heading, cell):
    (found,) = read([[*HEADER, heading], [*person(1), cell]])

    assert found.verdict == ""


def test_a_signature_without_accents_is_no_word_for_put_off(read):
    row = person(1, name="NGUYEN VAN HOAN")

    (found,) = read([[*HEADER, "Ký nhận"], [*row, "Hoan"]])

    assert (found.verdict, found.values.full_name) == ("", "Nguyen Van Hoan")


def test_a_cell_that_says_put_off_and_given_is_for_staff(read):
    (found,) = read([[*HEADER, "Huyết áp"], [*person(1), "hoãn, chiều đã tiêm"]])

    assert (found.verdict, codes(found)) == ("error", ["note_contradicts"])


@pytest.mark.parametrize(
    ("heading", "sexes"),
    [
        ("Giới tính (0: Nam, 1: Nữ)", ["M", "F", None]),
        ("Giới tính (1-Nam; 0-Nữ)", ["F", "M", None]),
        ("GT (Nam=1, Nữ=2)", [None, "M", "F"]),
        ("Giới tính (nam ghi 2, nữ ghi 1)", [None, "F", "M"]),
        ("Giới tính (Nam/Nữ)", ["F", "M", "F"]),
    ],
)
def test_a_heading_says_what_its_signs_stand_for(read, heading, sexes):
    header = [*HEADER[:3], heading, *HEADER[4:]]
    rows = [person(n, sex=sign, number="") for n, sign in enumerate("012", 1)]

    found = read([header, *rows])

    assert [row.values.sex for row in found] == sexes
    assert [row for row in found if row.values.sex is None] == [
        row for row in found if "sex_unread" in codes(row)
    ]


def test_words_and_signs_may_stand_below_a_heading_that_explains_signs(read):
    header = [*HEADER[:3], "Giới tính (0: Nam, 1: Nữ)", *HEADER[4:]]

    rows = read([header, person(1, sex="Nữ", number=""), person(2, sex="0")])

    assert [row.values.sex for row in rows] == ["F", "M"]


@pytest.mark.parametrize(
    ("heading", "days", "read_as"),
    [
        # What proves nothing is read as the heading says.
        ("Ngày tiêm (mm/dd/yyyy)", ["08/10/2021", "9/1/2021"], [(8, 10), (9, 1)]),
        ("Ngày tiêm (tháng/ngày/năm)", ["08/10/2021"], [(8, 10)]),
        ("Ngày tiêm (dd/mm/yyyy)", ["08/10/2021"], [(10, 8)]),
        ("Ngày tiêm", ["08/10/2021"], [(10, 8)]),
        # A form's heading that nobody minded.
        ("Ngày tiêm (mm/dd/yyyy)", ["14/08/2021", "08/10/2021"], [(8, 14), (10, 8)]),
    ],
)
def test_a_heading_says_how_its_days_are_written(read, heading, days, read_as):
    header = [*HEADER[:6], heading, *HEADER[7:]]

    rows = read([header, *(person(n, day=day) for n, day in enumerate(days, 1))])

    found = [(row.values.given_on.month, row.values.given_on.day) for row in rows]
    assert found == read_as


def test_the_order_may_stand_in_the_second_line_of_a_header(read):
    second = ["", "", "", "", "", "", "(mm/dd/yyyy)", "", "", ""]

    (row,) = read(book({"DS": [HEADER, second, person(1, day="08/10/2021")]}))

    assert row.values.given_on == date(2021, 8, 10)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("DANH SÁCH TIÊM VẮC XIN AZ NGÀY 14 VÀ 15/8/2021", None),
        ("Tiêm ngày 14, 15/8/2021", None),
        ("Tiêm ngày 14/8 và 15/8/2021", None),
        ("Ngày tiêm: 14/8/2021, 15/8/2021", None),
        ("Ngày tiêm 14/8/2021 và 15/8/2021", None),
        ("Thời gian tiêm: sáng 14/8 và chiều 15/8/2021", None),
        ("Tiêm ngày 14, ngày 15 và ngày 16/8/2021", None),
        ("Đã tiêm mũi 1 ngày 1/5/2021 đăng ký tiêm mũi 2 ngày 14/8/2021", None),
        ("Thời gian tiêm: 14h ngày 15/8/2021", date(2021, 8, 15)),
        ("DANH SÁCH TIÊM MŨI 1, 15/8/2021", date(2021, 8, 15)),
        ("Tiêm mũi 1 và 2 ngày 15/8/2021", date(2021, 8, 15)),
        ("Tiêm đợt 5 - 15/8/2021", date(2021, 8, 15)),
        ("Ngày tiêm: 14/08/2021, 7h30", date(2021, 8, 14)),
        ("DANH SÁCH TIÊM NGÀY 14/8/2021, 7-11 giờ", date(2021, 8, 14)),
        ("DANH SÁCH TIÊM NGÀY 14/8/2021, 13.30 tại Trạm", date(2021, 8, 14)),
        ("Ngày tiêm 14/8/2021, 15-8", None),
        ("Ngày tiêm 29/2/00", date(2000, 2, 29)),
    ],
)
def test_several_days_of_a_title_are_no_day(products, lots, line, day):
    facts = titles.read(line, products=products, lots=lots)

    assert facts.given_on == day
    assert ("given_on" in facts.unclear) == (day is None)


@pytest.mark.parametrize(
    ("heading", "parent", "role"),
    [
        *((h, "", "") for h in ("Số CCCD mẹ", "CCCD của cha/mẹ", "CMND bố")),
        *((h, "", "") for h in ("Họ tên mẹ", "Họ và tên (Mẹ)", "Ngày sinh mẹ")),
        ("CCCD của bố", "", ""),
        ("CCCD/Hộ chiếu bỏ trống nếu không có", "", "id_number"),
        ("Số CCCD, bỏ qua nếu không có", "", "id_number"),
        ("Mã định danh do Bộ CA cấp", "", "id_number"),
        ("Ngày sinh, bỏ trống nếu không nhớ", "", "born_on"),
        ("Họ tên Bộ đội", "", "full_name"),
        ("CCCD", "Thông tin mẹ", ""),
        ("Họ và tên", "Người giám hộ", ""),
        ("Họ và tên trẻ", "", "full_name"),
        # It is the child's telephone as well.
        ("SĐT mẹ", "", "phones"),
        ("Họ và tên (ghi cả cha mẹ nếu là trẻ em)", "", "full_name"),
        ("CCCD", "Thông tin trẻ", "id_new"),
        ("Mã số", "", "id_number"),
    ],
)
def test_what_is_a_carers_is_not_the_childs(heading, parent, role):
    assert meanings.within(heading, parent).role == role


@pytest.mark.parametrize(
    ("text", "name", "odd"),
    [
        ("Nguyễn Văn An, Trần Thị Bê", "Nguyễn Văn An", ["two_people"]),
        ("Nguyễn Văn An\nTrần Thị Bê", "Nguyễn Văn An", ["two_people"]),
        ("Nguyễn Văn An và Trần Thị Bê", "Nguyễn Văn An", ["two_people"]),
        ("Nguyễn Văn An + con", "Nguyễn Văn An", ["two_people"]),
        ("Nguyễn Thị\nHà My", "Nguyễn Thị Hà My", []),
        ("Và Bá Tủa", "Và Bá Tủa", []),
        ("Nguyễn Văn An, Tổ 3", "Nguyễn Văn An", ["name_note"]),
        ("Nguyễn Văn An - Tổ 3", "Nguyễn Văn An", ["name_note"]),
        ("Nguyễn Văn An-Tổ 3", "Nguyễn Văn An", ["name_note"]),
        ("Ng.Văn.An", "Ng. Văn An", ["name_abbreviated"]),
        ("Nguyễn.Văn.An", "Nguyễn Văn An", []),
        ("Lê-Văn-Tám", "Lê Văn Tám", []),
        ("Anne-Marie Dupont", "Anne-Marie Dupont", ["name_unaccented"]),
        ("Cô giáo Thảo", "Thảo", ["name_title", "name_single"]),
        ("Bác sĩ Nguyễn Văn An", "Nguyễn Văn An", ["name_title"]),
        ('Lê Văn Bình"', "Lê Văn Bình", []),
        (":-\r\x1b", "", []),
    ],
)
def test_names_as_they_are_squeezed_into_a_cell(text, name, odd):
    assert people.read(text) == (name, tuple(odd))


@pytest.mark.parametrize(
    "line",
    [
        ["", "Tổng cộng", 1, 1],
        ["", "Cộng", 12, None, ""],
        ["", "Số mũi hoãn", 3],
        ["", "Vắc xin còn lại", 12],
        ["", "Đại diện trạm y tế", "", "", "ĐT: 02838223344"],
        ["", "Trạm trưởng", "", "", "0903123123"],
        ["", "NGƯỜI LẬP BẢNG", "", "", "0901234567"],
    ],
)
def test_sums_and_signatures_are_nobody(read, line):
    below = ["", "BS. Nguyễn Văn Trưởng", "", "", "0903123123"]
    rows = read(
        book(
            {
                "DS": [
                    ["STT", "Họ tên", "Năm sinh", "", "SĐT", "Ngày tiêm", "Vắc xin"],
                    ["", "", "Nam", "Nữ"],
                    [1, "Lê Văn An", 1960, None, "0901234561", "14/8/2021", "AZ"],
                    line,
                    below if line[1].isupper() else [],
                ]
            }
        )
    )

    assert [row.values.full_name for row in rows] == ["Lê Văn An"]


@pytest.mark.parametrize(
    "name",
    ["Lưu Yến Nhi", "Lưu Ý Nhi", "Tống Công Minh", "TONG CONG MINH", "Duyệt"],
)
@pytest.mark.parametrize("is_counted", [False, True])
def test_a_name_that_sounds_like_a_footer_is_somebodys(read, name, is_counted):
    header = ["STT", "Họ và tên", "Ngày sinh", "Ngày tiêm", "Vắc xin", "Số lô"]
    rest = ["01/02/1961", "14/08/2021", "AZ", "ABX6318"]
    lines = [header, ["1", "Lê Văn An", *rest], ["", name, *rest]]
    lines += [["", "Trần Thị Bình", *rest]]

    rows = read([line if is_counted else line[1:] for line in lines])

    # What has no tones and could be a sum is somebody too.
    assert [row.row for row in rows] == [2, 3, 4]


@pytest.mark.parametrize(
    "someone",
    [
        # A name that sounds like a sum, and people below one.
        ["", "Công", 1961, None, "0901234569", "14/8/2021", "AZ"],
        [2, "Vũ Thị Tổng", None, 1970, "", "14/8/2021", "AZ"],
        ["", "Trần Thị Bê", None, 1970, "0901234569", "14/8/2021", "AZ"],
        [2, "Nguyễn Văn Duyệt", "63 tuổi", None, "", "14/8/2021", "AZ"],
    ],
)
def test_nobody_is_lost_below_a_sum(read, someone):
    rows = read(
        book(
            {
                "DS": [
                    ["STT", "Họ tên", "Năm sinh", "", "SĐT", "Ngày tiêm", "Vắc xin"],
                    ["", "", "Nam", "Nữ"],
                    [1, "Lê Văn An", 1960, None, "0901234561", "14/8/2021", "AZ"],
                    ["", "Tổng cộng", 1, 1],
                    someone,
                ]
            }
        )
    )

    assert [row.values.full_name for row in rows] == ["Lê Văn An", someone[1]]


def both(read, first, second):
    """Return verdict and last code of two rows, as a list that is kept has them."""
    rows = repeats.settled(read([HEADER, first, second]))
    return [(row.verdict, codes(row)[-1:]) for row in rows]


def test_one_number_under_two_names_stops_both(read):
    first, second = person(1), person(2, number="079061000001")

    assert both(read, first, second) == [("error", ["id_shared"])] * 2
    rows = repeats.settled(read([HEADER, first, second]))
    assert [row.reasons[-1].detail for row in rows] == ["3", "2"]


def test_an_error_is_told_what_contradicts_it_as_well(read):
    first = person(1, vaccine="Quinvaxem")

    one, other = repeats.settled(
        read([HEADER, first, person(2, number="079061000001")])
    )

    assert codes(one) == ["product_unknown", "id_shared"]
    assert (other.verdict, codes(other)[-1]) == ("error", "id_shared")


def test_one_person_and_day_with_other_facts_stops_both(read):
    first, second = person(1), person(1, vaccine="Pfizer", lot="FG4493")

    assert both(read, first, second) == [("error", ["twice_differs"])] * 2


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        # The same person with other things said of them.
        ({"number": "", "phone": ""}, "error"),
        ({"number": "", "born": "1961"}, "error"),
        ({"name": "LE VAN AN", "number": ""}, "error"),
        ({"name": "LE VAN AN"}, "duplicate"),
        # Somebody else of that name.
        ({"number": "", "phone": "0909999999", "born": "1961"}, ""),
        ({"number": "079061000009"}, ""),
        ({"number": "", "born": "01/02/1962"}, ""),
        ({"number": "", "phone": "", "born": "1961"}, ""),
        ({"number": "", "day": "15/08/2021"}, ""),
    ],
)
def test_pasted_twice_with_less_said_is_asked_about(read, second, verdict):
    rows = repeats.settled(read([HEADER, person(1), person(1, **second)]))

    assert [row.verdict for row in rows] == ["", verdict]
    if verdict == "error":
        assert codes(rows[1])[-1] == "perhaps_row"


def test_twins_who_differ_by_a_tone_are_not_one(read):
    said = {"number": "", "born": "01/02/1961", "phone": "0901234567"}
    twins = [person(1, name=f"Lê Thị {name}", **said) for name in ("Thúy", "Thùy")]

    assert both(read, *twins) == [("", []), ("error", ["perhaps_row"])]


def test_two_people_in_a_cell_are_for_staff(read):
    (row,) = read([HEADER, person(1, name="Nguyễn Văn An\nTrần Thị Bê")])

    assert (row.verdict, codes(row)) == ("error", ["two_people"])
