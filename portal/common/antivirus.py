"""Ask a ClamAV daemon about a file: its INSTREAM command over TCP (clamd(8))."""

import re
import socket
import struct
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

PORT: Final = 3310
SECONDS: Final = 20.0
_CHUNK: Final = 1 << 16
_LONGEST_ANSWER: Final = 4096


class Away(Exception):
    """The scanner cannot be reached, is silent, or could not look at the file."""


def is_clean(content: bytes) -> bool:
    """Tell whether the scanner finds nothing; True where no scanner is configured.

    ``CLAMAV_URL`` names it, as tcp://host:3310. Raises Away: then nothing is known
    of the file.
    """
    if not settings.CLAMAV_URL:
        return True
    answer = _ask(content)
    if re.search(r": .+ FOUND$", answer):
        return False
    if answer.endswith(": OK"):
        return True
    raise Away("The scanner gave no verdict.")


def _ask(content: bytes) -> str:
    """Return what the scanner says of the content, without its closing zero byte."""
    address = urlsplit(settings.CLAMAV_URL)
    try:
        with socket.create_connection(
            (address.hostname, address.port or PORT), timeout=SECONDS
        ) as line:
            line.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), _CHUNK):
                chunk = content[at : at + _CHUNK]
                line.sendall(struct.pack("!I", len(chunk)) + chunk)
            line.sendall(struct.pack("!I", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
                more = line.recv(_LONGEST_ANSWER)
                if not more:
                    break
                answer += more
    except OSError as error:
        raise Away(type(error).__name__) from None
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
