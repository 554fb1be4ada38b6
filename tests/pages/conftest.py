"""What tests of pages stand on."""

import secrets

import pytest


@pytest.fixture
def own_limits(settings):
    """Give the test index keys of its own, so that no other test's tries count."""
    settings.INDEX_KEYS = {1: secrets.token_bytes(32)}
