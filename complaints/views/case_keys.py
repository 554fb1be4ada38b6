"""The letters that open the forms of a case, by part of the address."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.choices import Move

LETTERS: Final = {
    "ghi": "s",
    "hoi-them": "h",
    "chuyen": "c",
    "hoi-co-quan": "w",
    "tra-loi-co-quan": "w",
    "giao": "p",
    "len-cap-tren": "l",
    "gia-han": "d",
    "tu-choi-de-xuat": "t",
    "ghi-chu": "i",
}

# All letters of list and case, as the map of keys names them.
MAP: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("n", Move.ACCEPT.label),
    ("g", _("Record as claimed")),
    ("g", Move.COUNTERSIGN.label),
    ("v", _("What will change")),
    ("s", _("Decide point by point")),
    ("h", Move.ASK.label),
    ("c", Move.HAND_OVER.label),
    ("w", Move.WAIT.label),
    ("w", Move.RESUME.label),
    ("l", Move.ESCALATE.label),
    ("d", Move.EXTEND.label),
    ("t", Move.DECLINE.label),
    ("p", Move.ASSIGN.label),
    ("i", Move.NOTE.label),
    ("z", Move.UNDO.label),
    ("e", _("Next one for me")),
    ("b", _("Many at once: the marked ones")),
    ("f", _("Filters")),
)
