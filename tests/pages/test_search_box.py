"""The one box of the queue: what staff have before them, typed as it stands there."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.choices import Move, Status
from tests.pages.cases import (
    make_case,
    make_organization,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def station():
    return make_organization("TYT-1")


@pytest.fixture
def client(client, station):
    client.force_login(make_staff(station))
    return client


def ago(**time):
    return timezone.now() - timedelta(**time)


def called(name, station, *, born=date(1980, 5, 17), **facts):
    sender = make_submission(at=ago(hours=9), full_name=name)
    sender.born_on = born
    sender.save(update_fields=["born_on"])
    return make_case(station, submission=sender, sent=ago(hours=9), **facts)


def found(client, words):
    """Return the page of a search, and the codes that it shows."""
    page = client.post(reverse("casework:search"), {"q": words}, follow=True)
    return page, [row["code"] for row in page.context["rows"]]


@pytest.mark.parametrize(
    "words",
    [
        "Nguyễn Văn Ánh, 1980",
        "nguyen van anh 1980",
        "nguyen van anh (1980)",
        "Nguyễn Văn Ánh, 17/05/1980",
        "Nguyễn Văn Ánh 17-5-1980",
    ],
)
def test_a_name_with_the_year_or_day_of_birth_finds_who_bears_both(
    client, station, words
):
    wanted = called("Nguyễn Văn Ánh", station)
    called("Nguyễn Văn Ánh", station, born=date(1981, 5, 17))
    called("Trần Thị Bình", station)

    page, codes = found(client, words)

    assert codes == [wanted.reference]
    assert "1980" not in page.redirect_chain[-1][0], "kept sealed"


def test_a_lot_becomes_the_filter_where_an_open_case_is_about_it(client, station):
    wanted = called("Nguyễn Văn Ánh", station, lot="ABX4471")
    called("Trần Thị Bình", station, lot="FF3309")

    page, codes = found(client, "abx 4471")

    assert codes == [wanted.reference]
    assert page.redirect_chain[-1][0].endswith("?lot=ABX4471")


def test_what_is_no_lot_of_an_open_case_stays_out_of_the_address(client, station):
    called("Nguyễn Văn Ánh", station, lot="ABX4471")

    for words in ("0912345678", "001180000999", "ABX4499"):
        page, codes = found(client, words)
        assert "lot=" not in page.redirect_chain[-1][0]
        assert words not in page.redirect_chain[-1][0]
        assert codes == []


@pytest.mark.parametrize("words", ["14/09/2021", "14-9-2021", "2021-09-14", "09/2021"])
def test_a_day_becomes_the_filter_of_the_day_given(client, station, words):
    wanted = called("Nguyễn Văn Ánh", station, given_on=date(2021, 9, 14))
    called("Trần Thị Bình", station, given_on=date(2021, 10, 14))
    called(
        "Lê Văn Cửu",
        station,
        given_on=date(2021, 9, 14),
        history=[(Move.RESOLVE, Status.RESOLVED, ago(hours=1))],
    )

    page, codes = found(client, words)

    assert codes == [wanted.reference]
    assert "day=2021-09" in page.redirect_chain[-1][0]


def test_a_lot_or_day_is_one_more_filter_beside_those_chosen(client, station):
    called("Nguyễn Văn Ánh", station, lot="ABX4471")

    page = client.post(
        f"{reverse('casework:search')}?kind=not_mine", {"q": "ABX4471"}, follow=True
    )

    assert page.redirect_chain[-1][0].endswith("?kind=not_mine&lot=ABX4471")
    assert page.context["rows"] == []


def test_who_finds_nothing_reads_what_can_be_searched_for(client):
    page, _codes = found(client, "tran van khong")

    words = page.content.decode()
    assert "năm sinh" in words
    assert "số lô" in words


@pytest.mark.parametrize("words", ["08/03/1958", "1958-03-08", "3/1958", "14/09/2199"])
def test_a_day_of_birth_stays_out_of_the_address(client, station, words):
    page, _codes = found(client, words)

    address = page.redirect_chain[-1][0]
    assert "day=" not in address
    assert words[-4:] not in address


@pytest.mark.parametrize("words", ["0912345678", "001158000123", "012345678"])
def test_a_number_of_somebody_is_no_lot_though_one_wrote_it_there(
    client, station, words
):
    called("Nguyễn Văn Ánh", station, lot=words)

    page, _codes = found(client, words)

    assert words not in page.redirect_chain[-1][0]


def test_a_day_that_no_calendar_has_finds_nobody(client, station):
    called("Nguyễn Văn Ánh", station)

    assert found(client, "Nguyễn Văn Ánh 31/02/1980")[1] == []


def test_a_whole_day_finds_whose_report_knows_the_year_alone(client, station):
    wanted = called("Nguyễn Văn Ánh", station, born=date(1980, 1, 1))

    assert found(client, "Nguyễn Văn Ánh 17/05/1980")[1] == [wanted.reference]
