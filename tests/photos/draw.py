"""Draws the labelled photos of tests/data/photos: `python -m tests.photos.draw`.

Invented slips of invented people, photographed as people do: on a table, askew, in bad
light, by a shaking hand, with a thumb on the name. The labels say what a person who
looks at the photo would say: ok, blurred, dark, bright, tiny or covered. Everything
comes from the seed in labels.csv; odd seeds are for setting thresholds, even ones for
judging them.
"""

import csv
import random
import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

FOLDER = Path(__file__).resolve().parent.parent / "data" / "photos"
FONT = "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"
BOLD = "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"
LABELS = ("ok", "blurred", "dark", "bright", "tiny", "covered")
PER_LABEL = {"ok": 12, "blurred": 8, "dark": 6, "bright": 4, "tiny": 4, "covered": 8}

FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Võ", "Đặng", "Bùi")
MIDDLE = ("Thị", "Văn", "Minh", "Ngọc", "Hữu", "Thanh")
GIVEN = ("Hoa", "Lộc", "Phượng", "Tú", "Hạnh", "Bảo", "Khuê", "Sơn")
VACCINES = ("Vaxzevria (AstraZeneca)", "Comirnaty (Pfizer)", "Spikevax (Moderna)")
SKIN = ((224, 172, 140), (198, 134, 98), (170, 110, 78), (141, 85, 56))
TABLES = ((142, 105, 70), (96, 72, 52), (180, 178, 172), (70, 86, 96), (206, 190, 160))


def slip(rng: random.Random, width: int = 900) -> Image.Image:
    """Return a slip as it comes out of a printer, with stamp and signature."""
    height = int(width * rng.choice((1.36, 1.4, 0.74)))
    tint = rng.choice(("#fffefb", "#fdfaf0", "#f7f9fc"))
    paper = Image.new("RGB", (width, height), tint)
    pen = ImageDraw.Draw(paper)
    unit = width / 900 if height > width else width / 1200
    title = ImageFont.truetype(BOLD, int(34 * unit))
    text = ImageFont.truetype(FONT, int(27 * unit))
    small = ImageFont.truetype(FONT, int(22 * unit))
    ink = rng.choice(("#1c1c22", "#22305a", "#303030"))
    x, y = int(56 * unit), int(46 * unit)
    pen.text((x, y), "BỘ Y TẾ", ink, small)
    y += int(52 * unit)
    pen.text((x, y), "GIẤY XÁC NHẬN", ink, title)
    pen.text((x, y + int(46 * unit)), "ĐÃ TIÊM VẮC XIN COVID-19", ink, title)
    y += int(118 * unit)
    name = f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}"
    lines = [
        f"Họ và tên: {name.upper()}",
        f"Ngày sinh: {_day(rng, 1, 12)}/{rng.randint(1940, 2004)}",
        f"Số CCCD: 0{rng.randint(10**10, 10**11 - 1)}",
        f"Địa chỉ: Phường {rng.randint(1, 15)}, Quận {rng.randint(1, 12)}",
        "Đã được tiêm vắc xin phòng COVID-19:",
    ]
    for line in lines:
        pen.text((x, y), line, ink, text)
        y += int(46 * unit)
    for dose in (1, 2):
        day = f"{_day(rng, 7, 12)}/2021"
        letters = "".join(rng.choice("ABCDEFGHJKLM") for _ in range(3))
        lot = f"{letters}{rng.randint(1000, 9999)}"
        frame = (x, y, width - x, y + int(92 * unit))
        pen.rectangle(frame, outline=ink, width=max(1, int(2 * unit)))
        at = (x + int(12 * unit), y + int(6 * unit))
        pen.text(at, f"Mũi {dose}: ngày {day}", ink, text)
        pen.text(
            (x + int(12 * unit), y + int(46 * unit)),
            f"{rng.choice(VACCINES)}, số lô {lot}", ink, small,
        )  # fmt: skip
        y += int(100 * unit)
    cx, cy, r = width - int(210 * unit), y + int(96 * unit), int(78 * unit)
    red = rng.choice(("#c8324b", "#b02a30", "#d04860"))
    for shrink in (0, 14):
        s = r - int(shrink * unit)
        ring = (cx - s, cy - s, cx + s, cy + s)
        pen.ellipse(ring, outline=red, width=max(2, int(4 * unit)))
    pen.text((cx - r * 0.6, cy - r * 0.2), "TRẠM Y TẾ", red, small)
    points = [(cx - r + i * r / 6, cy + rng.randint(-30, 30) * unit) for i in range(13)]
    pen.line(points, "#26408c", max(2, int(3 * unit)))
    pen.text((x, y + int(20 * unit)), "Cán bộ tiêm chủng", ink, small)
    return paper


def _day(rng: random.Random, first: int, last: int) -> str:
    return f"{rng.randint(1, 28):02}/{rng.randint(first, last):02}"


def photographed(paper: Image.Image, rng: random.Random) -> Image.Image:
    """Return the paper as it lies on a table: askew, unevenly lit, a little grainy."""
    side, fill = 1200, rng.uniform(0.74, 0.95)
    upright = paper.height >= paper.width
    size = (int(side * 0.75), side) if upright else (side, int(side * 0.75))
    table = Image.new("RGB", size, rng.choice(TABLES))
    grain = Image.effect_noise(size, rng.uniform(6, 22)).convert("RGB")
    table = ImageChops.add(table, grain, scale=1.0, offset=-128)
    room = min(size[0] * fill / paper.width, size[1] * fill / paper.height)
    shown = paper.resize(
        (int(paper.width * room), int(paper.height * room)), Image.Resampling.LANCZOS
    )
    mask = Image.new("L", shown.size, 255)
    angle = rng.uniform(-6, 6)
    shown = shown.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    mask = mask.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    left = (size[0] - shown.width) // 2 + rng.randint(-20, 20)
    top = (size[1] - shown.height) // 2 + rng.randint(-20, 20)
    shadow = Image.new("L", size, 0)
    shadow.paste(mask.point(lambda v: v * 0.5), (left + 8, top + 10))
    shadow = shadow.filter(ImageFilter.GaussianBlur(9))
    table.paste(Image.new("RGB", size, "black"), mask=shadow)
    table.paste(shown, (left, top), mask)
    return lit(table, rng, low=rng.uniform(0.62, 0.85), high=rng.uniform(0.9, 1.05))


def lit(
    image: Image.Image, rng: random.Random, *, low: float, high: float
) -> Image.Image:
    """Return the picture with light that falls from one side."""
    ramp = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270)))
    ramp = ramp.resize(image.size)
    ramp = ramp.point(lambda v: int(min(255, 255 * (low + (high - low) * v / 255))))
    return ImageChops.multiply(image, Image.merge("RGB", (ramp, ramp, ramp)))


def grainy(image: Image.Image, sigma: float) -> Image.Image:
    """Return the picture with the grain of a sensor."""
    bands = [
        ImageChops.add(band, Image.effect_noise(image.size, sigma), 1.0, -128)
        for band in image.split()
    ]
    return Image.merge("RGB", bands)


def shaken(image: Image.Image, rng: random.Random) -> Image.Image:
    """Return the picture out of focus, or drawn out by a moving hand."""
    if rng.random() < 0.5:
        return image.filter(ImageFilter.GaussianBlur(rng.uniform(3.2, 7)))
    steps = rng.randint(12, 26)
    dx, dy = rng.choice(((1, 0), (0.8, 0.6), (0.5, -0.86)))
    drawn = image
    for step in range(1, steps):
        moved = ImageChops.offset(image, int(dx * step), int(dy * step))
        drawn = Image.blend(drawn, moved, 1 / (step + 1))
    return drawn


def with_cover(image: Image.Image, rng: random.Random) -> Image.Image:
    """Return the picture with a thumb, a note or a marker on what matters."""
    pen = ImageDraw.Draw(image)
    w, h = image.size
    way = rng.choice(("thumb", "hand", "marker", "card"))
    if way == "marker":
        for _ in range(rng.randint(2, 4)):
            y = rng.uniform(0.24, 0.55) * h
            bar = (w * 0.16, y, w * rng.uniform(0.55, 0.8), y + h * 0.032)
            pen.rectangle(bar, "#0c0c0e")
        return image
    if way == "card":
        x, y = rng.uniform(0.2, 0.4) * w, rng.uniform(0.25, 0.45) * h
        card = rng.choice(("#234c7c", "#3c3c40", "#7a2f2f"))
        pen.rectangle((x, y, x + w * 0.45, y + h * 0.2), card)
        return image
    skin = rng.choice(SKIN)
    layer = Image.new("L", image.size, 0)
    brush = ImageDraw.Draw(layer)
    from_right = rng.random() < 0.5
    tip = w * rng.uniform(0.3, 0.45)
    for finger in range(1 if way == "thumb" else 3):
        cy = h * (rng.uniform(0.28, 0.36) + finger * 0.13)
        half = h * rng.uniform(0.045, 0.06)
        reach = (tip, w + half) if from_right else (-half, w - tip)
        brush.rounded_rectangle((reach[0], cy - half, reach[1], cy + half), half, 255)
    layer = layer.filter(ImageFilter.GaussianBlur(3))
    tone = lit(Image.new("RGB", image.size, skin), rng, low=0.75, high=1.08)
    image.paste(tone, mask=layer)
    return image


def photo(label: str, seed: int) -> Image.Image:
    """Return the photo of a label and a seed."""
    rng = random.Random(f"{label}-{seed}")
    # effect_noise draws from its own source; the files are kept, so they stay as is.
    paper = slip(rng)
    if label == "ok" and rng.random() < 0.2:
        return paper
    image = photographed(paper, rng)
    if label == "blurred":
        return grainy(shaken(image, rng), rng.uniform(2, 7))
    if label == "dark":
        strength = rng.uniform(0.1, 0.26)
        return grainy(image.point(lambda v: int(v * strength)), rng.uniform(3, 8))
    if label == "bright":
        lift = rng.uniform(0.72, 0.85)
        return grainy(image.point(lambda v: int(255 - (255 - v) * (1 - lift))), 3)
    if label == "tiny":
        image = grainy(image, 4)
        image.thumbnail((rng.randint(220, 380),) * 2)
        return image
    if label == "covered":
        return grainy(with_cover(image, rng), rng.uniform(2, 6))
    return grainy(image, rng.uniform(2, 8))


def main() -> int:
    """Draw all photos anew and write their labels."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = []
    for label in LABELS:
        for seed in range(1, PER_LABEL[label] + 1):
            name = f"{label}-{seed:02}.jpg"
            quality = 34 if label != "tiny" else 70
            drawn = photo(label, seed)
            drawn.save(FOLDER / name, "JPEG", quality=quality, subsampling=2)
            rows.append([name, label, seed, "set" if seed % 2 else "judge"])
    with (FOLDER / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["file", "label", "seed", "used_to"])
        out.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
