"""What a verified e-ID says goes with the report, and proves the accents of a name."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from complaints.models import SelfCorrection, Submission
from portal.common import outbox
from tests.factories import knows, make_organization, make_person, make_unit
from tests.pages.citizen_steps import (
    NUMBER,
    code_sent_to,
    hidden_key,
    open_record,
    step,
    text_of,
)
from tests.pages.eid_steps import PERSON, running, sign_in

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")


@pytest.fixture
def eid(settings):
    cache.clear()
    with running(settings) as server:
        yield server


@pytest.fixture
def station():
    province = make_unit()
    return make_organization(
        commune=make_unit("N26740", name="Phường Thử", parent=province),
        province=province,
    )


@pytest.fixture
def person(station):
    """Return somebody recorded without accents, whose telephone is lost."""
    return make_person("Nguyen Thi Thu", phone=None, residence=station.commune)


def report(client, *, relation="self", site=None):
    """Report the name of the record that is open; return the page after sending."""
    page = client.get("/bao-sai/?kind=wrong_person", follow=True)
    if relation != "self":
        begun = {"kind": "missing_dose", "relation": relation}
        page = client.post("/bao-sai/", begun, follow=True)
        dose = {"given_on_0": "12", "given_on_1": "8", "given_on_2": "2021"}
        client.post(step(page, "mui"), dose | {"site": site.code})
    else:
        client.post(step(page, "mui"), {"full_name": PERSON["name"]})
        outbox.drain(queue="population", at=timezone.now())
    who = {"full_name": "Lê Văn Con", "born_on_2": "2015"} if relation != "self" else {}
    client.post(step(page, "lien-he"), {"phone": "0900 000 777"} | who)
    code = {"code": code_sent_to("+84900000777")}
    check = client.post(step(page, "xac-thuc"), code, follow=True)
    return client.post(step(page, "kiem-tra"), {"key": hidden_key(check)}, follow=True)


def test_the_eid_alone_puts_the_accents_on(client, eid, person, settings):
    settings.POPULATION_URL = ""
    sign_in(client, eid)

    sent = report(client)

    person.refresh_from_db()
    assert person.full_name == PERSON["name"]
    (row,) = SelfCorrection.objects.all()
    assert (row.rule, {proof["kind"] for proof in row.proofs}) == ("A2", {"eid"})
    assert "Đã sửa" in text_of(sent)


def test_where_the_register_answers_too_both_are_heard(client, eid, person):
    knows(NUMBER, PERSON["name"], "1958-03-08", "F")
    sign_in(client, eid)

    report(client)

    (row,) = SelfCorrection.objects.all()
    assert {proof["kind"] for proof in row.proofs} == {"eid", "population"}


def test_where_the_register_says_otherwise_a_person_decides(client, eid, person):
    knows(NUMBER, "Nguyễn Thị Thu", "1958-03-08", "F")
    sign_in(client, eid)

    report(client)

    person.refresh_from_db()
    assert person.full_name == "Nguyen Thi Thu"
    assert not SelfCorrection.objects.exists()


def test_what_the_eid_said_is_kept_sealed_with_the_report(client, eid, person):
    sign_in(client, eid)

    report(client)

    submission = Submission.objects.get()
    assert submission.vouched["national_id"] == NUMBER
    assert NUMBER.encode() not in bytes(submission.vouched_sealed)


def test_for_somebody_else_nobody_is_vouched_for(client, eid, person, station):
    sign_in(client, eid)

    report(client, relation="child", site=station)

    assert Submission.objects.get().vouched is None


def test_a_code_to_a_telephone_vouches_for_nothing(client, settings, station):
    settings.POPULATION_URL = ""
    make_person("Nguyen Thi Thu", residence=station.commune)
    open_record(client)

    report(client)

    assert Submission.objects.get().vouched is None
    assert not SelfCorrection.objects.exists()
