"""The weights in force and the usual shares of names."""

from datetime import date

import pytest

from portal.registry.matching import rarity, weights


@pytest.fixture
def by():
    """Return what the grades are reckoned by."""
    in_force = weights.in_force(date(2026, 12, 1))
    return {"weights": in_force, "shares": rarity.shipped()}
