"""Invent lots for the products, since the real lists may not be passed on.

    python -m portal.registry.reference.invent_lots

It writes lots.csv beside itself, the same rows on every run. Numbers follow the look
of each maker's numbers; that one should equal a real lot is chance.
"""

import csv
import random
import sys
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
PER_PRODUCT = 40

# How a number looks (A letter, 9 digit), first and last day of making, shelf life in
# days as first approved. Pfizer's was extended by three months later.
LOOKS = {
    "vaxzevria": ("AAA9999", date(2021, 1, 10), date(2022, 3, 1), 180),
    "sputnik-v": ("AA-999999", date(2021, 2, 1), date(2021, 12, 1), 180),
    "vero-cell": ("20219999A", date(2021, 4, 1), date(2022, 1, 15), 730),
    "comirnaty": ("AA9999", date(2021, 4, 15), date(2022, 6, 1), 270),
    "spikevax": ("999999A", date(2021, 5, 1), date(2022, 6, 1), 270),
    "janssen": ("A99AA99-9A", date(2021, 5, 1), date(2021, 12, 1), 180),
    "hayat-vax": ("A219999", date(2021, 6, 1), date(2021, 12, 1), 730),
    "abdala": ("AB9999", date(2021, 8, 1), date(2021, 12, 1), 180),
    "covaxin": ("99A99999A", date(2021, 9, 1), date(2022, 1, 1), 270),
}
# I and O are left out: on paper they are taken for 1 and 0.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def lots() -> list[tuple[str, str, date]]:
    """Return (number, product code, expiry as printed), by product and expiry."""
    chance = random.Random(9458)
    taken: set[str] = set()
    rows = []
    for product, (look, first, last, shelf_life) in LOOKS.items():
        for n in range(PER_PRODUCT):
            number = _number(chance, look)
            while number in taken:
                number = _number(chance, look)
            taken.add(number)
            made_on = first + timedelta(days=(last - first).days * n // PER_PRODUCT)
            rows.append((number, product, made_on + timedelta(days=shelf_life)))
    return rows


def _number(chance: random.Random, look: str) -> str:
    drawn = {"A": LETTERS, "9": "0123456789"}
    return "".join(chance.choice(drawn.get(sign, sign)) for sign in look)


def main() -> None:
    """Write lots.csv and say how many rows it has."""
    rows = lots()
    with (HERE / "lots.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("number", "product", "expires_on"))
        writer.writerows(rows)
    sys.stdout.write(f"lots: {len(rows)}\n")


if __name__ == "__main__":
    main()
