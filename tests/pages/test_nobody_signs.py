"""A proposal where nobody else can sign: whoever reads it is told to pass it up."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Field, Kind, Status
from complaints.models import Complaint
from portal.common import scope
from tests.factories import make_organization, make_staff
from tests.pages.cases import make_case, make_dose, make_person

pytestmark = pytest.mark.django_db
WORDS = "không ai ở đó ký được"


@pytest.fixture
def station():
    return make_organization(parent=make_organization())


@pytest.fixture
def proposed(client, station) -> Complaint:
    """Return a case whose only nurse proposed to take a dose off a record."""
    client.force_login(make_staff(station))
    case = make_case(
        station,
        sent=timezone.now() - timedelta(hours=2),
        kind=Kind.NOT_MINE,
        dose=make_dose(make_person(), station),
        claims={Field.DOSE: ("", "void")},
    )
    with scope.system():
        claim = case.claims.get()
    where = [int(case.submission.code), case.number]
    client.post(
        reverse("casework:move", args=[*where, "ghi"]),
        {"version": case.version, f"verdict_{claim.pk}": "upheld"},
    )
    return case


def page(client, case):
    where = [int(case.submission.code), case.number]
    return client.get(reverse("casework:case", args=where)).content.decode()


def test_where_nobody_else_decides_the_way_up_is_named(client, proposed):
    with scope.system():
        assert Complaint.objects.get(pk=proposed.pk).status == Status.AWAITING_SECOND

    body = page(client, proposed)

    assert WORDS in body
    assert "chuyển lên cấp trên" in body


def test_a_colleague_is_enough(client, proposed, station):
    make_staff(station)

    assert WORDS not in page(client, proposed)
