"""Puts the naive design in the outbox's place, in every process of a chaos run."""

from django.apps import AppConfig


class Naive(AppConfig):
    """Loads the control when all models are there."""

    name = "tests.faults"
    label = "naive"

    def ready(self) -> None:
        """Take over."""
        from tests.faults import naive  # noqa: PLC0415 -- needs the models

        naive.take_over()
