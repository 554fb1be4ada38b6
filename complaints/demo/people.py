"""Families: names by their frequency, numbers of the true structure, telephones.

Surnames follow the usual counts (Nguyễn near a third, Trần 11 %, Lê 9 %); the lists
of given names are our own. Every person is invented; a likeness is chance.
"""

from bisect import bisect
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from portal.common import names

_SURNAMES = (
    "Nguyễn 315 Trần 109 Lê 89 Phạm 59 Hoàng 51 Phan 28 Vũ 39 Đặng 27 Bùi 25 Đỗ 19 "
    "Ngô 18 Hồ 15 Dương 16 Đinh 10 Trương 14 Lâm 7 Mai 7 Trịnh 7 Đào 7 Cao 6 Lương 6 "
    "Đoàn 6 Tạ 4 Hà 6 Lý 5 Tô 3 Thái 4 Quách 2 Châu 3 Kiều 2 Phùng 4 Vương 3 Chu 3 "
    "Nghiêm 2 Từ 2 Tống 2 Lưu 4 La 2 Triệu 2 Đàm 2 Văn 2 Khổng 1 Thân 1 Ông 1"
)
# What the south says where the north says Hoàng and Vũ.
_SOUTHERN = {"Hoàng": "Huỳnh", "Vũ": "Võ"}
_FIRST_SOUTHERN_PROVINCE = 46
_MALE_MIDDLE = (
    "Văn 40 Đức 8 Hữu 8 Minh 8 Quốc 7 Đình 6 Công 5 Xuân 4 Thanh 5 Ngọc 4 - 8"
)
_MALE_GIVEN = (
    "Hùng 20 Dũng 18 Tuấn 18 Minh 17 Nam 12 Hải 12 Long 12 Sơn 12 Thắng 11 Cường 11 "
    "Đức 10 Hiếu 10 Trung 9 Anh 9 Bình 9 Thành 9 Quang 9 Hoàng 8 Phong 8 Khánh 7 "
    "Hòa 8 Huy 10 Đạt 9 Khoa 7 Kiên 6 Lâm 6 Lộc 5 Phúc 8 Quân 7 Tài 6 Tâm 5 Thịnh 5 "
    "Toàn 5 Tú 5 Việt 6 Vinh 5 Bảo 6 Tùng 7 Thủy 1 Duy 6 Nghĩa 5 Khôi 5 Kiệt 4 Lợi 3"
)
_FEMALE_MIDDLE = (
    "Thị 55 Ngọc 9 Thu 7 Thanh 6 Minh 4 Kim 5 Bích 4 Phương 4 Hồng 4 Mỹ 3 - 3"
)
_FEMALE_GIVEN = (
    "Hương 17 Lan 16 Hoa 14 Hà 13 Linh 16 Trang 14 Hằng 11 Thảo 12 Anh 12 Nga 9 "
    "Mai 11 Ngọc 11 Thúy 9 Thủy 10 Phương 12 Hạnh 9 Yến 9 Nhung 8 Hòa 6 Hiền 10 "
    "Loan 7 Tuyết 7 Xuân 6 Dung 8 Huệ 5 Liên 7 Oanh 5 Vân 9 Chi 6 Quỳnh 8 My 6 "
    "Nhi 8 Trâm 6 Thư 7 Uyên 5 Diễm 4 Trinh 5 Như 6 Hân 5 Bình 3 Tâm 5 Minh 3 Hải 2"
)
# Names of other peoples of Vietnam, by sex: Hmong, Thái, Khmer, Ê Đê.
_OTHERS = {
    "M": (
        ("Giàng Sùng Vàng Lý", "A", "Páo Sính Chu Dơ Tủa"),
        ("Lò Cà Quàng Tòng", "Văn", "Pọm Inh Thoan Dũng"),
        ("Thạch Kim Sơn Danh", "Sô", "Phi Pha Rươl Khane"),
        ("Y", "Bhin", "Niê Êban Kbuôr Mlô"),
    ),
    "F": (
        ("Giàng Sùng Vàng Lý", "Thị", "Máy Dợ Mỷ Sua Dinh"),
        ("Lò Cà Quàng Tòng", "Thị", "Pọm Hặc Muôn Ín"),
        ("Thạch Kim Sơn Danh", "Sa", "Rây Vane Mây Thia"),
        ("H'Hen H'Bia H'Yam", "", "Niê Êban Kbuôr Mlô"),
    ),
}
_OTHERS_SHARE = 0.03
_PREFIXES = (
    "90",
    "91",
    "98",
    "97",
    "96",
    "86",
    "32",
    "33",
    "35",
    "37",
    "70",
    "79",
    "81",
)

# Shares of households by what they hold; ages are those of summer 2021.
_SPOUSE, _ELDER, _ONE_PHONE = 0.8, 0.3, 0.55
_CHILDREN = (0.3, 0.6, 0.93, 1.0)
_THIS_DAY = date(2021, 7, 1)
# Birth dates by how many days before that; one object each, as making them is slow.
_BORN = [_THIS_DAY - timedelta(days=ago) for ago in range(101 * 365)]
MIDDLE_AGED = range(24, 61)
_SERIALS = 10**6


class Human(NamedTuple):
    """Somebody as they truly are."""

    full_name: str
    born_on: date
    sex: str
    number: str
    phone: str
    commune: int
    is_child: bool


class Spelled(NamedTuple):
    """The columns that follow from a name."""

    full_name: str
    key: str
    folded: str
    sort_key: str


def _weighted(text: str) -> list[str]:
    """Return each word as often as the number after it says."""
    words = text.split()
    return [
        word
        for word, weight in zip(words[::2], words[1::2], strict=True)
        for _ in range(int(weight))
    ]


_FAMILY_TABLE = _weighted(_SURNAMES)
_TABLES = {
    "M": (_weighted(_MALE_MIDDLE), _weighted(_MALE_GIVEN)),
    "F": (_weighted(_FEMALE_MIDDLE), _weighted(_FEMALE_GIVEN)),
}


def _pick(chance: Random, words: list[str]) -> str:
    return words[int(chance.random() * len(words))]


def surname(chance: Random, province: int) -> str:
    """Return a surname as common as it is in that part of the country."""
    word = _pick(chance, _FAMILY_TABLE)
    if province >= _FIRST_SOUTHERN_PROVINCE:
        return _SOUTHERN.get(word, word)
    return word


def name(chance: Random, sex: str, family: str) -> str:
    """Return a full name of that sex with the given surname."""
    middles, givens = _TABLES[sex]
    middle, given = _pick(chance, middles), _pick(chance, givens)
    if middle in ("-", given):
        return f"{family} {given}"
    return f"{family} {middle} {given}"


def _other_name(chance: Random, sex: str) -> str:
    families, middle, givens = chance.choice(_OTHERS[sex])
    words = (chance.choice(families.split()), middle, chance.choice(givens.split()))
    return " ".join(filter(None, words))


def family(chance: Random, *, province: int, commune: int, serial: int) -> list[Human]:
    """Return a household. ``serial`` is how many people this province has before it.

    Who lives together often has one telephone; children and the old share an adult's.
    """
    draw = chance.random
    phone = new_phone(chance)
    shares = draw() < _ONE_PHONE
    is_other = draw() < _OTHERS_SHARE
    surname_of_house = surname(chance, province)
    people: list[Human] = []

    def add(sex: str, age: int, family_name: str, own_phone: bool) -> None:
        born = _BORN[age * 365 + int(draw() * 365)]
        people.append(
            Human(
                _other_name(chance, sex)
                if is_other
                else name(chance, sex, family_name),
                born,
                sex,
                new_number(province, sex, born, serial + len(people)),
                new_phone(chance) if own_phone and not shares else phone,
                commune,
                age < 18,
            )
        )

    age = MIDDLE_AGED[int(draw() * len(MIDDLE_AGED))]
    head_is_man = draw() < 0.55
    add("M" if head_is_man else "F", age, surname_of_house, False)
    if draw() < _SPOUSE:
        other = max(19, age - 6 + int(draw() * 9))
        add("F" if head_is_man else "M", other, surname(chance, province), True)
    for _ in range(bisect(_CHILDREN, draw())):
        years = min(age - 19, 5 + int(draw() * 22))
        if years >= 5:
            add("M" if draw() < 0.52 else "F", years, surname_of_house, years >= 18)
    if age > 30 and draw() < _ELDER:
        add(
            "F" if draw() < 0.6 else "M",
            age + 22 + int(draw() * 8),
            surname_of_house,
            False,
        )
    return people


def new_number(province: int, sex: str, born_on: date, serial: int) -> str:
    """Return a personal number: province, century and sex, birth year, six digits.

    The six digits are a permutation of the serial number, so that no two people of a
    province share a number before there are a million of them.
    """
    century = (0 if sex == "M" else 1) + (2 if born_on.year >= 2000 else 0)
    last = (serial * 387_421 + 48_271) % _SERIALS
    return f"{province:03}{century}{born_on.year % 100:02}{last:06}"


def new_phone(chance: Random) -> str:
    """Return a mobile number in E.164."""
    prefix = _PREFIXES[int(chance.random() * len(_PREFIXES))]
    return f"+84{prefix}{int(chance.random() * 10**7):07}"


def new_cmnd(chance: Random) -> str:
    """Return a number of the old card: nine digits without structure."""
    return f"{1 + int(chance.random() * 38):02}{int(chance.random() * 10**7):07}"


@lru_cache(1 << 16)
def spell(full_name: str) -> Spelled:
    """Return the columns that follow from a name; names repeat, so it remembers."""
    *others, given = full_name.split()
    parts = [_word(word) for word in others]
    last = _word(given)
    first = "!".join(p[2] for p in parts) + " " + "".join(p[3] for p in parts)
    return Spelled(
        full_name,
        " ".join([*(p[0] for p in parts), last[0]]),
        " ".join([*(p[1] for p in parts), last[1]]),
        f"{last[2]} {last[3]} {first}",
    )


@lru_cache(1 << 16)
def columns(full_name: str) -> str:
    """Return the same columns as COPY reads them."""
    return "\t".join(spell(full_name))


@lru_cache(1 << 12)
def _word(word: str) -> tuple[str, str, str, str]:
    letters, tones = names.sort_key(word).split(" ")
    return names.tone_key(word), names.fold(word), letters, tones


# What goes wrong with a name when a tired person types it.
_SLIPS = {
    "Bảo": "Bửu", "Hòa": "Hoa", "Thủy": "Thuý", "Thúy": "Thùy", "Hằng": "Hàng",
    "Tuấn": "Tuân", "Dũng": "Dung", "Hùng": "Hưng", "Lộc": "Lọc", "Huệ": "Huế",
    "Quân": "Quang", "Linh": "Lịnh", "Minh": "Mình", "Phúc": "Phước", "Sơn": "Son",
    "Thảo": "Thao", "Vân": "Văn", "Yến": "Yên", "Đạt": "Đat", "Hương": "Hường",
}  # fmt: skip


def slip(chance: Random, full_name: str) -> str:
    """Return the name with a mistake as clerks make them: accents lost, one syllable
    wrong, or the middle name left out."""
    words = full_name.split()
    slipped = _SLIPS.get(words[-1])
    if slipped and chance.random() < 0.6:
        return " ".join([*words[:-1], slipped])
    if len(words) > 2 and chance.random() < 0.35:
        return f"{words[0]} {words[-1]}"
    bare = names.fold(full_name).title()
    if bare != full_name:
        return bare
    return f"{full_name} An"
