"""Opens what a stranger sent: run as a script, in a process that may do very little.

    python -I unpacking.py image/jpeg < file > pages
    python -I unpacking.py image/jpeg codes < file > codes

It reads a photo or PDF from standard input and writes one line of JSON (pages, their
sizes in bytes, measures and fingerprint), then the pages as fresh JPEGs, each followed
by its thumbnail. What it cannot open is named in the JSON: ``{"refused": "broken"}``.
With ``codes`` it draws nothing and writes the texts of the QR codes that it sees:
``{"codes": [...]}``; as anybody may ask that and waits for it, with far less of all.
``pictures`` starts it. Decoders of photos and PDF are where
hostile files strike, so memory, time, files and processes are limited, and nothing of
the portal (settings, keys, database) is loaded here.
"""

import io
import json
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

import pypdfium2
import zxingcpp
from PIL import Image, ImageFilter, ImageOps, ImageStat

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 20
OPEN_FILES = 64
MAX_PIXELS = 50_000_000
# For codes: what a telephone's photo or a screen takes (measured: 0.6 s for a photo of
# 13 megapixels, 1.2 s as WebP), and hardly more. JPEG is unpacked at a fraction.
CODES_MEMORY_BYTES = 512 * 1024 * 1024
CODES_CPU_SECONDS = 3
CODES_PIXELS, CODES_PIXELS_OF_JPEG = 13_000_000, 25_000_000
CODES_PAGES = 2
LONGEST_SIDE = 2400
THUMBNAIL = 320
MOST_PAGES = 10
POINTS_PER_INCH = 72
# A page of a PDF is drawn as a scanner would see it, a poster no larger than a photo.
PDF_DPI = 150
# The measures are taken on a copy of this size, so that one threshold fits all phones.
MEASURED_SIDE = 1000
TILES = 12
GRID = 40
# Above this the cells of the grid hold writing, and are no flat patch.
ROUGH = 24
# Side of the difference hash: 1,024 bits. Spots must differ by more than the margin, as
# on blank paper nothing but grain would decide.
HASH_SIDE, HASH_MARGIN = 32, 2
# More codes than a page of certificates bears, and more text than a QR code can hold.
MOST_CODES, MOST_TEXT = 10, 8_000
LAPLACIAN = ImageFilter.Kernel(
    (3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128
)


class Refused(Exception):
    """The file cannot be used; the argument says why in one word."""


def limit(memory: int = MEMORY_BYTES, seconds: int = CPU_SECONDS) -> None:
    """Let this process have little memory (bytes) and time, and write or start nothing.

    ``seconds`` of processor, with those that it took to begin.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def pages_of(
    content: bytes, media_type: str, *, most_pixels: int = MAX_PIXELS
) -> Iterator[Image.Image]:
    """Yield each page upright, in colour, at most ``LONGEST_SIDE`` pixels long.

    Raise Refused for a photo of more pixels than that before it is unpacked.
    """
    if media_type == "application/pdf":
        yield from _pdf_pages(content)
    else:
        kind = media_type.removeprefix("image/").upper()
        yield _photo(content, kind, most_pixels)


def _photo(content: bytes, kind: str, most_pixels: int) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[kind]) as image:
        if image.width * image.height > most_pixels:
            raise Refused("pixels")
        # JPEG can be unpacked at an eighth to a half at once: less memory and time.
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image.load()
        upright = ImageOps.exif_transpose(image)
    return _smaller(_on_white(upright))


def _pdf_pages(content: bytes) -> Iterator[Image.Image]:
    try:
        paper = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Refused("locked" if "assword" in str(error) else "broken") from None
    if not 1 <= len(paper) <= MOST_PAGES:
        raise Refused("long" if len(paper) else "broken")
    for number in range(len(paper)):
        page = paper[number]
        longest = max(*page.get_size(), 1.0)
        scale = min(PDF_DPI / POINTS_PER_INCH, LONGEST_SIDE / longest)
        # Forms and scripts are never started; what they would fill in is not drawn.
        drawn = page.render(scale=scale, may_draw_forms=False).to_pil()
        yield _smaller(_on_white(drawn))


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Sixteen bits of grey: the upper eight are what a screen shows.
        image = image.point(lambda grey: grey / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        white.alpha_composite(clear)
        image = white
    colour = image.convert("RGB")
    # Pasted on a new image: `info` of the old one (EXIF, comments) stays behind.
    fresh = Image.new("RGB", colour.size)
    fresh.paste(colour)
    return fresh


def _smaller(image: Image.Image) -> Image.Image:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image


def as_jpeg(image: Image.Image, *, side: int | None = None) -> bytes:
    """Return a fresh JPEG without metadata, made smaller where ``side`` says so."""
    if side is not None:
        image = image.copy()
        image.thumbnail((side, side))
    drawn = io.BytesIO()
    image.save(drawn, "JPEG", quality=85)
    return drawn.getvalue()


def fingerprint(image: Image.Image) -> str:
    """Return the difference hash, 1,024 bits in hexadecimal.

    Each bit tells whether a spot is brighter than its right neighbour, so making the
    picture smaller, packing it harder or changing its light leaves nearly all as is.
    """
    grey = image.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX)
    spots = grey.tobytes()
    bits = 0
    for row in range(HASH_SIDE):
        for column in range(HASH_SIDE):
            at = row * (HASH_SIDE + 1) + column
            bits = bits << 1 | (spots[at] > spots[at + 1] + HASH_MARGIN)
    return f"{bits:0{HASH_SIDE * HASH_SIDE // 4}x}"


def measure(image: Image.Image) -> dict[str, float]:
    """Return what tells whether a paper on the picture can be read.

    ``short_side``: pixels. ``ink``, ``paper``: brightness, 0 to 255, below which 0.5
    and 95 percent of the picture lie. ``sharpness``: how much the finest strokes stand
    out in the sharpest tenth of the picture, against the contrast of ink and paper.
    ``hidden``: the share of the paper, in percent, that is a flat patch of another
    colour or far darker: a thumb, a marker, something that lies on it.
    """
    small = image.copy()
    small.thumbnail((MEASURED_SIDE, MEASURED_SIDE))
    grey = small.convert("L")
    ink, paper = _percentiles(grey, (0.5, 95))
    return {
        "short_side": min(image.size),
        "ink": ink,
        "paper": paper,
        "sharpness": _sharpness(grey, contrast=paper - ink),
        "hidden": _hidden(small, grey),
    }


def _percentiles(grey: Image.Image, wanted: tuple[float, ...]) -> list[int]:
    counts = grey.histogram()
    total = sum(counts)
    found = []
    for percent in wanted:
        below = 0
        for level, count in enumerate(counts):
            below += count
            if below * 100 >= percent * total:
                found.append(level)
                break
    return found


def _sharpness(grey: Image.Image, *, contrast: float) -> float:
    # A touch of blur first: grain of a sensor in the dark is not sharpness.
    edges = grey.filter(ImageFilter.GaussianBlur(0.8)).filter(LAPLACIAN)
    width, height = edges.size
    variances = sorted(
        ImageStat.Stat(
            edges.crop(
                (
                    width * column // TILES,
                    height * row // TILES,
                    max(width * (column + 1) // TILES, width * column // TILES + 1),
                    max(height * (row + 1) // TILES, height * row // TILES + 1),
                )
            )
        ).var[0]
        for row in range(TILES)
        for column in range(TILES)
    )
    sharpest = variances[-(TILES * TILES // 10) :]
    return round(1000 * sum(sharpest) / len(sharpest) / max(contrast, 20.0) ** 2, 1)


def _hidden(image: Image.Image, grey: Image.Image) -> float:
    """Look for flat patches inside the paper, on a coarse grid of mean colours."""
    grid = (GRID, GRID)
    bands = image.resize(grid, Image.Resampling.BOX).split()
    colours = list(zip(*(band.tobytes() for band in bands), strict=True))
    strokes = grey.filter(LAPLACIAN).point(lambda level: min(255, 2 * abs(level - 128)))
    rough = list(strokes.resize(grid, Image.Resampling.BOX).tobytes())
    brightest = sorted(max(colour) for colour in colours)[-len(colours) // 4]
    is_paper = [
        max(colour) >= brightest * 0.6
        and max(colour) - min(colour) <= max(colour) * 0.2
        for colour in colours
    ]
    rows = [
        y for y in range(GRID) if sum(is_paper[y * GRID : (y + 1) * GRID]) > GRID * 0.3
    ]
    columns = [x for x in range(GRID) if sum(is_paper[x::GRID]) > GRID * 0.3]
    if not rows or not columns:
        return 0.0
    edge_y, edge_x = (len(rows) + 9) // 10, (len(columns) + 9) // 10
    inner = [
        (y, x)
        for y in range(rows[0] + edge_y, rows[-1] - edge_y + 1)
        for x in range(columns[0] + edge_x, columns[-1] - edge_x + 1)
    ]
    odd = {
        (y, x)
        for y, x in inner
        if not is_paper[y * GRID + x] and rough[y * GRID + x] < ROUGH
    }
    # A patch has neighbours; a single cell is a stamp or a heading.
    patch = [(y, x) for y, x in odd if {(y, x - 1), (y, x + 1)} & odd]
    return round(100 * len(patch) / max(1, len(inner)), 1)


def unpack(content: bytes, media_type: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return what is told of a file, and its pages and thumbnails as JPEGs."""
    try:
        pages = list(pages_of(content, media_type))
    except Refused as refused:
        return {"refused": str(refused)}, []
    except MemoryError:
        return {"refused": "pixels"}, []
    # Whatever a decoder raises at a hostile file means the same to its sender.
    except Exception:
        return {"refused": "broken"}, []
    drawn = [(as_jpeg(page), as_jpeg(page, side=THUMBNAIL)) for page in pages]
    told = {
        "pages": [[len(page), len(small)] for page, small in drawn],
        "width": pages[0].width,
        "height": pages[0].height,
        "measures": measure(pages[0]),
        "fingerprint": fingerprint(pages[0]),
    }
    return told, [part for pair in drawn for part in pair]


def codes_on(content: bytes, media_type: str) -> dict[str, Any]:
    """Return the texts of the QR codes on a file's first pages, in their order."""
    found: list[str] = []
    is_jpeg = media_type == "image/jpeg"
    most_pixels = CODES_PIXELS_OF_JPEG if is_jpeg else CODES_PIXELS
    pages = pages_of(content, media_type, most_pixels=most_pixels)
    try:
        for page in islice(pages, CODES_PAGES):
            seen = zxingcpp.read_barcodes(
                page.convert("L"),
                formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
            )
            found += [code.text for code in seen if len(code.text) <= MOST_TEXT]
            if len(found) >= MOST_CODES:
                break
    except Refused as refused:
        return {"refused": str(refused)}
    except MemoryError:
        return {"refused": "pixels"}
    # As below: what a decoder raises at a hostile file means the same to its sender.
    except Exception:
        return {"refused": "broken"}
    return {"codes": found[:MOST_CODES]}


def main(
    read: IO[bytes], write: IO[bytes], media_type: str, *, is_for_codes: bool = False
) -> None:
    """Unpack what is read and write what came of it."""
    content = read.read()
    if is_for_codes:
        limit(CODES_MEMORY_BYTES, CODES_CPU_SECONDS)
        write.write(json.dumps(codes_on(content, media_type)).encode() + b"\n")
        return
    limit()
    told, parts = unpack(content, media_type)
    write.write(json.dumps(told).encode() + b"\n")
    for part in parts:
        write.write(part)


if __name__ == "__main__":
    # Decoders are loaded before files and processes are limited; the check of pixels
    # is ours.
    Image.MAX_IMAGE_PIXELS = None
    Image.preinit()
    main(
        sys.stdin.buffer,
        sys.stdout.buffer,
        sys.argv[1],
        is_for_codes=sys.argv[2:] == ["codes"],
    )
