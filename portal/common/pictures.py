"""Photos and papers from strangers: known by content, opened in a process of its own.

Everything that decodes runs in ``unpacking``, a script with little memory and time, no
files and none of our settings; what comes back are pictures drawn anew, without
metadata and whatever hides behind a picture.
"""

import io
import json
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

PDF: Final = "application/pdf"
FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_SCRIPT: Final = Path(__file__).with_name("unpacking.py")
# Above the processor seconds that the script allows itself.
_SECONDS: Final = 40
# Somebody waits for codes, and so does a process that answers pages.
_SECONDS_FOR_CODES: Final = 15
# Two copies of one photo usually differ in fewer of the 1,024 bits than this; papers
# printed from one form may, too, so it is a hint to look and no proof.
SAME_BELOW: Final = 21


class Unopenable(Exception):
    """The content cannot be used; the argument is the reason in one word.

    "broken", "locked" (a password), "long" (too many pages), "pixels" (too large).
    """


@dataclass(frozen=True)
class Page:
    """One page drawn anew: the picture and its thumbnail, both JPEG."""

    picture: bytes
    thumbnail: bytes


@dataclass(frozen=True)
class Opened:
    """What a file held. ``measures`` and ``fingerprint`` are of the first page."""

    pages: list[Page]
    width: int
    height: int
    measures: dict[str, float] = field(default_factory=dict)
    fingerprint: bytes = b""


def media_type(content: bytes) -> str:
    """Return the media type that the first bytes tell, or "" for what is not taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return PDF
    return ""


def turned(content: bytes, degrees: int) -> bytes:
    """Return a JPEG that was drawn anew here (``Page``), turned clockwise.

    By a quarter, a half or three quarters of a turn: 90, 180 or 270 degrees. Never of
    what a stranger sent, as it is unpacked in this process.
    """
    ways = {
        90: Image.Transpose.ROTATE_270,
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        out = io.BytesIO()
        image.transpose(ways[degrees]).save(out, "JPEG", quality=90)
    return out.getvalue()


def size_of(content: bytes, kind: str) -> tuple[int, int]:
    """Return width and height as the header tells; nothing is unpacked.

    Raises Unopenable for what is no such photo.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[FORMATS[kind]]) as image:
                return image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unopenable("pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Unopenable("broken") from None


def open_apart(content: bytes, kind: str) -> Opened:
    """Open a file in a limited process; return its pages drawn anew.

    Raises Unopenable, also where the process was ended for what it took.
    """
    told, rest = _told(content, kind)
    pages, at = [], 0
    for large, small in told["pages"]:
        middle = at + large
        pages.append(Page(rest[at:middle], rest[middle : middle + small]))
        at = middle + small
    return Opened(
        pages,
        told["width"],
        told["height"],
        told["measures"],
        bytes.fromhex(told["fingerprint"]),
    )


def codes_on(content: bytes, kind: str) -> list[str]:
    """Return the texts of the QR codes on a photo or the first two pages of a PDF.

    Nothing of it is kept. Raises Unopenable as ``open_apart`` does.
    """
    told, _rest = _told(content, kind, "codes", seconds=_SECONDS_FOR_CODES)
    codes: list[str] = told["codes"]
    return codes


def _told(
    content: bytes, kind: str, *more: str, seconds: int = _SECONDS
) -> tuple[dict[str, Any], bytes]:
    """Return what the script says of a file, and what it wrote behind that."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_SCRIPT), kind, *more],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        raise Unopenable("broken") from None
    line, newline, rest = done.stdout.partition(b"\n")
    if done.returncode or not newline:
        raise Unopenable("broken")
    told: dict[str, Any] = json.loads(line)
    if "refused" in told:
        raise Unopenable(told["refused"])
    return told, rest


def distance(one: bytes, other: bytes) -> int:
    """Return in how many bits two fingerprints differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
