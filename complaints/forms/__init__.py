"""What people type, read and checked: one form per page."""

from django import forms


def choices_of(form: forms.Form, name: str) -> forms.ChoiceField:
    """Return a form's field of choices, as one; TypeError if it is none."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(name)
    return field
