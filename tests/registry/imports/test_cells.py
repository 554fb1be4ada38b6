"""Single cells, as tables that a health officer can read."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.imports import cells, dates, meanings, people, titles

PRODUCTS = "vaxzevria vero-cell comirnaty spikevax"


@pytest.mark.parametrize(
    ("cell", "born", "sex", "kind", "number", "restored", "odd"),
    [
        ("079162012345", 1962, "F", "pin12", "079162012345", False, ()),
        ("079 162 012345", None, None, "pin12", "079162012345", False, ()),
        ("079.162.012.345", 1962, None, "pin12", "079162012345", False, ()),
        ("'079162012345", 1962, None, "pin12", "079162012345", False, ()),
        ("CCCD: 079162012345", 1962, None, "pin12", "079162012345", False, ()),
        (79162012345.0, 1962, "F", "pin12", "079162012345", True, ("id_restored",)),
        (79162012345, 1962, "F", "pin12", "079162012345", True, ("id_restored",)),
        ("79162012345.0", 1962, "F", "pin12", "079162012345", True, ("id_restored",)),
        ("7.9162012345E+10", 1962, "F", "pin12", "079162012345", True)
        + (("id_restored",),),
        # Thousands parted by commas are the same number; what is lost stays lost.
        ("79,185,002,018", 1985, "F", "pin12", "079185002018", True)
        + (("id_restored",),),
        ("079,185,002,018", 1985, "F", "pin12", "079185002018", False, ()),
        ("79,185,002,018.00", 1985, "F", "pin12", "079185002018", True)
        + (("id_restored",),),
        ("79,185,002,018", 1986, "F", "other", "79185002018", False, ("id_length",)),
        ("79,185,000,000", 1985, "F", None, "", False, ("id_rounded",)),
        # Hanoi's code is 001: two zeros are eaten.
        (1162012345.0, 1962, "F", "pin12", "001162012345", True, ("id_restored",)),
        # Restored only where birth year and sex agree.
        (79162012345.0, 1963, "F", "other", "79162012345", False, ("id_length",)),
        (79162012345.0, 1962, "M", "other", "79162012345", False, ("id_length",)),
        # Lost digits are an error, never guessed.
        ("7.91620E+10", 1962, "F", None, "", False, ("id_rounded",)),
        ("7,9162E+10", 1962, "F", None, "", False, ("id_rounded",)),
        (79162000000.0, 1962, "F", None, "", False, ("id_rounded",)),
        (1e15, 1962, "F", None, "", False, ("id_rounded",)),
        (79162012345.5, 1962, "F", None, "", False, ("id_rounded",)),
        ("025123456", None, None, "cmnd9", "025123456", False, ()),
        ("025 123 456", None, None, "cmnd9", "025123456", False, ()),
        (25123456.0, 1962, None, "cmnd9", "025123456", True, ("id_restored",)),
        ("C1234567", None, None, "passport", "C1234567", False, ()),
        ("O79162012345", 1962, "F", "pin12", "079162012345", True, ("id_restored",)),
        ("079162012345", 1963, None, "pin12", "079162012345", False, ("id_born",)),
        ("079162012345", 1962, "M", "pin12", "079162012345", False, ("id_sex",)),
        ("079962012345", None, None, "pin12", "079962012345", False)
        + (("id_structure",),),
        ("000000000", None, None, None, "", False, ("id_dummy",)),
        ("123456789", None, None, None, "", False, ("id_dummy",)),
        ("0791620123", None, None, "other", "0791620123", False, ("id_length",)),
        ("đang làm lại", None, None, "other", "ĐANGLÀMLẠI", False, ("id_letters",)),
        ("không có", None, None, None, "", False, ()),
        ("", None, None, None, "", False, ()),
    ],
)
def test_identity_numbers(cell, born, sex, kind, number, restored, odd):
    read = cells.identity(cell, born_year=born, sex=sex)

    assert (read.kind, read.number, read.restored, read.odd) == (
        kind,
        number,
        restored,
        odd,
    )


@pytest.mark.parametrize(
    "cell",
    ["024512345/079162012345", "079162012345\n024512345", "024512345 079162012345"],
)
def test_of_two_numbers_the_new_one_counts_and_the_old_one_is_kept(cell):
    read = cells.identity(cell, born_year=1962, sex="F")

    assert (read.kind, read.number) == ("pin12", "079162012345")
    assert (read.others, read.odd) == (("024512345",), ("id_several",))


@pytest.mark.parametrize(
    ("cell", "phones", "odd"),
    [
        ("0903123456", ["+84903123456"], ()),
        ("0903.123.456", ["+84903123456"], ()),
        ("+84 903 123 456", ["+84903123456"], ()),
        ("(+84)903123456", ["+84903123456"], ()),
        (903123456.0, ["+84903123456"], ()),
        ("9.03123456E+08", ["+84903123456"], ()),
        ("903,123,456", ["+84903123456"], ()),
        ("01692345678", ["+84392345678"], ()),
        (1692345678.0, ["+84392345678"], ()),
        ("0120 1234567", ["+84701234567"], ()),
        ("0903123456 / 0912345678", ["+84903123456", "+84912345678"], ()),
        ("0903123456-0912345678", ["+84903123456", "+84912345678"], ()),
        ("0903123456 0912345678", ["+84903123456", "+84912345678"], ()),
        ("ĐT: 0903123456 (con gái)", ["+84903123456"], ()),
        ("O9O3123456", ["+84903123456"], ()),
        ("9.03E+08", [], ("phone_rounded",)),
        ("02838123456", [], ("phone_landline",)),
        ("090312345", [], ("phone_unread",)),
        ("con trai", [], ("phone_unread",)),
        ("không", [], ()),
        ("", [], ()),
    ],
)
def test_telephones(cell, phones, odd):
    assert cells.telephones(cell) == (tuple(phones), odd)


@pytest.mark.parametrize(
    ("cell", "iso", "odd"),
    [
        ("07/10/2003", "2003-10-07", ()),
        ("7-10-2003", "2003-10-07", ()),
        ("7.10.2003", "2003-10-07", ()),
        ("07 / 10 / 2003", "2003-10-07", ()),
        ("2003-10-07", "2003-10-07", ()),
        ("2003/10/07", "2003-10-07", ()),
        ("2003-10-07 00:00:00", "2003-10-07", ()),
        ("2003-10-07T00:00:00Z", "2003-10-07", ()),
        ("07/10/2003 8h30", "2003-10-07", ()),
        ("07102003", "2003-10-07", ()),
        (7102003.0, "2003-10-07", ()),
        ("20031007", "2003-10-07", ()),
        ("ngày 7 tháng 10 năm 2003", "2003-10-07", ()),
        ("7-Oct-2003", "2003-10-07", ()),
        ("O7/1O/2OO3", "2003-10-07", ()),
        ("06/20/1996", "1996-06-20", ("order",)),
        (date(2003, 10, 7), "2003-10-07", ()),
        (37901.0, "2003-10-07", ("serial",)),
        ("37901", "2003-10-07", ("serial",)),
        (1955.0, "1955", ()),
        ("1955", "1955", ()),
        ("SN 1955", "1955", ()),
        ("00/00/1955", "1955", ()),
        ("--/--/1955", "1955", ()),
        ("10/1955", "1955", ("month_only",)),
        ("tháng 3/1990", "1990", ("month_only",)),
        ("Tháng 03 - 1990", "1990", ("month_only",)),
        ("tháng 3 năm 1990", "1990", ("month_only",)),
        ("T3/1990", "1990", ("month_only",)),
        ("tháng 13/1990", None, ()),
        # A year in a cell with a date's form: 1955 shows as 8 May 1905.
        (date(1905, 5, 8), "1955", ("year_as_date",)),
        ("23-08-96", "1996-08-23", ("two_digits",)),
        ("31/02/1980", None, ()),
        ("13/13/1980", None, ()),
        ("07/10/203", None, ()),
        (date(1900, 1, 5), None, ()),
        (45.0, None, ()),
        ("45 tuổi", None, ()),
        ("không rõ", None, ()),
        ("", None, ()),
    ],
)
def test_days(cell, iso, odd):
    day = dates.read(cell)

    assert (day.iso if day else None) == iso
    assert (day.odd if day else ()) == odd


@pytest.mark.parametrize(
    ("text", "at", "hint", "year", "is_open"),
    [
        ("01/02/56", 2021, None, 1956, False),
        ("01/02/96", 2021, None, 1996, False),
        ("01/02/05", 2021, None, 2005, False),
        ("01/02/19", 2021, None, 1919, False),
        ("01/02/21", 2021, None, 1921, False),
        ("01/02/25", 2021, None, 1925, False),
        # Ten or a hundred and ten years old: only the personal number can tell.
        ("01/02/11", 2021, None, 2011, True),
        ("01/02/11", 2021, 2011, 2011, False),
        ("01/02/11", 2021, 1911, 1911, False),
        ("01/02/15", 2027, None, 2015, False),
        ("29/02/00", 2021, None, 2000, False),
    ],
)
def test_two_digit_years_of_birth(text, at, hint, year, is_open):
    day = dates.read(text)
    assert day is not None

    settled = dates.with_century(day, at=at, hint=hint)

    assert ("century" in settled.odd) == is_open
    assert settled.year == year


@pytest.mark.parametrize(
    ("text", "name", "odd"),
    [
        ("  NGUYỄN   GIA HÙNG ", "Nguyễn Gia Hùng", ()),
        ("nguyễn gia hùng", "Nguyễn Gia Hùng", ()),
        ("Bà Phạm Thuỳ Lộc", "Phạm Thùy Lộc", ("name_title",)),
        ("Ông: Trần Tám Tư", "Ông: Trần Tám Tư", ()),
        ("BA PHAM THUY LOC", "Pham Thuy Loc", ("name_title", "name_unaccented")),
        # Without accents a family name looks like a title.
        ("Chu Văn An", "Chu Văn An", ()),
        ("CHU VAN AN", "Chu Van An", ("name_unaccented",)),
        ("Bé Nguyễn An Nhiên", "Nguyễn An Nhiên", ("name_title",)),
        ("Em Lâm Chí Dũng", "Lâm Chí Dũng", ("name_title",)),
        ("EM CHAU MINH", "Chau Minh", ("name_title", "name_unaccented")),
        ("BS. Nguyễn Văn Nam", "Nguyễn Văn Nam", ("name_title",)),
        ("BS Nguyễn Nam", "Nguyễn Nam", ("name_title",)),
        ("BS.Nguyễn Nam", "Nguyễn Nam", ("name_title",)),
        ("ThS. Lê Thị Hà", "Lê Thị Hà", ("name_title",)),
        ("ThS.BS Lê Thị Hà", "Lê Thị Hà", ("name_title",)),
        ("PGS.TS. LÊ THỊ HÀ", "Lê Thị Hà", ("name_title",)),
        ("SMITH, John", "Smith John", ("name_comma", "name_unaccented")),
        ("O'BRIEN, Mary Jane", "O'Brien Mary Jane", ("name_comma", "name_unaccented")),
        ("Nguyễn, Văn An", "Nguyễn Văn An", ("name_comma",)),
        ("Nguyễn Thị Hoa, con bà Lan", "Nguyễn Thị Hoa", ("name_note",)),
        ("Hoa, Mẹ Lan", "Hoa", ("name_note", "name_single")),
        ("Hoa, KP3", "Hoa", ("name_note", "name_single")),
        ("Nguyễn Thị Hoa (mẹ Lan)", "Nguyễn Thị Hoa", ("name_note",)),
        ("K' Hữu Lộc", "K' Hữu Lộc", ()),
        ("H’Niê Êban", "H'Niê Êban", ()),
        ("Y Bích Loan", "Y Bích Loan", ()),
        ("Ng. Thanh Tuyền", "Ng. Thanh Tuyền", ("name_abbreviated",)),
        ("Lê T. Ngọc Lộc", "Lê T. Ngọc Lộc", ("name_abbreviated",)),
        ("Lê Văn A1", "Lê Văn A1", ("name_digits",)),
        ("Hùng", "Hùng", ("name_single",)),
        ("con bà Nguyễn Thị Ba", "con bà Nguyễn Thị Ba", ("name_of_carer",)),
        ("Ðặng Văn Ửng", "Đặng Văn Ửng", ()),
        ("", "", ()),
    ],
)
def test_names(text, name, odd):
    assert people.read(text) == (name, odd)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(
            (text, 1)
            for text in ("1", "1.0", "I", "Mũi 1", "M1", "mũi thứ nhất", "1st")
        ),
        *((text, 2) for text in ("2", "II", "ll", "Mũi 2", "lần 2", "mui II", "2/2")),
        *((text, 3) for text in ("3", "III", "Mũi 3")),
        *((text, None) for text in ("", "nhắc lại", "x", "12", "hoãn", "1,2")),
    ],
)
def test_numbers_of_doses(text, number):
    assert cells.dose_number(text) == number


@pytest.mark.parametrize(
    ("text", "code", "odd"),
    [
        *((text, "vaxzevria", ()) for text in ("AZ", "AstraZeneca", "ASTRA ZENECA")),
        *((text, "vaxzevria", ()) for text in ("Astrazeneca (Anh)", "vắc xin AZ")),
        *((text, "vaxzevria", ()) for text in ("AZD1222", "Covishield")),
        *((text, "vero-cell", ()) for text in ("Verocell", "VERO-CELL", "Sinopharm")),
        ("Vero Cell - Sinopharm", "vero-cell", ()),
        *(
            (text, "comirnaty", ())
            for text in ("Pfizer", "BNT162b2", "Pfizer/BioNTech")
        ),
        *((text, "spikevax", ()) for text in ("Moderna", "Modena", "spikevax")),
        ("Astrazenca", "vaxzevria", ("product_typo",)),
        ("Pfzer", "comirnaty", ("product_typo",)),
        ("Sinopham", "vero-cell", ("product_typo",)),
        ("AZ hoặc Pfizer", None, ("product_several",)),
        ("Quinvaxem", None, ("product_unknown",)),
        ("x", None, ("product_unknown",)),
    ],
)
def test_products_by_any_name(products, text, code, odd):
    assert products.read(text) == (code, odd)


@pytest.mark.parametrize(
    ("text", "lot", "odd"),
    [
        ("pv46677", "PV46677", ()),
        (" ABX 6318 ", "ABX6318", ()),
        ("Lô: ABX6318.", "ABX6318", ()),
        ("21O101", "210101", ("lot_letters",)),
        ("FG44O3", "FG4403", ("lot_letters",)),
        ("FG4493", "FG4493", ()),
        ("ABX63l8", "ABX6318", ("lot_letters",)),
        # Without knowing the lot an O among letters stays.
        ("PGO123", "PGO123", ()),
        ("2.02108E+11", "", ("lot_rounded",)),
        ("202108B1234", "202108B1234", ()),
        ("", "", ()),
    ],
)
def test_lots(lots, text, lot, odd):
    assert lots.read(text) == (lot, odd)


@pytest.mark.parametrize(
    ("text", "is_above"),
    [
        *((text, True) for text in ("nt", "NT", "n.t", "n/t", "''", '"', "”", "-nt-")),
        *((text, True) for text in ("như trên", "nhu tren", "〃", "' '")),
        *((text, False) for text in ("", "-", "Ấp 1", "Nam", "không", "NTT", "0")),
    ],
)
def test_as_above(text, is_above):
    assert cells.is_as_above(text) == is_above


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("Ngày tiêm: 14/08/2021", {"given_on": date(2021, 8, 14)}),
        ("NGÀY TIÊM 14-8-2021", {"given_on": date(2021, 8, 14)}),
        ("DANH SÁCH TIÊM VẮC XIN NGÀY 14/08/2021", {"given_on": date(2021, 8, 14)}),
        ("Buổi sáng ngày 14 tháng 8 năm 2021", {"given_on": date(2021, 8, 14)}),
        ("TP.HCM, ngày 15 tháng 8 năm 2021", {}),
        ("HSD: 31/12/2021", {}),
        ("Kế hoạch số 12/KH-UBND ngày 01/08/2021", {}),
        ("Tiêm từ ngày 14/8/2021 đến 16/8/2021", {"unclear": {"given_on"}}),
        (
            "Vắc xin: AstraZeneca; Lô: PV46677; HSD: 30/11/2021",
            {"product": "vaxzevria", "lot": "PV46677"},
        ),
        ("Loại vắc xin: Pfizer và Moderna", {"unclear": {"product"}}),
        ("DANH SÁCH TIÊM MŨI 2", {"dose_number": 2}),
        ("Danh sách tiêm mũi 1, mũi 2", {"unclear": {"dose_number"}}),
        ("Địa điểm: Trường THCS Long Bình", {"site": "Trường THCS Long Bình"}),
        ("Cộng hòa xã hội chủ nghĩa Việt Nam", {}),
    ],
)
def test_lines_around_a_table(products, lots, line, facts):
    expected = titles.Facts(**{**facts, "unclear": frozenset(facts.get("unclear", ()))})
    assert titles.read(line, products=products, lots=lots) == expected


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        *(
            (text, "full_name")
            for text in ("Họ và tên", "ho_ten", "HỌ TÊN", "Full name")
        ),
        *((text, "full_name") for text in ("Họ tên người được tiêm", "Họ, tên")),
        *((text, "born_on") for text in ("Ngày sinh", "Năm sinh", "NTNS", "DOB")),
        *((text, "born_on") for text in ("Ngày, tháng, năm sinh (dd/mm/yyyy)",)),
        *((text, "id_number") for text in ("Số CMND/CCCD", "CMND/CCCD/Hộ chiếu")),
        *((text, "id_new") for text in ("CCCD", "Số định danh cá nhân", "Căn cước")),
        *((text, "id_old") for text in ("CMND", "Số CMND cũ")),
        *((text, "phones") for text in ("SĐT", "Điện thoại", "Số điện thoại liên hệ")),
        *((text, "given_on") for text in ("Ngày tiêm", "ngay_tiem", "Ngày chích")),
        *((text, "product") for text in ("Vắc xin", "Loại vắc-xin", "Tên vaccine")),
        *((text, "lot") for text in ("Số lô", "Lô", "Lot No.", "Lô SX")),
        *((text, "dose_number") for text in ("Mũi", "Mũi tiêm", "Mũi thứ", "mui_thu")),
        *((text, "note") for text in ("Ghi chú", "Kết quả", "Lý do")),
        *((text, "postponed") for text in ("Hoãn", "Không tiêm", "Lý do hoãn tiêm")),
        *((text, "family_name") for text in ("Họ và tên đệm", "Họ và tên lót", "Họ")),
        *((text, "sex") for text in ("Giới tính", "Phái", "GT", "Nam/Nữ")),
        *((text, "site") for text in ("ma_co_so", "Cơ sở tiêm", "Nơi tiêm")),
        # Whom the list names besides, and days that are not asked for.
        *((text, "") for text in ("Ngày cấp", "Họ tên cha/mẹ", "Hạn dùng", "Tuổi")),
        *((text, "") for text in ("Nơi cấp", "Nghề nghiệp", "Ký tên", "Huyết áp")),
    ],
)
def test_headings_by_meaning(heading, role):
    assert meanings.of(heading).role == role


digits = st.text("0123456789", min_size=6, max_size=6)


@given(
    st.dates(date(1911, 1, 1), date(2020, 12, 31)),
    st.sampled_from("/-. "),
    st.booleans(),
)
def test_a_day_comes_back_from_every_way_of_writing_it(day, mark, is_short):
    written = (
        f"{day.day}{mark}{day.month}{mark}{day.year}"
        if is_short
        else f"{day.day:02}{mark}{day.month:02}{mark}{day.year}"
    )
    serial = (day - date(1899, 12, 30)).days

    for cell in (written, day.isoformat(), f"{day:%d%m%Y}", day, serial, float(serial)):
        read = dates.read(cell)
        assert read is not None
        assert read.exact == day


@given(st.integers(1, 96), st.sampled_from((0, 1)), st.integers(1911, 1999), digits)
def test_zeros_come_back_only_to_the_number_that_lost_them(province, sex, year, rest):
    number = f"{province:03}{sex}{year % 100:02}{rest}"

    read = cells.identity(float(number), born_year=year, sex="F" if sex else "M")

    # Either the very number, or none at all.
    assert read.number == number or not read.restored
    assert not (read.restored and "id_restored" not in read.odd)


@given(digits, st.sampled_from(("03", "05", "07", "08", "09")), st.data())
def test_a_telephone_comes_back_however_it_is_spaced(rest, start, data):
    number = f"{start}0{rest}0"
    # A point before the last digit would be the one of an amount: 90312345.0.
    cuts = data.draw(st.sets(st.integers(1, 8), max_size=3))
    mark = data.draw(st.sampled_from((" ", ".", "-")))
    spaced = "".join(mark * (n in cuts) + c for n, c in enumerate(number))

    assert cells.telephones(number) == ((f"+84{number[1:]}",), ())
    assert cells.telephones(float(number)) == ((f"+84{number[1:]}",), ())
    if mark == ".":
        assert cells.telephones(spaced) == ((f"+84{number[1:]}",), ())


@given(st.text(max_size=40))
def test_no_text_breaks_a_cell(text):
    """Whatever stands in a cell, reading it ends with a value or a code."""
    identity = cells.identity(text, born_year=None, sex=None)
    assert not identity.restored or identity.number
    assert all(phone.startswith("+84") for phone in cells.telephones(text)[0])
    day = dates.read(text)
    assert day is None or day.iso
    name, _ = people.read(text)
    assert name == name.strip()
    assert cells.dose_number(text) in {None, *range(1, 7)}
    assert cells.sex(text) in {None, "M", "F"}
    assert cells.Lots({}).read(text)[0] == cells.Lots({}).read(text)[0].upper()


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_number_breaks_a_cell(number):
    cells.identity(number, born_year=None, sex=None)
    cells.telephones(number)
    day = dates.read(number)
    assert day is None or 1880 <= day.year < 2100


@given(st.text(string.ascii_uppercase + string.digits, min_size=4, max_size=12))
def test_a_lot_read_again_is_the_same(text):
    lot, _ = cells.Lots({}).read(text)
    assert cells.Lots({}).read(lot) == (lot, ())
