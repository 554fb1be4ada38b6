"""The telephone of a nurse stands on many records: all of them can be opened."""

import pytest

from tests.factories import make_person
from tests.pages.citizen_steps import PHONE, code_sent_to, look_up, text_of

pytestmark = pytest.mark.usefixtures("own_limits", "all_rows")

HERS = "+84900000215"


def born(day):
    return dict(
        zip(("born_on_0", "born_on_1", "born_on_2"), day.split("/"), strict=True)
    )


@pytest.fixture
def crowd():
    """Put 25 people on one telephone; two are born on one day."""
    days = [f"19{n + 50}-03-{n % 28 + 1:02}" for n in range(24)] + ["1973-03-24"]
    return [
        make_person(
            f"Người Thử {n}", born_on=day, national_id=f"0791580{n:05}", phone=HERS
        )
        for n, day in enumerate(days)
    ]


@pytest.fixture
def page(client, crowd):
    """Prove that telephone; return the page that asks whose record it is."""
    client.post("/tra-cuu/dien-thoai/", {"phone": PHONE})
    return client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()}, follow=True)


def test_the_birth_date_finds_one_among_many_and_no_name_is_shown_before(client, page):
    assert page.status_code == 200
    assert "20" in text_of(page)
    assert "Thử" not in text_of(page)
    assert 'name="person"' not in page.content.decode()

    record = client.post("/tra-cuu/nguoi/", born("23/3/1972"), follow=True)

    assert record.request["PATH_INFO"] == "/tra-cuu/ket-qua/"
    assert "Người Thử 22" in text_of(record)


def test_those_born_on_one_day_are_chosen_from(client, page, crowd):
    two = client.post("/tra-cuu/nguoi/", born("24/3/1973"))

    assert two.status_code == 422
    assert two.content.decode().count('name="person"') == 2

    chosen = {"person": str(crowd[24].ref)} | born("24/3/1973")
    record = client.post("/tra-cuu/nguoi/", chosen, follow=True)
    assert "Người Thử 24" in text_of(record)


def test_somebody_else_s_birth_date_opens_nothing_and_is_soon_tried_too_often(
    client, page
):
    statuses = [
        client.post("/tra-cuu/nguoi/", born(f"{n}/7/1999")).status_code
        for n in range(1, 8)
    ]

    assert statuses == [422] * 5 + [429] * 2
    assert client.get("/tra-cuu/ket-qua/").status_code == 302


def test_the_last_of_many_is_found_by_number_and_opens_at_once(client, crowd):
    two = make_person(
        "Người Thử Hai", born_on="1973-03-24", national_id="079158000024", phone=HERS
    )

    look_up(client, national_id="079158000024", **born("24/3/1973"))
    page = client.post("/tra-cuu/xac-thuc/", {"code": code_sent_to()}, follow=True)

    assert page.content.decode().count('name="person"') == 2
    chosen = {"person": str(two.ref)} | born("24/3/1973")
    record = client.post("/tra-cuu/nguoi/", chosen, follow=True)
    assert "Người Thử Hai" in text_of(record)
