"""Limits by product, age, province and day: finding the one in force, and a flat form.

Pure; ``readings`` of the table make the rows. The flat form is for SQL: one row for
each combination, so that a plain join finds the limit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, product
from typing import Final

ANY: Final = ""
_NO_AGE: Final = -1
_OLDEST: Final = 999


class NoLimit(LookupError):
    """No row of the table of limits answers: the table is not loaded or has a hole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A row of the table; codes for product, previous product and province."""

    rule: str
    name: str
    number: int | None = None
    day: date | None = None
    product: str = ANY
    previous: str = ANY
    province: str = ANY
    age_from: int | None = None
    age_to: int | None = None
    valid_from: date = date.min
    valid_to: date | None = None

    @property
    def exactness(self) -> tuple:
        """Return what decides between rows that all fit: the most exact one wins."""
        return (
            self.previous != ANY,
            self.product != ANY,
            self.province != ANY,
            self.age_from is not None or self.age_to is not None,
            self.valid_from,
        )

    def fits(
        self, *, on: date, product: str, previous: str, province: str, age: int | None
    ) -> bool:
        """Tell whether the row speaks of this case."""
        if not self.valid_from <= on < (self.valid_to or date.max):
            return False
        if age is None and (self.age_from is not None or self.age_to is not None):
            return False
        years = 0 if age is None else age
        return (
            self.product in (ANY, product)
            and self.previous in (ANY, previous)
            and self.province in (ANY, province)
            and (self.age_from or 0) <= years < (self.age_to or _OLDEST)
        )


@dataclass(frozen=True, slots=True)
class Flat:
    """One combination and its number; ``to`` and ``age_to`` are exclusive."""

    key: str
    product: str
    previous: str
    province: str
    first: date
    to: date
    age_from: int
    age_to: int
    number: int


class Limits:
    """The limits that are known."""

    def __init__(self, rows: Iterable[Limit]) -> None:
        self._by_key: dict[str, list[Limit]] = {}
        for row in rows:
            self._by_key.setdefault(f"{row.rule}.{row.name}", []).append(row)
        for known in self._by_key.values():
            known.sort(key=lambda row: row.exactness, reverse=True)
        self._flat: dict[tuple[str, ...], list[Flat]] = {}

    @property
    def is_empty(self) -> bool:
        """Tell whether no limit at all is known: the table was never loaded."""
        return not self._by_key

    def number(
        self,
        key: str,
        *,
        on: date,
        product: str = ANY,
        previous: str = ANY,
        province: str = ANY,
        age: int | None = None,
    ) -> int:
        """Return the number in force, in the unit of its row. Raises NoLimit.

        ``key`` is "Q10.interval": the rule and the name of the limit.
        """
        found = self._find(
            key, on=on, product=product, previous=previous, province=province, age=age
        )
        if found is None or found.number is None:
            raise NoLimit(key)
        return found.number

    def day(self, key: str, *, on: date) -> date:
        """Return the day in force. Raises NoLimit."""
        found = self._find(
            key, on=on, product=ANY, previous=ANY, province=ANY, age=None
        )
        if found is None or found.day is None:
            raise NoLimit(key)
        return found.day

    def has_pairs(self, key: str) -> bool:
        """Tell whether the limit depends on the vaccine before."""
        return any(row.previous != ANY for row in self._by_key.get(key, ()))

    def constant(self, key: str) -> int | None:
        """Return the number of a limit that is the same for all and always, or None."""
        rows = self._by_key.get(key, [])
        is_one = len(rows) == 1 and rows[0] == Limit(
            rule=rows[0].rule, name=rows[0].name, number=rows[0].number
        )
        return rows[0].number if is_one else None

    def provinces(self) -> set[str]:
        """Return the codes of provinces that have limits of their own."""
        return {
            row.province
            for rows in self._by_key.values()
            for row in rows
            if row.province != ANY
        }

    def flat(self, products: tuple[str, ...]) -> list[Flat]:
        """Return every combination with its number; ANY stands for all others.

        Only numbers: the few days are asked for one by one.
        """
        if products not in self._flat:
            self._flat[products] = [
                row for key in self._by_key for row in self._flat_of(key, products)
            ]
        return self._flat[products]

    def _flat_of(self, key: str, products: tuple[str, ...]) -> Iterator[Flat]:
        rows = self._by_key[key]
        codes = [ANY, *products]
        days = _breaks([row.valid_from for row in rows], [row.valid_to for row in rows])
        ages = sorted(
            {0, _OLDEST}
            | {row.age_from for row in rows if row.age_from is not None}
            | {row.age_to for row in rows if row.age_to is not None}
        )
        # Age not known is a case of its own.
        spans = [(_NO_AGE, 0), *pairwise(ages)]
        before = codes if self.has_pairs(key) else [ANY]
        provinces = [ANY, *sorted(self.provinces())]
        for code, previous, province, (first, to), (age_from, age_to) in product(
            codes, before, provinces, pairwise(days), spans
        ):
            found = self._find(
                key,
                on=first,
                product=code,
                previous=previous,
                province=province,
                age=None if age_from == _NO_AGE else age_from,
            )
            if found and found.number is not None:
                yield Flat(
                    key, code, previous, province, first, to,
                    age_from, age_to, found.number,
                )  # fmt: skip

    def _find(
        self,
        key: str,
        *,
        on: date,
        product: str,
        previous: str,
        province: str,
        age: int | None,
    ) -> Limit | None:
        for row in self._by_key.get(key, ()):
            if row.fits(
                on=on, product=product, previous=previous, province=province, age=age
            ):
                return row
        return None


def _breaks(begins: list[date], ends: list[date | None]) -> list[date]:
    """Return the days on which anything changes, and the end of time."""
    return sorted({*begins, *(end for end in ends if end), date.max})
