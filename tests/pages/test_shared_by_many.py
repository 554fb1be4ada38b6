"""The telephone of a nurse stands on many records: all of them can be opened."""

import pytest

from complaints.views import limits
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


def test_those_born_on_one_day_are_chosen_from_and_nobody_is_told_of_a_mistake(
    client, page, crowd
):
    two = client.post("/tra-cuu/nguoi/", born("24/3/1973"))

    assert two.status_code == 200
    assert two.content.decode().count('name="person"') == 2
    assert 'value="1973"' in two.content.decode()
    assert 'class="es"' not in two.content.decode()

    chosen = {"person": str(crowd[24].ref)} | born("24/3/1973")
    record = client.post("/tra-cuu/nguoi/", chosen, follow=True)
    assert "Người Thử 24" in text_of(record)


def test_who_chose_nobody_among_those_born_on_one_day_is_told(client, page):
    nobody = client.post("/tra-cuu/nguoi/", {"person": ""} | born("24/3/1973"))

    assert nobody.status_code == 422


def test_a_year_alone_finds_nobody_whose_whole_birth_date_is_on_record(
    client, page, crowd
):
    for typed in ({"born_on_2": "1972"}, {"born_on_1": "3", "born_on_2": "1972"}):
        answer = client.post("/tra-cuu/nguoi/", {"person": str(crowd[22].ref)} | typed)
        assert answer.status_code == 422
        assert "Thử" not in text_of(answer)

    assert client.get("/tra-cuu/ket-qua/").status_code == 302


def test_a_year_alone_finds_of_whom_no_more_is_on_record(client, page):
    make_person(
        "Người Thử Già",
        born_on="1931",
        national_id="079158000931",
        phone=HERS,
    )

    record = client.post("/tra-cuu/nguoi/", {"born_on_2": "1931"}, follow=True)

    assert "Người Thử Già" in text_of(record)


def test_slips_of_some_shut_nobody_out_but_guessing_ends_whatever_opens_between(
    client, page
):
    def guess(n):
        day = born(f"{n % 28 + 1}/7/{1999 - n // 28}")
        return client.post("/tra-cuu/nguoi/", day).status_code

    most = limits.OPEN_CROWD.times
    assert [guess(n) for n in range(most - 1)] == [422] * (most - 1)
    hers = client.post("/tra-cuu/nguoi/", born("23/3/1972"))
    assert hers.status_code == 303
    assert guess(most) == 429


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
