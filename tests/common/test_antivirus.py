"""The virus scanner, asked over a real connection: clean, infected, silent, away."""

import socket
import struct
import threading

import pytest

from portal.common import antivirus


class Daemon:
    """Speaks INSTREAM as clamd does; keeps what it was sent."""

    def __init__(self, *answers, looks=1):
        self.answers, self.content, self.command = answers * looks, b"", b""
        self.ear = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        for answer in self.answers:
            self._answer(answer)

    def _answer(self, answer):
        line, _address = self.ear.accept()
        with line, line.makefile("rb") as sent:
            self.command = sent.read(len(b"zINSTREAM\0"))
            while True:
                (size,) = struct.unpack("!I", sent.read(4))
                if not size:
                    break
                self.content += sent.read(size)
            if answer is not None:
                line.sendall(answer)

    def __enter__(self):
        return f"tcp://127.0.0.1:{self.ear.getsockname()[1]}"

    def __exit__(self, *_error):
        self.ear.close()
        self.thread.join(timeout=5)


def test_a_clean_file_is_sent_whole_and_found_clean(settings):
    content = bytes(range(256)) * 600
    scanner = Daemon(b"stream: OK\0")

    with scanner as settings.CLAMAV_URL:
        assert antivirus.is_clean(content)

    assert scanner.command == b"zINSTREAM\0"
    assert scanner.content == content


def test_an_infected_file_is_not_clean(settings):
    with Daemon(b"stream: Eicar-Signature FOUND\0") as settings.CLAMAV_URL:
        assert not antivirus.is_clean(b"x")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: ERROR\0",
        b"\xff\xfe\0",
        b"stream: OK and more\0",
    ],
)
def test_a_scanner_that_gives_no_verdict_counts_as_away(settings, answer):
    with Daemon(answer) as settings.CLAMAV_URL, pytest.raises(antivirus.Away):
        antivirus.is_clean(b"x")


def test_a_scanner_that_is_not_there_is_away(settings):
    with socket.create_server(("127.0.0.1", 0)) as ear:
        settings.CLAMAV_URL = f"tcp://127.0.0.1:{ear.getsockname()[1]}"

    with pytest.raises(antivirus.Away):
        antivirus.is_clean(b"x")


def test_a_scanner_that_never_answers_is_given_up(settings, monkeypatch):
    monkeypatch.setattr(antivirus, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as ear:
        settings.CLAMAV_URL = f"tcp://127.0.0.1:{ear.getsockname()[1]}"

        with pytest.raises(antivirus.Away):
            antivirus.is_clean(b"x")


def test_without_a_scanner_nothing_is_asked(settings):
    settings.CLAMAV_URL = ""

    assert antivirus.is_clean(b"x")
