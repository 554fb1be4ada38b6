"""Why the registry may change, and why it may not."""

from dataclasses import dataclass


class CannotCorrect(Exception):
    """The change asked for makes no sense for the record as it is now."""


class RecordMoved(CannotCorrect):
    """The record is no longer what the decision was based on."""


class Impossible(CannotCorrect):
    """The dose would break a quality rule that stops an entry; ``rule`` is its code."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"the dose would break rule {rule}")
        self.rule = rule


class NeedsSecond(CannotCorrect):
    """The change makes sense, but takes a second person."""


@dataclass(frozen=True)
class Warrant:
    """Why the registry changes, on what ground, and by whom.

    ``reason`` and ``reference``: a complaint, rule, import or undo, and which one.
    ``source``: what the knowledge rests on (``Correction.Source``), empty where that
    is only somebody's word. ``concerns_oneself``: whoever proposes is the person
    concerned, or related to them. Raise CannotCorrect where one person signs twice.
    """

    reason: str
    reference: str
    proposed_by: int | None = None
    approved_by: int | None = None
    source: str = ""
    concerns_oneself: bool = False

    def __post_init__(self) -> None:
        if self.proposed_by is not None and self.proposed_by == self.approved_by:
            raise CannotCorrect("nobody signs what they proposed themselves")

    @property
    def has_two(self) -> bool:
        """Tell whether one person proposed and another approved."""
        return self.proposed_by is not None and self.approved_by is not None
