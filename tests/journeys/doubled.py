"""A dose typed in twice and reported, as staff of the demo's smallest province have it.

`python -m tests.journeys.doubled` in the surroundings of a running portal lays it and
prints the reference of the report.
"""

import sys

import django

if __name__ == "__main__":
    django.setup()

# The app registry has to be ready before models can be imported.
# ruff: noqa: E402
from datetime import date

from django.utils import timezone

from complaints.actions import intake
from complaints.choices import Field, Kind
from portal.common import scope
from portal.registry import corrections
from portal.registry.models import Dose, Organization, Product
from tests.factories import make_person, only_complaint, sender_for, submit
from tests.journeys.truth import STATION


def laid() -> str:
    """Put the dose on record twice, report the later one, return the reference."""
    at = timezone.now()
    with scope.system():
        station = Organization.objects.get(code=STATION)
        person = make_person(
            "Trịnh Thị Hai Lần",
            national_id="001158077788",
            phone="+84900077788",
            residence=station.commune,
        )
        with corrections.writing("imports"):
            _first, again = (
                Dose.objects.create(
                    person=person,
                    given_on=date(2021, 12, 4),
                    product=Product.objects.get(code="vaxzevria"),
                    lot_number="HAI22",
                    site=station,
                    dose_number=1,
                    recorded_at=at,
                )
                for _time in range(2)
            )
        matter = intake.Matter(
            Kind.DOUBLED_DOSE, {str(Field.DOSE): "void"}, dose_id=again.pk
        )
        case = only_complaint(submit(matter, sender=sender_for(person), at=at))
        return case.reference


if __name__ == "__main__":
    sys.stdout.write(laid())
