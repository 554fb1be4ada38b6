"""What statements ask of the database: it takes no more than 65,535 parameters."""

from collections.abc import Callable
from typing import Any

from django.db import connection


def widest(run: Callable[[], Any], *, among: str = "") -> int:
    """Return the most parameters that a statement had while ``run`` was called.

    ``among``: of those statements only that hold this text.
    """
    counts = [0]

    def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if among in sql:
            counts.append(len(params or ()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        run()
    return max(counts)
