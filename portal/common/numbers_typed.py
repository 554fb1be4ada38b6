"""Numbers on the command line: one out of range is wrong usage, no bad answer."""

from argparse import ArgumentTypeError


def at_least_one(text: str) -> int:
    """Return a whole number from 1 on. Raise ArgumentTypeError for anything else."""
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise ArgumentTypeError(f"a whole number from 1 on, not {text!r}")
    return int(text)


def share(text: str) -> float:
    """Return a number from 0 to 1. Raise ArgumentTypeError for anything else."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"a share from 0 to 1, not {text!r}")
    return value
