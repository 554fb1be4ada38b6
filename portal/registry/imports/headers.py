"""Where the header of a table stands and what its columns mean.

The guess is made of the words of the headings (``meanings``) and of what the cells
below look like (``profile``), each column with how sure it is; a saved mapping of
headings to roles goes before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from portal.registry.imports import cells, meanings, profile
from portal.registry.imports.meanings import Meaning
from portal.registry.imports.profile import Profile

Row = tuple[int, list[cells.Cell]]
Merged = Sequence[tuple[int, int, int, int]]

# Roles of which a row may have several columns.
_MANY: Final = frozenset(("phones", "address", "note", "product_mark", "time", ""))
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
_WHO: Final = frozenset(
    ("born_on", "born_male", "born_female", "id_number", "id_old", "id_new", "phones")
    + ("sex", "born_day", "born_year", "sex_male")
)
_MOST_LINES: Final = 3


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
    profile: Profile = field(default_factory=Profile, compare=False)

    @property
    def letter(self) -> str:
        """The column as spreadsheets call it."""
        return letters_of(self.index)


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: its lines and what each column means."""

    first_row: int
    last_row: int
    columns: tuple[Column, ...]
    lines: tuple[tuple[str, ...], ...]

    def of(self, role: str) -> list[Column]:
        """Return the columns of a role, from the left."""
        return [column for column in self.columns if column.role == role]

    def repeats(self, row: Sequence[cells.Cell]) -> bool:
        """Tell whether a row is a line of this header again, as on a new page."""
        return any(
            sum(a == b for a, b in zip(line, texts_of(row), strict=False) if a)
            >= max(1, 0.6 * sum(map(bool, line)))
            for line in self.lines
        )


def letters_of(index: int) -> str:
    """Return the name of a column: 1 is A, 27 is AA."""
    letters = ""
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def texts_of(row: Sequence[cells.Cell]) -> tuple[str, ...]:
    """Return the cells of a line as a header compares them: one blank, small."""
    return tuple(" ".join(cells.as_text(cell).split()).casefold() for cell in row)


def looks_like_header(
    row: Sequence[cells.Cell], saved: Mapping[str, str] | None = None
) -> bool:
    """Tell whether a row names columns: a name and what else tells who or which."""
    texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
    if len(texts) < 2:
        return False
    if saved:
        known = {saved[key] for key in map(meanings.key_of, texts) if key in saved}
        if len(known - {""}) > 1 and known & {"full_name", "family_name"}:
            return True
    roles = {meanings.of(text).role for text in texts}
    if not roles & {"full_name", "family_name", "given_name"}:
        return False
    others = roles - {"", "full_name", "family_name", "given_name"}
    return len(others) > 1 or bool(others & _WHO)


def read(
    rows: Sequence[Row],
    at: int,
    *,
    merged: Merged = (),
    products: cells.Products,
    saved: Mapping[str, str] | None = None,
) -> Header:
    """Return the header whose main line is ``rows[at]``, judged with the rows below."""
    lines = [rows[at]]
    below = at + 1
    while below < len(rows) and len(lines) < _MOST_LINES:
        if rows[below][0] != lines[-1][0] + 1 or not _is_second_line(rows[below][1]):
            break
        lines.append(rows[below])
        below += 1
    above = rows[at - 1] if at and _is_group_line(rows, at) else None
    if above:
        lines.insert(0, above)
    last_row = lines[-1][0]
    if below < len(rows) and _is_numbering(rows[below][1]):
        last_row = rows[below][0]
        below += 1
    width = max(len(row) for _, row in [*lines, *rows[below : below + 100]])
    paths = [_path(lines, column, merged) for column in range(1, width + 1)]
    sample = [row for _, row in rows[below:]]
    return Header(
        lines[0][0],
        last_row,
        _columns(paths, sample, products=products, saved=saved or {}),
        tuple(texts_of(row) for _, row in lines),
    )


def by_content(rows: Sequence[Row], *, products: cells.Products) -> Header | None:
    """Return columns of a list without any header, by its cells; None if unclear."""
    sample = [row for _, row in rows]
    width = max(map(len, sample), default=0)
    columns = _columns([("", "")] * width, sample, products=products, saved={})
    roles = {column.role for column in columns}
    if "full_name" not in roles or not roles & _WHO:
        return None
    return Header(0, 0, columns, ())


def _path(lines: Sequence[Row], column: int, merged: Merged) -> tuple[str, str]:
    """Return heading and parent heading of a column, through merged cells."""
    words: list[str] = []
    for depth, (number, row) in enumerate(lines):
        text = _at(row, column)
        if (
            not text
            and depth < len(lines) - 1
            and any(_at(later, column) for _, later in lines[depth + 1 :])
        ):
            text = _from_left(lines, depth, column, merged)
        if not text:
            text = _merged_from_left(number, row, column, merged)
        if text and text not in words:
            words.append(text)
    if not words:
        return "", ""
    return words[-1], words[-2] if len(words) > 1 else ""


def _at(row: Sequence[cells.Cell], column: int) -> str:
    if column > len(row):
        return ""
    return " ".join(cells.as_text(row[column - 1]).split())


def _from_left(lines: Sequence[Row], depth: int, column: int, merged: Merged) -> str:
    """Return the heading that spans a column from the left."""
    number, row = lines[depth]
    spans = [m for m in merged if m[0] <= number <= m[2] and m[1] <= column <= m[3]]
    if spans:
        return _at(row, spans[0][1])
    if any(top <= number <= bottom for top, _, bottom, _ in merged):
        return ""
    # Without merged ranges (CSV, some ODS) the nearest heading to the left spans, as
    # long as the line below goes on without a gap.
    for left in range(column - 1, 0, -1):
        if _at(row, left):
            return _at(row, left) if _at(lines[depth + 1][1], left) else ""
        if not _at(lines[depth + 1][1], left):
            return ""
    return ""


def _merged_from_left(
    number: int, row: Sequence[cells.Cell], column: int, merged: Merged
) -> str:
    for top, left, bottom, right in merged:
        if top <= number <= bottom and left < column <= right:
            return _at(row, left)
    return ""


def _is_second_line(row: Sequence[cells.Cell]) -> bool:
    texts = [cells.as_text(cell).strip() for cell in row if cell != ""]
    if not texts or not all(isinstance(c, str) for c in row if c != ""):
        return False
    if any(sum(map(str.isdigit, text)) > 2 or len(text) > 40 for text in texts):
        return False
    return sum(map(meanings.is_part, texts)) * 2 > len(texts)


def _is_group_line(rows: Sequence[Row], at: int) -> bool:
    """Tell whether the line above groups columns: "Mũi 1", "Thông tin người tiêm"."""
    number, row = rows[at - 1]
    texts = [cells.as_text(cell) for cell in row if cell != ""]
    if number != rows[at][0] - 1 or len(texts) < 2:
        return False
    return all(len(t) < 60 and ":" not in t and not t[:1].isdigit() for t in texts)


def _is_numbering(row: Sequence[cells.Cell]) -> bool:
    """Tell whether a line only numbers the columns: 1 2 3, (1) (2) (3), A B 1 2."""
    texts = [cells.as_text(c).strip(" ()[]") for c in row if c != ""]
    numbers = [int(text) for text in texts if text.isdigit() and len(text) < 3]
    letters = [text for text in texts if len(text) == 1 and text.isalpha()]
    if len(numbers) + len(letters) < len(texts) or len(numbers) < 2:
        return False
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _columns(
    paths: Sequence[tuple[str, str]],
    sample: Sequence[Sequence[cells.Cell]],
    *,
    products: cells.Products,
    saved: Mapping[str, str],
) -> tuple[Column, ...]:
    columns, seen = [], set()
    for index, (heading, parent) in enumerate(paths, 1):
        column = [row[index - 1] if index <= len(row) else "" for row in sample]
        looks = profile.of(column, products)
        key = meanings.key_of(heading, parent) or f"#{letters_of(index)}"
        if key in seen:
            key = f"{key} #{letters_of(index)}"
        seen.add(key)
        if key in saved:
            guess = Column(index, key, heading, saved[key], 1.0, "saved")
        else:
            guess = _guess(index, key, heading, parent, looks, products)
        columns.append(replace(guess, profile=looks))
    columns = _with_sexes(columns)
    columns = _one_of_each(columns)
    columns = _with_swapped(columns)
    columns = _with_parts_of_names(columns)
    return tuple(_with_content(columns))


def _guess(
    index: int,
    key: str,
    heading: str,
    parent: str,
    looks: Profile,
    products: cells.Products,
) -> Column:
    meaning: Meaning = meanings.within(heading, parent)
    if not meaning.role and not meaning.confidence and heading:
        # A column for each product, ticked.
        code, odd = products.read(heading)
        if code and not odd and (looks.share("mark") > 0.8 or not looks.count):
            return Column(index, key, heading, "product_mark", 0.8, product=code)
    confidence = meaning.confidence if meaning.role else 0.0
    kind = _KIND_OF_ROLE.get(meaning.role)
    if kind and looks.tells:
        confidence *= 0.4 + 0.6 * looks.share(kind)
    elif meaning.role and not looks.count:
        confidence *= 0.9
    return Column(
        index, key, heading, meaning.role, round(confidence, 2), group=meaning.group
    )


def _with_sexes(columns: list[Column]) -> list[Column]:
    """Settle columns headed only Nam and Nữ by what stands in them."""
    bare = {c.key: c for c in columns if not c.role and c.key in ("nam", "nu")}
    if len(bare) < 2:
        return columns
    days = max(c.profile.share("day") for c in bare.values())
    kind = "born" if days > 0.5 else "sex"
    roles = {"nam": f"{kind}_male", "nu": f"{kind}_female"}
    return [
        replace(c, role=roles[c.key], confidence=0.8) if c.key in bare else c
        for c in columns
    ]


def _one_of_each(columns: list[Column]) -> list[Column]:
    """Leave each role to its surest column, the first among equals."""
    best: dict[tuple[str, int], Column] = {}
    for column in columns:
        if column.role in _MANY:
            continue
        place = (column.role, column.group)
        if place not in best or column.confidence > best[place].confidence:
            best[place] = column
    kept = {column.index for column in best.values()}
    return [
        c if c.role in _MANY or c.index in kept else replace(c, role="", confidence=0.0)
        for c in columns
    ]


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
    taken = {c.role for c in columns}
    result = list(columns)
    wanted = (
        ("full_name", "family", not taken & {"full_name", "family_name"}),
        ("id_number", "id", not taken & {"id_number", "id_new", "id_old"}),
        ("phones", "phone", "phones" not in taken),
        ("product", "product", not taken & {"product", "product_mark"}),
        ("sex", "sex", not taken & {"sex", "sex_male", "born_male"}),
        ("born_on", "day", not taken & {"born_on", "born_male", "born_year"}),
    )
    for role, kind, is_open in wanted:
        for at, column in enumerate(result):
            known = column.role or meanings.is_known(column.heading)
            looks = column.profile
            if not is_open or known or not looks.tells or looks.share(kind) < 0.7:
                continue
            # Telephones and days of injections look like numbers and birth dates.
            if kind == "id" and looks.share("phone") > 0.5:
                continue
            confidence = round(0.6 * looks.share(kind), 2)
            result[at] = replace(
                column, role=role, confidence=confidence, origin="content"
            )
            break
    return result
