"""What the words of a step are made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A step in one language; ``more`` stands in an e-mail only, after the sentences.

    Known names: code, due, holder, help, days (how long a question waits).
    """

    sms: tuple[str, ...]
    subject: str
    more: str = ""
