"""Who answers here: a population database over HTTP, or the simulator's own table."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.conf import settings

from portal.registry.population import register
from portal.registry.population.client import Client, Policy, Unavailable
from portal.registry.population.protocol import Answers, Question

# In place of an address: no wire in between, for tests of what is not about it.
TABLE: Final = "table:"


def is_set_up() -> bool:
    """Tell whether this installation has a population database to ask."""
    return bool(settings.POPULATION_URL)


def ask(batch: UUID, questions: Sequence[Question], *, at: datetime) -> Answers:
    """Ask whoever is set up. Raise what ``Client.ask`` raises; also where nobody is."""
    url = settings.POPULATION_URL
    if not url:
        raise Unavailable("not_set_up", retry_after=300)
    if url == TABLE:
        return register.ask(questions, at=at)
    keys = tuple(settings.POPULATION_KEYS.items())
    return _client(url, keys, settings.POPULATION_RATE).ask(batch, questions, at=at)


@lru_cache(maxsize=4)
def _client(url: str, keys: tuple[tuple[int, bytes], ...], rate: int) -> Client:
    """Return this process's one client of a neighbour, with its breaker and pool."""
    return Client(url, dict(keys), policy=Policy(per_second=rate))
