"""One person by number, or by name, with the birth date: one statement each."""

import pytest

from portal.common.forms import PartialDate
from portal.registry import identity
from tests.factories import make_person

pytestmark = pytest.mark.usefixtures("all_rows")

BORN = PartialDate(1958, 3, 8)


def found(born=BORN, **who):
    usual = {"national_id": "", "full_name": "", "born": born}
    return [person.pk for person in identity.find(**usual | who)]


def test_more_namesakes_of_a_year_than_are_read_hide_nobody():
    for day in range(1, 26):
        make_person("Nguyễn Thị Hoa", born_on=f"1958-05-{day:02}", national_id="")
    last = make_person("Nguyễn Thị Hoa", national_id="")

    assert found(full_name="nguyen thi hoa") == [last.pk]


@pytest.mark.parametrize(
    ("recorded", "typed", "is_found"),
    [
        ("1958-03-08", PartialDate(1958, 3, 8), True),
        ("1958-03-08", PartialDate(1958, 3), True),
        ("1958-03-08", PartialDate(1958), True),
        ("1958", PartialDate(1958, 3, 8), True),
        ("1958", PartialDate(1958, 3), True),
        ("1958-03", PartialDate(1958, 3, 8), True),
        ("1958-01-01", PartialDate(1958, 3, 8), False),
        ("1958-03-01", PartialDate(1958, 3, 8), False),
        ("1958-04", PartialDate(1958, 3, 8), False),
        ("1959", PartialDate(1958, 3, 8), False),
    ],
)
def test_a_name_finds_who_agrees_as_far_as_both_dates_are_known(
    recorded, typed, is_found
):
    person = make_person("Nguyễn Thị Hoa", born_on=recorded, national_id="")

    people = found(typed, full_name="Nguyễn Thị Hoa")

    assert people == ([person.pk] if is_found else [])


def test_a_look_up_is_one_statement(django_assert_num_queries):
    person = make_person()

    with django_assert_num_queries(1):
        assert found(national_id="079158012345") == [person.pk]
    with django_assert_num_queries(1):
        assert found(full_name="Nguyễn Thị Thử") == [person.pk]
    with django_assert_num_queries(1):
        assert identity.record(person.pk, on=person.born_on) == []


def test_numbers_under_every_index_key_are_found(settings):
    settings.INDEX_KEYS = {1: b"o" * 32}
    old = make_person()
    settings.INDEX_KEYS = {1: b"o" * 32, 2: b"n" * 32}
    new = make_person("Trần Thị Mai", national_id="079158099999")

    assert found(national_id="079158012345") == [old.pk]
    assert found(national_id="079158099999") == [new.pk]
