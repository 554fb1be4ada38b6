"""Facts that stand in lines around a table and hold for the rows below them.

"Ngày tiêm: 14/08/2021", "Vắc xin: AstraZeneca, lô PV46677", "DANH SÁCH TIÊM MŨI 2".
"""

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final

from portal.registry.imports import cells, dates

_DATE: Final = (
    r"(?P<date>\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{2,4}"
    r"|\d{1,2}\s*thang\s*\d{1,2}\s*nam\s*\d{4}|\d{4}-\d{2}-\d{2})"
)
# What leads to the day of the injections, the surest first. A day after a place's name
# ("TP.HCM, ngày 15 tháng 8 năm 2021") is the day of the signature.
_DAYS: Final = tuple(
    re.compile(pattern + _DATE)
    for pattern in (
        r"(?:ngay|thoi gian|ngay gio)\s+(?:gio\s+)?(?:tiem|chich)(?:\s+chung)?\s*[:\-]?"
        r"\s*(?:ngay\s*)?",
        r"(?:tiem|danh sach|buoi|ca|dot)\b[^;]*?\bngay\s*[:\-]?\s*",
        r"^\W*(?:thoi gian|ngay)\s*[:\-]?\s*(?:[^,;]*?ngay\s*)?",
        r"\b(?:tiem|danh sach|buoi|ca)\b[^;]*?",
    )
)
_OTHER_DAY: Final = re.compile(
    r"\b(?:hsd|han (?:su )?dung|han|nsx|san xuat|lap|in|cap|ban hanh|quyet dinh"
    r"|ke hoach|cong van|bao cao|so \d+\S*)\W*(?:ngay)?\W*$"
)
# Another day behind it: "14/8/2021 - 15/8", "14/8/2021 và 15/8/2021".
_RANGE: Final = re.compile(
    _DATE
    + r"\s*(?:(?:-|den|toi|\u2013)\s*(?:het\s*)?(?:ngay\s*)?\d"
    + r"|(?:va|hoac|,|;|&|\+)\s*(?:ngay\s*)?(?:0?[1-9]|[12]\d|3[01])\s*"
    # "7-11 giờ" and "13.30" are hours.
    + r"(?:[/.\-]\s*(?:0?[1-9]|1[0-2])(?!\d)(?!\s*(?:h|g|gio|phut)\b|h\d|g\d)"
    + r"|thang))"
)
# Another day before it: "ngày 14 và ", "từ 14/8 đến ", "ngày 14, 15 & ". A comma or a
# dash also parts a dose or an hour from its day, so that these want the word before.
_AND: Final = r"(?:va|hoac|den|toi|&|\+)"
_ONE: Final = r"\d{1,2}(?:\s*[/.]\s*\d{1,2})?"
_SEVERAL: Final = re.compile(
    rf"(?:\bngay|\btu)\s*(?:ngay\s*)?{_ONE}\s*(?:(?:,|;|-|\u2013|{_AND})"
    rf"\s*(?:ngay\s*)?(?:{_ONE}\s*)?)+$"
    rf"|(?<!mui )(?<!dot )(?<!buoi )(?<!ca )(?<!quan )(?<!lan )(?<!\d)"
    rf"{_ONE}\s*{_AND}\s*(?:(?:ngay|sang|chieu)\s*)*$"
)
_LOT: Final = re.compile(
    r"\b(?:so\s*lo|lo\s*(?:vac\s*xin|vacxin|vaccine|sx|san xuat|so)?|lot)\b\s*"
    r"(?:so|no)?\s*[:.\-#]*\s*(?P<lot>(?=[a-z0-9\-]*\d)[a-z0-9][a-z0-9\-]{3,19})\b"
)
_DOSE: Final = re.compile(
    r"\bmui\s*(?:thu|so|tiem)?\s*[:.]?\s*(\d|i{1,3}|nhat|hai|ba)\b"
)
_SITE: Final = re.compile(
    r"(?:dia diem|diem tiem|noi tiem|co so tiem)(?:\s+(?:tiem|chung|tiem chung))?"
    r"\s*[:\-]\s*(?P<site>.+)"
)
_VACCINE: Final = re.compile(
    r"vac[ \-]?xin|vacxin|vaccine?|\btiem\b|danh sach|loai thuoc|\blo\b"
)
_SHEET_DAY: Final = re.compile(r"\d{1,2}[.\-_ ]\d{1,2}[.\-_ ]\d{4}")
_SHORTEST: Final = 6
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said for many rows at once; None and "" where nothing is said.

    `unclear` names values of which two different ones were said.
    """

    given_on: date | None = None
    product: str | None = None
    lot: str = ""
    dose_number: int | None = None
    site: str = ""
    unclear: frozenset[str] = frozenset()

    def then(self, later: "Facts") -> "Facts":
        """Return these facts with what a later line says in their place.

        A lot goes with its product: another product without a lot leaves none.
        """
        said = {
            field.name: getattr(later, field.name)
            for field in fields(later)
            if field.name != "unclear" and getattr(later, field.name)
        }
        if later.product and later.product != self.product:
            said.setdefault("lot", "")
        unclear = (self.unclear - said.keys()) | later.unclear
        return replace(self, **said, unclear=frozenset(unclear))

    def beside(self, other: "Facts") -> "Facts":
        """Return both, where neither comes first: what contradicts is unclear."""
        unclear = self.unclear | other.unclear
        values = {}
        for field in fields(self):
            if field.name == "unclear":
                continue
            one, two = getattr(self, field.name), getattr(other, field.name)
            if one and two and one != two and field.name != "site":
                unclear |= {field.name}
            values[field.name] = one or two
        for name in unclear:
            values[name] = "" if name in ("lot", "site") else None
        return Facts(**values, unclear=frozenset(unclear))


NOTHING: Final = Facts()


def read(line: str, *, products: cells.Products, lots: cells.Lots) -> Facts:
    """Return what a line outside the rows says for the rows below it."""
    if len(line) < _SHORTEST:
        return NOTHING
    text = unicodedata.normalize("NFC", line[:_LONGEST])
    plain = _plain(text)
    unclear: set[str] = set()
    given_on, is_clear = _day(plain)
    if not is_clear:
        unclear.add("given_on")
    product = None
    if _VACCINE.search(plain) or len(plain) < 40:
        named = products.all_in(text)
        if len(named) > 1:
            unclear.add("product")
        elif named:
            product = named.pop()
    lot_numbers = {lots.read(found["lot"])[0] for found in _LOT.finditer(plain)}
    if len(lot_numbers) > 1:
        unclear.add("lot")
    numbers = {cells.dose_number(found[1]) for found in _DOSE.finditer(plain)}
    if len(numbers) > 1:
        unclear.add("dose_number")
    site = _SITE.search(plain)
    return Facts(
        given_on=given_on,
        product=product,
        lot=lot_numbers.pop() if len(lot_numbers) == 1 else "",
        dose_number=numbers.pop() if len(numbers) == 1 else None,
        site=text[site.start("site") : site.end("site")].strip() if site else "",
        unclear=frozenset(unclear),
    )


def of_sheet_name(name: str, *, products: cells.Products) -> Facts:
    """Return what the name of a sheet says: "14-08-2021", "Pfizer", "Mũi 2"."""
    plain = _plain(unicodedata.normalize("NFC", name))
    day = None
    if found := _SHEET_DAY.search(plain):
        read_day = dates.read(re.sub(r"[._ ]", "-", found[0]))
        day = read_day.exact if read_day else None
    named = products.all_in(name)
    dose = _DOSE.search(plain)
    return Facts(
        given_on=day,
        product=named.pop() if len(named) == 1 else None,
        dose_number=cells.dose_number(dose[1]) if dose else None,
    )


def _day(plain: str) -> tuple[date | None, bool]:
    """Return the day of the injections; False where a line names several days."""
    for pattern in _DAYS:
        days = set()
        for found in pattern.finditer(plain):
            before = plain[: found.start("date")]
            if _OTHER_DAY.search(before):
                continue
            if _RANGE.match(plain, found.start("date")) or _SEVERAL.search(before):
                return None, False
            day = dates.read(found["date"])
            if day and day.of_campaign:
                days.add(day.of_campaign)
        if days:
            # "Đã tiêm mũi 1 ngày …, đăng ký tiêm mũi 2 ngày …": nobody knows which.
            return (days.pop(), True) if len(days) == 1 else (None, False)
    return None, True


def _plain(text: str) -> str:
    """Return small letters without marks, one for each letter of the text."""
    letters = (unicodedata.normalize("NFD", c)[0].lower()[:1] or c for c in text)
    return "".join("d" if c == "đ" else c for c in letters)
