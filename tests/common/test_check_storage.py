"""Operators try their store and their scanner by one command."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from tests.common.test_antivirus import Daemon


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }
    return tmp_path


def told():
    out = io.StringIO()
    call_command("check_storage", stdout=out)
    return out.getvalue()


def test_a_store_that_works_is_left_as_it_was(folder):
    assert "storage: written, read and deleted" in told()
    assert "scanner: none is set up" in told()
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert default_storage.listdir("")[1] == []


def test_a_store_that_cannot_be_written_to_is_named(folder):
    (folder / "checks").write_text("a file where a folder has to be")

    with pytest.raises(CommandError, match="storage"):
        told()


def test_a_scanner_that_finds_nothing_ever_is_no_scanner(settings):
    with (
        Daemon(b"stream: OK\0", looks=2) as settings.CLAMAV_URL,
        pytest.raises(CommandError, match="test virus"),
    ):
        told()


def test_a_scanner_that_is_away_is_named(settings):
    settings.CLAMAV_URL = "tcp://127.0.0.1:9"

    with pytest.raises(CommandError, match="scanner"):
        told()


def test_a_scanner_that_knows_the_test_virus_is_fine(settings):
    answers = (b"stream: OK\0", b"stream: Eicar-Signature FOUND\0")
    with Daemon(*answers) as settings.CLAMAV_URL:
        assert "scanner: knows the test virus" in told()
