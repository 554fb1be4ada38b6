"""Cases that two colleagues have before them at once.

`python -m tests.journeys.shared_work` in the surroundings of a running portal lays them
for two stations and prints, as JSON, where they stand and whose record the second is.
"""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()

# The app registry has to be ready before models can be imported.
# ruff: noqa: E402
from typing import Any

from django.utils import timezone

from complaints.actions import intake
from complaints.choices import Field, Kind
from complaints.models import Complaint
from portal.common import scope
from portal.registry.models import Organization, Product
from tests.factories import make_dose, make_person, only_complaint, sender_for, submit
from tests.journeys.visitor import wait_until

STATION, OTHER = "TYT-N26737", "TYT-N00097"
PEOPLE = (
    "Âu Thị Sen",
    "Bế Thị Súng",
    "Cù Thị Lài",
    "Đào Thị Huệ",
    "Hứa Thị Cúc",
    "Kiều Thị Ngâu",
    "Lều Thị Nhài",
)


def laid() -> dict[str, Any]:
    """File a case to fall out over, one for two people, three for a set, two more."""
    with scope.system():
        places = [STATION] * 5 + [OTHER] * 2
        cases = [
            _filed(place, code, is_not_theirs=place == 1)
            for place, code in enumerate(places)
        ]
    wait_until(lambda: _routed(cases), seconds=60)
    at = [f"/lam-viec/ho-so/{case.reference}/" for case in cases]
    return {
        "contested": at[0],
        "signed": at[1],
        "person": _person(1),
        "set": at[2:5],
        "next": at[5:],
    }


def _person(place: int) -> dict[str, str]:
    return {
        "full_name": PEOPLE[place],
        "national_id": f"0791584400{place:02}",
        "phone": f"+849004400{place:02}",
        "born_on": f"1958-0{place + 1}-1{place}",
    }


def _filed(place: int, code: str, *, is_not_theirs: bool) -> Complaint:
    station = Organization.objects.get(code=code)
    person = make_person(**_person(place), residence=station.commune)
    # A day each, so that they are no incident.
    dose = make_dose(
        person,
        station,
        given_on=f"2021-08-{place + 11}",
        product=Product.objects.get(code="vaxzevria"),
        lot="ABX5571",
    )
    kind, claims = Kind.WRONG_DOSE, {str(Field.LOT): "ABX5517"}
    if is_not_theirs:
        kind, claims = Kind.NOT_MINE, {str(Field.DOSE): "void"}
    matter = intake.Matter(kind, claims, dose_id=dose.pk)
    phone = _person(place)["phone"]
    sender = sender_for(person, phone=phone)
    return only_complaint(submit(matter, sender=sender, at=timezone.now()))


def _routed(cases: list[Complaint]) -> bool:
    keys = [case.pk for case in cases]
    with scope.system():
        return not Complaint.objects.filter(pk__in=keys, routed_at=None).exists()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(laid()))
