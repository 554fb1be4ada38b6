"""What a session list says, row by row: the shape between reading and staging."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the registry knows that cells are read by; its caller fills it.

    `products` maps `names.fold(alias)` to the product's code, `lots` a lot's number
    (upper case without blanks) to its product's code.
    """

    products: Mapping[str, str]
    lots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row got its verdict, or what staff should look at.

    `code` is snake_case, `column` the name of a value ("born_on") or "", `cell` a
    place as spreadsheets write it ("C12") or "", `detail` what the words need.
    """

    code: str
    column: str = ""
    cell: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """What a row says, normalised; "" and None where it says nothing usable.

    `born_on` is YYYY-MM-DD or YYYY; `sex` M or F; `id_kind` pin12, cmnd9, passport or
    other; `phones` are E.164; `product` is the registry's code.
    """

    full_name: str = ""
    sex: str | None = None
    born_on: str = ""
    id_kind: str | None = None
    id_number: str = ""
    id_restored: bool = False
    phones: tuple[str, ...] = ()
    given_on: date | None = None
    product: str | None = None
    lot: str = ""
    dose_number: int | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """What a row says beyond the values: for matching and for the reader's eye.

    `others` are further identity numbers of the row, such as an old card's;
    `complaint` is what a list of reports says is wrong.
    """

    ordinal: str = ""
    address: str = ""
    site: str = ""
    note: str = ""
    others: tuple[str, ...] = ()
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One person of a list; `row` counts from 1 as a spreadsheet does.

    `verdict` is "" (to be compared with the registry) or what the list alone tells:
    postponed, duplicate, excluded, error. `cells` are the original cells as text.
    `against` is the place in the list, from 1, of an earlier row that it repeats or
    contradicts.
    """

    sheet: str
    row: int
    verdict: str
    reasons: tuple[Reason, ...]
    values: Values
    cells: tuple[str, ...]
    aside: Aside = field(default=Aside())
    against: int = 0
