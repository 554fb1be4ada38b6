"""A text column whose content is sealed, for words that people write themselves.

People write telephones and numbers of identity into them, whatever they are asked.
The column stays text, so that an empty one can be told in SQL, a digest over it still
holds, and what was written before it was sealed is read as it stands.
"""

import base64
from typing import Any, Final

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import BaseExpression

from portal.common import crypto

# No text of people begins so; what follows is base64.
MARK: Final = "sealed:"


class SealedTextField(models.TextField):
    """Text that is read and written in clear and lies sealed; '' stays ''.

    It is bound to its column, not to its row: a new row has no key yet. Two equal texts
    are stored differently, so it cannot be searched for.
    """

    def __init__(self, *args: Any, bound_to: str, **kwargs: Any) -> None:
        self.bound_to = bound_to
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Return what migrations write."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"bound_to": self.bound_to}

    def get_prep_value(self, value: Any) -> Any:
        """Return what is stored: '' and expressions as they are, else sealed."""
        if not value or isinstance(value, BaseExpression):
            return value
        sealed = crypto.seal(str(value), bound_to=self.bound_to)
        return MARK + base64.b64encode(sealed).decode()

    def from_db_value(
        self, value: str | None, _expression: Any, _connection: BaseDatabaseWrapper
    ) -> str | None:
        """Return the text in clear. Raises crypto.Unreadable."""
        if value is None or not value.startswith(MARK):
            return value
        sealed = base64.b64decode(value.removeprefix(MARK))
        return crypto.unseal(sealed, bound_to=self.bound_to)
