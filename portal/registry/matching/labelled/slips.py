"""What becomes of people when they are written down: records with their slips.

The rates are our own reading of the error kinds of domain paper c, not counted ones.
"""

from datetime import date, timedelta
from random import Random
from typing import Final

from portal.common.forms import PartialDate
from portal.common.names import fold
from portal.registry.matching.facts import Facts, Place, read_number
from portal.registry.matching.labelled.families import Human, Maker

_VARIANTS: Final = {
    **{"Hoàng": "Huỳnh", "Huỳnh": "Hoàng", "Vũ": "Võ", "Võ": "Vũ", "Bảo": "Bửu"},
    **{"Phúc": "Phước", "Mỹ": "Mĩ", "Quý": "Quí", "Lý": "Lí", "My": "Mi"},
}
_ACCENTS: Final = {
    **{"Hòa": "Hoa", "Thúy": "Thùy", "Thủy": "Thúy", "Hằng": "Hàng", "Tuấn": "Tuân"},
    **{"Dũng": "Dung", "Hùng": "Hưng", "Lộc": "Lọc", "Quân": "Quận", "Sơn": "Son"},
    **{"Thảo": "Thao", "Vân": "Vần", "Yến": "Yên", "Đạt": "Đat", "Hương": "Hường"},
    **{"Văn": "Vân", "Đức": "Đưc", "Thị": "Thi", "Nguyễn": "Nguyên", "Trần": "Trân"},
    **{"Phạm": "Pham", "Hữu": "Hưu", "Ngọc": "Ngoc", "Đặng": "Đăng", "Anh": "Ánh"},
}
_LETTERS: Final = "abcdeghiklmnopqrstuvxy"


class Clerk:
    """Writes people down, more or less carefully: 1 is the usual rate of slips."""

    def __init__(self, chance: Random, maker: Maker, *, haste: float) -> None:
        self.chance = chance
        self.maker = maker
        self.haste = haste

    def record(self, human: Human, house: list[Human]) -> Facts:
        """Return what stands on one list of somebody; ``house`` is who lives there."""
        born = self._born(human.born_on)
        sex = human.sex
        if self._happens(0.01):
            sex = "F" if sex == "M" else "M"
        if self._happens(0.04):
            sex = ""
        number = self._number(human, house)
        read = read_number(number, born=born, sex=sex) if number else ""
        phone = self._phone(human, house)
        return Facts(
            full_name=self._name(human.full_name),
            born=born,
            sex=sex,
            numbers=(read,) if read else (),
            phones=frozenset({phone} - {""}),
            place=self._place(human),
        )

    def _happens(self, rate: float) -> bool:
        return self.chance.random() < rate * self.haste

    def _name(self, name: str) -> str:
        words = name.split()
        if self._happens(0.015):
            words = [_ACCENTS.get(w, w) for w in words[:-1]] + words[-1:]
        if self._happens(0.015):
            words[-1] = _ACCENTS.get(words[-1], words[-1])
        if self._happens(0.03) and len(words) > 2:
            del words[1]
        elif self._happens(0.02) and words[1:2] in (["Thị"], ["Văn"]):
            words[1] = words[1][0] + "."
        if self._happens(0.01):
            words = [_VARIANTS.get(word, word) for word in words]
        if self._happens(0.015):
            at = self.chance.randrange(len(words))
            words[at] = self._mistyped(words[at])
        if self._happens(0.003):
            words[-1] = self.chance.choice(("Bé", "Tí", "Nhỏ", "Lớn"))
        if self._happens(0.003):
            words = [words[-1], *words[:-1]]
        text = " ".join(words)
        if self._happens(0.06):
            text = fold(text).upper()
        return text

    def _mistyped(self, word: str) -> str:
        at = self.chance.randrange(len(word))
        letter = self.chance.choice(_LETTERS)
        kind = self.chance.randrange(3)
        if kind == 0 and len(word) > 2:
            return word[:at] + word[at + 1 :]
        return word[:at] + letter + word[at + (kind == 1) :]

    def _born(self, day: date) -> PartialDate | None:
        old = day.year < 1960
        if self._happens(0.005):
            return None
        if self._happens(0.25 if old else 0.02):
            if self._happens(0.4):
                return PartialDate(day.year, 1, 1)
            return PartialDate(day.year)
        if self._happens(0.015) and day.day <= 12:
            day = date(day.year, day.day, day.month)
        if self._happens(0.025):
            day = self._other_digit(day)
        if self._happens(0.01):
            year = self.chance.choice((day.year - 1, day.year + 1, day.year - 10))
            day = date(year, day.month, min(day.day, 28))
        if self._happens(0.005):
            day = day - timedelta(days=self.chance.randrange(30, 4000))
        return PartialDate(day.year, day.month, day.day)

    def _other_digit(self, day: date) -> date:
        for _ in range(20):
            digits = list(day.strftime("%d%m%Y"))
            digits[self.chance.choice((0, 1, 2, 3))] = str(self.chance.randrange(10))
            text = "".join(digits)
            try:
                return date(int(text[4:]), int(text[2:4]), int(text[:2]))
            except ValueError:
                continue
        return day

    def _number(self, human: Human, house: list[Human]) -> str:
        is_child = human.born_on.year > 2006
        if self._happens(0.25 if is_child else 0.12):
            return ""
        number = human.number
        if human.old_number and self._happens(0.1):
            number = human.old_number
        if self._happens(0.04 if is_child else 0.012):
            number = house[0].number
        if self._happens(0.004):
            return "123456789"
        if self._happens(0.017):
            number = self._slipped(number)
        return number.lstrip("0") if self._happens(0.05) else number

    def _slipped(self, number: str) -> str:
        at = self.chance.randrange(len(number) - 1)
        if self.chance.random() < 0.4:
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        return number[:at] + str(self.chance.randrange(10)) + number[at + 1 :]

    def _phone(self, human: Human, house: list[Human]) -> str:
        if self._happens(0.15):
            return ""
        if self._happens(0.12):
            return self.maker.phone()
        phone = human.phone
        if self._happens(0.08):
            phone = self.chance.choice(house).phone
        if self._happens(0.01):
            phone = "+84" + self._slipped(phone[3:])
        return phone

    def _place(self, human: Human) -> Place:
        if self._happens(0.12):
            return Place()
        commune = human.commune
        if self._happens(0.03):
            commune = self.maker.commune()
        elif self._happens(0.04):
            commune = self.maker.commune(int(commune.split(".")[0][1:]))
        return Place(frozenset({commune}), frozenset({commune.split(".")[0]}))
