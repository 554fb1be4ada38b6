"""Fields that people of all ages can fill in, with messages that say what to type."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.common import codes, names, phones

Precision = Literal["year", "month", "day"]

# Nobody's papers are older; later centuries are slips of the finger.
_FIRST_YEAR: Final = 1880
_LAST_YEAR: Final = 2199
_CENTURY: Final = 2000
# 12/8/2021, 12-08-21, "ngày 12 tháng 8 năm 2021"; a year alone or month and year, too.
_NUMBERS: Final = re.compile(r"[0-9]+")
_WORDS_OF_DATES: Final = re.compile(
    r"(?:ng[àa]y|th[áa]ng|n[ăa]m|th|t)\b|[\s./,\-–]+", re.I
)

_BLANKS: Final = re.compile(
    r"[\s.'`\-\u2010-\u2015\u2019\u200b-\u200f\u202a-\u202e\ufeff]"
)


@dataclass(frozen=True)
class PartialDate:
    """A date as far as it is known: a year, a month of it, or a day.

    Raises ValueError when there is no such day, or a day without its month.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise ValueError("A day needs its month.")
        date(
            self.year,
            1 if self.month is None else self.month,
            1 if self.day is None else self.day,
        )

    @property
    def precision(self) -> Precision:
        """Return the finest part that is known."""
        if self.day is not None:
            return "day"
        return "year" if self.month is None else "month"

    def as_date(self) -> date | None:
        """Return the day; None when it is not known."""
        return self.first() if self.day is not None else None

    def first(self) -> date:
        """Return the first day that it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    def last(self) -> date:
        """Return the last day that it can be."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def __str__(self) -> str:
        """Return ISO text as far as known: 2021, 2021-08, 2021-08-12."""
        return self.first().isoformat()[
            : {"year": 4, "month": 7, "day": 10}[self.precision]
        ]


class Form(forms.Form):
    """A form whose messages come from us, beside the field, not from the browser."""

    use_required_attribute = False


class DayWidget(forms.MultiWidget):
    """Three number boxes, `name_0` day, `name_1` month, `name_2` year."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = {"inputmode": "numeric"}
        super().__init__(
            [
                forms.TextInput(number | {"class": "w2", "maxlength": 2}),
                forms.TextInput(number | {"class": "w2", "maxlength": 2}),
                forms.TextInput(number | {"class": "w4", "maxlength": 4}),
            ],
            attrs,
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        """Return three texts; a whole date in one box is spread over all of them."""
        boxes: list[Any] = super().value_from_datadict(data, files, name)
        return whole_date(boxes) or boxes

    def decompress(self, value: PartialDate | date | None) -> list[int | None]:
        """Return day, month and year of what the form started with."""
        return [None] * 3 if value is None else [value.day, value.month, value.year]


class DayField(forms.MultiValueField):
    """A date in three boxes, or all of it in the first one (12/8/2021, 12 tháng 8).

    Gives a `date`; with `allow_partial` a `PartialDate`, of which the day, or day and
    month, may be left empty. None when it is not required and empty. ``is_recent``:
    a year of two digits is one of this century.
    """

    widget = DayWidget
    default_error_messages = {
        "required": _("Type the day, the month and the year."),
        "digits": _("Type the date in digits, for example 12 8 2021."),
        "incomplete": _("Type the day, the month and the year."),
        "year_missing": _("Type at least the year."),
        "month_missing": _("Type the month too, or leave the day empty."),
        "short_year": _("Type the year with four digits, for example 1958."),
        "year_range": _("There is no such year. Type four digits, for example 1958."),
        "month_range": _("A month is a number from 1 to 12."),
        "no_such_day": _("%(day)s is not a real date"),
    }

    def __init__(
        self, *, allow_partial: bool = False, is_recent: bool = False, **kwargs: Any
    ) -> None:
        self.allow_partial, self.is_recent = allow_partial, is_recent
        boxes = [forms.CharField(required=False, max_length=40) for _box in range(3)]
        super().__init__(fields=boxes, require_all_fields=False, **kwargs)
        if allow_partial and "required" not in (kwargs.get("error_messages") or {}):
            self.error_messages["required"] = self.error_messages["year_missing"]

    def compress(self, data_list: list[str]) -> PartialDate | date | None:
        """Return the date of three texts."""
        if not any(data_list):
            return None
        day, month, year = (self._number(text) for text in data_list)
        if year is None:
            self._refuse("year_missing" if self.allow_partial else "incomplete")
        if day is not None and month is None and self.allow_partial:
            self._refuse("month_missing")
        if not self.allow_partial and (day is None or month is None):
            self._refuse("incomplete")
        if self.is_recent and len(self._plain(data_list[2])) == 2:
            year += _CENTURY
        elif len(self._plain(data_list[2])) < 4:
            self._refuse("short_year")
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            self._refuse("year_range")
        if month is not None and not 1 <= month <= 12:
            self._refuse("month_range")
        try:
            found = PartialDate(year, month, day)
        except ValueError:
            self._refuse("no_such_day", day=f"{day}/{month}/{year}")
        return found if self.allow_partial else found.first()

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether another date was typed; 08 and 8 are the same."""
        try:
            return self.clean(data) != initial
        except ValidationError:
            return True

    def _number(self, text: str) -> int | None:
        plain = self._plain(text)
        if not plain:
            return None
        if not (plain.isascii() and plain.isdigit()):
            self._refuse("digits")
        return int(plain)

    def _plain(self, text: str | None) -> str:
        return unicodedata.normalize("NFKC", text or "").strip()

    def _refuse(self, code: str, **params: Any) -> NoReturn:
        raise ValidationError(self.error_messages[code], code=code, params=params)


class LotField(forms.CharField):
    """A lot number as it is printed, kept as lots are: upper case, no spaces."""

    def __init__(self, *, max_length: int = 30, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.widget.attrs |= {"class": "w10", "autocomplete": "off"}

    def to_python(self, value: Any) -> str:
        """Return the letters and digits that were typed, in capitals."""
        return re.sub(r"\s", "", super().to_python(value) or "").upper()


class NameField(forms.CharField):
    """A person's name in one box, kept as typed but for composition and spaces."""

    default_error_messages = {
        "required": _("Enter the full name"),
        "letters": _("A name has letters only. Take out digits and signs."),
    }

    def __init__(self, *, max_length: int = 100, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.widget.attrs.setdefault("autocomplete", "name")
        self.widget.attrs.setdefault("spellcheck", "false")

    def to_python(self, value: Any) -> str:
        """Return the name in composed letters; places of tone marks stay."""
        return names.compose(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        """Allow words of one letter, apostrophes, hyphens and points."""
        super().validate(value)
        if value and not all(c.isalpha() or c in " '-." for c in _unmarked(value)):
            raise ValidationError(self.error_messages["letters"], code="letters")
        if value and not any(c.isalpha() for c in value):
            raise ValidationError(self.error_messages["required"], code="required")


class PhoneField(forms.CharField):
    """A Vietnamese mobile number; gives E.164, "" when it is empty."""

    default_error_messages = {
        "required": _("Type a mobile number, for example 0791 123 345."),
        "letters": _("Type the telephone in digits, for example 0791 123 345."),
        "short": _("The telephone is too short: a mobile number has 10 digits."),
        "long": _("The telephone is too long: a mobile number has 10 digits."),
        "not_mobile": _(
            "Type a Vietnamese mobile number. It starts with 03, 05, 07, 08 or 09."
        ),
    }

    def __init__(self, *, max_length: int = 30, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        attrs = {"inputmode": "tel", "autocomplete": "tel", "class": "w10"}
        self.widget.attrs = attrs | self.widget.attrs

    def clean(self, value: Any) -> str:
        """Return the stored form of what was typed."""
        typed = super().clean(value)
        if not typed:
            return ""
        try:
            return phones.normalise(typed)
        except phones.NotAPhone as wrong:
            reason = {"empty": "required", "rounded": "letters"}.get(
                wrong.reason, wrong.reason
            )
            raise ValidationError(self.error_messages[reason], code=reason) from None

    def prepare_value(self, value: Any) -> Any:
        """Show a stored number as people write it."""
        is_stored = isinstance(value, str) and re.fullmatch(r"\+84[0-9]{9}", value)
        return phones.pretty(value) if is_stored else value


class CodeField(forms.CharField):
    """A one-time code out of a message; spaces between its digits do not matter."""

    default_error_messages = {
        "required": _("Type the %(digits)s digits from the message."),
        "digits": _("Type the %(digits)s digits from the message."),
    }

    def __init__(self, *, digits: int = 6, **kwargs: Any) -> None:
        self.digits = digits
        super().__init__(max_length=30, **kwargs)
        attrs = {"inputmode": "numeric", "autocomplete": "one-time-code"}
        self.widget.attrs = attrs | {"class": "w10"} | self.widget.attrs

    def to_python(self, value: Any) -> str:
        """Return the digits without what stands between them."""
        return codes.clean(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        """Refuse anything but that many digits."""
        if not value and not self.required:
            return
        if not re.fullmatch(rf"[0-9]{{{self.digits}}}", value):
            code = "digits" if value else "required"
            raise ValidationError(
                self.error_messages[code], code=code, params={"digits": self.digits}
            )


class NationalIdField(forms.CharField):
    """An identity number of 12 digits, an old one of 9, or a passport's.

    Gives it without spaces, letters large; "" when it is empty. Its structure is only
    a hint and is not judged here.
    """

    default_error_messages = {
        "required": _("ID number has 12 digits (old card: 9)"),
        "length": _("ID number has 12 digits (old card: 9)"),
    }

    def __init__(self, *, max_length: int = 30, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        attrs = {"autocomplete": "off", "spellcheck": "false", "class": "w10"}
        self.widget.attrs = attrs | self.widget.attrs

    def to_python(self, value: Any) -> str:
        """Return the number without what stands between its digits."""
        text = unicodedata.normalize("NFKC", super().to_python(value) or "")
        return _BLANKS.sub("", text).upper()

    def validate(self, value: str) -> None:
        """Refuse what no document bears."""
        super().validate(value)
        shape = r"[0-9]{12}|[0-9]{9}|(?=(?:.*[0-9]){5})[A-Z]{1,2}[0-9A-Z]{5,9}"
        if value and not re.fullmatch(shape, value):
            raise ValidationError(self.error_messages["length"], code="length")


def whole_date(boxes: list[str]) -> list[str] | None:
    """Return day, month and year of a date typed whole into one of three boxes.

    Day first, as people here write; year first where it has four digits (2021-08-12).
    None where nothing but one date stands there, or the other boxes hold something.
    """
    filled = [text for text in boxes if text and text.strip()]
    if len(filled) != 1:
        return None
    text = unicodedata.normalize("NFKC", filled[0]).strip()
    numbers = _NUMBERS.findall(text)
    if _NUMBERS.sub("", _WORDS_OF_DATES.sub("", text)) or not 0 < len(numbers) <= 3:
        return None
    if len(numbers) == 1 and len(numbers[0]) == 8:
        run = numbers[0]
        return [run[:2], run[2:4], run[4:]]
    if len(numbers[0]) == 4:
        numbers = numbers[::-1]
    if len(numbers) == 2 and len(numbers[1]) < 4:
        return [*numbers, ""]
    if len(numbers) == 3 or len(numbers[-1]) == 4:
        return ["", "", *numbers][-3:]
    return None


def _unmarked(text: str) -> str:
    """Return the text without marks that no composed letter exists for."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
