"""Structured log lines: the event's name, and only what was passed for the log."""

import json
import logging
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

# Names that may appear beside an event. Anything else is left out, so that personal
# data cannot slip into a log by way of `extra`.
ALLOWED: Final = (
    "request_id",
    "reference",
    "move",
    "organization",
    "kind",
    "subject",
    "status",
    "path",
    "method",
    "rows",
    "seconds",
    "reason",
)


class JsonLines(logging.Formatter):
    """Format a record as one JSON line without arguments that may be personal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback keeps its frames but never its values."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        line |= {
            name: str(getattr(record, name))
            for name in ALLOWED
            if hasattr(record, name)
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    """Return the event's name; of Django's own lines the words without their values.

    Django logs the path of a page that was not found, and a path may hold a code.
    """
    if record.name.split(".")[0] == "django":
        return str(record.msg)
    return record.getMessage()


def _frames(trace: TracebackType | None) -> list[str]:
    """Return file and line of each frame; an exception's text may hold what was typed.

    PostgreSQL, for one, repeats the refused row in its message.
    """
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames
