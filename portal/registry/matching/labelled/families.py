"""Households with what makes matching hard: twins, fathers and sons of one name, one
telephone for all, birth dates on the first of January, and namesakes elsewhere.

Rates above life's own are meant: twins are 3 % of births, and 2 % of people have a
namesake of the same birth date in another province. Names are our own lists; everybody
is invented.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from portal.registry.matching.facts import Place

_SURNAMES: Final = (
    "Nguyễn 36 Trần 12 Lê 10 Phạm 7 Hoàng 3 Huỳnh 3 Phan 5 Vũ 3 Võ 2 Đặng 2 Bùi 2 Đỗ 2"
    " Hồ 2 Ngô 2 Dương 1 Lý 1 Đinh 1 Trương 1 Lâm 1 Mai 1 Trịnh 1 Cao 1 Lương 1 Tạ 1"
)
_MIDDLES: Final = {
    "M": "Văn 35 Đức 8 Hữu 8 Minh 8 Quốc 7 Đình 6 Công 5 Xuân 4 Thanh 5 Ngọc 4 Gia 4",
    "F": "Thị 50 Ngọc 9 Thu 7 Thanh 6 Minh 4 Kim 5 Bích 4 Phương 4 Hồng 4 Thị_Thu 4",
}
_GIVENS: Final = {
    "M": "Hùng 20 Dũng 18 Tuấn 18 Minh 17 Nam 12 Hải 12 Long 12 Sơn 12 Thắng 11 Đức 10"
    " Hiếu 10 Trung 9 Bình 9 Thành 9 Quang 9 Phong 8 Khánh 7 Hòa 8 Huy 10 Đạt 9 Lộc 5"
    " Phúc 8 Quân 7 Tài 6 Tâm 5 Toàn 5 Việt 6 Bảo 6 Tùng 7 Duy 6 Nghĩa 5 Khôi 5 Lợi 3"
    " Tý 2 Sửu 1 Tèo 1 Đông 3 Chiến 3 Khang 4 An 4 Ân 2 Thái 3 Thuận 3 Thuấn 1 Quý 2",
    "F": "Hương 17 Lan 16 Hoa 14 Hà 13 Linh 16 Trang 14 Hằng 11 Thảo 12 Anh 12 Nga 9"
    " Mai 11 Ngọc 11 Thúy 9 Thủy 10 Phương 12 Hạnh 9 Yến 9 Nhung 8 Hiền 10 Loan 7"
    " Xuân 6 Dung 8 Huệ 5 Liên 7 Oanh 5 Vân 9 Chi 6 My 6 Nhi 8 Thư 7 Như 6 Hân 5"
    " Sáu 2 Tư 2 Út 1 Phượng 3 Hường 3 Ánh 3 Hạ 1 Mỹ 2 Châu 3 Tuyền 2 Thơm 1 Mận 1",
}
_ALIKE: Final = (
    *(("An", "Ân"), ("Anh", "Ánh"), ("Hà", "Hạ"), ("Hà", "Hằng"), ("Quân", "Quang")),
    *(("Khang", "Khánh"), ("Phương", "Phượng"), ("Thúy", "Thủy"), ("Đông", "Đồng")),
    *(("Thuận", "Thuấn"), ("Hương", "Hường"), ("Phúc", "Phước"), ("Hòa", "Hoà")),
)
_TODAY: Final = date(2021, 7, 1)
_TWINS, _ALIKE_SIBLINGS, _LIKE_FATHER = 0.03, 0.05, 0.01
_SHARED_PHONE, _VILLAGE_PHONE, _FIRST_OF_JANUARY = 0.55, 0.02, 0.10
_NAMESAKES, _ODDLY_NUMBERED = 0.02, 0.01
_COMMUNES_A_PROVINCE: Final = 40
_PROVINCES: Final = (1, 2, 26, 31, 34, 36, 38, 40, 46, 48, 52, 66, 74, 79, 80, 92)


@dataclass(frozen=True)
class Human:
    """Somebody as they truly are. ``house`` tells who lives together."""

    full_name: str
    born_on: date
    sex: str
    number: str
    old_number: str
    phone: str
    commune: str
    house: int

    @property
    def place(self) -> Place:
        """Return the residence in the keys of matching."""
        return Place(frozenset({self.commune}), frozenset({self.commune.split(".")[0]}))


class Maker:
    """Makes households from a source of chance."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.houses = 0
        self.village_phones: dict[str, str] = {}

    def people(self, count: int) -> list[Human]:
        """Return at least so many people with their families and namesakes."""
        found: list[Human] = []
        while len(found) < count:
            found += self._household()
        found += [
            self._namesake(human)
            for human in found[:count]
            if self.chance.random() < _NAMESAKES
        ]
        return found

    def phone(self) -> str:
        """Return a mobile number."""
        prefix = self.chance.choice(("90", "91", "97", "98", "32", "36", "70", "83"))
        return f"+84{prefix}{self.chance.randrange(10**7):07}"

    def commune(self, province: int | None = None) -> str:
        """Return a commune, of that province or of any."""
        province = province or self.chance.choice(_PROVINCES)
        return f"p{province}.c{self.chance.randrange(_COMMUNES_A_PROVINCE)}"

    def _household(self) -> list[Human]:
        chance, draw = self.chance, self.chance.random
        self.houses += 1
        commune = self.commune()
        phone = self.phone()
        if draw() < _VILLAGE_PHONE:
            phone = self.village_phones.setdefault(commune, phone)
        shares = draw() < _SHARED_PHONE
        family_name = self._word(_SURNAMES)
        age = chance.randrange(24, 62)
        father = self._human(self._name("M", family_name), "M", age, commune, phone)
        mother = self._human(
            self._name("F", self._word(_SURNAMES)),
            "F",
            max(20, age - chance.randrange(-2, 7)),
            commune,
            phone if shares else self.phone(),
        )
        people = [father, mother]
        for _ in range(chance.choice((0, 1, 1, 2, 2, 3))):
            people += self._births(father, mother, people, phone, shares)
        if draw() < 0.25:
            elder = self._human(
                self._name("M", family_name) if draw() < 0.4 else self._name("F"),
                "",
                age + chance.randrange(20, 32),
                commune,
                phone,
            )
            people.append(elder)
        return people

    def _births(
        self,
        father: Human,
        mother: Human,
        so_far: list[Human],
        phone: str,
        shares: bool,
    ) -> list[Human]:
        draw = self.chance.random
        most = (_TODAY - mother.born_on).days // 365 - 19
        if most < 5:
            return []
        age = self.chance.randrange(4, min(most, 40) + 1)
        sex = "M" if draw() < 0.52 else "F"
        own = age >= 18 and not shares
        name = self._name(sex, father.full_name.split()[0])
        parent = father if sex == "M" else mother
        siblings = [h for h in so_far[2:] if h.sex == sex]
        if draw() < _LIKE_FATHER:
            name = parent.full_name
        elif siblings and draw() < _ALIKE_SIBLINGS:
            name = self._alike(siblings[0].full_name)
        child = self._human(
            name, sex, age, father.commune, self.phone() if own else phone
        )
        if draw() >= _TWINS:
            return [child]
        sex = child.sex if draw() < 0.65 else "MF"[child.sex == "M"]
        words = child.full_name.split()
        name = self._alike(child.full_name) if sex == child.sex else self._name(sex)
        if draw() < 0.7 and sex == child.sex:
            given = self._word(_GIVENS[sex])
            name = " ".join([*words[:-1], given]) if given != words[-1] else name
        name = " ".join([words[0], *name.split()[1:]])
        number = self._number(father.commune, sex, child.born_on)
        if draw() < 0.5 and sex == child.sex:
            number = f"{(int(child.number) + 1) % 10**12:012}"
        twin = replace(child, full_name=name, sex=sex, number=number, old_number="")
        return [child, twin]

    def _human(self, name: str, sex: str, age: int, commune: str, phone: str) -> Human:
        chance = self.chance
        words = name.split()
        sex = sex or ("F" if "Thị" in words or words[1] in _MIDDLES["F"] else "M")
        born = _TODAY - timedelta(days=age * 365 + chance.randrange(365))
        if age > 45 and chance.random() < _FIRST_OF_JANUARY:
            born = date(born.year, 1, 1)
        number = self._number(commune, sex, born)
        if chance.random() < _ODDLY_NUMBERED:
            number = self._number(commune, sex, born - timedelta(days=700))
        old = f"{chance.randrange(1, 39):02}{chance.randrange(10**7):07}"
        return Human(
            name,
            born,
            sex,
            number,
            old if age > 14 else "",
            phone,
            commune,
            self.houses,
        )

    def _number(self, commune: str, sex: str, born: date) -> str:
        province = int(commune.split(".")[0][1:])
        century = (sex == "F") + 2 * (born.year >= 2000)
        last = self.chance.randrange(10**6)
        return f"{province:03}{century}{born.year % 100:02}{last:06}"

    def _namesake(self, human: Human) -> Human:
        """Return a stranger of the same name and birth date."""
        self.houses += 1
        commune = self.commune()
        return replace(
            human,
            commune=commune,
            number=self._number(commune, human.sex, human.born_on),
            old_number=f"{self.chance.randrange(10**8, 10**9)}",
            phone=self.phone(),
            house=self.houses,
        )

    def _word(self, table: str) -> str:
        words = table.split()
        weights = list(map(int, words[1::2]))
        return self.chance.choices(words[::2], weights)[0].replace("_", " ")

    def _name(self, sex: str, family: str = "") -> str:
        family = family or self._word(_SURNAMES)
        middle, given = self._word(_MIDDLES[sex]), self._word(_GIVENS[sex])
        return f"{family} {middle} {given}"

    def _alike(self, name: str) -> str:
        """Return a name that sounds like another, as parents give them."""
        *first, given = name.split()
        for pair in _ALIKE:
            if given in pair:
                other = pair[0] if given == pair[1] else pair[1]
                return " ".join([*first, other])
        pair = self.chance.choice(_ALIKE[:6])
        return " ".join([*first, pair[0] if pair[0] != given else pair[1]])
