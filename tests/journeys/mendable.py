"""People whose record a rule puts right by itself, or puts before staff.

`python -m tests.journeys.mendable vi | en` in the surroundings of a running portal lays
two of them, for a language each their own, and prints who they are as JSON.
"""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()

# The app registry has to be ready before models can be imported.
# ruff: noqa: E402
from datetime import date

from portal.common import scope
from portal.registry import corrections
from portal.registry.models import Lot, LotAllocation, Organization, Person, Product
from tests.factories import make_dose, make_person

STATION = "TYT-N26740"
PRODUCT, OTHER = "vaxzevria", "spikevax"
OTHERS = ("Bạch Thị Sâm", "Chu Văn Quế", "Doãn Thị Hồi", "Giáp Văn Gừng", "Kha Thị Sả")


def vi() -> dict[str, dict[str, str]]:
    """Lay a tone mark on the wrong vowel, and a dose without a lot (A1, B2)."""
    station, product = _ground("VIE7001", "2021-07-03")
    tone, put_right = _person("Lương Thị Hòa Bình", "11", station)
    with corrections.writing("imports"):
        Person.objects.filter(pk=tone.pk).update(full_name="Lương Thị Hoà Bình")
    lacks, prepared = _person("Phùng Thị Tạo", "22", station)
    make_dose(lacks, station, given_on="2021-07-03", product=product, lot="")
    return {"put_right": put_right, "prepared": prepared}


def en() -> dict[str, dict[str, str]]:
    """Lay doses numbered the wrong way round, and a vaccine not of its lot (A5, B1)."""
    days = ("2021-07-05", "2021-09-06")
    station, product = _ground("ENG7002", *days)
    order, put_right = _person("Tạ Thị Mai Hoa", "33", station)
    for day, number in zip(days, "21", strict=True):
        facts = {"lot": "ENG7002", "dose_number": number}
        make_dose(order, station, given_on=day, product=product, **facts)
    wrong, prepared = _person("Đinh Thị Nhã", "44", station)
    other = Product.objects.get(code=OTHER)
    make_dose(wrong, station, given_on=days[0], product=other, lot="ENG7002")
    return {"put_right": put_right, "prepared": prepared}


def _ground(lot: str, *days: str) -> tuple[Organization, Product]:
    """Let five others have a lot at the station on these days."""
    station = Organization.objects.get(code=STATION)
    product = Product.objects.get(code=PRODUCT)
    LotAllocation.objects.create(
        lot=Lot.objects.create(number=lot, product=product),
        organization=station,
        received_on=date(2021, 7, 1),
        doses=100,
    )
    for place, name in enumerate(OTHERS, start=1):
        other = make_person(
            f"{name} {lot[:3].title()}",
            born_on=f"19{place}1-0{place}-1{place}",
            national_id="",
            phone="",
        )
        for number, day in enumerate(days, start=1):
            make_dose(
                other,
                station,
                given_on=day,
                product=product,
                lot=lot,
                dose_number=str(number),
            )
    return station, product


def _person(
    full_name: str, ending: str, station: Organization
) -> tuple[Person, dict[str, str]]:
    """Lay somebody living there; return them, and what they know of themselves."""
    number, phone = f"0791583300{ending}", f"+849003300{ending}"
    person = make_person(
        full_name, national_id=number, phone=phone, residence=station.commune
    )
    return person, {
        "full_name": full_name,
        "national_id": number,
        "phone": phone,
        "born_on": str(person.born_on),
    }


if __name__ == "__main__":
    with scope.system():
        sys.stdout.write(json.dumps({"vi": vi, "en": en}[sys.argv[1]]()))
