"""Plain makers and counts of what loads meet on record."""

from portal.registry.models import Dose, Organization, Person, Product
from tests.factories import make_dose


def put_on_record(person, **facts):
    """Add the dose of a plain row to a person's record."""
    usual = {"product": Product.objects.get(code="comirnaty"), "lot": "FF2752"}
    return make_dose(person, Organization.objects.get(code="TYT-LOAD"), **usual | facts)


def counts():
    """Return how many people and doses are on record."""
    return Person.objects.count(), Dose.objects.count()
