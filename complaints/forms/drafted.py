"""Forms filled with what was typed before a report was put aside."""

from collections.abc import Mapping
from typing import Any, Final

from django.forms import BaseForm, FileField
from django.http import QueryDict

# Of the form itself, not of its answers.
_NOT_KEPT: Final = ("csrfmiddlewaretoken", "action", "key", "code")


def typed_in(data: QueryDict) -> dict[str, list[str]]:
    """Return what a form was sent with, as JSON can hold it."""
    return {name: values[:20] for name, values in data.lists() if name not in _NOT_KEPT}


def refill(form: BaseForm, typed: Mapping[str, list[str]]) -> None:
    """Show in an untouched form what was typed before, right or wrong."""
    if form.is_bound or not typed:
        return
    data = QueryDict(mutable=True)
    for name, values in typed.items():
        data.setlist(name, values)
    for name, field in form.fields.items():
        if isinstance(field, FileField):
            continue
        prefixed = form.add_prefix(name)
        value: Any = field.widget.value_from_datadict(data, {}, prefixed)
        said = any(value) if isinstance(value, list) else value
        if said:
            form.initial[name] = value
