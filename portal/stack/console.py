"""What the stack says to the person at the terminal."""

import sys


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
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Closing a terminal sends SIGHUP too, which stops the stack in order.
        return


def complain(refused: Refused) -> None:
    """Write the problem and its remedy on standard error."""
    sys.stderr.write(f"\nCannot go on: {refused.problem}\n{refused.remedy}\n")
    sys.stderr.flush()
