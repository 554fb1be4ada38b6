"""Folders in which real servers can live, whoever runs the tests."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.stack.embedded import Running, running_services


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Return an empty folder through which PostgreSQL's own user gets when we are root.

    pytest's folder is closed to others, and closed again by each run beside ours. Its
    name is one that people give, and that means something in an address.
    """
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    """Return a database for tests that look at it and leave no row behind."""
    with (
        _open_folder() as folder,
        running_services(folder, {"REDIS_URL": ""}) as running,
    ):
        yield running


@contextmanager
def _open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="dumui-test-", ignore_cleanup_errors=True
    ) as name:
        os.chmod(name, 0o711)
        yield Path(name) / "Dữ liệu 100% & a+b"
