"""The letters that open the forms of a case, by part of the address."""

from typing import Final

LETTERS: Final = {
    "ghi": "s",
    "hoi-them": "h",
    "chuyen": "c",
    "hoi-co-quan": "w",
    "tra-loi-co-quan": "w",
    "len-cap-tren": "l",
    "tu-choi-de-xuat": "t",
    "ghi-chu": "i",
}
