"""What the stack says to the person at the terminal."""

import os
import sys
from typing import TextIO


class Refused(Exception):
    """Something in the surroundings keeps the stack from running.

    Holds what is wrong and what to do about it: the two lines that are shown in
    place of a traceback.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n{remedy}")
        self.problem = problem
        self.remedy = remedy


def say(line: str = "") -> None:
    """Write one line at once; a terminal that has gone away is no reason to stop."""
    _write(sys.stdout, f"{line}\n")


def complain(refused: Refused) -> None:
    """Write the problem and its remedy on standard error."""
    _write(sys.stderr, f"\nCannot go on: {refused.problem}\n{refused.remedy}\n")


def _write(stream: TextIO | None, text: str) -> None:
    """Write past the stream's buffer: a signal may come while a line is written.

    A buffer refuses the line of the signal then, and keeps one that could not be
    written to fail once more at the end.
    """
    if stream is None:
        return
    try:
        os.write(stream.fileno(), text.encode(stream.encoding, "replace"))
    except OSError:
        # A terminal that was closed, a reader that went, a full disk: what runs goes
        # on. Closing a terminal sends SIGHUP too, which stops the stack in order.
        return
