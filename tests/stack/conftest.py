"""Folders in which real servers can live, whoever runs the tests."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Return an empty folder through which PostgreSQL's own user gets when we are root.

    pytest's folder is closed to others, and closed again by each run beside ours.
    """
    with tempfile.TemporaryDirectory(
        prefix="dumui-test-", ignore_cleanup_errors=True
    ) as name:
        os.chmod(name, 0o711)
        yield Path(name) / "data"
