"""What the columns of a table mean, each with how sure that is.

The guess is made of the words of the headings (``meanings``) and of what the cells
below look like (``profile``); a saved mapping of headings to roles goes before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Final

from portal.registry.imports import cells, meanings, profile
from portal.registry.imports.meanings import Meaning
from portal.registry.imports.profile import Profile

# Roles of which a row may have several columns.
_MANY: Final = frozenset(
    ("phones", "address", "note", "product_mark", "time", "postponed", "other_name", "")
    + ("complaint",)
)
# Roles that a heading "Mũi 2" can give to its dose alone.
_OF_A_DOSE: Final = frozenset(
    ("given_on", "product", "product_mark", "lot", "dose", "site", "note", "time")
    + ("postponed", "done", "agreed")
)
_KIND_OF_ROLE: Final = {
    "full_name": "name",
    "sex": "sex",
    "born_on": "day",
    "born_male": "day",
    "born_female": "day",
    "id_number": "id",
    "id_old": "id",
    "id_new": "id",
    "phones": "phone",
    "given_on": "day",
    "product": "product",
    "dose_number": "dose",
}
_SHOWN: Final = 2
# The first doses of the campaign were given on 8 March 2021 (domain paper b).
_CAMPAIGN: Final = date(2021, 3, 8)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `index` from 1, `key` as a site saves it, `role` or "".

    `origin` is where the role comes from: heading, content or saved.
    """

    index: int
    key: str
    heading: str
    role: str
    confidence: float
    origin: str = "heading"
    group: int = 0
    product: str = ""
    # What its cells stand for where the heading says so: (("0", "M"), ("1", "F")).
    codes: tuple[tuple[str, str], ...] = ()
    profile: Profile = field(default_factory=Profile, compare=False)
    # The first cells below it, for whoever says what it is.
    examples: tuple[str, ...] = field(default=(), compare=False)

    @property
    def letter(self) -> str:
        """The column as spreadsheets call it."""
        return letters_of(self.index)


def letters_of(index: int) -> str:
    """Return the name of a column: 1 is A, 27 is AA."""
    letters = ""
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def guess(
    paths: Sequence[tuple[str, str]],
    sample: Sequence[Sequence[cells.Cell]],
    *,
    products: cells.Products,
    saved: Mapping[str, str],
) -> tuple[Column, ...]:
    """Return the columns; `paths` are heading and parent heading of each from A on."""
    columns, seen = [], set()
    for index, (heading, parent) in enumerate(paths, 1):
        below = [row[index - 1] if index <= len(row) else "" for row in sample]
        looks = profile.of(below, products)
        key = meanings.key_of(heading, parent) or f"#{letters_of(index)}"
        if key in seen:
            key = f"{key} #{letters_of(index)}"
        seen.add(key)
        column = _guess(index, key, heading, parent, looks, products)
        if key in saved:
            column = _as_said(column, saved[key], products)
        codes = meanings.sex_codes(f"{parent} {heading}")
        examples = _examples(below)
        columns.append(replace(column, profile=looks, codes=codes, examples=examples))
    columns = _with_sexes(_with_parts_of_days(columns))
    columns = _one_of_each(columns)
    columns = _with_said_order(_with_swapped(columns), paths)
    columns = _with_one_order(columns)
    columns = _with_parts_of_names(columns)
    return tuple(_with_content(columns))


def _examples(below: Sequence[cells.Cell]) -> tuple[str, ...]:
    filled = (cells.as_text(cell).strip() for cell in below if cell != "")
    return tuple(islice(dict.fromkeys(filter(None, filled)), _SHOWN))


def _guess(
    index: int,
    key: str,
    heading: str,
    parent: str,
    looks: Profile,
    products: cells.Products,
) -> Column:
    meaning: Meaning = meanings.within(heading, parent)
    if heading and (looks.share("mark") > 0.8 or not looks.count):
        # A column for each product, ticked.
        code, odd = products.read(heading)
        if code and not odd:
            return Column(index, key, heading, "product_mark", 0.9, product=code)
    if meaning.role == "dose" and looks.share("day") > 0.5:
        # Days below "Mũi 1" and "Mũi 2" instead of ticks.
        meaning = meaning._replace(role="given_on")
    confidence = meaning.confidence if meaning.role else 0.0
    kind = _KIND_OF_ROLE.get(meaning.role)
    if kind and looks.tells:
        confidence *= 0.4 + 0.6 * looks.share(kind)
    elif meaning.role and not looks.count:
        confidence *= 0.9
    return Column(
        index, key, heading, meaning.role, round(confidence, 2), group=meaning.group
    )


def _as_said(column: Column, role: str, products: cells.Products) -> Column:
    """Return a guessed column with the role that staff gave it.

    Which dose and which vaccine its heading names stays, where the role asks for it.
    """
    product = column.product
    if role == "product_mark" and not product:
        product = products.read(column.heading)[0] or ""
    return replace(
        column,
        role=role,
        confidence=1.0,
        origin="saved",
        group=column.group if role in _OF_A_DOSE else 0,
        product=product if role == "product_mark" else "",
    )


def _with_parts_of_days(columns: list[Column]) -> list[Column]:
    """Settle Ngày, Tháng, Năm sinh where they stand side by side in one line."""
    keys = [c.key for c in columns]
    result = list(columns)
    for at in range(len(columns) - 2):
        is_said = any(c.origin == "saved" for c in columns[at : at + 3])
        if keys[at] == "ngay" and keys[at + 1] == "thang" and not is_said:
            roles = ("born_day", "born_month", "born_year")
            for n, role in enumerate(roles, at):
                result[n] = replace(columns[n], role=role, confidence=0.8)
    return result


def _with_sexes(columns: list[Column]) -> list[Column]:
    """Settle columns headed only Nam and Nữ by what stands in them."""
    bare = {
        c.key: c
        for c in columns
        if not c.role and c.key in ("nam", "nu") and c.origin != "saved"
    }
    if len(bare) < 2:
        # One column alone, ticked: what a blank means nobody says.
        ticked = all(c.profile.share("mark") > 0.8 for c in bare.values())
        if not bare or not ticked:
            return columns
    days = max(c.profile.share("day") for c in bare.values())
    kind = "born" if days > 0.5 else "sex"
    roles = {"nam": f"{kind}_male", "nu": f"{kind}_female"}
    return [
        replace(c, role=roles[c.key], confidence=0.8) if c.key in bare else c
        for c in columns
    ]


def _one_of_each(columns: list[Column]) -> list[Column]:
    """Leave each role to its surest column, the first among equals.

    What staff said goes before every guess.
    """
    best: dict[tuple[str, int], Column] = {}
    for column in columns:
        if column.role in _MANY:
            continue
        place = (column.role, column.group)
        if place not in best or _sureness(column) > _sureness(best[place]):
            best[place] = column
    kept = {column.index for column in best.values()}
    return [
        c if c.role in _MANY or c.index in kept else _second(c, best) for c in columns
    ]


def _sureness(column: Column) -> tuple[bool, float]:
    return column.origin == "saved", column.confidence


def _second(column: Column, best: Mapping[tuple[str, int], Column]) -> Column:
    """Leave a role to another column; a second table's names must not vanish unseen."""
    first = best[column.role, column.group]
    is_beside = column.role == "full_name" and column.heading == first.heading
    if is_beside and column.profile.share("name") > 0.5:
        return replace(column, role="other_name")
    return replace(column, role="", confidence=0.0)


def _with_swapped(columns: list[Column]) -> list[Column]:
    """Exchange number and telephone where each stands over the other's cells."""
    number = next((c for c in columns if c.role in ("id_number", "id_new")), None)
    phone = next((c for c in columns if c.role == "phones"), None)
    if not number or not phone or not number.profile.tells or not phone.profile.tells:
        return columns
    crossed = (
        number.profile.share("phone") > 0.8
        and phone.profile.share("phone") < 0.2
        and phone.profile.share("id") > 0.8
    )
    if not crossed or "saved" in (number.origin, phone.origin):
        return columns
    roles = {number.index: "phones", phone.index: "id_number"}
    return [
        replace(c, role=roles[c.index], confidence=0.5, origin="content")
        if c.index in roles
        else c
        for c in columns
    ]


def _with_one_order(columns: list[Column]) -> list[Column]:
    """Let days that prove the month first speak for those that prove nothing."""
    days = [
        c.profile
        for c in columns
        if c.profile.share("day") > 0.5 and not c.profile.is_said
    ]
    if any(looks.order == "mdy" for looks in days):
        for looks in days:
            if not looks.is_day_first:
                looks.order = "mdy"
    return columns


def _with_said_order(
    columns: list[Column], paths: Sequence[tuple[str, str]]
) -> list[Column]:
    """Let a heading that says the order of day and month speak for its cells.

    Cells that prove the other order go before it: the heading came with the form.
    """
    for column, (heading, parent) in zip(columns, paths, strict=True):
        order = meanings.day_order(f"{parent} {heading}")
        looks = column.profile
        is_proven = looks.is_day_first != looks.is_month_first
        proven = "dmy" if looks.is_day_first else looks.order
        if order and not (is_proven and proven != order):
            looks.order, looks.is_said = order, True
    return columns


def _with_parts_of_names(columns: list[Column]) -> list[Column]:
    """Settle Họ and Tên: two columns, or a heading over two, or "Tên" for all."""
    roles = {c.role: n for n, c in enumerate(columns)}
    result = list(columns)
    if "full_name" in roles:
        at = roles["full_name"]
        follows = at + 1 < len(columns) and not columns[at + 1].role
        if follows and columns[at + 1].heading in ("", columns[at].heading):
            right = columns[at + 1].profile
            if right.count and right.share("name") + right.share("word") > 0.5:
                result[at] = replace(columns[at], role="family_name")
                result[at + 1] = replace(
                    columns[at + 1], role="given_name", confidence=0.7, origin="content"
                )
        return result
    if "given_name" in roles and "family_name" not in roles:
        at = roles["given_name"]
        result[at] = replace(columns[at], role="full_name", confidence=0.8)
    return result


def _with_content(columns: list[Column]) -> list[Column]:
    """Give columns with unknown headings the roles that only their cells show."""
    lots = _lots_by_content(columns)
    result = [
        replace(c, role="lot", confidence=0.4, origin="content")
        if c.index == lots and c.origin != "saved"
        else c
        for c in columns
    ]
    taken = {c.role for c in result}
    wanted = (
        ("full_name", "family", not taken & {"full_name", "family_name"}),
        ("id_number", "id", not taken & {"id_number", "id_new", "id_old"}),
        ("phones", "phone", "phones" not in taken),
        ("product", "product", not taken & {"product", "product_mark"}),
        ("sex", "sex", not taken & {"sex", "sex_male", "born_male"}),
        ("born_on", "day", not taken & {"born_on", "born_male", "born_year"}),
        (
            "given_on",
            "day",
            "given_on" not in taken and not any(c.key[0] != "#" for c in columns),
        ),
    )
    for role, kind, is_open in wanted:
        for at, column in enumerate(result):
            known = column.role or meanings.is_known(column.heading)
            known = known or column.origin == "saved"
            looks = column.profile
            if not is_open or known or not looks.tells or looks.share(kind) < 0.7:
                continue
            # Telephones and days of injections look like numbers and birth dates.
            if kind == "id" and looks.share("phone") > 0.5:
                continue
            if kind == "day" and _is_recent(looks) != (role == "given_on"):
                continue
            confidence = round(0.6 * looks.share(kind), 2)
            result[at] = replace(
                column, role=role, confidence=confidence, origin="content"
            )
            break
    return result


def _lots_by_content(columns: Sequence[Column]) -> int:
    """Return the column of lots of a list without any heading; 0 where none is clear.

    Beside the vaccine, or the same few again and again beside a day of injection. Lots
    of digits alone look like days (210101) and like identity numbers otherwise.
    """
    if any(not c.key.startswith("#") for c in columns):
        return 0
    products = [c.index for c in columns if _shows(c, "product")]
    has_day = any(
        _shows(c, "day") and not _shows(c, "lot") and _is_recent(c.profile)
        for c in columns
    )
    for column in columns:
        looks = column.profile
        is_other = _shows(column, "phone") or _shows(column, "product")
        is_own = looks.variety > 0.8 and _shows(column, "id")
        if not looks.tells or not _shows(column, "lot") or is_other or is_own:
            continue
        is_beside = any(abs(column.index - at) == 1 for at in products)
        if is_beside or (looks.variety <= 0.5 and has_day):
            return column.index
    return 0


def _shows(column: Column, kind: str) -> bool:
    return column.profile.share(kind) >= 0.7


def _is_recent(looks: Profile) -> bool:
    """Tell whether all days are of the campaign, so that they are no birth dates."""
    return looks.earliest is not None and looks.earliest >= _CAMPAIGN
