"""The menu of staff: each role finds its pages, and every page leads somewhere."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.access import Role
from tests.factories import make_organization, make_staff

pytestmark = pytest.mark.django_db

HEAD = {
    Role.CLERK: ["queue", "counter", "referrals", "quality"],
    Role.STAFF: ["queue", "counter", "lists", "referrals", "quality"],
    Role.LEAD: [
        "queue",
        "counter",
        "lists",
        "referrals",
        "quality",
        "times",
        "manage",
    ],
    Role.OVERSEER: ["queue", "counter", "referrals", "quality", "times", "manage"],
    Role.ADMINISTRATOR: ["queue", "quality", "times", "manage"],
}
PLACES = {"times": "oversight", "manage": "oversight"}


def client_as(role: str) -> Client:
    client = Client()
    client.force_login(make_staff(make_organization(), role=role))
    return client


@pytest.mark.parametrize("role", HEAD)
def test_the_head_leads_each_role_to_its_pages_of_every_day(role):
    page = client_as(role).get(reverse("casework:quality")).content.decode()
    head = page.partition("<header")[2].partition("</header>")[0]
    for name in {name for names in HEAD.values() for name in names}:
        address = reverse(f"{PLACES.get(name, 'casework')}:{name}")
        assert (f'href="{address}"' in head) == (name in HEAD[role]), name
    assert 'aria-current="page">' in head


@pytest.mark.parametrize("role", [Role.LEAD, Role.OVERSEER, Role.ADMINISTRATOR])
def test_everything_else_is_on_one_page_and_opens(role):
    client = client_as(role)
    page = client.get(reverse("oversight:manage")).content.decode()
    doors = page.partition('<ul class="doors">')[2].partition("</ul>")[0]
    addresses = [part.partition('"')[0] for part in doors.split('href="')[1:]]
    assert addresses
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        head = answer.content.decode().partition("</header>")[0]
        manage = reverse("oversight:manage")
        assert f'<a href="{manage}" aria-current="page">' in head, address
        assert f'<a class="back" href="{manage}">' in answer.content.decode(), address
