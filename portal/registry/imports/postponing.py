"""Whether a row tells that no dose was given, wherever on the row it says so."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from portal.common import names
from portal.registry.imports import cells, dates
from portal.registry.imports.columns import Column
from portal.registry.imports.line import Line

# "Hoàn thành" is no "hoãn", and "không phản ứng sau tiêm" tells of a dose.
_POSTPONED: Final = re.compile(
    r"(?<!khong )(?<!ko )\bhoan(?! (?:thanh|tat|toan))\b|\bhen (?:tiem )?lai\b"
    r"|\bchuyen (?:\w+ ){0,2}tiem\b|\b(?:khong|ko|k|chua|huy|ngung|tu choi) "
    r"(?:(?:du dieu kien|du suc khoe|dong y|muon|chiu|the|den|duoc) )*tiem\b"
    r"(?! (?:duoc )?(?:mui|m) ?[2-9])"
    r"|(?<!khong )(?<!khong co )(?<!ko )(?<!ko co )chong chi dinh|\bvang\b|tu choi"
    r"|\b(?:khong|ko|k) (?:den|dong y)\b|\bbo ve\b"
    r"|\b(?:khong|ko|k|chua) du (?:dieu kien|dk|suc khoe)\b"
)
# What says so only where it is all that stands between two commas: "mũi 2 tiêm sau 28
# ngày" and "từng dương tính" tell of doses that were given.
_ALONE: Final = re.compile(
    r"(?:da |bi |xin )?huy(?: (?:tiem|lich|mui|phieu))*|(?:de |hen |cho |se )?tiem sau"
    r"|(?:(?:co )?ket qua |test |xet nghiem |xn |kq |nhanh |pcr |covid(?: 19)? )*"
    r"duong tinh(?: (?:voi )?(?:covid|sars|virus|cov).*)?"
    r"|(?:la |dang la |nghi )?f0|(?:dang )?cach ly"
)
_NAMESAKES: Final = re.compile(r"(?<!tạm )\bhoàn\b(?! tiêm)|\bvàng\b")
_PARTS: Final = re.compile(r"[,;.:/()\n+]|\s[-\u2013]\s")
_ENTERED: Final = re.compile(r"\bda nhap\b")
_AGAIN: Final = re.compile(r"\btrung(?: stt| so)?\b ?(\d*)")
_ELSEWHERE: Final = re.compile(r"\bmui ?\S* (?:da )?tiem (?:o|tai)\b")
_GIVEN: Final = re.compile(r"\bda tiem\b|\btiem hom nay\b")
# Roles whose cells may hold "hoãn" instead of what belongs there.
_SAYING: Final = ("time", "dose_number", "lot", "product", "given_on", "dose")
# Roles with readers of their own; what else a row holds is looked through for "hoãn".
_READ: Final = frozenset((*_SAYING, "note", "postponed", "agreed", "done", "complaint"))
_NAMES: Final = ("full_name", "family_name", "given_name", "other_name")
# Cells under other headings hold names of people and streets as well, and Hoan, Hoàn
# and Văng are names: there the tone has to be written, or what it is about.
_HINT: Final = re.compile(
    r"ho(?:ã|a\u0303|a)n|vắng|va\u0306\u0301ng|vang m|từ ch|tu ch|kh[oô]ng |\bko ", re.I
)
_TONED: Final = re.compile(
    r"(?<!không )(?<!ko )(?<!chưa )\bhoãn\b(?! (?:thành|tất|toàn))"
)
_ASIDE: Final = re.compile(
    r"(?<!khong )(?<!ko )\b(?:tam hoan|hoan tiem|hoan lai|vang mat|tu choi tiem)\b"
    r"|\b(?:khong|ko) (?:(?:du dieu kien|du dk|dong y|duoc|the) )*tiem\b"
    r"(?! (?:duoc )?(?:mui|m) ?[2-9])|\b(?:khong|ko) du (?:dieu kien|dk|suc khoe)\b"
)
_WHOLE: Final = frozenset(("hoan", "vang", "tu choi"))
_BRACKETS: Final = re.compile(r"[(\[{]([^)\]}]*)")
# Columns that tell of other days than the list's.
_OF_BEFORE: Final = re.compile(
    r"\b(?:tien su|lich su|truoc|hen|tai kham|ke tiep|tiep theo|lan sau|m(?:ui)? ?\d"
    r"|(?:vac ?xin|vaccine|thuoc) khac|(?:tiem|ngua|vac ?xin|vaccine) cum\b)"
)
# Columns that hold names of staff, and roles that hold those of places.
_OF_STAFF: Final = re.compile(r"\b(?:nguoi|ky ten|can bo|nhan vien|bac si|y ta|y si)\b")
_PLACES: Final = ("address", "site")


def is_said(text: str) -> bool:
    """Tell whether a note says that no dose was given."""
    if _POSTPONED.search(names.fold(text)):
        # Hoàn and Vàng, with their tones, are somebody's names.
        composed = unicodedata.normalize("NFC", text).lower()
        if _POSTPONED.search(names.fold(_NAMESAKES.sub(" ", composed))):
            return True
    for part in _PARTS.split(text):
        folded = names.fold(part)
        if folded and _ALONE.fullmatch(folded):
            # Without its tone and beside other words it is somebody's name.
            return folded != "huy" or not part.isascii() or part.strip() == text.strip()
    return False


def is_postponed(line: Line, note: str) -> bool:
    """Tell whether no dose was given; say what else the note tells."""
    if line.group and not _is_of_dose(line, note):
        return _is_said_inside(line)
    if _is_marked_off(line):
        return True
    column = line.where("note")
    if note:
        if is_said(note):
            return _is_put_off(line, note, column)
        folded = names.fold(note)
        if _ENTERED.search(folded):
            line.say("note_entered", column)
        if again := _AGAIN.search(folded):
            line.say("note_duplicate", column, again[1])
        if _ELSEWHERE.search(folded):
            line.say("note_elsewhere", column)
    if _is_said_inside(line):
        return True
    for text, said_in in _aside(line):
        if line.group and not _is_of_dose(line, text):
            return False
        return _is_put_off(line, text, said_in)
    return False


def _is_put_off(line: Line, text: str, column: Column | str) -> bool:
    """Tell whether a dose put off is not also said to be given."""
    is_given = _GIVEN.search(names.fold(text)) is not None
    line.say("note_contradicts" if is_given else "note_postponed", column)
    return not is_given


def _is_of_dose(line: Line, note: str) -> bool:
    """Tell whether what the row says of a dose put off can be about the one in hand.

    It is about those without a day. Where each of several doses has one it contradicts
    them, and somebody has to say which was given.
    """
    days = {
        column.group: line.cell(column)
        for column in line.columns["given_on"]
        if column.group in line.groups
    }
    if days[line.group] == "" or not is_said(note):
        return True
    if all(day != "" and dates.read(day) for day in days.values()):
        line.say("note_contradicts", line.where("note"))
    return False


def _is_said_inside(line: Line) -> bool:
    """Tell whether a cell says that no dose was given, in the place of a value."""
    for role in _SAYING:
        for column in line.columns_of(role):
            cell = line.cell(column)
            if isinstance(cell, str) and len(cell) > 2:
                if not _may_say(cell) or not is_said(cell):
                    continue
                line.say("note_postponed", column)
                return True
    return False


def _is_marked_off(line: Line) -> bool:
    """Tell whether a column of its own says that no dose was given."""
    for column in line.columns.get("postponed", ()):
        cell = line.cell(column)
        is_marked = cells.is_mark(cell) or not cells.is_nothing(cells.as_text(cell))
        if cell != "" and is_marked:
            line.say("note_postponed", column)
            return True
    for role in ("agreed", "done"):
        cell, said_in = line.first(role)
        if cell != "" and said_in is not None and cells.is_no(cell):
            line.say("note_postponed", said_in)
            return True
    blank, marked = line.first("done")
    if blank == "" and marked is not None and marked.profile.share("mark") > 0.5:
        # Forgotten or put off: somebody has to say which.
        line.say("not_marked", marked)
    return False


def _aside(line: Line) -> Iterator[tuple[str, Column]]:
    """Yield what says that no dose was given where nobody looks for it, with its cell.

    Beside the name, under the telephone or the blood pressure, below no heading.
    """
    if not _HINT.search(line.as_text()):
        return
    given_name = names.fold(line.text("full_name")).rpartition(" ")[2]
    for column, text in line.written():
        if column.role in _READ or not _HINT.search(text):
            continue
        heading = "" if column.role else _folded(column.heading)
        if _OF_BEFORE.search(heading):
            continue
        if names.fold(text) == given_name:
            # A signature.
            continue
        if column.role in _NAMES:
            told = any(map(_is_said_aside, _beside_name(text)))
        else:
            is_named = column.role in _PLACES or _OF_STAFF.search(heading) is not None
            told = _is_said_aside(text, is_named=is_named)
        if told:
            yield text, column


@lru_cache(1 << 10)
def _folded(heading: str) -> str:
    return names.fold(heading)


@lru_cache(1 << 12)
def _is_said_aside(text: str, *, is_named: bool = False) -> bool:
    """Tell whether a cell says it; where names stand (`is_named`) "Hoan" is one."""
    composed = unicodedata.normalize("NFC", text).lower()
    if _TONED.search(composed):
        return True
    folded = names.fold(text)
    if folded in _WHOLE:
        # "Hoàn" and "Vàng" are names; without any tone the word stands alone.
        if text.isascii() and not is_named:
            return True
        return composed.strip(" .,;:-()*") in ("vắng", "từ chối")
    return _ASIDE.search(folded) is not None


def _beside_name(text: str) -> list[str]:
    """Return what stands in a name's cell beside the name."""
    bare, *others = _PARTS.split(_BRACKETS.sub(" ", text))
    last = bare.rpartition(" ")[2]
    if last == "hoãn" and not bare.islower():
        others.append(last)
    if bare.lower().endswith(("hoãn tiêm", "hoan tiem")):
        others.append("hoãn tiêm")
    return [*_BRACKETS.findall(text), *others]


def _may_say(text: str) -> bool:
    """Tell cheaply whether a cell could say that no dose was given."""
    return sum(map(str.isalpha, text)) > 2
