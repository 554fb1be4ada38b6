"""What a line of a unit's own list asks for, in the words that units write.

Words decide only where they say one thing; everything else is left to staff. The
examples of tests/rules/asked.csv are the table that a health officer reads.
"""

import re
from dataclasses import dataclass
from typing import Final

from complaints.choices import Field, Kind
from portal.common.names import fold

# Folded words by which a field is meant.
_FIELDS: Final[dict[Field, str]] = {
    Field.GIVEN_ON: r"ngay (?:gio )?(?:tiem|chich)|thoi gian tiem|date given",
    Field.PRODUCT: r"(?:loai |ten )?(?:vac ?xin|vaccine|thuoc tiem)",
    Field.LOT: r"so lo|\blo\b|lot\b",
    Field.SITE: r"(?:noi|diem|co so|dia diem|don vi) tiem",
    Field.DOSE_NUMBER: r"so mui|thu tu mui|mui thu\b|mui so\b",
    Field.FULL_NAME: (
        r"\bho (?:va )?ten\b|\bten dem\b|\bchu dem\b"
        r"|\bten\b(?! (?:vac|loai|thuoc|co so|diem|noi|tram))|\bname\b"
    ),
    Field.BORN_ON: r"(?:ngay|nam|ngay thang|ngay thang nam) sinh|birth",
    Field.SEX: r"gioi tinh|\bsex\b",
    Field.NATIONAL_ID: r"cccd|cmnd|cmt|can cuoc|dinh danh|chung minh",
    Field.PHONE: r"sdt|so dt|dien thoai|phone",
}
OF_PERSON: Final = (
    Field.FULL_NAME,
    Field.BORN_ON,
    Field.SEX,
    Field.NATIONAL_ID,
    Field.PHONE,
)
OF_DOSE: Final = (
    Field.GIVEN_ON,
    Field.PRODUCT,
    Field.LOT,
    Field.SITE,
    Field.DOSE_NUMBER,
)
_WRONG: Final = re.compile(
    r"\b(?:sai|nham|lech|sua|dieu chinh|dinh chinh|chinh sua|cap nhat lai|wrong"
    r"|khong (?:dung|khop|chinh xac))\b"
)
_LACKS: Final = r"(?:thieu|mat|chua co|khong co|trong)(?: thong tin)? (?:so )?"
_ABSENT: Final = (
    r"(?:thieu|mat|bo sung|missing|(?:chua|khong) (?:co|hien|thay|cap nhat|nhap|len"
    r"|duoc (?:nhap|cap nhat|ghi)))"
)
_DOSE: Final = r"(?:mui|lieu|lan tiem|dose|du lieu tiem)"
_MISSING: Final = re.compile(
    rf"\b{_ABSENT}\b.{{0,30}}\b{_DOSE}\b|\b{_DOSE}\b.{{0,20}}\b{_ABSENT}\b"
)
_DOUBLED: Final = re.compile(
    r"\btrung (?:lap|mui|du lieu|thong tin|nhau)\b|\b(?:bi|ghi|nhap) (?:trung|lap)\b"
    r"|\b(?:ghi|nhap)\b.{0,12}\b(?:2|hai) lan\b|\brecorded twice\b|\bduplicate\b"
)
_NOT_MINE: Final = re.compile(
    r"\b(?:khong|chua)(?: he| tung)? tiem\b|\bcua nguoi khac\b|\bnot mine\b"
    r"|\bkhong phai (?:cua )?(?:toi|minh|em|chau|ong|ba|anh|chi)\b"
)
_PERSONAL: Final = re.compile(r"\bthong tin ca nhan\b|\bpersonal details\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a kind, and the fields that are named wrong, () for any.

    ``kind`` is None where the words say nothing, or (``is_several``) several things.
    """

    kind: Kind | None
    fields: tuple[Field, ...] = ()
    is_several: bool = False


def read(words: str) -> Asked:
    """Return what a line asks for; letters without accents are read as well."""
    text = fold(words)
    found: dict[Kind, tuple[Field, ...]] = {}
    if _DOUBLED.search(text):
        found[Kind.DOUBLED_DOSE] = ()
    if _NOT_MINE.search(text):
        found[Kind.NOT_MINE] = ()
    named = _named(text)
    of_person = tuple(field for field in OF_PERSON if field in named)
    of_dose = tuple(field for field in OF_DOSE if field in named)
    is_wrong = bool(_WRONG.search(text))
    if of_person or (is_wrong and _PERSONAL.search(text)):
        found[Kind.WRONG_PERSON] = of_person
    if of_dose or (is_wrong and not found and re.search(rf"\b{_DOSE}\b", text)):
        found[Kind.WRONG_DOSE] = of_dose
    if not found and _MISSING.search(text):
        found[Kind.MISSING_DOSE] = ()
    if len(found) != 1:
        return Asked(None, is_several=len(found) > 1)
    [(kind, fields)] = found.items()
    return Asked(kind, fields)


def _named(text: str) -> set[Field]:
    """Return the fields that the words say are wrong, or not there."""
    if _WRONG.search(text):
        return {field for field, words in _FIELDS.items() if re.search(words, text)}
    # "Thiếu số lô" is a detail; "thiếu mũi vắc xin 2" is a whole dose.
    return {
        field
        for field, words in _FIELDS.items()
        if field not in (Field.PRODUCT, Field.DOSE_NUMBER)
        and re.search(rf"\b{_LACKS}(?:{words})", text)
    }
