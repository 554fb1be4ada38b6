"""A session that ends in the middle of a report: it is found again by the telephone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import (
    make_dose,
    make_organization,
    make_person,
    make_product,
    make_root,
)
from tests.pages.citizen_steps import code_sent_to, open_record, step, text_of
from tests.pages.test_citizen_report import GIVEN, WHO, begin, go_to_check

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


def rest(client, minutes=21):
    """Let a session rest as long."""
    session = client.session
    seen = timezone.now() - timedelta(minutes=minutes)
    session["seen_at"] = session["proved_at"] = seen.isoformat()
    session.save()


def test_who_rested_too_long_proves_the_telephone_and_goes_on(client):
    make_product()
    make_root()
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none", "story": "Ở trường học"})
    go_to_check(client, page)
    rest(client)

    ended = client.get(step(page, "kiem-tra"))
    client.post("/tiep-tuc/", {"phone": WHO["phone"]})
    code = code_sent_to("+84900000777")
    listed = client.post("/cua-toi/xac-thuc/", {"code": code}, follow=True)
    key = step(page, "").strip("/").split("/")[1]
    there = client.post(f"/tiep-tuc/{key}/", follow=True)

    assert ended.status_code == 404
    assert "/tiep-tuc/" in ended.content.decode()
    assert key in listed.content.decode()
    assert "Ở trường học" in text_of(there)


def test_who_looks_the_record_up_again_goes_on_from_there(client):
    site = make_organization()
    dose = make_dose(make_person(), site)
    open_record(client)
    page = client.get(f"/bao-sai/?kind=not_mine&dose={dose.ref}", follow=True)
    rest(client)

    ended = client.post(step(page, "mui"), {"dose": f"{dose.ref}:{dose.pk}"})
    record = open_record(client)
    key = step(page, "").strip("/").split("/")[1]

    assert ended.status_code == 404
    assert f"/tiep-tuc/{key}/" in record.content.decode()


def test_a_stranger_learns_how_to_go_on_and_nothing_of_the_report(client):
    page = begin(client)
    client.post(step(page, "mui"), GIVEN | {"site": "none", "story": "CANARY-88"})

    seen = Client().get(step(page, "mui"))

    assert seen.status_code == 404
    assert "CANARY" not in text_of(seen)
